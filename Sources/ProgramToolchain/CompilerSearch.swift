internal import Glibc
internal import LinuxIO
package import SystemPackage

/// The places where described compilers are looked for.
package struct CompilerSearch: Sendable {
  private let path: [FilePath]
  private let home: FilePath?

  /// - Parameters:
  ///   - path: the directories of `PATH`.
  ///   - home: the user's directory, for which `~` stands in descriptions.
  package init(path: [FilePath], home: FilePath?) {
    self.path = path.filter(\.isAbsolute)
    self.home = home
  }

  /// Finds everything that a compiler consists of.
  package func find(_ description: CompilerDescription) throws(CompilerMissing) -> FoundCompiler {
    var programs: [String: FilePath] = [:]
    for program in description.programs {
      let found = program.candidates.lazy.flatMap(places)
      guard let first = found.first else { throw .program(program.candidates.filter { !$0.isEmpty }) }
      guard let path = found.first(where: Self.isExecutable) else { throw .notExecutable(first) }
      programs[program.name] = path
    }
    var files: [String: FilePath] = [:]
    for file in description.files {
      var candidates = file.candidates.map { Self.placed($0, programs) }
      candidates = candidates.indices.filter { !candidates[..<$0].contains(candidates[$0]) }.map { candidates[$0] }
      guard let found = candidates.lazy.compactMap(existing).first else {
        throw .file(candidates)
      }
      files[file.name] = found
    }
    let found = FoundCompiler(
      description: description, programs: programs, things: files, reads: description.reads.compactMap(existing),
      home: home)
    for argument in description.commands.lazy.flatMap(\.self) {
      if let pattern = found.patternWithoutFiles(argument) { throw .file([pattern]) }
    }
    return found
  }

  /// Where a program of that name is; programs of Python packages also where nobody may run them.
  private func places(of name: String) -> [FilePath] {
    let all = name.contains("/") ? [existing(name)].compactMap(\.self) : path.map { $0.appending(name) }
    return all.filter(Self.isExecutable).map { PythonWrapper.program(startedBy: $0) ?? $0 }
  }

  /// A place that is told from where a program lies, as `{wasm2c}/../../share/wabt`.
  private static func placed(_ candidate: String, _ programs: [String: FilePath]) -> String {
    for (name, path) in programs where candidate.hasPrefix("{\(name)}/") {
      // Not through the file system: a program is no directory.
      let whole = FilePath(path.string + candidate.dropFirst(name.utf8.count + 2)).lexicallyNormalized()
      return whole.string
    }
    return candidate
  }

  static func isExecutable(_ path: FilePath) -> Bool {
    // What is told to a child has to be text.
    FilePath(path.string) == path
      && (try? Descriptor.status(of: path).kind) == .regular && path.withCText { access($0, X_OK) } == 0
  }

  private func existing(_ text: String) -> FilePath? {
    guard let path = Self.path(text, home), path.isAbsolute, (try? Descriptor.status(of: path)) != nil else {
      return nil
    }
    return path
  }

  private static func path(_ text: String, _ home: FilePath?) -> FilePath? {
    if text == "~" { return home }
    if text.hasPrefix("~/") { return home?.appending(String(text.dropFirst(2))) }
    return FilePath(text)
  }
}

/// Why a described compiler is not found.
package enum CompilerMissing: Error, Hashable, Sendable {
  /// There is none of these programs.
  case program([String])
  /// There is none of these files and directories.
  case file([String])
  /// The program of a Python package is there, and nobody may run it.
  case notExecutable(FilePath)

  /// `there is no wasm2c on PATH`
  package var description: String {
    switch self {
    case .program(let names) where !names.contains { $0.contains("/") }:
      "there is no \(names.joined(separator: " or ")) on PATH"
    case .program(let places), .file(let places): "there is no \(places.joined(separator: " or "))"
    case .notExecutable(let path): "\(path) is not executable"
    }
  }
}

/// A described compiler that was found.
package struct FoundCompiler: Sendable {
  package let description: CompilerDescription
  let programs: [String: FilePath]
  let things: [String: FilePath]
  let reads: [FilePath]
  let home: FilePath?

  /// The program that counts as the compiler's own.
  package var main: FilePath { programs[description.mainProgram] ?? "" }

  /// Whether it optimizes through LLVM. What hands C to a compiler does if that is clang.
  package var isLLVM: Bool {
    guard description.isLLVM, let cc = programs["cc"] else { return description.isLLVM }
    return (cc.resolved ?? cc).lastComponent?.string.contains("clang") ?? false
  }

  /// Every file that decides what it makes, its own program first.
  package var files: [FilePath] {
    var all = parts.files.map(\.path)
    if let own = all.firstIndex(of: main) { all.swapAt(0, own) }
    return all
  }

  /// Where its programs, and what its description names besides, were found.
  package var whereabouts: [FilePath] {
    (Array(programs.values) + things.values).sorted { $0.string < $1.string }
  }

  /// Every file that decides what it makes; as the directories are now.
  var parts: CompilerParts { CompilerParts(programs: programs, things: things) }

  /// The places besides the system's that it needs to read: its programs with what is installed beside them, and its files.
  var readable: [String] {
    var all: [FilePath] = Array(things.values) + reads
    for path in programs.values {
      for one in Set([path, path.resolved ?? path]) {
        all.append(one)
        all += OwnLibraries.directories(of: one, home: home)
      }
    }
    return Set(all.map(\.string)).sorted()
  }

  /// The values of placeholders that are paths.
  var places: [String: String] { programs.merging(things) { first, _ in first }.mapValues(\.string) }

  /// The arguments that an argument with placeholders stands for: several if it ends with `/*.c` or the like.
  ///
  /// - Parameter parts: the files that such an argument may stand for: no others than those of the identity.
  func filled(_ argument: String, with values: [String: String], of parts: CompilerParts) -> [String] {
    guard let (name, ending) = pattern(argument) else { return [Template(argument).filled(values)] }
    return parts.files(in: name, endingWith: ending).map(\.string)
  }

  /// The directory, and the end of names, of an argument that stands for several files; nil for any other.
  private func pattern(_ argument: String) -> (directory: String, ending: Substring)? {
    guard let slash = argument.lastIndex(of: "/"), argument[slash...].hasPrefix("/*."),
      let name = Template(String(argument[..<slash])).onlyPlaceholder, things[name] != nil
    else { return nil }
    return (name, argument[slash...].dropFirst(2))
  }

  /// The argument as a path, if it stands for files and there is none: a command without them would make something else.
  fileprivate func patternWithoutFiles(_ argument: String) -> String? {
    guard let (name, ending) = pattern(argument), let directory = things[name] else { return nil }
    let names = (try? Descriptor.openDirectory(directory).names()) ?? []
    return names.contains { $0.string.hasSuffix(ending) } ? nil : "\(directory)/*\(ending)"
  }

  var searchPath: [String] {
    Set(programs.values.map { $0.removingLastComponent().string }).sorted() + ["/usr/local/bin", "/usr/bin", "/bin"]
  }

  /// The environment that its programs get. Which other programs they find must not depend on who calls.
  func environment(home: String) -> [String] {
    [
      "PATH=" + searchPath.joined(separator: ":"), "HOME=\(home)", "TMPDIR=\(home)", "TMP=\(home)",
      "TEMP=\(home)", "LC_ALL=C.UTF-8",
    ]
  }
}
