#ifndef CLINUX_DIRECTORY_H
#define CLINUX_DIRECTORY_H

#include <stddef.h>
#include <sys/types.h>

/// Reads the next entries of an open directory in the form of the kernel's `struct linux_dirent64`, as getdents64(2).
///
/// Returns the bytes written to `buffer`, 0 at the end, -1 with errno set. A shim, because the Glibc module that Swift
/// imports does not declare getdents64, and readdir(3) would allocate a stream for each directory.
ssize_t clinux_getdents64(int descriptor, void *buffer, size_t size);

#endif
