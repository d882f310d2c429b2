// Rights that a process gives up before it reads hostile input, by system calls without a wrapper in the C library.
#ifndef CLINUX_CONFINEMENT_H
#define CLINUX_CONFINEMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// The version of Landlock's interface that the kernel has, or -1 with errno set (landlock(7)).
int clinux_landlock_version(void);

/// Gives up, for the calling thread and those that it starts, everything that this version of Landlock can take away.
int clinux_landlock_give_up_all(int version);

/// No privileges by executing set-user-ID programs, and no core dumps or tracing by others (prctl(2)).
int clinux_give_up_privileges(void);

/// Bounds what this process may take; a limit that is lower already stays.
int clinux_limit_address_space(uint64_t bytes);
int clinux_limit_file_size(uint64_t bytes);

/// The processor time that a process has used, in seconds (clock_getcpuclockid(3)).
int64_t clinux_processor_time(pid_t process);

/// Bounds the processor time of another process (prlimit(2)).
///
/// It is sent SIGXCPU, which it may ignore, when it has used so many seconds more, and SIGKILL when it has used the most.
int clinux_limit_processor_time(pid_t process, uint64_t seconds, uint64_t most);

/// Has the kernel kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
int clinux_end_with_parent(void);

/// Ends the process as soon as the writing end of a pipe is closed, even in the middle of its work.
///
/// By a signal (fcntl(2), O_ASYNC), because a thread that waits for it would exist before the process is confined. By a pipe of
/// its own, because each message in a socket would raise the signal, too.
int clinux_exit_when_hung_up(int pipe);

#endif
