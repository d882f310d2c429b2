// The part of libinotifytools that wasmprecompile calls, as a table of function pointers filled by dlopen.
//
// Only `--watch` needs the library. Linked, it would cost every start 0.3 ms.
#ifndef CINOTIFYTOOLS_H
#define CINOTIFYTOOLS_H

#include <stddef.h>
#include <sys/inotify.h>

#pragma clang assume_nonnull begin

/// The functions, under their names in inotifytools/inotifytools.h without the prefix.
typedef struct cinotifytools_api {
  int (*_Nonnull initialize)(void);
  void (*_Nonnull cleanup)(void);
  int (*_Nonnull error)(void);
  int (*_Nonnull get_num_watches)(void);
  int (*_Nonnull watch_file)(const char *path, int events);
  int (*_Nonnull wd_from_filename)(const char *path);
  int (*_Nonnull remove_watch_by_wd)(int watch);
  struct inotify_event *_Nullable (*_Nonnull next_events)(long timeout, int count);
} cinotifytools_api_t;

/// The name that the dynamic linker knows the library by.
extern const char *const cinotifytools_library_name;

/// Loads the library, or finds it loaded.
///
/// @param detail receives the dynamic linker's words on failure.
/// @return null if the library is not there, or lacks a function.
const cinotifytools_api_t *_Nullable cinotifytools_open(char *detail, size_t capacity);

#pragma clang assume_nonnull end

#endif
