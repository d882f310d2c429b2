internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The program that a server's worker runs: compiles one module, and ends.
///
/// It confines itself to nothing and limits nothing: the server's worker decides what it may do. Standard error is for people who
/// look at the server's log, or run the tool with -v.
package enum RemoteWorkerMain {
  /// Whoever asked knows these, which are those of sysexits.h.
  package enum Status {
    package static let usage: Int32 = 64
    /// The engine does not take the module, and never will.
    package static let refused: Int32 = 65
    package static let noInput: Int32 = 66
    /// The engine cannot be used here: it does not load, or its code would not suit this machine, of which it makes sure.
    package static let unusable: Int32 = 69
    package static let system: Int32 = 71
  }

  package static func main() -> Never { exit(run(Array(CommandLine.arguments.dropFirst()))) }

  /// - Parameter arguments: behind the program's name.
  /// - Returns: the exit status.
  package static func run(_ arguments: [String]) -> Int32 {
    guard let command = WorkerCommand(arguments) else {
      return end(Status.usage, "it is not started by hand: servers start it for wasmprecompile --remote-execute")
    }
    do {
      let file = try Descriptor.open(command.module, O_RDONLY)
      let module = try Mapping(file, size: try file.status().size)
      let kind = try ModuleKind(start: module.bytes, fileSize: module.bytes.count)
      return run(command, module, kind)
    } catch {
      return end(Status.noInput, "\(command.module): \(error)")
    }
  }

  private static func run(_ command: WorkerCommand, _ module: borrowing Mapping, _ kind: ModuleKind) -> Int32 {
    // As the compile child does: this process is ours alone, too.
    command.settings.configuration.setEnvironment()
    let compiler: ModuleCompiler
    do throws(EngineError) {
      compiler = try ModuleCompiler(
        library: EngineLibrary(path: FilePath(command.library)), settings: command.settings)
      // A module that is refused after this is so for its own sake.
      _ = try compiler.record()
    } catch {
      return end(Status.unusable, "\(error)")
    }
    do throws(EngineError) {
      let written = try compiler.compile(module.bytes, as: kind, parallel: false) { bytes in
        Result { () throws(SystemError) in
          try Descriptor.open(command.artifact, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).write(all: bytes)
        }
      }
      if case .failure(let error) = written {
        return end(Status.system, "\(command.artifact): \(error.call): \(error)")
      }
      return 0
    } catch {
      guard !error.isOutOfMemory, let refusal = WorkerRefusal(error) else { return end(Status.system, "\(error)") }
      return end(Status.refused, refusal.line)
    }
  }

  private static func end(_ status: Int32, _ words: String) -> Int32 {
    try? Descriptor(owning: STDERR_FILENO).write(all: "wasmprecompile-worker: \(words)\n")
    return status
  }
}
