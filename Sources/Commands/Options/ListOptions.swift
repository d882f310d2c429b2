internal import ArgumentParser
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Lists of files and directories, beside those on the command line, which has room for only so many.
struct ListOptions: CommandOptions {
  @CommandOption(
    "files-from",
    help: ArgumentHelp(
      "Take the files and directories that a file lists, too, one a line.",
      discussion: "A - is standard input, here and among the paths.", valueName: "file"))
  var filesFrom: [PathArgument] = []

  @CommandOption(
    "null", short: "0",
    help: "In lists, names end with NUL instead of a newline, as `find -print0` writes them.")
  var isSeparatedByNUL = false

  /// The name of standard input.
  private static let standardInput: FilePath = "-"

  /// - Parameter paths: those on the command line.
  func validate(with paths: [PathArgument]) throws {
    let reads = (paths + filesFrom).count { $0.path == Self.standardInput }
    if reads > 1 { throw ValidationError("standard input (-) can be read once only") }
    if isSeparatedByNUL && reads == 0 && filesFrom.isEmpty {
      throw ValidationError("--null goes with - or --files-from")
    }
  }

  /// The paths on the command line, with lists in the place where they are named. The lists of `--files-from` follow.
  func roots(_ paths: [PathArgument]) throws(RunFailure) -> [FilePath] {
    var roots: [FilePath] = []
    for path in paths.map(\.path) {
      if path == Self.standardInput { roots += try entries(of: path) } else { roots.append(path) }
    }
    for list in filesFrom { roots += try entries(of: list.path) }
    return roots
  }

  private func entries(of list: FilePath) throws(RunFailure) -> [FilePath] {
    let isStandardInput = list == Self.standardInput
    let name = isStandardInput ? "standard input" : list.printable
    let text: [UInt8]
    do throws(SystemError) {
      // Standard input gets another descriptor, so that closing that does not close it.
      let file =
        isStandardInput
        ? Descriptor(owning: try LinuxIO.check("dup", fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)))
        : try Descriptor.open(list, O_RDONLY | O_NOCTTY)
      text = try file.readToEnd()
    } catch {
      throw RunFailure(status: .usage, message: "\(name): the list cannot be read: \(error)")
    }
    // A path ends at a NUL: all names but the first would be lost without a word.
    if !isSeparatedByNUL && text.contains(0) {
      throw RunFailure(status: .usage, message: "\(name): the list has NUL bytes: say so with -0")
    }
    return entries(in: text)
  }

  /// Every byte but the separator is part of a name; an empty one names nothing.
  func entries(in list: [UInt8]) -> [FilePath] {
    list.split(separator: isSeparatedByNUL ? 0 : UInt8(ascii: "\n")).map { FilePath(bytes: $0) }
  }
}
