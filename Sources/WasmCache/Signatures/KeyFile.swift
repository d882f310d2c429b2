internal import Glibc
internal import LinuxIO
package import SystemPackage

/// Why a key cannot be used.
package struct KeyError: Error, Hashable, Sendable {
  package let path: FilePath
  /// As it follows the path.
  package let reason: String
}

extension KeyError: CustomStringConvertible {
  package var description: String { "\(path): \(reason)" }
}

/// Reads the files of keys, which decide what code runs.
enum KeyFile {
  /// Bytes. The largest that a tool makes has a few hundred.
  private static let largest = 8192

  /// A public key. Nobody else may be able to put another in its place: neither in its directory nor in one above, of the name as
  /// of what it leads to.
  static func read(_ path: FilePath, trust: CacheTrust) throws(KeyError) -> [UInt8] {
    let file = try open(path)
    if let objection = trust.objection(toKey: file.descriptor, file.status) {
      throw KeyError(path: path, reason: complaint(objection, "it", path))
    }
    var seen: Set<FilePath> = []
    for name in [path.absolute, path.resolved].compactMap(\.self) {
      var way = name
      while way.removeLastComponent(), seen.insert(way).inserted {
        if let directory = try? Descriptor.open(way, O_RDONLY | O_DIRECTORY), let status = try? directory.status(),
          let objection = trust.objection(onTheWayTo: directory, status, root: CacheTrust.ownerOfRoot)
        {
          let isItsOwn = way == name.removingLastComponent()
          throw KeyError(
            path: path, reason: complaint(objection, isItsOwn ? "its directory" : "\(way) above it", way))
        }
      }
    }
    return try contents(file, path)
  }

  /// A file that may be a secret key, and the objection to it as one that others can read.
  static func readSecret(_ path: FilePath) throws(KeyError) -> (text: [UInt8], objection: KeyError?) {
    let file = try open(path)
    let text = try contents(file, path)
    do { try requireSecrecy(of: file, path) } catch { return (text, error) }
    return (text, nil)
  }

  private static func requireSecrecy(of file: borrowing RegularFile, _ path: FilePath) throws(KeyError) {
    let status = file.status
    guard status.owner == geteuid() || status.owner == 0 else {
      throw KeyError(
        path: path, reason: "belongs to user \(status.owner), who can sign with it, too: use a key of your own")
    }
    guard status.permissions & 0o077 == 0 else {
      throw KeyError(
        path: path,
        reason: "other users may read it: `chmod 600 \(path)`, and take a new key if one of them could sign with it")
    }
  }

  private static func open(_ path: FilePath) throws(KeyError) -> RegularFile {
    do { return try RegularFile(path) } catch { throw KeyError(path: path, reason: "cannot read the key: \(error)") }
  }

  private static func contents(_ file: borrowing RegularFile, _ path: FilePath) throws(KeyError) -> [UInt8] {
    do { return try file.contents(limit: largest) } catch {
      throw KeyError(path: path, reason: "cannot read the key: \(error)")
    }
  }

  private static func complaint(_ objection: CacheObjection, _ what: String, _ path: FilePath) -> String {
    switch objection {
    case .foreignOwner(let owner):
      "\(what) belongs to user \(owner), who could put another key there: copy it to a place of your own"
    case .writableByOthers:
      "other users may write to \(what == "it" ? "it" : what), and put another key there: `chmod go-w \(path)`"
    }
  }
}
