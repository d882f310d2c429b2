internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The libraries that a program loads from where it is installed, and not from the system.
enum OwnLibraries {
  /// The libraries that a program, or one of these libraries, names as needed and that lie beside it or where it says.
  static func of(_ program: FilePath) -> [FilePath] {
    let program = program.resolved ?? program
    let places = libraryDirectories(of: program)
    var found: [FilePath] = []
    var waiting = [program]
    while let file = waiting.popLast(), found.count < 200 {
      let needs = Needs(of: file)
      let places = needs.places.filter { !isSystems($0) } + places
      for name in needs.libraries {
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
    return ([own, own.appending("lib")] + beside).filter { !isSystems($0) }
  }

  /// The system's libraries belong to no program.
  private static func isSystems(_ directory: FilePath) -> Bool {
    let path = directory.lexicallyNormalized()
    return ["/usr/lib", "/usr/lib64", "/lib", "/lib64"].contains(path)
      || ["/usr/lib", "/lib"].contains { path.removingLastComponent() == $0 && path.string.hasSuffix("-linux-gnu") }
  }

  private static func isForPrograms(_ directory: FilePath) -> Bool {
    ["bin", "sbin"].contains(directory.lastComponent?.string)
  }

  /// What an ELF file's dynamic section says of shared libraries; nothing for any other file.
  private struct Needs {
    /// Their names (DT_NEEDED).
    private(set) var libraries: [String] = []
    /// Where they are looked for (DT_RPATH, DT_RUNPATH); absolute.
    private(set) var places: [FilePath] = []

    init(of path: FilePath) {
      for (tag, text) in OwnLibraries.dynamicTexts(of: path) {
        switch tag {
        case 1 where !text.isEmpty && !text.contains("/"): libraries.append(text)
        case 15, 29:
          let origin = path.removingLastComponent().string
          places += text.split(separator: ":").map {
            FilePath(
              String($0).replacing("${ORIGIN}", with: origin).replacing("$ORIGIN", with: origin)
            ).lexicallyNormalized()
          }.filter(\.isAbsolute)
        default: break
        }
      }
    }
  }

  private static func dynamicTexts(of path: FilePath) -> [(tag: UInt64, text: String)] {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), let status = try? file.status(),
      status.kind == .regular, status.size > 0, let contents = try? Mapping(file, size: status.size),
      let image = ELFFile(contents.bytes), let dynamic = image.section(named: ".dynamic"),
      let texts = image.section(named: ".dynstr")
    else { return [] }
    var all: [(tag: UInt64, text: String)] = []
    for entry in stride(from: 0, to: dynamic.count - 15, by: 16) {
      let tag = UInt64(littleEndian: dynamic.loadUnaligned(fromByteOffset: entry, as: UInt64.self))
      guard [1, 15, 29].contains(tag) else { continue }
      let offset = UInt64(littleEndian: dynamic.loadUnaligned(fromByteOffset: entry + 8, as: UInt64.self))
      guard let start = Int(exactly: offset), start < texts.count else { continue }
      all.append((tag, String(decoding: texts[start...].prefix { $0 != 0 }, as: UTF8.self)))
    }
    return all
  }
}
