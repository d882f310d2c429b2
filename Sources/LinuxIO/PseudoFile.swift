internal import Glibc

/// A file of /proc or /sys, whose text the kernel makes when it is read; its size says nothing.
package enum PseudoFile {
  /// Longer texts are cut there; bytes.
  private static let capacity = 4096

  package static func text(at path: some PathText) throws(SystemError) -> String {
    String(decoding: try Descriptor.open(path, O_RDONLY).bytes(count: capacity), as: UTF8.self)
  }
}
