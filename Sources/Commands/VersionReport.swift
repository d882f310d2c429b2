internal import SystemPackage
internal import WasmEngine

/// What `--version` prints: the program, the commit that it was built from, and the engine that it compiles with unless it
/// is told another.
///
/// The engine is named by its file and build. Its release would take loading it, as `wasmprecompile engines` does: 20 ms
/// in a process of its own.
struct VersionReport {
  let commit: String

  var text: String {
    var table = TextTable([.left, .left])
    table.append(["commit", commit.printable])
    table.append(["engine", engine])
    return "\(Program.name) \(Program.version)\n\(table.text)"
  }

  private var engine: String {
    let search = EngineSearch(
      chosen: nil, executable: Environment.executable, libraryPath: Environment.paths("LD_LIBRARY_PATH"))
    do throws(EngineSearchError) {
      let file = try search.find()
      let build = (try? file.buildID()).map { ", build \($0.hex.prefix(12))" } ?? ""
      return name(of: file.location) + build
    } catch {
      switch error {
      case .notFound: return "none, see `\(Program.name) engines`"
      case .unreadable(let location, let reason): return "\(name(of: location)), which cannot be read: \(reason)"
      }
    }
  }

  private func name(of location: EngineLocation) -> String {
    "\(location.path.printable) (\(location.origin.name))"
  }
}
