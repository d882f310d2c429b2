import Foundation
import Glibc
import TestSupport
import Testing

/// Disks that fail and processes that die at the worst moment.
///
/// Whatever fails: the run ends and says so, what the cache holds is whole, nothing of the writer is left, and the next run
/// completes.
@Suite(.needs(Injection.isPossible, Injection.need)) struct FaultTests {
  /// A cache that has something, and three modules that it lacks.
  ///
  /// - Parameter padding: bytes that mean nothing in each of the modules.
  private func withModules(padding: Int = 0, _ body: (Sandbox) throws -> Void) throws {
    try Sandbox.use { box in
      func write(_ number: Int, to name: String) throws {
        let module = WasmBinary.returning(number)
        try box.write(padding == 0 ? module : WasmBinary.padded(module, by: padding), to: name)
      }
      try write(0, to: "old.wasm")
      try box.succeed("old.wasm")
      for number in 1...3 { try write(number, to: "\(number).wasm") }
      try body(box)
    }
  }

  /// What must hold after any fault, before and after the next run.
  private func expectWhole(_ box: Sandbox, _ fault: String, temporaryFiles: Bool = false) throws {
    box.expectNoProcess()
    if !temporaryFiles { #expect(box.temporaryFiles == [], "\(fault)") }
    let found = try box.tool("cache", "verify").run()
    #expect(found.ending == .exited(0), "\(fault): \(found.output)\(found.errors)")
    let next = try box.tool(".").run()
    #expect(next.ending == .exited(0), "\(fault): \(next.errors)")
    #expect(try box.succeed("cache", "verify").output.masked == "4 entries, SIZE: all good\n", "\(fault)")
    #expect(box.temporaryFiles == [], "\(fault)")
  }

  private static let noProcesses =
    "no compiler process could be started: posix_spawn: the system grants no more processes, raise `ulimit -u` or the "
    + "container's limit of processes"

  private func failures(_ run: CommandResult) -> [String] { run.errorLines.filter { $0.contains(": error: ") } }

  // MARK: Storing

  /// What is not known to be on disk is not published, and nothing is tried again as if it had worked.
  @Test(arguments: [
    ("fdatasync:error=EIO", "input/output error"), ("fchmod:error=EROFS", "read-only file system"),
    ("symlinkat:error=ENOSPC", "no space left on device"),
  ])
  func whatCannotBeMadeSureOfIsNotPublished(_ fault: String, _ reason: String) throws {
    try withModules { box in
      let run = try box.tool(".").run(injecting: fault)
      #expect(run.ending == .exited(73))
      // The reason is told once, and the rest counted.
      let told = failures(run)
      #expect(told.count == 2, "\(run.errors)")
      #expect(told.first?.contains(": could not be stored: \(box.cache)/v1/") == true)
      #expect(told.first?.hasSuffix(": \(reason)") == true)
      #expect(told.last == "wasmprecompile: error: 2 more artifacts could not be stored: \(reason)")
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
      try expectWhole(box, fault)
    }
  }

  /// The first artifact of the one lane meets the fault: `when` counts for each thread. One thread copies the modules, which
  /// are not small, into files in memory, the old one among them while its stamp is too fresh to be believed, and then writes the three artifacts; another
  /// publishes them. Written short is what the kernel says, and it has not written those bytes.
  @Test(
    .unsanitized("system calls"),
    arguments: [
      ("write:error=ENOSPC:when=5", "no space left on device"), ("write:retval=5:when=5", "input/output error"),
      ("close:error=EIO:when=1", "input/output error"),
      ("renameat:error=ENOSPC:when=1", "no space left on device"),
      ("renameat:error=ENOSPC:when=2", "no space left on device"),
    ])
  func aFaultInStoringCostsItsModule(_ fault: String, _ reason: String) throws {
    try withModules(padding: 20_000) { box in
      let run = try box.tool("-j", "1", ".").run(injecting: fault)
      #expect(run.ending == .exited(73))
      let failure = try #require(failures(run).first)
      #expect(failures(run).count == 1, "\(run.errors)")
      #expect(failure.contains(".wasm: error: could not be stored: \(box.cache)/v1/"))
      #expect(failure.hasSuffix(": \(reason)"))
      #expect(run.errorLines.last?.contains("2 compiled, 1 up to date, 1 failed") == true, "\(run.errors)")
      #expect(try box.succeed("cache", "verify").output.masked == "3 entries, SIZE: all good\n")
      try expectWhole(box, fault)
    }
  }

  /// Whether an artifact can be published decides about what comes next, so that one at a time is.
  @Test func failFastBeginsLittleAfterAnArtifactThatCannotBePublished() throws {
    try withModules { box in
      for number in 4...60 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try box.tool("-j", "1", "--fail-fast", ".").run(injecting: "fdatasync:error=EIO")
      #expect(run.ending == .exited(73))
      #expect((1...30).contains(failures(run).count), "\(run.errors)")
    }
  }

  /// No entry is without the description of its engine, which is written before the first artifact.
  @Test func anEngineIsDescribedBeforeItsFirstEntry() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try box.tool("-j", "1", ".").run(injecting: "renameat:error=ENOSPC:when=1")
      #expect(run.ending == .exited(73))
      // The lane meets the fault at the description, and whoever publishes at an object.
      let failure = try #require(failures(run).first)
      #expect(failures(run).count == 2)
      #expect(failure.hasPrefix("./1.wasm: error: could not be stored: \(box.cache)/v1/engines/cranelift-"))
      #expect(failure.hasSuffix("/engine.json: cannot write: no space left on device"))
      let described = try FileManager.default.subpathsOfDirectory(atPath: box.cache).filter {
        $0.hasSuffix("/engine.json")
      }
      #expect(described.count == 1)
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
      #expect(try box.succeed(".").errorLines.last?.hasPrefix("3 modules: 2 compiled, 1 up to date") == true)
    }
  }

  /// They can be read, and may be gone when the power goes.
  @Test func namesThatMayNotBeOnTheDiskAreSaid() throws {
    try withModules { box in
      let fault = "fsync:error=EIO"
      let run = try box.tool("--stamp", "stamp", ".").run(injecting: fault)
      #expect(run.ending == .exited(73))
      #expect(run.errorLines.count { $0.hasPrefix("compiled ") } == 3)
      let last = try #require(run.errorLines.last)
      #expect(last.hasPrefix("wasmprecompile: error: \(box.cache)/v1/objects/"))
      #expect(last.hasSuffix(": cannot make sure that its names are on the disk: input/output error"))
      #expect(!FileManager.default.fileExists(atPath: box.work + "/stamp"), "nobody may take it for done")
      try expectWhole(box, fault)
    }
  }

  @Test(arguments: ["EINVAL", "EOPNOTSUPP"]) func fileSystemsWithoutAWayToSynchronizeDirectoriesAreUsed(_ error: String)
    throws
  {
    try withModules { box in
      #expect(try box.tool(".").run(injecting: "fsync:error=\(error)").ending == .exited(0))
      try expectWhole(box, error)
    }
  }

  // MARK: File systems without

  @Test(arguments: [("ENOLCK", "no locks available"), ("EOPNOTSUPP", "operation not supported")])
  func fileSystemsWithoutLocksAreUsed(_ error: String, _ reason: String) throws {
    try withModules { box in
      let fault = "flock:error=\(error)"
      let run = try box.tool("-v", "--output", "out", ".").run(injecting: fault)
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.contains("\nnote: \(box.cache)/v1/catalog.sqlite: not used: its file system has no locks\n"))
      #expect(run.errors.contains("\nexported 4 artifacts\n"))
      let again = try box.tool("--output", "out", ".").run(injecting: fault)
      #expect(again.errors.masked == "4 modules: nothing to compile, all up to date (TIME)\n")
      // Removing is another matter: a writer may be between an object and its entry.
      let gc = try box.tool("cache", "gc", "--max-size", "1B").run(injecting: fault)
      #expect(gc.ending == .exited(73))
      #expect(
        gc.errors
          == "wasmprecompile: error: \(box.cache)/v1/objects: cannot make room: its file system has no locks (\(reason)), "
          + "without which writers could lose what they store: remove the whole cache while nobody uses it\n")
      try expectWhole(box, fault)
    }
  }

  @Test(arguments: [("EPERM", "operation not permitted"), ("EOPNOTSUPP", "operation not supported")])
  func fileSystemsWithoutSymbolicLinksAreNamed(_ error: String, _ reason: String) throws {
    try withModules { box in
      let fault = "symlinkat:error=\(error)"
      let run = try box.tool(".").run(injecting: fault)
      #expect(run.ending == .exited(73))
      #expect(
        run.errors
          == "wasmprecompile: error: \(box.cache): cannot store anything: its file system has no symbolic links (\(reason)), "
          + "and every entry is one: choose another place for the cache\n")
      try expectWhole(box, fault)
    }
  }

  @Test func fileSystemsWithoutHardLinksGetCopies() throws {
    try withModules { box in
      let run = try box.tool("-v", "--output", "out", "--hard-links", "1.wasm").run(injecting: "linkat:error=EPERM")
      #expect(run.ending == .exited(0))
      #expect(run.errors.contains("\nexported out/1.cwasm (copy)\n"))
    }
  }

  /// A container's seccomp profile denies what it does not know.
  @Test(arguments: [
    ("prctl:error=EPERM", "prctl: operation not permitted"),
    ("prlimit64:error=EPERM", "prlimit64: operation not permitted"),
    ("prlimit64:error=ENOSYS", "prlimit64: function not implemented"),
  ]) func whatIsDeniedToTheSandboxIsNamed(_ fault: String, _ call: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      let run = try box.tool("1.wasm").run(injecting: fault, inChildren: true)
      #expect(run.ending == .exited(69))
      #expect(
        run.errors
          == "wasmprecompile: error: no compiler process could be confined: \(call): something denies it, such as a "
          + "container's seccomp profile\n")
    }
  }

  // MARK: Anywhere

  /// Errors at whatever place: bounded, said, and without harm.
  @Test(arguments: [
    "memfd_create:error=EMFILE:when=3+", "mkdirat:error=ENOSPC", "socketpair:error=EMFILE",
    "sendmsg:error=ENOBUFS:when=2", "recvmsg:error=ENOMEM:when=2", "pwrite64:error=ENOSPC", "getdents64:error=EIO",
    "openat:error=EMFILE:when=1", "flock:error=ENOLCK",
  ]) func noFaultDoesHarm(_ fault: String) throws {
    // Modules that are not small are in files in memory.
    try withModules(padding: 20_000) { box in
      let run = try box.tool(".").run(injecting: fault, inChildren: true)
      let status = try #require(run.status, "\(fault) crashed it: \(run.ending) \(run.errors)")
      #expect([0, 1, 69, 73].contains(status), "\(fault): \(run.errors)")
      if status != 0 { #expect(run.errors.contains("error: "), "\(fault)") }
      try expectWhole(box, fault)
    }
  }

  /// Fewer and fewer, down to what the program's own libraries take.
  @Test func outOfDescriptorsIsABoundedError() throws {
    try withModules { box in
      var refused = 0
      for limit in stride(from: 40, through: 6, by: -2) {
        let run = try box.tool("-j", "2", ".").wrapped(in: ["prlimit", "--nofile=\(limit):\(limit)"]).run()
        let status = try #require(run.status, "\(limit) descriptors crashed it: \(run.ending) \(run.errors)")
        #expect([0, 1, 69, 73].contains(status), "\(limit): \(run.errors)")
        if status != 0 {
          #expect(run.errors.contains("too many open files"), "\(limit): \(run.errors)")
          refused += 1
        }
        box.expectNoProcess()
        #expect(box.temporaryFiles == [], "\(limit)")
        for number in 1...3 { try box.write(WasmBinary.returning(10 * limit + number), to: "\(number).wasm") }
      }
      #expect(refused > 3)
      try box.succeed(".")
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }

  /// What is kept or written together is less where few files may be open.
  @Test func fewDescriptorsAreEnoughForManyModules() throws {
    try Sandbox.use { box in
      for number in 1...100 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let run = try box.tool("-j", "1", "--backend", "winch", "--backend", "cranelift", ".")
        .wrapped(in: ["python3", "-c", Argument(Self.withFewDescriptors)]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errorLines.last?.contains("200 compiled") == true, "\(run.errors)")
    }
  }

  /// Children that their modules ended are gone with all that was open for them.
  @Test(.unsanitized("memory")) func aChildForEachModuleIsNotTooMany() throws {
    try Sandbox.use { box in
      for number in 1...40 { try box.write(WasmBinary.bomb(depth: 200 + number), to: "\(number).wasm") }
      let run = try box.tool("-j", "1", "--max-memory", "32Mi", ".")
        .wrapped(in: ["python3", "-c", Argument(Self.withFewDescriptors)]).run()
      #expect(run.ending == .exited(1))
      #expect(failures(run).count == 40)
      #expect(failures(run).allSatisfy { $0.contains(": needs more memory to compile than ") }, "\(run.errors)")
    }
  }

  /// Runs a program with room for 64, of which it inherits three, whatever the tests have open.
  private static let withFewDescriptors = """
    import os, resource, sys
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os.execvp(sys.argv[1], sys.argv[1:])
    """

  // MARK: Processes and threads that the system does not grant

  @Test func withoutThreadsWhatIsThereIsStillFound() throws {
    try withModules { box in
      let fault = "clone3:error=EAGAIN"
      let known = try box.tool("old.wasm").run(injecting: fault)
      #expect(known.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      let run = try box.tool("-j", "2", ".").run(injecting: fault)
      #expect(run.ending == .exited(69))
      #expect(failures(run) == ["wasmprecompile: error: \(Self.noProcesses)"])
      let watch = try box.tool("--watch", ".").run(injecting: fault)
      #expect(watch.ending == .exited(69))
      #expect(
        watch.errors
          == "wasmprecompile: error: cannot watch: the system grants no more threads: raise `ulimit -u`, or the container's limit of processes\n"
      )
      try expectWhole(box, fault)
    }
  }

  /// However many there are, as many lanes do the work, or none.
  @Test(arguments: 2...7) func fewerThreadsAreFewerLanes(_ first: Int) throws {
    try withModules { box in
      let fault = "clone3:error=EAGAIN:when=\(first)+"
      let run = try box.tool("-j", "3", ".").run(injecting: fault)
      #expect(run.ending == .exited(0) || run.ending == .exited(69), "\(fault): \(run.errors)")
      for line in failures(run) { #expect(line == "wasmprecompile: error: \(Self.noProcesses)") }
      try expectWhole(box, fault)
    }
  }

  // MARK: Death

  @Test(arguments: [
    "write:signal=KILL:when=1", "write:signal=KILL:when=3", "fchmod:signal=KILL:when=1", "fdatasync:signal=KILL:when=1",
    "fdatasync:signal=KILL:when=2", "renameat:signal=KILL:when=1", "renameat:signal=KILL:when=2",
    "renameat:signal=KILL:when=3", "symlinkat:signal=KILL:when=1", "unlinkat:signal=KILL:when=1",
    "fsync:signal=KILL:when=1",
  ]) func whoeverDiesHalfWayIsCleanedUpAfter(_ fault: String) throws {
    try withModules { box in
      _ = try box.tool("-j", "1", ".").run(injecting: fault)
      try expectWhole(box, fault, temporaryFiles: true)
    }
  }
}
