internal import Glibc

/// Why something could not be measured, in words for whoever reads the table.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// What the last system call could not do, and why.
  init(systemCall: String) { self.init("\(systemCall): \(String(cString: strerror(errno)))") }
}
