// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls, signals, and processes: how they switch, begin and end.
 */
#include "bench.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_RING 32

uint64_t bench_syscall(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++)
		syscall(SYS_getppid);
	return ticks() - start;
}

static void ignore(int signal)
{
	(void)signal;
}

/* Sent to oneself, handled, returned from. */
uint64_t bench_signal(unsigned rounds)
{
	struct sigaction action = { .sa_handler = ignore };
	pid_t self = getpid();
	uint64_t start;

	must(sigaction(SIGUSR1, &action, NULL) == 0, "a handler");
	start = ticks();
	for (unsigned i = 0; i < rounds; i++)
		kill(self, SIGUSR1);
	return ticks() - start;
}

/* Hands on what comes, until nothing comes any more. */
static void hand_on(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1)
		if (write(to, &byte, 1) != 1)
			break;
	_exit(0);
}

static void make_pipe(int ends[2])
{
	must(pipe(ends) == 0, "a pipe");
}

/*
 * A byte goes round a ring of so many processes, this one among them; the result is for all of its
 * steps together, `rounds` of them.
 */
static uint64_t run_ring(unsigned size, unsigned steps)
{
	int pipes[MAX_RING][2];
	unsigned laps = steps / size;
	char byte = 0;
	uint64_t start, taken;

	for (unsigned i = 0; i < size; i++)
		make_pipe(pipes[i]);
	for (unsigned i = 1; i < size; i++) {
		pid_t child = fork();

		must(child >= 0, "a process of the ring");
		if (child)
			continue;
		for (unsigned other = 0; other < size; other++) {
			if (other != i - 1)
				close(pipes[other][0]);
			if (other != i)
				close(pipes[other][1]);
		}
		hand_on(pipes[i - 1][0], pipes[i][1]);
	}
	for (unsigned i = 0; i < size; i++) {
		if (i != size - 1)
			close(pipes[i][0]);
		if (i != 0)
			close(pipes[i][1]);
	}
	/* The first lap is for all to come to where they wait. */
	must(write(pipes[0][1], &byte, 1) == 1 && read(pipes[size - 1][0], &byte, 1) == 1, "a lap");
	start = ticks();
	for (unsigned i = 0; i < laps; i++)
		must(write(pipes[0][1], &byte, 1) == 1 && read(pipes[size - 1][0], &byte, 1) == 1,
		     "a lap");
	taken = ticks() - start;
	close(pipes[0][1]);
	close(pipes[size - 1][0]);
	while (wait(NULL) > 0)
		;
	return taken * steps / (laps * size);
}

/* A round trip is two steps in a ring of two. */
uint64_t bench_pipe(unsigned rounds)
{
	return run_ring(2, 2 * rounds);
}

uint64_t bench_ring_8(unsigned rounds)
{
	return run_ring(8, rounds);
}

uint64_t bench_ring_32(unsigned rounds)
{
	return run_ring(32, rounds);
}

uint64_t bench_fork(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		must(child > 0 && waitpid(child, NULL, 0) == child, "a child");
	}
	return ticks() - start;
}

uint64_t bench_exec(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		pid_t child = fork();
		int status = -1;

		if (!child) {
			execl("/init", "/init", "exit", NULL);
			_exit(1);
		}
		must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a program");
	}
	return ticks() - start;
}
