import LinuxIO
import SystemPackage
import TestSupport

@testable import Commands
@testable import Precompiler

/// Text that comes with a project, or from the program that runs us.
enum TextTargets {
  static func configuration(_ bytes: UnsafeRawBufferPointer) throws {
    if let entries = try? TOMLReader.table(in: Array(bytes)).entries {
      try Finding.unless(Set(entries.map(\.key)).count == entries.count, "a key is there twice")
      let lines = entries.map(\.line)
      try Finding.unless(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 }, "lines \(lines)")
      try Finding.unless(lines.last ?? 1 <= 1 + bytes.count { $0 == UInt8(ascii: "\n") }, "lines \(lines)")
    }
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array(bytes), to: ConfigurationFile.projectName)
    guard let file = try ConfigurationFile(at: path) else { throw Finding(description: "the file is not found") }
    for isProject in [false, true] {
      do throws(RunFailure) { _ = try file.values(isProject: isProject) } catch {
        try Finding.unless(error.message == error.message.printable, "not to print: \(error.message.debugDescription)")
      }
    }
  }

  static func makeFlags(_ bytes: UnsafeRawBufferPointer) throws {
    _ = MakeFlags(bytes)
    // Any path that make may choose arrives as it is.
    let path = bytes.filter { $0 != 0 }
    var escaped: [UInt8] = []
    for byte in path {
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\\") { escaped.append(UInt8(ascii: "\\")) }
      escaped.append(byte)
    }
    let flags = MakeFlags(Array(" -j --jobserver-auth=fifo:".utf8) + escaped + Array(" -- A=1".utf8))
    try Finding.unless(flags.jobserver == .fifo(FilePath(bytes: path)), "\(flags) for another path")
  }

  /// A list of `--files-from`, with both separators.
  static func list(_ bytes: UnsafeRawBufferPointer) throws {
    for isSeparatedByNUL in [false, true] {
      var list = ListOptions()
      list.isSeparatedByNUL = isSeparatedByNUL
      let paths = list.entries(in: Array(bytes))
      let names = bytes.split(separator: isSeparatedByNUL ? 0 : UInt8(ascii: "\n"))
      try Finding.unless(paths == names.map { FilePath(bytes: Array($0)) }, "\(paths) are not what is listed")
      try Finding.unless(!isSeparatedByNUL || !paths.contains(where: \.isEmpty), "a path without a name")
    }
  }
}
