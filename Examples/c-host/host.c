// A host program in C: loads a module from the cache of wasmprecompile, and calls one of its functions.
//
//     host MODULE FUNCTION [NUMBER...]
//
// A module that `wasmprecompile` has compiled with the libwasmtime that this program is linked with is not compiled again.
// Another one is compiled here, and published for the next time, if there is a cache.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasmprecompile.h>

// What is used of wasmtime's C API. A program that has its headers includes <wasmtime.h> instead.

typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_trap_t wasm_trap_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_store wasmtime_store_t;

typedef struct {
  size_t size;
  char *data;
} wasm_byte_vec_t;

typedef struct {
  size_t size;
  wasm_valtype_t **data;
} wasm_valtype_vec_t;

typedef struct {
  uint64_t store_id;
  size_t index;
} wasmtime_instance_t;

typedef struct {
  uint64_t store_id;
  void *index;
} wasmtime_func_t;

typedef struct {
  uint8_t kind;
  union {
    wasmtime_func_t func;
    uint64_t others[6];
  } of;
} wasmtime_extern_t;

typedef union {
  int32_t i32;
  int64_t i64;
  uint8_t v128[16];
} wasmtime_val_raw_t;

enum { WASM_I32, WASM_I64, WASMTIME_EXTERN_FUNC = 0 };

wasm_engine_t *wasm_engine_new(void);
wasmtime_store_t *wasmtime_store_new(wasm_engine_t *, void *, void (*)(void *));
wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *);
wasmtime_error_t *wasmtime_instance_new(wasmtime_context_t *, const wasmtime_module_t *, const wasmtime_extern_t *, size_t,
                                        wasmtime_instance_t *, wasm_trap_t **);
bool wasmtime_instance_export_get(wasmtime_context_t *, const wasmtime_instance_t *, const char *, size_t,
                                  wasmtime_extern_t *);
wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *, const wasmtime_func_t *);
const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *);
const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *);
uint8_t wasm_valtype_kind(const wasm_valtype_t *);
wasmtime_error_t *wasmtime_func_call_unchecked(wasmtime_context_t *, const wasmtime_func_t *, wasmtime_val_raw_t *, size_t,
                                               wasm_trap_t **);
void wasmtime_error_message(const wasmtime_error_t *, wasm_byte_vec_t *);
void wasm_trap_message(const wasm_trap_t *, wasm_byte_vec_t *);

static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: error: %s\n", what, why);
  exit(1);
}

// Ends the program if something went wrong.
static void check(const char *what, const wasmtime_error_t *error, const wasm_trap_t *trap) {
  if (error == NULL && trap == NULL) return;
  wasm_byte_vec_t message;
  if (error != NULL) {
    wasmtime_error_message(error, &message);
  } else {
    wasm_trap_message(trap, &message);
  }
  fprintf(stderr, "%s: error: %.*s\n", what, (int)message.size, message.data);
  exit(1);
}

int main(int argc, char **argv) {
  enum { most_values = 8 };
  if (argc < 3 || argc > 3 + most_values) {
    fputs("usage: host MODULE FUNCTION [NUMBER...]\n", stderr);
    return 64;
  }
  const char *path = argv[1], *name = argv[2];

  // The engine may be set up in any way: the loader finds what was made for it.
  wasm_engine_t *engine = wasm_engine_new();
  wasmprecompile_cache_t *cache;
  wasmtime_module_t *module;
  wasmprecompile_outcome_t outcome;
  wasmprecompile_message_t message;
  if (!wasmprecompile_open(engine, NULL, &cache, &message)) fail("cache", message.text);
  if (!wasmprecompile_load_file(cache, path, &module, &outcome, &message)) fail(path, message.text);
  if (!outcome.from_cache) {
    fprintf(stderr, "%s: compiled%s\n", path, outcome.published ? ", for the next time, too" : "");
    if (outcome.reason.text[0] != 0) fprintf(stderr, "%s: %s\n", path, outcome.reason.text);
  }

  wasmtime_context_t *context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  wasmtime_instance_t instance;
  wasm_trap_t *trap = NULL;
  wasmtime_error_t *error = wasmtime_instance_new(context, module, NULL, 0, &instance, &trap);
  check(path, error, trap);

  wasmtime_extern_t function;
  if (!wasmtime_instance_export_get(context, &instance, name, strlen(name), &function) ||
      function.kind != WASMTIME_EXTERN_FUNC) {
    fail(name, "the module exports no function of this name");
  }
  const wasm_functype_t *type = wasmtime_func_type(context, &function.of.func);
  const wasm_valtype_vec_t *parameters = wasm_functype_params(type), *results = wasm_functype_results(type);
  if (parameters->size != (size_t)argc - 3 || results->size > most_values) {
    fail(name, "takes or gives another number of values");
  }

  wasmtime_val_raw_t values[most_values] = {0};
  for (size_t i = 0; i < parameters->size; i++) {
    if (wasm_valtype_kind(parameters->data[i]) > WASM_I64) fail(name, "takes something else than integers");
    values[i].i64 = strtoll(argv[3 + i], NULL, 0);
  }
  for (size_t i = 0; i < results->size; i++) {
    if (wasm_valtype_kind(results->data[i]) > WASM_I64) fail(name, "gives something else than integers");
  }
  error = wasmtime_func_call_unchecked(context, &function.of.func, values, most_values, &trap);
  check(name, error, trap);
  for (size_t i = 0; i < results->size; i++) {
    bool is_short = wasm_valtype_kind(results->data[i]) == WASM_I32;
    printf("%lld\n", is_short ? (long long)values[i].i32 : (long long)values[i].i64);
  }
}
