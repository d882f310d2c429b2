// The peer that ModuleScanner is measured against: the least a program can do to learn about every module below a
// directory. One thread, getdents64, one fstatat for each name that ends in .wasm, nothing kept but two sums.
//
//   cc -O2 -o walk walk.c && ./walk DIRECTORY [REPETITIONS]
//
// Prints the number of modules, their bytes, and for each repetition its nanoseconds, one line each.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static unsigned long long modules, bytes;

static void fail(const char *what, const char *name) {
  fprintf(stderr, "walk: %s %s: %s\n", what, name, strerror(errno));
  exit(1);
}

static int is_module(const char *name) {
  size_t length = strlen(name);
  return length >= 5 && memcmp(name + length - 5, ".wasm", 5) == 0;
}

static void walk(int parent, const char *name) {
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail("cannot open", name);
  char buffer[32768] __attribute__((aligned(8)));
  for (;;) {
    long count = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (count < 0) fail("cannot list", name);
    if (count == 0) break;
    for (long at = 0; at < count;) {
      struct dirent64 *entry = (struct dirent64 *)(buffer + at);
      at += entry->d_reclen;
      if (entry->d_type == DT_DIR) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) walk(directory, entry->d_name);
      } else if (entry->d_type == DT_REG && is_module(entry->d_name)) {
        struct stat status;
        if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) fail("cannot stat", entry->d_name);
        modules += 1;
        bytes += (unsigned long long)status.st_size;
      }
    }
  }
  close(directory);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: walk DIRECTORY [REPETITIONS]\n");
    return 64;
  }
  int repetitions = argc > 2 ? atoi(argv[2]) : 1;
  for (int repetition = 0; repetition < repetitions; repetition++) {
    modules = bytes = 0;
    long long start = now();
    walk(AT_FDCWD, argv[1]);
    printf("%lld\n", now() - start);
  }
  printf("%llu modules, %llu bytes\n", modules, bytes);
  return 0;
}
