// mimalloc, a faster malloc(3) than the C library's. A program that is linked with it takes all its memory from there, that
// of the engine it loads included.
#ifndef CMIMALLOC_H
#define CMIMALLOC_H

#include <mimalloc.h>

#endif
