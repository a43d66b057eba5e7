// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks of Linux's kernel paths, for a guest of Umbra and for the same kernel on a machine of
 * its own. The program is the only one of its initial RAM disk: the kernel starts it as /init.
 *
 * It first prints `BENCH boot N`, its first look at the time-stamp counter. Then, for each
 * benchmark, it prints `START name rounds` and waits for a key, does the operations, prints `BENCH
 * name instructions` (of one operation) and waits for a key; in the end it prints `BENCH end 0` and
 * powers off. tests/bench/linux_bench.py presses the keys, and counts exits in between.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* `nothing`: what keys and lines cost. The thread that fills idle time starts before block_4k. */
static const struct bench benches[] = {
	{ "nothing", 1000, NULL },
	{ "syscall", 20000, bench_syscall },
	{ "signal", 4000, bench_signal },
	{ "pipe", 2000, bench_pipe },
	{ "ring_8", 4000, bench_ring_8 },
	{ "ring_32", 4000, bench_ring_32 },
	{ "mmap", 2000, bench_mmap },
	{ "mmap_touch", 2000, bench_mmap_touch },
	{ "anonymous_fault", 4096, bench_anonymous_fault },
	{ "cow_fault", 4096, bench_cow_fault },
	{ "fork", 200, bench_fork },
	{ "exec", 200, bench_exec },
	{ "file", 1000, bench_file },
	{ "tcp_echo", 1000, bench_tcp_echo },
	{ "tcp_stream_64k", 200, bench_tcp_stream },
	{ "block_4k", 200, bench_block_4k },
	{ "block_1m", 50, bench_block_1m },
	{ "timer", 500, bench_timer },
};

/* Those of two guests: `role=server` on a kernel's line only answers, `role=client` measures. */
static const struct bench guests_benches[] = {
	{ "nothing", 1000, NULL },
	{ "guests_echo", 500, bench_guests_echo },
	{ "guests_stream_64k", 200, bench_guests_stream },
};

void must(int is_good, const char *what)
{
	if (is_good)
		return;
	printf("BENCH failed: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(1);
}

static void wait_for_key(void)
{
	char key;

	must(read(0, &key, 1) == 1, "a key");
}

/* Keys come one by one, and are not shown. */
static void make_raw(void)
{
	struct termios mode;

	must(tcgetattr(0, &mode) == 0, "the console's mode");
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	must(tcsetattr(0, TCSANOW, &mode) == 0, "a mode for the console");
}

/* An eighth of the rounds comes first, so that all memory is there that it takes. */
static void measure(const struct bench *bench)
{
	uint64_t taken = 0;

	if (bench->run)
		bench->run(bench->rounds / 8);
	printf("START %s %u\n", bench->name, bench->rounds);
	wait_for_key();
	if (bench->run)
		taken = bench->run(bench->rounds);
	printf("BENCH %s %llu\n", bench->name, (unsigned long long)(taken / bench->rounds));
	wait_for_key();
}

static void measure_all(const struct bench *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].run == bench_block_4k)
			soak_start();
		measure(&list[i]);
	}
}

int main(int argc, char **argv)
{
	uint64_t now = ticks();
	const char *role = getenv("role");

	/* What bench_exec starts. */
	if (argc > 1 && !strcmp(argv[1], "exit"))
		_exit(0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (role && !strcmp(role, "server")) {
		net_start(ADDRESS_SERVER);
		net_serve();
	}
	make_raw();
	printf("BENCH boot %llu\n", (unsigned long long)now);
	mkdir("/dev", 0755);
	must(mount("dev", "/dev", "devtmpfs", 0, NULL) == 0, "a mount of /dev");
	net_start(role ? ADDRESS_CLIENT : NULL);
	if (role)
		measure_all(guests_benches, sizeof guests_benches / sizeof *guests_benches);
	else
		measure_all(benches, sizeof benches / sizeof *benches);
	printf("BENCH end 0\n");
	wait_for_key();
	reboot(RB_POWER_OFF);
	return 1;
}
