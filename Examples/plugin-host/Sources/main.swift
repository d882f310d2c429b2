// A program with plug-ins that are swapped while it runs.
//
//     plugin-host ENGINE CACHE DIRECTORY
//
// It loads the modules below DIRECTORY from the cache, and again on SIGHUP, which the watcher sends when they have changed:
//
//     wasmprecompile --watch --exec 'kill -HUP …' DIRECTORY

import Dispatch
import FoundationEssentials
import Glibc
import WasmCache

let arguments = CommandLine.arguments.dropFirst().map { FilePath($0) }
guard arguments.count == 3 else {
  print("usage: plugin-host ENGINE CACHE DIRECTORY")
  exit(64)
}
let host: PluginHost
do { host = try PluginHost(engine: arguments[0], cache: arguments[1], directory: arguments[2]) } catch {
  print("error: \(error)")
  exit(1)
}

@MainActor func reload() {
  do {
    try host.reload()
    for name in host.names {
      let result = try host.apply(name, to: 20)
      print("\(name): apply(20) = \(result.map(String.init) ?? "nothing")")
    }
  } catch {
    print("error: \(error)")
  }
  fflush(nil)
}

// A signal that is handled here must not end the program.
signal(SIGHUP, SIG_IGN)
let hangUps = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .main)
hangUps.setEventHandler { MainActor.assumeIsolated { reload() } }
hangUps.activate()

reload()
dispatchMain()
