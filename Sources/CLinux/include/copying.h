// Copying files without copying their bytes.
#ifndef CLINUX_COPYING_H
#define CLINUX_COPYING_H

// Makes a file share all contents of another one until either is changed (ioctl_ficlone(2)). Fails with EOPNOTSUPP, EXDEV
// or EINVAL where the file system cannot.
int clinux_clone_contents(int target, int source);

#endif
