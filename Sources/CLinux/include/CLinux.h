// Linux calls that Swift cannot make by itself: variadic functions, macros, and constants behind _GNU_SOURCE.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "access.h"
#include "confined.h"
#include "confinement.h"
#include "copying.h"
#include "directory.h"
#include "network.h"
#include "processor.h"
#include "writing.h"

// Every function returns -1 with errno set on failure, as the call it stands for does.

// --- descriptors over a socket (unix(7), SCM_RIGHTS) ---

#define CLINUX_MAX_PASSED_DESCRIPTORS 4

// Sends one record and the descriptors beside it; never raises SIGPIPE. Unless it waits, it fails with EAGAIN where there is
// no room.
ssize_t clinux_send(int socket, const void *bytes, size_t size, const int *descriptors, int count, bool waits);

// Receives one record. Descriptors arrive close-on-exec; `*count` is their number. Fails with EMSGSIZE when the record
// or the descriptors did not fit.
ssize_t clinux_receive(int socket, void *bytes, size_t capacity, int *descriptors, int *count);

// --- files ---

int clinux_openat(int directory, const char *path, int flags, mode_t mode);

// Opens a path for its status and for going on from it only (open(2), O_PATH). A symbolic link is not followed.
int clinux_open_path_only(int directory, const char *name);

// Takes and gives back a read lease (fcntl(2), F_SETLEASE): 0 when nobody has the file open for writing, else an errno.
// EAGAIN says that a writer has it open. Any other value means that the file system or our rights allow no leases, which
// says nothing about writers.
int clinux_probe_read_lease(int file);

// An anonymous file that nothing can change any more once sealed (memfd_create(2)).
int clinux_memory_file(const char *name);
int clinux_seal_contents(int memory_file); // no writing, growing or shrinking
int clinux_seal_size(int memory_file);     // no growing or shrinking
bool clinux_is_sealed(int file);           // as clinux_seal_contents leaves it, whoever did it

// A writer's lock on one byte of a file, owned by the open file description, so that it goes with its last descriptor
// (fcntl(2), F_OFD_SETLK). Fails with EAGAIN when another open file description has it.
int clinux_try_lock_byte(int file, int64_t offset);
int clinux_unlock_byte(int file, int64_t offset);

// A pipe's two ends, close-on-exec and not blocking (pipe2(2)).
int clinux_pipe(int *ends);

// The file system's magic number (statfs(2)).
int clinux_file_system_type(int file, int64_t *type);

// Writes out everything that was written to the file's file system, and waits for it (syncfs(2)).
int clinux_synchronize_file_system(int file);

// The number of the mount that a file was reached through, which no other mount gets until the machine starts anew (statx(2),
// STATX_MNT_ID_UNIQUE; since Linux 6.8).
int clinux_unique_mount(int file, uint64_t *number);

// --- processes ---

// The number of processors this process may run on (sched_getaffinity(2)).
int clinux_available_processors(void);

// The arguments that this process was started with, its name first.
char **clinux_arguments(int *count);

// The path of this program's file as it was started with (getauxval(3), AT_EXECFN), or null.
const char *clinux_executable(void);

// Whether the calling thread is the one that the process began with.
bool clinux_is_main_thread(void);

// The environment; Swift cannot prove its access to the global variable safe.
char **clinux_environment(void);

// Renames the process for ps and top (prctl(2), PR_SET_NAME).
void clinux_name_process(const char *name);

// A descriptor that becomes readable when a child process has ended (pidfd_open(2)); -1 where there is none to be had.
int clinux_process_descriptor(int process);

// Allows as many open descriptors as the system grants (setrlimit(2), RLIMIT_NOFILE).
void clinux_raise_descriptor_limit(void);

// Whether this process may take only so much address space (getrlimit(2), RLIMIT_AS).
bool clinux_address_space_is_limited(void);

// Has all threads share one heap (mallopt(3)). The C library would reserve 64 MiB of address space for each.
void clinux_share_heap(void);

// Has the heap take memory in large pieces and give none back (mallopt(3)), instead of asking for every few kilobytes.
void clinux_keep_freed_memory(void);

// No core dumps (prctl(2), PR_SET_DUMPABLE stays as it is; setrlimit(2), RLIMIT_CORE).
void clinux_disable_core_dumps(void);

// Makes a spawned process close every descriptor from this one on (posix_spawn_file_actions_addclosefrom_np(3)).
int clinux_spawn_closing_from(void *file_actions, int descriptor);

// The meaning of a wait status (wait(2)).
bool clinux_exited(int status);
int clinux_exit_status(int status);
int clinux_termination_signal(int status);
int clinux_stopping_signal(int status); // 0 unless the process was stopped

// Has orphans among the descendants become this process's children (prctl(2), PR_SET_CHILD_SUBREAPER).
int clinux_adopt_orphans(void);

// A descriptor that tells of signals, which are blocked for it (signalfd(2)); not blocking.
int clinux_signal_descriptor(const int *signals, int count);
// The next signal that it tells of; 0 if there is none.
int clinux_next_signal(int descriptor);

int clinux_signal_ignore(int signal);
int clinux_signal_default(int signal);
bool clinux_signal_is_ignored(int signal);

// Waits until a semaphore is signalled or the time on CLOCK_MONOTONIC has come, in nanoseconds (sem_clockwait(3)).
int clinux_semaphore_wait(void *semaphore, uint64_t time);

// The terminal's width in columns, or 0.
int clinux_terminal_columns(int terminal);

#endif
