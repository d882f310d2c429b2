#include "allocation.h"

#include <malloc.h>

void clinux_keep_freed_memory(void) {
  mallopt(M_TOP_PAD, 2 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
}
