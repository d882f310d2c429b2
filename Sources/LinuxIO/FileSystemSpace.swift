internal import Glibc

/// The room on a file system, in bytes.
package struct FileSystemSpace: Hashable, Sendable {
  package let total: Int64
  /// The part that others than root can still use.
  package let available: Int64

  package init(total: Int64, available: Int64) {
    self.total = total
    self.available = available
  }

  /// Asks for the file system that a file is on.
  package init(of file: borrowing Descriptor) throws(SystemError) {
    var status = statvfs()
    try check("fstatvfs", fstatvfs(file.raw, &status))
    let unit = UInt64(status.f_frsize)
    total = Int64(clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: unit).partialValue)
    available = Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: unit).partialValue)
  }
}
