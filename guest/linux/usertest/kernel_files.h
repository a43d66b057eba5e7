/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files, above all such as the kernel reads words from, and file systems for one test. */
#ifndef UMBRA_GUEST_LINUX_USERTEST_KERNEL_FILES_H
#define UMBRA_GUEST_LINUX_USERTEST_KERNEL_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Mount a file system of that type, with its options or NULL, at a folder, so that nobody but the
 * calling process and its later children sees it. False, and errno says why, if that cannot be.
 */
bool mount_own(const char *type, const char *options, const char *folder);

/* Write a text into a file that is there, in one piece, in place of what it held. */
bool file_put(const char *path, const char *text);

/* The same behind what it holds. */
bool file_add(const char *path, const char *text);

/* A new file that holds the text. */
bool file_new(const char *path, const char *text);

/* Read a file, or its first size - 1 bytes, as a string. */
bool file_get(const char *path, char *text, size_t size);

#endif
