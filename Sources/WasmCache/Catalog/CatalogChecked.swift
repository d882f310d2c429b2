package import LinuxIO

/// An object of the cache whose bytes were checked: they have the digest in its name.
package struct CheckedObject: Hashable, Sendable {
  package var digest: ArtifactDigest
  /// The file that has the bytes.
  package var stamp: FileStamp
  /// When hashing began, in nanoseconds since 1970.
  package var checked: Int64

  package init(digest: ArtifactDigest, stamp: FileStamp, checked: Int64) {
    self.digest = digest
    self.stamp = stamp
    self.checked = checked
  }

  /// Whether a file that is open now has these bytes without being read again.
  func isFresh(for current: FileStamp, now: Int64) -> Bool {
    StampTrust.doubt(remembered: stamp, hashed: checked, current: current, now: now) == nil
  }

  fileprivate var checksum: Int64 {
    var checksum = CatalogChecksum(.checked)
    checksum.add(digest.bytes)
    checksum.add(stamp.device)
    checksum.add(stamp.inode)
    checksum.add(stamp.size)
    checksum.add(stamp.modified)
    checksum.add(stamp.changed)
    checksum.add(Int64(stamp.mode))
    checksum.add(checked)
    return checksum.signed
  }
}

extension Catalog {
  /// The result of the last check of an object's bytes; nil if none is remembered.
  ///
  /// - Parameter file: the file that has the bytes. Caches below this one may have the same object in files of their own.
  package func checkedObject(_ digest: ArtifactDigest, in file: FileIdentity) -> CheckedObject? {
    read(or: nil) { (_, connection) throws(SQLiteError) in
      let statement = try connection.prepare(
        "SELECT size, modified, changed, mode, checked, checksum FROM checked WHERE digest = ?1 AND device = ?2 AND inode = ?3"
      )
      statement.bind(1, digest.bytes)
      statement.bind(2, file.device)
      statement.bind(3, file.inode)
      guard try statement.step() else { return nil }
      let stamp = FileStamp(
        device: file.device, inode: file.inode, size: statement.integer(0), modified: statement.integer(1),
        changed: statement.integer(2), mode: UInt32(truncatingIfNeeded: statement.integer(3)))
      let object = CheckedObject(digest: digest, stamp: stamp, checked: statement.integer(4))
      guard object.checksum == statement.integer(5) else {
        throw SQLiteError(damage: "a checked object's checksum is wrong")
      }
      return object
    }
  }
}

extension CheckedObject {
  static func write(_ objects: [CheckedObject], _ connection: SQLiteConnection) throws(SQLiteError) {
    guard !objects.isEmpty else { return }
    let statement = try connection.prepare("REPLACE INTO checked VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
    for object in objects {
      statement.bind(1, object.digest.bytes)
      statement.bind(2, object.stamp.device)
      statement.bind(3, object.stamp.inode)
      statement.bind(4, object.stamp.size)
      statement.bind(5, object.stamp.modified)
      statement.bind(6, object.stamp.changed)
      statement.bind(7, Int64(object.stamp.mode))
      statement.bind(8, object.checked)
      statement.bind(9, object.checksum)
      try statement.run()
    }
  }
}
