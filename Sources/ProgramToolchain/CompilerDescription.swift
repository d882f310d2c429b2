internal import WasmCache
package import WasmEngine

/// A compiler that is a program, described: how it is found, asked and run. Built-in ones are described alike.
package struct CompilerDescription: Hashable, Sendable {
  /// A name with the places where what it stands for may be.
  package struct Place: Hashable, Sendable {
    package let name: String
    /// The first that is there counts.
    package let candidates: [String]

    package init(name: String, candidates: [String]) {
      self.name = name
      self.candidates = candidates
    }
  }

  package enum Refusal: String, CaseIterable, Hashable, Sendable {
    case components
  }

  /// The backend's name.
  package var name: String
  package var summary: String
  /// How to get it.
  package var get: String
  /// Whether it optimizes through LLVM.
  package var isLLVM: Bool
  /// Names to look for in the directories of `PATH`, or paths.
  package var programs: [Place]
  /// Directories and files that must exist, and count for the identity.
  package var files: [Place]
  /// Directories and files that it may read besides.
  package var reads: [String]
  /// The commands that print what it is.
  package var version: [[String]]
  /// The commands that each print the path of a program that the programs start by themselves.
  package var helpers: [[String]]
  /// The commands that compile, one after the other.
  package var commands: [[String]]
  /// The arguments that take the place of `{opt-level}`; nil if it understands no levels.
  package var optimization: [OptimizationLevel: [String]]?
  /// The arguments that take the place of `{cpu}` for a processor that is named; nil if it understands none.
  package var processor: [String]?
  /// The arguments that take the place of `{cpu}` for any processor of the architecture; nil if it cannot make such code.
  package var baseline: [String]?
  /// The arguments that take the place of `{cpu}` for each feature that is to be on or off, `{feature}` as Cranelift calls it and
  /// `{value}` true or false; nil if it knows none. A processor that is named is then its features, and code for any but this one
  /// is made with this machine's `{target}`.
  package var feature: [String]?
  /// The arguments that take the place of `{target}`; nil if it makes code for this machine only.
  package var target: [String]?
  /// The only targets that it has; nil if that is not known.
  package var targets: [String]?
  /// The arguments that take the place of `{config}` where something is set on the host's engine; nil if it understands no such
  /// settings.
  package var configuration: [String]?
  /// The end of its artifacts' names, with the dot.
  package var suffix: String
  /// The first bytes of its artifacts.
  package var magic: [UInt8]
  /// Whether one compilation uses all cores.
  package var usesAllCores: Bool
  package var refuses: Set<Refusal>
  /// By version, what is said where the compiler's own program aborts and says nothing itself.
  package var hints: [String: String]

  package init(name: String) {
    self.name = name
    summary = ""
    get = ""
    isLLVM = false
    programs = []
    files = []
    reads = []
    version = []
    helpers = []
    commands = []
    suffix = ".bin"
    magic = []
    usesAllCores = false
    refuses = []
    hints = [:]
  }

  /// Whether it makes code for a target, as far as is known.
  package func hasTarget(_ triple: String) -> Bool { target != nil && targets?.contains(triple) ?? true }

  /// The program that counts as the compiler's own: the one whose version is asked for.
  package var mainProgram: String {
    for word in (version.first ?? []) + (commands.first ?? []) {
      if let program = programs.first(where: { word == "{\($0.name)}" }) { return program.name }
    }
    return programs.first?.name ?? name
  }

  /// The names of the arguments that stand for several, or none.
  static let lists = ["opt-level", "cpu", "target", "config"]

  /// The placeholders within arguments.
  private static let values = ["input", "output", "threads"]

  /// What is wrong with it, in words; nil if it can be used.
  package var complaint: String? {
    if programs.isEmpty { return "programs must name at least one program" }
    if commands.isEmpty { return "commands must have at least one command" }
    if !ArtifactFormat.isSuffix(suffix) {
      return "suffix must be a dot and letters or digits, and not .wasm: '\(suffix)'"
    }
    let names = programs.map(\.name) + files.map(\.name)
    if let wrong = names.first(where: { Template("{\($0)}").onlyPlaceholder == nil }) {
      return "'\(wrong)' cannot be a placeholder: it must be lower case letters, digits, dashes and underscores"
    }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) { return "'\(twice)' is named twice" }
    if let reserved = names.first(where: { (Self.lists + Self.values).contains($0) }) {
      return "'\(reserved)' is the name of a placeholder"
    }
    let paths = programs.flatMap(\.candidates).filter { $0.contains("/") } + files.flatMap(\.candidates) + reads
    if let odd = paths.first(where: { path in !["/", "~/", "{"].contains { path.hasPrefix($0) } && path != "~" }) {
      return "'\(odd)' must begin with / or ~/"
    }
    for candidate in files.flatMap(\.candidates) where candidate.hasPrefix("{") {
      if !programs.contains(where: { candidate.hasPrefix("{\($0.name)}/") }) {
        return "files may be told from a program, as {\(programs[0].name)}/../../share, and '\(candidate)' names none"
      }
    }
    let known = names + Self.values
    for command in commands + version + helpers {
      guard let first = command.first, let program = Template(first).onlyPlaceholder,
        programs.contains(where: { $0.name == program })
      else { return "each command must begin with one of the programs, as {\(programs[0].name)}" }
    }
    for argument in commands.flatMap(\.self) where !Self.lists.contains(Template(argument).onlyPlaceholder ?? "") {
      if let unknown = Template(argument).placeholders.first(where: { !known.contains($0) }) {
        return Self.unknown(unknown, known + Self.lists)
      }
    }
    for argument in (version + helpers).flatMap(\.self) {
      if let unknown = Template(argument).placeholders.first(where: { !names.contains($0) }) {
        return Self.unknown(unknown, names)
      }
    }
    if let complaint = complaintAboutLists(names) { return complaint }
    let words = commands.flatMap(\.self)
    if !words.contains(where: { Template($0).placeholders.contains("output") }) {
      return "commands must have the placeholder {output}"
    }
    if !words.contains(where: { Template($0).placeholders.contains("input") }) {
      return "commands must have the placeholder {input}"
    }
    let options = [("opt-level", optimization != nil), ("target", target != nil), ("config", configuration != nil)]
    for (name, isThere) in options + [("cpu", processor != nil || baseline != nil || feature != nil)] {
      if isThere != words.contains("{\(name)}") {
        return isThere
          ? "commands must have an argument \"{\(name)}\" where it has \(name)"
          : "commands have the argument \"{\(name)}\", and nothing says what \(name) stands for"
      }
    }
    if let optimization, optimization[.speed] == nil { return "opt-level must say what stands for speed, the default" }
    return nil
  }

  /// What is wrong with the arguments that take the place of placeholders: each must hand on what was asked for, or else something
  /// would be filed as what it is not.
  ///
  /// - Parameter names: those of programs and files.
  private func complaintAboutLists(_ names: [String]) -> String? {
    let lists: [(key: String, arguments: [String]?, parts: [String], isOneEnough: Bool)] = [
      ("opt-level", optimization?.values.flatMap(\.self), [], true), ("baseline", baseline, [], true),
      ("cpu", processor, ["cpu"], false), ("cpu-feature", feature, ["feature", "value"], false),
      ("target", targets?.count == 1 ? nil : target, ["target", "arch"], true),
      ("config", configuration, ["config"], false),
    ]
    for (key, arguments, parts, isOneEnough) in lists {
      guard let arguments else { continue }
      let used = arguments.flatMap { Template($0).placeholders }
      if let unknown = used.first(where: { !(names + parts).contains($0) }) {
        return "\(key): " + Self.unknown(unknown, parts + names)
      }
      let missing = parts.filter { !used.contains($0) }
      if isOneEnough ? !parts.isEmpty && missing.count == parts.count : !missing.isEmpty {
        let needed = parts.map { "{\($0)}" }.joined(separator: isOneEnough ? " or " : " and ")
        return "\(key) must have \(needed), or else the compiler is not told which"
      }
    }
    return nil
  }

  private static func unknown(_ name: String, _ known: [String]) -> String {
    lists.contains(name) && known.contains(name)
      ? "{\(name)} must be an argument of its own: what it stands for is said by \(name)"
      : "there is no placeholder {\(name)}: they are \(known.map { "{\($0)}" }.joined(separator: ", "))"
  }

  /// Whether a text can be a backend's name, which is part of a directory's: lower case, digits and dashes.
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first, text.utf8.count <= 40 else {
      return false
    }
    return text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.utf8.allSatisfy {
          UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        }
    }
  }
}
