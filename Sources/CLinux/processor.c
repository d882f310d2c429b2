#define _GNU_SOURCE
#include "processor.h"

#include <sched.h>

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
