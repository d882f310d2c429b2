internal import LinuxIO
internal import Synchronization
package import SystemPackage

/// The findings of earlier runs, so that a run with nothing to do reads no file and loads no engine.
///
/// The cache is right without it. So nothing here throws. Rows that cannot be read are unknown. Findings that cannot be
/// written are made again next time. A catalog that is damaged, cut short, foreign or swapped is replaced. Every row
/// carries a checksum, so rot makes it unknown too, never wrong.
///
/// The life of a catalog in a run: ``open(in:_:)``, ``statIndex(root:)`` for each root and ``engine(_:now:)``, then
/// one ``commit(_:now:)`` at the end, and let go of it. While it is held, a damaged one cannot be replaced, and logs of
/// other processes stay longer. So a watcher opens it anew for each batch (half a millisecond).
///
/// Any thread may call; calls wait for each other.
package final class Catalog: Sendable {
  private let session: Mutex<CatalogSession>

  private init(_ session: sending CatalogSession) { self.session = Mutex(session) }

  // MARK: Opening

  package enum Access: Sendable {
    /// Makes the catalog if it is not there.
    case readWrite
    /// Writes nothing at all.
    case readOnly
  }

  /// The result of opening.
  package struct Opening: Sendable {
    /// Nil if there is none to use; the caller goes on without.
    package let catalog: Catalog?
    /// A line for `-v`: `path: not used: why`. Nil if all is well.
    package let note: String?
  }

  /// Opens the catalog that lies in a directory.
  ///
  /// - Parameter directory: must exist, and be writable by nobody but us and root.
  package static func open(in directory: FilePath, _ access: Access = .readWrite) -> Opening {
    open(in: directory, access, fileSystem: nil)
  }

  /// - Parameter fileSystem: see ``CatalogPlace/init(directory:fileSystem:)``.
  static func open(in directory: FilePath, _ access: Access, fileSystem: Int64?) -> Opening {
    do {
      let place = try CatalogPlace(directory: directory, fileSystem: fileSystem)
      let opener = try CatalogOpener(place, writing: access == .readWrite)
      if let connection = opener.openWithoutLocks() {
        return Opening(catalog: Catalog(CatalogSession(opener, connection)), note: nil)
      }
      let (connection, note) = try opener.open()
      // A run that was killed, or kept from emptying its log by others, left it behind. Each run would read it again.
      if opener.access == .readWrite && place.logSize > 1 << 20 { connection.emptyLog() }
      return Opening(catalog: Catalog(CatalogSession(opener, connection)), note: note)
    } catch {
      return Opening(catalog: nil, note: error.reason)
    }
  }

  /// Removes the catalog that lies in a directory, unless somebody uses it or it cannot be.
  package static func remove(in directory: FilePath) {
    guard let place = try? CatalogPlace(directory: directory), let lock = try? place.openLock(writing: true),
      lock.tryOwn()
    else { return }
    try? place.removeFiles()
  }

  /// Whether it may be held open for as long as one likes, see ``CatalogOpener``.
  var isInNobodysWay: Bool { withSession { $0.opener.access == .immutable } }

  // MARK: Reading and writing

  /// Makes one read; gives `fallback` if it fails. What went wrong without locks is read again with them: another process may
  /// have been writing.
  func read<Value: Sendable>(
    or fallback: Value, _ body: (CatalogSession, SQLiteConnection) throws(SQLiteError) -> Value
  ) -> Value {
    session.withLock { session in
      while session.damage == nil, let connection = session.connection {
        do throws(SQLiteError) {
          let value = try body(session, connection)
          if session.damage == nil || !session.takeLocks() { return value }
        } catch {
          if session.takeLocks() { continue }
          session.note(error)
        }
      }
      return fallback
    }
  }

  /// Gives `body` exclusive use of the open catalog.
  func withSession<Value: Sendable>(_ body: (CatalogSession) -> Value) -> Value {
    session.withLock { body($0) }
  }

  /// The trouble since it was opened, for `-v`; nil if there was none.
  package var trouble: String? { withSession { $0.damage ?? $0.hindrance } }
}

/// An open catalog's state. Not Sendable: lives in the catalog's mutex.
final class CatalogSession {
  let opener: CatalogOpener
  /// Nil once the catalog could not be replaced.
  var connection: SQLiteConnection?
  /// The reason to replace the file before it is written to; nil for none. A damaged file is not read any more.
  private(set) var damage: String?
  /// Whether it was made anew since it was opened, so that nothing that was read is in it.
  private(set) var isNew = false
  /// The last thing that could not be done.
  private(set) var hindrance: String?

  init(_ opener: CatalogOpener, _ connection: SQLiteConnection) {
    self.opener = opener
    self.connection = connection
  }

  func note(_ error: SQLiteError) {
    if error.remedy == .replace { noteDamage(error.description) } else { hindrance = "\(opener.place.path): \(error)" }
  }

  func noteDamage(_ what: String) { damage = "\(opener.place.path): damaged: \(what)" }

  /// Goes on with a connection that takes SQLite's locks, where one had been enough so far that takes none.
  ///
  /// - Returns: false if locks have been taken all along.
  func takeLocks() -> Bool {
    guard opener.access == .readWrite, let lockless = connection, lockless.access == .immutable else { return false }
    damage = nil
    connection = nil
    if lockless.hasMoved {
      hindrance = "\(opener.place.path): deleted or replaced meanwhile"
      return true
    }
    do {
      let (connection, note) = try opener.open()
      self.connection = connection
      isNew = note != nil
    } catch {
      hindrance = error.reason
    }
    return true
  }

  /// Goes on with a new catalog in the damaged one's place, or without any if another process still uses that.
  func replace() {
    guard let damaged = connection else { return }
    _ = opener.replace(damaged)
    // The call above cannot tell: another process may have been faster.
    let isReplaced = damaged.hasMoved
    connection = nil
    guard isReplaced else { return }
    connection = try? opener.open().connection
    guard connection != nil else { return }
    damage = nil
    isNew = true
  }
}
