#include "CWasmtime.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
  const char *name;
  size_t offset;
};

#define API(member, symbol) {symbol, offsetof(cwasmtime_api_t, member)}
#define PULLEY(member, symbol) {symbol, offsetof(cwasmtime_pulley_t, member)}
#define COMPONENTS(member, symbol) {symbol, offsetof(cwasmtime_components_t, member)}
#define RUNNING(member, symbol) {symbol, offsetof(cwasmtime_running_t, member)}
#define TYPE_EQUALITY(member, symbol) {symbol, offsetof(cwasmtime_type_equality_t, member)}
#define COMPONENT_RUNNING(member, symbol) {symbol, offsetof(cwasmtime_component_running_t, member)}
#define WASIP2(member, symbol) {symbol, offsetof(cwasmtime_wasip2_t, member)}
#define COMPONENT_TYPES(member, symbol) {symbol, offsetof(cwasmtime_component_types_t, member)}

static const struct symbol api_symbols[] = {
    API(config_new, "wasm_config_new"),
    API(config_strategy_set, "wasmtime_config_strategy_set"),
    API(config_opt_level_set, "wasmtime_config_cranelift_opt_level_set"),
    API(config_parallel_compilation_set, "wasmtime_config_parallel_compilation_set"),
    API(config_target_set, "wasmtime_config_target_set"),
    API(config_flag_enable, "wasmtime_config_cranelift_flag_enable"),
    API(config_flag_set, "wasmtime_config_cranelift_flag_set"),
    API(engine_new, "wasm_engine_new_with_config"),
    API(engine_delete, "wasm_engine_delete"),
    API(module_new, "wasmtime_module_new"),
    API(module_delete, "wasmtime_module_delete"),
    API(module_serialize, "wasmtime_module_serialize"),
    API(module_validate, "wasmtime_module_validate"),
    API(module_deserialize, "wasmtime_module_deserialize"),
    API(module_deserialize_file, "wasmtime_module_deserialize_file"),
    API(module_imports, "wasmtime_module_imports"),
    API(module_exports, "wasmtime_module_exports"),
    API(import_module, "wasm_importtype_module"),
    API(import_name, "wasm_importtype_name"),
    API(import_type, "wasm_importtype_type"),
    API(imports_delete, "wasm_importtype_vec_delete"),
    API(export_name, "wasm_exporttype_name"),
    API(export_type, "wasm_exporttype_type"),
    API(exports_delete, "wasm_exporttype_vec_delete"),
    API(extern_kind, "wasm_externtype_kind"),
    API(error_message, "wasmtime_error_message"),
    API(error_delete, "wasmtime_error_delete"),
    API(bytes_delete, "wasm_byte_vec_delete"),
};

static const struct symbol pulley_symbols[] = {
    PULLEY(is_pulley, "wasmtime_engine_is_pulley"),
};

static const struct symbol components_symbols[] = {
    COMPONENTS(component_new, "wasmtime_component_new"),
    COMPONENTS(component_delete, "wasmtime_component_delete"),
    COMPONENTS(component_deserialize, "wasmtime_component_deserialize"),
    COMPONENTS(component_deserialize_file, "wasmtime_component_deserialize_file"),
    COMPONENTS(component_serialize, "wasmtime_component_serialize"),
};

static const struct symbol running_symbols[] = {
    RUNNING(store_new, "wasmtime_store_new"),
    RUNNING(store_delete, "wasmtime_store_delete"),
    RUNNING(store_context, "wasmtime_store_context"),
    RUNNING(context_set_wasi, "wasmtime_context_set_wasi"),
    RUNNING(wasi_new, "wasi_config_new"),
    RUNNING(wasi_delete, "wasi_config_delete"),
    RUNNING(wasi_set_argv, "wasi_config_set_argv"),
    RUNNING(wasi_set_env, "wasi_config_set_env"),
    RUNNING(wasi_inherit_stdin, "wasi_config_inherit_stdin"),
    RUNNING(wasi_inherit_stdout, "wasi_config_inherit_stdout"),
    RUNNING(wasi_inherit_stderr, "wasi_config_inherit_stderr"),
    RUNNING(wasi_preopen_dir, "wasi_config_preopen_dir"),
    RUNNING(linker_new, "wasmtime_linker_new"),
    RUNNING(linker_delete, "wasmtime_linker_delete"),
    RUNNING(linker_define_wasi, "wasmtime_linker_define_wasi"),
    RUNNING(linker_instantiate, "wasmtime_linker_instantiate"),
    RUNNING(instance_export_get, "wasmtime_instance_export_get"),
    RUNNING(extern_delete, "wasmtime_extern_delete"),
    RUNNING(func_type, "wasmtime_func_type"),
    RUNNING(func_call_unchecked, "wasmtime_func_call_unchecked"),
    RUNNING(functype_params, "wasm_functype_params"),
    RUNNING(functype_results, "wasm_functype_results"),
    RUNNING(functype_delete, "wasm_functype_delete"),
    RUNNING(valtype_new, "wasm_valtype_new"),
    RUNNING(valtype_delete, "wasm_valtype_delete"),
    RUNNING(valtype_kind, "wasm_valtype_kind"),
    RUNNING(trap_message, "wasm_trap_message"),
    RUNNING(trap_delete, "wasm_trap_delete"),
    RUNNING(error_exit_status, "wasmtime_error_exit_status"),
};

static const struct symbol type_equality_symbols[] = {
    TYPE_EQUALITY(is_equal, "wasmtime_wasm_valtype_equal"),
};

static const struct symbol component_running_symbols[] = {
    COMPONENT_RUNNING(linker_new, "wasmtime_component_linker_new"),
    COMPONENT_RUNNING(linker_delete, "wasmtime_component_linker_delete"),
    COMPONENT_RUNNING(linker_add_wasip2, "wasmtime_component_linker_add_wasip2"),
    COMPONENT_RUNNING(linker_instantiate, "wasmtime_component_linker_instantiate"),
    COMPONENT_RUNNING(instance_get_export_index, "wasmtime_component_instance_get_export_index"),
    COMPONENT_RUNNING(instance_get_func, "wasmtime_component_instance_get_func"),
    COMPONENT_RUNNING(export_index_delete, "wasmtime_component_export_index_delete"),
    COMPONENT_RUNNING(func_call, "wasmtime_component_func_call"),
    COMPONENT_RUNNING(func_post_return, "wasmtime_component_func_post_return"),
    COMPONENT_RUNNING(value_delete, "wasmtime_component_val_delete"),
};

static const struct symbol wasip2_symbols[] = {
    WASIP2(config_new, "wasmtime_wasip2_config_new"),
    WASIP2(config_delete, "wasmtime_wasip2_config_delete"),
    WASIP2(config_arg, "wasmtime_wasip2_config_arg"),
    WASIP2(config_inherit_stdin, "wasmtime_wasip2_config_inherit_stdin"),
    WASIP2(config_inherit_stdout, "wasmtime_wasip2_config_inherit_stdout"),
    WASIP2(config_inherit_stderr, "wasmtime_wasip2_config_inherit_stderr"),
    WASIP2(context_set, "wasmtime_context_set_wasip2"),
};

static const struct symbol component_types_symbols[] = {
    COMPONENT_TYPES(func_type, "wasmtime_component_func_type"),
    COMPONENT_TYPES(param_count, "wasmtime_component_func_type_param_count"),
    COMPONENT_TYPES(param_nth, "wasmtime_component_func_type_param_nth"),
    COMPONENT_TYPES(result, "wasmtime_component_func_type_result"),
    COMPONENT_TYPES(func_type_delete, "wasmtime_component_func_type_delete"),
    COMPONENT_TYPES(type_delete, "wasmtime_component_valtype_delete"),
};

// Fills a table; the name of the first function that the library lacks, or null.
static const char *fill(void *library, void *table, const struct symbol *symbols, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *function = dlsym(library, symbols[i].name);
    if (function == NULL)
      return symbols[i].name;
    memcpy((char *)table + symbols[i].offset, &function, sizeof function);
  }
  return NULL;
}

#define FILL(library, table, symbols) fill(library, table, symbols, sizeof symbols / sizeof *symbols)

// The tables of one library.
struct loaded {
  struct loaded *next;
  void *library;
  cwasmtime_api_t api;
  cwasmtime_pulley_t pulley;
  cwasmtime_components_t components;
  cwasmtime_running_t running;
  cwasmtime_type_equality_t type_equality;
  cwasmtime_component_running_t component_running;
  cwasmtime_wasip2_t wasip2;
  cwasmtime_component_types_t component_types;
};

// Fills the tables; the name of the first function without which the library is of no use, or null.
static const char *load(struct loaded *loaded) {
  const char *missing = FILL(loaded->library, &loaded->api, api_symbols);
  if (missing != NULL)
    return missing;
  if (FILL(loaded->library, &loaded->pulley, pulley_symbols) == NULL)
    loaded->api.pulley = &loaded->pulley;
  const char *no_components = FILL(loaded->library, &loaded->components, components_symbols);
  if (no_components == NULL)
    loaded->api.components = &loaded->components;
  if (FILL(loaded->library, &loaded->type_equality, type_equality_symbols) == NULL)
    loaded->running.type_equality = &loaded->type_equality;
  loaded->api.cannot_run_without = FILL(loaded->library, &loaded->running, running_symbols);
  if (loaded->api.cannot_run_without == NULL)
    loaded->api.running = &loaded->running;
  if (FILL(loaded->library, &loaded->wasip2, wasip2_symbols) == NULL)
    loaded->component_running.wasip2 = &loaded->wasip2;
  if (FILL(loaded->library, &loaded->component_types, component_types_symbols) == NULL)
    loaded->component_running.types = &loaded->component_types;
  const char *no_component_running = FILL(loaded->library, &loaded->component_running, component_running_symbols);
  // Components are compiled or loaded before they run.
  loaded->api.cannot_run_components_without = no_components ? no_components : no_component_running;
  if (loaded->api.cannot_run_components_without == NULL)
    loaded->api.component_running = &loaded->component_running;
  return NULL;
}

// Every library that was opened. The dynamic linker gives the same handle for a library that it has already, so that
// the list is as long as there are libraries.
static struct loaded *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

// Gives the tables of a library; null with `missing` if it lacks a function, null without it if there is no memory.
static const cwasmtime_api_t *tables(void *library, const char **missing) {
  for (struct loaded *known = all; known != NULL; known = known->next)
    if (known->library == library)
      return &known->api;
  struct loaded *loaded = calloc(1, sizeof *loaded);
  if (loaded == NULL)
    return NULL;
  loaded->library = library;
  loaded->api.library = library;
  *missing = load(loaded);
  if (*missing != NULL) {
    free(loaded);
    return NULL;
  }
  loaded->next = all;
  all = loaded;
  return &loaded->api;
}

cwasmtime_open_result_t cwasmtime_open(const char *path, const cwasmtime_api_t **api, char *detail, size_t capacity) {
  *api = NULL;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *message = dlerror();
    snprintf(detail, capacity, "%s", message ? message : "unknown reason");
    return CWASMTIME_CANNOT_LOAD;
  }
  const char *missing = NULL;
  pthread_mutex_lock(&all_lock);
  *api = tables(library, &missing);
  pthread_mutex_unlock(&all_lock);
  if (*api != NULL)
    return CWASMTIME_OPENED;
  snprintf(detail, capacity, "%s", missing ? missing : "out of memory");
  return missing ? CWASMTIME_MISSING_FUNCTION : CWASMTIME_CANNOT_LOAD;
}

bool cwasmtime_config_has(const cwasmtime_api_t *api, const char *function) {
  return dlsym(api->library, function) != NULL;
}

bool cwasmtime_config_set_toggle(const cwasmtime_api_t *api, wasm_config_t *config, const char *function, bool value) {
  void (*set)(wasm_config_t *, bool) = (void (*)(wasm_config_t *, bool))dlsym(api->library, function);
  if (set == NULL)
    return false;
  set(config, value);
  return true;
}

bool cwasmtime_config_set_number(const cwasmtime_api_t *api, wasm_config_t *config, const char *function,
                                 uint64_t value) {
  void (*set)(wasm_config_t *, uint64_t) = (void (*)(wasm_config_t *, uint64_t))dlsym(api->library, function);
  if (set == NULL)
    return false;
  set(config, value);
  return true;
}

void cwasmtime_context_set_boundless(const cwasmtime_api_t *api, wasmtime_context_t *context) {
  wasmtime_error_t *(*set_fuel)(wasmtime_context_t *, uint64_t) =
      (wasmtime_error_t * (*)(wasmtime_context_t *, uint64_t)) dlsym(api->library, "wasmtime_context_set_fuel");
  if (set_fuel != NULL) {
    // An engine that counts no fuel refuses it.
    wasmtime_error_t *error = set_fuel(context, UINT64_MAX);
    if (error != NULL)
      api->error_delete(error);
  }
  void (*set_deadline)(wasmtime_context_t *, uint64_t) =
      (void (*)(wasmtime_context_t *, uint64_t))dlsym(api->library, "wasmtime_context_set_epoch_deadline");
  // The deadline is added to the current epoch.
  if (set_deadline != NULL)
    set_deadline(context, UINT64_MAX / 2);
}
