// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP between two processes over the loopback interface, and between two guests.
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
#define PORT 5000
/* Between attempts to connect to a guest that is still starting. */
#define RETRY_US 20000

static char buffer[PIECE];

static void bring_up(int any, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };

	strcpy(request.ifr_name, name);
	must(ioctl(any, SIOCSIFFLAGS, &request) == 0, name);
}

static struct sockaddr_in address_of(const char *text, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_aton(text, &address.sin_addr);
	return address;
}

void net_start(const char *address)
{
	struct ifreq request = { .ifr_name = "eth0" };
	int any = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in own;

	must(any >= 0, "a socket");
	bring_up(any, "lo");
	if (address) {
		own = address_of(address, 0);
		memcpy(&request.ifr_addr, &own, sizeof own);
		must(ioctl(any, SIOCSIFADDR, &request) == 0, "an address");
		bring_up(any, "eth0");
	}
	close(any);
}

static void send_at_once(int connection)
{
	int on = 1;

	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* A connection of this process (the result) to itself (`*other`). */
static int connect_pair(int *other)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int one = socket(AF_INET, SOCK_STREAM, 0);

	must(listener >= 0 && one >= 0 && bind(listener, (void *)&address, size) == 0 &&
	     listen(listener, 1) == 0 && getsockname(listener, (void *)&address, &size) == 0,
	     "a port");
	must(connect(one, (void *)&address, size) == 0, "a connection");
	*other = accept(listener, NULL, NULL);
	must(*other >= 0, "a connection's other end");
	send_at_once(one);
	send_at_once(*other);
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

static uint64_t exchange(int connection, unsigned rounds, size_t size)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		must(write(connection, buffer, size) == (ssize_t)size, "sent bytes");
		must(receive(connection, 1), "an answer");
	}
	return ticks() - start;
}

static uint64_t talk(unsigned rounds, size_t size)
{
	int connection;
	pid_t child = start_peer(&connection, size);
	uint64_t start = exchange(connection, rounds, size);

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

/* The first bytes of a connection say how many come before each answer. */
void net_serve(void)
{
	struct sockaddr_in address = address_of(ADDRESS_SERVER, PORT);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	must(listener >= 0 && bind(listener, (void *)&address, sizeof address) == 0 &&
	     listen(listener, 1) == 0, "a port");
	for (;;) {
		int connection = accept(listener, NULL, NULL);
		uint32_t size;

		must(connection >= 0, "a connection");
		send_at_once(connection);
		if (read(connection, &size, sizeof size) == sizeof size)
			while (receive(connection, size) && write(connection, buffer, 1) == 1)
				;
		close(connection);
	}
}

static int dial(void)
{
	struct sockaddr_in address = address_of(ADDRESS_SERVER, PORT);

	for (;;) {
		int connection = socket(AF_INET, SOCK_STREAM, 0);

		must(connection >= 0, "a socket");
		if (connect(connection, (void *)&address, sizeof address) == 0)
			return connection;
		close(connection);
		usleep(RETRY_US);
	}
}

static uint64_t talk_to_guest(unsigned rounds, uint32_t size)
{
	int connection = dial();
	uint64_t taken;

	send_at_once(connection);
	must(write(connection, &size, sizeof size) == sizeof size, "a size");
	taken = exchange(connection, rounds, size);
	close(connection);
	return taken;
}

uint64_t bench_guests_echo(unsigned rounds)
{
	return talk_to_guest(rounds, 1);
}

uint64_t bench_guests_stream(unsigned rounds)
{
	return talk_to_guest(rounds, PIECE);
}
