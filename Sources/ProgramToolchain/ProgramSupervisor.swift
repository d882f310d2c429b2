internal import CLinux
internal import Confinement
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A process between us and a compiler's programs: it starts them confined, watches over them, takes their output, and leaves
/// nothing of them behind, however we end.
///
/// It has one thread, so that it can prepare a child between fork(2) and execve(2). What the programs leave in the background
/// becomes its child, because it is a *subreaper* (prctl(2)).
package struct ProgramSupervisor: ~Copyable {
  /// The hidden subcommand that runs this.
  package static let subcommand = "program-supervisor"

  /// The number under which it is given its socket.
  static let socket: Int32 = 3
  /// Milliseconds between two looks at the size of the private directory.
  private static let pause = 50
  /// Every so many of these looks, also at what has no name any more, and at the processes.
  private static let looksUntilProcesses = 10
  private static let mostProcesses = 512
  /// Bytes of holes that any output may have. Linkers leave some between segments.
  private static let mostHoles = 16 << 20
  private static let longestAnswer = 8000

  private let socket: MessageSocket
  private let signals: Descriptor
  private let confinement = ProgramConfinement()

  /// Serves until the other end of the socket is closed.
  package static func run() {
    guard fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 else { return }
    clinux_name_process("wasmprecompile-p")
    clinux_disable_core_dumps()
    clinux_keep_others_out()
    // A signal to the whole terminal is also for the process that we work for. It decides when we end.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { _ = clinux_signal_ignore(signal) }
    let wanted = [SIGCHLD]
    let signals = clinux_signal_descriptor(wanted, Int32(wanted.count))
    guard signals >= 0 else { return }
    _ = clinux_adopt_orphans()
    var supervisor = ProgramSupervisor(
      socket: MessageSocket(Descriptor(owning: socket)), signals: Descriptor(owning: signals))
    supervisor.serve()
  }

  private init(socket: consuming MessageSocket, signals: consuming Descriptor) {
    self.socket = socket
    self.signals = signals
  }

  private mutating func serve() {
    while var message = try? socket.receive(limit: ProgramOrder.longest), !message.bytes.isEmpty {
      guard let order = ProgramOrder(message.bytes) else { return }
      guard carryOut(order, module: message.takeDescriptor(), artifact: message.takeDescriptor()) else { return }
    }
  }

  /// Carries an order out, reports, and then removes what was written, however long that takes.
  ///
  /// - Returns: false if nobody takes the report.
  private mutating func carryOut(
    _ order: ProgramOrder, module: consuming Descriptor?, artifact: consuming Descriptor?
  ) -> Bool {
    let directory: PrivateDirectory
    do throws(SystemError) { directory = try PrivateDirectory() } catch { return send(ProgramReport(error)) }
    let isTaken = send(report(on: order, in: directory, module: module, artifact: artifact))
    directory.remove()
    return isTaken
  }

  private func send(_ report: ProgramReport) -> Bool {
    var report = report
    report.missing = confinement.missing
    return (try? socket.send(report.encoded)) != nil
  }

  private mutating func report(
    on order: ProgramOrder, in directory: borrowing PrivateDirectory, module: consuming Descriptor?,
    artifact: consuming Descriptor?
  ) -> ProgramReport {
    do throws(SystemError) { return try carryOut(order, in: directory, module: module, artifact: artifact) } catch {
      return ProgramReport(error)
    }
  }

  private mutating func carryOut(
    _ order: ProgramOrder, in directory: borrowing PrivateDirectory, module: consuming Descriptor?,
    artifact: consuming Descriptor?
  ) throws(SystemError) -> ProgramReport {
    var words = try CollectedWords()
    var output = try CollectedWords()
    let result: Result<ProgramReport.Result, SystemError>
    let begin = MonotonicInstant.now()
    do throws(SystemError) {
      if let module, let name = order.input { try Self.copy(module, to: name, in: directory) }
      for (name, text) in order.texts {
        try directory.descriptor.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600).write(all: text)
      }
      result = .success(try run(order, in: directory, &words, &output))
    } catch {
      result = .failure(error)
    }
    guard endEverything() else { throw SystemError("kill", .resourceBusy) }
    let nanoseconds = MonotonicInstant.now().nanoseconds(since: begin)
    words.drain()
    output.drain()
    var outcome = result
    if case .success(.done) = outcome, let name = order.output {
      do throws(SystemError) {
        outcome = .success(try Self.take(name, of: directory, into: artifact, limit: order.largestOutput))
      } catch {
        outcome = .failure(error)
      }
    }
    var report = ProgramReport(try outcome.get())
    report.words = words.text.isEmpty ? output.text : words.text
    // Only who asks for the version wants to know which is which.
    if order.output == nil {
      report.words = String(report.words.prefix(Self.longestAnswer))
      report.output = String(output.text.prefix(Self.longestAnswer))
    }
    report.nanoseconds = nanoseconds
    return report
  }

  // MARK: Running

  private mutating func run(
    _ order: ProgramOrder, in directory: borrowing PrivateDirectory, _ words: inout CollectedWords,
    _ output: inout CollectedWords
  ) throws(SystemError) -> ProgramReport.Result {
    let home = directory.path.string
    let deadline = MonotonicInstant.now().adding(seconds: Double(order.milliseconds) / 1000)
    for (number, command) in order.commands.enumerated() {
      let group: pid_t
      do throws(SystemError) {
        let path = command.first ?? ""
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        // A directory above it may have been renamed, for a moment that no look at the path afterwards shows.
        guard let state = order.executables[path], ProgramOrder.FileState(try file.status().stamp) == state else {
          return .replaced
        }
        group = try confinement.start(
          path, file, command,
          environment: order.environment.map { $0.replacing(ProgramOrder.home, with: home) },
          readable: order.readable, in: directory.descriptor, at: home, output: output.writing, errors: words.writing,
          order.limits)
      } catch {
        return .notStarted(call: error.call, errno: error.errno.rawValue)
      }
      let end = wait(for: group, until: deadline, order, directory, &words, &output)
      // Until it is reaped, its number stays the group's.
      kill(-group, SIGKILL)
      var status: Int32 = 0
      while waitpid(group, &status, 0) < 0 && errno == EINTR {}
      switch end {
      case .ended where clinux_exited(status) && clinux_exit_status(status) == 0: continue
      case .ended: return .failed(command: number, how: ExitReason(waitStatus: status).description)
      case .stopped(let result): return result
      }
    }
    return .done(size: 0)
  }

  private enum End {
    case ended
    case stopped(ProgramReport.Result)
  }

  private mutating func wait(
    for group: pid_t, until deadline: MonotonicInstant, _ order: ProgramOrder, _ directory: borrowing PrivateDirectory,
    _ words: inout CollectedWords, _ output: inout CollectedWords
  ) -> End {
    var looked = MonotonicInstant.now()
    var looks = 0
    while true {
      var information = siginfo_t()
      if waitid(P_PID, id_t(group), &information, WEXITED | WNOWAIT | WNOHANG) != 0 || information.si_signo == SIGCHLD {
        return directory.size(atMost: order.space) > order.space ? .stopped(.fillsDisk) : .ended
      }
      let now = MonotonicInstant.now()
      if now >= deadline { return .stopped(.timedOut) }
      var wanted = [signals.raw, words.reading, output.reading, socket.raw].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let left = deadline.nanoseconds(since: now) / 1_000_000 + 1
      _ = poll(&wanted, nfds_t(wanted.count), Int32(min(left, UInt64(Self.pause))))
      while clinux_next_signal(signals.raw) != 0 {}
      words.drain()
      output.drain()
      // Nobody speaks before the report but to hang up.
      if wanted[3].revents != 0 { return .stopped(.timedOut) }
      let after = MonotonicInstant.now()
      if after.nanoseconds(since: looked) >= UInt64(Self.pause) * 1_000_000 {
        looked = after
        looks += 1
        var size = directory.size(atMost: order.space)
        if looks.isMultiple(of: Self.looksUntilProcesses) {
          let processes = Descendants.all
          if processes.count > Self.mostProcesses { return .stopped(.startsTooMany(Self.mostProcesses)) }
          if ProcessMemory.exceeds(order.memory, processes) { return .stopped(.fillsMemory) }
          size = size.addingSaturating(directory.sizeWithoutNames(heldBy: processes))
        }
        if size > order.space { return .stopped(.fillsDisk) }
      }
    }
  }

  /// Ends what the programs left in the background: orphans come here, and so each round reaches what the one before has not.
  ///
  /// - Returns: false if something does not end.
  private func endEverything() -> Bool {
    let deadline = MonotonicInstant.now().adding(seconds: 10)
    while MonotonicInstant.now() < deadline {
      var status: Int32 = 0
      let id = waitpid(-1, &status, WNOHANG)
      if id < 0 && errno == ECHILD { return true }
      if id > 0 { continue }
      Descendants.signal(SIGKILL)
      usleep(1000)
    }
    return false
  }

  // MARK: Files

  private static func copy(
    _ module: borrowing Descriptor, to name: String, in directory: borrowing PrivateDirectory
  ) throws(SystemError) {
    let file = try directory.descriptor.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    try module.forEachBlock { (block) throws(SystemError) in try file.write(all: block) }
  }

  /// Copies the artifact. Nothing runs any more that could change it.
  private static func take(
    _ name: String, of directory: borrowing PrivateDirectory, into artifact: consuming Descriptor?, limit: Int
  ) throws(SystemError) -> ProgramReport.Result {
    let status: FileStatus
    do throws(SystemError) { status = try directory.descriptor.status(of: name) } catch {
      return .withoutOutput(why: "wrote no output")
    }
    guard status.kind == .regular else { return .withoutOutput(why: "wrote an output that is \(status.kind)") }
    guard status.size > 0 else { return .withoutOutput(why: "wrote an empty output") }
    guard status.size <= limit else { return .tooLarge }
    let file = try directory.descriptor.openRegularFile(name, O_RDONLY)
    // Copied into memory, holes take as much as data do.
    guard try status.size - file.dataSize(of: status.size) <= max(Self.mostHoles, status.size / 2) else {
      return .withoutOutput(why: "wrote an output of \(status.size) bytes that is mostly holes")
    }
    guard let artifact else { return .withoutOutput(why: "was given no place for its output") }
    try file.forEachBlock { (block) throws(SystemError) in try artifact.write(all: block) }
    return .done(size: status.size)
  }
}
