// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that ends in the middle of its requests, and looks in its next life whether anything of
 * the last one reaches it. Word end=WAY says how it ends:
 *     restart, poweroff    as it is meant to be done
 *     crash                a hypercall that does not exist
 *     stay                 it does not: whoever reads "under way" may kill it
 * A life that finds something panics, so that the reason for its end tells; the lives before need
 * no other record, since each does the same.
 */
#include "guest/midway/requests.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#define PATTERN 0x77777777u
#define LISTEN_MS 30u			/* for what comes late */
#define MOST_WORK 20000u		/* rounds between the start of the requests and the end */
#define NO_CALL 99u
#define ROUNDS 1000u			/* of a guest that stays, each from resets on */

static void check_words(uint32_t from, uint32_t to, uint32_t expected, const char *when)
{
	const volatile uint32_t *at = virt_of(from);

	for (; from < to; from += sizeof(*at), at++)
		if (*at != expected)
			machine_panic("0x%x at 0x%x %s", *at, from, when);
}

/* The buffers are marked; behind the frames in use, where rings were, all is still zero. */
static void check_nothing_comes(void)
{
	uint32_t *words = virt_of(ARENA);
	uint32_t end;

	check_words(pages_untouched(), ARENA + ARENA_SIZE, 0, "at the start");
	for (uint32_t i = 0; i < ARENA_SIZE / sizeof(*words); i++)
		words[i] = PATTERN;
	end = clock_ms() + LISTEN_MS;
	while ((int32_t)(clock_ms() - end) < 0)
		hypercall_flush_async();
	check_words(pages_untouched(), ARENA, 0, "that came late");
	check_words(ARENA, ARENA + ARENA_SIZE, PATTERN, "that came late");
	memset(words, 0, ARENA_SIZE);
}

/* Ends at another moment in each life: the clock counts on. */
static void work(void)
{
	for (uint32_t i = (uint32_t)clock_ns() % MOST_WORK; i > 0; i--)
		__asm__ volatile("pause");
}

static void end(void)
{
	char way[16];

	(void)machine_word("end", way, sizeof(way));
	if (strcmp(way, "restart") == 0)
		hypercall(LGUEST_SHUTDOWN, phys_of("Restart"), LGUEST_SHUTDOWN_RESTART, 0, 0);
	if (strcmp(way, "poweroff") == 0)
		hypercall(LGUEST_SHUTDOWN, phys_of("Power down"), LGUEST_SHUTDOWN_POWEROFF, 0, 0);
	if (strcmp(way, "crash") == 0)
		hypercall(NO_CALL, 0, 0, 0, 0);
	if (strcmp(way, "stay") != 0)
		machine_panic("no word end=restart, poweroff, crash or stay");
}

void guest_main(void)
{
	requests_check_reset();
	check_nothing_comes();
	requests_check_work();
	if (machine_has_word("end=stay")) {
		print("under way\n");
		print_flush();
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		requests_start();
		work();
		end();
	}
	for (;;)
		hypercall_flush_async();
}
