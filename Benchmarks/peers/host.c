// What the library is measured against: a host in C that does the least to have modules ready.
//
//   cc -O2 -o host host.c -ldl
//   ./host load ENGINE BACKEND ENTRY...             wasmtime_module_deserialize_file on each entry of the cache
//   ./host find ENGINE BACKEND ENTRY...             open, read and close each entry, without the engine
//   ./host cached ENGINE BACKEND CONFIG MODULE...   read each module and compile it with wasmtime's own cache
//
// `load` and `find` go over everything once to warm up, and then tell the median of 21 times; `cached` tells of the
// first time in this process. Prints the number of modules and the nanoseconds for all of them.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 21, STRATEGY_CRANELIFT = 1, STRATEGY_WINCH = 2 };

typedef struct {
  size_t size;
  char *data;
} bytes;

static void *library;

static void *function(const char *name) {
  void *address = dlsym(library, name);
  if (address == NULL) {
    fprintf(stderr, "host: the engine has no function %s\n", name);
    exit(1);
  }
  return address;
}

static void fail(const char *what, const char *name) {
  fprintf(stderr, "host: cannot %s %s\n", what, name);
  exit(1);
}

static void check(void *error, const char *name) {
  if (error == NULL) return;
  bytes message;
  ((void (*)(void *, bytes *))function("wasmtime_error_message"))(error, &message);
  fprintf(stderr, "host: %s: %.*s\n", name, (int)message.size, message.data);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static char *read_file(const char *path, char *buffer, size_t *capacity, size_t *size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail("open", path);
  if (*capacity < (size_t)status.st_size) {
    *capacity = status.st_size;
    buffer = realloc(buffer, *capacity);
  }
  for (*size = 0; *size < (size_t)status.st_size;) {
    ssize_t count = read(file, buffer + *size, status.st_size - *size);
    if (count <= 0) fail("read", path);
    *size += count;
  }
  close(file);
  return buffer;
}

int main(int argc, char **argv) {
  if (argc < 5) fail("work without", "arguments");
  const char *mode = argv[1];
  int is_winch = strcmp(argv[3], "winch") == 0, is_cached = strcmp(mode, "cached") == 0;
  char **files = argv + (is_cached ? 5 : 4);
  int count = argc - (is_cached ? 5 : 4);

  size_t capacity = 1 << 20, size;
  char *buffer = malloc(capacity);
  memset(buffer, 1, capacity);
  if (strcmp(mode, "find") == 0) {
    int64_t times[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      int64_t start = now();
      for (int i = 0; i < count; i++) buffer = read_file(files[i], buffer, &capacity, &size);
      if (round >= 0) times[round] = now() - start;
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("%d %lld\n", count, (long long)times[ROUNDS / 2]);
    return 0;
  }

  library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail("load", argv[2]);
  void *config = ((void *(*)(void))function("wasm_config_new"))();
  ((void (*)(void *, uint8_t))function("wasmtime_config_strategy_set"))(
      config, is_winch ? STRATEGY_WINCH : STRATEGY_CRANELIFT);
  if (is_cached)
    check(((void *(*)(void *, const char *))function("wasmtime_config_cache_config_load"))(config, argv[4]), argv[4]);
  void *engine = ((void *(*)(void *))function("wasm_engine_new_with_config"))(config);

  void **modules = calloc(count, sizeof *modules);
  if (is_cached) {
    void *(*compile)(void *, const char *, size_t, void **) = function("wasmtime_module_new");
    int64_t start = now();
    for (int i = 0; i < count; i++) {
      buffer = read_file(files[i], buffer, &capacity, &size);
      check(compile(engine, buffer, size, &modules[i]), files[i]);
    }
    printf("%d %lld\n", count, (long long)(now() - start));
    return 0;
  }

  void *(*load)(void *, const char *, void **) = function("wasmtime_module_deserialize_file");
  void (*delete)(void *) = function("wasmtime_module_delete");
  int64_t times[ROUNDS];
  for (int round = -1; round < ROUNDS; round++) {
    int64_t start = now();
    for (int i = 0; i < count; i++) check(load(engine, files[i], &modules[i]), files[i]);
    if (round >= 0) times[round] = now() - start;
    for (int i = 0; i < count; i++) delete(modules[i]);
  }
  qsort(times, ROUNDS, sizeof *times, compare);
  printf("%d %lld\n", count, (long long)times[ROUNDS / 2]);
  return 0;
}
