// Writing from the page cache to the disk.
#ifndef CLINUX_WRITING_H
#define CLINUX_WRITING_H

// Starts writing a file's changed pages to the disk and does not wait for it (sync_file_range(2)), which allocates their
// place, too: the next commit of the file system's journal then has all that the file needs.
int clinux_start_writing_out(int fd);

#endif
