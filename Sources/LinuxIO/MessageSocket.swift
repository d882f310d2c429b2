internal import CLinux
internal import Glibc
internal import SystemPackage

/// One end of a socket pair that carries whole messages, and descriptors beside them (unix(7), SOCK_SEQPACKET).
package struct MessageSocket: ~Copyable, Sendable {
  private let descriptor: Descriptor

  package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  package var raw: Int32 { descriptor.raw }

  /// Two ends joined to each other: one to keep, one to give to a child.
  package struct Pair: ~Copyable {
    let kept: MessageSocket
    package let given: Descriptor

    /// Closes the end that was given away, and keeps the other.
    package consuming func keep() -> MessageSocket { kept }
  }

  package static func pair() throws(SystemError) -> Pair {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) { buffer in
      socketpair(
        AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0,
        buffer.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    try check("socketpair", result)
    return Pair(kept: MessageSocket(Descriptor(owning: ends.0)), given: Descriptor(owning: ends.1))
  }

  package func send(_ message: [UInt8], passing descriptors: [Int32] = []) throws(SystemError) {
    try check(
      "sendmsg", clinux_send(descriptor.raw, message, message.count, descriptors, Int32(descriptors.count), true))
  }

  /// Sends a message if there is room for it.
  ///
  /// - Returns: whether there was.
  package func trySend(_ message: [UInt8], passing descriptors: [Int32] = []) throws(SystemError) -> Bool {
    do {
      try check(
        "sendmsg", clinux_send(descriptor.raw, message, message.count, descriptors, Int32(descriptors.count), false))
      return true
    } catch let error where error.errno == .wouldBlock {
      return false
    }
  }

  /// Waits for a message; an empty one means that the other end is closed.
  package func receive(limit: Int) throws(SystemError) -> ReceivedMessage {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
    defer { block.deallocate() }
    return try receive(through: block)
  }

  /// Waits for a message; an empty one means that the other end is closed.
  ///
  /// - Parameter block: takes the message, which is copied out of it. For many messages, that costs less than a block for each.
  package func receive(through block: UnsafeMutableRawBufferPointer) throws(SystemError) -> ReceivedMessage {
    var descriptors = [Int32](repeating: -1, count: Int(CLINUX_MAX_PASSED_DESCRIPTORS))
    var count: Int32 = 0
    let received = clinux_receive(descriptor.raw, block.baseAddress, block.count, &descriptors, &count)
    if received < 0 { throw SystemError("recvmsg") }
    return ReceivedMessage(
      bytes: Array(UnsafeRawBufferPointer(rebasing: block[..<received])),
      descriptors: Array(descriptors.prefix(Int(count))))
  }

  /// Waits for a message without descriptors; empty when the other end is closed, or nothing can be had from it.
  func receiveBytes(limit: Int) -> [UInt8] {
    do {
      let message = try receive(limit: limit)
      return message.bytes
    } catch {
      return []
    }
  }

  /// Waits until a message, or the other end's closing, can be received.
  ///
  /// - Returns: false if `milliseconds` passed first.
  package func waitUntilReadable(milliseconds: Int) throws(SystemError) -> Bool {
    try poll(events: Int16(POLLIN), milliseconds: Int32(clamping: milliseconds))
  }

  /// Waits until there is room for a message, or the other end is closed.
  ///
  /// - Returns: false if `milliseconds` passed first.
  package func waitUntilWritable(milliseconds: Int) throws(SystemError) -> Bool {
    try poll(events: Int16(POLLOUT), milliseconds: Int32(clamping: milliseconds))
  }

  private func poll(events: Int16, milliseconds: Int32) throws(SystemError) -> Bool {
    var wanted = pollfd(fd: descriptor.raw, events: events, revents: 0)
    return try checkRetrying("poll") { Glibc.poll(&wanted, 1, milliseconds) } > 0
  }
}

/// A message with the descriptors that came beside it. It closes descriptors that were not taken.
package struct ReceivedMessage: ~Copyable {
  package let bytes: [UInt8]
  private var descriptors: [Int32]

  init(bytes: [UInt8], descriptors: [Int32]) {
    self.bytes = bytes
    self.descriptors = descriptors
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// The next descriptor, in the order in which they were passed.
  package mutating func takeDescriptor() -> Descriptor? {
    descriptors.isEmpty ? nil : Descriptor(owning: descriptors.removeFirst())
  }
}
