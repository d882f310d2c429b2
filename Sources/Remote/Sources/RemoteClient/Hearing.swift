internal import LinuxIO
internal import NIOCore
internal import Synchronization

/// When a server was last heard of, whatever the bytes meant.
final class Hearing: Sendable {
  private let nanoseconds = Atomic<UInt64>(0)

  @Sendable func last() -> MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

  func note() { nanoseconds.store(MonotonicInstant.now().nanoseconds, ordering: .relaxed) }
}

/// Sees every byte of a connection before it is decrypted or taken apart.
final class HearingHandler: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let hearing: Hearing

  init(_ hearing: Hearing) { self.hearing = hearing }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    hearing.note()
    Traffic.add(unwrapInboundIn(data).readableBytes)
    context.fireChannelRead(data)
  }
}
