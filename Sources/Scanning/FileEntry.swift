internal import LinuxIO

/// One file as the result keeps it: 56 bytes and its name.
struct FileEntry: Sendable {
  let stamp: FileStamp
  /// Its directory's index in the result; set when the result is put together.
  var directory: UInt32 = 0
  /// Where its name begins in the names of its directory.
  let nameStart: UInt32
  let nameLength: UInt16
}
