// inotifytools.h only names `struct inotify_event`; its layout comes from the kernel's header.
#include <sys/inotify.h>
#include <inotifytools/inotifytools.h>
