// SPDX-License-Identifier: GPL-2.0-only
/* Pipes: streams of odd pieces, their ends, and waiting for several. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TOTAL 1000003u

static int ends[2];

static void write_stream(void *data)
{
	char *stream = data;
	size_t sent = 0, piece = 1;

	close(ends[0]);
	while (sent < TOTAL) {
		size_t size = piece % 9973 + 1;
		ssize_t done =
			write(ends[1], stream + sent, size < TOTAL - sent ? size : TOTAL - sent);

		CHECK(done > 0, "write: %s", strerror(errno));
		sent += (size_t)done;
		piece = piece * 31 + 7;
	}
}

TEST(pipes, stream)
{
	char *sent = private_memory(TOTAL), *found = private_memory(TOTAL);
	size_t got = 0, piece = 5;
	pid_t pid;

	CHECK(pipe(ends) == 0, "%s", strerror(errno));
	pattern_fill(sent, TOTAL, 3);
	pid = child_start(write_stream, sent);
	close(ends[1]);
	for (;;) {
		size_t size = piece % 7919 + 1;
		ssize_t done = read(ends[0], found + got, size < TOTAL - got ? size : TOTAL - got);

		CHECK(done >= 0, "read: %s", strerror(errno));
		if (done == 0)
			break;
		got += (size_t)done;
		piece = piece * 37 + 11;
	}
	CHECK(got == TOTAL && pattern_check(found, TOTAL, 3) < 0, "%zu bytes, wrong at %zd", got,
	      pattern_check(found, got, 3));
	(void)child_join(&pid, 1);
}

static void write_closed(void *data)
{
	(void)data;
	close(ends[0]);
	(void)!write(ends[1], "x", 1);
}

TEST(pipes, closed)
{
	int number;

	CHECK(pipe(ends) == 0, "%s", strerror(errno));
	close(ends[0]);
	number = child_signal_of(write_closed, NULL);
	CHECK(number == SIGPIPE, "signal %d", number);
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(ends[1], "x", 1) < 0 && errno == EPIPE, "errno %d", errno);
}

TEST(pipes, full_and_empty)
{
	char *block = private_memory(4096);
	size_t full = 0;

	CHECK(pipe2(ends, O_NONBLOCK) == 0, "%s", strerror(errno));
	CHECK(read(ends[0], block, 1) < 0 && errno == EAGAIN, "errno %d", errno);
	while (write(ends[1], block, 4096) == 4096)
		full += 4096;
	CHECK(errno == EAGAIN && full == 65536, "%zu bytes, errno %d", full, errno);
	while (read(ends[0], block, 4096) == 4096)
		full -= 4096;
	CHECK(full == 0, "%zu bytes lost", full);
}

/* A ring of processes hands a number on, each adds one. */
#define RING 8u

static int ring[RING][2];

static void hand_on(void *data)
{
	unsigned self = *(const unsigned *)data;
	uint32_t value;

	for (unsigned i = 0; i < 100 * test_storm; i++) {
		CHECK(read(ring[self][0], &value, 4) == 4, "read: %s", strerror(errno));
		value++;
		CHECK(write(ring[(self + 1) % RING][1], &value, 4) == 4, "write: %s",
		      strerror(errno));
	}
}

TEST(pipes, ring)
{
	pid_t pids[RING];
	uint32_t value = 0;

	for (unsigned i = 0; i < RING; i++)
		CHECK(pipe(ring[i]) == 0, "%s", strerror(errno));
	CHECK(write(ring[0][1], &value, 4) == 4, "write");
	for (unsigned i = 0; i < RING; i++)
		pids[i] = child_start(hand_on, &i);
	if (!child_join(pids, RING))
		return;
	CHECK(read(ring[0][0], &value, 4) == 4 && value == RING * 100 * test_storm, "%u", value);
}

TEST(pipes, epoll)
{
	struct epoll_event event = { .events = EPOLLIN }, found[4];
	int files[3], set = epoll_create1(0);
	uint64_t one = 1;

	for (unsigned i = 0; i < 3; i++) {
		files[i] = eventfd(0, 0);
		event.data.u32 = i;
		CHECK(epoll_ctl(set, EPOLL_CTL_ADD, files[i], &event) == 0, "%s", strerror(errno));
	}
	CHECK(epoll_wait(set, found, 4, 0) == 0, "one is ready");
	for (unsigned i = 0; i < 30; i++) {
		CHECK(write(files[i % 3], &one, 8) == 8, "write");
		CHECK(epoll_wait(set, found, 4, 1000) == 1 && found[0].data.u32 == i % 3,
		      "round %u", i);
		CHECK(read(files[i % 3], &one, 8) == 8 && one == 1, "read");
	}
}
