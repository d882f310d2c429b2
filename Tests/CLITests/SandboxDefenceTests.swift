import Glibc
import TestSupport
import Testing

/// Where the kernel lacks a defence, it is named once, or nothing is compiled.
@Suite(.needs(Injection.isPossible, Injection.need)) struct SandboxDefenceTests {
  /// Runs the tool as on a kernel without Landlock.
  private func withoutLandlock(_ command: Command) -> Command {
    command.wrapped(in: [
      "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset", "-e",
      "inject=landlock_create_ruleset:error=ENOSYS",
    ])
  }

  @Test func aMissingDefenceIsNamedOnce() throws {
    try Sandbox.use { box in
      for number in 1...6 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try withoutLandlock(box.tool("-j", "3", ".")).run()
      #expect(run.ending == .exited(0))
      #expect(
        run.errorLines.filter { !$0.hasPrefix("compiled ") }.map(\.masked) == [
          "wasmprecompile: warning: compilers run without Landlock, which the kernel lacks or forbids; --require-sandbox "
            + "makes that an error",
          "6 modules: 6 compiled, 0 up to date (SIZE → SIZE in TIME)",
        ])
      let again = try withoutLandlock(box.tool("-j", "3", ".")).run()
      #expect(again.errors.masked == "6 modules: nothing to compile, all up to date (TIME)\n")
    }
  }

  @Test func enginesSaysWhatIsMissing() throws {
    try Sandbox.use { box in
      let run = try withoutLandlock(box.tool("engines", "--max-memory", "1Gi")).run()
      #expect(run.ending == .exited(0))
      #expect(
        run.output.ofLibwasmtime.lines.last
          == "sandbox    without Landlock, which the kernel lacks or forbids, few system calls (seccomp), 1Gi of memory"
      )
    }
  }

  @Test func aRequiredSandboxMustBeWhole() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let message = """
        wasmprecompile: error: compilers cannot be confined: the kernel lacks or forbids Landlock, which --require-sandbox \
        asks for

        """
      // While the engine is still to be asked, when it is known, and by the other commands.
      let strict: [[Argument]] = [["."], ["path", "--compile", "1.wasm"], ["engines"]]
      for arguments in strict {
        let run = try withoutLandlock(box.tool(arguments + ["--require-sandbox"])).run()
        #expect(run.ending == .exited(69))
        #expect(run.errors == message)
        #expect(run.output.ofLibwasmtime == "")
      }
      try box.succeed("1.wasm")
      let run = try withoutLandlock(box.tool("--require-sandbox", ".")).run()
      #expect(run.ending == .exited(69))
      #expect(run.errors == message)
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")

      // On this kernel nothing is missing.
      try box.succeed("--require-sandbox", ".")
    }
  }
}
