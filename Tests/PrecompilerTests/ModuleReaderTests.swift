import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler

struct ModuleReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  // MARK: Modules

  @Test func factsAreThoseOfTheBytes() throws {
    let module = WasmBinary.returning(1)
    let path = try directory.write(module, to: "a.wasm")
    #expect(
      try ModuleReader().read(path).facts
        == ModuleFacts(hash: .generate(module), kind: .coreModule, size: module.count))
    let component = try directory.write(WasmBinary.emptyComponent, to: "b.wasm")
    #expect(
      try ModuleReader().read(component).facts
        == ModuleFacts(hash: .generate(WasmBinary.emptyComponent), kind: .component, size: 8))
    try directory.link("link", to: "a.wasm")
    #expect(try ModuleReader().read(directory("link")).facts.size == module.count, "links are followed")
  }

  /// Around the size of the block that files are read through.
  @Test(arguments: [(1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 19]) func largeModulesAreReadWhole(_ size: Int) throws {
    var random = SeededGenerator(seed: 5)
    let module = WasmBinary.empty + random.bytes(count: size - 8)
    let path = try directory.write(module, to: "a.wasm")
    let facts = ModuleFacts(hash: .generate(module), kind: .coreModule, size: size)
    let reader = ModuleReader()
    #expect(try reader.read(path).facts == facts)
    let loaded = try reader.load(path)
    #expect(loaded.facts == facts)
    #expect(try loaded.bytes() == module)
  }

  @Test func contentsAreKeptUpToASize() throws {
    let module = WasmBinary.empty + [UInt8](repeating: 7, count: 3 << 18)
    let path = try directory.write(module, to: "a.wasm")
    let reader = ModuleReader()
    #expect(try reader.read(path).kept == nil)
    #expect(try reader.read(path, keepingUpTo: module.count - 1).kept == nil)
    let read = try reader.read(path, keepingUpTo: module.count)
    let kept = try #require(read.kept)
    #expect(kept.facts == read.facts)
    #expect(try kept.bytes() == module)
  }

  /// A module of either kind of contents: a small one is in this process's own memory, a larger one in a file.
  @Test(arguments: [0, 1]) func loadedModuleCannotChange(_ more: Int) throws {
    let module = WasmBinary.empty + [UInt8](repeating: 7, count: ModuleContents.largestSmall - 8 + more)
    let path = try directory.write(module, to: "a.wasm")
    let reader = ModuleReader()
    for loaded in [try reader.load(path), try #require(try reader.read(path, keepingUpTo: module.count).kept)] {
      switch loaded.contents {
      case .small: #expect(more == 0)
      case .file(let file):
        #expect(more == 1)
        #expect(throws: SystemError("write", .notPermitted)) { try file.descriptor.write(all: "x") }
        #expect(throws: SystemError("ftruncate", .notPermitted)) { try file.descriptor.setSize(0) }
      }
      try [UInt8](repeating: 0, count: 8).write(to: path)
      #expect(try loaded.bytes() == module)
      try module.write(to: path)
    }
  }

  // MARK: What is no module

  /// Why a file gives no module, in both ways of reading it.
  private func failure(_ path: FilePath) -> ModuleFailure? {
    let reader = ModuleReader()
    do throws(ModuleFailure) {
      _ = try reader.read(path)
      return nil
    } catch {
      #expect(throws: error) { _ = try reader.load(path) }
      return error
    }
  }

  @Test func filesThatAreNoModules() throws {
    try directory.write("", to: "empty")
    try directory.write([0x00, 0x61, 0x73], to: "truncated")
    try directory.write("(module)", to: "text")
    try directory.write([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], to: "artifact")
    try directory.write([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], to: "future")
    #expect(failure(directory("empty")) == .notWebAssembly(.empty))
    #expect(failure(directory("truncated")) == .notWebAssembly(.truncated(bytes: 3)))
    #expect(failure(directory("text")) == .notWebAssembly(.text))
    #expect(failure(directory("artifact")) == .notWebAssembly(.elf))
    #expect(failure(directory("future")) == .notWebAssembly(.unknownVersion(2)))
  }

  /// None of them is opened: a FIFO would make us wait for a writer.
  @Test func thingsThatAreNoFiles() throws {
    #expect(directory("fifo").withPlatformString { mkfifo($0, 0o600) } == 0)
    try directory.makeDirectory("folder")
    try directory.link("link", to: "fifo")
    #expect(failure(directory("fifo")) == .notARegularFile(.fifo))
    #expect(failure(directory("link")) == .notARegularFile(.fifo))
    #expect(failure(directory("folder")) == .notARegularFile(.directory))
    #expect(failure("/dev/null") == .notARegularFile(.characterDevice))
  }

  @Test func pathsThatLeadNowhere() throws {
    try directory.write("", to: "file")
    try directory.link("dangling", to: "missing")
    try directory.link("loop", to: "loop")
    #expect(failure(directory("missing")) == .vanished)
    #expect(failure(directory("dangling")) == .vanished)
    #expect(failure(directory("loop")) == .unreadable(reason: "too many levels of symbolic links"))
    #expect(failure(directory("file/below")) == .unreadable(reason: "not a directory"))
    #expect(
      failure(directory(String(repeating: "x", count: 300))) == .unreadable(reason: "file name too long"))
  }

  @Test func fileWithoutPermission() throws {
    let path = try directory.write(WasmBinary.empty, to: "a.wasm", mode: [])
    #expect(path.removingLastComponent().withPlatformString { chmod($0, 0o755) } == 0)
    #expect(Unprivileged.run { failure(path) } == .unreadable(reason: "permission denied"))
  }

  // MARK: Files that change

  /// A file that was last changed long ago, so that a clock of any granularity tells the next change.
  private func oldFile(_ bytes: [UInt8]) throws -> FilePath {
    let path = try directory.write(bytes, to: "a.wasm")
    let file = try Descriptor.open(path, O_RDWR)
    let longAgo = timespec(tv_sec: 1_000_000, tv_nsec: 0)
    #expect(futimens(file.raw, [longAgo, longAgo]) == 0)
    return path
  }

  /// A module of several blocks.
  private static let largeModule = WasmBinary.empty + [UInt8](repeating: 7, count: 3 << 18)

  /// Ways for a file to become another than it was.
  enum Change: CaseIterable {
    case growing, rewriting, truncating

    func happen(to path: FilePath) {
      #expect(throws: Never.self) {
        let file = try Descriptor.open(path, O_RDWR)
        let size = try file.status().size
        switch self {
        case .growing: try file.setSize(size + 1)
        case .rewriting: #expect(pwrite(file.raw, "x", 1, off_t(size - 1)) == 1)
        case .truncating: try file.setSize(size - 1)
        }
      }
    }
  }

  @Test(arguments: Change.allCases) func fileThatNeverHoldsStillIsNotRead(_ change: Change) throws {
    let path = try oldFile(Self.largeModule)
    var blocks = 0
    let reader = ModuleReader {
      blocks += 1
      change.happen(to: path)
    }
    #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.read(path) }
    #expect(blocks >= 6, "it is read more than once")
    #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.load(path) }
  }

  @Test(arguments: Change.allCases) func fileThatHoldsStillAgainIsRead(_ change: Change) throws {
    let path = try oldFile(Self.largeModule)
    var isFirst = true
    let reader = ModuleReader {
      if isFirst { change.happen(to: path) }
      isFirst = false
    }
    let read = try reader.read(path, keepingUpTo: 1 << 20)
    #expect(read.facts.hash == .generate(try [UInt8](contentsOf: path)))
    let kept = try #require(read.kept)
    #expect(try kept.bytes() == [UInt8](contentsOf: path), "nothing of the first reading is among them")
    #expect(read.stamp == (try Descriptor.status(of: path).stamp))
    isFirst = true
    #expect(try reader.load(path).facts.hash == .generate(try [UInt8](contentsOf: path)))
  }

  /// What is wrong with half a file says nothing of the whole one.
  @Test func fileThatIsBeingWrittenIsReadWhenItIsWhole() throws {
    let path = try oldFile([0x00, 0x61])
    var isFirst = true
    let reader = ModuleReader {
      if isFirst { try? WasmBinary.returning(1).write(to: path) }
      isFirst = false
    }
    #expect(try reader.read(path).facts.hash == .generate(WasmBinary.returning(1)))
  }

  @Test(.timeLimit(.minutes(2))) func fileThatIsOpenForWritingIsLeftAloneIfThatIsWanted() throws {
    let path = try oldFile(WasmBinary.returning(1))
    let reader = ModuleReader(avoidsWriters: true)
    do {
      let writer = try Descriptor.open(path, O_WRONLY)
      #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.read(path) }
      #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.load(path) }
      #expect(try ModuleReader().read(path).facts.hash == .generate(WasmBinary.returning(1)))
      _ = writer
    }
    // The writer may live on for a moment in a child that another test is just starting.
    while try Descriptor.open(path, O_RDONLY).isOpenForWriting { sched_yield() }
    #expect(try reader.read(path).facts.hash == .generate(WasmBinary.returning(1)))
    #expect(try reader.load(path).facts.hash == .generate(WasmBinary.returning(1)))
  }

  /// What it wrote so far may look whole, and be all for the moment.
  @Test func writerThatComesWhileTheFileIsReadIsNoticed() throws {
    let path = try oldFile(WasmBinary.returning(1))
    var writer: Int32 = -1
    let reader = ModuleReader(avoidsWriters: true) {
      writer = path.withPlatformString { open($0, O_WRONLY | O_CLOEXEC) }
    }
    #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.read(path) }
    #expect(writer >= 0 && close(writer) == 0)
    #expect(throws: ModuleFailure.changedWhileRead) { _ = try reader.load(path) }
    #expect(close(writer) == 0)
  }

  /// The old contents or the new ones, never some of both.
  @Test func fileThatIsReplacedMeanwhileIsReadAsItWas() throws {
    let path = try oldFile(Self.largeModule)
    try directory.write(WasmBinary.empty, to: "new")
    let folder = try Descriptor.open(directory.path, O_RDONLY)
    let reader = ModuleReader { try? folder.rename("new", to: folder, as: "a.wasm") }
    #expect(try reader.read(path).facts.hash == .generate(Self.largeModule))
    #expect(try reader.read(path).facts.hash == .generate(WasmBinary.empty))
  }
}

extension LoadedModule {
  fileprivate func bytes() throws -> [UInt8] {
    switch contents {
    case .small(let bytes): return bytes
    case .file(let file):
      let mapping = try Mapping(file.descriptor, size: facts.size)
      return Array(mapping.bytes)
    }
  }
}
