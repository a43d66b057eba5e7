// SPDX-License-Identifier: GPL-2.0-only
/* Sockets on one machine: local ones, files handed over, UDP and TCP over the loopback device. */
#include "guest/linux/usertest/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOTAL 2000003u

static bool send_all(int file, const char *data, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		ssize_t done = write(file, data + sent, size - sent > 50000 ? 50000 : size - sent);

		CHECK_BOOL(done > 0, "write: %s", strerror(errno));
		sent += (size_t)done;
	}
	return true;
}

static bool receive_all(int file, char *data, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t done = read(file, data + got, size - got);

		CHECK_BOOL(done > 0, "read after %zu bytes: %s", got,
			   done ? strerror(errno) : "the end");
		got += (size_t)done;
	}
	return true;
}

static char *stream;

static void send_stream(void *data)
{
	(void)send_all(*(int *)data, stream, TOTAL);
}

/* There and, what came, back, at once in both directions. */
static void check_stream(int a, int b, uint32_t seed)
{
	char *found = private_memory(TOTAL);
	pid_t pids[2];

	stream = private_memory(TOTAL);
	pattern_fill(stream, TOTAL, seed);
	pids[0] = child_start(send_stream, &a);
	if (!receive_all(b, found, TOTAL))
		return;
	CHECK(pattern_check(found, TOTAL, seed) < 0, "wrong at %zd",
	      pattern_check(found, TOTAL, seed));
	pids[1] = child_start(send_stream, &b);
	if (!receive_all(a, found, TOTAL))
		return;
	CHECK(pattern_check(found, TOTAL, seed) < 0, "back: wrong at %zd",
	      pattern_check(found, TOTAL, seed));
	(void)child_join(pids, 2);
}

TEST(sockets, local_stream)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "%s", strerror(errno));
	check_stream(pair[0], pair[1], 4);
}

static bool pass_file(int through, int file)
{
	char byte = 'f', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &file, sizeof(int));
	return sendmsg(through, &message, 0) == 1;
}

static int take_file(int through)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int file = -1;

	if (recvmsg(through, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return file;
}

/* A child makes a pipe and hands over its end. */
static void hand_over(void *data)
{
	int ends[2];

	CHECK(pipe(ends) == 0 && write(ends[1], "through", 7) == 7, "pipe");
	CHECK(pass_file(*(int *)data, ends[0]), "%s", strerror(errno));
}

TEST(sockets, files_handed_over)
{
	int pair[2], file;
	char text[8] = "";
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "%s", strerror(errno));
	pid = child_start(hand_over, &pair[0]);
	file = take_file(pair[1]);
	CHECK(file >= 0 && read(file, text, 7) == 7 && !strcmp(text, "through"), "file %d, '%s'",
	      file, text);
	(void)child_join(&pid, 1);
}

static int bound(int kind, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int file = socket(AF_INET, kind, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (file < 0 || bind(file, (void *)address, sizeof(*address)) < 0)
		test_fail("%s", strerror(errno));
	getsockname(file, (void *)address, &size);
	return file;
}

TEST(sockets, tcp)
{
	struct sockaddr_in address;
	int listener = bound(SOCK_STREAM, &address), a, b;

	CHECK(listen(listener, 5) == 0, "listen: %s", strerror(errno));
	a = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(a, (void *)&address, sizeof(address)) == 0, "connect: %s", strerror(errno));
	b = accept(listener, NULL, NULL);
	CHECK(b >= 0, "accept: %s", strerror(errno));
	check_stream(a, b, 6);
}

TEST(sockets, tcp_refused)
{
	struct sockaddr_in address;
	int file = bound(SOCK_STREAM, &address), other = socket(AF_INET, SOCK_STREAM, 0);

	close(file);
	CHECK(connect(other, (void *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED,
	      "errno %d", errno);
}

TEST(sockets, udp)
{
	static char sent[20000], found[20001];
	struct sockaddr_in address;
	int file = bound(SOCK_DGRAM, &address), other = socket(AF_INET, SOCK_DGRAM, 0);

	for (size_t size = 1; size < sizeof(sent); size = size * 3 + 1) {
		pattern_fill(sent, size, (uint32_t)size);
		CHECK(sendto(other, sent, size, 0, (void *)&address, sizeof(address)) ==
			      (ssize_t)size,
		      "%s", strerror(errno));
		CHECK(recv(file, found, sizeof(found), 0) == (ssize_t)size &&
			      pattern_check(found, size, (uint32_t)size) < 0,
		      "%zu bytes came otherwise", size);
	}
}
