#define _GNU_SOURCE
#include "directory.h"

#include <sys/syscall.h>
#include <unistd.h>

ssize_t clinux_getdents64(int descriptor, void *buffer, size_t size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}
