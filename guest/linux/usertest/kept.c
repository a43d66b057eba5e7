// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree of files that is written now and looked at later: after a reboot, by another guest, or by
 * the host, which finds the same contents in it (tests/system/test_linux_user.py).
 */
#include "guest/linux/usertest/commands.h"
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 24u
/* What no file is as large as. */
#define MOST 65536u

/* Sizes on both sides of what a block holds, up to 60 KB. */
static size_t size_of(unsigned number)
{
	return (size_t)number * number * 97 + number % 3 * 4095;
}

static int report(const char *what, const char *path, const char *why)
{
	printf("FAIL %s %s: %s\n", what, path, why);
	return 1;
}

static void make_path(char *path, size_t size, const char *root, unsigned number)
{
	(void)snprintf(path, size, "%s/d%u/f%u", root, number % 5, number);
}

static bool write_file(const char *path, const char *memory, size_t size)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool good = file >= 0 && write(file, memory, size) == (ssize_t)size && fsync(file) == 0;

	return file >= 0 && close(file) == 0 && good;
}

int command_write(char **words)
{
	char path[256], *memory = private_memory(MOST);
	uint32_t seed;

	if (!words[0] || !words[1])
		return 2;
	seed = (uint32_t)strtoul(words[1], NULL, 10);
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(path, sizeof(path), "%s/d%u", words[0], i);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return report("kept.write", path, strerror(errno));
	}
	for (unsigned i = 0; i < FILES; i++) {
		make_path(path, sizeof(path), words[0], i);
		pattern_fill(memory, size_of(i), seed + i);
		if (!write_file(path, memory, size_of(i)))
			return report("kept.write", path, strerror(errno));
	}
	printf("PASS kept.write\n");
	return 0;
}

int command_verify(char **words)
{
	char path[256], *memory = private_memory(MOST);
	uint32_t seed;

	if (!words[0] || !words[1])
		return 2;
	seed = (uint32_t)strtoul(words[1], NULL, 10);
	for (unsigned i = 0; i < FILES; i++) {
		int file;
		ssize_t got;

		make_path(path, sizeof(path), words[0], i);
		file = open(path, O_RDONLY);
		if (file < 0)
			return report("kept.verify", path, strerror(errno));
		got = read(file, memory, MOST);
		close(file);
		if (got != (ssize_t)size_of(i) || pattern_check(memory, size_of(i), seed + i) >= 0)
			return report("kept.verify", path, "other contents");
	}
	printf("PASS kept.verify\n");
	return 0;
}
