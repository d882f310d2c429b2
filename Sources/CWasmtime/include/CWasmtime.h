// The part of libwasmtime's C API that wasmprecompile calls, as a table of function pointers filled by dlopen.
//
// The library is found at run time, not linked: a precompiled module is only good for the exact runtime that loads it,
// so the compiler must be the one the user ships. The signatures are those of the public headers wasm.h and
// wasmtime.h; they are the same in releases 24 to 50. Enumerations are one byte wide.
#ifndef CWASMTIME_H
#define CWASMTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wasm_config_t wasm_config_t;
typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasmtime_error_t wasmtime_error_t;
typedef struct wasmtime_module_t wasmtime_module_t;
typedef struct wasmtime_component_t wasmtime_component_t;
typedef struct wasm_importtype_t wasm_importtype_t;
typedef struct wasm_exporttype_t wasm_exporttype_t;
typedef struct wasm_externtype_t wasm_externtype_t;

typedef struct cwasmtime_bytes {
  size_t size;
  char *data;
} cwasmtime_bytes_t;

typedef struct cwasmtime_imports {
  size_t size;
  wasm_importtype_t **data;
} cwasmtime_imports_t;

typedef struct cwasmtime_exports {
  size_t size;
  wasm_exporttype_t **data;
} cwasmtime_exports_t;

typedef struct cwasmtime_api {
  wasm_config_t *(*config_new)(void);
  void (*config_strategy_set)(wasm_config_t *, uint8_t);
  void (*config_opt_level_set)(wasm_config_t *, uint8_t);
  void (*config_parallel_compilation_set)(wasm_config_t *, bool);
  wasmtime_error_t *(*config_target_set)(wasm_config_t *, const char *);
  // Takes ownership of the configuration.
  wasm_engine_t *(*engine_new)(wasm_config_t *);
  void (*engine_delete)(wasm_engine_t *);

  wasmtime_error_t *(*module_new)(wasm_engine_t *, const uint8_t *, size_t, wasmtime_module_t **);
  void (*module_delete)(wasmtime_module_t *);
  wasmtime_error_t *(*module_serialize)(wasmtime_module_t *, cwasmtime_bytes_t *);

  wasmtime_error_t *(*module_validate)(wasm_engine_t *, const uint8_t *, size_t);
  wasmtime_error_t *(*module_deserialize)(wasm_engine_t *, const uint8_t *, size_t, wasmtime_module_t **);
  // Maps the file; reads of it what is used.
  wasmtime_error_t *(*module_deserialize_file)(wasm_engine_t *, const char *path, wasmtime_module_t **);

  // What is asked of a type is only its kind: asking for value types aborts the process where wasm.h has no number for
  // one of them, in recent releases even for v128.
  void (*module_imports)(const wasmtime_module_t *, cwasmtime_imports_t *);
  void (*module_exports)(const wasmtime_module_t *, cwasmtime_exports_t *);
  const cwasmtime_bytes_t *(*import_module)(const wasm_importtype_t *);
  const cwasmtime_bytes_t *(*import_name)(const wasm_importtype_t *);
  const wasm_externtype_t *(*import_type)(const wasm_importtype_t *);
  void (*imports_delete)(cwasmtime_imports_t *);
  const cwasmtime_bytes_t *(*export_name)(const wasm_exporttype_t *);
  const wasm_externtype_t *(*export_type)(const wasm_exporttype_t *);
  void (*exports_delete)(cwasmtime_exports_t *);
  uint8_t (*extern_kind)(const wasm_externtype_t *);

  // Null in releases that do not know the target pulley64, and abort the process if it is asked for.
  bool (*engine_is_pulley)(const wasm_engine_t *);

  // Null in releases before 36, which have no component API.
  wasmtime_error_t *(*component_new)(wasm_engine_t *, const uint8_t *, size_t, wasmtime_component_t **);
  void (*component_delete)(wasmtime_component_t *);
  wasmtime_error_t *(*component_serialize)(const wasmtime_component_t *, cwasmtime_bytes_t *);

  void (*error_message)(const wasmtime_error_t *, cwasmtime_bytes_t *);
  void (*error_delete)(wasmtime_error_t *);
  void (*bytes_delete)(cwasmtime_bytes_t *);
} cwasmtime_api_t;

enum cwasmtime_strategy { CWASMTIME_STRATEGY_CRANELIFT = 1, CWASMTIME_STRATEGY_WINCH = 2 };
enum cwasmtime_opt_level { CWASMTIME_OPT_NONE = 0, CWASMTIME_OPT_SPEED = 1, CWASMTIME_OPT_SPEED_AND_SIZE = 2 };

typedef enum cwasmtime_open_result {
  CWASMTIME_OPENED,
  CWASMTIME_CANNOT_LOAD,      // detail: the dynamic linker's message
  CWASMTIME_MISSING_FUNCTION, // detail: the function's name
} cwasmtime_open_result_t;

// Loads the library at `path` and fills `api`. On failure writes a NUL-terminated detail of at most `capacity` bytes.
// The library is never unloaded: it owns threads.
cwasmtime_open_result_t cwasmtime_open(const char *path, cwasmtime_api_t *api, char *detail, size_t capacity);

#endif
