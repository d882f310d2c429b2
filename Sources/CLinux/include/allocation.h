// How memory is taken from the kernel.
#ifndef CLINUX_ALLOCATION_H
#define CLINUX_ALLOCATION_H

// Has the C library take memory in large pieces and give none back (mallopt(3)). What a thread's heap may use is otherwise
// changed by mprotect(2) for every few kilobytes, which interrupts all processors that run the process's threads.
void clinux_keep_freed_memory(void);

#endif
