import Foundation
import Glibc
import TestSupport
import Testing

/// However a writer works, its module is compiled once, when it is whole.
@Suite struct WatchWriterTests {
  /// What each does to its own `tree/NAME.wasm`; `new` has another module.
  private static let writers = [
    ("cp", "cp new tree/cp.wasm"),
    ("cp-p", "cp -p new tree/cp-p.wasm"),
    ("redirection", "cat new > tree/redirection.wasm"),
    ("mv", "cp new moving && mv moving tree/mv.wasm"),
    ("saved", "cp new tree/.saved.tmp && mv tree/.saved.tmp tree/saved.wasm"),
    ("sed", "LC_ALL=C sed -i s/value/other/ tree/sed.wasm"),
    // With 'backupcopy=no': the old file becomes the backup, a new one is written, the backup goes.
    ("vim", "mv tree/vim.wasm tree/vim.wasm~ && cat new > tree/vim.wasm && rm tree/vim.wasm~"),
    // With 'backupcopy=yes': the backup is a copy, the file is written in place.
    (
      "vim-copy",
      "cp -p tree/vim-copy.wasm tree/vim-copy.wasm~ && cat new > tree/vim-copy.wasm && rm tree/vim-copy.wasm~"
    ),
    // As cargo publishes.
    ("hard-link", "cp new built && ln -f built tree/hard-link.wasm"),
    ("symbolic-link", "cp new elsewhere && ln -sfn ../elsewhere tree/symbolic-link.wasm"),
    ("unnamed", "python3 unnamed.py new tree/unnamed.wasm"),
    ("linker", "wasm-ld --no-entry --export-all new.o -o tree/linker.wasm"),
  ]

  /// Written while it has no name, and named before it is whole.
  private static let unnamed = """
    import os, sys
    data = open(sys.argv[1], "rb").read()
    file = os.open(os.path.dirname(sys.argv[2]), os.O_TMPFILE | os.O_WRONLY, 0o600)
    os.write(file, data[:20])
    os.unlink(sys.argv[2])
    # With a directory given, Python calls linkat with AT_SYMLINK_FOLLOW.
    os.link(f"/proc/self/fd/{file}", sys.argv[2], src_dir_fd=os.open("/", os.O_RDONLY))
    os.write(file, data[20:])
    """

  @Test func everyWriterCausesOneCompilation() throws {
    try Sandbox.use { box in
      try box.write(Self.unnamed, to: "unnamed.py")
      try box.write("int f(void) { return 42; }\n", to: "new.c")
      let toolchain = try Examples.toolchain()
      func run(_ script: String) throws {
        var shell = box.command("sh", ["-ec", Argument(script)])
        shell.environment["PATH"] = toolchain + ":" + (shell.environment["PATH"] ?? "")
        let result = try shell.run()
        #expect(result.ending == .exited(0), "\(script): \(result.errors)")
      }
      try run("clang --target=wasm32 -c new.c -o new.o")
      for (number, (name, _)) in Self.writers.enumerated() {
        try box.write(WasmBinary.returning(number), to: "tree/\(name).wasm")
      }
      let watcher = try Watcher(in: box, modules: Self.writers.count)
      for (number, (name, script)) in Self.writers.enumerated() {
        try box.write(WasmBinary.returning(1000 + number), to: "new")
        try run(script)
        watcher.expectCompiled(name + ".wasm", times: 2)
      }
      try watcher.catchUp()
      let result = watcher.stop()
      for (name, _) in Self.writers { #expect(watcher.compilations(name + ".wasm") == 2, "\(name)") }
      let others = result.errorLines.filter { !$0.hasPrefix("compiled ") && !$0.hasPrefix("ready: ") }
      #expect(others == [], "no error, and nothing was taken for removed")
      #expect(try box.succeed("--backend", "winch", "--rehash", "tree").errors.contains("nothing to compile, all up"))
    }
  }

  /// Two seconds and more of appending, by a writer that keeps the file open, and by one that opens it for each piece.
  @Test(arguments: [true, false]) func aSlowAppenderCausesOneCompilation(keepsItOpen: Bool) throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, modules: 0)
      let module = WasmBinary.heavy(size: 2000)
      let path = box.work + "/tree/slow.wasm"
      func open() -> Int32 { Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
      var file: Int32 = -1
      var last = ContinuousClock.now
      var longest = Duration.zero
      for piece in stride(from: 0, to: module.count, by: 200) {
        if file < 0 { file = open() }
        // One ends inside the code, which no reader may take for a whole module.
        let part = Array(module[piece..<min(piece + 200, module.count)])
        #expect(write(file, part, part.count) == part.count)
        if !keepsItOpen {
          close(file)
          file = -1
        }
        longest = max(longest, ContinuousClock.now - last)
        last = .now
        // The writer pauses until the watcher has looked at what there is, which takes it two of its longest waits.
        try watcher.catchUp()
      }
      if keepsItOpen { close(file) }
      watcher.expectCompiled("slow.wasm")
      try watcher.catchUp()
      let lines = watcher.stop().errorLines.filter { !$0.hasPrefix("compiled tree/caught-up-") }
      #expect(watcher.compilations("slow.wasm") == 1)
      // A second of silence is taken for an end, so on a machine that holds the writer up an error is right.
      if keepsItOpen || longest < .milliseconds(900) {
        #expect(lines.count == 2, "ready, and this one: \(lines)")
      }
      let hash = try box.succeed("hash", "tree/slow.wasm").output.prefix(64)
      #expect(box.engines.flatMap(box.entries).contains(hash + ".cwasm"), "what was compiled is the finished file")
    }
  }

  @Test func theSameContentsAreNoWork() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let watcher = try Watcher(in: box, "--explain", modules: 1)
      for script in ["touch tree/a.wasm", "cp tree/a.wasm copy && mv copy tree/a.wasm"] {
        let before = watcher.lines.count
        #expect(try box.command("sh", ["-ec", Argument(script)]).run().ending == .exited(0))
        #expect(eventually { watcher.lines.count > before }, "\(script)")
      }
      let result = watcher.stop()
      #expect(result.errorLines.dropFirst(2) == ["up to date tree/a.wasm", "up to date tree/a.wasm"])
    }
  }

  @Test func allBackendsAreMadeInTheOrderGivenForEverythingThatChanged() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "arriving/\(number).wasm") }
      let watcher = try Watcher(in: box, "--backend", "cranelift", "-j1", modules: 0)
      #expect(try box.command("mv", ["arriving", "tree"]).run().ending == .exited(0))
      #expect(eventually { watcher.lines.count == 7 }, "\(watcher.lines)")
      let backends = watcher.stop().errorLines.dropFirst().map { $0.contains(" with winch, ") ? "winch" : "cranelift" }
      #expect(backends == ["winch", "winch", "winch", "cranelift", "cranelift", "cranelift"])
    }
  }
}
