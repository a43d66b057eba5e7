// SPDX-License-Identifier: GPL-2.0-only
/* Files below dir=: contents, sizes, names, locks, mappings, and what several processes append. */
#include "guest/linux/usertest/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096u
#define SIZE (256u * BLOCK)

static const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned next;
	char *place = path[next++ % 4];

	(void)snprintf(place, sizeof(path[0]), "%s/%s", test_directory, name);
	return place;
}

static int open_new(const char *name, int flags)
{
	int file = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC | flags, 0644);

	if (file < 0)
		test_fail("%s: %s", path_of(name), strerror(errno));
	return file;
}

/* Written in pieces, read after the cache has been asked to forget it. */
TEST(files, contents)
{
	char *memory = private_memory(SIZE), *found = private_memory(SIZE);
	int file = open_new("contents", 0);

	for (unsigned round = 0; round < 3; round++) {
		pattern_fill(memory, SIZE, round);
		for (size_t done = 0, piece = 1; done < SIZE;
		     done += piece, piece = piece * 3 % 10007 + 1) {
			if (piece > SIZE - done)
				piece = SIZE - done;
			CHECK(pwrite(file, memory + done, piece, (off_t)done) == (ssize_t)piece,
			      "%s", strerror(errno));
		}
		CHECK(fsync(file) == 0, "fsync: %s", strerror(errno));
		posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
		CHECK(pread(file, found, SIZE, 0) == (ssize_t)SIZE, "%s", strerror(errno));
		CHECK(pattern_check(found, SIZE, round) < 0, "round %u: wrong at %zd", round,
		      pattern_check(found, SIZE, round));
	}
	unlink(path_of("contents"));
}

/* Past the cache, where the file system can do that. */
TEST(files, direct)
{
	char *memory = private_memory(16 * BLOCK), *found = private_memory(16 * BLOCK);
	int file = open(path_of("direct"), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0644);

	if (file < 0 && errno == EINVAL) {
		test_skip("this file system has no O_DIRECT");
		return;
	}
	CHECK(file >= 0, "%s", strerror(errno));
	for (unsigned i = 0; i < 16; i++) {
		pattern_fill(memory, 16 * BLOCK, i);
		CHECK(pwrite(file, memory, 16 * BLOCK, (off_t)(i * 16 * BLOCK)) == 16 * BLOCK, "%s",
		      strerror(errno));
		CHECK(pread(file, found, 16 * BLOCK, (off_t)(i * 16 * BLOCK)) == 16 * BLOCK, "%s",
		      strerror(errno));
		CHECK(pattern_check(found, 16 * BLOCK, i) < 0, "block %u", i);
	}
	unlink(path_of("direct"));
}

TEST(files, holes_and_ends)
{
	char *found = private_memory(SIZE);
	int file = open_new("holes", 0);
	struct stat status;

	CHECK(pwrite(file, "end", 3, SIZE - 3) == 3, "%s", strerror(errno));
	CHECK(pread(file, found, SIZE, 0) == (ssize_t)SIZE, "%s", strerror(errno));
	for (size_t i = 0; i < SIZE - 3; i++)
		CHECK(found[i] == 0, "a hole has 0x%x at %zu", found[i], i);
	CHECK(ftruncate(file, 5000) == 0 && ftruncate(file, 9000) == 0, "%s", strerror(errno));
	CHECK(fstat(file, &status) == 0 && status.st_size == 9000, "size %lld",
	      (long long)status.st_size);
	CHECK(pread(file, found, SIZE, 0) == 9000, "a read beyond the end");
	unlink(path_of("holes"));
}

TEST(files, names)
{
	char name[32], other[32];
	unsigned found = 0;
	DIR *directory;

	CHECK(mkdir(path_of("names"), 0755) == 0, "%s", strerror(errno));
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "names/file%u", i);
		close(open_new(name, 0));
	}
	for (unsigned i = 0; i < 200; i += 2) {
		(void)snprintf(name, sizeof(name), "names/file%u", i);
		(void)snprintf(other, sizeof(other), "names/other%u", i);
		CHECK(rename(path_of(name), path_of(other)) == 0, "%s", strerror(errno));
	}
	directory = opendir(path_of("names"));
	for (struct dirent *entry; (entry = readdir(directory));)
		found += strncmp(entry->d_name, "other", 5) == 0;
	closedir(directory);
	CHECK(found == 100, "%u of 100 new names", found);
	CHECK(rmdir(path_of("names")) < 0 && errno == ENOTEMPTY, "errno %d", errno);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), i % 2 ? "names/file%u" : "names/other%u", i);
		CHECK(unlink(path_of(name)) == 0, "%s: %s", name, strerror(errno));
	}
	CHECK(rmdir(path_of("names")) == 0, "%s", strerror(errno));
}

TEST(files, links)
{
	char text[256] = "";
	struct stat status;

	close(open_new("first", 0));
	CHECK(link(path_of("first"), path_of("second")) == 0, "%s", strerror(errno));
	CHECK(symlink("first", path_of("third")) == 0, "%s", strerror(errno));
	CHECK(stat(path_of("second"), &status) == 0 && status.st_nlink == 2, "%u links",
	      (unsigned)status.st_nlink);
	CHECK(readlink(path_of("third"), text, sizeof(text)) == 5 && !strcmp(text, "first"), "'%s'",
	      text);
	unlink(path_of("first"));
	CHECK(stat(path_of("second"), &status) == 0 && status.st_nlink == 1, "%u links",
	      (unsigned)status.st_nlink);
	CHECK(stat(path_of("third"), &status) < 0 && errno == ENOENT, "errno %d", errno);
	unlink(path_of("second"));
	unlink(path_of("third"));
}

/* What is written through memory is in the file, and the other way round. */
TEST(files, mapped)
{
	char *found = private_memory(SIZE), *memory;
	int file = open_new("mapped", 0);

	CHECK(ftruncate(file, SIZE) == 0, "%s", strerror(errno));
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(memory != MAP_FAILED, "%s", strerror(errno));
	for (unsigned round = 0; round < 4; round++) {
		pattern_fill(memory, SIZE, round);
		CHECK(msync(memory, SIZE, MS_SYNC) == 0, "msync: %s", strerror(errno));
		CHECK(pread(file, found, SIZE, 0) == (ssize_t)SIZE &&
			      pattern_check(found, SIZE, round) < 0,
		      "round %u: the file", round);
		pattern_fill(found, SIZE, round + 100);
		CHECK(pwrite(file, found, SIZE, 0) == (ssize_t)SIZE &&
			      pattern_check(memory, SIZE, round + 100) < 0,
		      "round %u: the memory", round);
	}
	unlink(path_of("mapped"));
}

#define WRITERS 4u
#define LINES 200u

static void append_lines(void *data)
{
	unsigned self = *(const unsigned *)data;
	int file = open(path_of("lines"), O_WRONLY | O_APPEND);
	char line[16];

	for (unsigned i = 0; i < LINES; i++) {
		int length = snprintf(line, sizeof(line), "%u %u\n", self, i);

		CHECK(write(file, line, (size_t)length) == length, "%s", strerror(errno));
	}
}

/* Every line is whole, and each writer's are in order. */
TEST(files, appended)
{
	unsigned next[WRITERS] = { 0 }, self, number, lines = 0;
	pid_t pids[WRITERS];
	FILE *file;

	close(open_new("lines", 0));
	for (unsigned i = 0; i < WRITERS; i++)
		pids[i] = child_start(append_lines, &i);
	if (!child_join(pids, WRITERS))
		return;
	file = fopen(path_of("lines"), "r");
	while (fscanf(file, "%u %u\n", &self, &number) == 2) {
		CHECK(self < WRITERS && number == next[self], "line %u: %u of %u", lines, number,
		      self);
		next[self]++;
		lines++;
	}
	fclose(file);
	CHECK(lines == WRITERS * LINES, "%u lines", lines);
	unlink(path_of("lines"));
}

static void lock_and_add(void *data)
{
	int file = open(path_of("counter"), O_RDWR);
	uint32_t value;

	(void)data;
	for (unsigned i = 0; i < 50; i++) {
		CHECK(flock(file, LOCK_EX) == 0, "%s", strerror(errno));
		CHECK(pread(file, &value, 4, 0) == 4, "%s", strerror(errno));
		value++;
		CHECK(pwrite(file, &value, 4, 0) == 4, "%s", strerror(errno));
		CHECK(flock(file, LOCK_UN) == 0, "%s", strerror(errno));
	}
}

TEST(files, locks)
{
	int file = open_new("counter", 0);
	uint32_t value = 0;
	pid_t pids[4];

	CHECK(write(file, &value, 4) == 4, "%s", strerror(errno));
	for (unsigned i = 0; i < 4; i++)
		pids[i] = child_start(lock_and_add, NULL);
	if (child_join(pids, 4))
		CHECK(pread(file, &value, 4, 0) == 4 && value == 200, "%u", value);
	unlink(path_of("counter"));
}
