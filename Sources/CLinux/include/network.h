// Rules of Landlock's for a process that speaks to one server.
#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stdint.h>

/// Allows connecting to a port of any machine (landlock_add_rule(2)). Nothing is restricted, and so to be allowed, before version 4.
int clinux_landlock_allow_connecting(int rules, int version, uint16_t port);

/// Puts the rules in force for the calling thread and those that it starts (landlock_restrict_self(2)).
int clinux_landlock_enter(int rules);

/// Gives up what root may do beyond using its own files (capset(2)); for other users nothing changes.
int clinux_give_up_capabilities(void);

#endif
