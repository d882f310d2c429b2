internal import ArgumentParser
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

struct HashCommand: ListTakingCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash", abstract: "Print modules' hashes, by which the cache knows them.",
    discussion: "The hash is the SHA-256 of the file, as sha256sum prints it.")

  @Argument(help: "Modules; - for one on standard input.")
  var file: [PathArgument]

  @OptionGroup @ParsedOptions var format: FormatOptions

  mutating func restore(_ lists: LongLists) { file = lists.restored(file) }

  func run() throws {
    let lines = format.isJSON ? JSONLines("hash") : nil
    let reader = ModuleReader()
    var status = ExitStatus.success
    for argument in file {
      let path = argument.path
      do throws(ModuleFailure) {
        let found = try path == "-" ? Self.standardInput() : HashedModule(reader.read(path).facts)
        if let lines {
          lines.write(found.json(path))
        } else {
          Output.standard.write("\(found.hash)  \(path.printable)\n")
        }
      } catch {
        // A file that was not seen before cannot have vanished since.
        let failure = error == .vanished ? .unreadable(reason: "no such file or directory") : error
        if let lines {
          lines.write(JSONRunLines.error(path, failure.message))
        } else {
          Output.error.write("\(path.printable): error: \(failure.message.printable)\n")
        }
        status = .moduleFailed
      }
    }
    lines?.write(["type": "summary"])
    if status != .success { throw status }
  }

  private static func standardInput() throws(ModuleFailure) -> HashedModule {
    let bytes: [UInt8]
    do throws(SystemError) {
      // Another descriptor, so that closing it does not close standard input.
      bytes = try Descriptor(owning: LinuxIO.check("dup", fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0))).readToEnd()
    } catch {
      throw .unreadable(reason: "\(error)")
    }
    let kind = bytes.withUnsafeBytes { bytes in
      Result { () throws(NotWebAssembly) in try ModuleKind(start: bytes, fileSize: bytes.count) }
    }
    do {
      return HashedModule(hash: .generate(bytes), kind: try kind.get(), size: bytes.count)
    } catch {
      throw .notWebAssembly(error)
    }
  }
}

/// A module as `hash` shows it.
private struct HashedModule {
  let hash: WasmHash
  let kind: ModuleKind
  let size: Int

  init(hash: WasmHash, kind: ModuleKind, size: Int) {
    self.hash = hash
    self.kind = kind
    self.size = size
  }

  init(_ facts: ModuleFacts) { self.init(hash: facts.hash, kind: facts.kind, size: facts.size) }

  func json(_ path: FilePath) -> JSON {
    [
      "type": "hash", "path": JSON(path), "sha256": .string(hash.encode()), "size": JSON(size),
      "kind": kind == .component ? "component" : "module",
    ]
  }
}
