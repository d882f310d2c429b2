internal import CLinux
internal import Glibc

/// Being stopped from the terminal, by ^Z.
package enum JobControl {
  /// Whether this process can be: it has a terminal, and its starter does not have the signal ignored.
  package static var isThere: Bool { ControllingTerminal.isThere && !clinux_signal_is_ignored(SIGTSTP) }

  /// Stops this process as ^Z does, and returns when it goes on. Where nobody could have it go on, the kernel does not stop it.
  package static func stop() {
    var signals = sigset_t()
    var before = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTSTP)
    pthread_sigmask(SIG_UNBLOCK, &signals, &before)
    raise(SIGTSTP)
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
