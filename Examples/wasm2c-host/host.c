// A host in C without any engine: loads what `wasmprecompile --backend wasm2c` made of a module, and calls one of its functions.
//
//     host MODULE LIMIT
//
// An artifact of wasm2c is a shared library: the module and wasm2c's own runtime, nothing else. Its functions have the types
// that wasm2c writes into a header, which is made here from the same module.

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "primes.h"

extern char **environ;

// wasm2c gave everything other names in release 1.0.33. The backend calls each module `module`.
#ifdef BEFORE_1_0_33
typedef Z_module_instance_t instance;
typedef jmp_buf trap_target;
#define TRAP_TARGET "wasm_rt_jmp_buf"
#define INSTANTIATE Z_module_instantiate
#define FREE Z_module_free
#define FUNCTION(name) Z_moduleZ_##name
#else
typedef w2c_module instance;
typedef wasm_rt_jmp_buf trap_target;
#define TRAP_TARGET "g_wasm_rt_jmp_buf"
#define INSTANTIATE wasm2c_module_instantiate
#define FREE wasm2c_module_free
#define FUNCTION(name) w2c_module_##name
#endif

#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(name) #name
// The function of this name and type in a library.
#define FIND(library, name) ((__typeof__(&name))find(library, TEXT(name)))

static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: error: %s\n", what, why);
  exit(1);
}

static void *find(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) fail(name, "the artifact has no symbol of this name: is the header of the same module and wasm2c?");
  return found;
}

// Asks the tool where a module's artifact is; what the cache lacks is compiled.
static char *artifact_of(const char *module) {
  const char *tool = getenv("WASMPRECOMPILE");
  if (tool == NULL) tool = "wasmprecompile";
  char *arguments[] = {(char *)tool, "path", "--compile", "--verify", "--backend", "wasm2c", "--", (char *)module, NULL};
  int answer[2];
  if (pipe(answer) != 0) fail("pipe", strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, answer[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, answer[0]);
  posix_spawn_file_actions_addclose(&actions, answer[1]);
  pid_t child;
  int error = posix_spawnp(&child, tool, &actions, NULL, arguments, environ);
  if (error != 0) fail(tool, strerror(error));
  close(answer[1]);

  FILE *output = fdopen(answer[0], "r");
  char *path = NULL;
  size_t size = 0;
  ssize_t length = output == NULL ? -1 : getline(&path, &size, output);
  int status;
  if (waitpid(child, &status, 0) != child || status != 0 || length < 2) exit(1);  // the tool has said why
  path[length - 1] = 0;
  return path;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: host MODULE LIMIT\n", stderr);
    return 64;
  }
  const char *path = artifact_of(argv[1]);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail(path, dlerror());

  FIND(library, wasm_rt_init)();
#ifdef BEFORE_1_0_33
  FIND(library, Z_module_init_module)();
#endif
  static instance module;
  // A trap comes back here with its code; the runtime is the library's own, and so is the place where it jumps to.
  int trap = WASM_RT_SETJMP(*(trap_target *)find(library, TRAP_TARGET));
  if (trap != 0) fail(argv[1], FIND(library, wasm_rt_strerror)(trap));
  FIND(library, INSTANTIATE)(&module);
  printf("%u\n", FIND(library, FUNCTION(primes_below))(&module, (u32)strtoul(argv[2], NULL, 0)));
  FIND(library, FREE)(&module);
  FIND(library, wasm_rt_free)();
}
