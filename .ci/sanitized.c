// Linked into everything that `make test-tsan` and `make test-asan` run: what the sanitizers cannot know by themselves.
//
// It is compiled in and not given by variables because tests start programs with environments of their own.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>

// A compile child may make few system calls. The sanitizers make some of their own, for which the filter is opened here
// before it comes into force.
static const int of_sanitizers[] = {SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(newfstatat)};

int seccomp_load(const scmp_filter_ctx filter) {
  int (*add)(scmp_filter_ctx, uint32_t, int, unsigned) = dlsym(RTLD_NEXT, "seccomp_rule_add");
  int (*next)(const scmp_filter_ctx) = dlsym(RTLD_NEXT, "seccomp_load");
  for (unsigned i = 0; i < sizeof of_sanitizers / sizeof *of_sanitizers; i++)
    add(filter, SCMP_ACT_ALLOW, of_sanitizers[i], 0);
  return next(filter);
}

// Memory may end, in a compile child: that is for whoever asked for it to see to, not for the sanitizer. What is found ends
// the process, so that no test that started it can overlook it.
#define COMMON_OPTIONS "allocator_may_return_null=1:halt_on_error=1"

#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>

// Swift's Mutex takes and gives up a free lock in code that is compiled into its user and so is seen, but a contended one
// in libswiftSynchronization, which is not: then the sanitizer would take what the lock orders for a race. The calls for
// that case are put between here, and do what they did. Should a toolchain name them otherwise, false reports come back.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT bool try_lock(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void unlock(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock(uint32_t thread, SELF void *mutex) {
  SWIFT void (*next)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
  next(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT bool try_lock(SELF void *mutex) {
  SWIFT bool (*next)(SELF void *) = dlsym(RTLD_NEXT, TRY_LOCK);
  bool taken = next(mutex);
  if (taken) __tsan_acquire(mutex);
  return taken;
}

SWIFT void unlock(SELF void *mutex) {
  SWIFT void (*next)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
  __tsan_release(mutex);
  next(mutex);
}

const char *__tsan_default_options(void) { return COMMON_OPTIONS; }
#endif

#if __has_feature(address_sanitizer)
// Leaks are looked for where ASAN_OPTIONS asks for it: not in children, which are traced, or may not look at themselves.
const char *__asan_default_options(void) { return COMMON_OPTIONS ":detect_leaks=0"; }
#endif
