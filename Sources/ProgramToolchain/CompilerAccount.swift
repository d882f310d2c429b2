internal import Crypto
internal import Glibc
package import LinuxIO
package import SystemPackage
package import WasmCache
internal import WasmEngine

/// The digests of a compiler's files, each with the state in which the file was read.
package struct CompilerFiles: Sendable {
  package struct File: Sendable {
    package let name: String
    package let path: FilePath
    package let stamp: FileStamp
    package let digest: [UInt8]
  }

  package let files: [File]
  private let directories: [(path: FilePath, stamp: FileStamp)]

  /// Reads what is not remembered.
  ///
  /// - Parameters:
  ///   - parts: every file that decides what the compiler makes.
  ///   - known: the remembered digest of a file.
  init(of parts: CompilerParts, known: (FileStamp) -> [UInt8]?) throws(CompilerFileTrouble) {
    if parts.files.count > CompilerParts.mostFiles, let first = parts.files.first {
      throw CompilerFileTrouble(path: first.path, reason: "more than \(CompilerParts.mostFiles) files belong to it")
    }
    var files: [File] = []
    for (name, path) in parts.files {
      do {
        let stamp = try Descriptor.status(of: path).stamp
        if let digest = known(stamp) {
          files.append(File(name: name, path: path, stamp: stamp, digest: digest))
          continue
        }
        let file = try RegularFile(path)
        var hash = SHA256()
        try file.descriptor.forEachBlock { hash.update(bufferPointer: $0) }
        guard try file.descriptor.status().stamp == file.status.stamp else { throw RegularFileError.changed }
        files.append(File(name: name, path: path, stamp: file.status.stamp, digest: Array(hash.finalize())))
      } catch {
        throw CompilerFileTrouble(path: path, reason: "\(error)")
      }
    }
    self.files = files
    directories = parts.directories
  }

  /// The files as they were remembered; nil unless all are.
  init?(of parts: CompilerParts, rememberedBy known: (FileStamp) -> [UInt8]?) {
    var files: [File] = []
    for (name, path) in parts.files {
      guard let stamp = try? Descriptor.status(of: path).stamp, let digest = known(stamp) else { return nil }
      files.append(File(name: name, path: path, stamp: stamp, digest: digest))
    }
    self.files = files
    directories = parts.directories
  }

  /// Reads all of them.
  package init(of compiler: FoundCompiler) throws(CompilerFileTrouble) {
    try self.init(of: compiler.parts, known: { _ in nil })
  }

  /// Tells the compiler's files from any others.
  package var digest: [UInt8] {
    var hash = SHA256()
    for file in files { hash.update(tag: file.name, file.digest) }
    return Array(hash.finalize())
  }

  /// Whether every file is as it was when it was read, and every directory as when it was listed.
  var areUnchanged: Bool {
    files.allSatisfy { Self.isUnchanged($0.path, $0.stamp) }
      && directories.allSatisfy { Self.isUnchanged($0.path, $0.stamp) }
  }

  private static func isUnchanged(_ path: FilePath, _ stamp: FileStamp) -> Bool {
    (try? Descriptor.status(of: path).stamp) == stamp
  }

  /// The states of executables for an order, by their paths.
  func executables(of commands: [[String]]) -> [String: ProgramOrder.FileState] {
    let wanted = Set(commands.compactMap(\.first))
    let states = files.filter { wanted.contains($0.path.string) }.map {
      ($0.path.string, ProgramOrder.FileState($0.stamp))
    }
    return Dictionary(states) { first, _ in first }
  }

  /// Findings for the catalog.
  func findings(at time: Int64) -> [EngineFinding] {
    files.map {
      EngineFinding(
        library: $0.stamp, wish: Self.key, probed: time, result: .available(record: [], build: $0.digest))
    }
  }

  /// The name under which the catalog has a file's digest.
  static let key = "SHA-256 of a compiler's file"
}

/// A file of a compiler that cannot be read.
package struct CompilerFileTrouble: Error {
  let path: FilePath
  let reason: String

  package var description: String { "\(path) cannot be read: \(reason)" }
}

extension SHA256 {
  /// Adds a part with a tag and its length, so that no two different inputs give the same bytes.
  mutating func update(tag: String, _ part: [UInt8]) {
    update(data: Array("\(tag.utf8.count) \(tag) \(part.count)\n".utf8))
    update(data: part)
  }
}

/// What a compiler is: its files and its own words about itself.
package struct CompilerAccount: Sendable {
  package let files: CompilerFiles
  /// What the commands for the version print.
  let words: String
  /// The programs that its programs start.
  let helpers: CompilerFiles

  /// Whether all files are as they were when they were read.
  var isUnchanged: Bool { files.areUnchanged && helpers.areUnchanged }

  /// The first number with dots in what it says of itself, or else any number.
  package var version: String {
    let numbers = words.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "._+".contains($0))) }
      .map { word in word.first == "v" ? word.dropFirst() : word }
      .filter { $0.first?.isNumber == true }
    let found = numbers.first { $0.contains(".") } ?? numbers.first ?? "0"
    return String(found.prefix(32))
  }

  /// The identity that artifacts of a wish have.
  func identity(_ wish: CompilerWish, of compiler: CompilerDescription) -> ArtifactIdentity {
    ArtifactIdentity(
      format: compiler.format, wish: wish.wish, version: version, target: wish.target ?? CompilerWish.host,
      record: record(wish, compiler), build: files.digest, features: .all)
  }

  /// What decides about artifacts, besides the files: one line for each, which `engine.json` keeps.
  private func record(_ wish: CompilerWish, _ compiler: CompilerDescription) -> [UInt8] {
    var lines = ["compiler \(compiler.name)", "target \(wish.target ?? CompilerWish.host)"]
    // Paths do not count: the same files elsewhere make the same artifacts.
    for command in compiler.arguments(wish) {
      lines.append("run " + command.map { $0.debugDescription }.joined(separator: " "))
    }
    lines += wish.environment.map { "environment \($0.debugDescription)" }
    lines += wish.texts.sorted { $0.key < $1.key }.map { "file \($0.key) \($0.value.debugDescription)" }
    if wish.dependsOnProcessor(with: compiler) { lines.append(Self.processor + EngineFinding.processor) }
    lines.append("version \(words.debugDescription)")
    lines += helpers.files.map { "helper \($0.name) \($0.digest.hex)" }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// The start of the line about the machine that code was made on and for.
  private static let processor = "processor "

  /// Whether what was once wished for would be made in the same way today.
  ///
  /// - Parameter record: what it has, made on any machine.
  /// - Returns: true as well for a wish that nobody can have now.
  package func wouldMake(_ wish: CompileWish, whichHas record: [UInt8], with compiler: CompilerDescription) -> Bool {
    guard let wish = CompilerWish(wish) else { return true }
    func lines(_ record: [UInt8]) -> [Substring] {
      String(decoding: record, as: UTF8.self).split(separator: "\n")
        .map { $0.hasPrefix(Self.processor) ? Self.processor[...] : $0 }
    }
    return lines(record) == lines(self.record(wish, compiler))
  }
}

extension CompilerDescription {
  /// The kind of artifacts that it makes.
  package var format: ArtifactFormat { ArtifactFormat(name: name, suffix: suffix, magic: magic) }

  /// The commands for a wish, with the placeholders of paths still in them.
  func arguments(_ wish: CompilerWish) -> [[String]] {
    let lists = wish.lists(of: self)
    return commands.map { command in
      command.flatMap { word in Template(word).onlyPlaceholder.flatMap { lists[$0] } ?? [word] }
    }
  }
}
