import Foundation
import Glibc
import TestSupport
import Testing

/// Under make and ninja, every job but the first is paid for with a token, and none is ever lost.
@Suite struct JobserverTests {
  /// How many runs are interrupted. Set WASMPRECOMPILE_TEST_INTERRUPTS=1000 for that many instead of the suite's 20.
  static let wantedInterrupts =
    ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_INTERRUPTS"].flatMap { Int($0) } ?? 20

  /// As many as there are processors, at most.
  private static let twoJobs = min(2, ProcessInfo.processInfo.activeProcessorCount)

  /// A FIFO in a sandbox with tokens in it, as make 4.4 makes one.
  private final class Tokens {
    private let descriptor: Int32
    let makeFlags: String

    init(_ tokens: String, in box: Sandbox) throws {
      let path = box.path + "/to\\ ken"
      try #require(mkfifo(path.replacing("\\", with: ""), 0o600) == 0)
      descriptor = open(path.replacing("\\", with: ""), O_RDWR | O_NONBLOCK | O_CLOEXEC)
      makeFlags = " -j\(tokens.utf8.count + 1) --jobserver-auth=fifo:\(path)"
      try #require(write(descriptor, tokens, tokens.utf8.count) == tokens.utf8.count)
    }

    deinit { close(descriptor) }

    /// What is there now, in order; it stays there.
    var left: String {
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = max(0, read(descriptor, &bytes, bytes.count))
      write(descriptor, bytes, count)
      return String(decoding: bytes.prefix(count).sorted(), as: UTF8.self)
    }
  }

  private func compiling(_ box: Sandbox) -> [pid_t] {
    Processes.marked(box.mark).filter { Processes.isCompiling($0) && isChild($0) }
  }

  private func isChild(_ id: pid_t) -> Bool { Processes.commandLine(id).contains("compile-worker") }

  /// Modules that each take some tenths of a second.
  private func writeSlowModules(_ count: Int, in box: Sandbox) throws {
    for number in 1...count { try box.write(WasmBinary.bomb(depth: 20 + number), to: "slow/\(number).wasm") }
  }

  /// Stops each child that is found compiling, until there are as many as there are ever to be.
  private func expectJobs(_ jobs: Int, in box: Sandbox, _ location: SourceLocation = #_sourceLocation) throws {
    var stopped: Set<pid_t> = []
    #expect(
      eventually {
        let compiling = Set(compiling(box))
        for child in compiling.subtracting(stopped) { kill(child, SIGSTOP) }
        // It was done when it was stopped.
        for child in stopped.subtracting(compiling) { kill(child, SIGCONT) }
        stopped = compiling
        return stopped.count == jobs
      }, sourceLocation: location)
    for child in stopped { kill(child, SIGCONT) }
  }

  /// From when to when each module was compiled, in microseconds, the first one first.
  private func compilations(_ trace: Data) throws -> [Range<Double>] {
    struct Trace: Decodable {
      let traceEvents: [Event]
      struct Event: Decodable {
        let cat: String?
        let ts: Double?
        let dur: Double?
      }
    }
    return try JSONDecoder().decode(Trace.self, from: trace).traceEvents
      .compactMap { event in
        guard event.cat == "compile", let start = event.ts, let duration = event.dur else { return nil }
        return start..<start + duration
      }
      .sorted { $0.lowerBound < $1.lowerBound }
  }

  @Test func aTokenOfAFifoBuysOneMoreJob() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      let tokens = try Tokens("t", in: box)
      var tool = box.tool("slow")
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try tool.start()
      try expectJobs(Self.twoJobs, in: box)
      let result = run.wait()
      #expect(result.ending == .exited(0), "\(result.errors)")
      #expect(tokens.left == "t")
    }
  }

  @Test func withoutATokenThereIsOneJob() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      let tokens = try Tokens("", in: box)
      var tool = box.tool("--trace", "trace.json", "slow")
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      #expect(try tool.run().ending == .exited(0))
      #expect(tokens.left == "")
      let jobs = try compilations(Data(contentsOf: URL(filePath: box.work + "/trace.json")))
      #expect(jobs.count == 3)
      for (job, next) in zip(jobs, jobs.dropFirst()) { #expect(job.upperBound <= next.lowerBound) }
    }
  }

  /// Describes a program that uses all cores, and writes how many threads it was told to use, once a gate is opened.
  private func describeCompilerWithThreads(in box: Sandbox) throws {
    try box.write(
      """
      #!/bin/sh
      if [ "$1" = --version ]; then echo 1; exit; fi
      if [ -p "${0%/*}/gate" ]; then cat "${0%/*}/gate"; fi
      echo "TEST $3" > "$2"

      """, to: "../compiler/program")
    chmod(box.path + "/compiler/program", 0o755)
    try #require(mkfifo(box.path + "/compiler/gate", 0o600) == 0)
    try box.configure(
      """
      [backend.parallel]
      programs = { program = "\(box.path)/compiler/program" }
      version = ["{program}", "--version"]
      commands = [["{program}", "{input}", "{output}", "{threads}"]]
      magic = "54455354"
      suffix = ".test"
      cores = "all"
      """)
  }

  /// Threads that the compiler has of its own run in slots that nobody else has meanwhile.
  @Test(arguments: [("", "1"), ("t", "\(twoJobs)")])
  func aCompilerWithThreadsOfItsOwnHoldsASlotForEach(_ slots: String, _ threads: String) throws {
    try Sandbox.use { box in
      try describeCompilerWithThreads(in: box)
      try box.write(WasmBinary.returning(1), to: "m/1.wasm")
      let tokens = try Tokens(slots, in: box)
      var tool = box.tool("--backend", "parallel", "--output", "out", "m")
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try tool.start()
      var gate: Int32 = -1
      // It can be opened once the program, which has begun then, reads it.
      #expect(
        eventually {
          gate = open(box.path + "/compiler/gate", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
          return gate >= 0
        })
      #expect(tokens.left.utf8.count == slots.utf8.count + 1 - (Int(threads) ?? 0))
      try box.remove("../compiler/gate")
      close(gate)
      let result = run.wait()
      #expect(result.ending == .exited(0), "\(result.errors)")
      #expect(tokens.left == slots)
      #expect(try String(contentsOfFile: box.work + "/out/1.test", encoding: .utf8) == "TEST \(threads)\n")

      for number in 2...5 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      let more = try tool.run()
      #expect(more.errorLines.last?.hasPrefix("5 modules: 4 compiled, 1 up to date") == true, "\(more.errors)")
      #expect(tokens.left == slots)
    }
  }

  /// `wasmtime compile` is told not to use threads of its own.
  @Test func programsWithOneThreadHoldOneSlotEach() throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "m/\(number).wasm") }
      let tokens = try Tokens("t", in: box)
      var tool = box.toolFindingWasmtime(
        ["--trace", "trace.json", "--backend", "wasm2c", "--backend", "wasmtime-cli", "m"])
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try tool.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(tokens.left == "t")
      let jobs = try compilations(Data(contentsOf: URL(filePath: box.work + "/trace.json")))
      #expect(jobs.count == 8)
      for job in jobs {
        let others = jobs.count { $0.contains(job.lowerBound) }
        #expect(others <= Self.twoJobs, "those that had begun by then, and had not ended")
      }
    }
  }

  /// Any signal that ends a program which does nothing about it; 34 is the first of the real-time ones.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGALRM, SIGIO, SIGXCPU, 34], [1, 2])
  func aSignalGivesTokensBack(signal: Int32, times: Int) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "slow/1.wasm")
      try box.write(WasmBinary.bomb(depth: 401), to: "slow/2.wasm")
      let tokens = try Tokens("xy", in: box)
      var tool = box.tool("slow").wrapped(in: ["prlimit", "--core=0"])
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try tool.start()
      #expect(eventually { compiling(box).count == Self.twoJobs })
      #expect(Self.twoJobs == 1 || tokens.left == "x" || tokens.left == "y")
      for _ in 0..<times { run.send(signal) }
      #expect(run.wait().ending == .signalled(signal))
      #expect(tokens.left == "xy")
    }
  }

  @Test func whoeverSaysHowManyIsNotMadeToWait() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      let tokens = try Tokens("", in: box)
      var tool = box.tool("-j3", "slow")
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try tool.start()
      try expectJobs(3, in: box)
      #expect(run.wait().ending == .exited(0))
    }
  }

  /// It would keep tokens from others for as long as it runs.
  @Test func aWatcherTakesNoTokens() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      let tokens = try Tokens("t", in: box)
      var tool = box.tool("--watch", "slow")
      tool.environment["MAKEFLAGS"] = tokens.makeFlags
      let watch = try tool.start()
      try expectJobs(Self.twoJobs, in: box)
      #expect(tokens.left == "t")
      #expect(eventually { watch.errorsSoFar.contains("ready: watching 3 modules\n") })
      watch.send(SIGTERM)
      #expect(watch.wait().ending == .signalled(SIGTERM))
    }
  }

  @Test func whatCannotBeUsedIsSaidWhereItMatters() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
      func warning(_ makeFlags: String, _ arguments: Argument...) throws -> String? {
        var tool = box.tool(arguments + ["--force", "--backend", "winch", "tree"])
        tool.environment["MAKEFLAGS"] = makeFlags
        let run = try tool.run()
        #expect(run.ending == .exited(0))
        return run.errorLines.first { !$0.hasPrefix("compiled ") && !$0.hasPrefix("2 modules") }
      }
      let start =
        "wasmprecompile: warning: make's jobserver cannot be used, so modules are compiled one at a time: "
      #expect(try warning(" --jobserver-auth=198,199") == start + "prefix the recipe with +")
      #expect(try warning(" --jobserver-auth=-2,-2") == start + "prefix the recipe with +")
      // Standard output is no pipe here.
      #expect(try warning(" --jobserver-auth=1,2") == start + "prefix the recipe with +")
      #expect(
        try warning(" --jobserver-auth=fifo:gone")
          == start + "cannot open gone: no such file or directory; --jobs does without it")
      #expect(try warning(" --jobserver-auth=sem:x") == start + "it is of an unknown kind; --jobs does without it")
      #expect(try warning(" -j4") == nil)
      #expect(try warning(" --jobserver-auth=198,199", "-q") == nil)
      #expect(try warning(" --jobserver-auth=198,199", "-j2") == nil)
      var again = box.tool("--backend", "winch", "tree")
      again.environment["MAKEFLAGS"] = " --jobserver-auth=198,199"
      #expect(try again.run().errors.masked == "2 modules: nothing to compile, all up to date (TIME)\n")
    }
  }

  // MARK: make

  private func make(_ arguments: Argument..., in box: Sandbox) -> Command {
    box.command("make", arguments + ["TOOL=\(box.executable)"])
  }

  @Test func makeSharesItsSlotsWithARecipeThatAsks() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      try box.write("all:\n\t+@$(TOOL) slow\nplain:\n\t@$(TOOL) --force slow\n", to: "Makefile")
      let run = try make("-j2", "all", in: box).start()
      try expectJobs(Self.twoJobs, in: box)
      let result = run.wait()
      #expect(result.ending == .exited(0), "\(result.errors)")
      #expect(!result.errors.contains("warning"))

      let plain = try make("-j2", "plain", in: box).run()
      #expect(plain.ending == .exited(0), "\(plain.errors)")
      #expect(plain.errorLines.first?.hasSuffix("one at a time: prefix the recipe with +") == true, "\(plain.errors)")
    }
  }

  @Test func makeMaySayThatNothingIsToBeDoneOrSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write("all:\n\t+@$(TOOL) $(OPTIONS) one.wasm\n", to: "Makefile")
      let said = try make("-n", "all", in: box).run()
      #expect(said.ending == .exited(0))
      #expect(said.output.contains("would compile one.wasm with cranelift (new module)\n"))
      #expect(box.engines == [])
      let watched = try make("-n", "all", "OPTIONS=--watch", in: box).run()
      #expect(watched.ending == .exited(0))
      #expect(watched.output.contains("would compile one.wasm with cranelift (new module)\n"))

      for flag in ["-q", "-t"] as [Argument] { #expect(try make(flag, "all", in: box).run().ending != .signalled(9)) }
      #expect(box.engines == [], "neither a question nor a touch compiles anything")

      let silent = try make("-s", "all", in: box).run()
      #expect(silent.ending == .exited(0))
      #expect(silent.output + silent.errors == "")
      #expect(box.engines.count == 1)
      let asked = try make("-s", "all", "OPTIONS=-v", in: box).run()
      #expect(asked.errors.contains("up to date one.wasm with cranelift\n"))
    }
  }

  /// Make counts its tokens when it ends, and says when some are missing.
  @Test func interruptsUnderMakeLoseNoToken() throws {
    try Sandbox.use { box in
      for number in 0..<24 { try box.write(WasmBinary.returning(number), to: "\(number % 4)/\(number).wasm") }
      try box.write("all: 0 1 2 3\n.PHONY: 0 1 2 3\n0 1 2 3:\n\t+@$(TOOL) --backend winch $@\n", to: "Makefile")
      let start = Date.now
      try #require(try make("-j4", "all", in: box).run().ending == .exited(0))
      let duration = Date.now.timeIntervalSince(start)
      var generator = SeededGenerator(seed: 5)
      var interrupted = 0
      for _ in 0..<Self.wantedInterrupts {
        try box.removeCache()
        let run = try make("-k", "-j4", "all", in: box).start()
        // The moment is what varies here.
        usleep(useconds_t(Double.random(in: 0..<duration, using: &generator) * 1e6))
        let all = Processes.marked(box.mark).filter { $0 != run.id && !Processes.commandLine($0).contains("make ") }
        if let victim = all.randomElement(using: &generator) {
          for _ in 0..<Int.random(in: 1...2, using: &generator) {
            kill(victim, [SIGINT, SIGTERM, SIGHUP, SIGUSR2].randomElement(using: &generator) ?? SIGINT)
          }
        }
        let result = run.wait()
        #expect(!result.errors.contains("INTERNAL"), "\(result.errors)")
        if result.ending != .exited(0) { interrupted += 1 }
        box.expectNoProcess()
      }
      print("interrupted \(interrupted) of \(Self.wantedInterrupts) runs under make -j4")
      // A signal that comes when all is done, or before anything is begun, interrupts nothing.
      #expect(interrupted >= Self.wantedInterrupts / 3)
      #expect(try make("-j4", "all", in: box).run().ending == .exited(0))
    }
  }

  /// What the test above leans on.
  @Test(.needs(twoJobs > 1, "two processors")) func makeNoticesATokenThatIsLost() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.bomb(depth: 400 + number), to: "slow/\(number).wasm") }
      try box.write("all:\n\t+@exec $(TOOL) slow\n", to: "Makefile")
      let run = try make("-j2", "all", in: box).start()
      #expect(eventually { compiling(box).count == 2 })
      let tool = Processes.marked(box.mark).first { Processes.parent($0) == run.id }
      kill(try #require(tool), SIGKILL)
      #expect(run.wait().errors.contains("INTERNAL: Exiting with 1 jobserver tokens available; should be 2!"))
    }
  }

  // MARK: ninja

  @Test func ninjaPassesItsFifoOn() throws {
    try Sandbox.use { box in
      try writeSlowModules(3, in: box)
      try box.write("rule precompile\n command = \(box.executable) slow\nbuild all: precompile\n", to: "build.ninja")
      let program = "\(EngineUnderTest.packageRoot)/.build/tools/ninja/ninja-1.13.0.data/scripts/ninja"
      try #require(FileManager.default.isExecutableFile(atPath: program), "\(program): run `make setup-tests`")
      let tokens = try Tokens("n", in: box)
      var ninja = box.command(program, ["all"])
      ninja.environment["MAKEFLAGS"] = tokens.makeFlags
      let run = try ninja.start()
      try expectJobs(Self.twoJobs, in: box)
      let result = run.wait()
      #expect(result.ending == .exited(0), "\(result.output)\(result.errors)")
      #expect(tokens.left == "n")
    }
  }
}
