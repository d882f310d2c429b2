import Foundation
import Glibc
import TestSupport
import Testing

/// Disks that fail and processes that die at the worst moment, by faults that strace(1) puts into system calls.
///
/// Whatever fails: the run ends and says so, what the cache holds is whole, nothing of the writer is left, and the next run
/// completes.
@Suite struct FaultTests {
  /// ptrace(2) may be forbidden, in containers for example.
  static let canTrace =
    (try? Command(
      program: "strace", arguments: ["-qq", "-o", "/dev/null", "true"],
      environment: ["PATH": "/usr/bin:/bin"], directory: "/"
    ).run().ending) == .exited(0)
  static let noTrace: Comment = "injecting faults needs strace and the right to trace (ptrace)"

  private func injecting(_ fault: String, _ command: Command) -> Command {
    let call = String(fault.prefix { $0 != ":" })
    return command.wrapped(in: [
      "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(fault)",
    ])
  }

  /// A cache that has something, and three modules that it lacks.
  private func withModules(_ body: (Sandbox) throws -> Void) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(0), to: "old.wasm")
      try box.succeed("old.wasm")
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try body(box)
    }
  }

  /// What must hold after any fault, before and after the next run.
  private func expectWhole(_ box: Sandbox, _ fault: String) throws {
    box.expectNoProcess()
    let found = try box.tool("cache", "verify").run()
    #expect(found.ending == .exited(0), "\(fault): \(found.output)\(found.errors)")
    let next = try box.tool(".").run()
    #expect(next.ending == .exited(0), "\(fault): \(next.errors)")
    #expect(try box.succeed("cache", "verify").output.masked == "4 entries, SIZE: all good\n", "\(fault)")
    #expect(box.temporaryFiles == [], "\(fault)")
  }

  // MARK: Calls that fail

  /// What is not known to be on disk is not published, and nothing is tried again as if it had worked.
  @Test(
    .enabled(if: canTrace, noTrace),
    arguments: [
      ("fdatasync:error=EIO", "input/output error"), ("fchmod:error=EROFS", "read-only file system"),
    ])
  func whatCannotBeMadeSureOfIsNotPublished(_ fault: String, _ reason: String) throws {
    try withModules { box in
      let run = try injecting(fault, box.tool(".")).run()
      #expect(run.ending == .exited(73))
      let failed = run.errorLines.filter { $0.contains(": error: ") }
      #expect(failed.count == 3, "\(run.errors)")
      for line in failed {
        #expect(line.contains(": could not be stored: \(box.cache)/v1/"))
        #expect(line.hasSuffix(": \(reason)"))
      }
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
      #expect(box.temporaryFiles == [])
      try expectWhole(box, fault)
    }
  }

  /// Renaming fails once for each thread: others finish.
  @Test(.enabled(if: canTrace, noTrace)) func aRenameThatFailsCostsItsModule() throws {
    try withModules { box in
      let fault = "renameat:error=ENOSPC:when=2"
      let run = try injecting(fault, box.tool("-j", "1", ".")).run()
      #expect(run.status == 0 || run.status == 73, "\(run.errors)")
      for line in run.errorLines where line.contains(": error: ") {
        #expect(line.hasSuffix(": no space left on device"))
      }
      try expectWhole(box, fault)
    }
  }

  /// Errors at whatever place: bounded, said, and without harm. `when` counts for each thread.
  @Test(
    .enabled(if: canTrace, noTrace),
    arguments: [
      "memfd_create:error=EMFILE:when=3+", "symlinkat:error=ENOSPC", "fsync:error=EIO",
      "mkdirat:error=ENOSPC", "socketpair:error=EMFILE", "sendmsg:error=ENOBUFS:when=2",
      "recvmsg:error=ENOMEM:when=2", "pwrite64:error=ENOSPC", "getdents64:error=EIO", "flock:error=ENOLCK",
    ]) func noFaultDoesHarm(_ fault: String) throws
  {
    try withModules { box in
      let run = try injecting(fault, box.tool(".")).run()
      let status = try #require(run.status, "\(fault) crashed it: \(run.ending) \(run.errors)")
      #expect([0, 1, 69, 73].contains(status), "\(fault): \(run.errors)")
      if status != 0 { #expect(run.errors.contains("error: "), "\(fault)") }
      try expectWhole(box, fault)
    }
  }

  // MARK: Death

  @Test(
    .enabled(if: canTrace, noTrace),
    arguments: [
      "write:signal=KILL:when=1", "fchmod:signal=KILL:when=1", "fdatasync:signal=KILL:when=1",
      "fdatasync:signal=KILL:when=2", "renameat:signal=KILL:when=1", "renameat:signal=KILL:when=2",
      "renameat:signal=KILL:when=3", "symlinkat:signal=KILL:when=1", "unlinkat:signal=KILL:when=1",
      "fsync:signal=KILL:when=1",
    ]) func whoeverDiesHalfWayIsCleanedUpAfter(_ fault: String) throws
  {
    try withModules { box in
      _ = try injecting(fault, box.tool("-j", "1", ".")).run()
      try expectWhole(box, fault)
    }
  }

  // MARK: Power cuts

  /// Loop devices, and a file system that is in common use.
  static let canCut =
    geteuid() == 0
    && (try? Command(
      program: "sh", arguments: ["-c", "command -v mkfs.ext4 && losetup -f"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/"
    ).run().ending) == .exited(0)

  /// What a run has acknowledged by its end is there when the power goes at that moment: the disk holds what the file system
  /// has written out by then, and a copy of it is what the next start finds.
  @Test(.enabled(if: canCut, "cutting the power needs root, loop devices and mkfs.ext4"))
  func whatWasAcknowledgedOutlivesAPowerCut() throws {
    try Sandbox.use { box in
      for number in 1...20 { try box.write(WasmBinary.returning(number), to: "modules/\(number).wasm") }
      let script = """
        truncate -s 64M disk
        mkfs.ext4 -q -F disk
        mkdir before after
        mount -o loop,lazytime disk before
        "$0" --cache-dir "$PWD/before/cache" modules
        cp disk cut
        mount -o loop cut after
        "$0" cache verify --cache-dir "$PWD/after/cache"
        """
      var command = box.command("unshare", ["--mount", "sh", "-euc", "\(script)", "\(box.executable)"])
      command.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
      let run = try command.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.output.masked == "20 entries, SIZE: all good\n")
    }
  }
}
