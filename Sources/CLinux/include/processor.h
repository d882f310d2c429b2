#ifndef CLINUX_PROCESSOR_H
#define CLINUX_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLINUX_PROCESSOR_WORDS 6

/// The processor's abilities, as far as compilers ask. Two processors that differ in them never give the same words.
void clinux_processor_features(uint64_t *words);

// Shims, because the Glibc module that Swift imports leaves out sched.h's cpu_set_t functions.

/// The processor on which the calling thread runs, or -1.
int clinux_current_processor(void);

/// A processor on which the calling thread may run and which is not among `taken`, or -1 if there is none.
int clinux_free_processor(const int *taken, size_t count);

/// Moves the calling thread to a processor now, and leaves it to the scheduler again where it runs from then on.
bool clinux_move_to_processor(int processor);

#endif
