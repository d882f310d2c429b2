import LinuxIO
import SystemPackage
import Testing

@testable import Scanning

/// What threads do that find no descriptor for their work.
struct ScanQueueTests {
  private let tree = TemporaryTree()
  private let list = ScanWork.list(.root(0, path: [UInt8(ascii: "."), 0], id: 0))

  /// A part of a directory, which keeps that one's descriptor open.
  private func part() throws -> ScanWork {
    let task = DirectoryTask.root(0, path: tree.path.bytes + [0], id: 0)
    let listing = SharedListing(try Descriptor.openDirectory(tree.path), task, names: [], entries: [])
    return .examine(listing, 0..<0)
  }

  @Test func leavesWhileOthersMayFreeOne() throws {
    let queue = ScanQueue([list, list], firstID: 0)
    let mine = try #require(queue.next())
    #expect(queue.next() != nil)
    #expect(queue.postpone(mine) == .leave)
    queue.finish()
    // What was given back is still to be done.
    #expect(queue.next() != nil)
    queue.finish()
    #expect(queue.next() == nil)
  }

  @Test func goesOnWithWhatHoldsOne() throws {
    let queue = ScanQueue([list], firstID: 0)
    _ = queue.next()
    queue.finish(adding: [try part(), list])
    let mine = try #require(queue.next())
    #expect(queue.postpone(mine) == .goOn)
    guard case .examine? = queue.next() else {
      Issue.record("what frees a descriptor comes first")
      return
    }
    queue.finish()
    guard case .list? = queue.next() else {
      Issue.record("what was given back is still to be done")
      return
    }
    queue.finish()
    #expect(queue.next() == nil)
  }

  @Test func isAloneWhenNobodyHasOne() throws {
    let queue = ScanQueue([list, list], firstID: 0)
    let mine = try #require(queue.next())
    #expect(queue.postpone(mine) == .alone)
    queue.abandon()
    queue.finish()
    #expect(queue.next() == nil)
  }
}
