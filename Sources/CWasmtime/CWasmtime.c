#include "CWasmtime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum need { ALWAYS, TO_RUN, NEVER };

struct symbol {
  const char *name;
  size_t offset;
  enum need need;
};

#define REQUIRED(member, symbol) {symbol, offsetof(cwasmtime_api_t, member), ALWAYS}
#define RUNNING(member, symbol) {symbol, offsetof(cwasmtime_api_t, member), TO_RUN}
#define OPTIONAL(member, symbol) {symbol, offsetof(cwasmtime_api_t, member), NEVER}

static const struct symbol symbols[] = {
    REQUIRED(config_new, "wasm_config_new"),
    REQUIRED(config_strategy_set, "wasmtime_config_strategy_set"),
    REQUIRED(config_opt_level_set, "wasmtime_config_cranelift_opt_level_set"),
    REQUIRED(config_parallel_compilation_set, "wasmtime_config_parallel_compilation_set"),
    REQUIRED(config_target_set, "wasmtime_config_target_set"),
    REQUIRED(engine_new, "wasm_engine_new_with_config"),
    REQUIRED(engine_delete, "wasm_engine_delete"),
    REQUIRED(module_new, "wasmtime_module_new"),
    REQUIRED(module_delete, "wasmtime_module_delete"),
    REQUIRED(module_serialize, "wasmtime_module_serialize"),
    REQUIRED(module_validate, "wasmtime_module_validate"),
    REQUIRED(module_deserialize, "wasmtime_module_deserialize"),
    REQUIRED(module_deserialize_file, "wasmtime_module_deserialize_file"),
    REQUIRED(module_imports, "wasmtime_module_imports"),
    REQUIRED(module_exports, "wasmtime_module_exports"),
    REQUIRED(import_module, "wasm_importtype_module"),
    REQUIRED(import_name, "wasm_importtype_name"),
    REQUIRED(import_type, "wasm_importtype_type"),
    REQUIRED(imports_delete, "wasm_importtype_vec_delete"),
    REQUIRED(export_name, "wasm_exporttype_name"),
    REQUIRED(export_type, "wasm_exporttype_type"),
    REQUIRED(exports_delete, "wasm_exporttype_vec_delete"),
    REQUIRED(extern_kind, "wasm_externtype_kind"),
    OPTIONAL(engine_is_pulley, "wasmtime_engine_is_pulley"),
    OPTIONAL(component_new, "wasmtime_component_new"),
    OPTIONAL(component_delete, "wasmtime_component_delete"),
    OPTIONAL(component_serialize, "wasmtime_component_serialize"),
    REQUIRED(error_message, "wasmtime_error_message"),
    REQUIRED(error_delete, "wasmtime_error_delete"),
    REQUIRED(bytes_delete, "wasm_byte_vec_delete"),

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
    OPTIONAL(valtype_equal, "wasmtime_wasm_valtype_equal"),
    RUNNING(trap_message, "wasm_trap_message"),
    RUNNING(trap_delete, "wasm_trap_delete"),
    RUNNING(error_exit_status, "wasmtime_error_exit_status"),
};

cwasmtime_open_result_t cwasmtime_open(const char *path, cwasmtime_api_t *api, char *detail, size_t capacity) {
  memset(api, 0, sizeof *api);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *message = dlerror();
    snprintf(detail, capacity, "%s", message ? message : "unknown reason");
    return CWASMTIME_CANNOT_LOAD;
  }
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *function = dlsym(library, symbols[i].name);
    if (function == NULL && symbols[i].need == ALWAYS) {
      snprintf(detail, capacity, "%s", symbols[i].name);
      return CWASMTIME_MISSING_FUNCTION;
    }
    if (function == NULL && symbols[i].need == TO_RUN && api->cannot_run_without == NULL)
      api->cannot_run_without = symbols[i].name;
    memcpy((char *)api + symbols[i].offset, &function, sizeof function);
  }
  return CWASMTIME_OPENED;
}
