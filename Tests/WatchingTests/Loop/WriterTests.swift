import CWatchingTests
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import Watching

extension UsingInotify {
  /// However a writer works, its module is read once, and complete.
  @Suite(.timeLimit(.minutes(5))) struct WriterTests {
    let scratch: Scratch
    let root: FilePath
    let module: FilePath

    init() throws {
      scratch = try Scratch()
      root = scratch.path.appending("root")
      module = root.appending("x.wasm")
      try Shell.mkdir(root)
    }

    /// Watches, lets `write` work, and expects one read of `text`, beyond that of what was there.
    private func expectOneRead(of text: String, existing: String? = "old", write: () throws -> Void) async throws {
      try await expectOneRead(of: text, existing: existing) { _ in try write() }
    }

    private func expectOneRead(
      of text: String, existing: String? = "old", write: (Looped) async throws -> Void
    ) async throws {
      if let existing { try Shell.write(existing, to: module) }
      let looped = await Looped(root)
      let before = looped.warmer.reads(of: module)
      try await write(looped)
      await looped.wait(forReads: before + 1, of: module)
      try await looped.catchUp(in: root)
      #expect(looped.warmer.reads(of: module) == before + 1)
      #expect(looped.warmer.contents[module] == text)
      #expect(looped.log.elements.allSatisfy { if case .removed = $0 { false } else { true } })
      await looped.stop()
    }

    @Test(arguments: ["old", nil]) func redirection(existing: String?) async throws {
      try await expectOneRead(of: "new", existing: existing) { try Shell.write("new", to: module) }
    }

    @Test(arguments: ["old", nil]) func cp(existing: String?) async throws {
      let source = scratch.path.appending("source")
      try Shell.write("new", to: source)
      try await expectOneRead(of: "new", existing: existing) { try Shell.run("cp", source.string, module.string) }
    }

    @Test func cpPreservingTimes() async throws {
      let source = scratch.path.appending("source")
      try Shell.write("new", to: source)
      try await expectOneRead(of: "new") { try Shell.run("cp", "-p", source.string, module.string) }
    }

    @Test(arguments: ["old", nil]) func mv(existing: String?) async throws {
      let source = scratch.path.appending("source")
      try Shell.write("new", to: source)
      try await expectOneRead(of: "new", existing: existing) { try Shell.run("mv", source.string, module.string) }
    }

    @Test func sedInPlace() async throws {
      try await expectOneRead(of: "new") { try Shell.run("sed", "-i", "s/old/new/", module.string) }
    }

    /// vim with 'backupcopy=no': the old file becomes the backup, a new one is written, the backup goes.
    @Test func vimWithRename() async throws {
      let backup = root.appending("x.wasm~")
      try await expectOneRead(of: "new") {
        try Shell.mv(module, backup)
        try Shell.write("new", to: module)
        try Shell.rm(backup)
      }
    }

    /// vim with 'backupcopy=yes': the backup is a copy, the file is written in place.
    @Test func vimWithCopy() async throws {
      let backup = root.appending("x.wasm~")
      try await expectOneRead(of: "new") {
        try Shell.run("cp", "-p", module.string, backup.string)
        try Shell.write("new", to: module)
        try Shell.rm(backup)
      }
    }

    @Test(.needs(Shell.isInPath("vim"), "vim")) func vimItself() async throws {
      try await expectOneRead(of: "new\n", existing: "old\n") {
        try Shell.run("vim", "-es", "-u", "NONE", "-c", "%s/old/new/", "-c", "wq", module.string)
      }
    }

    /// cargo's way to publish: the link is complete, and nobody ever closes it.
    @Test(arguments: ["old", nil]) func hardLink(existing: String?) async throws {
      let source = scratch.path.appending("source")
      try Shell.write("new", to: source)
      try await expectOneRead(of: "new", existing: existing) {
        if existing != nil { try Shell.rm(module) }
        try Shell.ln(source, module)
      }
    }

    /// The name appears while the file is still being written.
    @Test func unnamedFileThatIsLinked() async throws {
      try await expectOneRead(of: "new!", existing: nil) {
        let file = FileDescriptor(rawValue: test_open_unnamed(root.string))
        try file.writeAll("new".utf8)
        try Shell.check(test_link_descriptor(file.rawValue, module.string))
        try file.writeAll("!".utf8)
        try file.close()
      }
    }

    /// As a build that pauses: the file is open all the time, looked at in vain, and read when it is closed.
    @Test(arguments: ["old", nil]) func appendingOverTime(existing: String?) async throws {
      try await expectOneRead(of: String(repeating: "piece", count: 5), existing: existing) { looped in
        let file = try FileDescriptor.open(
          module, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        for _ in 0..<5 {
          try file.writeAll("piece".utf8)
          // By then it has been quiet for as long as a file has to be.
          try await looped.catchUp(in: root)
        }
        try file.close()
      }
    }

    @Test(.needs(Shell.isInPath("wasm-ld") && Shell.isInPath("clang"), "the toolchain's clang and wasm-ld in the PATH"))
    func wasmLinker() async throws {
      let source = scratch.path.appending("a.c")
      let object = scratch.path.appending("a.o")
      try Shell.write("int f(void) { return 42; }", to: source)
      try Shell.run("clang", "--target=wasm32", "-c", source.string, "-o", object.string)
      let looped = await Looped(root)
      for round in 1...3 {
        try Shell.run("wasm-ld", "--no-entry", "--export-all", object.string, "-o", module.string)
        await looped.wait(forReads: round, of: module)
        try await looped.catchUp(in: root)
        #expect(looped.warmer.reads(of: module) == round)
        #expect(looped.warmer.contents[module] == String(decoding: try bytes(of: module), as: UTF8.self))
      }
      await looped.stop()
    }

    private func bytes(of path: FilePath) throws -> [UInt8] {
      let file = try FileDescriptor.open(path, .readOnly)
      defer { try? file.close() }
      let size = Int(try Descriptor.status(of: path).stamp.size)
      return try Array(unsafeUninitializedCapacity: size) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }
}
