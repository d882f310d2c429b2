import Dispatch
import Glibc
import LinuxIO
import Precompiler
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import ProgramToolchain

/// What a compiler may try that a module has taken over, or that was never honest: each costs that module an error, and nothing
/// is left behind.
struct HostileCompilerTests {
  var fixture: CompilerFixture

  init() throws { fixture = try CompilerFixture() }

  private func isAlive(_ id: pid_t) -> Bool { kill(id, 0) == 0 }

  /// What a script that succeeds wrote into its artifact, behind the first bytes; a line each.
  private func lines(_ script: String) throws -> [String] {
    let text = try fixture.compile("{ echo TEST; \(script); } > \"$2\" 2>&1; true")
    return text.split(separator: "\n").dropFirst().map(String.init)
  }

  @Test func oneThatHangsEndsAtTheDeadline() throws {
    #expect(try fixture.failure("trap '' TERM INT HUP; while :; do sleep 1; done", seconds: 1) == .timedOut(seconds: 1))
  }

  @Test func whatItLeavesInTheBackgroundEnds() throws {
    let ids = try lines(
      """
      sh -c 'trap "" TERM HUP INT; while :; do sleep 100; done' > /dev/null 2>&1 & echo $!
      (setsid sleep 1000 > /dev/null 2>&1 & echo $!)
      perl -e 'use POSIX; POSIX::setsid(); POSIX::setpgid(0, 0); if (!fork) { exec "sleep", "1000" }' \
        > /dev/null 2>&1 < /dev/null
      """
    ).compactMap { pid_t($0) }
    #expect(ids.count == 2)
    #expect(ids.allSatisfy { !isAlive($0) })
  }

  @Test func childrenOfOneThatHangsEndToo() throws {
    let mark = "\(UInt32.random(in: 1...UInt32.max)).5"
    let failure = try fixture.failure("sleep 1\(mark) & sh -c 'sleep 2\(mark) & wait' & wait", seconds: 1)
    #expect(failure == .timedOut(seconds: 1))
    let processes = try Descriptor.openDirectory("/proc").names().filter { pid_t($0.string) != nil }
    let marked = processes.compactMap { try? PseudoFile.text(at: "/proc/\($0.string)/cmdline") }
      .filter { $0.contains(mark) }
    #expect(marked == [])
  }

  @Test func aFullDiskIsNotItsToMake() throws {
    var fixture = fixture
    fixture.options.largestArtifact = 1 << 20
    fixture.options.leastSpace = 4 << 20
    let one = try fixture.failure("dd if=/dev/zero of=big bs=1M count=64 2> /dev/null && echo full")
    #expect(one == .exhausted(.files, bytes: 4 << 20))
    let many = try fixture.failure(
      "n=0; while :; do n=$((n+1)); dd if=/dev/zero of=f$n bs=1M count=1 2> /dev/null; done")
    #expect(many == .exhausted(.files, bytes: 4 << 20))
    let large = try fixture.failure(#"printf TEST > "$2"; dd if=/dev/zero bs=1M count=2 >> "$2" 2> /dev/null"#)
    #expect(large == .exhausted(.artifact, bytes: 1 << 20))
  }

  @Test(arguments: [
    // Files that have no name any more.
    """
    python3 -I -c 'import os, time
    for number in range(3):
      file = os.open("f", os.O_WRONLY | os.O_CREAT); os.unlink("f"); os.write(file, b"0" * 3000000)
    time.sleep(1000)'
    """,
    // Below a path that is longer than any call takes.
    """
    d=$(printf %0250d 0); i=0; while [ $i -lt 20 ]; do mkdir $d; cd $d; i=$((i+1)); done
    i=0; while [ $i -lt 8 ]; do dd if=/dev/zero of=f$i bs=1M count=1 2> /dev/null; i=$((i+1)); done
    sleep 1000
    """,
  ])
  func hiddenFilesCountToo(_ script: String) throws {
    var fixture = fixture
    fixture.options.leastSpace = 4 << 20
    fixture.options.largestArtifact = 1 << 20
    #expect(try fixture.failure(script) == .exhausted(.files, bytes: 4 << 20))
  }

  @Test func oneThatStartsTooManyProcessesEnds() throws {
    let failure = try fixture.failure("i=0; while [ $i -lt 600 ]; do sleep 1000 & i=$((i+1)); done; wait")
    #expect(failure == .programFailed("test", how: "started more than 512 processes", nil))
  }

  /// Each of its processes keeps to the limit.
  @Test func allItsProcessesHaveALimitOfMemory() throws {
    var fixture = fixture
    fixture.options.memory = 256 << 20
    let failure = try fixture.failure(
      """
      for i in 1 2 3 4; do
        python3 -I -c 'import time; held = bytearray(b"x") * (100 << 20); time.sleep(1000)' &
      done
      wait
      """)
    #expect(failure == .exhausted(.memory, bytes: 256 << 20))
  }

  @Test func wordsThatAreNoTextDoNoHarm() throws {
    #expect(try fixture.compile("head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2; echo TEST > \"$2\"") == "TEST\n")
  }

  @Test func nothingElseCanBeWritten() throws {
    let place = try TemporaryDirectory()
    let file = try place.write("mine", to: "file")
    let name = file.string
    let before = try Descriptor.status(of: file).stamp
    let told = try lines(
      """
      echo foreign > '\(name)'; echo foreign > '\(place.path)/new'; mkdir '\(place.path)/d'; rm '\(name)'
      mv '\(name)' '\(place.path)/moved'; ln -s x '\(place.path)/l'; touch '\(name)'; chmod 777 '\(name)'
      echo foreign > '\(fixture.directory("compiler/testc"))'; cp "$0" ./copy; ls copy
      """)
    #expect(told.last == "copy", "its own directory is")
    #expect(told.count { $0.lowercased().contains("permission denied") } >= 6, "\(told)")
    #expect(try Descriptor.status(of: file).stamp == before)
    #expect(try Descriptor.openDirectory(place.path).names().map(\.string) == ["file"])
  }

  @Test func filesOfOthersCannotBeRead() throws {
    let place = try TemporaryDirectory()
    let secret = try place.write("secret", to: "file")
    let told = try lines("cat '\(secret)'; ls '\(place.path)'; cat /proc/\(getpid())/environ | head -c 10; env")
    #expect(told.count { $0.contains("ermission denied") } == 3, "\(told)")
    let variables = Set(told.filter { $0.contains("=") }.compactMap { $0.split(separator: "=").first.map(String.init) })
    #expect(
      variables.subtracting(["PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"]) == [])
  }

  @Test func thereIsNoNetwork() throws {
    let told = try lines(
      """
      perl -e 'use Socket; for my $f (AF_INET, AF_INET6, AF_UNIX) {
        print socket(my $s, $f, SOCK_STREAM, 0) ? "socket" : "$!", "\\n" }'
      """)
    #expect(told == Array(repeating: "Operation not permitted", count: 3))
  }

  /// Landlock says nothing about these.
  @Test func callsThatReachFurtherAreRefused() throws {
    let told = try lines(
      """
      cat > attempts.py <<'END'
      import ctypes, errno, fcntl, os, platform, resource, signal, socket
      library = ctypes.CDLL(None, use_errno=True)
      def call(name, *arguments):
        result = getattr(library, name)(*(ctypes.c_long(each) for each in arguments))
        if result == -1: raise OSError(ctypes.get_errno(), "")
        return result
      def attempt(name, body):
        try: print(name, "done", body())
        except OSError as error: print(name, errno.errorcode[error.errno])
      other, file = os.getppid(), os.open("file", os.O_RDWR | os.O_CREAT)
      clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
      attempt("limits", lambda: resource.prlimit(other, resource.RLIMIT_CPU, (0, 0)))
      attempt("processors", lambda: os.sched_setaffinity(other, {0}))
      attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, other, 19))
      attempt("priorities", lambda: os.setpriority(os.PRIO_PGRP, 0, 19))
      attempt("leave", lambda: call("prctl", 1, 0, 0, 0, 0))
      attempt("high", lambda: call("prctl", 1 << 32 | 1, 0, 0, 0, 0))
      attempt("datagrams", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
      attempt("raw", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW))
      attempt("room", lambda: call("fallocate", file, 1, 0, 1 << 20))
      attempt("owner", lambda: fcntl.fcntl(file, fcntl.F_SETOWN, other))
      attempt("signal", lambda: fcntl.fcntl(file, 10, signal.SIGUSR1))
      attempt("typing", lambda: fcntl.ioctl(0, 0x5412, b"x"))
      attempt("watching", lambda: call("inotify_init1", 0))
      attempt("memory", lambda: os.memfd_create("m"))
      attempt("space", lambda: call("syscall", clone, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0))
      attempt("attribute", lambda: call("syscall", 463, -100, 0, 0, 0, 0, 0))
      attempt("newer", lambda: call("syscall", 600, 0, 0, 0, 0, 0, 0))
      attempt("pair", lambda: len(socket.socketpair()))
      attempt("own", lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
      END
      python3 -I attempts.py
      """)
    #expect(
      told == [
        "limits EPERM", "processors EPERM", "priority EPERM", "priorities EPERM", "leave EPERM", "high EPERM",
        "datagrams EPERM", "raw EPERM", "room ENOTSUP", "owner EPERM", "signal EPERM", "typing EPERM",
        "watching EPERM", "memory ENOSYS", "space EPERM", "attribute ENOSYS", "newer ENOSYS", "pair done 2",
        "own done None",
      ])
  }

  @Test func otherProcessesCannotBeSignalled() throws {
    #expect(
      try lines("kill -9 $PPID || echo refused; kill -9 \(getpid()) || echo refused").count { $0 == "refused" } == 2)
  }

  @Test func megabytesOfWordsAreCut() throws {
    let failure = try #require(
      try fixture.failure("echo first >&2; yes 0123456789 | head -c 33000000 >&2; echo last >&2; exit 1"))
    let words = try #require(failure.words)
    #expect(words.whole.utf8.count < 60_000)
    #expect(words.whole.hasPrefix("first\n") && words.whole.hasSuffix("last\n"))
    #expect(words.whole.contains(" bytes are left out]"))
    #expect(words.brief == "first … last")
  }

  @Test func whatItMakesOfItsDirectoryIsRemoved() throws {
    let told = try lines(
      """
      pwd; mkdir -m 0 locked; i=0; while [ $i -lt 90 ]; do mkdir aaaaaaaaaaaaaaaaaaaaaaaaa; cd aaaaaaaaaaaaaaaaaaaaaaaaa
      touch file; i=$((i+1)); done
      """)
    let place = try #require(told.first)
    #expect(place.hasPrefix("/"))
    #expect((try? Descriptor.status(of: place)) == nil)
  }

  @Test func oneThatIsReplacedMeanwhileMakesNothing() throws {
    let compiler = try fixture.compiler(#"cat "${0%/*}/../gate/fifo" > /dev/null; echo TEST > "$2""#) {
      $0.reads = [fixture.directory.path.appending("gate").string]
    }
    try fixture.directory.makeDirectory("gate")
    let gate = fixture.directory("gate/fifo")
    try #require(gate.withPlatformString { mkfifo($0, 0o600) } == 0)
    let shared = fixture
    let found = try CompilerSearch(path: ["/usr/bin", "/bin"], home: nil).find(compiler.description)
    let toolchain = shared.toolchain(found)
    let result = Mutex<Result<String, any Error>?>(nil)
    Concurrently.run(2) { number in
      if number == 0 {
        let ended = Result { try shared.compile(with: toolchain) }
        result.withLock { $0 = ended }
      } else {
        // It can be opened only when the compiler, which has begun then, reads it.
        var end: Int32 = -1
        while end < 0 && result.withLock({ $0 == nil }) {
          end = gate.withPlatformString { open($0, O_WRONLY | O_NONBLOCK) }
          usleep(1000)
        }
        _ = try? shared.directory.writeProgram("echo another", to: "compiler/testc")
        close(end)
      }
    }
    #expect(throws: ModuleFailure.programReplaced("test")) { try result.withLock { $0 }?.get() }
  }

  /// A directory that is another one only for a moment looks as before when the module is done.
  @Test func whatWasNotHashedDoesNotRun() throws {
    try fixture.directory.makeDirectory("gate")
    let (begun, other) = (fixture.directory("gate/begun"), fixture.directory("gate/other"))
    for gate in [begun, other] { try #require(gate.withPlatformString { mkfifo($0, 0o600) } == 0) }
    let compiler = try fixture.compiler(#"if [ "$1" = first ]; then cat '\#(begun)'; else echo TEST > "$2"; fi"#) {
      $0.reads = [fixture.directory("gate").string]
      $0.commands = [["{testc}", "first", "{input}"], ["{testc}", "second", "{output}"]]
    }
    let shared = fixture
    let toolchain = shared.toolchain(compiler)
    let result = Mutex<Result<String, any Error>?>(nil)
    let hasRun = Mutex(false)
    let (place, kept) = (shared.directory("compiler"), shared.directory("hashed"))
    Concurrently.run(2) { number in
      if number == 0 {
        let ended = Result { try shared.compile(with: toolchain) }
        result.withLock { $0 = ended }
        return
      }
      // A gate can be opened only when a program, which has begun then, reads it.
      func open(_ gate: FilePath) -> Int32 {
        var end: Int32 = -1
        while end < 0 && result.withLock({ $0 == nil }) {
          end = gate.withPlatformString { Glibc.open($0, O_WRONLY | O_NONBLOCK) }
          usleep(1000)
        }
        return end
      }
      let first = open(begun)
      rename(place.string, kept.string)
      _ = try? shared.directory.makeDirectory("compiler")
      _ = try? shared.directory.writeProgram(#"cat '\#(other)'; echo TEST another > "$2""#, to: "compiler/testc")
      close(first)
      let second = open(other)
      if second < 0 { return }
      hasRun.withLock { $0 = true }
      rename(place.string, shared.directory("another").string)
      rename(kept.string, place.string)
      close(second)
    }
    #expect(!hasRun.withLock { $0 })
    #expect(throws: ModuleFailure.programReplaced("test")) { try result.withLock { $0 }?.get() }
  }

  @Test func aCancelledRunEndsIt() throws {
    let shared = fixture
    let toolchain = shared.toolchain(try shared.compiler("sleep 1000"))
    let result = Mutex<ModuleFailure?>(nil)
    let identities = try toolchain.resolve(lanes: 1).identities.map { try $0.get() }
    Concurrently.run(2) { number in
      if number == 0 {
        do {
          let session = try toolchain.openSession(
            for: identities, origin: .any, lanes: 1, deadline: .now().adding(seconds: 60))
          _ = try session.compile(
            try shared.module(), wish: 0, threads: 1, deadline: .now().adding(seconds: 600), timeout: 600)
        } catch {
          result.withLock { $0 = error as? ModuleFailure }
        }
      } else {
        shared.cancellation.cancel()
      }
    }
    #expect(result.withLock { $0 } == .cancelled)
  }
}
