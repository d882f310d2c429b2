import Foundation
import TestSupport
import Testing

/// A file that is no good module fails alone, with a message that says why, and everything else is done.
@Suite struct BadFileTests {
  /// Precompiles a directory with a bad file and a good module, and expects that only the bad one fails, saying why.
  private func expectRefusal(
    of bytes: [UInt8], backend: String = "cranelift", saying message: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    try Sandbox.use(location) { box in
      try box.write(bytes, to: "bad.wasm")
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      let run = try box.tool("--backend", "\(backend)", ".").run(location)
      #expect(run.ending == .exited(1), sourceLocation: location)
      #expect(run.output == "", sourceLocation: location)
      let lines = run.errorLines.sorted()
      #expect(lines.first == "./bad.wasm: error: \(message)", sourceLocation: location)
      // It is counted as a module if only the engine could tell that it is none.
      let others = lines.dropFirst().map {
        $0.masked.replacing(#/^(2 modules|1 module): /#, with: "SOME: ")
          .replacing("1 file is no module", with: "1 failed")
      }
      #expect(
        others == [
          "SOME: 1 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)",
          "compiled ./good.wasm with \(backend), SIZE → SIZE, TIME",
        ], sourceLocation: location)
      #expect(box.engines.flatMap(box.entries).count == 1, sourceLocation: location)
      #expect(box.temporaryFiles == [], sourceLocation: location)
    }
  }

  @Test func filesThatAreNotWebAssembly() throws {
    try expectRefusal(
      of: Array("hello".utf8), saying: "is not WebAssembly: it starts with 68 65 6c 6c, not with 00 61 73 6d")
    try expectRefusal(of: [], saying: "is empty")
    try expectRefusal(
      of: Array("(module (func))\n".utf8), saying: "is WebAssembly text, not binary: convert it with `wat2wasm`")
    try expectRefusal(
      of: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0],
      saying: "is native code (ELF), perhaps an artifact that was precompiled already: name the .wasm it came from")
  }

  @Test func preamblesThatAreCutOrUnknown() throws {
    let start = Array(WasmBinary.empty.prefix(4))
    try expectRefusal(of: start, saying: "is truncated: 4 of the 8 bytes that every module starts with")
    try expectRefusal(of: start + [2, 0, 0, 0], saying: "has WebAssembly binary version 2: only version 1 is known")
    try expectRefusal(of: start + [1, 0, 2, 0], saying: "is neither a module nor a component: its layer field is 2")
  }

  @Test func validPreamblesWithInvalidBodies() throws {
    try expectRefusal(
      of: Array(WasmBinary.returning(1).prefix(29)),
      saying: "is not valid: failed to parse WebAssembly module: unexpected end-of-file (at offset 0x15)")
    try expectRefusal(
      of: WasmBinary.invalid,
      saying: """
        is not valid: failed to compile: wasm[0]::function[0]: WebAssembly translation error: Invalid input WebAssembly code \
        at offset 24: type mismatch: expected i32 but nothing on stack
        """)
    try expectRefusal(
      of: WasmBinary.invalid, backend: "winch",
      saying: """
        is not valid: failed to compile: wasm[0]::function[0]: Compilation error: type mismatch: expected i32 but nothing on \
        stack (at offset 0x18)
        """)
    try expectRefusal(
      of: WasmBinary.emptyComponent + [0x63, 0x00],
      saying: "is not valid: failed to parse WebAssembly module: malformed section id: 99 (at offset 0xa)")
  }

  @Test func proposalsThatTheEngineDoesNotAccept() throws {
    try expectRefusal(
      of: WasmBinary.stackSwitching,
      saying: """
        needs the WebAssembly proposal “stack switching”, which wasmtime 50 does not accept: failed to parse WebAssembly \
        module: cannot define continuation types when stack switching is disabled (at offset 0xe)
        """)
    try expectRefusal(
      of: WasmBinary.customPageSize,
      saying: """
        needs the WebAssembly proposal “custom page sizes”, which wasmtime 50 does not accept: failed to parse WebAssembly \
        module: the custom page sizes proposal must be enabled to customize a memory's page size (at offset 0xb)
        """)
    try expectRefusal(
      of: WasmBinary.threads, backend: "winch",
      saying: """
        needs the WebAssembly proposal “threads”, which wasmtime 50 does not accept with winch, but with --backend cranelift: \
        failed to parse WebAssembly module: threads must be enabled for shared memories (at offset 0xb)
        """)
    try expectRefusal(
      of: WasmBinary.tailCalls, backend: "winch",
      saying: """
        needs the WebAssembly proposal “tail calls”, which wasmtime 50 does not accept with winch, but with --backend cranelift: \
        failed to compile: wasm[0]::function[0]: Compilation error: tail calls support is not enabled (at offset 0x17)
        """)
  }

  @Test func aFileThatMayNotBeRead() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "secret.wasm")
      try box.write(WasmBinary.returning(2), to: "closed/inner.wasm")
      try box.write(WasmBinary.returning(3), to: "good.wasm")
      chmod(box.work + "/secret.wasm", 0)
      chmod(box.work + "/closed", 0)
      let run = try box.tool(".").withoutPrivileges.run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          ./closed: error: cannot read directory: permission denied, make it readable (chmod u+rx) or use --exclude
          ./secret.wasm: error: cannot be read: permission denied
          compiled ./good.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date, 2 unreadable (SIZE → SIZE in TIME)

          """)
      let hash = try box.tool("hash", "secret.wasm").withoutPrivileges.run()
      #expect(hash.ending == .exited(1))
      #expect(hash.errors == "secret.wasm: error: cannot be read: permission denied\n")
    }
  }

  @Test func namesOfThingsThatAreNoFiles() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/good.wasm")
      try box.link("tree/dangling.wasm", to: "nowhere")
      try box.link("tree/device.wasm", to: "/dev/zero")
      try box.link("tree/self.wasm", to: "self.wasm")
      #expect(mkfifo(box.work + "/tree/fifo.wasm", 0o600) == 0)
      let what = "or use --exclude"
      let dangling =
        "error: cannot follow symbolic link: its target does not exist, restore it, remove the link \(what)"
      let device = "error: cannot be a module: it is a character device, not a regular file, rename it \(what)"
      let fifo = "error: cannot be a module: it is a FIFO, not a regular file, rename it \(what)"
      let itself = "too many levels of symbolic links, remove the link that leads back to itself"

      let run = try box.tool("tree").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          tree/dangling.wasm: \(dangling)
          tree/device.wasm: \(device)
          tree/fifo.wasm: \(fifo)
          tree/self.wasm: error: cannot examine module: \(itself)
          compiled tree/good.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date, 4 unreadable (SIZE → SIZE in TIME)

          """)

      // Named explicitly, they are refused as well.
      for (name, message) in [
        ("dangling", dangling), ("device", device), ("fifo", fifo), ("self", "error: cannot open: \(itself)"),
      ] {
        let run = try box.tool("tree/\(name).wasm").run()
        #expect(run.ending == .exited(1))
        #expect(
          run.errors.masked
            == "tree/\(name).wasm: \(message)\n0 modules: 0 compiled, 0 up to date, 1 unreadable (TIME)\n")
      }
      let hashes = try box.tool("hash", "tree/fifo.wasm", "tree/device.wasm", "tree", "tree/dangling.wasm").run()
      #expect(hashes.ending == .exited(1))
      #expect(
        hashes.errors == """
          tree/fifo.wasm: error: is a FIFO, not a regular file
          tree/device.wasm: error: is a character device, not a regular file
          tree: error: is a directory, not a regular file
          tree/dangling.wasm: error: cannot be read: no such file or directory

          """)
    }
  }

  @Test func aCycleOfLinksIsEnteredOnce() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/good.wasm")
      try box.write(WasmBinary.returning(2), to: "elsewhere/linked.wasm")
      try FileManager.default.createDirectory(atPath: box.work + "/tree/inner", withIntermediateDirectories: false)
      try box.link("tree/inner/up", to: "..")
      try box.link("tree/linked", to: "../elsewhere")
      let plain = try box.succeed("tree")
      #expect(plain.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
      let following = try box.succeed("--follow-links", "tree")
      #expect(
        following.errors.masked == """
          tree/inner/up: warning: not following symbolic link: it leads to a directory that it lies in, use --exclude to \
          silence this
          compiled tree/linked/linked.wasm with cranelift, SIZE → SIZE, TIME
          2 modules: 1 compiled, 1 up to date (SIZE → SIZE in TIME)

          """)
    }
  }

  @Test func pathsThatDoNotExistOrHoldNoModule() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "good.wasm")
      try FileManager.default.createDirectory(atPath: box.work + "/empty", withIntermediateDirectories: false)
      let run = try box.tool("absent", "good.wasm/x", "empty", "good.wasm").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          absent: error: cannot open: no such file or directory, check the spelling
          good.wasm/x: error: cannot open: a part of the path is not a directory, check the spelling
          compiled good.wasm with cranelift, SIZE → SIZE, TIME
          empty: warning: no modules found: only files that end in .wasm are taken, unless they are named
          1 module: 1 compiled, 0 up to date, 2 unreadable (SIZE → SIZE in TIME)

          """)
      let empty = try box.succeed("empty")
      #expect(
        empty.errors == """
          empty: warning: no modules found: only files that end in .wasm are taken, unless they are named
          0 modules

          """)
    }
  }

  @Test func namesThatCouldGarbleATerminalArePrintedSafely() throws {
    try Sandbox.use { box in
      let names: [(bytes: [UInt8], shown: String)] = [
        (Array("new\nline.wasm".utf8), #"$'new\nline.wasm'"#),
        (Array("esc\u{1b}[31m'.wasm".utf8), #"$'esc\e[31m\'.wasm'"#),
        ([0x6e, 0x6f, 0x74, 0xff, 0xfe] + Array(".wasm".utf8), #"$'not\xff\xfe.wasm'"#),
        (Array("ünïcode ✓.wasm".utf8), "ünïcode ✓.wasm"),
      ]
      for (index, name) in names.enumerated() {
        try box.write(WasmBinary.returning(index), to: "source")
        try box.rename("source", to: name.bytes)
      }
      let run = try box.succeed(".", "-j", "1")
      // Quoted as a whole, as the shell would read it back.
      let shown = names.map { $0.shown.hasPrefix("$'") ? "$'./" + $0.shown.dropFirst(2) : "./" + $0.shown }
      #expect(
        Set(run.errorLines.dropLast().map(\.masked))
          == Set(shown.map { "compiled \($0) with cranelift, SIZE → SIZE, TIME" }))
      for name in names {
        let path = try box.succeed("path", Argument(bytes: name.bytes)).outputLines
        #expect(path.count == 1)
        #expect(FileManager.default.fileExists(atPath: path.first ?? ""))
        let hash = try box.succeed("hash", Argument(bytes: name.bytes)).outputLines
        #expect(hash.first?.dropFirst(66) == name.shown[...])
      }

      let (bad, shownBad) = ([0xff] + Array("\n.wasm".utf8), #"$'\xff\n.wasm'"#)
      let absent = try box.tool([Argument(bytes: bad)]).run()
      #expect(absent.ending == .exited(1))
      #expect(
        absent.errorLines.first == "\(shownBad): error: cannot open: no such file or directory, check the spelling")
    }
  }
}
