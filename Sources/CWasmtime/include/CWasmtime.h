// The part of libwasmtime's C API that wasmprecompile calls, as a table of function pointers filled by dlopen.
//
// The library is found at run time, not linked: a precompiled module is only good for the exact runtime that loads it,
// so the compiler must be the one the user ships. The signatures are those of the public headers wasm.h and
// wasmtime.h; they are the same in releases 24 to 50 except where it is said. Enumerations are one byte wide.
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

typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasi_config_t wasi_config_t;
typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasm_trap_t wasm_trap_t;

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

typedef struct cwasmtime_types {
  size_t size;
  wasm_valtype_t **data;
} cwasmtime_types_t;

typedef struct cwasmtime_instance {
  uint64_t store;
  size_t index;
} cwasmtime_instance_t;

typedef struct cwasmtime_func {
  uint64_t store;
  void *index;
} cwasmtime_func_t;

typedef struct cwasmtime_extern {
  uint8_t kind;
  cwasmtime_func_t func; // if that is its kind
  uint64_t others[4];    // room for the other kinds, which have grown between releases
} cwasmtime_extern_t;

// An argument or a result as compiled code has it. (Rejected: wasmtime_val_t, whose size differs between releases.)
typedef union cwasmtime_raw {
  uint64_t words[2];
  int32_t i32;
  int64_t i64;
  float f32;
  double f64;
} cwasmtime_raw_t;

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

  // What follows is to run modules: the first of these functions that the library lacks, or null.
  const char *cannot_run_without;

  wasmtime_store_t *(*store_new)(wasm_engine_t *, void *data, void (*finalizer)(void *));
  void (*store_delete)(wasmtime_store_t *);
  wasmtime_context_t *(*store_context)(wasmtime_store_t *);
  // Takes ownership of the configuration.
  wasmtime_error_t *(*context_set_wasi)(wasmtime_context_t *, wasi_config_t *);

  wasi_config_t *(*wasi_new)(void);
  void (*wasi_delete)(wasi_config_t *);
  // These two are false if a text is not UTF-8.
  bool (*wasi_set_argv)(wasi_config_t *, size_t, const char *const *);
  bool (*wasi_set_env)(wasi_config_t *, size_t, const char *const *names, const char *const *values);
  void (*wasi_inherit_stdin)(wasi_config_t *);
  void (*wasi_inherit_stdout)(wasi_config_t *);
  void (*wasi_inherit_stderr)(wasi_config_t *);
  // What follows the two paths differs: nothing in releases before 27; then what is permitted with directories and
  // with files (CWASMTIME_PERMIT_ALL); since 48 only whether anything may be changed (1). A function ignores arguments
  // that it has no parameters for.
  bool (*wasi_preopen_dir)(wasi_config_t *, const char *host, const char *guest, size_t, size_t);

  wasmtime_linker_t *(*linker_new)(wasm_engine_t *);
  void (*linker_delete)(wasmtime_linker_t *);
  wasmtime_error_t *(*linker_define_wasi)(wasmtime_linker_t *);
  wasmtime_error_t *(*linker_instantiate)(const wasmtime_linker_t *, wasmtime_context_t *, const wasmtime_module_t *,
                                          cwasmtime_instance_t *, wasm_trap_t **);

  bool (*instance_export_get)(wasmtime_context_t *, const cwasmtime_instance_t *, const char *, size_t,
                              cwasmtime_extern_t *);
  void (*extern_delete)(cwasmtime_extern_t *);
  wasm_functype_t *(*func_type)(const wasmtime_context_t *, const cwasmtime_func_t *);
  // Arguments go in and results come out through the same values, of which there must be enough for either; that they
  // are what the function's type says is the caller's affair.
  wasmtime_error_t *(*func_call_unchecked)(wasmtime_context_t *, const cwasmtime_func_t *, cwasmtime_raw_t *, size_t,
                                           wasm_trap_t **);

  const cwasmtime_types_t *(*functype_params)(const wasm_functype_t *);
  const cwasmtime_types_t *(*functype_results)(const wasm_functype_t *);
  void (*functype_delete)(wasm_functype_t *);
  wasm_valtype_t *(*valtype_new)(uint8_t);
  void (*valtype_delete)(wasm_valtype_t *);
  // Aborts the process for types that wasm.h has no number for, in recent releases even for v128: only good where
  // there is no valtype_equal.
  uint8_t (*valtype_kind)(const wasm_valtype_t *);
  bool (*valtype_equal)(const wasm_valtype_t *, const wasm_valtype_t *);

  void (*trap_message)(const wasm_trap_t *, cwasmtime_bytes_t *);
  void (*trap_delete)(wasm_trap_t *);
  // Whether the error is a program's way to exit, and with which status.
  bool (*error_exit_status)(const wasmtime_error_t *, int *);
} cwasmtime_api_t;

enum cwasmtime_strategy { CWASMTIME_STRATEGY_CRANELIFT = 1, CWASMTIME_STRATEGY_WINCH = 2 };
enum cwasmtime_opt_level { CWASMTIME_OPT_NONE = 0, CWASMTIME_OPT_SPEED = 1, CWASMTIME_OPT_SPEED_AND_SIZE = 2 };

enum cwasmtime_number { CWASMTIME_I32 = 0, CWASMTIME_I64 = 1, CWASMTIME_F32 = 2, CWASMTIME_F64 = 3 };
enum cwasmtime_extern_kind { CWASMTIME_EXTERN_FUNC = 0 };
enum cwasmtime_permissions { CWASMTIME_PERMIT_ALL = 3 };

typedef enum cwasmtime_open_result {
  CWASMTIME_OPENED,
  CWASMTIME_CANNOT_LOAD,      // detail: the dynamic linker's message
  CWASMTIME_MISSING_FUNCTION, // detail: the function's name
} cwasmtime_open_result_t;

// Loads the library at `path` and fills `api`. On failure writes a NUL-terminated detail of at most `capacity` bytes.
// The library is never unloaded: it owns threads.
cwasmtime_open_result_t cwasmtime_open(const char *path, cwasmtime_api_t *api, char *detail, size_t capacity);

#endif
