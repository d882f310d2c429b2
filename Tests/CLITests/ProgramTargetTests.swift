import Foundation
import TestSupport
import Testing

/// What a compiler that is a program is told, and what it made when it was told something else.
@Suite struct ProgramTargetTests {
  /// A misspelled target is an error of the run's, and not one of each module.
  @Test func aTargetThatACompilerDoesNotHaveIsOneError() throws {
    try Sandbox.use { box in
      let script = #"case "$3" in *-gnuu) echo "no such target" >&2; exit 3;; esac; printf TEST > "$2""#
      try box.describeWithTarget(script)
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      let wrong = try box.tool("--backend", "test-c", "--target", "riscv64gc-unknown-linux-gnuu", "m").run()
      #expect(wrong.ending == .exited(64))
      #expect(
        wrong.errors
          == "wasmprecompile: error: --target riscv64gc-unknown-linux-gnuu: test-c makes no code for it: it exited with "
          + "status 3: no such target; did you mean riscv64gc-unknown-linux-gnu?\n")
      let elsewhere = try box.tool("--target", "riscv64gc-unknown-linux-gnuu", "m").run()
      #expect(
        elsewhere.errors.hasSuffix(
          ": test-c makes no code for it either: did you mean riscv64gc-unknown-linux-gnu?\n"), "\(elsewhere.errors)")
      let short = try box.tool("--target", "riscv64", "m").run()
      #expect(
        short.errors.hasSuffix(": it names no system: is it riscv64gc-unknown-linux-gnu?\n"), "\(short.errors)")
      #expect(box.engines == [])
      // One that compiles nothing says nothing about targets.
      try box.describeWithTarget("echo broken >&2; exit 4")
      let broken = try box.tool("--backend", "test-c", "--target", "riscv64gc-unknown-linux-gnu", "m").run()
      #expect(broken.ending == .exited(1))
      #expect(broken.errors.contains("m/1.wasm: error: was not compiled: testc exited with status 4: broken"))
    }
  }

  @Test func aProgramIsAskedAboutATargetOnce() throws {
    try Sandbox.use { box in
      // It takes the smallest module for as long as there is no such file beside it.
      let script = #"[ "$(wc -c < "$1")" -gt 8 ] || [ ! -e "${0%/*}/mark" ] || exit 3; printf TEST > "$2""#
      try box.describeWithTarget("[ -n \"$3\" ] || { printf TEST > \"$2\"; exit; }\n" + script)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let choice: [Argument] = ["--backend", "test-c", "--target", "s390x-unknown-linux-gnu", "a.wasm"]
      try box.succeed(choice)
      try box.write("", to: "../compiler/mark")
      try box.write(WasmBinary.returning(2), to: "a.wasm")
      try box.succeed(choice)
      try box.describeWithTarget("[ -n \"$3\" ] || { printf TEST > \"$2\"; exit; }\n: another\n" + script)
      let other = try box.tool(choice).run()
      #expect(other.ending == .exited(64), "another program is asked: \(other.errors)")
    }
  }

  @Test func severalTargetsHaveADirectoryEach() throws {
    try Sandbox.use { box in
      try box.describeWithTarget(#"{ printf TEST; echo "$3"; } > "$2""#)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let targets: [Argument] = ["--target", "riscv64gc-unknown-linux-gnu", "--target", "s390x-unknown-linux-gnu"]
      try box.succeed(["--backend", "test-c", "--output", "out"] + targets + ["a.wasm"])
      for machine in ["riscv64gc", "s390x"] {
        let path = "\(box.work)/out/test-c/\(machine)-unknown-linux-gnu/a.test"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "TESTfor \(machine)-unknown-linux-gnu\n")
      }
      let again = try box.succeed(["--backend", "test-c"] + targets + ["a.wasm"])
      #expect(again.errorLines.last?.contains("nothing to compile") == true)
      #expect(try box.succeed("cache", "list").output.contains("test-c, target s390x-unknown-linux-gnu"))
    }
  }

  /// The same program, called otherwise, makes something else.
  @Test func whatAnotherDescriptionMadeIsOld() throws {
    try Sandbox.use { box in
      let levels = "opt-level = { none = \"-O0\", speed = \"-O2\" }"
      try box.describeWithTarget(more: levels)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let choice: [Argument] = [
        "--backend", "test-c", "--target", "riscv64gc-unknown-linux-gnu", "--opt-level", "none", "a.wasm",
      ]
      try box.succeed(choice)
      func collect() throws -> String { try box.succeed("cache", "gc", "--old-engines").output.masked }
      #expect(try collect() == "nothing to remove: 1 artifact, SIZE\n")
      try box.describeWithTarget(more: levels.replacing("-O2", with: "-O3"))
      #expect(try collect() == "nothing to remove: 1 artifact, SIZE\n", "it is called as before")
      try box.describeWithTarget(more: levels.replacing("-O0", with: "-O1"))
      #expect(try collect() == "removed 1 artifact (1 of an old engine), SIZE; 0 artifacts, SIZE are left\n")
    }
  }

  @Test func whatMayBeBehindAnErrorIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.describe("echo 'In file x:' >&2; echo 'x:1: error: odd' >&2; echo '  ^~~~' >&2; exit 3")
      #expect(
        try box.tool("--backend", "test-c", "a.wasm").run().errorLines.first
          == "a.wasm: error: was not compiled: testc exited with status 3: x:1: error: odd … ^~~~")
      try box.describe("echo 'x: Permission denied' >&2; exit 3")
      #expect(
        try box.tool("--backend", "test-c", "a.wasm").run().errorLines.first
          == "a.wasm: error: was not compiled: testc exited with status 3, which is confined (see "
          + "wasmprecompile-backends(7)): x: Permission denied")
      try box.describe("echo MemoryError >&2; exit 3")
      #expect(
        try box.tool("--max-memory", "256Mi", "--backend", "test-c", "a.wasm").run().errorLines.first
          == "a.wasm: error: was not compiled: testc exited with status 3, with no more than 256Mi of memory "
          + "(--max-memory): MemoryError")
    }
  }
}
