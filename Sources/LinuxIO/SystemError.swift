internal import Glibc
package import SystemPackage

/// A system call's failure: which call, and the kernel's reason.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  package let call: String
  package let errno: Errno

  package init(_ call: String, _ errno: Errno) {
    self.call = call
    self.errno = errno
  }

  /// Takes the reason from the calling thread's `errno`, so nothing may come between the call and this.
  package init(_ call: String) { self.init(call, Errno(rawValue: Glibc.errno)) }

  package var description: String {
    // The kernel's "resource temporarily unavailable" does not tell which resource.
    if errno == .resourceTemporarilyUnavailable && call == "posix_spawn" { return Self.lackOfProcesses }
    return errno.reason
  }

  private static let lackOfProcesses =
    "the system grants no more processes, raise `ulimit -u` or the container's limit of processes"

  /// Why a process that runs this program's own file could not be started.
  package var whyThisProgramDidNotStart: String {
    errno == .noSuchFileOrDirectory && access("/proc/self/exe", F_OK) != 0
      ? "/proc is not mounted, which it needs" : "\(call): \(self)"
  }
}

extension Errno {
  /// The reason in the C library's words, lowercase: `no space left on device`.
  package var reason: String {
    // The C library's words do not tell which limit it is.
    if self == .tooManyOpenFiles { return "too many open files, raise the limit (ulimit -n)" }
    return description.prefix(1).lowercased() + description.dropFirst()
  }
}

/// Passes a call's result on, or throws what `errno` says if it is negative.
@discardableResult
package func check<Result: SignedInteger>(
  _ call: String, _ result: @autoclosure () -> Result
) throws(SystemError) -> Result {
  let value = result()
  if value < 0 { throw SystemError(call) }
  return value
}

/// Makes a call again for as long as a signal interrupts it.
@discardableResult
package func checkRetrying<Result: SignedInteger>(
  _ call: String, _ result: () -> Result
) throws(SystemError) -> Result {
  while true {
    let value = result()
    if value >= 0 { return value }
    let failure = SystemError(call)
    if failure.errno != .interrupted { throw failure }
  }
}
