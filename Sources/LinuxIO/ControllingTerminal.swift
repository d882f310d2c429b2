internal import Glibc

/// The terminal that this process belongs to.
package enum ControllingTerminal {
  /// Whether there is one. It need not be any of the standard descriptors.
  package static var isThere: Bool { (try? Descriptor.open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK)) != nil }
}
