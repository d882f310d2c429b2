import Dispatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// A source that tells what the test says.
final class ScriptedSource: ChangeSource {
  private struct State {
    var deliver: @Sendable ([WatchEvent]) -> Void = { _ in }
    var rescans: [WatchNotice.RescanCause] = []
    var stop: Stop = .atOnce
  }

  enum Stop: Sendable { case atOnce, never }

  private let state = Mutex(State())

  init(stop: Stop = .atOnce) { state.withLock { $0.stop = stop } }

  var rescans: [WatchNotice.RescanCause] { state.withLock(\.rescans) }

  func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void) { state.withLock { $0.deliver = deliver } }
  func rescan(_ cause: WatchNotice.RescanCause) { state.withLock { $0.rescans += [cause] } }
  func stop(completion: @escaping @Sendable () -> Void) {
    if state.withLock(\.stop) == .atOnce { completion() }
  }

  func tell(_ events: [WatchEvent]) { state.withLock(\.deliver)(events) }

  func tell(_ kind: FileEvent.Kind, _ paths: FilePath...) {
    tell(paths.map { .file(FileEvent(path: $0, kind: kind, time: SuspendingClock().now)) })
  }
}

/// A warmer that answers when the test says.
final class ScriptedWarmer: Warmer {
  struct Call: Sendable {
    var batch: WarmBatch
    var completion: @Sendable ([FilePath: WarmOutcome]) -> Void

    var paths: Set<FilePath> { Set(batch.changes.map(\.path)) }

    func answer(_ outcome: WarmOutcome) {
      completion(Dictionary(uniqueKeysWithValues: paths.map { ($0, outcome) }))
    }
  }

  let calls = Log<Call>()
  let cancels = Log<Void>()

  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void) {
    calls.append(Call(batch: batch, completion: completion))
  }

  func cancel() { cancels.append(()) }

  func call(_ number: Int) async -> Call { await calls.wait(until: { $0.count >= number })[number - 1] }
}

/// Tests of a loop whose changes, and whose warmer's answers, are what the test says.
protocol WatchLoopSuite {
  var source: ScriptedSource { get }
  var warmer: ScriptedWarmer { get }
  var log: Log<String> { get }
}

extension WatchLoopSuite {
  func started(command text: String? = nil) -> WatchLoop {
    var command = text.map { ExecRunner.Command($0) }
    // The tests' own executable knows no such subcommand.
    if let supervisor = try? BuiltExecutable.path() { command?.supervisor = supervisor.string }
    let loop = WatchLoop(
      source: source, warmer: warmer, times: SettleTimes(debounce: .milliseconds(1)), command: command,
      notifier: SystemdNotifier(socketName: nil)
    ) { [log] in log.append($0.summary) }
    loop.start()
    // The source is started on the loop's queue.
    loop.executor.queue.sync {}
    return loop
  }

  func stop(_ loop: WatchLoop) async {
    await withCheckedContinuation { continuation in loop.stop { continuation.resume() } }
  }
}

extension WatchReport {
  fileprivate var summary: String {
    switch self {
    case .ready(let modules): "ready \(modules)"
    case .batchStarted(let batch): "batch " + batch.changes.map(\.name).joined(separator: " ")
    case .batchFinished(let batch, let outcomes):
      "done " + batch.changes.map { "\(outcomes[$0] ?? .deferred)" }.joined(separator: " ")
    case .removed(let change): "removed \(change.name)"
    case .diagnostic(let diagnostic): "\(diagnostic.change.name): \(diagnostic.message)"
    case .trouble(let message, let changes): "\(message): " + changes.map(\.name).joined(separator: " ")
    case .command(let status): "command \(status)"
    case .notice(let notice): "notice \(notice)"
    }
  }
}

extension Change {
  fileprivate var name: String { path.lastComponent?.string ?? "" }
}
