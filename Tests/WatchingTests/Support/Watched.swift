import LinuxIO
import SystemPackage
import Testing

@testable import Watching

/// A `TreeWatch` under test, with everything it told.
final class Watched: Sendable {
  let watch: TreeWatch
  let log = Log<WatchEvent>()

  convenience init(
    _ roots: FilePath..., options: TreeWatch.Options = .init(), hooks: TreeWatch.TestHooks = .init()
  ) async {
    await self.init(roots, options: options, hooks: hooks)
  }

  init(
    _ roots: [FilePath], options: TreeWatch.Options = .init(), hooks: TreeWatch.TestHooks = .init()
  ) async {
    watch = TreeWatch(roots: roots, options: options, hooks: hooks)
    watch.start { [log] in log.append(contentsOf: $0) }
    await log.wait { $0.contains { if case .armed = $0 { true } else { false } } }
  }

  var files: [FileEvent] { log.elements.files }
  var notices: [WatchNotice] { log.elements.notices }

  func wait(for kind: FileEvent.Kind, _ path: FilePath) async {
    await log.wait(for: { if case .file(let event) = $0 { event.kind == kind && event.path == path } else { false } })
  }

  /// A file in a directory that was just found is listed or told, whichever comes first.
  func wait(forAnythingAbout path: FilePath) async {
    await log.wait(for: { if case .file(let event) = $0 { event.path == path } else { false } })
  }

  func wait(forNotice isIt: @escaping @Sendable (WatchNotice) -> Bool) async {
    await log.wait(for: { if case .notice(let notice) = $0 { isIt(notice) } else { false } })
  }

  /// Waits until everything that has happened so far is told: the kernel keeps the order.
  func catchUp(in root: FilePath) async throws {
    let mark = root.appending("mark-\(UInt64.random(in: 0...(.max))).wasm")
    try Shell.write("", to: mark)
    await wait(forAnythingAbout: mark)
    try Shell.rm(mark)
    await wait(for: .removed, mark)
  }

  func stop() async {
    await withCheckedContinuation { continuation in watch.stop { continuation.resume() } }
  }

  /// How the present library instance sees itself.
  func library() async -> (live: Int, stale: Int, nodes: Int) {
    await watch.library
  }
}

extension TreeWatch {
  var library: (live: Int, stale: Int, nodes: Int) {
    (tools?.liveWatches ?? 0, tools?.staleNodes ?? 0, tools?.libraryNodes ?? 0)
  }
}

extension TreeWatch {
  var isPolling: Bool { pollAlarm?.isSet ?? false }
}

extension [WatchEvent] {
  var files: [FileEvent] { compactMap { if case .file(let event) = $0 { event } else { nil } } }
  var notices: [WatchNotice] { compactMap { if case .notice(let notice) = $0 { notice } else { nil } } }
}

/// Everything that takes the one inotify instance of libinotifytools runs one after the other.
@Suite(.serialized)
enum UsingInotify {}
