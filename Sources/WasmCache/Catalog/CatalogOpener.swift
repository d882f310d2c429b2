internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Gets from a directory to a usable connection. A file that is no catalog is replaced by a new one.
struct CatalogOpener {
  let place: CatalogPlace
  /// The lock; nil if none is needed, or none can be had.
  let lock: CatalogLock?
  let access: SQLiteConnection.Access

  /// Milliseconds that reading may wait for other processes; after that hashing is the better deal.
  static let patience: Int32 = 50

  /// - Parameter writing: whether the catalog may be made, replaced and written to.
  init(_ place: CatalogPlace, writing: Bool) throws(CatalogTrouble) {
    self.place = place
    if writing {
      do {
        lock = try place.openLock(writing: true)
        access = .readWrite
        return
      } catch let error where error.errno == .permissionDenied || error.errno == .readOnlyFileSystem {
      } catch {
        throw CatalogTrouble("\(place.path): not used: its lock cannot be opened: \(error)")
      }
    }
    // SQLite needs `-shm` to read a log that holds something, and writes into `-shm` where it may. A caller that promised
    // to write nothing goes without the log. Otherwise no lock is needed: a page that changes while we read it gives rows
    // that fail their checksums, or damage. Both only mean "unknown" here. So a host that keeps a catalog open for reading
    // blocks no other process.
    access = writing && place.logSize > 0 ? .readOnly : .immutable
    lock = access == .immutable ? nil : try? place.openLock(writing: false)
  }

  /// Opens a catalog with an empty log for reading without locks, though it may be written to; nil if it has to be opened as
  /// ``open()`` does. SQLite's locks and the index of the log are for who writes: to set them up and to take them takes a run with
  /// nothing to do 60 system calls, some of which wait while the file system's journal commits.
  func openWithoutLocks() -> SQLiteConnection? {
    guard access == .readWrite, case .file? = try? place.occupant(), place.logSize == 0,
      case .usable(let connection) = connect(.immutable)
    else { return nil }
    return connection
  }

  /// - Returns: the connection, and a line for `-v` if the catalog had to be replaced.
  func open() throws(CatalogTrouble) -> (connection: SQLiteConnection, note: String?) {
    var note: String?
    var obstacle = "another process is replacing it"
    var hasMade = false
    var deadline = Self.deadline
    while true {
      let hadMade = hasMade
      switch try place.occupant() {
      case .file:
        guard lock?.tryShare() ?? true else { break }
        switch connect(access) {
        case .usable(let connection): return (connection, note)
        case .useless(let reason): throw CatalogTrouble("\(place.path): not used: \(reason)")
        case .replaceable(let connection, let reason, let foreign):
          // This is done once at most: if a catalog that we just made is not good, another will not be better.
          guard access == .readWrite && !hasMade else { throw CatalogTrouble("\(place.path): not used: \(reason)") }
          hasMade = replace(connection, settingAside: foreign)
          if hasMade { note = "\(place.path): \(reason): made anew" }
          obstacle = "\(reason), and another process uses it"
        }
      case .nothing, .unusable:
        guard access == .readWrite && !hasMade else { throw CatalogTrouble("\(place.path): not there") }
        if let lock, lock.tryOwn() { hasMade = try makeUnlessMade() }
      }
      if hasMade && !hadMade {
        // The lock is ours. Making the catalog took time, which does not count as waiting for others.
        deadline = Self.deadline
        continue
      }
      if lock?.isImpossible == true { throw CatalogTrouble("\(place.path): not used: its file system has no locks") }
      // A process that waits for the lock must get a turn.
      lock?.release()
      guard ContinuousClock.now < deadline else { throw CatalogTrouble("\(place.path): not used: \(obstacle)") }
      usleep(500)
    }
  }

  private static var deadline: ContinuousClock.Instant { .now + .milliseconds(Int(patience)) }

  // MARK: Looking at what is there

  private enum Finding {
    case usable(SQLiteConnection)
    case useless(reason: String)
    case replaceable(SQLiteConnection, reason: String, foreign: Bool)
  }

  private func connect(_ access: SQLiteConnection.Access) -> Finding {
    let connection: SQLiteConnection
    do { connection = try SQLiteConnection(place.path, access, timeout: Self.patience) } catch {
      return .useless(reason: error.description)
    }
    do { return try look(at: connection) } catch {
      return error.remedy == .replace
        ? .replaceable(connection, reason: "was damaged: \(error)", foreign: false)
        : .useless(reason: error.description)
    }
  }

  private func look(at connection: SQLiteConnection) throws(SQLiteError) -> Finding {
    // A sweep never comes back to a page, and memory that is used again is not faulted in: 2.2 ms → 1.5 ms for 10,000
    // rows.
    try connection.execute("PRAGMA cache_size = 16")
    let application = try connection.integer("PRAGMA application_id")
    let version = try connection.integer("PRAGMA user_version")
    switch (application, version) {
    case (CatalogSchema.applicationID, CatalogSchema.version):
      return .usable(connection)
    // The range is bounded, since a larger number is more likely damage than a release of ours.
    case (CatalogSchema.applicationID, CatalogSchema.version + 1...CatalogSchema.version + 1000):
      return .useless(reason: "it was written by a newer wasmprecompile (schema \(version))")
    case (CatalogSchema.applicationID, _):
      return .replaceable(connection, reason: "had schema \(version)", foreign: false)
    default:
      // No tables: the process that made it did not get further.
      let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
      return .replaceable(
        connection, reason: isEmpty ? "was empty" : "was another program's database", foreign: !isEmpty)
    }
  }

  // MARK: Replacing it

  /// Puts a new catalog in the place of a bad one, unless a process uses it or has replaced it already.
  ///
  /// - Parameter connection: to the bad one. It stays open until its file is compared with the one at the path, so that no
  ///   new file can have got its inode.
  /// - Returns: whether there is a new one. The lock is then owned.
  func replace(_ connection: SQLiteConnection, settingAside: Bool = false) -> Bool {
    guard access == .readWrite, let lock, lock.tryOwn(), !connection.hasMoved else { return false }
    do {
      try settingAside ? place.setFilesAside() : place.removeFiles()
      try make()
      return true
    } catch {
      return false
    }
  }

  private func makeUnlessMade() throws(CatalogTrouble) -> Bool {
    if case .file = try place.occupant() { return false }
    do {
      try place.removeFiles()
      try make()
      return true
    } catch {
      throw CatalogTrouble("\(place.path): cannot be made: \(error)")
    }
  }

  /// Makes an empty catalog where there is no file. If we are killed on the way, the next run finds no tables and replaces
  /// it.
  private func make() throws {
    try place.makeFile()
    let connection = try SQLiteConnection(place.path, .readWrite, timeout: Self.patience)
    try connection.execute(CatalogSchema.prepareFile)
    try connection.execute(CatalogSchema.create)
    connection.emptyLog()
  }
}
