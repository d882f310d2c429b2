import Dispatch
import Glibc
import LinuxIO
import Synchronization
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
    let mapping = try Mapping(loaded.contents.descriptor, size: size)
    #expect(Array(mapping.bytes) == module)
  }

  @Test func loadedModuleCannotChange() throws {
    let path = try directory.write(WasmBinary.empty, to: "a.wasm")
    let loaded = try ModuleReader().load(path)
    #expect(throws: SystemError("write", .notPermitted)) { try loaded.contents.descriptor.write(all: "x") }
    #expect(throws: SystemError("ftruncate", .notPermitted)) { try loaded.contents.descriptor.setSize(0) }
    try [UInt8](repeating: 0, count: 8).write(to: path)
    let mapping = try Mapping(loaded.contents.descriptor, size: 8)
    #expect(Array(mapping.bytes) == WasmBinary.empty)
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

  @Test(.enabled(if: geteuid() != 0, "root may read everything")) func fileWithoutPermission() throws {
    let path = try directory.write(WasmBinary.empty, to: "a.wasm", mode: [])
    #expect(failure(path) == .unreadable(reason: "permission denied"))
  }

  // MARK: Files that change

  /// A writer that never stops. The file is large enough for it to get at the file many times during each attempt.
  @Test func fileThatNeverHoldsStillIsNotRead() throws {
    let path = directory("a.wasm")
    let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    try WasmBinary.empty.withUnsafeBytes { try file.write(all: $0) }
    try file.setSize(32 << 20)
    let isOver = Atomic(false)
    let began = DispatchSemaphore(value: 0)
    let group = DispatchGroup()
    let raw = file.raw
    DispatchQueue(label: "writer").async(group: group) {
      var size = off_t(32 << 20)
      while !isOver.load(ordering: .relaxed) {
        size += 1
        ftruncate(raw, size)
        began.signal()
      }
    }
    began.wait()
    #expect(failure(path) == .changedWhileRead)
    isOver.store(true, ordering: .relaxed)
    group.wait()
    #expect(try ModuleReader().read(path).facts.size == file.status().size, "afterwards it is read")
  }

  /// Old contents or new ones, never some of both.
  @Test func fileThatIsReplacedMeanwhileIsReadAsOneOrTheOther() throws {
    let contents = (0..<2).map { WasmBinary.empty + [UInt8](repeating: $0, count: 1 << 20) }
    let path = try directory.write(contents[0], to: "a.wasm")
    let isOver = Atomic(false)
    let group = DispatchGroup()
    let folder = directory
    DispatchQueue(label: "writer").async(group: group) {
      var round = 0
      while !isOver.load(ordering: .relaxed) {
        round += 1
        guard (try? folder.write(contents[round % 2], to: "new")) != nil else { return }
        _ = rename(folder("new").string, folder("a.wasm").string)
      }
    }
    let hashes = Set(contents.map { WasmHash.generate($0) })
    let reader = ModuleReader()
    for _ in 0..<20 { #expect(hashes.contains(try reader.read(path).facts.hash)) }
    isOver.store(true, ordering: .relaxed)
    group.wait()
  }
}
