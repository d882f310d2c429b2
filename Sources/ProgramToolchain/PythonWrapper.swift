internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A script that pip writes for a program that a package of Python's carries.
///
/// It needs Python and all of its modules, which programs of a compiler may not read where they are the user's. What it starts
/// needs neither, and it is what makes the artifacts.
enum PythonWrapper {
  /// The program that a script starts: it lies in the package that the script imports from, by the script's name.
  ///
  /// - Returns: nil if it is no such script, or if the package has no such program. It may be one that nobody may run yet: some
  ///   packages bring it so.
  static func program(startedBy script: FilePath) -> FilePath? {
    let script = script.resolved ?? script
    guard let name = script.lastComponent, let package = package(in: script) else { return nil }
    let prefix = script.removingLastComponent().removingLastComponent()
    for library in ["lib", "lib64"] {
      let library = prefix.appending(library)
      guard let versions = try? Descriptor.openDirectory(library).names() else { continue }
      for version in sorted(versions.map(\.string), firstFor: script) {
        for packages in ["site-packages", "dist-packages"] {
          let place = library.appending(version).appending(packages).appending(package)
          for program in [place.appending(name), place.appending("bin").appending(name)] where isProgram(program) {
            return program
          }
        }
      }
    }
    return nil
  }

  /// What a script is run by, as its first line says; nil if it is none.
  ///
  /// Where a first line cannot have the path, because it is long or has spaces, pip has the shell start Python.
  static func interpreter(of script: FilePath) -> String? {
    guard let lines = start(of: script)?.split(separator: "\n"), let line = lines.first, line.hasPrefix("#!") else {
      return nil
    }
    if line == "#!/bin/sh", lines.count > 1, let rest = lines[1].wholeRest(after: "'''exec' ") {
      return rest.hasPrefix("\"")
        ? rest.dropFirst().split(separator: "\"").first.map(String.init)
        : rest.split(separator: " ").first.map(String.init)
    }
    return line.dropFirst(2).split(separator: " ").first.map(String.init)
  }

  /// The directories of Python's versions, the one of the script's own Python first, and then newer ones first.
  private static func sorted(_ names: [String], firstFor script: FilePath) -> [String] {
    let own = interpreter(of: script).flatMap { FilePath($0).lastComponent?.string }
    func number(_ name: String) -> Int { Int(name.split(separator: ".").last ?? "") ?? 0 }
    return names.filter { $0.hasPrefix("python3") }.sorted {
      ($0 == own) == ($1 == own) ? number($0) > number($1) : $0 == own
    }
  }

  /// The package that a Python script imports from, with words that pip writes.
  private static func package(in script: FilePath) -> String? {
    guard let text = start(of: script), let line = text.split(separator: "\n").first, line.hasPrefix("#!"),
      line.contains("python") || interpreter(of: script)?.contains("python") ?? false
    else { return nil }
    let words = text.split(separator: "\n").lazy.map { $0.split(separator: " ") }
    guard let words = words.first(where: { $0.count == 4 && $0[0] == "from" && $0[2] == "import" }) else { return nil }
    let package = words[1].prefix { $0 != "." }
    let isName = package.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
    }
    return isName && !package.isEmpty ? String(package) : nil
  }

  private static func start(of path: FilePath) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
      (try? file.status().kind) == .regular
    else { return nil }
    let count = bytes.withUnsafeMutableBytes { read(file.raw, $0.baseAddress, $0.count) }
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }

  private static func isProgram(_ path: FilePath) -> Bool {
    start(of: path)?.utf8.starts(with: [0x7f, 0x45, 0x4c, 0x46]) == true
  }
}

extension Substring {
  /// What follows a prefix; nil if it does not have it.
  fileprivate func wholeRest(after prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
