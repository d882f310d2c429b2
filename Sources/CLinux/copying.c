#include "copying.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

int clinux_clone_contents(int target, int source) { return ioctl(target, FICLONE, source); }
