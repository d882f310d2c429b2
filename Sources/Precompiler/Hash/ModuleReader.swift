internal import Crypto
package import LinuxIO
package import SystemPackage
package import WasmCache
package import WasmEngine

/// The facts about a module that reading its file gave.
package struct ModuleFacts: Hashable, Sendable {
  package let hash: WasmHash
  package let kind: ModuleKind
  /// Bytes.
  package let size: Int
}

/// A file that was read, as it was before and after reading.
package struct ReadModule: Sendable {
  package let facts: ModuleFacts
  package let stamp: FileStamp
  /// When hashing began, see ``StampTrust``.
  package let hashed: Int64
  /// The bytes that were hashed, if they were to be kept.
  var kept: LoadedModule?
}

/// A module's bytes in memory: the bytes that were hashed are the ones that are compiled.
package final class LoadedModule: Sendable {
  package let contents: ModuleContents
  package let facts: ModuleFacts
  /// The user who owned the file that was read.
  package let owner: UInt32

  /// The smallest module that there is, to try a compiler with.
  package static let empty: LoadedModule = {
    let bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
    return LoadedModule(
      .small(bytes), ModuleFacts(hash: .generate(bytes), kind: .coreModule, size: bytes.count), owner: 0)
  }()

  fileprivate init(_ contents: consuming ModuleContents, _ facts: ModuleFacts, owner: UInt32) {
    self.contents = contents
    self.facts = facts
    self.owner = owner
  }
}

/// A module's bytes, which cannot change any more.
package enum ModuleContents: ~Copyable, Sendable {
  /// The bytes of a small module, in this process's own memory. They go to a compiler in a message: a file in memory costs
  /// a dozen system calls, which take longer than such a module is compiled.
  case small([UInt8])
  /// A sealed file, which goes to a compiler as it is.
  case file(MemoryFile)

  /// Bytes of the largest small module.
  package static let largestSmall = 1 << 14

  /// A sealed file of these bytes, for a process that takes only files.
  package func openFile() throws(SystemError) -> Descriptor {
    switch self {
    case .small(let bytes): try MemoryFile.sealed(name: "module", bytes).descriptor.duplicate()
    case .file(let file): try file.descriptor.duplicate()
    }
  }
}

/// Reads modules: to know them by their hash, and to hand exactly the bytes that were hashed to a compiler.
///
/// Each thread has its own: a reader owns the block that files are read through.
package struct ModuleReader: ~Copyable {
  private let block: UnsafeMutableRawBufferPointer
  private let afterBlock: () -> Void
  private let limit: Int
  private let avoidsWriters: Bool

  /// Bytes.
  package static let defaultLimit = 1 << 30

  /// - Parameters:
  ///   - limit: the size in bytes of the largest module to accept.
  ///   - avoidsWriters: refuse a file that another process has open for writing, as one that changed while it was read.
  package init(limit: Int = defaultLimit, avoidsWriters: Bool = false) {
    self.init(limit: limit, avoidsWriters: avoidsWriters) {}
  }

  /// - Parameter afterBlock: called after each block that was read, for tests of files that change at that moment.
  init(limit: Int = defaultLimit, avoidsWriters: Bool = false, afterBlock: @escaping () -> Void) {
    block = .allocate(byteCount: 1 << 18, alignment: 4096)
    self.limit = limit
    self.avoidsWriters = avoidsWriters
    self.afterBlock = afterBlock
  }

  deinit { block.deallocate() }

  /// Hashes the module at `path`.
  ///
  /// - Parameter largestKept: the largest size in bytes whose contents are kept, too, if there is memory for them.
  package func read(_ path: FilePath, keepingUpTo largestKept: Int = 0) throws(ModuleFailure) -> ReadModule {
    let file = try open(path)
    return try whileUnchanged(file) { stamp throws(ModuleFailure) in
      let size = Int(clamping: stamp.size)
      let hashed = StampTrust.beginning(file, stamp)
      if stamp.size <= min(largestKept, ModuleContents.largestSmall) {
        let module = try readSmall(file, size: size)
        return ReadModule(facts: module.facts, stamp: stamp, hashed: hashed, kept: module)
      }
      guard stamp.size <= largestKept, let memory = try? MemoryFile(name: "module") else {
        let facts = try read(file.descriptor, size: size) { _ in }
        return ReadModule(facts: facts, stamp: stamp, hashed: hashed, kept: nil)
      }
      var isKept = true
      let facts = try read(file.descriptor, size: size) { bytes throws(SystemError) in
        if isKept { isKept = (try? memory.descriptor.write(all: bytes)) != nil }
      }
      if isKept { isKept = (try? memory.seal()) != nil }
      return ReadModule(
        facts: facts, stamp: stamp, hashed: hashed,
        kept: isKept ? LoadedModule(.file(memory), facts, owner: file.status.owner) : nil)
    }
  }

  /// Copies the module at `path` into memory that nobody can change, hashing what is copied.
  package func load(_ path: FilePath) throws(ModuleFailure) -> LoadedModule {
    let file = try open(path)
    return try whileUnchanged(file) { stamp throws(ModuleFailure) in
      if stamp.size <= ModuleContents.largestSmall { return try readSmall(file, size: Int(stamp.size)) }
      let copy = try reading { () throws(SystemError) in try MemoryFile(name: "module") }
      let facts = try read(file.descriptor, size: Int(clamping: stamp.size)) { bytes throws(SystemError) in
        try copy.descriptor.write(all: bytes)
      }
      try reading { () throws(SystemError) in try copy.seal() }
      return LoadedModule(.file(copy), facts, owner: file.status.owner)
    }
  }

  private func readSmall(_ file: borrowing RegularFile, size: Int) throws(ModuleFailure) -> LoadedModule {
    var contents: [UInt8] = []
    let facts = try read(file.descriptor, size: size) { contents.append(contentsOf: $0) }
    return LoadedModule(.small(contents), facts, owner: file.status.owner)
  }

  private func open(_ path: FilePath) throws(ModuleFailure) -> RegularFile {
    do { return try RegularFile(path) } catch { throw ModuleFailure(error) }
  }

  /// Runs `body` again until the file was the same before and after it; it may find anything in a half-written file.
  private func whileUnchanged<Result: ~Copyable>(
    _ file: borrowing RegularFile, body: (FileStamp) throws(ModuleFailure) -> Result
  ) throws(ModuleFailure) -> Result {
    try file.whileUnchanged { status throws(ModuleFailure) in
      // This check comes before reading, so that a long write is not read again and again.
      if avoidsWriters, file.descriptor.isOpenForWriting { throw .changedWhileRead }
      guard status.size <= limit else { throw .tooLarge(bytes: status.size, limit: limit) }
      let result = try body(status.stamp)
      // The check is repeated after reading: a writer that came meanwhile may have written half, and pause.
      if avoidsWriters, file.descriptor.isOpenForWriting { throw .changedWhileRead }
      return result
    } failure: {
      ModuleFailure($0)
    }
  }

  private func read(
    _ file: borrowing Descriptor, size: Int, sink: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(ModuleFailure) -> ModuleFacts {
    var hash = SHA256()
    var kind: ModuleKind?
    var offset = 0
    var count = 0
    repeat {
      count = try reading { () throws(SystemError) in try file.read(into: block, at: offset) }
      afterBlock()
      let bytes = UnsafeRawBufferPointer(rebasing: block[..<count])
      if kind == nil {
        do { kind = try ModuleKind(start: bytes, fileSize: size) } catch { throw .notWebAssembly(error) }
      }
      hash.update(bufferPointer: bytes)
      try reading { () throws(SystemError) in try sink(bytes) }
      offset += count
      // A file that grows while it is read must not be followed forever.
    } while count == block.count && offset <= size
    guard let kind, offset == size else { throw .changedWhileRead }
    return ModuleFacts(hash: WasmHash(hash.finalize()), kind: kind, size: size)
  }
}

/// Turns a failed system call into the failure that the module could not be read.
private func reading<Result: ~Copyable>(
  _ body: () throws(SystemError) -> Result
) throws(ModuleFailure) -> Result {
  do { return try body() } catch { throw ModuleFailure(.system(error)) }
}

extension ModuleFailure {
  /// The module's failure when its file could not be read.
  fileprivate init(_ error: RegularFileError) {
    switch error {
    case .system(let error):
      switch error.errno {
      case .noSuchFileOrDirectory: self = .vanished
      // A writer holds a lease on the file, as file servers do.
      case .wouldBlock: self = .changedWhileRead
      default: self = .unreadable(reason: error.description)
      }
    case .notRegular(let kind): self = .notARegularFile(kind)
    case .tooLarge(let bytes, let limit): self = .tooLarge(bytes: Int(clamping: bytes), limit: limit)
    case .changed: self = .changedWhileRead
    }
  }
}
