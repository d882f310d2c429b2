internal import Dispatch
internal import LinuxIO
package import Scanning
internal import Synchronization
package import SystemPackage

/// Tells about every module below some roots: first the modules that are there, then each change, until it is stopped.
///
/// A root is a directory, which is followed with all below it, or a file. Neither has to exist yet. Paths are told as
/// the roots were given. One serial queue runs everything, because libinotifytools may only be called from one
/// thread; there is one such watch in a process, a second one polls.
///
/// No change is missed, because a directory is watched first and listed then, and its parent was watched before. So a change
/// of it or in it is either in the listing or in the queue. Directories that move are forgotten and found again.
/// Directories that cannot be watched are polled.
package actor TreeWatch: ChangeSource {
  package struct Options: Sendable {
    package var selection = ModuleSelection()
    /// Polls everything, even where inotify works.
    package var alwaysPolls = false
    package var pollInterval = Duration.seconds(2)
    /// What is told, too, when it changes.
    package var dependencies: [WatchDependency] = []

    package init() {}
  }

  /// Conditions that tests replace because they cannot bring them about.
  struct TestHooks: Sendable {
    /// Refuses more watches than this, as the kernel would.
    var watchLimit: Int?
    var isRemote: @Sendable (borrowing Descriptor) -> Bool = { NetworkFileSystem.name(of: $0.raw) != nil }
    /// The library keeps about 230 bytes for a directory that is gone; see `restart`.
    var toleratedStaleNodes = 10_000
  }

  enum State {
    case idle, running, stopping, stopped
    case restarting(WatchNotice.RescanCause)
  }

  let roots: [FilePath]
  let options: Options
  let hooks: TestHooks
  nonisolated let executor = QueueExecutor(label: "wasmprecompile.tree-watch")
  /// Read inside long walks, so that stopping does not wait for them.
  nonisolated let isStopping = Atomic(false)

  var state = State.idle
  var tools: InotifyTools?
  var source: (any DispatchSourceRead)?
  var table = DirectoryTable()
  var guards = RootGuards()
  var armed: [RootState]
  /// The directory that each root is, as far as there is one.
  var rootDirectories: [Int: FileIdentity] = [:] {
    didSet { rootIdentities = Set(rootDirectories.values) }
  }
  /// Below each of them patterns are matched with the path from there on.
  private(set) var rootIdentities: Set<FileIdentity> = []
  /// Roots to resolve again once the queue is drained.
  var touchedRoots: Set<Int> = []
  /// Missing roots above which nothing could be watched.
  var unguardedRoots: Set<Int> = []
  /// Directories that could not be read, to be tried again with the next poll.
  var unreadable: [FilePath: Unreadable] = [:]
  /// The reasons, told already, why directories could not be read that the present poll tries again.
  var reportedErrors: [FilePath: Errno] = [:]
  /// Links to files that are not watched themselves, with what they led to.
  var links: [FilePath: PolledStamp?] = [:]
  /// What was last seen of the dependencies.
  var dependencies: [Int: DependencyState] = [:]
  /// The dependencies that were told since the queue was last drained.
  var toldDependencies: Set<WatchDependency> = []
  /// The watches of the cache: a directory with entries, or nil for the one that these are in.
  var entryDirectories: [Int32: FilePath?] = [:]
  var mounts: Set<MountTable.Mount> = []
  var mountTable: MountTable?
  var recovery = OverflowRecovery()
  var isLimitReached = false
  var hasReportedLimit = false
  var remoteDevices: [UInt64: Bool] = [:]
  var recoveryAlarm: Alarm?
  var pollAlarm: Alarm?
  /// How long the last poll took.
  var pollCost = Duration.zero
  var reportedNotices: Set<WatchNotice> = []
  /// Told together once the queue is drained.
  var outbox: [WatchEvent] = []
  var deliver: @Sendable ([WatchEvent]) -> Void = { _ in }
  var stopped: [@Sendable () -> Void] = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package init(roots: [FilePath], options: Options = Options()) {
    self.init(roots: roots, options: options, hooks: TestHooks())
  }

  init(roots: [FilePath], options: Options, hooks: TestHooks) {
    self.roots = roots
    self.options = options
    self.hooks = hooks
    armed = Array(repeating: .unarmed, count: roots.count)
  }

  /// Lists the modules that are there, tells `armed`, and goes on telling. `deliver` is called on the watch's own queue.
  package nonisolated func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void) {
    onQueue { $0.begin(deliver) }
  }

  /// Lists everything again, with fresh watches.
  package nonisolated func rescan(_ cause: WatchNotice.RescanCause) {
    onQueue { $0.restart(cause) }
  }

  /// Tells nothing any more, gives all watches back and then calls `completion`.
  package nonisolated func stop(completion: @escaping @Sendable () -> Void) {
    isStopping.store(true, ordering: .relaxed)
    onQueue { $0.end(completion) }
  }

  var isStopRequested: Bool { isStopping.load(ordering: .relaxed) }

  nonisolated func onQueue(_ body: @escaping @Sendable (isolated TreeWatch) -> Void) {
    executor.queue.async { self.assumeIsolated(body) }
  }

  private func begin(_ deliver: @escaping @Sendable ([WatchEvent]) -> Void) {
    guard case .idle = state else { return }
    self.deliver = deliver
    recoveryAlarm = Alarm(on: executor.queue) { [weak self] in
      self?.assumeIsolated {
        $0.recoveryAlarm?.fired()
        $0.restart(.overflow)
      }
    }
    pollAlarm = Alarm(on: executor.queue) { [weak self] in
      self?.assumeIsolated {
        $0.pollAlarm?.fired()
        $0.poll()
      }
    }
    // Before anything is listed, so that what is mounted meanwhile is seen one way or the other.
    watchMounts()
    open()
    outbox.append(.armed(directories: table.count))
    endTurn()
  }

  /// Takes an inotify instance if there is one to have, and arms all roots.
  func open() {
    state = .running
    if tools == nil { openTools() }
    // Before the first walk, which may meet one root inside another.
    rootDirectories = Dictionary(
      uniqueKeysWithValues: roots.enumerated().compactMap { root, path in
        (try? Descriptor.status(of: path).stamp.identity).map { (root, $0) }
      })
    for root in roots.indices { arm(root) }
    armDependencies()
    armTouchedRoots()
  }

  /// Takes an inotify instance, which others may have used up until now, unless it is not wanted.
  func openTools() {
    guard !options.alwaysPolls else { return }
    do throws(InotifyFailure) {
      let opened = try InotifyTools(limit: hooks.watchLimit)
      let source = DispatchSource.makeReadSource(fileDescriptor: opened.descriptor, queue: executor.queue)
      source.setEventHandler { [weak self] in self?.assumeIsolated { $0.drain() } }
      source.setCancelHandler { [self] in assumeIsolated { $0.close() } }
      source.activate()
      self.source = source
      tools = consume opened
      // Should it fail again, that is news.
      reportedNotices = reportedNotices.filter { if case .polling(.noInotify, _) = $0 { false } else { true } }
    } catch {
      tell(once: .polling(.noInotify(error), interval: options.pollInterval))
    }
  }

  /// Ends this inotify instance, when Dispatch no longer looks at its descriptor.
  private func close() {
    source = nil
    tools = nil
    switch state {
    case .restarting(let cause): reopen(cause)
    case .stopping: finish()
    case .idle, .running, .stopped: break
    }
  }

  private func end(_ completion: @escaping @Sendable () -> Void) {
    stopped.append(completion)
    switch state {
    case .stopped: finish()
    case .stopping: break
    case .restarting where source != nil: state = .stopping
    case .idle, .running, .restarting:
      state = .stopping
      if let source { source.cancel() } else { finish() }
    }
  }

  private func finish() {
    state = .stopped
    recoveryAlarm?.cancel()
    pollAlarm?.cancel()
    stopWatchingMounts()
    table = DirectoryTable()
    outbox = []
    deliver = { _ in }
    for completion in stopped { completion() }
    stopped = []
  }

  func flush() {
    guard !outbox.isEmpty else { return }
    toldDependencies = []
    deliver(outbox)
    outbox = []
  }

  func emit(_ path: FilePath, _ kind: FileEvent.Kind, _ time: SuspendingClock.Instant) {
    outbox.append(.file(FileEvent(path: path, kind: kind, time: time)))
  }

  func tell(_ notice: WatchNotice) { outbox.append(.notice(notice)) }

  func tell(once notice: WatchNotice) {
    if reportedNotices.insert(notice).inserted { tell(notice) }
  }
}
