#define _GNU_SOURCE
#include "network.h"

#include <sys/syscall.h>
#include <unistd.h>

// <linux/landlock.h> is not used: the headers of the machine that builds may be older than the kernel that runs.
enum {
  landlock_add_rule = 445,
  landlock_restrict_self = 446,
  port_of_the_network = 2,
  may_connect = 1 << 1,
};

int clinux_landlock_allow_connecting(int rules, int version, uint16_t port) {
  if (version < 4) return 0;
  struct {
    uint64_t allowed, port;
  } rule = {.allowed = may_connect, .port = port};
  return (int)syscall(landlock_add_rule, rules, port_of_the_network, &rule, 0);
}

int clinux_landlock_enter(int rules) { return (int)syscall(landlock_restrict_self, rules, 0); }

int clinux_give_up_capabilities(void) {
  struct {
    uint32_t version;
    int process;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } none[2] = {{0, 0, 0}, {0, 0, 0}};
  return (int)syscall(SYS_capset, &header, none);
}
