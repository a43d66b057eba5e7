// SPDX-License-Identifier: GPL-2.0-only
/* Small files, and file systems for one test (kernel_files.h). */
#include "guest/linux/usertest/kernel_files.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/types.h>
#include <unistd.h>

bool mount_own(const char *type, const char *options, const char *folder)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(type, folder, type, 0, options) == 0;
}

static bool write_text(const char *path, int flags, const char *text)
{
	ssize_t size = (ssize_t)strlen(text);
	int file = open(path, O_WRONLY | flags, 0600);
	bool written;

	if (file < 0)
		return false;
	written = write(file, text, (size_t)size) == size;
	return close(file) == 0 && written;
}

bool file_put(const char *path, const char *text)
{
	return write_text(path, O_TRUNC, text);
}

bool file_add(const char *path, const char *text)
{
	return write_text(path, O_APPEND, text);
}

bool file_new(const char *path, const char *text)
{
	return write_text(path, O_CREAT | O_EXCL, text);
}

bool file_get(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY);
	size_t length = 0;
	ssize_t got;

	if (file < 0)
		return false;
	while ((got = read(file, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	return close(file) == 0 && got == 0;
}
