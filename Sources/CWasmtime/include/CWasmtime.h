// The part of libwasmtime's C API that wasmprecompile calls, as tables of function pointers filled by dlopen.
//
// The library is found at run time, not linked: a precompiled module is only good for the exact runtime that loads it,
// so the compiler must be the one the user ships. The signatures are those of the public headers wasm.h and
// wasmtime.h; they are the same in releases 24 to 50 except where it is said. Enumerations are one byte wide.
//
// Functions that not every release has are in tables of their own. Such a table is there with all its functions or not
// at all, so that a caller who forgets to ask for it does not compile. (Rejected: null functions in one table, where a
// forgotten check jumps to address 0.)
#ifndef CWASMTIME_H
#define CWASMTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

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
typedef struct wasmtime_component_linker_t wasmtime_component_linker_t;
typedef struct wasmtime_component_export_index_t wasmtime_component_export_index_t;
typedef struct wasmtime_component_func_type_t wasmtime_component_func_type_t;
typedef struct wasi_config_t wasi_config_t;
typedef struct wasmtime_wasip2_config_t wasmtime_wasip2_config_t;
typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasm_trap_t wasm_trap_t;

typedef struct cwasmtime_bytes {
  size_t size;
  char *_Nullable data;
} cwasmtime_bytes_t;

typedef struct cwasmtime_imports {
  size_t size;
  wasm_importtype_t *_Nullable *_Nullable data;
} cwasmtime_imports_t;

typedef struct cwasmtime_exports {
  size_t size;
  wasm_exporttype_t *_Nullable *_Nullable data;
} cwasmtime_exports_t;

typedef struct cwasmtime_types {
  size_t size;
  wasm_valtype_t *_Nullable *_Nullable data;
} cwasmtime_types_t;

typedef struct cwasmtime_instance {
  uint64_t store;
  size_t index;
} cwasmtime_instance_t;

typedef struct cwasmtime_func {
  uint64_t store;
  void *_Nullable index;
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

// Both are the engine's own. The latter is 24 bytes in releases before 49, and 32 since.
typedef struct cwasmtime_component_instance {
  uint64_t words[4];
} cwasmtime_component_instance_t;

typedef struct cwasmtime_component_func {
  uint64_t words[8];
} cwasmtime_component_func_t;

// A component's argument or result. Kinds without a member here have at most as much room as `others`.
typedef struct cwasmtime_component_value {
  uint8_t kind;
  union {
    bool boolean;
    int8_t s8;
    uint8_t u8;
    int16_t s16;
    uint16_t u16;
    int32_t s32;
    uint32_t u32;
    int64_t s64;
    uint64_t u64;
    float f32;
    double f64;
    bool result_is_ok;
    uint64_t others[3];
  } of;
} cwasmtime_component_value_t;

// The type of an argument or a result; `type` is the engine's own where the kind is not a simple one.
typedef struct cwasmtime_component_type {
  uint8_t kind;
  void *_Nullable type;
} cwasmtime_component_type_t;

// Releases that know the target pulley64. Others abort the process if they are asked for it.
typedef struct cwasmtime_pulley {
  bool (*_Nonnull is_pulley)(const wasm_engine_t *);
} cwasmtime_pulley_t;

// The component API, which releases before 36 do not have.
typedef struct cwasmtime_components {
  wasmtime_error_t *_Nullable (*_Nonnull component_new)(wasm_engine_t *, const uint8_t *_Nullable, size_t,
                                                        wasmtime_component_t *_Nullable *_Nonnull);
  void (*_Nonnull component_delete)(wasmtime_component_t *);
  wasmtime_error_t *_Nullable (*_Nonnull component_deserialize)(wasm_engine_t *, const uint8_t *_Nullable, size_t,
                                                                wasmtime_component_t *_Nullable *_Nonnull);
  // Maps the file and reads only what is used of it.
  wasmtime_error_t *_Nullable (*_Nonnull component_deserialize_file)(wasm_engine_t *, const char *path,
                                                                     wasmtime_component_t *_Nullable *_Nonnull);
  wasmtime_error_t *_Nullable (*_Nonnull component_serialize)(const wasmtime_component_t *, cwasmtime_bytes_t *);
} cwasmtime_components_t;

// WASI preview 2 with settings of its own, in releases 35 to 38. They can give a program no environment and no directories.
// Later releases take the settings of preview 1.
typedef struct cwasmtime_wasip2 {
  wasmtime_wasip2_config_t *_Nullable (*_Nonnull config_new)(void);
  void (*_Nonnull config_delete)(wasmtime_wasip2_config_t *);
  // The text must be UTF-8.
  void (*_Nonnull config_arg)(wasmtime_wasip2_config_t *, const char *_Nullable, size_t);
  void (*_Nonnull config_inherit_stdin)(wasmtime_wasip2_config_t *);
  void (*_Nonnull config_inherit_stdout)(wasmtime_wasip2_config_t *);
  void (*_Nonnull config_inherit_stderr)(wasmtime_wasip2_config_t *);
  // Takes ownership of the configuration.
  void (*_Nonnull context_set)(wasmtime_context_t *, wasmtime_wasip2_config_t *);
} cwasmtime_wasip2_t;

// The types of components' functions, in releases since 39.
typedef struct cwasmtime_component_types {
  wasmtime_component_func_type_t *_Nullable (*_Nonnull func_type)(const cwasmtime_component_func_t *,
                                                                  wasmtime_context_t *);
  size_t (*_Nonnull param_count)(const wasmtime_component_func_type_t *);
  // These two are false if there is none. The caller owns the type; the name stays the function type's.
  bool (*_Nonnull param_nth)(const wasmtime_component_func_type_t *, size_t, const char *_Nullable *_Nonnull name,
                             size_t *name_size, cwasmtime_component_type_t *);
  bool (*_Nonnull result)(const wasmtime_component_func_type_t *, cwasmtime_component_type_t *);
  void (*_Nonnull func_type_delete)(wasmtime_component_func_type_t *);
  void (*_Nonnull type_delete)(cwasmtime_component_type_t *);
} cwasmtime_component_types_t;

// Running components, in releases since 35. It takes the stores of `cwasmtime_running_t`, too.
typedef struct cwasmtime_component_running {
  wasmtime_component_linker_t *_Nullable (*_Nonnull linker_new)(wasm_engine_t *);
  void (*_Nonnull linker_delete)(wasmtime_component_linker_t *);
  wasmtime_error_t *_Nullable (*_Nonnull linker_add_wasip2)(wasmtime_component_linker_t *);
  wasmtime_error_t *_Nullable (*_Nonnull linker_instantiate)(const wasmtime_component_linker_t *, wasmtime_context_t *,
                                                             const wasmtime_component_t *,
                                                             cwasmtime_component_instance_t *);
  // Looks in the exported instance `parent`, or at the top without one. A version of an interface stands for every one
  // that is compatible with it. The caller owns the index.
  wasmtime_component_export_index_t *_Nullable (*_Nonnull instance_get_export_index)(
      const cwasmtime_component_instance_t *, wasmtime_context_t *,
      const wasmtime_component_export_index_t *_Nullable parent, const char *_Nullable, size_t);
  bool (*_Nonnull instance_get_func)(const cwasmtime_component_instance_t *, wasmtime_context_t *,
                                     const wasmtime_component_export_index_t *, cwasmtime_component_func_t *);
  void (*_Nonnull export_index_delete)(wasmtime_component_export_index_t *);
  // There must be room for exactly the function's results. The caller owns them.
  wasmtime_error_t *_Nullable (*_Nonnull func_call)(const cwasmtime_component_func_t *, wasmtime_context_t *,
                                                    const cwasmtime_component_value_t *_Nullable, size_t,
                                                    cwasmtime_component_value_t *_Nullable, size_t);
  // Must follow each call that returned, before the next one. Recent releases do nothing then.
  wasmtime_error_t *_Nullable (*_Nonnull func_post_return)(const cwasmtime_component_func_t *, wasmtime_context_t *);
  void (*_Nonnull value_delete)(cwasmtime_component_value_t *);
  const cwasmtime_wasip2_t *_Nullable wasip2;
  const cwasmtime_component_types_t *_Nullable types;
} cwasmtime_component_running_t;

// Comparing the types of values, which is safe for all of them.
typedef struct cwasmtime_type_equality {
  bool (*_Nonnull is_equal)(const wasm_valtype_t *, const wasm_valtype_t *);
} cwasmtime_type_equality_t;

// Running modules.
typedef struct cwasmtime_running {
  wasmtime_store_t *_Nullable (*_Nonnull store_new)(wasm_engine_t *, void *_Nullable data,
                                                    void (*_Nullable finalizer)(void *_Nullable));
  void (*_Nonnull store_delete)(wasmtime_store_t *);
  wasmtime_context_t *_Nullable (*_Nonnull store_context)(wasmtime_store_t *);
  // Takes ownership of the configuration.
  wasmtime_error_t *_Nullable (*_Nonnull context_set_wasi)(wasmtime_context_t *, wasi_config_t *);

  wasi_config_t *_Nullable (*_Nonnull wasi_new)(void);
  void (*_Nonnull wasi_delete)(wasi_config_t *);
  // These two are false if a text is not UTF-8.
  bool (*_Nonnull wasi_set_argv)(wasi_config_t *, size_t, const char *_Nullable const *_Nullable);
  bool (*_Nonnull wasi_set_env)(wasi_config_t *, size_t, const char *_Nullable const *_Nullable names,
                                const char *_Nullable const *_Nullable values);
  void (*_Nonnull wasi_inherit_stdin)(wasi_config_t *);
  void (*_Nonnull wasi_inherit_stdout)(wasi_config_t *);
  void (*_Nonnull wasi_inherit_stderr)(wasi_config_t *);
  // The arguments behind the two paths differ. Releases before 27 have none. Later ones take what is permitted with
  // directories and with files (CWASMTIME_PERMIT_ALL). Those since 48 take only whether anything may be changed (1).
  // A function ignores arguments that it has no parameters for.
  bool (*_Nonnull wasi_preopen_dir)(wasi_config_t *, const char *host, const char *guest, size_t, size_t);

  wasmtime_linker_t *_Nullable (*_Nonnull linker_new)(wasm_engine_t *);
  void (*_Nonnull linker_delete)(wasmtime_linker_t *);
  wasmtime_error_t *_Nullable (*_Nonnull linker_define_wasi)(wasmtime_linker_t *);
  wasmtime_error_t *_Nullable (*_Nonnull linker_instantiate)(const wasmtime_linker_t *, wasmtime_context_t *,
                                                             const wasmtime_module_t *, cwasmtime_instance_t *,
                                                             wasm_trap_t *_Nullable *_Nonnull);

  bool (*_Nonnull instance_export_get)(wasmtime_context_t *, const cwasmtime_instance_t *, const char *_Nullable,
                                       size_t, cwasmtime_extern_t *);
  void (*_Nonnull extern_delete)(cwasmtime_extern_t *);
  wasm_functype_t *_Nullable (*_Nonnull func_type)(const wasmtime_context_t *, const cwasmtime_func_t *);
  // Arguments go in and results come out through the same values, of which there must be enough for either. The caller
  // answers for their types: the engine does not check them.
  wasmtime_error_t *_Nullable (*_Nonnull func_call_unchecked)(wasmtime_context_t *, const cwasmtime_func_t *,
                                                              cwasmtime_raw_t *_Nullable, size_t,
                                                              wasm_trap_t *_Nullable *_Nonnull);

  const cwasmtime_types_t *_Nullable (*_Nonnull functype_params)(const wasm_functype_t *);
  const cwasmtime_types_t *_Nullable (*_Nonnull functype_results)(const wasm_functype_t *);
  void (*_Nonnull functype_delete)(wasm_functype_t *);
  wasm_valtype_t *_Nullable (*_Nonnull valtype_new)(uint8_t);
  void (*_Nonnull valtype_delete)(wasm_valtype_t *);
  // Aborts the process for types that wasm.h has no number for, in recent releases even for v128. It is only good
  // where there is no type equality.
  uint8_t (*_Nonnull valtype_kind)(const wasm_valtype_t *);
  const cwasmtime_type_equality_t *_Nullable type_equality;

  void (*_Nonnull trap_message)(const wasm_trap_t *, cwasmtime_bytes_t *);
  void (*_Nonnull trap_delete)(wasm_trap_t *);
  // Whether the error is a program's way to exit, and with which status.
  bool (*_Nonnull error_exit_status)(const wasmtime_error_t *, int *);
} cwasmtime_running_t;

// Compiling, loading and looking at modules, which every supported release can, and the rest.
typedef struct cwasmtime_api {
  wasm_config_t *_Nullable (*_Nonnull config_new)(void);
  void (*_Nonnull config_strategy_set)(wasm_config_t *, uint8_t);
  void (*_Nonnull config_opt_level_set)(wasm_config_t *, uint8_t);
  void (*_Nonnull config_parallel_compilation_set)(wasm_config_t *, bool);
  wasmtime_error_t *_Nullable (*_Nonnull config_target_set)(wasm_config_t *, const char *);
  // These two abort the process in engine_new if the flag is unknown.
  void (*_Nonnull config_flag_enable)(wasm_config_t *, const char *flag);
  void (*_Nonnull config_flag_set)(wasm_config_t *, const char *flag, const char *value);
  // Takes ownership of the configuration.
  wasm_engine_t *_Nullable (*_Nonnull engine_new)(wasm_config_t *);
  void (*_Nonnull engine_delete)(wasm_engine_t *);

  wasmtime_error_t *_Nullable (*_Nonnull module_new)(wasm_engine_t *, const uint8_t *_Nullable, size_t,
                                                     wasmtime_module_t *_Nullable *_Nonnull);
  void (*_Nonnull module_delete)(wasmtime_module_t *);
  wasmtime_error_t *_Nullable (*_Nonnull module_serialize)(wasmtime_module_t *, cwasmtime_bytes_t *);

  wasmtime_error_t *_Nullable (*_Nonnull module_validate)(wasm_engine_t *, const uint8_t *_Nullable, size_t);
  wasmtime_error_t *_Nullable (*_Nonnull module_deserialize)(wasm_engine_t *, const uint8_t *_Nullable, size_t,
                                                             wasmtime_module_t *_Nullable *_Nonnull);
  // Maps the file and reads only what is used of it.
  wasmtime_error_t *_Nullable (*_Nonnull module_deserialize_file)(wasm_engine_t *, const char *path,
                                                                  wasmtime_module_t *_Nullable *_Nonnull);

  // A type may only be asked for its kind. Asking for value types aborts the process where wasm.h has no number for
  // one of them, in recent releases even for v128.
  void (*_Nonnull module_imports)(const wasmtime_module_t *, cwasmtime_imports_t *);
  void (*_Nonnull module_exports)(const wasmtime_module_t *, cwasmtime_exports_t *);
  const cwasmtime_bytes_t *_Nullable (*_Nonnull import_module)(const wasm_importtype_t *);
  const cwasmtime_bytes_t *_Nullable (*_Nonnull import_name)(const wasm_importtype_t *);
  const wasm_externtype_t *_Nullable (*_Nonnull import_type)(const wasm_importtype_t *);
  void (*_Nonnull imports_delete)(cwasmtime_imports_t *);
  const cwasmtime_bytes_t *_Nullable (*_Nonnull export_name)(const wasm_exporttype_t *);
  const wasm_externtype_t *_Nullable (*_Nonnull export_type)(const wasm_exporttype_t *);
  void (*_Nonnull exports_delete)(cwasmtime_exports_t *);
  uint8_t (*_Nonnull extern_kind)(const wasm_externtype_t *);

  void (*_Nonnull error_message)(const wasmtime_error_t *, cwasmtime_bytes_t *);
  void (*_Nonnull error_delete)(wasmtime_error_t *);
  void (*_Nonnull bytes_delete)(cwasmtime_bytes_t *);

  const cwasmtime_pulley_t *_Nullable pulley;
  const cwasmtime_components_t *_Nullable components;
  const cwasmtime_running_t *_Nullable running;
  // The first function that the library lacks to run modules; null if `running` is there.
  const char *_Nullable cannot_run_without;
  const cwasmtime_component_running_t *_Nullable component_running;
  // The first function that the library lacks to run components; null if `component_running` is there.
  const char *_Nullable cannot_run_components_without;
  // The dynamic linker's handle.
  void *library;
} cwasmtime_api_t;

enum cwasmtime_strategy { CWASMTIME_STRATEGY_CRANELIFT = 1, CWASMTIME_STRATEGY_WINCH = 2 };
enum cwasmtime_opt_level { CWASMTIME_OPT_NONE = 0, CWASMTIME_OPT_SPEED = 1, CWASMTIME_OPT_SPEED_AND_SIZE = 2 };

enum cwasmtime_number { CWASMTIME_I32 = 0, CWASMTIME_I64 = 1, CWASMTIME_F32 = 2, CWASMTIME_F64 = 3 };
enum cwasmtime_component_value_kind {
  CWASMTIME_COMPONENT_BOOL = 0,
  CWASMTIME_COMPONENT_S8 = 1,
  CWASMTIME_COMPONENT_U8 = 2,
  CWASMTIME_COMPONENT_S16 = 3,
  CWASMTIME_COMPONENT_U16 = 4,
  CWASMTIME_COMPONENT_S32 = 5,
  CWASMTIME_COMPONENT_U32 = 6,
  CWASMTIME_COMPONENT_S64 = 7,
  CWASMTIME_COMPONENT_U64 = 8,
  CWASMTIME_COMPONENT_F32 = 9,
  CWASMTIME_COMPONENT_F64 = 10,
  CWASMTIME_COMPONENT_RESULT = 19,
};
enum cwasmtime_component_type_kind {
  CWASMTIME_COMPONENT_TYPE_BOOL = 0,
  CWASMTIME_COMPONENT_TYPE_S8 = 1,
  CWASMTIME_COMPONENT_TYPE_S16 = 2,
  CWASMTIME_COMPONENT_TYPE_S32 = 3,
  CWASMTIME_COMPONENT_TYPE_S64 = 4,
  CWASMTIME_COMPONENT_TYPE_U8 = 5,
  CWASMTIME_COMPONENT_TYPE_U16 = 6,
  CWASMTIME_COMPONENT_TYPE_U32 = 7,
  CWASMTIME_COMPONENT_TYPE_U64 = 8,
  CWASMTIME_COMPONENT_TYPE_F32 = 9,
  CWASMTIME_COMPONENT_TYPE_F64 = 10,
};
enum cwasmtime_extern_kind { CWASMTIME_EXTERN_FUNC = 0 };
enum cwasmtime_permissions { CWASMTIME_PERMIT_ALL = 3 };

typedef enum cwasmtime_open_result {
  CWASMTIME_OPENED,
  CWASMTIME_CANNOT_LOAD,      // detail: the dynamic linker's message
  CWASMTIME_MISSING_FUNCTION, // detail: the function's name
} cwasmtime_open_result_t;

// Loads the library at `path` and points `api` to its tables; any thread may call.
//
// On failure writes a NUL-terminated detail of at most `capacity` bytes, and `api` is null. The library is never
// unloaded, because it owns threads. Its tables are never freed and do not change; a library that is opened again has
// the same ones.
cwasmtime_open_result_t cwasmtime_open(const char *path, const cwasmtime_api_t *_Nullable *_Nonnull api, char *detail,
                                       size_t capacity);

// Most choices of a configuration are one toggle or one number, each with a function of its own, and releases differ in
// which they have. So these functions are looked up by their names when they are needed. False: the library has no
// function of that name, and nothing was changed.
bool cwasmtime_config_has(const cwasmtime_api_t *api, const char *function);
bool cwasmtime_config_set_toggle(const cwasmtime_api_t *api, wasm_config_t *config, const char *function, bool value);
bool cwasmtime_config_set_number(const cwasmtime_api_t *api, wasm_config_t *config, const char *function,
                                 uint64_t value);

// Lets a store's code run without end, where its engine counts fuel or looks at epochs.
void cwasmtime_context_set_boundless(const cwasmtime_api_t *api, wasmtime_context_t *context);

#pragma clang assume_nonnull end

#endif
