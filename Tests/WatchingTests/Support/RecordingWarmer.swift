import Glibc
import LinuxIO
import Synchronization
import SystemPackage

@testable import Watching

/// A warmer that reads as the real one does, and remembers what it read instead of compiling it.
final class RecordingWarmer: Warmer {
  private struct State {
    var contents: [FilePath: String] = [:]
    /// How often each path was read to its end.
    var reads: [FilePath: Int] = [:]
    var busy: [FilePath: Int] = [:]
  }

  private let state = Mutex(State())

  var contents: [FilePath: String] { state.withLock(\.contents) }
  func reads(of path: FilePath) -> Int { state.withLock { $0.reads[path] ?? 0 } }
  func busy(_ path: FilePath) -> Int { state.withLock { $0.busy[path] ?? 0 } }

  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void) {
    var outcomes: [FilePath: WarmOutcome] = [:]
    for change in batch.changes { outcomes[change.path] = warm(change.path, batch) }
    completion(outcomes)
  }

  func cancel() {}

  private func warm(_ path: FilePath, _ batch: WarmBatch) -> WarmOutcome {
    do throws(SystemError) {
      guard let text = try read(path) else {
        state.withLock { $0.busy[path, default: 0] += 1 }
        return .busy
      }
      state.withLock { state in
        state.reads[path, default: 0] += 1
        state.contents[path] = text
      }
      batch.note(loadable: text, at: path)
      return batch.isNew(text, at: path) ? .warmed : .unchanged
    } catch {
      return error.errno == .noSuchFileOrDirectory ? .gone : .failed("\(error)")
    }
  }

  /// The contents; nil while somebody writes them.
  private func read(_ path: FilePath) throws(SystemError) -> String? {
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    let before = try file.status().stamp
    if file.isOpenForWriting { return nil }
    let contents = try file.contents()
    let after = try file.status().stamp
    return file.isOpenForWriting || after != before ? nil : String(decoding: contents, as: UTF8.self)
  }
}

/// A `WatchLoop` under test over real directories, with everything it reported.
final class Looped: Sendable {
  let loop: WatchLoop
  let source: RecordingSource
  let warmer = RecordingWarmer()
  let log = Log<WatchReport>()

  init(_ roots: FilePath..., options: TreeWatch.Options = .init()) async {
    source = RecordingSource(TreeWatch(roots: roots, options: options))
    loop = WatchLoop(
      source: source, warmer: warmer,
      notifier: SystemdNotifier(socketName: nil)
    ) { [log] in log.append($0) }
    loop.start()
    await log.wait { $0.contains { if case .ready = $0 { true } else { false } } }
  }

  /// Waits until the path was read to its end `times` times.
  func wait(forReads times: Int, of path: FilePath) async {
    await log.wait(until: { [warmer] _ in warmer.reads(of: path) >= times })
  }

  /// Waits until everything that has happened so far has settled: a link is looked at after the longest quiet time.
  func catchUp(in root: FilePath) async throws {
    let target = root.appending("mark-target")
    try Shell.write("", to: target)
    let mark = root.appending("mark-\(UInt64.random(in: 0...(.max))).wasm")
    try Shell.ln(target, mark)
    await wait(forReads: 1, of: mark)
    try Shell.rm(target)
  }

  func stop() async {
    await withCheckedContinuation { continuation in loop.stop { continuation.resume() } }
  }
}

/// Passes on what a `TreeWatch` tells, and remembers it.
final class RecordingSource: ChangeSource {
  private let watch: TreeWatch
  private let events = Mutex<[WatchEvent]>([])

  init(_ watch: TreeWatch) { self.watch = watch }

  func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void) {
    watch.start { [self] told in
      events.withLock { $0 += told }
      deliver(told)
    }
  }

  func rescan(_ cause: WatchNotice.RescanCause) { watch.rescan(cause) }
  func stop(completion: @escaping @Sendable () -> Void) { watch.stop(completion: completion) }

  /// For a test that fails.
  func told(of path: FilePath) -> [FileEvent] {
    events.withLock { $0.files.filter { $0.path == path } }
  }
}

extension WatchLoop {
  /// Whether nothing more happens before the next event.
  var isIdle: Bool { batch == nil && batcher.nextTime == nil }
}
