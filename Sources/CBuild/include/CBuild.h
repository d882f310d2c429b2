// What a build knows about itself. In C, because Swift's conditions have no values, and in a target of its own, because
// that is all that is compiled anew when the commit changes.
#ifndef CBUILD_H
#define CBUILD_H

/// The commit that the program was built from, as `make build` names it; otherwise "unknown".
const char *_Nonnull cbuild_commit(void);

#endif
