internal import CLinux
internal import Dispatch
internal import Glibc
internal import LinuxIO

/// What SIGHUP does: it ends a watcher whose terminal was closed, and has any other look at everything again.
final class Hangup {
  /// Whether it ends us. A starter that has it ignored (nohup) wants us to outlive the terminal.
  let ends = ControllingTerminal.isThere && !clinux_signal_is_ignored(SIGHUP)
  private var source: (any DispatchSourceSignal)?

  func otherwise(_ body: @escaping @Sendable () -> Void) {
    if ends { return }
    _ = clinux_signal_ignore(SIGHUP)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "hangup"))
    source.setEventHandler(handler: body)
    source.activate()
    self.source = source
  }
}
