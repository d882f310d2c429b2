// Loads WebAssembly modules from a cache of wasmprecompile, in programs with a libwasmtime.
//
//     wasm_engine_t *engine = wasm_engine_new();
//     wasmprecompile_cache_t *cache;
//     wasmprecompile_message_t error;
//     wasmtime_module_t *module;
//     if (!wasmprecompile_open(engine, NULL, &cache, &error)) die("cache", error.text);
//     if (!wasmprecompile_load_file(cache, "app.wasm", &module, NULL, &error)) die("app.wasm", error.text);
//
// A module that is in the cache is not compiled. One that is not is compiled by the engine, and published if there is a cache
// to write to, so that the next load has it. The engine may have any configuration: what it is good for is asked of the
// engine itself, by compiling the empty module, so nothing is to be said twice.
//
// Nothing that is wrong with a cache is an error. An artifact whose bytes do not have the digest of their name, one that the
// engine refuses, and a cache that other users could write to count as missing; wasmprecompile_outcome_t says so. What fails
// is what would fail without a cache: a file cannot be read, the engine refuses a module, there is no memory.
//
// There is one source file, wasmprecompile.c, for C11 on Linux with 64-bit little-endian processors. It needs nothing but the
// C library and a libwasmtime, of release 24 or later, that the program is linked with or has loaded by dlopen(3). It has no
// global state but what it knows of the processor. Any thread may use a cache, several at once, as they may use the engine.
// FORMAT.md describes the format.

#ifndef WASMPRECOMPILE_H
#define WASMPRECOMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// wasmtime's own headers declare the same; they are not needed here.
typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_component_t wasmtime_component_t;

/// What is said about something that went wrong: one line, without a full stop, cut where it is longer.
typedef struct {
  char text[1024];
} wasmprecompile_message_t;

/// Whether what had to be compiled is published.
typedef enum {
  /// If the cache is there and may be written to.
  WASMPRECOMPILE_WRITE_IF_THERE,
  /// Never.
  WASMPRECOMPILE_WRITE_NEVER,
  /// And a cache is made if there is none.
  WASMPRECOMPILE_WRITE_ALWAYS,
} wasmprecompile_write_t;

/// How a cache is used; all zero are the defaults.
typedef struct {
  /// The cache's directory; NULL for the one that the tool uses: $WASMPRECOMPILE_CACHE_DIR, else wasmprecompile in
  /// $XDG_CACHE_HOME or ~/.cache.
  const char *directory;
  /// Directories of caches that are only read, looked at in this order after the own one; NULL ends them, and is none.
  const char *const *lower_caches;
  /// The libwasmtime that the engine is of, as dlopen(3) gave it; NULL for the one that the program is linked with.
  void *library;
  /// What the engine compiles with, where that is "winch": it cannot be seen. It only says under which name an artifact is
  /// published; looked for is each. NULL for "cranelift", and for "pulley" where the engine's target says so.
  const char *backend;
  wasmprecompile_write_t write;
  /// Whether other users may own the cache or write to it. What they write is run.
  bool trust_cache;
  /// Whether an artifact's bytes are read into this process's memory and loaded from there.
  ///
  /// By default the engine maps the file whose bytes were checked, by its open descriptor. So processes share the memory, and
  /// only what is used is read. Whoever can write to the file can change the code after the check; that is this user and root.
  bool in_memory;
  /// Files of public keys, as `wasmprecompile keys generate`, minisign and signify make them; NULL ends them, and is none. With
  /// any, an artifact of a lower cache counts only if one of them signed it. libsodium or OpenSSL's libcrypto checks that, loaded
  /// by dlopen(3); wasmprecompile_open fails where neither is there, and where a key cannot be used.
  const char *const *trusted_keys;
} wasmprecompile_options_t;

/// The artifacts that one engine can load.
typedef struct wasmprecompile_cache wasmprecompile_cache_t;

/// What became of one load.
typedef struct {
  /// The SHA-256 of the module's bytes, as text.
  char module[65];
  /// Whether nothing was compiled.
  bool from_cache;
  /// Whether the artifact was stored for the next load.
  bool published;
  /// What was found and not used, or why nothing was published; often empty.
  wasmprecompile_message_t reason;
} wasmprecompile_outcome_t;

/// Finds out what an engine is good for, and where its artifacts are.
///
/// The cache's directories are opened for each load. So a cache may be made, removed or replaced while the program runs.
///
/// @param engine must live longer than the cache.
/// @param options NULL for the defaults; what it points to is copied.
/// @return false, with an error, if the process has no libwasmtime or no memory, or a trusted key cannot be used. An engine that cannot be told from others
///         gives a cache that compiles everything and keeps nothing; each outcome says why.
bool wasmprecompile_open(wasm_engine_t *engine, const wasmprecompile_options_t *options, wasmprecompile_cache_t **cache,
                         wasmprecompile_message_t *error);

/// Lets go of a cache; NULL is none. Modules that were loaded stay.
void wasmprecompile_close(wasmprecompile_cache_t *cache);

/// Loads a module: from the cache, or compiled by the engine.
///
/// @param wasm the bytes of a module in WebAssembly's binary format.
/// @param module to be deleted with wasmtime_module_delete.
/// @param outcome NULL if it does not matter.
/// @param error NULL if it does not matter; empty without one.
/// @return false, with the engine's error, if it refuses the module.
bool wasmprecompile_load(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size, wasmtime_module_t **module,
                         wasmprecompile_outcome_t *outcome, wasmprecompile_message_t *error);

/// Loads the module in a file.
bool wasmprecompile_load_file(const wasmprecompile_cache_t *cache, const char *path, wasmtime_module_t **module,
                              wasmprecompile_outcome_t *outcome, wasmprecompile_message_t *error);

/// Loads a component. Releases whose C API has no components, those before 33, fail.
bool wasmprecompile_load_component(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size,
                                   wasmtime_component_t **component, wasmprecompile_outcome_t *outcome,
                                   wasmprecompile_message_t *error);

/// An artifact of the cache, with bytes that have the digest of its name.
typedef struct {
  /// Open for reading, to be closed with close(2).
  int descriptor;
  /// Bytes.
  size_t size;
  /// The entry's path, which `wasmprecompile path` prints, too.
  char path[4096];
} wasmprecompile_artifact_t;

/// Finds and checks a module's artifact without loading it.
///
/// @return false, with a reason, if no cache has a good one.
bool wasmprecompile_find(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size,
                         wasmprecompile_artifact_t *artifact, wasmprecompile_message_t *reason);

/// The name of one of the directories that artifacts for the engine are looked for in, the first of them at 0; NULL behind the
/// last one.
const char *wasmprecompile_directory(const wasmprecompile_cache_t *cache, size_t index);

/// The SHA-256 of an identity, as 64 digits.
void wasmprecompile_identity(const char *backend, const uint8_t *record, size_t record_size, const uint8_t *build,
                             size_t build_size, const char *features, char identity[65]);

/// The name of an identity's directory, cut where the room ends.
void wasmprecompile_directory_name(const char *backend, const char *version, const char *identity, char *name, size_t room);

#ifdef __cplusplus
}
#endif

#endif
