internal import ArgumentParser
internal import Precompiler
internal import SystemPackage

struct HashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash", abstract: "Print modules' hashes, by which the cache knows them.",
    discussion: "The hash is the SHA-256 of the file, as sha256sum prints it.")

  @Argument(help: "Modules.")
  var file: [PathArgument]

  func run() throws {
    let reader = ModuleReader()
    var status = ExitStatus.success
    for argument in file {
      do throws(ModuleFailure) {
        let module = try reader.read(argument.path)
        Output.standard.write("\(module.facts.hash)  \(argument.path.printable)\n")
      } catch {
        // A file that was not seen before cannot have vanished since.
        let failure = error == .vanished ? .unreadable(reason: "no such file or directory") : error
        Output.error.write("\(argument.path.printable): error: \(failure.message.printable)\n")
        status = .moduleFailed
      }
    }
    if status != .success { throw status }
  }
}
