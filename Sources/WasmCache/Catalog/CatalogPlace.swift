internal import CLinux
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The directory that a catalog lies in, and the files that belong to it.
///
///     catalog.sqlite              the database
///     catalog.sqlite-wal, -shm    SQLite's log and its index; kept, since making them anew costs every run
///     catalog.lock                see ``CatalogLock``
///     catalog.sqlite.not-ours     a file that another program had put in the database's place
final class CatalogPlace {
  static let name = "catalog.sqlite"
  static let lockName = "catalog.lock"
  private static let asideName = "catalog.sqlite.not-ours"
  // We make no rollback journal, but SQLite would play a foreign one back into a new database beside it.
  private static let suffixes = ["", "-wal", "-shm", "-journal"]

  /// The database.
  let path: FilePath
  private let directory: Descriptor

  /// - Parameter fileSystem: stands in for the directory's file system in tests; `f_type` of statfs(2).
  init(directory path: FilePath, fileSystem: Int64? = nil) throws(CatalogTrouble) {
    self.path = path.appending(Self.name)
    do { directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY) } catch {
      throw CatalogTrouble("\(path): not used for the catalog: \(error)")
    }
    var type: Int64 = fileSystem ?? 0
    if fileSystem == nil { _ = clinux_file_system_type(directory.raw, &type) }
    if let name = NetworkFileSystem.name(type: type) {
      throw CatalogTrouble(
        "\(path): no catalog there: it is on a network file system (\(name)): keep the cache in a local directory")
    }
  }

  enum Occupant {
    case nothing
    case file
    /// Replaced, and never opened: a symbolic link, or a database beside which something else lies than files. SQLite would
    /// open that, and wait for the writer of a FIFO for ever.
    case unusable
  }

  func occupant() throws(CatalogTrouble) -> Occupant {
    let status: FileStatus
    do { status = try directory.status(of: Self.name) } catch let error where error.errno == .noSuchFileOrDirectory {
      return .nothing
    } catch {
      throw CatalogTrouble("\(path): not used: \(error)")
    }
    switch status.kind {
    case .symbolicLink: return .unusable
    case .regular:
      // A user who can write it decides which artifact stands for which file.
      guard status.owner == geteuid() || status.owner == 0 else {
        throw CatalogTrouble("\(path): not used: it belongs to another user (\(status.owner)): remove it")
      }
      guard status.permissions & 0o022 == 0 else {
        throw CatalogTrouble("\(path): not used: others may write to it: remove it, or `chmod go-w` it")
      }
      return hasOnlyFiles ? .file : .unusable
    default: throw CatalogTrouble("\(path): not used: it is \(status.kind): remove it")
    }
  }

  /// Whether the files that SQLite opens beside the database are files, as far as they are there.
  private var hasOnlyFiles: Bool {
    Self.suffixes.dropFirst().allSatisfy { suffix in
      guard let status = try? directory.status(of: Self.name + suffix) else { return true }
      return status.kind == .regular
    }
  }

  /// Opens the lock file.
  ///
  /// - Parameter writing: whether it may be made.
  func openLock(writing: Bool) throws(SystemError) -> CatalogLock {
    let flags = writing ? O_RDWR | O_CREAT : O_RDONLY
    return CatalogLock(try directory.openRegularFile(Self.lockName, flags, mode: 0o600))
  }

  /// Makes an empty database file, private to us; SQLite gives its other files the same mode.
  func makeFile() throws(SystemError) {
    _ = try directory.open(Self.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
  }

  /// Only for the owner of the lock.
  func removeFiles() throws(SystemError) {
    for suffix in Self.suffixes {
      do { try directory.remove(Self.name + suffix) } catch let error where error.errno == .noSuchFileOrDirectory {}
    }
  }

  /// Moves another program's database out of the way, and its log too, because the database may not be whole without it.
  /// Only for the owner of the lock.
  func setFilesAside() throws(SystemError) {
    for suffix in Self.suffixes {
      do { try directory.rename(Self.name + suffix, to: directory, as: Self.asideName + suffix) } catch
        where error.errno == .noSuchFileOrDirectory
      {}
    }
  }

  /// Bytes in the write-ahead log.
  var logSize: Int { (try? directory.status(of: Self.name + "-wal").size) ?? 0 }
}

/// Why there is no catalog to use: one line for `-v`.
struct CatalogTrouble: Error, Hashable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
