/// The contents of `catalog.sqlite`: schema 4, in an SQLite database in WAL mode.
///
///     roots         one row a scanned root: the raw bytes of its path, and when its rows were last written
///     stat          (root, device, inode) → a 104-byte record, see ``StatRecord``; clustered, so that one root's rows
///                   are read in one sweep
///     engines       (device, inode, wish) → what a compiler library turned out to be
///     sightings     module → where it was last seen
///     compilations  (module, engine) → the digest of the artifact, and what compiling it took
///     fingerprints  digests of states in which every entry was there, see ``DirectoryFingerprint``
///     checked       (digest of an object, device, inode) → the file's stamp when its bytes were found to have the digest,
///                   see ``CheckedObject``
///     signed        digests of statements and the keys that were found to have signed them, see ``SignedStatement``
///     counters      name → number: hits, misses by reason, nanoseconds compiled, since when
///
/// Times are nanoseconds since 1970. Every other row ends with a ``CatalogChecksum`` over its values, because SQLite notices
/// damage to its own structures but not to what they hold. Hashes sit in blobs and paths too, since paths need not be
/// UTF-8: `select inode, hex(substr(record, 65, 32)) from stat` looks into it.
///
/// `application_id` is ours and `user_version` the schema's number. A newer schema is left alone; anything older or
/// damaged is replaced, for there is nothing in here that cannot be found out again.
///
/// Rejected, measured through the C API with 10,000 and 100,000 rows where this shape took 1.9 ms and 15 ms:
/// - a column for every field: 2.9–4.1 ms and 26 ms;
/// - records packed by the hundred into one blob: 0.8 ms and 2.4 ms, but then SQLite can neither update nor delete one
///   row, and one damaged byte costs a hundred files;
/// - `mmap_size`: 1.3 ms and 14 ms, but a file that someone truncates would kill us with SIGBUS, and most of the gain is
///   had by a small page cache (see ``CatalogOpener``);
/// - 4 KiB pages: 2.2 ms and 17 ms; 64 KiB pages save nothing more and cost each small read 48 KiB;
/// - a rollback journal: opening is 0.1 ms faster and touches no `-shm`, but a reader then meets a writer's locks and has
///   to hash everything while another process commits;
/// - GRDB: a process that reads one row takes 5.9 ms more than `true`, against 1.6 ms, and with 10,000 rows 11 ms, against
///   4 ms: it brings all of Foundation, and its sweep alone took 2.9 ms.
enum CatalogSchema {
  static let version: Int64 = 4

  /// `wpcc`, for "wasmprecompile's catalog".
  static let applicationID: Int64 = 0x7770_6363

  /// Sets up an empty file; must run outside a transaction. It does not wait for the disk: an empty catalog that a power cut
  /// damages is only made anew.
  static let prepareFile: StaticString = """
    PRAGMA synchronous = OFF;
    PRAGMA page_size = 16384;
    PRAGMA journal_mode = WAL;
    """

  /// Says the two numbers above once more, because constant SQL cannot be put together.
  static let create: StaticString = """
    BEGIN IMMEDIATE;
    CREATE TABLE roots(
      id INTEGER PRIMARY KEY, path BLOB NOT NULL, files INTEGER NOT NULL, written INTEGER NOT NULL,
      sighted INTEGER NOT NULL, checksum INTEGER NOT NULL);
    CREATE TABLE stat(
      root INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, record BLOB NOT NULL,
      PRIMARY KEY(root, device, inode)) WITHOUT ROWID;
    CREATE TABLE engines(
      device INTEGER NOT NULL, inode INTEGER NOT NULL, wish TEXT NOT NULL, size INTEGER NOT NULL,
      modified INTEGER NOT NULL, changed INTEGER NOT NULL, mode INTEGER NOT NULL, probed INTEGER NOT NULL,
      record BLOB, build BLOB, unavailable TEXT, checksum INTEGER NOT NULL,
      PRIMARY KEY(device, inode, wish)) WITHOUT ROWID;
    CREATE TABLE sightings(
      module BLOB PRIMARY KEY, path BLOB NOT NULL, size INTEGER NOT NULL, seen INTEGER NOT NULL,
      checksum INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE compilations(
      module BLOB NOT NULL, engine BLOB NOT NULL, artifact BLOB NOT NULL, nanoseconds INTEGER NOT NULL,
      size INTEGER NOT NULL, compiled INTEGER NOT NULL, checksum INTEGER NOT NULL,
      PRIMARY KEY(module, engine)) WITHOUT ROWID;
    CREATE TABLE fingerprints(
      digest BLOB PRIMARY KEY, checked INTEGER NOT NULL, lower INTEGER NOT NULL, checksum INTEGER NOT NULL)
      WITHOUT ROWID;
    CREATE TABLE checked(
      digest BLOB NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
      modified INTEGER NOT NULL, changed INTEGER NOT NULL, mode INTEGER NOT NULL, checked INTEGER NOT NULL,
      checksum INTEGER NOT NULL, PRIMARY KEY(digest, device, inode)) WITHOUT ROWID;
    CREATE TABLE signed(
      statement BLOB PRIMARY KEY, checked INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counters(
      name TEXT PRIMARY KEY, value INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
    PRAGMA application_id = 0x77706363;
    PRAGMA user_version = 4;
    COMMIT;
    """
}
