internal import Glibc

/// Starts programs one at a time and tells exactly what each took.
///
/// Every program is started the same way, so that starting it costs all of them the same: posix_spawn(3), which does not
/// copy this process's memory, the same few environment variables, nothing to read, and one file that takes all it says.
/// A file, not a pipe, so that this process sleeps until the program has ended.
final class Launcher {
  private let nothing: Int32
  private let output: Int32
  let environment: [String]

  /// What a program said is kept from its end; more than this is cut at the front. It also keeps this process small,
  /// see ``ProcessRun/peakResidentBytes``.
  private static let keptOutput = 1 << 20

  /// - Parameter outputPath: the file for what programs say; it is replaced.
  init(outputPath: String) throws {
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard nothing >= 0 else { throw Failure(systemCall: "open /dev/null") }
    output = open(outputPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw Failure(systemCall: "open \(outputPath)") }
    let inherited = ["PATH", "HOME", "TMPDIR", "WASMPRECOMPILE_ENGINE", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_CERT"]
    environment =
      inherited.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
      + ["LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"]
  }

  deinit {
    close(nothing)
    close(output)
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - command: the program's path, then its arguments.
  ///   - countingOrphans: whether the processor time is also that of programs that it has left behind, for whose end is waited,
  ///     too, out of the time.
  func run(_ command: [String], countingOrphans: Bool = false) throws -> ProcessRun {
    if countingOrphans { try Orphans.adopt() }
    let others = countingOrphans ? try Orphans.children() : []
    guard ftruncate(output, 0) == 0, lseek(output, 0, SEEK_SET) == 0 else { throw Failure(systemCall: "ftruncate") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [nothing, output, output].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    var argv = command.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }

    var child: pid_t = 0
    var status: Int32 = 0
    var usage = rusage()
    let start = Clock.wall
    let result = posix_spawn(&child, command[0], &actions, nil, &argv, &envp)
    guard result == 0 else { throw Failure("\(command[0]): \(String(cString: strerror(result)))") }
    while wait4(child, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw Failure(systemCall: "wait4") }
    }
    let end = Clock.wall
    let orphansSeconds = countingOrphans ? try Orphans.waitForAll(but: others) : 0

    return ProcessRun(
      command: command, nanoseconds: end - start, processorSeconds: usage.processorSeconds + orphansSeconds,
      // In units of 512 bytes, whatever the disk's own are.
      diskReadBytes: usage.ru_inblock * 512,
      peakResidentBytes: usage.ru_maxrss * 1024,
      waitStatus: status, output: try readOutput())
  }

  /// Runs a program that must succeed.
  @discardableResult
  func succeed(_ command: [String]) throws -> ProcessRun {
    let run = try run(command)
    guard run.succeeded else { throw Failure("\(run.name) \(run.ending): \(run.lastLine)") }
    return run
  }

  private func readOutput() throws -> String {
    let size = Int(lseek(output, 0, SEEK_END))
    let kept = min(size, Self.keptOutput)
    let bytes = [UInt8](unsafeUninitializedCapacity: kept) { buffer, count in
      count = max(0, pread(output, buffer.baseAddress, kept, size - kept))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension rusage {
  /// Seconds spent in the program and in the kernel.
  var processorSeconds: Double {
    Double(ru_utime.tv_sec + ru_stime.tv_sec) + Double(ru_utime.tv_usec + ru_stime.tv_usec) / 1e6
  }
}
