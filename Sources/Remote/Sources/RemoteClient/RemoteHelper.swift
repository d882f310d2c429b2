internal import CLinux
internal import Glibc
internal import LinuxIO
internal import NIOCore
internal import NIOPosix
internal import RemoteProtocol

/// The whole program, from its first message on.
package enum RemoteHelper {
  /// Serves the tool at the other end of a socket, until that is closed or has been silent for a minute.
  ///
  /// - Returns: the exit status; 2 if it was not the tool that has started it.
  package static func run() -> Int32 {
    guard hasSocket else {
      let file = Descriptor(owning: STDERR_FILENO)
      try? file.write(
        all:
          "wasmprecompile-remote: error: it is not started by hand: wasmprecompile starts it where --remote is given\n")
      return 2
    }
    _ = clinux_signal_ignore(SIGPIPE)
    let socket = MessageSocket(Descriptor(owning: RemoteProtocol.socket))
    let opened: (RemoteSettings, any RemoteStore, TokenFile?)?
    do { opened = try open(socket) } catch {
      opened = nil
      try? socket.send(RemoteReply.refused(error).encoded())
    }
    if let (settings, store, token) = opened {
      var isOutdated: (@Sendable () -> Bool)?
      if let token { isOutdated = { token.wasReplaced } }
      Session(socket, store, settings, isOutdated: isOutdated).serve()
    }
    // Nothing is cleaned up: calls may be open that nobody waits for.
    _exit(0)
  }

  /// - Returns: nil if the tool has gone.
  private static func open(
    _ socket: borrowing MessageSocket
  ) throws(RemoteTrouble) -> (RemoteSettings, any RemoteStore, TokenFile?)? {
    guard let settings = try firstMessage(socket) else { return nil }
    let (store, token) = try store(settings)
    return (settings, store, token)
  }

  private static var hasSocket: Bool {
    var status = stat()
    return fstat(RemoteProtocol.socket, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// - Returns: nil if the tool has gone.
  private static func firstMessage(_ socket: borrowing MessageSocket) throws(RemoteTrouble) -> RemoteSettings? {
    let bytes: [UInt8]
    do { bytes = try socket.receive(limit: RemoteProtocol.largestMessage).bytes } catch { return nil }
    if bytes.isEmpty { return nil }
    guard case .open(let version, let settings) = RemoteRequest(bytes) else {
      throw RemoteTrouble(.unsuitable, "wasmprecompile-remote was not told which server is meant")
    }
    guard version == RemoteProtocol.version else {
      throw RemoteTrouble(
        .unsuitable,
        "wasmprecompile-remote speaks version \(RemoteProtocol.version), and wasmprecompile version \(version), of what they tell"
          + " each other: install both of the same release")
    }
    return settings
  }

  private static func store(_ settings: RemoteSettings) throws(RemoteTrouble) -> (any RemoteStore, TokenFile?) {
    let address = try ServerAddress(settings.address)
    let credentials = try Credentials(settings)
    do throws(SystemError) {
      try NetworkConfinement.enter(
        port: address.port, usesSystemAuthorities: address.usesTLS && settings.authorities.isEmpty,
        readable: settings.token.isEmpty ? [] : [settings.token])
    } catch {
      throw RemoteTrouble(.misconfigured, "wasmprecompile-remote cannot confine itself: \(error.call): \(error)")
    }
    // One connection needs one thread. Only files are read on the others.
    NIOSingletons.groupLoopCountSuggestion = 1
    NIOSingletons.blockingPoolThreadCountSuggestion = 2
    switch address.transport {
    case .grpc: return (try GRPCStore(address, settings, credentials), credentials.token)
    case .http: return (try HTTPStore(address, settings, credentials), credentials.token)
    }
  }
}
