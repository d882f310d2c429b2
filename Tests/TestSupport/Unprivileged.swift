internal import Dispatch
internal import Glibc

/// Work whose file accesses are those of a user without privileges, whoever runs the tests.
package enum Unprivileged {
  private static let nobody: UInt32 = 65534

  /// Runs a body on a thread of its own, which has the rights of nobody if this process has root's (setfsuid(2)).
  package static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    DispatchQueue(label: "unprivileged").sync {
      guard geteuid() == 0 else { return body() }
      setFileUser(nobody)
      defer { setFileUser(0) }
      return body()
    }
  }

  /// Not declared in the module that Swift imports.
  private static func setFileUser(_ user: UInt32) {
    typealias Function = @convention(c) (UInt32) -> Int32
    guard let address = dlsym(nil, "setfsuid") else { return }
    _ = unsafeBitCast(address, to: Function.self)(user)
  }
}
