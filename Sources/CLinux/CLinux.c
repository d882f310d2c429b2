#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * CLINUX_MAX_PASSED_DESCRIPTORS)];
};

ssize_t clinux_send(int socket, const void *bytes, size_t size, const int *descriptors, int count, bool waits) {
  if (count < 0 || count > CLINUX_MAX_PASSED_DESCRIPTORS) {
    errno = EINVAL;
    return -1;
  }
  struct iovec part = {(void *)bytes, size};
  union control control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * count);
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
  } while (sent < 0 && errno == EINTR);
  return sent;
}

ssize_t clinux_receive(int socket, void *bytes, size_t capacity, int *descriptors, int *count) {
  struct iovec part = {bytes, capacity};
  union control control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  *count = 0;
  ssize_t received;
  do {
    received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -1;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int here = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    const int *passed = (const int *)CMSG_DATA(part);
    for (int i = 0; i < here; i++) {
      if (*count < CLINUX_MAX_PASSED_DESCRIPTORS)
        descriptors[(*count)++] = passed[i];
      else
        close(passed[i]);
    }
  }
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
    for (int i = 0; i < *count; i++) close(descriptors[i]);
    *count = 0;
    errno = EMSGSIZE;
    return -1;
  }
  return received;
}

int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
  int file;
  do {
    file = openat(directory, path, flags | O_CLOEXEC, mode);
  } while (file < 0 && errno == EINTR);
  return file;
}

int clinux_open_path_only(int directory, const char *name) {
  return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int clinux_probe_read_lease(int file) {
  // A writer that opens the file between the two calls below makes the kernel signal us, by default with SIGIO,
  // which would end the process. SIGURG is ignored by default, so the signal changes nothing.
  if (fcntl(file, F_SETSIG, SIGURG) != 0) return errno;
  if (fcntl(file, F_SETLEASE, F_RDLCK) != 0) return errno;
  fcntl(file, F_SETLEASE, F_UNLCK);
  return 0;
}

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int clinux_seal_contents(int memory_file) {
  return fcntl(memory_file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

bool clinux_is_sealed(int file) {
  int wanted = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK, seals = fcntl(file, F_GET_SEALS);
  return seals >= 0 && (seals & wanted) == wanted;
}

int clinux_seal_size(int memory_file) {
  return fcntl(memory_file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

static int lock_byte(int file, int64_t offset, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
  return fcntl(file, F_OFD_SETLK, &lock);
}

int clinux_try_lock_byte(int file, int64_t offset) { return lock_byte(file, offset, F_WRLCK); }
int clinux_unlock_byte(int file, int64_t offset) { return lock_byte(file, offset, F_UNLCK); }

int clinux_file_system_type(int file, int64_t *type) {
  struct statfs status;
  if (fstatfs(file, &status) != 0) return -1;
  *type = status.f_type;
  return 0;
}

int clinux_synchronize_file_system(int file) { return syncfs(file); }

int clinux_unique_mount(int file, uint64_t *number) {
  // The headers of the machine that builds may be older than the kernel that runs.
  const unsigned unique = 0x4000; // STATX_MNT_ID_UNIQUE
  struct statx status;
  if (statx(file, "", AT_EMPTY_PATH, unique, &status) != 0) return -1;
  if (!(status.stx_mask & unique)) {
    errno = ENOSYS;
    return -1;
  }
  *number = status.stx_mnt_id;
  return 0;
}

int clinux_available_processors(void) {
  // The kernel wants room for every processor it could have, so grow until it is content.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (set == NULL) return -1;
    size_t size = CPU_ALLOC_SIZE(processors);
    CPU_ZERO_S(size, set);
    int result = sched_getaffinity(0, size, set);
    int count = result == 0 ? CPU_COUNT_S(size, set) : -1;
    CPU_FREE(set);
    if (result == 0 || errno != EINVAL) return count;
  }
  return -1;
}

static int argument_count;
static char **first_argument;

// The C library gives these to constructors, as it does to main. Swift would read them from /proc, which may not be there.
__attribute__((constructor)) static void keep_arguments(int count, char **arguments) {
  argument_count = count;
  first_argument = arguments;
}

char **clinux_arguments(int *count) {
  *count = argument_count;
  return first_argument;
}

const char *clinux_executable(void) { return (const char *)getauxval(AT_EXECFN); }

bool clinux_is_main_thread(void) { return gettid() == getpid(); }

char **clinux_environment(void) { return environ; }

void clinux_name_process(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_process_descriptor(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

void clinux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void clinux_disable_core_dumps(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

int clinux_spawn_closing_from(void *file_actions, int descriptor) {
  return posix_spawn_file_actions_addclosefrom_np(file_actions, descriptor);
}

bool clinux_exited(int status) { return WIFEXITED(status); }
int clinux_exit_status(int status) { return WEXITSTATUS(status); }
int clinux_termination_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int clinux_stopping_signal(int status) { return WIFSTOPPED(status) ? WSTOPSIG(status) : 0; }

int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int clinux_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  int result = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (result != 0) {
    errno = result;
    return -1;
  }
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
  struct signalfd_siginfo information;
  return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

int clinux_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
int clinux_signal_default(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }

bool clinux_signal_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int clinux_terminal_columns(int terminal) {
  struct winsize size;
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int clinux_semaphore_wait(void *semaphore, uint64_t time) {
  // A time too late for the clock never comes.
  struct timespec until = {.tv_sec = (time_t)(time / 1000000000), .tv_nsec = (long)(time % 1000000000)};
  return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
}

bool clinux_address_space_is_limited(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

void clinux_share_heap(void) { mallopt(M_ARENA_MAX, 1); }

void clinux_keep_freed_memory(void) {
  mallopt(M_TOP_PAD, 2 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
}
