// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP between two machines: one serves, the other sends it a stream and gets every byte back,
 * turned over. Both directions are busy at once.
 */
#include "guest/linux/usertest/commands.h"
#include "guest/linux/usertest/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 32768u

static int fail(const char *what)
{
	printf("FAIL network.tcp %s: %s\n", what, strerror(errno));
	return 1;
}

static void answer(int file)
{
	static char piece[PIECE];
	ssize_t got;

	while ((got = read(file, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			piece[i] = (char)~piece[i];
		for (ssize_t sent = 0, done; sent < got; sent += done) {
			done = write(file, piece + sent, (size_t)(got - sent));
			if (done <= 0)
				return;
		}
	}
}

int command_serve(char **words)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (!words[0])
		return 2;
	address.sin_port = htons((uint16_t)strtoul(words[0], NULL, 10));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&address, sizeof(address)) < 0 || listen(listener, 5) < 0)
		return fail("serve");
	printf("network: serving\n");
	fflush(stdout);
	for (;;) {
		int file = accept(listener, NULL, NULL);

		if (file < 0)
			return fail("accept");
		answer(file);
		close(file);
	}
}

/* Send all of it and then say that there is no more. */
static int send_all(int file, const char *memory, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		size_t piece = size - sent > PIECE ? PIECE : size - sent;
		ssize_t done = write(file, memory + sent, piece);

		if (done <= 0)
			return 1;
		sent += (size_t)done;
	}
	return shutdown(file, SHUT_WR) != 0;
}

static size_t receive_all(int file, char *memory, size_t size)
{
	size_t got = 0;
	ssize_t done;

	while (got < size && (done = read(file, memory + got, size - got)) > 0)
		got += (size_t)done;
	return got;
}

static int exchange(int file, size_t size)
{
	char *sent = private_memory(size), *found = private_memory(size);
	int status = 0;
	pid_t pid;

	pattern_fill(sent, size, 12);
	pid = fork();
	if (pid == 0)
		_exit(send_all(file, sent, size));
	if (pid < 0 || receive_all(file, found, size) != size)
		return fail("not all came back");
	waitpid(pid, &status, 0);
	for (size_t i = 0; i < size; i++)
		found[i] = (char)~found[i];
	if (status != 0 || pattern_check(found, size, 12) >= 0) {
		printf("FAIL network.tcp sender's status 0x%x, wrong at %zd\n", status,
		       pattern_check(found, size, 12));
		return 1;
	}
	printf("PASS network.tcp %zu bytes there and back\n", size);
	return 0;
}

int command_talk(char **words)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int file = socket(AF_INET, SOCK_STREAM, 0);

	if (!words[0] || !words[1] || !words[2] ||
	    inet_pton(AF_INET, words[0], &address.sin_addr) != 1)
		return 2;
	address.sin_port = htons((uint16_t)strtoul(words[1], NULL, 10));
	if (connect(file, (void *)&address, sizeof(address)) < 0)
		return fail("connect");
	return exchange(file, strtoul(words[2], NULL, 10) * 1024);
}
