#define _GNU_SOURCE
#include "confined.h"
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <linux/landlock.h> is not used: the headers of the machine that builds may be older than the kernel that runs.
enum {
  landlock_create_ruleset = 444,
  landlock_add_rule = 445,
  landlock_restrict_self = 446,
  beneath_path = 1,
};

enum {
  may_execute = 1 << 0,
  may_write = 1 << 1,
  may_read = 1 << 2,
  may_list = 1 << 3,
  may_make_character_device = 1 << 6,
  may_make_block_device = 1 << 11,
  may_truncate = 1 << 14,
  may_control_device = 1 << 15,
};

static uint64_t file_rights(int version) {
  // Versions 2, 3 and 5 brought a right each.
  int count = 13 + (version >= 2) + (version >= 3) + (version >= 5);
  return ((uint64_t)1 << count) - 1;
}

int clinux_landlock_rules(int version) {
  struct {
    uint64_t files, network, outwards;
  } rules = {
      .files = file_rights(version),
      .network = version >= 4 ? 3 : 0,   // binding and connecting TCP
      .outwards = version >= 6 ? 3 : 0,  // abstract Unix sockets and signals
  };
  size_t size = version >= 6 ? 3 * sizeof(uint64_t) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
  int set = (int)syscall(landlock_create_ruleset, &rules, size, 0);
  if (set >= 0) fcntl(set, F_SETFD, FD_CLOEXEC);
  return set;
}

int clinux_landlock_allow(int rules, int version, const char *path, enum clinux_landlock_access access) {
  struct __attribute__((packed)) {
    uint64_t allowed;
    int32_t place;
  } rule = {.place = open(path, O_PATH | O_CLOEXEC)};
  if (rule.place < 0) return -1;
  struct stat status;
  int result = fstat(rule.place, &status);
  if (result == 0) {
    switch (access) {
    case clinux_landlock_read: rule.allowed = may_execute | may_read | may_list; break;
    case clinux_landlock_device: rule.allowed = may_read | may_write | may_truncate | may_control_device; break;
    case clinux_landlock_all:
      rule.allowed = file_rights(version) & ~(uint64_t)(may_make_character_device | may_make_block_device);
      break;
    }
    rule.allowed &= file_rights(version);
    if (!S_ISDIR(status.st_mode)) {
      rule.allowed &= may_execute | may_read | may_write | may_truncate | may_control_device;
    }
    result = (int)syscall(landlock_add_rule, rules, beneath_path, &rule, 0);
  }
  int error = errno;
  close(rule.place);
  errno = error;
  return result;
}

bool clinux_filters_system_calls(void) {
  uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

void clinux_keep_others_out(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

static int limit(int resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) return -1;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit((__rlimit_resource_t)resource, &limit);
}

// Gives up every capability that root would have beyond its own files (capset(2)); for other users nothing changes.
static int give_up_capabilities(void) {
  struct {
    uint32_t version;
    int process;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } none[2] = {{0, 0, 0}, {0, 0, 0}};
  return (int)syscall(SYS_capset, &header, none);
}

// What goes wrong in the child is told through a pipe that the program itself does not get.
struct failure {
  int error;
  char call[28];
};

__attribute__((noreturn)) static void give_up(int pipe, const char *call) {
  struct failure failure = {.error = errno};
  strncpy(failure.call, call, sizeof failure.call - 1);
  (void)!write(pipe, &failure, sizeof failure);
  _exit(127);
}

// Where memory is short, the kernel is to choose this process, and not the one that cleans up behind it.
static void end_first_without_memory(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!write(file, "500", 3);
  close(file);
}

__attribute__((noreturn)) static void become(const struct clinux_confined_program *program, pid_t parent, int pipe) {
  if (setpgid(0, 0) != 0) give_up(pipe, "setpgid");
  // What is in /proc of it belongs to root otherwise.
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  end_first_without_memory();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) give_up(pipe, "prctl");
  if (getppid() != parent) _exit(127);
  for (int number = 1; number < NSIG; number++) {
    // A write beyond the limit is to fail and say so, not kill.
    signal(number, number == SIGXFSZ ? SIG_IGN : SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (fchdir(program->directory) != 0) give_up(pipe, "fchdir");
  int given[] = {program->input, program->output, program->errors};
  for (int target = 0; target < 3; target++) {
    if (dup2(given[target], target) < 0) give_up(pipe, "dup2");
  }
  if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_AS, program->memory) != 0 || limit(RLIMIT_FSIZE, program->file) != 0 ||
      limit(RLIMIT_CPU, program->processor_seconds) != 0 || limit(RLIMIT_NOFILE, program->descriptors) != 0) {
    give_up(pipe, "setrlimit");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(pipe, "prctl");
  if (give_up_capabilities() != 0) give_up(pipe, "capset");
  if (program->rules >= 0) {
    // What the process can learn of itself. The processes that it starts cannot.
    (void)clinux_landlock_allow(program->rules, program->landlock_version, "/proc/self", clinux_landlock_read);
    if (syscall(landlock_restrict_self, program->rules, 0) != 0) give_up(pipe, "landlock_restrict_self");
  }
  // Nothing of ours is left open in it, whatever was not close-on-exec.
  if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0) {
    // Before Linux 5.11. There are few, because the calling process was given few.
    for (int number = 3; number < (int)program->descriptors; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
  }
  if (program->filter != NULL) {
    struct sock_fprog filter = {
        .len = (unsigned short)(program->filter_size / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)program->filter,
    };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) give_up(pipe, "seccomp");
  }
  syscall(SYS_execveat, program->opened, "", program->arguments, program->environment, 0x1000 /* AT_EMPTY_PATH */);
  // A script's interpreter opens the path, and so does what runs programs of other processors (binfmt_misc). A filter of a
  // container's may not know the call.
  if (errno == ENOENT || errno == ENOSYS || errno == EPERM) {
    execve(program->executable, program->arguments, program->environment);
  }
  give_up(pipe, "execve");
}

pid_t clinux_start_confined(const struct clinux_confined_program *program, const char **call) {
  static struct failure failure;
  int ends[2];
  *call = "pipe2";
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  pid_t parent = getpid();
  *call = "fork";
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    // Above the descriptors that the program is given.
    int pipe = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    become(program, parent, pipe);
  }
  int error = errno;
  close(ends[1]);
  if (child > 0) {
    ssize_t size;
    do size = read(ends[0], &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    if (size == sizeof failure) {
      error = failure.error;
      *call = failure.call;
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
      child = -1;
    }
  }
  close(ends[0]);
  errno = error;
  return child;
}
