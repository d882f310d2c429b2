// A program that is started with few rights: a part of the file system, no privileges, its own process group.
#ifndef CLINUX_CONFINED_H
#define CLINUX_CONFINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a rule of Landlock's allows below a path.
enum clinux_landlock_access {
  clinux_landlock_read,   // to read, to list and to execute
  clinux_landlock_device, // to read and write what is there
  clinux_landlock_all,    // everything but to make devices
};

/// A set of rules that allows nothing yet (landlock_create_ruleset(2)).
int clinux_landlock_rules(int version);

/// Allows something of everything below a path. A path that is not there allows nothing.
int clinux_landlock_allow(int rules, int version, const char *path, enum clinux_landlock_access access);

/// Whether the kernel takes filters of system calls that refuse (seccomp(2)).
bool clinux_filters_system_calls(void);

/// Keeps other processes of the same user out of this one (prctl(2), PR_SET_DUMPABLE).
void clinux_keep_others_out(void);

struct clinux_confined_program {
  const char *executable; // its path
  int opened;             // the same, opened: what the path leads to meanwhile does not matter
  char *const *arguments;
  char *const *environment;
  int directory; // becomes its working directory
  int input, output, errors;
  int rules;           // of Landlock, or -1
  int landlock_version;
  const void *filter;  // instructions of seccomp(2), or null
  size_t filter_size;  // bytes
  uint64_t memory, file, processor_seconds, descriptors; // limits
};

/// Starts a program as the leader of a process group, which the kernel kills when the calling thread ends.
///
/// The calling process must have one thread. On failure `*call` names what failed.
pid_t clinux_start_confined(const struct clinux_confined_program *program, const char **call);

#endif
