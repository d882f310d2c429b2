import SystemPackage
import Testing

@testable import Watching

/// Times are told, so these tests know no waiting.
@Suite struct DependencyChangesTests {
  private let start = SuspendingClock().now
  private var changes = DependencyChanges()
  private let engine = WatchDependency.maker("/lib/engine.so")
  private let cache = WatchDependency.entries("/cache/v1/engines")

  private func at(_ milliseconds: Int) -> SuspendingClock.Instant { start + .milliseconds(milliseconds) }

  private func batch(_ cause: FileEvent.Kind, evicting: Bool = false) -> WarmBatch {
    let batch = WarmBatch([Change(path: "/a.wasm", cause: cause, time: start)])
    if evicting { batch.noteEviction() }
    return batch
  }

  @Test mutating func settlesWhenItIsQuiet() {
    changes.note(engine, at: at(0))
    changes.note(cache, at: at(150))
    #expect(changes.time == at(350))
    #expect(changes.settle(at: at(349)) == nil)
    #expect(changes.settle(at: at(350)) == .rescan(engine))
    #expect(changes.time == nil && changes.settle(at: at(1000)) == nil)
  }

  @Test mutating func theConfigurationCountsFirst() {
    changes.note(engine, at: at(0))
    changes.note(.configuration("/a.toml"), at: at(0))
    #expect(changes.settle(at: at(200)) == .readConfiguration)
  }

  /// Where there is no room for all, what was removed for that is not made again: it would go on for ever.
  @Test mutating func whatWasRemovedToMakeRoomIsNotMissed() {
    changes.end(batch(.written, evicting: true))
    changes.note(cache, at: at(0))
    #expect(changes.settle(at: at(200)) == nil)
    changes.begin(batch(.listed).changes)
    changes.note(cache, at: at(300))
    changes.note(engine, at: at(300))
    #expect(changes.settle(at: at(500)) == .rescan(engine))
    changes.begin(batch(.written).changes)
    changes.note(cache, at: at(600))
    #expect(changes.settle(at: at(800)) == .rescan(cache))
  }
}
