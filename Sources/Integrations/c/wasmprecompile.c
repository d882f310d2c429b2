// See wasmprecompile.h. The order is: SHA-256, the identity, the engine, directories, looking, signatures, publishing, the whole.
//
// This is one long file because hosts copy it: it and the header are all that a build takes which cannot install a library.

#define _GNU_SOURCE

#include "wasmprecompile.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#if defined __x86_64__ && !defined WASMPRECOMPILE_PORTABLE
#define HAS_FAST_SHA256
#include <cpuid.h>
#include <immintrin.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || UINTPTR_MAX != UINT64_MAX
#error "this needs a 64-bit little-endian processor, as artifacts are made for"
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

// What a step gives: that it is done, that something is not there, or that something is wrong and a message says what.
typedef enum { DONE, ABSENT, WRONG } result_t;

// Says what is wrong. What was said before stays in front: the first reason is the one that counts.
__attribute__((format(printf, 2, 3))) static result_t say(wasmprecompile_message_t *message, const char *format, ...) {
  if (message == NULL) return WRONG;
  size_t length = strnlen(message->text, sizeof message->text - 1);
  if (length > 0 && length + 2 < sizeof message->text) {
    memcpy(message->text + length, "; ", 3);
    length += 2;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message->text + length, sizeof message->text - length, format, arguments);
  va_end(arguments);
  return WRONG;
}

// The same for a system call that failed just now.
static result_t say_errno(wasmprecompile_message_t *message, const char *path) {
  return errno == ENOENT ? ABSENT : say(message, "%s: %m", path);
}

static void close_all(const int *descriptors, size_t count) {
  int kept = errno;
  for (size_t i = 0; i < count; i++) {
    if (descriptors[i] >= 0) close(descriptors[i]);
  }
  errno = kept;
}

// SHA-256, as FIPS 180-4 has it.

typedef struct {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
} sha256_t;

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void sha256_blocks_portable(uint32_t state[8], const uint8_t *bytes, size_t count) {
  for (; count > 0; count--, bytes += 64) {
    uint32_t words[64];
    for (int i = 0; i < 16; i++) {
      words[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 |
                 bytes[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
      uint32_t a = words[i - 15], b = words[i - 2];
      words[i] = words[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + words[i - 7] +
                 (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    // The variables change places instead of values.
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                       \
  h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + sha256_constants[i] + words[i]; \
  d += h;                                                                                                      \
  h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    for (int i = 0; i < 64; i += 8) {
      ROUND(a, b, c, d, e, f, g, h, i);
      ROUND(h, a, b, c, d, e, f, g, i + 1);
      ROUND(g, h, a, b, c, d, e, f, i + 2);
      ROUND(f, g, h, a, b, c, d, e, i + 3);
      ROUND(e, f, g, h, a, b, c, d, i + 4);
      ROUND(d, e, f, g, h, a, b, c, i + 5);
      ROUND(c, d, e, f, g, h, a, b, i + 6);
      ROUND(b, c, d, e, f, g, h, a, i + 7);
    }
#undef ROUND
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#ifdef HAS_FAST_SHA256

// The same with the processor's own instructions for it, which hash six times as fast.
__attribute__((target("sha,sse4.1"))) static void sha256_blocks_fast(uint32_t state[8], const uint8_t *bytes, size_t count) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
  for (; count > 0; count--, bytes += 64) {
    __m128i first = abef, second = cdgh, words[4];
    for (int i = 0; i < 16; i++) {
      __m128i *now = &words[i % 4], last = words[(i + 3) % 4];
      if (i < 4) {
        *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes + i), order);
      } else {
        __m128i older = _mm_sha256msg1_epu32(*now, words[(i + 1) % 4]);
        *now = _mm_sha256msg2_epu32(_mm_add_epi32(older, _mm_alignr_epi8(last, words[(i + 2) % 4], 4)), last);
      }
      __m128i added = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(sha256_constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
    }
    abef = _mm_add_epi32(abef, first);
    cdgh = _mm_add_epi32(cdgh, second);
  }
  low = _mm_shuffle_epi32(abef, 0x1b);
  high = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

// Asked once, because a virtual machine's monitor answers, which takes microseconds. Whoever asks at once gets the same answer.
static bool has_sha(void) {
  static _Atomic int known;
  if (known == 0) {
    unsigned a, b, c, d;
    bool has_sse = __get_cpuid(1, &a, &b, &c, &d) && c & bit_SSSE3 && c & bit_SSE4_1;
    known = has_sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA ? 2 : 1;
  }
  return known == 2;
}

#endif

// WASMPRECOMPILE_PORTABLE leaves the fast one out.
static void sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t count) {
#ifdef HAS_FAST_SHA256
  if (has_sha()) {
    sha256_blocks_fast(state, bytes, count);
    return;
  }
#endif
  sha256_blocks_portable(state, bytes, count);
}

static void sha256_start(sha256_t *hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, start, sizeof start);
  hash->length = 0;
}

static void sha256_add(sha256_t *hash, const void *data, size_t size) {
  const uint8_t *bytes = data;
  size_t filled = hash->length % 64;
  hash->length += size;
  if (filled > 0) {
    size_t part = size < 64 - filled ? size : 64 - filled;
    if (part > 0) memcpy(hash->block + filled, bytes, part);
    bytes += part, size -= part, filled += part;
    if (filled < 64) return;
    sha256_blocks(hash->state, hash->block, 1);
  }
  sha256_blocks(hash->state, bytes, size / 64);
  if (size % 64 > 0) memcpy(hash->block, bytes + size / 64 * 64, size % 64);
}

static void sha256_end(sha256_t *hash, uint8_t digest[32]) {
  uint64_t bits = hash->length * 8;
  uint8_t padding[72] = {0x80};
  size_t zeros = (119 - hash->length % 64) % 64;
  for (int i = 0; i < 8; i++) padding[1 + zeros + i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_add(hash, padding, 1 + zeros + 8);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

static void sha256(const void *bytes, size_t size, uint8_t digest[32]) {
  sha256_t hash;
  sha256_start(&hash);
  sha256_add(&hash, bytes, size);
  sha256_end(&hash, digest);
}

static void write_hex(const uint8_t *bytes, size_t size, char *text) {
  for (size_t i = 0; i < size; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  text[2 * size] = 0;
}

// The identity

static void add_part(sha256_t *hash, const char *tag, const void *bytes, size_t size) {
  char line[64];
  sha256_add(hash, line, (size_t)snprintf(line, sizeof line, "%s %zu\n", tag, size));
  sha256_add(hash, bytes, size);
}

void wasmprecompile_identity(const char *backend, const uint8_t *record, size_t record_size, const uint8_t *build,
                             size_t build_size, const char *features, char identity[65]) {
  sha256_t hash;
  uint8_t digest[32];
  sha256_start(&hash);
  add_part(&hash, "backend", backend, strlen(backend));
  add_part(&hash, "record", record, record_size);
  add_part(&hash, "build", build, build_size);
  add_part(&hash, "features", features, strlen(features));
  sha256_end(&hash, digest);
  write_hex(digest, sizeof digest, identity);
}

void wasmprecompile_directory_name(const char *backend, const char *version, const char *identity, char *name, size_t room) {
  int length = snprintf(name, room, "%s-%s-%.16s", backend, version, identity);
  size_t start = strlen(backend) + 1;
  for (size_t i = start; i < start + strlen(version) && i + 1 < room && length > 0; i++) {
    bool is_letter = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z');
    bool is_other = (name[i] >= '0' && name[i] <= '9') || (name[i] != 0 && strchr("._+", name[i]) != NULL);
    if (!is_letter && !is_other) name[i] = '_';
  }
}

// The engine

typedef struct wasmtime_error error_t_;
typedef struct {
  size_t size;
  char *data;
} bytes_t;

typedef error_t_ *new_t(wasm_engine_t *, const uint8_t *, size_t, void **);
typedef error_t_ *load_file_t(wasm_engine_t *, const char *, void **);
typedef error_t_ *serialize_t(void *, bytes_t *);
typedef void delete_t(void *);

// What can be done with modules, or with components.
typedef struct {
  new_t *make;
  new_t *deserialize;
  load_file_t *deserialize_file;
  serialize_t *serialize;
  delete_t *delete;
} kind_t;

typedef struct {
  kind_t module, component;
  void (*error_message)(const error_t_ *, bytes_t *);
  void (*error_delete)(error_t_ *);
  void (*bytes_delete)(bytes_t *);
} api_t;

// Weak, so that a program may be linked without them. Functions in a static library are found by no other way.
#define WEAK __attribute__((weak))
WEAK error_t_ *wasmtime_module_new(wasm_engine_t *, const uint8_t *, size_t, void **);
WEAK error_t_ *wasmtime_module_deserialize(wasm_engine_t *, const uint8_t *, size_t, void **);
WEAK error_t_ *wasmtime_module_deserialize_file(wasm_engine_t *, const char *, void **);
WEAK error_t_ *wasmtime_module_serialize(void *, bytes_t *);
WEAK void wasmtime_module_delete(void *);
WEAK error_t_ *wasmtime_component_new(wasm_engine_t *, const uint8_t *, size_t, void **);
WEAK error_t_ *wasmtime_component_deserialize(wasm_engine_t *, const uint8_t *, size_t, void **);
WEAK error_t_ *wasmtime_component_deserialize_file(wasm_engine_t *, const char *, void **);
WEAK error_t_ *wasmtime_component_serialize(void *, bytes_t *);
WEAK void wasmtime_component_delete(void *);
WEAK void wasmtime_error_message(const error_t_ *, bytes_t *);
WEAK void wasmtime_error_delete(error_t_ *);
WEAK void wasm_byte_vec_delete(bytes_t *);

// POSIX has it that an object pointer may be taken for a function's; ISO C does not, so that the bytes are copied.
#define FIND(place, function)                                                            \
  do {                                                                                   \
    void *found = dlsym(library != NULL ? library : RTLD_DEFAULT, #function);            \
    if (found != NULL) {                                                                 \
      memcpy(&(place), &found, sizeof found);                                            \
    } else if (library == NULL) {                                                        \
      (place) = function;                                                                \
    }                                                                                    \
  } while (false)

static bool find_functions(api_t *api, void *library) {
  memset(api, 0, sizeof *api);
  FIND(api->module.make, wasmtime_module_new);
  FIND(api->module.deserialize, wasmtime_module_deserialize);
  FIND(api->module.deserialize_file, wasmtime_module_deserialize_file);
  FIND(api->module.serialize, wasmtime_module_serialize);
  FIND(api->module.delete, wasmtime_module_delete);
  FIND(api->component.make, wasmtime_component_new);
  FIND(api->component.deserialize, wasmtime_component_deserialize);
  FIND(api->component.deserialize_file, wasmtime_component_deserialize_file);
  FIND(api->component.serialize, wasmtime_component_serialize);
  FIND(api->component.delete, wasmtime_component_delete);
  FIND(api->error_message, wasmtime_error_message);
  FIND(api->error_delete, wasmtime_error_delete);
  FIND(api->bytes_delete, wasm_byte_vec_delete);
  const kind_t *module = &api->module;
  return module->make && module->deserialize && module->deserialize_file && module->serialize && module->delete &&
         api->error_message && api->error_delete && api->bytes_delete;
}

static bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Takes over an error of the engine and says it in one line: causes are spread over several, and some releases add a
// backtrace where the environment asks for one.
static result_t say_engine(const api_t *api, wasmprecompile_message_t *message, const char *what, error_t_ *error) {
  bytes_t text;
  api->error_message(error, &text);
  api->error_delete(error);
  char line[sizeof message->text] = "";
  size_t used = 0;
  for (size_t start = 0; start < text.size;) {
    const char *end = memchr(text.data + start, '\n', text.size - start);
    size_t stop = end != NULL ? (size_t)(end - text.data) : text.size, next = stop + 1;
    while (start < stop && (text.data[start] == ' ' || text.data[start] == '\t')) start++;
    size_t digits = start;
    while (digits < stop && is_digit(text.data[digits])) digits++;
    if (digits > start && digits + 1 < stop && text.data[digits] == ':' && text.data[digits + 1] == ' ') start = digits + 2;
    int length = (int)(stop - start);
    if (length == 16 && memcmp(text.data + start, "Stack backtrace:", 16) == 0) break;
    bool is_heading = length == 10 && memcmp(text.data + start, "Caused by:", 10) == 0;
    if (length > 0 && !is_heading && used < sizeof line) {
      used += (size_t)snprintf(line + used, sizeof line - used, "%s%.*s", used > 0 ? ": " : "", length, text.data + start);
    }
    start = next;
  }
  api->bytes_delete(&text);
  return say(message, "%s%s", what, line);
}

// A section of a 64-bit little-endian ELF file; false if there is none of this name.
static bool find_section(const uint8_t *file, size_t size, const char *wanted, const uint8_t **start, size_t *length) {
  Elf64_Ehdr header;
  if (size < sizeof header || memcmp(file, ELFMAG "\2\1", 6) != 0) return false;
  memcpy(&header, file, sizeof header);
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shoff > size ||
      (size - header.e_shoff) / sizeof(Elf64_Shdr) < header.e_shnum || header.e_shstrndx >= header.e_shnum) {
    return false;
  }
  Elf64_Shdr names;
  memcpy(&names, file + header.e_shoff + header.e_shstrndx * sizeof names, sizeof names);
  if (names.sh_offset > size || names.sh_size > size - names.sh_offset) return false;
  for (size_t i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr section;
    memcpy(&section, file + header.e_shoff + i * sizeof section, sizeof section);
    size_t room = section.sh_name < names.sh_size ? names.sh_size - section.sh_name : 0;
    if (room <= strlen(wanted) || memcmp(file + names.sh_offset + section.sh_name, wanted, strlen(wanted) + 1) != 0) continue;
    if (section.sh_type == SHT_NOBITS || section.sh_offset > size || section.sh_size > size - section.sh_offset) return false;
    *start = file + section.sh_offset;
    *length = section.sh_size;
    return true;
  }
  return false;
}

static const char record_section[] = ".wasmtime.engine";

typedef struct {
  uint8_t bytes[64];
  size_t size;
} build_t;

typedef struct {
  uintptr_t address;
  build_t *build;
} search_t;

// The GNU build id among the notes of one segment.
static bool read_notes(const uint8_t *notes, size_t size, build_t *build) {
  size_t at = 0;
  while (size - at >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    memcpy(&note, notes + at, sizeof note);
    size_t name = at + sizeof note, start = name + (((size_t)note.n_namesz + 3) & ~(size_t)3);
    if (start > size || note.n_descsz > size - start) return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz > 0 &&
        note.n_descsz <= sizeof build->bytes) {
      memcpy(build->bytes, notes + start, note.n_descsz);
      build->size = note.n_descsz;
      return true;
    }
    at = start + (((size_t)note.n_descsz + 3) & ~(size_t)3);
    if (at > size) return false;
  }
  return false;
}

static int look_at_file(struct dl_phdr_info *file, size_t size, void *data) {
  (void)size;
  search_t *search = data;
  bool is_it = false;
  for (int i = 0; i < file->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &file->dlpi_phdr[i];
    uintptr_t start = file->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_LOAD && search->address - start < segment->p_memsz) is_it = true;
  }
  if (!is_it) return 0;
  for (int i = 0; i < file->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &file->dlpi_phdr[i];
    if (segment->p_type != PT_NOTE) continue;
    if (read_notes((const uint8_t *)(file->dlpi_addr + segment->p_vaddr), segment->p_memsz, search->build)) break;
  }
  return 1;
}

// Hashes what a descriptor reads, to its end.
static bool hash_file(int file, sha256_t *hash, uint64_t *size) {
  enum { room = 1 << 18 };
  uint8_t *buffer = malloc(room);
  if (buffer == NULL) return false;
  sha256_start(hash);
  *size = 0;
  ssize_t count;
  while ((count = pread(file, buffer, room, (off_t)*size)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    sha256_add(hash, buffer, (size_t)count);
    *size += (uint64_t)count;
  }
  free(buffer);
  return count == 0;
}

// The SHA-256 of the file that an address is mapped from.
static result_t hash_mapped_file(uintptr_t address, build_t *build, wasmprecompile_message_t *why) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) return say(why, "/proc/self/maps: %m");
  char *line = NULL;
  size_t room = 0;
  result_t result = say(why, "the engine's file cannot be found");
  while (getline(&line, &room, maps) > 0) {
    unsigned long start, end, inode;
    int path = 0;
    if (sscanf(line, "%lx-%lx %*s %*x %*x:%*x %lu %n", &start, &end, &inode, &path) < 3 || path == 0) continue;
    if (address < start || address >= end || line[path] != '/') continue;
    line[strcspn(line, "\n")] = 0;
    int file = open(line + path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    sha256_t hash;
    uint64_t size;
    if (why != NULL) why->text[0] = 0;
    if (file < 0 || fstat(file, &status) != 0) {
      result = say(why, "%s: %m", line + path);
    } else if (status.st_ino != inode) {
      result = say(why, "%s: the engine's file was replaced after it was loaded", line + path);
    } else if (!hash_file(file, &hash, &size)) {
      result = say(why, "%s: %m", line + path);
    } else {
      sha256_end(&hash, build->bytes);
      build->size = 32;
      result = DONE;
    }
    if (file >= 0) close(file);
    break;
  }
  free(line);
  fclose(maps);
  return result;
}

// What tells the libwasmtime of this process from every other: its GNU build id, else the SHA-256 of its file. The build id is
// read from memory: the file may have been replaced since it was loaded.
static result_t find_build(const api_t *api, void *library, build_t *build, wasmprecompile_message_t *why) {
  // Not one of the functions above: where a program has taken a function's address, that can be a place in the program.
  void *address = dlsym(library != NULL ? library : RTLD_DEFAULT, "wasmtime_engine_increment_epoch");
  if (address == NULL) memcpy(&address, &api->module.serialize, sizeof address);
  search_t search = {(uintptr_t)address, build};
  build->size = 0;
  dl_iterate_phdr(look_at_file, &search);
  return build->size > 0 ? DONE : hash_mapped_file(search.address, build, why);
}

// The whole of what is known

static const char *const backends[] = {"cranelift", "winch", "pulley"};
static const char *const feature_policies[] = {"least", "all"};

typedef struct {
  const char *backend, *features;
  char digest[65];
  char directory[320];
} identity_t;

// What signatures are checked with; see below.

enum { longest_signature = 4096, number_size = 8, point_size = 32, signature_size = 64 };

// A public key, in the form of minisign and signify.
typedef struct {
  char name[256];
  uint8_t number[number_size], point[point_size];
} trusted_key_t;

// What checks signatures: of libsodium, or of OpenSSL's libcrypto. This file has no cryptography of its own but SHA-256, and hosts that
// trust no keys need none.
typedef struct {
  int (*sodium)(const uint8_t *signature, const uint8_t *text, unsigned long long size, const uint8_t *point);
  void *(*key_new)(int kind, void *engine, const uint8_t *point, size_t size);
  void (*key_free)(void *);
  void *(*context_new)(void);
  void (*context_free)(void *);
  int (*start)(void *context, void **key_context, const void *hash, void *engine, void *key);
  int (*verify)(void *context, const uint8_t *signature, size_t size, const uint8_t *text, size_t length);
} ed25519_t;

struct wasmprecompile_cache {
  wasm_engine_t *engine;
  api_t api;
  char *directory;
  // The own directory, and those below it; NULL behind the last one.
  char **places;
  wasmprecompile_write_t write;
  bool trust_cache, in_memory;
  // The keys of which one must have signed what a lower cache has; none if that is not asked for.
  trusted_key_t *keys;
  size_t key_count;
  ed25519_t ed25519;
  uint8_t *record;
  size_t record_size;
  build_t build;
  char version[256], target[256];
  // None if the engine cannot be told from others; then it says why.
  identity_t identities[COUNT(backends) * COUNT(feature_policies)];
  size_t identity_count;
  wasmprecompile_message_t no_identity;
  // Under what is published.
  size_t publishing;
};

// The two texts that open a record behind its first byte, each with its length; only names need them.
static void read_version_and_target(wasmprecompile_cache_t *cache) {
  strcpy(cache->version, "unknown");
  strcpy(cache->target, "unknown");
  char *texts[] = {cache->version, cache->target};
  size_t at = 1;
  for (size_t i = 0; i < COUNT(texts) && at < cache->record_size; i++) {
    size_t length = cache->record[at];
    if (cache->record_size - at - 1 < length) return;
    const uint8_t *text = cache->record + at + 1;
    for (size_t j = 0; j < length; j++) {
      if (text[j] < 0x21 || text[j] > 0x7e || text[j] == '/') return;
    }
    memcpy(texts[i], text, length);
    texts[i][length] = 0;
    at += 1 + length;
  }
}

// Compiles the empty module to learn what the engine's artifacts are good for.
static result_t find_record(wasmprecompile_cache_t *cache, wasmprecompile_message_t *why) {
  static const uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const kind_t *kind = &cache->api.module;
  void *module = NULL;
  bytes_t artifact;
  error_t_ *error = kind->make(cache->engine, empty, sizeof empty, &module);
  if (error != NULL) return say_engine(&cache->api, why, "the engine compiles nothing: ", error);
  error = kind->serialize(module, &artifact);
  kind->delete(module);
  if (error != NULL) return say_engine(&cache->api, why, "the engine serializes nothing: ", error);
  const uint8_t *record;
  size_t size;
  result_t result = DONE;
  if (!find_section((const uint8_t *)artifact.data, artifact.size, record_section, &record, &size)) {
    result = say(why, "the engine's artifacts carry no record");
  } else if ((cache->record = malloc(size > 0 ? size : 1)) == NULL) {
    result = say(why, "there is no memory");
  } else {
    memcpy(cache->record, record, size);
    cache->record_size = size;
  }
  cache->api.bytes_delete(&artifact);
  return result;
}

static void find_identities(wasmprecompile_cache_t *cache, const wasmprecompile_options_t *options) {
  if (find_record(cache, &cache->no_identity) != DONE) return;
  if (find_build(&cache->api, options->library, &cache->build, &cache->no_identity) != DONE) return;
  read_version_and_target(cache);
  const char *backend = options->backend;
  if (backend == NULL) backend = strncmp(cache->target, "pulley", 6) == 0 ? "pulley" : "cranelift";
  for (size_t i = 0; i < COUNT(cache->identities); i++) {
    identity_t *one = &cache->identities[i];
    one->features = feature_policies[i / COUNT(backends)];
    one->backend = backends[i % COUNT(backends)];
    wasmprecompile_identity(one->backend, cache->record, cache->record_size, cache->build.bytes, cache->build.size,
                            one->features, one->digest);
    wasmprecompile_directory_name(one->backend, cache->version, one->digest, one->directory, sizeof one->directory);
    // An artifact of an engine as its host made it assumes everything that the engine has.
    if (strcmp(one->backend, backend) == 0 && strcmp(one->features, "all") == 0) cache->publishing = i;
  }
  cache->identity_count = COUNT(cache->identities);
}

const char *wasmprecompile_directory(const wasmprecompile_cache_t *cache, size_t index) {
  return index < cache->identity_count ? cache->identities[index].directory : NULL;
}

static char *default_directory(void) {
  char *path = NULL;
  const char *own = getenv("WASMPRECOMPILE_CACHE_DIR"), *caches = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (own != NULL && own[0] != 0) return strdup(own);
  // The specification says that relative paths are to be ignored.
  int length = caches != NULL && caches[0] == '/' ? asprintf(&path, "%s/wasmprecompile", caches)
                                                  : asprintf(&path, "%s/.cache/wasmprecompile", home != NULL ? home : "");
  return length < 0 ? NULL : path;
}

static result_t take_keys(wasmprecompile_cache_t *cache, const wasmprecompile_options_t *options,
                          wasmprecompile_message_t *error);

bool wasmprecompile_open(wasm_engine_t *engine, const wasmprecompile_options_t *options, wasmprecompile_cache_t **cache,
                         wasmprecompile_message_t *error) {
  static const wasmprecompile_options_t defaults;
  if (options == NULL) options = &defaults;
  if (error != NULL) error->text[0] = 0;
  *cache = NULL;
  bool is_known = options->backend == NULL;
  for (size_t i = 0; i < COUNT(backends) && !is_known; i++) is_known = strcmp(options->backend, backends[i]) == 0;
  if (!is_known) {
    say(error, "backend %s: is none of cranelift, winch and pulley", options->backend);
    return false;
  }
  size_t lower = 0;
  while (options->lower_caches != NULL && options->lower_caches[lower] != NULL) lower++;
  wasmprecompile_cache_t *made = calloc(1, sizeof *made);
  bool is_whole = made != NULL && (made->places = calloc(lower + 2, sizeof *made->places)) != NULL;
  if (is_whole) made->places[0] = options->directory != NULL ? strdup(options->directory) : default_directory();
  is_whole = is_whole && made->places[0] != NULL;
  for (size_t i = 0; i < lower && is_whole; i++) {
    is_whole = (made->places[i + 1] = strdup(options->lower_caches[i])) != NULL;
  }
  if (!is_whole) {
    wasmprecompile_close(made);
    say(error, "there is no memory");
    return false;
  }
  if (!find_functions(&made->api, options->library)) {
    wasmprecompile_close(made);
    say(error, "the process has no libwasmtime: link the program with it, or load it and set `library`");
    return false;
  }
  if (options->trusted_keys != NULL && take_keys(made, options, error) != DONE) {
    wasmprecompile_close(made);
    return false;
  }
  made->engine = engine;
  made->directory = made->places[0];
  made->write = options->write;
  made->trust_cache = options->trust_cache;
  made->in_memory = options->in_memory;
  find_identities(made, options);
  *cache = made;
  return true;
}

void wasmprecompile_close(wasmprecompile_cache_t *cache) {
  if (cache == NULL) return;
  for (size_t i = 0; cache->places != NULL && cache->places[i] != NULL; i++) free(cache->places[i]);
  free(cache->places);
  free(cache->record);
  free(cache->keys);
  free(cache);
}

// Directories

enum { directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static bool is_ours(const struct stat *status) { return status->st_uid == geteuid() || status->st_uid == 0; }

// Refuses a file or directory that another user owns or can write to: loading runs what is in it.
static result_t require(int descriptor, const char *path, bool trust, struct stat *status, wasmprecompile_message_t *why) {
  struct stat own;
  if (status == NULL) status = &own;
  if (fstat(descriptor, status) != 0) return say_errno(why, path);
  if (trust) return DONE;
  if (!is_ours(status)) return say(why, "%s: belongs to another user (%u)", path, status->st_uid);
  if (status->st_mode & 022) return say(why, "%s: other users can write to it (mode %04o)", path, status->st_mode & 07777);
  return DONE;
}

// Refuses a directory on the way to a cache whose names another user can change. In a user name space real root may show as
// somebody else, `root`. It then owns the root directory, and the C library.
static result_t require_way(const struct stat *status, const char *path, uid_t root, wasmprecompile_message_t *why) {
  if (!is_ours(status) && status->st_uid != root) return say(why, "%s: belongs to another user (%u)", path, status->st_uid);
  // In a sticky directory others cannot rename or remove our files. A link's own mode means nothing.
  bool is_protected = S_ISLNK(status->st_mode) || status->st_mode & S_ISVTX;
  if (status->st_mode & 022 && !is_protected) {
    return say(why, "%s: other users can write to it (mode %04o)", path, status->st_mode & 07777);
  }
  return DONE;
}

// Opens a directory of the cache, and makes it if it is to be made.
static result_t open_directory(int parent, const char *name, const char *path, bool make, bool trust, int *directory,
                               wasmprecompile_message_t *why) {
  *directory = openat(parent, name, directory_flags);
  if (*directory < 0 && errno == ENOENT && make) {
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) return say(why, "%s/%s: %m", path, name);
    *directory = openat(parent, name, directory_flags);
  }
  char whole[PATH_MAX + 512];
  snprintf(whole, sizeof whole, "%s/%s", path, name);
  // A link in its place is refused: it leads anywhere.
  if (*directory < 0) return say_errno(why, whole);
  result_t result = require(*directory, whole, trust, NULL, why);
  if (result == DONE) return DONE;
  close(*directory);
  *directory = -1;
  return result;
}

// Opens a directory by a way on which only this user and root can change names. Each name is opened in the directory before
// and checked on its descriptor, so that what was checked is what is used. `flags` say what the directory is opened for.
static result_t open_way(const char *path, bool make, bool trust, int flags, int *directory, wasmprecompile_message_t *why) {
  // What is still to go, and what is behind.
  char ahead[2 * PATH_MAX] = "", behind[PATH_MAX] = "";
  size_t length = 0;
  if (path[0] != '/') {
    if (getcwd(ahead, PATH_MAX) == NULL) return say(why, "%s: %m", path);
    length = strlen(ahead);
    ahead[length++] = '/';
  }
  if (strlen(path) >= PATH_MAX) return say(why, "%.100s…: the path is too long", path);
  strcpy(ahead + length, path);
  int now = open("/", O_PATH | O_CLOEXEC), links = 0;
  // How many bytes of the rest are from a link's target: such names are not the user's own, and are not made.
  size_t from_link = 0;
  struct stat status;
  if (now < 0 || fstat(now, &status) != 0) return say(why, "/: %m");
  uid_t root = status.st_uid;
  while (true) {
    size_t skipped = strspn(ahead, "/");
    size_t end = skipped + strcspn(ahead + skipped, "/");
    char name[NAME_MAX + 1];
    if (end == skipped) break;
    if (end - skipped > NAME_MAX) {
      close(now);
      return say(why, "%s: a name on its way is too long", path);
    }
    memcpy(name, ahead + skipped, end - skipped);
    name[end - skipped] = 0;
    bool is_from_link = from_link > skipped;
    from_link = from_link > end ? from_link - end : 0;
    memmove(ahead, ahead + end, strlen(ahead + end) + 1);
    int next = openat(now, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0 && errno == ENOENT && make && !is_from_link) {
      if (mkdirat(now, name, 0700) == 0 || errno == EEXIST) next = openat(now, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    char way[PATH_MAX + NAME_MAX + 2];
    if (strcmp(name, "..") == 0) {
      const char *last = strrchr(behind, '/');
      snprintf(way, sizeof way, "%.*s", last != NULL ? (int)(last - behind) : 0, behind);
    } else {
      bool stays = strcmp(name, ".") == 0;
      snprintf(way, sizeof way, "%s%s%s", behind, stays ? "" : "/", stays ? "" : name);
    }
    result_t result = next < 0 || fstat(next, &status) != 0 ? say_errno(why, way) : DONE;
    if (result == DONE && !trust) result = require_way(&status, way[0] != 0 ? way : "/", root, why);
    if (result != DONE) {
      close_all((int[]){now, next}, 2);
      return result;
    }
    if (!S_ISLNK(status.st_mode)) {
      close(now);
      now = next;
      snprintf(behind, sizeof behind, "%.*s", PATH_MAX - 1, way);
      continue;
    }
    close(next);
    char target[PATH_MAX];
    ssize_t size = readlinkat(now, name, target, sizeof target - 1);
    size_t rest = strlen(ahead);
    if (size < 0 || ++links > 40 || (size_t)size + rest + 1 > sizeof ahead) {
      if (size >= 0) errno = ELOOP;
      say(why, "%s: %m", path);
      close(now);
      return WRONG;
    }
    memmove(ahead + size, ahead, rest + 1);
    memcpy(ahead, target, (size_t)size);
    from_link += (size_t)size;
    if (target[0] == '/') {
      close(now);
      now = open("/", O_PATH | O_CLOEXEC);
      if (now < 0) return say(why, "/: %m");
      behind[0] = 0;
    }
  }
  // The descriptors of the way are good for walking only.
  *directory = openat(now, ".", flags | O_DIRECTORY | O_CLOEXEC);
  result_t result = *directory < 0 ? say_errno(why, path) : DONE;
  close(now);
  return result;
}

typedef struct {
  const char *path;
  bool trust;
  int version, objects, engines, temporary;
  // The paths of v1, and of its directories of objects and of engines.
  char base[PATH_MAX], objects_path[PATH_MAX + 16], engines_path[PATH_MAX + 16];
} directories_t;

static void close_directories(directories_t *open) {
  close_all((int[]){open->version, open->objects, open->engines, open->temporary}, 4);
}

static result_t write_tag(int root, const char *path, wasmprecompile_message_t *why) {
  static const char text[] =
      "Signature: 8a477f597d28d172789f06886806bc55\n"
      "# This directory holds artifacts that wasmprecompile can make again.\n"
      "# For information about cache directory tags see https://bford.info/cachedir/\n";
  int file = openat(root, "CACHEDIR.TAG", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return errno == EEXIST ? DONE : say(why, "%s/CACHEDIR.TAG: %m", path);
  bool is_written = write(file, text, sizeof text - 1) == (ssize_t)sizeof text - 1;
  close(file);
  if (is_written) return DONE;
  unlinkat(root, "CACHEDIR.TAG", 0);
  return say(why, "%s/CACHEDIR.TAG: %m", path);
}

static result_t open_directories(const char *path, bool make, bool trust, directories_t *open, wasmprecompile_message_t *why) {
  *open = (directories_t){.path = path, .trust = trust, .version = -1, .objects = -1, .engines = -1, .temporary = -1};
  snprintf(open->base, sizeof open->base, "%s/v1", path);
  snprintf(open->objects_path, sizeof open->objects_path, "%s/objects", open->base);
  snprintf(open->engines_path, sizeof open->engines_path, "%s/engines", open->base);
  int root, corrupt = -1;
  result_t result = open_way(path, make, trust, O_RDONLY, &root, why);
  if (result != DONE) return result;
  result = require(root, path, trust, NULL, why);
  if (result == DONE && make) result = write_tag(root, path, why);
  if (result == DONE) result = open_directory(root, "v1", path, make, trust, &open->version, why);
  close(root);
  if (result == DONE) result = open_directory(open->version, "objects", open->base, make, trust, &open->objects, why);
  if (result == DONE) result = open_directory(open->version, "engines", open->base, make, trust, &open->engines, why);
  if (result == DONE) result = open_directory(open->version, "tmp", open->base, make, trust, &open->temporary, why);
  if (result == DONE || (result == ABSENT && open->engines >= 0)) {
    result = open_directory(open->version, "corrupt", open->base, make, trust, &corrupt, why);
    if (corrupt >= 0) close(corrupt);
    if (result == ABSENT) result = DONE;
  }
  if (result != DONE) close_directories(open);
  return result;
}

// Looking

static const uint64_t longest_artifact = (uint64_t)4 << 30;

// Reads the digest of an entry's link; false for any other text than the format's.
static bool read_link(const char *target, size_t size, char digest[65]) {
  static const char start[] = "../../objects/";
  size_t length = sizeof start - 1;
  if (size != length + 65 || memcmp(target, start, length) != 0 || target[length + 2] != '/') return false;
  memcpy(digest, target + length, 2);
  memcpy(digest + 2, target + length + 3, 62);
  digest[64] = 0;
  return strspn(digest, "0123456789abcdef") == 64;
}

// Moves a corrupt artifact's file out of the way, so that it is not read again. It is kept for whoever wants to know.
static void set_aside(const directories_t *cache, int parent, const char *digest, const struct stat *judged) {
  struct stat moved;
  int corrupt;
  if (open_directory(cache->version, "corrupt", cache->base, true, cache->trust, &corrupt, NULL) != DONE) return;
  if (renameat(parent, digest + 2, corrupt, digest) == 0 && fstatat(corrupt, digest, &moved, AT_SYMLINK_NOFOLLOW) == 0 &&
      (moved.st_dev != judged->st_dev || moved.st_ino != judged->st_ino)) {
    // Another process has stored it anew meanwhile.
    renameat(corrupt, digest, parent, digest + 2);
  }
  close(corrupt);
}

// Opens an entry's artifact, whose bytes have the digest that the entry's link names. One that is corrupt is moved aside if the
// cache may be changed.
static result_t open_artifact(const directories_t *cache, int engine, const char *name, const char *path, bool may_change,
                              int *file, uint64_t *size, char digest[65], wasmprecompile_message_t *why) {
  char target[128], actual[65];
  ssize_t length = readlinkat(engine, name, target, sizeof target);
  if (length < 0 && errno == EINVAL) return say(why, "%s: is not a symbolic link", path);
  if (length < 0) return say_errno(why, path);
  if (!read_link(target, (size_t)length, digest)) return say(why, "%s: its link does not lead to an object", path);
  // From the cache's own directory and without following links, so that nothing on the way can lead elsewhere.
  char directory[3] = {digest[0], digest[1], 0};
  int parent;
  result_t result = open_directory(cache->objects, directory, cache->objects_path, false, cache->trust, &parent, why);
  if (result != DONE) return result;
  *file = openat(parent, digest + 2, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*file < 0) {
    result = say_errno(why, path);
    close(parent);
    return result;
  }
  struct stat status;
  sha256_t hash;
  uint8_t bytes[32];
  result = require(*file, path, cache->trust, &status, why);
  if (result == DONE && !S_ISREG(status.st_mode)) result = say(why, "%s: its artifact is not a file", path);
  if (result == DONE && (uint64_t)status.st_size > longest_artifact) result = say(why, "%s: its artifact is too large", path);
  if (result == DONE && !hash_file(*file, &hash, size)) result = say(why, "%s: %m", path);
  if (result == DONE) {
    sha256_end(&hash, bytes);
    write_hex(bytes, sizeof bytes, actual);
    if (strcmp(actual, digest) != 0) {
      result = say(why, "%s: its artifact's bytes hash to %s", path, actual);
      if (may_change) set_aside(cache, parent, digest, &status);
    }
  }
  close(parent);
  if (result == DONE) return DONE;
  close(*file);
  *file = -1;
  return result;
}

// Records that an entry was used, right to a day, so that it is not the first to go when room is needed.
static void record_use(int engine, const char *name) {
  struct stat status;
  time_t now = time(NULL);
  if (fstatat(engine, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (status.st_mtime > now || status.st_mtime < now - 24 * 3600) utimensat(engine, name, NULL, AT_SYMLINK_NOFOLLOW);
}

// Signatures

// A function of a library, as FIND does it.
static bool find_in(void *library, const char *name, void *place) {
  void *found = dlsym(library, name);
  if (found != NULL) memcpy(place, &found, sizeof found);
  return found != NULL;
}

static void *open_first(const char *const *names) {
  void *library = NULL;
  for (size_t i = 0; names[i] != NULL && library == NULL; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  return library;
}

static result_t find_ed25519(ed25519_t *api, wasmprecompile_message_t *why) {
  static const char *const sodium[] = {"libsodium.so.23", "libsodium.so.26", NULL};
  static const char *const crypto[] = {"libcrypto.so.3", "libcrypto.so.1.1", NULL};
  memset(api, 0, sizeof *api);
  int (*init)(void);
  void *library = open_first(sodium);
  if (library != NULL && find_in(library, "sodium_init", &init) && init() >= 0 &&
      find_in(library, "crypto_sign_verify_detached", &api->sodium)) {
    return DONE;
  }
  api->sodium = NULL;
  library = open_first(crypto);
  if (library != NULL && find_in(library, "EVP_PKEY_new_raw_public_key", &api->key_new) &&
      find_in(library, "EVP_PKEY_free", &api->key_free) && find_in(library, "EVP_MD_CTX_new", &api->context_new) &&
      find_in(library, "EVP_MD_CTX_free", &api->context_free) && find_in(library, "EVP_DigestVerifyInit", &api->start) &&
      find_in(library, "EVP_DigestVerify", &api->verify)) {
    return DONE;
  }
  return say(why, "signatures are checked by libsodium or by OpenSSL's libcrypto, and neither is there: install one, or trust "
                  "no keys");
}

static bool has_signed(const ed25519_t *api, const trusted_key_t *key, const uint8_t *signature, const char *text) {
  size_t length = strlen(text);
  if (api->sodium != NULL) return api->sodium(signature, (const uint8_t *)text, length, key->point) == 0;
  // Source: OpenSSL's obj_mac.h, NID_ED25519.
  void *point = api->key_new(1087, NULL, key->point, point_size);
  void *context = point != NULL ? api->context_new() : NULL;
  bool is_good = context != NULL && api->start(context, NULL, NULL, NULL, point) == 1 &&
                 api->verify(context, signature, signature_size, (const uint8_t *)text, length) == 1;
  if (context != NULL) api->context_free(context);
  if (point != NULL) api->key_free(point);
  return is_good;
}

// Decodes base64 that is written in the one way in which an encoder writes it.
static bool decode_base64(const char *text, size_t length, uint8_t *bytes, size_t size) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (length != (size + 2) / 3 * 4) return false;
  uint32_t bits = 0;
  int count = 0;
  size_t done = 0, used = (size * 8 + 5) / 6;
  for (size_t i = 0; i < length; i++) {
    if (i >= used) {
      if (text[i] != '=') return false;
      continue;
    }
    const char *letter = text[i] != 0 ? strchr(letters, text[i]) : NULL;
    if (letter == NULL) return false;
    bits = bits << 6 | (uint32_t)(letter - letters);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[done++] = (uint8_t)(bits >> count);
      bits &= (1u << count) - 1;
    }
  }
  return done == size && bits == 0;
}

// Reads the second line of a key's or a signature's file: "Ed", and what follows. The rest is what is behind that line.
static result_t read_signed_text(const char *text, size_t size, const char *what, uint8_t *bytes, size_t wanted,
                                 const char **rest, wasmprecompile_message_t *why) {
  static const char comment[] = "untrusted comment: ";
  size_t length = sizeof comment - 1;
  const char *end = text + size;
  bool is_text = size > length && memcmp(text, comment, length) == 0 && end[-1] == '\n' && memchr(text, '\r', size) == NULL &&
                 memchr(text, 0, size) == NULL;
  const char *second = is_text ? memchr(text, '\n', size) : NULL;
  const char *line_end = second != NULL && second + 1 < end ? memchr(second + 1, '\n', (size_t)(end - second - 1)) : NULL;
  if (line_end == NULL) return say(why, "it is not %s", what);
  if (!decode_base64(second + 1, (size_t)(line_end - second - 1), bytes, wanted) || memcmp(bytes, "Ed", 2) != 0) {
    return say(why, "it is not %s of the kind Ed", what);
  }
  *rest = line_end + 1;
  return DONE;
}

// Reads a small file to its end.
static result_t read_small(int directory, const char *name, int flags, bool trust, const char *path, char *text, size_t *size,
                           wasmprecompile_message_t *why) {
  struct stat status;
  // Before it is opened: to open some devices does something.
  int follow = (flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
  if (fstatat(directory, name, &status, follow) != 0) return errno == ENOENT ? ABSENT : say(why, "%m");
  if (!S_ISREG(status.st_mode)) return say(why, "it is not a file");
  int file = openat(directory, name, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? ABSENT : say(why, "%m");
  result_t result = trust ? DONE : require(file, path, false, &status, why);
  *size = 0;
  ssize_t count = 1;
  while (result == DONE && count > 0 && *size <= longest_signature) {
    count = read(file, text + *size, longest_signature + 1 - *size);
    if (count < 0) result = say(why, "%m");
    if (count > 0) *size += (size_t)count;
  }
  close(file);
  if (result == DONE && *size > longest_signature) return say(why, "it has more than %d bytes", longest_signature);
  return result;
}

// Refuses a key in whose place others can put another: in a directory on the way to its name, or to what that leads to.
static result_t require_ways(const char *path, bool trust, wasmprecompile_message_t *why) {
  char target[PATH_MAX], way[PATH_MAX];
  const char *names[] = {path, realpath(path, target)};
  for (size_t i = 0; i < 2; i++) {
    if (names[i] == NULL) return say(why, "%m");
    const char *slash = strrchr(names[i], '/');
    if (slash == NULL) snprintf(way, sizeof way, ".");
    else snprintf(way, sizeof way, "%.*s", slash == names[i] ? 1 : (int)(slash - names[i]), names[i]);
    int directory = -1;
    // A directory that may not be listed is good for a key.
    result_t result = open_way(way, false, trust, O_PATH, &directory, why);
    if (directory >= 0) close(directory);
    if (result != DONE) return result;
  }
  return DONE;
}

static result_t read_key(const char *path, bool trust, trusted_key_t *key, wasmprecompile_message_t *error) {
  char text[longest_signature + 1];
  size_t size = 0;
  uint8_t bytes[2 + number_size + point_size];
  const char *rest = NULL;
  wasmprecompile_message_t why = {""};
  result_t result = read_small(AT_FDCWD, path, 0, trust, path, text, &size, &why);
  if (result == ABSENT) result = say(&why, "there is no such file");
  if (result == DONE) result = require_ways(path, trust, &why);
  if (result == DONE) result = read_signed_text(text, size, "a public key", bytes, sizeof bytes, &rest, &why);
  if (result == DONE && rest != text + size) result = say(&why, "it has more than two lines");
  if (result != DONE) {
    // What is wrong with its owner or mode names it already.
    bool is_named = strncmp(why.text, path, strlen(path)) == 0;
    return say(error, "a trusted key cannot be used: %s%s%s", is_named ? "" : path, is_named ? "" : ": ", why.text);
  }
  const char *slash = strrchr(path, '/');
  snprintf(key->name, sizeof key->name, "%s", slash != NULL ? slash + 1 : path);
  memcpy(key->number, bytes + 2, number_size);
  memcpy(key->point, bytes + 2 + number_size, point_size);
  return DONE;
}

// Reads the keys that are trusted, and finds what checks their signatures.
static result_t take_keys(wasmprecompile_cache_t *cache, const wasmprecompile_options_t *options,
                          wasmprecompile_message_t *error) {
  size_t count = 0;
  while (options->trusted_keys[count] != NULL) count++;
  if (count == 0) return DONE;
  cache->keys = calloc(count, sizeof *cache->keys);
  if (cache->keys == NULL) return say(error, "there is no memory");
  for (; cache->key_count < count; cache->key_count++) {
    trusted_key_t *key = &cache->keys[cache->key_count];
    result_t result = read_key(options->trusted_keys[cache->key_count], options->trust_cache, key, error);
    if (result != DONE) return result;
  }
  return find_ed25519(&cache->ed25519, error);
}

// Whether nothing, or a trusted comment with its signature, follows a signature's second line. Nothing in it is believed.
static bool is_trusted_comment(const char *rest, const char *end) {
  static const char comment[] = "trusted comment: ";
  if (rest == end) return true;
  const char *line = memchr(rest, '\n', (size_t)(end - rest));
  uint8_t bytes[signature_size];
  return (size_t)(end - rest) > sizeof comment && memcmp(rest, comment, sizeof comment - 1) == 0 && line != NULL && line + 1 < end &&
         memchr(line + 1, '\n', (size_t)(end - line - 1)) == end - 1 &&
         decode_base64(line + 1, (size_t)(end - line - 2), bytes, sizeof bytes);
}

// Refuses an artifact of a lower cache unless one of the keys signed that it is this module's, for this identity.
static result_t require_signed(const wasmprecompile_cache_t *cache, const identity_t *identity, int engine, const char *name,
                               const char *path, const char *artifact, wasmprecompile_message_t *why) {
  char file[96], text[longest_signature + 1], line[768];
  size_t size = 0;
  uint8_t bytes[2 + number_size + signature_size];
  const char *rest = NULL;
  wasmprecompile_message_t what = {""};
  snprintf(file, sizeof file, "%s.minisig", name);
  result_t result = read_small(engine, file, O_NOFOLLOW, true, path, text, &size, &what);
  if (result == ABSENT) return say(why, "%s: its artifact is not signed", path);
  if (result == DONE) result = read_signed_text(text, size, "a signature", bytes, sizeof bytes, &rest, &what);
  if (result == DONE && !is_trusted_comment(rest, text + size)) {
    result = say(&what, "something else than a trusted comment follows its second line");
  }
  if (result != DONE) return say(why, "%s: its artifact's signature cannot be used: %s", path, what.text);
  // The directory's name has the first 16 of the 64 digits.
  snprintf(line, sizeof line, "SHA256 (%s%s/%s) = %s\n", identity->directory, identity->digest + 16, name, artifact);
  const trusted_key_t *named = NULL;
  for (size_t i = 0; i < cache->key_count; i++) {
    const trusted_key_t *key = &cache->keys[i];
    if (memcmp(key->number, bytes + 2, number_size) != 0) continue;
    if (has_signed(&cache->ed25519, key, bytes + 2 + number_size, line)) return DONE;
    if (named == NULL) named = key;
  }
  if (named != NULL) {
    return say(why, "%s: its artifact's signature by %s is wrong: it was made for something else, or changed", path, named->name);
  }
  char number[2 * number_size + 1];
  for (size_t i = 0; i < number_size; i++) snprintf(number + 2 * i, 3, "%02X", bytes[2 + number_size - 1 - i]);
  return say(why, "%s: its artifact is signed by a key that is not trusted (%s)", path, number);
}

// What is done with an artifact that was found; false if the next one is to be tried.
typedef bool use_t(void *context, int file, uint64_t size, const char *digest, const char *path,
                   wasmprecompile_message_t *why);

static bool look(const wasmprecompile_cache_t *cache, const char *module, use_t *use, void *context,
                 wasmprecompile_message_t *why) {
  char name[80], path[PATH_MAX + 512], artifact[65];
  snprintf(name, sizeof name, "%s.cwasm", module);
  bool is_done = false;
  for (size_t i = 0; cache->identity_count > 0 && cache->places[i] != NULL && !is_done; i++) {
    directories_t open;
    if (open_directories(cache->places[i], false, cache->trust_cache, &open, why) != DONE) continue;
    for (size_t j = 0; j < cache->identity_count && !is_done; j++) {
      const char *directory = cache->identities[j].directory;
      int engine, file = -1;
      uint64_t size;
      snprintf(path, sizeof path, "%s/%s/%s", open.engines_path, directory, name);
      if (open_directory(open.engines, directory, open.engines_path, false, open.trust, &engine, why) != DONE) continue;
      bool may_change = i == 0 && cache->write != WASMPRECOMPILE_WRITE_NEVER;
      if (open_artifact(&open, engine, name, path, may_change, &file, &size, artifact, why) == DONE) {
        bool is_trusted = i == 0 || cache->key_count == 0 ||
                          require_signed(cache, &cache->identities[j], engine, name, path, artifact, why) == DONE;
        is_done = is_trusted && use(context, file, size, artifact, path, why);
        if (is_done && i == 0) record_use(engine, name);
        close(file);
      }
      close(engine);
    }
    close_directories(&open);
  }
  return is_done;
}

static bool keep(void *context, int file, uint64_t size, const char *digest, const char *path,
                 wasmprecompile_message_t *why) {
  (void)digest;
  wasmprecompile_artifact_t *artifact = context;
  artifact->descriptor = fcntl(file, F_DUPFD_CLOEXEC, 0);
  artifact->size = size;
  snprintf(artifact->path, sizeof artifact->path, "%s", path);
  if (artifact->descriptor < 0) say(why, "%s: %m", path);
  return artifact->descriptor >= 0;
}

bool wasmprecompile_find(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size,
                         wasmprecompile_artifact_t *artifact, wasmprecompile_message_t *reason) {
  uint8_t digest[32];
  char module[65];
  if (reason != NULL) reason->text[0] = 0;
  sha256(wasm, size, digest);
  write_hex(digest, sizeof digest, module);
  if (look(cache, module, keep, artifact, reason)) {
    if (reason != NULL) reason->text[0] = 0;
    return true;
  }
  if (cache->identity_count == 0) say(reason, "%s", cache->no_identity.text);
  if (reason != NULL && reason->text[0] == 0) say(reason, "no cache has an artifact of the module for this engine");
  return false;
}

// Publishing: FORMAT.md, "Writing", has the order.

typedef struct {
  const wasmprecompile_cache_t *cache;
  const identity_t *identity;
  const uint8_t *module;
  char name[80];
  directories_t open;
  // The engine's directory, whose lock is shared, and the file whose bytes are modules.
  int engine, lock;
  // The writer's own directory.
  int writer;
  char writer_name[32];
} publication_t;

static void pause_for(long nanoseconds) { nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL); }

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Some file systems have no locks.
typedef enum { LOCKED, NO_LOCKS, NOT_LOCKED } lock_result_t;

// Takes a lock, and waits for it for some seconds: whoever may read a file can lock it for ever. errno is EWOULDBLOCK if it was
// not had in this time.
static lock_result_t take_lock(int file, int operation, double patience) {
  for (double deadline = seconds() + patience;;) {
    if (flock(file, operation | LOCK_NB) == 0) return LOCKED;
    if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EBADF) return NO_LOCKS;
    if (errno != EWOULDBLOCK && errno != EINTR) return NOT_LOCKED;
    if (seconds() >= deadline) {
      errno = EWOULDBLOCK;
      return NOT_LOCKED;
    }
    pause_for(200000);
  }
}

// What the name of a writer's directory begins with where there are no locks.
static const char unlocked[] = "unlocked-";

// Takes the module's byte in the lock. Who cannot get it compiles all the same: the work is then done twice.
static void claim(int lock, const uint8_t *module) {
  uint64_t first = 0;
  for (int i = 0; i < 8; i++) first = first << 8 | module[i];
  off_t offset = (off_t)(first & (((uint64_t)1 << 62) - 1));
  struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
  long pause = 1000000;
  // These locks have no waiting with a deadline. So look again, ever less often.
  for (double deadline = seconds() + 120; seconds() < deadline;) {
    if (fcntl(lock, F_OFD_SETLK, &byte) == 0 || (errno != EAGAIN && errno != EACCES)) break;
    pause_for(pause);
    if (pause < 100000000) pause *= 2;
  }
}

static void end_publication(publication_t *one) {
  close_all((int[]){one->lock, one->engine}, 2);
  close_directories(&one->open);
}

static result_t begin_publication(const wasmprecompile_cache_t *cache, const uint8_t *module, publication_t *one,
                                  wasmprecompile_message_t *why) {
  bool make = cache->write == WASMPRECOMPILE_WRITE_ALWAYS;
  *one = (publication_t){.cache = cache, .module = module, .engine = -1, .lock = -1, .writer = -1};
  if (cache->identity_count == 0) return say(why, "%s", cache->no_identity.text);
  if (cache->write == WASMPRECOMPILE_WRITE_NEVER) return say(why, "the cache is only read");
  one->identity = &cache->identities[cache->publishing];
  char digest[65];
  write_hex(module, 32, digest);
  snprintf(one->name, sizeof one->name, "%s.cwasm", digest);
  result_t result = open_directories(cache->directory, make, cache->trust_cache, &one->open, why);
  if (result != DONE) return result == ABSENT ? say(why, "there is no cache to publish to") : WRONG;
  if (one->open.temporary < 0) {
    result = open_directory(one->open.version, "tmp", one->open.base, true, one->open.trust, &one->open.temporary, why);
  }
  while (result == DONE) {
    struct stat status;
    result = open_directory(one->open.engines, one->identity->directory, one->open.engines_path, true, one->open.trust,
                            &one->engine, why);
    if (result != DONE) break;
    // Whoever removes the directory owns its lock. It may have been removed between making and locking. Nobody can remove it
    // while another holds the lock.
    if ((take_lock(one->engine, LOCK_SH, 10) == NOT_LOCKED && errno != EWOULDBLOCK) || fstat(one->engine, &status) != 0) {
      result = say(why, "%s/%s: %m", one->open.engines_path, one->identity->directory);
    } else if (status.st_nlink > 0) {
      break;
    }
    close(one->engine);
    one->engine = -1;
  }
  if (result == DONE) {
    one->lock = openat(one->engine, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (one->lock < 0) result = say(why, "%s/%s/lock: %m", one->open.engines_path, one->identity->directory);
  }
  if (result == DONE) {
    claim(one->lock, module);
    return DONE;
  }
  end_publication(one);
  return WRONG;
}

// Empties and removes a writer's directory, by a descriptor of it.
static void remove_writer(int temporary, int writer, const char *name) {
  int again = openat(writer, ".", directory_flags);
  DIR *names = again < 0 ? NULL : fdopendir(again);
  if (names == NULL) {
    if (again >= 0) close(again);
    return;
  }
  for (struct dirent *one; (one = readdir(names)) != NULL;) {
    if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0) unlinkat(writer, one->d_name, 0);
  }
  closedir(names);
  unlinkat(temporary, name, AT_REMOVEDIR);
}

// Whether locks on a file system are known to all that use it. On one that other machines change, or a server behind the
// kernel's back, they may hold on their own machine only. The numbers are those of linux/magic.h and statfs(2): NFS, SMB, FUSE,
// 9P, Ceph, AFS, Coda, NCP, Lustre, GPFS, BeeGFS, OCFS2, GFS2, and the shared folders of VirtualBox and VMware.
static bool locks_reach_far(int file) {
  static const uint32_t shared[] = {0x6969,     0x517b,     0xff534d42, 0xfe534d42, 0x65735546, 0x01021997,
                                    0x00c36400, 0x5346414f, 0x6b414653, 0x73757245, 0x564c,     0x0bd00bd0,
                                    0x47504653, 0x19830326, 0x7461636f, 0x01161970, 0x786f4256, 0xbacbacbc};
  struct statfs status;
  if (fstatfs(file, &status) != 0) return true;
  for (size_t i = 0; i < COUNT(shared); i++) {
    if ((uint32_t)status.f_type == shared[i]) return false;
  }
  return true;
}

// Removes what dead writers left: a lock goes with its process. Where there are no locks, or they do not reach far, a writer
// counts as dead after a day without a new file, too. Trouble with one is left to the next.
static void remove_abandoned(int temporary) {
  int again = openat(temporary, ".", directory_flags);
  DIR *names = again < 0 ? NULL : fdopendir(again);
  if (names == NULL) {
    if (again >= 0) close(again);
    return;
  }
  const time_t patience = 24 * 3600;
  bool reach_far = locks_reach_far(temporary);
  for (struct dirent *one; (one = readdir(names)) != NULL;) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    bool has_lock = strncmp(one->d_name, unlocked, sizeof unlocked - 1) != 0;
    int writer = openat(temporary, one->d_name, directory_flags);
    if (writer < 0) continue;
    struct stat status;
    bool is_old = (has_lock && reach_far) || (fstat(writer, &status) == 0 && status.st_mtime < time(NULL) - patience);
    if (is_old && (!has_lock || flock(writer, LOCK_EX | LOCK_NB) == 0)) remove_writer(temporary, writer, one->d_name);
    close(writer);
  }
  closedir(names);
}

// Makes a directory of this writer's own, which others know by its lock from one that a dead writer left.
static result_t make_writer(publication_t *one, wasmprecompile_message_t *why) {
  int temporary = one->open.temporary;
  remove_abandoned(temporary);
  bool has_locks = true;
  for (unsigned attempt = 0; attempt < 1000; attempt++) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    // Not secret, only unlike others: the name is made once.
    uint64_t mixed = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)now.tv_sec << 20 ^ (uint64_t)(uintptr_t)one ^
                     (uint64_t)getpid() << 40 ^ attempt;
    snprintf(one->writer_name, sizeof one->writer_name, "%s%016llx", has_locks ? "" : unlocked,
             (unsigned long long)mixed);
    if (mkdirat(temporary, one->writer_name, 0700) != 0) {
      if (errno == EEXIST) continue;
      return say(why, "%s/tmp: %m", one->open.base);
    }
    one->writer = openat(temporary, one->writer_name, directory_flags);
    struct stat status;
    lock_result_t lock = one->writer < 0 ? NOT_LOCKED : has_locks ? take_lock(one->writer, LOCK_EX, 0) : LOCKED;
    if (lock == LOCKED && fstat(one->writer, &status) == 0 && status.st_nlink > 0) return DONE;
    if (lock == NO_LOCKS) {
      // The name says it where a lock cannot.
      has_locks = false;
      unlinkat(temporary, one->writer_name, AT_REMOVEDIR);
    }
    // Another process took it for abandoned and removed it before it was locked.
    if (one->writer >= 0) close(one->writer);
    one->writer = -1;
  }
  return say(why, "%s/tmp: no directory can be made", one->open.base);
}

// Writes a file of the writer's own, and waits until it is on the disk.
static result_t write_file(publication_t *one, const char *name, const void *bytes, size_t size, mode_t mode,
                           wasmprecompile_message_t *why) {
  int file = openat(one->writer, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool is_good = file >= 0;
  for (size_t written = 0; is_good && written < size;) {
    ssize_t count = write(file, (const char *)bytes + written, size - written);
    if (count > 0) written += (size_t)count;
    if (count < 0 && errno != EINTR) is_good = false;
  }
  is_good = is_good && fchmod(file, mode) == 0 && fdatasync(file) == 0;
  if (!is_good) say(why, "%s/tmp: a file of %zu bytes cannot be written: %m", one->open.base, size);
  if (file >= 0) close(file);
  return is_good ? DONE : WRONG;
}

// Whether a flat JSON object has a text under a key.
static bool says(const char *json, const char *key, const char *value) {
  size_t length = strlen(key), wanted = strlen(value);
  for (const char *at = json; (at = strstr(at, key)) != NULL; at += length) {
    if (at == json || at[-1] != '"' || at[length] != '"') continue;
    const char *rest = at + length + 1;
    rest += strspn(rest, " \t\r\n");
    if (*rest != ':') continue;
    rest += 1 + strspn(rest + 1, " \t\r\n");
    if (rest[0] == '"' && strncmp(rest + 1, value, wanted) == 0 && rest[1 + wanted] == '"') return true;
  }
  return false;
}

// A text in JSON: the bytes are printable ASCII.
static void write_json(FILE *file, const char *text) {
  putc('"', file);
  for (; *text != 0; text++) {
    if (*text == '"' || *text == '\\') putc('\\', file);
    putc(*text, file);
  }
  putc('"', file);
}

// Writes engine.json unless it says the same already, in whatever words its writer chose for the options.
static result_t describe(publication_t *one, wasmprecompile_message_t *why) {
  const wasmprecompile_cache_t *cache = one->cache;
  const identity_t *identity = one->identity;
  char build[2 * sizeof cache->build.bytes + 1];
  char *record = malloc(2 * cache->record_size + 1), *there = calloc(1, (1 << 16) + 1), *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  result_t result = DONE;
  if (record == NULL || there == NULL || file == NULL) {
    result = say(why, "there is no memory");
  } else {
    write_hex(cache->build.bytes, cache->build.size, build);
    write_hex(cache->record, cache->record_size, record);
    struct {
      const char *key, *value;
    } texts[] = {
        {"backend", identity->backend}, {"build", build},           {"features", identity->features}, {"format", "wasmtime"},
        {"identity", identity->digest}, {"options", NULL},          {"record", record},               {"suffix", ".cwasm"},
        {"target", cache->target},      {"version", cache->version}};
    int old = openat(one->engine, "engine.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t count = old < 0 ? 0 : read(old, there, 1 << 16);
    if (old >= 0) close(old);
    bool is_same = count > 2 && there[0] == '{' && there[strspn(there, " \t\r\n")] == '{';
    while (count > 0 && strchr(" \t\r\n", there[count - 1]) != NULL) there[--count] = 0;
    is_same = is_same && there[count - 1] == '}' && strstr(there, "\"options\"") != NULL;
    for (size_t i = 0; i < COUNT(texts) && is_same; i++) {
      is_same = texts[i].value == NULL || says(there, texts[i].key, texts[i].value);
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
      fprintf(file, "%s  \"%s\" : ", i == 0 ? "{\n" : ",\n", texts[i].key);
      if (texts[i].value != NULL) {
        write_json(file, texts[i].value);
      } else {
        // The settings of a host's engine cannot be seen, but only their effect, the record.
        fprintf(file,
                "[\n    {\n      \"name\" : \"engine\",\n      \"value\" : \"of a host\"\n    },\n"
                "    {\n      \"name\" : \"features\",\n      \"value\" : \"%s\"\n    }\n  ]",
                identity->features);
      }
    }
    fputs("\n}\n", file);
    if (fflush(file) != 0) result = say(why, "there is no memory");
    if (result == DONE && !is_same) result = write_file(one, "description", text, size, 0644, why);
    if (result == DONE && !is_same && renameat(one->writer, "description", one->engine, "engine.json") != 0) {
      result = say(why, "%s/%s/engine.json: %m", one->open.engines_path, identity->directory);
    }
  }
  if (file != NULL) fclose(file);
  free(text);
  free(there);
  free(record);
  return result;
}

// Gives the artifact's file and the entry their names, while whoever removes objects is kept out.
static result_t name_artifact(publication_t *one, int parent, const char *digest, wasmprecompile_message_t *why) {
  int lock = openat(one->open.objects, ".", directory_flags);
  if (lock >= 0) take_lock(lock, LOCK_SH, 10);
  char target[96];
  snprintf(target, sizeof target, "../../objects/%.2s/%s", digest, digest + 2);
  bool is_good = renameat(one->writer, "artifact", parent, digest + 2) == 0;
  if (is_good && symlinkat(target, one->engine, one->name) != 0) {
    is_good = errno == EEXIST && symlinkat(target, one->writer, "link") == 0 &&
              renameat(one->writer, "link", one->engine, one->name) == 0;
  }
  if (!is_good) say(why, "%s/%s/%s: %m", one->open.engines_path, one->identity->directory, one->name);
  if (lock >= 0) close(lock);
  return is_good ? DONE : WRONG;
}

static result_t publish(publication_t *one, const bytes_t *artifact, wasmprecompile_message_t *why) {
  const wasmprecompile_cache_t *cache = one->cache;
  const uint8_t *record;
  size_t size;
  if (!find_section((const uint8_t *)artifact->data, artifact->size, record_section, &record, &size) ||
      size != cache->record_size || memcmp(record, cache->record, size) != 0) {
    return say(why, "the artifact has another record than its engine");
  }
  uint8_t bytes[32];
  char digest[65];
  sha256(artifact->data, artifact->size, bytes);
  write_hex(bytes, sizeof bytes, digest);
  char directory[3] = {digest[0], digest[1], 0};
  int parent = -1;
  result_t result = make_writer(one, why);
  if (result != DONE) return result;
  result = describe(one, why);
  if (result == DONE) result = write_file(one, "artifact", artifact->data, artifact->size, 0444, why);
  if (result == DONE) {
    result = open_directory(one->open.objects, directory, one->open.objects_path, true, one->open.trust, &parent, why);
  }
  if (result == DONE) result = name_artifact(one, parent, digest, why);
  remove_writer(one->open.temporary, one->writer, one->writer_name);
  close(one->writer);
  int durable[] = {parent, one->open.objects, one->engine, one->open.engines};
  for (size_t i = 0; i < COUNT(durable) && result == DONE; i++) {
    if (fsync(durable[i]) != 0) result = say(why, "%s: the artifact's names may be lost: %m", one->open.base);
  }
  if (parent >= 0) close(parent);
  return result == ABSENT ? say(why, "%s: a directory is gone", one->open.base) : result;
}

// Loading

typedef struct {
  const wasmprecompile_cache_t *cache;
  const kind_t *kind;
  void **loaded;
} loading_t;

// Reads a whole file; NULL, with errno, if that fails.
static uint8_t *read_file(int file, size_t size) {
  uint8_t *bytes = malloc(size > 0 ? size : 1);
  size_t filled = 0;
  while (bytes != NULL && filled < size) {
    ssize_t count = pread(file, bytes + filled, size - filled, (off_t)filled);
    if (count > 0) filled += (size_t)count;
    if (count == 0 || (count < 0 && errno != EINTR)) {
      if (count == 0) errno = EIO;
      free(bytes);
      return NULL;
    }
  }
  return bytes;
}

static bool load_artifact(void *context, int file, uint64_t size, const char *digest, const char *path,
                          wasmprecompile_message_t *why) {
  const loading_t *loading = context;
  const wasmprecompile_cache_t *cache = loading->cache;
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  error_t_ *error;
  // Where /proc is not mounted there is no other way.
  if (cache->in_memory || access(name, R_OK) != 0) {
    uint8_t *bytes = read_file(file, size);
    if (bytes == NULL) {
      say(why, "%s: %m", path);
      return false;
    }
    // What was hashed before was in the file. This is what is loaded.
    uint8_t hash[32];
    char actual[65];
    sha256(bytes, size, hash);
    write_hex(hash, sizeof hash, actual);
    if (strcmp(actual, digest) != 0) {
      say(why, "%s: its artifact changes", path);
      free(bytes);
      return false;
    }
    error = loading->kind->deserialize(cache->engine, bytes, size, loading->loaded);
    free(bytes);
  } else {
    error = loading->kind->deserialize_file(cache->engine, name, loading->loaded);
  }
  if (error == NULL) return true;
  char what[PATH_MAX + 544];
  snprintf(what, sizeof what, "%s: the engine refuses it: ", path);
  say_engine(&cache->api, why, what, error);
  return false;
}

static bool load(const wasmprecompile_cache_t *cache, const kind_t *kind, const uint8_t *wasm, size_t size, void **loaded,
                 wasmprecompile_outcome_t *outcome, wasmprecompile_message_t *error) {
  wasmprecompile_outcome_t own;
  if (outcome == NULL) outcome = &own;
  *outcome = (wasmprecompile_outcome_t){.from_cache = false};
  if (error != NULL) error->text[0] = 0;
  *loaded = NULL;
  uint8_t module[32];
  sha256(wasm, size, module);
  write_hex(module, sizeof module, outcome->module);
  loading_t loading = {cache, kind, loaded};
  outcome->from_cache = look(cache, outcome->module, load_artifact, &loading, &outcome->reason);
  if (outcome->from_cache) return true;

  // The claim is held while the engine compiles.
  publication_t publication;
  wasmprecompile_message_t why = {""};
  bool publishes = begin_publication(cache, module, &publication, &why) == DONE;
  // What keeps from loading often keeps from publishing, too.
  if (!publishes && strstr(outcome->reason.text, why.text) == NULL) say(&outcome->reason, "%s", why.text);
  // The one that had the claim may have published it.
  if (publishes) outcome->from_cache = look(cache, outcome->module, load_artifact, &loading, NULL);
  bool is_loaded = outcome->from_cache;
  if (!is_loaded) {
    error_t_ *refusal = kind->make(cache->engine, wasm, size, loaded);
    is_loaded = refusal == NULL;
    if (!is_loaded) say_engine(&cache->api, error, "", refusal);
    bytes_t artifact;
    if (is_loaded && publishes) {
      refusal = kind->serialize(*loaded, &artifact);
      if (refusal != NULL) {
        say_engine(&cache->api, &outcome->reason, "not published: ", refusal);
      } else {
        outcome->published = publish(&publication, &artifact, &outcome->reason) == DONE;
        cache->api.bytes_delete(&artifact);
      }
    }
  }
  if (publishes) end_publication(&publication);
  return is_loaded;
}

bool wasmprecompile_load(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size, wasmtime_module_t **module,
                         wasmprecompile_outcome_t *outcome, wasmprecompile_message_t *error) {
  void *loaded;
  bool is_loaded = load(cache, &cache->api.module, wasm, size, &loaded, outcome, error);
  *module = loaded;
  return is_loaded;
}

bool wasmprecompile_load_component(const wasmprecompile_cache_t *cache, const uint8_t *wasm, size_t size,
                                   wasmtime_component_t **component, wasmprecompile_outcome_t *outcome,
                                   wasmprecompile_message_t *error) {
  const kind_t *kind = &cache->api.component;
  if (outcome != NULL) *outcome = (wasmprecompile_outcome_t){.from_cache = false};
  void *loaded = NULL;
  bool is_loaded = false;
  if (kind->make && kind->deserialize && kind->deserialize_file && kind->serialize && kind->delete) {
    is_loaded = load(cache, kind, wasm, size, &loaded, outcome, error);
  } else if (error != NULL) {
    error->text[0] = 0;
    say(error, "this libwasmtime's C API has no components");
  }
  *component = loaded;
  return is_loaded;
}

bool wasmprecompile_load_file(const wasmprecompile_cache_t *cache, const char *path, wasmtime_module_t **module,
                              wasmprecompile_outcome_t *outcome, wasmprecompile_message_t *error) {
  *module = NULL;
  if (outcome != NULL) *outcome = (wasmprecompile_outcome_t){.from_cache = false};
  if (error != NULL) error->text[0] = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  uint8_t *wasm = NULL;
  if (file >= 0 && fstat(file, &status) == 0) wasm = read_file(file, (size_t)status.st_size);
  if (wasm == NULL) say(error, "%m");
  if (file >= 0) close(file);
  bool is_loaded = wasm != NULL && wasmprecompile_load(cache, wasm, (size_t)status.st_size, module, outcome, error);
  free(wasm);
  return is_loaded;
}
