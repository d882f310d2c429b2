import Dispatch
import Foundation
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler

struct JobserverTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A FIFO with some tokens in it.
  private func fifo(_ tokens: String) throws -> Descriptor {
    #expect(mkfifo(directory("fifo").string, 0o600) == 0)
    let end = try Descriptor.open(directory("fifo"), O_RDWR | O_NONBLOCK)
    try end.write(all: tokens)
    return end
  }

  /// Empties a FIFO.
  private func tokens(_ end: borrowing Descriptor) -> String {
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = read(end.raw, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)).sorted(), as: UTF8.self)
  }

  /// Runs a job in a slot on a thread of its own, and holds it until it is let go.
  private final class Holder: Sendable {
    private let entered = DispatchSemaphore(value: 0)
    private let released = DispatchSemaphore(value: 0)
    private let left = DispatchSemaphore(value: 0)
    private let wasRun = Mutex<Bool?>(nil)

    init(_ jobserver: Jobserver) {
      Thread.detachNewThread { [self] in
        let ran: Void? = jobserver.withSlot {
          entered.signal()
          released.wait()
        }
        wasRun.withLock { $0 = ran != nil }
        left.signal()
      }
    }

    func waitUntilEntered() -> Bool { entered.wait(timeout: .now() + 60) == .success }
    func hasEntered() -> Bool { entered.wait(timeout: .now()) == .success }
    func letGo() { released.signal() }
    /// Nil if it does not end.
    func waitUntilEnded() -> Bool? { left.wait(timeout: .now() + 60) == .success ? wasRun.withLock { $0 } : nil }
  }

  @Test func oneJobIsFreeAndEachFurtherOneTakesAToken() throws {
    let end = try fifo("ab")
    let jobserver = try Jobserver(.fifo(directory("fifo")))
    let holders = (0..<3).map { _ in Holder(jobserver) }
    #expect(holders.allSatisfy { $0.waitUntilEntered() })
    #expect(tokens(end) == "")
    let fourth = Holder(jobserver)
    #expect(!fourth.hasEntered())
    for holder in holders { holder.letGo() }
    #expect(holders.allSatisfy { $0.waitUntilEnded() == true })
    #expect(fourth.waitUntilEntered())
    fourth.letGo()
    #expect(fourth.waitUntilEnded() == true)
    #expect(tokens(end) == "ab", "each byte is given back as it was")
  }

  @Test func tokensThatOthersGiveBackAreTaken() throws {
    let end = try fifo("")
    let jobserver = try Jobserver(.fifo(directory("fifo")))
    let own = Holder(jobserver)
    #expect(own.waitUntilEntered())
    let waiting = Holder(jobserver)
    try end.write(all: "x")
    #expect(waiting.waitUntilEntered())
    for holder in [own, waiting] { holder.letGo() }
    #expect(own.waitUntilEnded() == true && waiting.waitUntilEnded() == true)
    #expect(tokens(end) == "x")
  }

  @Test func waitingEndsWhenNothingIsLeft() throws {
    let end = try fifo("")
    let jobserver = try Jobserver(.fifo(directory("fifo")))
    let own = Holder(jobserver)
    #expect(own.waitUntilEntered())
    let waiting = (0..<3).map { _ in Holder(jobserver) }
    jobserver.stopWaiting()
    #expect(waiting.allSatisfy { $0.waitUntilEnded() == false })
    own.letGo()
    #expect(own.waitUntilEnded() == true)
    #expect(tokens(end) == "")
  }

  @Test func whateverIsHeldCanBeGivenBackAtOnce() throws {
    let end = try fifo("abc")
    let jobserver = try Jobserver(.fifo(directory("fifo")))
    let holders = (0..<3).map { _ in Holder(jobserver) }
    #expect(holders.allSatisfy { $0.waitUntilEntered() })
    jobserver.returnEverything()
    #expect(tokens(end) == "abc")
    for holder in holders { holder.letGo() }
    #expect(holders.allSatisfy { $0.waitUntilEnded() == true })
    #expect(tokens(end) == "", "nothing is given back twice")
    try end.write(all: "d")
    #expect(Holder(jobserver).waitUntilEnded() == false)
    #expect(tokens(end) == "d", "nothing is taken any more")
  }

  /// Numbers that make names, and that somebody has used for pipes of his own since.
  @Test func endsOfNoOrOfTwoPipesAreNotMakes() throws {
    let one = try LinuxIO.Pipe()
    let other = try LinuxIO.Pipe()
    try one.writing.write(all: "t")
    for (reading, writing) in [
      (one.reading.raw, other.writing.raw), (one.writing.raw, one.reading.raw), (one.reading.raw, one.reading.raw),
      (-1, -1),
    ] {
      #expect(throws: JobserverUnavailable.withheld) { try Jobserver(.pipe(reading: reading, writing: writing)) }
    }
    _ = fcntl(one.reading.raw, F_SETFL, O_NONBLOCK)
    #expect(tokens(one.reading) == "t")
  }

  @Test func inheritedDescriptorsStayAsTheyAre() throws {
    let pipe = try LinuxIO.Pipe()
    _ = fcntl(pipe.reading.raw, F_SETFL, 0)
    try pipe.writing.write(all: "t")
    let jobserver = try Jobserver(.pipe(reading: pipe.reading.raw, writing: pipe.writing.raw))
    let holders = (0..<2).map { _ in Holder(jobserver) }
    #expect(holders.allSatisfy { $0.waitUntilEntered() })
    #expect(fcntl(pipe.reading.raw, F_GETFL) & O_NONBLOCK == 0)
    for holder in holders { holder.letGo() }
    #expect(holders.allSatisfy { $0.waitUntilEnded() == true })
    #expect(tokens(pipe.reading) == "t")
  }

  @Test func whatIsNoPipeIsNotTouched() throws {
    try directory.write("tokens", to: "file")
    let file = try Descriptor.open(directory("file"), O_RDWR)
    let pipe = try LinuxIO.Pipe()
    for (reading, writing) in [(file.raw, pipe.writing.raw), (pipe.reading.raw, file.raw), (-1, 900), (901, 902)] {
      #expect(throws: JobserverUnavailable.withheld) { try Jobserver(.pipe(reading: reading, writing: writing)) }
    }
    #expect(throws: JobserverUnavailable.withheld) { try Jobserver(.withheld) }
    #expect(throws: JobserverUnavailable.unusable("it is of an unknown kind")) { try Jobserver(.unknown) }
    let path = directory("file")
    #expect(throws: JobserverUnavailable.unusable("\(path) is not a FIFO")) { try Jobserver(.fifo(path)) }
    let missing = directory("missing")
    #expect(throws: JobserverUnavailable.unusable("cannot open \(missing): no such file or directory")) {
      try Jobserver(.fifo(missing))
    }
    #expect(try [UInt8](contentsOf: path) == Array("tokens".utf8))
  }
}
