// What the Watching target needs and Swift cannot say by itself.
#ifndef CLINUX_WATCHING_H
#define CLINUX_WATCHING_H

#include <stdint.h>

/// Takes and gives back a read lease: 0 when nobody has the file open for writing, else an errno.
///
/// EAGAIN is the interesting answer (a writer has it open). Any other value means that the file system or our
/// rights do not allow leases, which says nothing about writers.
int clinux_probe_read_lease(int fd);

/// One entry that `clinux_getdents64` wrote; the name follows the kind, and the next entry is `length` further on.
struct clinux_directory_entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t kind;
  char name[1];
};

/// The environment; Swift cannot prove its access to the global variable safe.
char **clinux_environment(void);

#endif
