// SQLite, plus what Swift cannot call by itself: variadic functions and macros that cast.
#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>

// sqlite3_db_config() for the options that take one int.
static inline int csqlite_configure(sqlite3 *connection, int option, int value) {
  return sqlite3_db_config(connection, option, value, (int *)0);
}

// SQLite copies the bytes before this returns.
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int size) {
  // A null pointer would bind NULL; an empty blob is a value.
  return size == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                   : sqlite3_bind_blob(statement, index, bytes, size, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int size) {
  return sqlite3_bind_text(statement, index, size == 0 ? "" : bytes, size, SQLITE_TRANSIENT);
}

// Whether the file is no longer the one that its path names.
static inline int csqlite_has_moved(sqlite3 *connection) {
  int moved = 0;
  int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code != SQLITE_OK || moved;
}

#endif
