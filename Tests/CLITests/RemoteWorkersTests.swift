import Foundation
import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

/// Modules that buildbox-casd's workers compile in their sandbox, through the program that speaks to other machines.
@Suite(.needs(CasdWorkers.areThere, CasdWorkers.need), .serialized) struct RemoteWorkersTests {
  private let modules: [(name: String, bytes: [UInt8])] = [
    ("one", WasmBinary.returning(1)), ("two", WasmBinary.returning(2)), ("three", WasmBinary.returning(3)),
  ]

  private func use(_ body: (Sandbox, CasdWorkers) throws -> Void) throws {
    try Sandbox.use { box in
      for (name, bytes) in modules { try box.write(bytes, to: "\(name).wasm") }
      try body(box, CasdWorkers())
    }
  }

  private func artifact(_ box: Sandbox, _ cache: String, _ module: String, _ options: [Argument]) throws -> Data? {
    let path = try box.tool(["path", "--cache-dir", Argument(cache)] + options + [Argument(module)]).run()
    return FileManager.default.contents(atPath: path.outputLines.first ?? "")
  }

  @Test(
    arguments: [[], ["--backend", "winch"], ["--backend", "pulley"], ["-W", "epoch-interruption", "-W", "fuel=1"]]
      as [[String]])
  func artifactsAreThoseThatAreMadeHere(_ options: [String]) throws {
    let options = options.map { Argument($0) }
    try use { box, server in
      let run = try server.command(box, options + ["--cache-dir", "there", "."]).run()
      #expect(
        run.errors.replacing(server.address, with: "SERVER").masked.lines.last
          .map { $0.hasPrefix("3 modules: 0 compiled, 3 compiled on SERVER, 0 up to date (") } == true, "\(run.errors)")
      let local = try box.tool(options + ["-q", "--cache-dir", "here", "."]).run()
      #expect(local.ending == .exited(0), "\(local.errors)")
      for (name, _) in modules {
        let there = try artifact(box, "there", "\(name).wasm", options)
        let here = try artifact(box, "here", "\(name).wasm", options)
        #expect(there != nil && there == here, "\(name)")
      }
      // Another machine finds them under the key by which every machine looks.
      let second = try server.command(box, options + ["--cache-dir", "else", "."]).run()
      #expect(second.errors.contains(", 3 fetched from \(server.address), "), "\(second.errors)")
    }
  }

  @Test func whatAWorkerRefusesFailsInTheWordsOfThisMachine() throws {
    try use { box, server in
      // A body that leaves nothing where a number is to be.
      let wrong: [UInt8] = [
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 0x0a, 4, 1, 2, 0, 0x0b,
      ]
      try box.write(wrong, to: "wrong.wasm")
      let here = try box.tool("-q", "--cache-dir", "here", "wrong.wasm").run()
      let there = try server.command(box, ["-q", "--cache-dir", "there", "wrong.wasm"]).run()
      #expect(here.errors.hasPrefix("wrong.wasm: error: is not valid: "))
      #expect(there.errors == here.errors && there.ending == here.ending)
    }
  }

  @Test func aServerWithoutWorkersSaysSo() throws {
    try Sandbox.use { box in
      try box.write(modules[0].bytes, to: "one.wasm")
      let server = try CasdWorkers(hasWorkers: false)
      let run = try server.command(box, ["-q", "."]).run()
      #expect(run.ending == .exited(0))
      #expect(
        run.errors
          == "wasmprecompile: warning: remote \(server.address): the server executes nothing; everything is compiled here\n"
      )
    }
  }
}
