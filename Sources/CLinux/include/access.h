#ifndef CLINUX_ACCESS_H
#define CLINUX_ACCESS_H

#include <stdbool.h>

// Whether a file's mode says everything about who may do what with it: false where it has an access control list, or where
// that cannot be found out. The mode's bits for the group are then the most that anybody on the list may do.
bool clinux_has_only_mode(int file);

#endif
