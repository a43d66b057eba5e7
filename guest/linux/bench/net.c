// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP between two processes over the loopback interface.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE (64 << 10)

static char buffer[PIECE];

void net_start(void)
{
	struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(request.ifr_name, "lo");
	must(any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0, "the loopback interface");
	close(any);
}

/* A connection of this process (the result) to itself (`*other`). */
static int connect_pair(int *other)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int one = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	must(listener >= 0 && one >= 0 && bind(listener, (void *)&address, size) == 0 &&
	     listen(listener, 1) == 0 && getsockname(listener, (void *)&address, &size) == 0,
	     "a port");
	must(connect(one, (void *)&address, size) == 0, "a connection");
	*other = accept(listener, NULL, NULL);
	must(*other >= 0, "a connection's other end");
	setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(*other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	close(listener);
	return one;
}

/* All of it, in as many pieces as it comes in; false at the connection's end. */
static int receive(int connection, size_t size)
{
	while (size > 0) {
		ssize_t got = read(connection, buffer, size);

		if (got <= 0)
			return 0;
		size -= (size_t)got;
	}
	return 1;
}

/* A child that answers a byte to each `size` bytes that came. */
static pid_t start_peer(int *connection, size_t size)
{
	int other;
	pid_t child;

	*connection = connect_pair(&other);
	child = fork();
	must(child >= 0, "a child");
	if (!child) {
		close(*connection);
		while (receive(other, size) && write(other, buffer, 1) == 1)
			;
		_exit(0);
	}
	close(other);
	return child;
}

static uint64_t talk(unsigned rounds, size_t size)
{
	int connection;
	pid_t child = start_peer(&connection, size);
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		must(write(connection, buffer, size) == (ssize_t)size, "sent bytes");
		must(receive(connection, 1), "an answer");
	}
	start = ticks() - start;
	close(connection);
	must(waitpid(child, NULL, 0) == child, "the peer's end");
	return start;
}

uint64_t bench_tcp_echo(unsigned rounds)
{
	return talk(rounds, 1);
}

uint64_t bench_tcp_stream(unsigned rounds)
{
	return talk(rounds, PIECE);
}
