#define _GNU_SOURCE
#include "processor.h"

#include <sched.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

void clinux_processor_features(uint64_t *words) {
  memset(words, 0, CLINUX_PROCESSOR_WORDS * sizeof *words);
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    words[0] = (uint64_t)c << 32 | d;
    // Whether the system keeps the wide registers (XCR0), without which their instructions cannot be used.
    if (c & bit_OSXSAVE) {
      unsigned low, high;
      __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
      words[1] = (uint64_t)high << 32 | low;
    }
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    words[2] = (uint64_t)b << 32 | c;
    words[3] = d;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) words[4] = (uint64_t)a << 32 | d;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) words[5] = (uint64_t)c << 32 | d;
#else
  words[0] = getauxval(AT_HWCAP);
  words[1] = getauxval(AT_HWCAP2);
#endif
}

int clinux_current_processor(void) { return sched_getcpu(); }

int clinux_free_processor(const int *taken, size_t count) {
  cpu_set_t allowed;
  // Fails where there are more processors than a cpu_set_t holds; threads are then left where they are.
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  for (size_t index = 0; index < count; index++) {
    if (taken[index] >= 0 && taken[index] < CPU_SETSIZE) CPU_CLR(taken[index], &allowed);
  }
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (CPU_ISSET(processor, &allowed)) return processor;
  }
  return -1;
}

bool clinux_move_to_processor(int processor) {
  cpu_set_t before, one;
  if (sched_getaffinity(0, sizeof before, &before) != 0) return false;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) return false;
  sched_setaffinity(0, sizeof before, &before);
  return true;
}
