#include "CInotifyTools.h"

#include <dlfcn.h>
#include <inotifytools/inotifytools.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

const char *const cinotifytools_library_name = "libinotifytools.so.0";

static cinotifytools_api_t api;
static bool is_loaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The table's types are the header's.
#define LOAD(name)                                                                                                     \
  do {                                                                                                                 \
    _Static_assert(__builtin_types_compatible_p(__typeof__(api.name), __typeof__(&inotifytools_##name)),              \
                   #name " has another type");                                                                         \
    *(void **)&api.name = dlsym(library, "inotifytools_" #name);                                                       \
    if (api.name == NULL)                                                                                              \
      return #name;                                                                                                    \
  } while (0)

// Fills the table; gives the name of a function that is missing.
static const char *_Nullable load(void *library) {
  LOAD(initialize);
  LOAD(cleanup);
  LOAD(error);
  LOAD(get_num_watches);
  LOAD(watch_file);
  LOAD(wd_from_filename);
  LOAD(remove_watch_by_wd);
  LOAD(next_events);
  return NULL;
}

static bool load_once(char *detail, size_t capacity) {
  // It stays loaded: it keeps what it watches in static variables.
  void *library = dlopen(cinotifytools_library_name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *message = dlerror();
    snprintf(detail, capacity, "%s", message ? message : "unknown reason");
    return false;
  }
  const char *missing = load(library);
  if (missing != NULL)
    snprintf(detail, capacity, "%s: inotifytools_%s is missing", cinotifytools_library_name, missing);
  return missing == NULL;
}

const cinotifytools_api_t *cinotifytools_open(char *detail, size_t capacity) {
  pthread_mutex_lock(&lock);
  if (!is_loaded)
    is_loaded = load_once(detail, capacity);
  bool is_there = is_loaded;
  pthread_mutex_unlock(&lock);
  return is_there ? &api : NULL;
}
