internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The libraries that a program loads from where it is installed, and not from the system.
enum OwnLibraries {
  /// The libraries that a program, or one of these libraries, names as needed and that lie beside it.
  static func of(_ program: FilePath) -> [FilePath] {
    let program = program.resolved ?? program
    let places = libraryDirectories(of: program)
    var found: [FilePath] = []
    var waiting = [program]
    while let file = waiting.popLast(), found.count < 200 {
      for name in needed(by: file) {
        guard let library = places.lazy.compactMap({ $0.appending(name).resolved }).first, !found.contains(library)
        else {
          continue
        }
        found.append(library)
        waiting.append(library)
      }
    }
    return found.sorted { $0.string < $1.string }
  }

  /// The directories beside a program that it may read: its own, and those where installations have what programs load.
  ///
  /// A directory that is the user's, or everybody's, is not its own.
  static func directories(of program: FilePath, home: FilePath?) -> [FilePath] {
    let own = program.removingLastComponent()
    guard let status = try? Descriptor.status(of: own), status.permissions & 0o1000 == 0,
      !([home, homeOfAccount].compactMap { $0 }.contains { isOnTheWay(status, to: $0) })
    else { return [] }
    guard isForPrograms(own) else { return [own] }
    let prefix = own.removingLastComponent()
    return [own] + ["lib", "lib64", "libexec", "include"].map { prefix.appending($0) }
  }

  /// Whether a directory is another one, or above it, by whatever path.
  private static func isOnTheWay(_ directory: FileStatus, to path: FilePath) -> Bool {
    var above = path.resolved ?? path
    while true {
      if (try? Descriptor.status(of: above))?.stamp.identity == directory.stamp.identity { return true }
      guard above.removeLastComponent() else { return false }
    }
  }

  /// The user's directory, whatever `HOME` says.
  private static let homeOfAccount: FilePath? = getpwuid(geteuid())?.pointee.pw_dir.map { FilePath(platformString: $0) }

  private static func libraryDirectories(of program: FilePath) -> [FilePath] {
    let own = program.removingLastComponent()
    let beside = isForPrograms(own) ? ["lib", "lib64"].map { own.removingLastComponent().appending($0) } : []
    // The system's libraries belong to no program.
    return ([own, own.appending("lib")] + beside).filter { !["/usr/lib", "/usr/lib64", "/lib", "/lib64"].contains($0) }
  }

  private static func isForPrograms(_ directory: FilePath) -> Bool {
    ["bin", "sbin"].contains(directory.lastComponent?.string)
  }

  /// The names of shared libraries in an ELF file's dynamic section (DT_NEEDED); none for any other file.
  private static func needed(by path: FilePath) -> [String] {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), let status = try? file.status(),
      status.kind == .regular, status.size > 0, let contents = try? Mapping(file, size: status.size),
      let image = ELFFile(contents.bytes), let dynamic = image.section(named: ".dynamic"),
      let texts = image.section(named: ".dynstr")
    else { return [] }
    var names: [String] = []
    for entry in stride(from: 0, to: dynamic.count - 15, by: 16) {
      let tag = UInt64(littleEndian: dynamic.loadUnaligned(fromByteOffset: entry, as: UInt64.self))
      guard tag == 1 else { continue }
      let offset = UInt64(littleEndian: dynamic.loadUnaligned(fromByteOffset: entry + 8, as: UInt64.self))
      guard let start = Int(exactly: offset), start < texts.count else { continue }
      let name = String(decoding: texts[start...].prefix { $0 != 0 }, as: UTF8.self)
      if !name.isEmpty && !name.contains("/") { names.append(name) }
    }
    return names
  }
}
