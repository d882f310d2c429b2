#define _GNU_SOURCE
#include "CWatchingTests.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int test_exchange(const char *one, const char *two) {
  return renameat2(AT_FDCWD, one, AT_FDCWD, two, RENAME_EXCHANGE);
}

int test_open_unnamed(const char *directory) { return open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600); }

int test_link_descriptor(int fd, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

int test_bind_mount(const char *from, const char *to) { return mount(from, to, NULL, MS_BIND, NULL); }

int test_unmount(const char *path) { return umount2(path, MNT_DETACH); }
