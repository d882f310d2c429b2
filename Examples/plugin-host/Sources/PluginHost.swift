import FoundationEssentials
import WasmCache

/// Keeps every module of a directory loaded, each under the name of its file.
///
/// A plug-in exports `apply(i64) -> i64`.
final class PluginHost {
  private struct Plugin {
    let module: WasmHash
    let instance: Instance
  }

  private let cache: FileSystemCache
  private let directory: FilePath
  private var plugins: [String: Plugin] = [:]

  init(engine: FilePath, cache: FilePath, directory: FilePath) throws {
    // This host compiles nothing: it takes what `wasmprecompile` made.
    self.cache = try FileSystemCache(
      directory: cache, engine: EngineLibrary(path: engine), backends: [.cranelift, .winch], access: .readOnly)
    self.directory = directory
  }

  /// The names of the plug-ins.
  var names: [String] { plugins.keys.sorted() }

  /// Calls a plug-in.
  func apply(_ name: String, to number: Int64) throws -> Int64? {
    guard case .i64(let result) = try plugins[name]?.instance.call("apply", [.i64(number)]).first else { return nil }
    return result
  }

  /// Looks at the directory, and loads what is new or has changed.
  ///
  /// Whatever can fail comes before the swap, so that a plug-in that is broken leaves its predecessor at work.
  func reload() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.string).filter { $0.hasSuffix(".wasm") }
    for file in files.sorted() {
      do {
        let module = try cache.hash(ofFileAt: directory.appending(file))
        guard plugins[file]?.module != module else { continue }
        plugins[file] = Plugin(module: module, instance: try Instance(cache.load(module)))
        print("\(file): loaded")
      } catch {
        print("\(file): \(error)")
      }
    }
    for file in plugins.keys where !files.contains(file) {
      plugins[file] = nil
      print("\(file): removed")
    }
  }
}
