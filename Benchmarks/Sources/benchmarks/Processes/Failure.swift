internal import Glibc

/// Why something is not measured on this machine, which is no failure: what it needs is not there.
struct Unavailable: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Why something could not be measured, in words for whoever reads the table.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// What the last system call could not do, and why.
  init(systemCall: String) { self.init("\(systemCall): \(String(cString: strerror(errno)))") }
}
