// libseccomp, plus what Swift cannot call by itself: variadic functions and macros that take arguments.
#ifndef CSECCOMP_H
#define CSECCOMP_H

#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>

static const uint32_t cseccomp_kill = SCMP_ACT_KILL_PROCESS;
static const uint32_t cseccomp_allow = SCMP_ACT_ALLOW;

static const int cseccomp_unknown_call = __NR_SCMP_ERROR;

static inline uint32_t cseccomp_fail_with(uint16_t error) { return SCMP_ACT_ERRNO(error); }

// Flags of clone(2): those that make a thread of the same process, and those that make name spaces.
static const uint64_t cseccomp_thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
static const uint64_t cseccomp_name_spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                             CLONE_NEWPID | CLONE_NEWNET;

#endif
