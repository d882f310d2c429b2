import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache

/// Files that are rewritten in place as fast as can be, with the same size: a remembered hash must never stand for other bytes.
@Suite(.serialized)
struct RewriteTests {
  private static let rounds: UInt64 = 10_000

  /// The directory for temporary files is on a disk as a rule; `/dev/shm` is a tmpfs.
  @Test(arguments: ["", "/dev/shm"])
  func noRewriteGoesUnnoticed(_ place: String) throws {
    if !place.isEmpty, access(place, W_OK) != 0 { return }
    let directory = try TemporaryDirectory(in: place.isEmpty ? nil : FilePath(place))
    let path = directory("file")
    var proofs = 0
    var stale = 0
    for round in 0..<Self.rounds {
      try write(round, to: path)
      // A file that is hashed in its tick proves nothing. Now and then the clock may go on.
      if round.isMultiple(of: 50) { try waitForTick(after: path) }
      let (stamp, hashed) = try look(at: path, expecting: round)
      if hashed == StampTrust.proven { proofs += 1 }
      try write(round + 1, to: path)
      let now = try Descriptor.status(of: path).stamp
      if StampTrust.doubt(remembered: stamp, hashed: hashed, current: now, now: WallClock.now()) == nil { stale += 1 }
    }
    #expect(stale == 0)
    #expect(proofs > 100)
  }

  /// The writer goes on for as long as we look, with the file open all the time or opened for each change.
  @Test(arguments: [true, false])
  func noWriterBesideGoesUnnoticed(keepsOpen: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = directory("file")
    try write(0, to: path)
    let writer = Writer(path, keepsOpen: keepsOpen)
    for _ in 0..<Self.rounds {
      let file = try RegularFile(path)
      let before = file.status.stamp
      let hashed = StampTrust.beginning(file, before)
      let contents = try file.descriptor.bytes(count: 8)
      guard try file.descriptor.status().stamp == before else { continue }
      // Whoever meets the same stamp later must meet the same bytes.
      let later = try RegularFile(path)
      let found = try later.descriptor.bytes(count: 8)
      let after = try later.descriptor.status().stamp
      let doubt = StampTrust.doubt(remembered: before, hashed: hashed, current: after, now: WallClock.now())
      if doubt == nil { #expect(found == contents) }
    }
    writer.stop()
  }

  private func write(_ number: UInt64, to path: FilePath) throws {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600)
    try withUnsafeBytes(of: number) { try file.write(all: $0) }
  }

  private func look(at path: FilePath, expecting number: UInt64) throws -> (FileStamp, Int64) {
    let file = try RegularFile(path)
    let stamp = file.status.stamp
    let hashed = StampTrust.beginning(file, stamp)
    #expect(try file.descriptor.bytes(count: 8) == withUnsafeBytes(of: number) { Array($0) })
    return (stamp, hashed)
  }

  private func waitForTick(after path: FilePath) throws {
    let stamp = try Descriptor.status(of: path).stamp
    while StampClock.now() <= max(stamp.modified, stamp.changed) { sched_yield() }
  }
}

/// A thread that writes into a file until it is stopped.
private final class Writer: Sendable {
  private let thread = SerialThread()
  private let isOver = Atomic(false)

  init(_ path: FilePath, keepsOpen: Bool) {
    thread.run { [self] in
      if keepsOpen {
        guard let file = try? Descriptor.open(path, O_WRONLY) else { return }
        write { withUnsafeBytes(of: $0) { bytes in _ = pwrite(file.raw, bytes.baseAddress, bytes.count, 0) } }
      } else {
        write { number in
          guard let file = try? Descriptor.open(path, O_WRONLY) else { return }
          try? withUnsafeBytes(of: number) { try file.write(all: $0) }
        }
      }
    }
  }

  private func write(_ body: (UInt64) -> Void) {
    var number: UInt64 = 0
    while !isOver.load(ordering: .relaxed) {
      number += 1
      body(number)
      // So that the clock goes on between two changes, now and then.
      if number.isMultiple(of: 20) { usleep(5000) }
    }
  }

  func stop() {
    isOver.store(true, ordering: .relaxed)
    thread.finish()
  }
}
