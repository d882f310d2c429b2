// System calls that the watching tests make and Swift's Glibc lacks.
#ifndef CWATCHING_TESTS_H
#define CWATCHING_TESTS_H

/// renameat2 with RENAME_EXCHANGE.
int test_exchange(const char *one, const char *two);

/// A file without a name in a directory, open for writing; −1 with errno.
int test_open_unnamed(const char *directory);

/// Gives an open file a name.
int test_link_descriptor(int fd, const char *name);

int test_bind_mount(const char *from, const char *to);
int test_unmount(const char *path);

#endif
