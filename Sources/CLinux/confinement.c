#define _GNU_SOURCE
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// <linux/landlock.h> is not used: the headers of the machine that builds may be older than the kernel that runs.
struct landlock_rules {
  uint64_t files;    // since version 1
  uint64_t network;  // since version 4
  uint64_t outwards; // since version 6
};

enum {
  landlock_create_ruleset = 444,
  landlock_restrict_self = 446,
  // Numbers of access rights, which are bits from the lowest on.
  file_rights_of_version_1 = 13,
  network_rights = 2,  // binding and connecting TCP
  outward_scopes = 2,  // abstract Unix sockets and signals
};

static uint64_t lowest_bits(int count) { return ((uint64_t)1 << count) - 1; }

int clinux_landlock_version(void) { return (int)syscall(landlock_create_ruleset, NULL, 0, 1 /* VERSION */); }

int clinux_landlock_give_up_all(int version) {
  // Versions 2, 3 and 5 brought a right each: moving between directories, truncating, devices' ioctl(2).
  int rights = file_rights_of_version_1 + (version >= 2) + (version >= 3) + (version >= 5);
  struct landlock_rules rules = {
      .files = lowest_bits(rights),
      .network = version >= 4 ? lowest_bits(network_rights) : 0,
      .outwards = version >= 6 ? lowest_bits(outward_scopes) : 0,
  };
  size_t size = version >= 6 ? 3 * sizeof(uint64_t) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
  int ruleset = (int)syscall(landlock_create_ruleset, &rules, size, 0);
  if (ruleset < 0) return -1;
  int result = (int)syscall(landlock_restrict_self, ruleset, 0);
  int error = errno;
  close(ruleset);
  errno = error;
  return result;
}

int clinux_give_up_privileges(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int lower_limit(__rlimit_resource_t resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return -1;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value) limit.rlim_max = value;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > value) limit.rlim_cur = value;
  return setrlimit(resource, &limit);
}

int clinux_limit_address_space(uint64_t bytes) { return lower_limit(RLIMIT_AS, bytes); }
int clinux_limit_file_size(uint64_t bytes) { return lower_limit(RLIMIT_FSIZE, bytes); }

int64_t clinux_processor_time(pid_t process) {
  clockid_t clock;
  int error = clock_getcpuclockid(process, &clock);
  if (error != 0) {
    errno = error;
    return -1;
  }
  struct timespec used;
  return clock_gettime(clock, &used) == 0 ? (int64_t)used.tv_sec : -1;
}

int clinux_limit_processor_time(pid_t process, uint64_t seconds, uint64_t most) {
  int64_t used = clinux_processor_time(process);
  if (used < 0) return -1;
  struct rlimit limit;
  if (prlimit(process, RLIMIT_CPU, NULL, &limit) != 0) return -1;
  // Nobody without privileges can raise the hard limit again.
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most) limit.rlim_max = most;
  // The soft limit goes up again for the next piece of work.
  rlim_t wanted = (rlim_t)used + 1 + seconds;
  limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
  return prlimit(process, RLIMIT_CPU, &limit, NULL);
}

int clinux_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

static int lifeline = -1;

// Before a call that does not return, the address sanitizer would look the stack's bounds up in a file that a confined process
// may not open.
__attribute__((no_sanitize("address"))) static void exit_if_hung_up(int signal) {
  (void)signal;
  int error = errno;
  struct pollfd state = {.fd = lifeline};
  // Anybody may have sent the signal.
  if (poll(&state, 1, 0) > 0 && state.revents & (POLLHUP | POLLERR | POLLNVAL)) _exit(0);
  errno = error;
}

int clinux_exit_when_hung_up(int pipe) {
  lifeline = pipe;
  struct sigaction action = {.sa_handler = exit_if_hung_up, .sa_flags = SA_RESTART | SA_ONSTACK};
  if (sigaction(SIGIO, &action, NULL) != 0 || fcntl(pipe, F_SETOWN, getpid()) < 0) return -1;
  int flags = fcntl(pipe, F_GETFL);
  if (flags < 0 || fcntl(pipe, F_SETFL, flags | O_ASYNC) < 0) return -1;
  // It may have happened before.
  exit_if_hung_up(SIGIO);
  return 0;
}
