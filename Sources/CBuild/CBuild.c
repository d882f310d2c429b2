#include "CBuild.h"

const char *cbuild_commit(void) { return WASMPRECOMPILE_COMMIT; }
