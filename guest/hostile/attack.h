/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an attack of the hostile guest is. Each is a function marked ATTACK in
 * any file of this folder; the command line names the one to run.
 */
#ifndef UMBRA_GUEST_HOSTILE_ATTACK_H
#define UMBRA_GUEST_HOSTILE_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

struct attack {
	const char *name;
	const char *cause;
	void (*run)(void);
};

/* The guest lives on, and the attack finds nothing amiss. */
#define SURVIVES ((const char *)0)

/* The guest lives on or ends in some way, whatever suits Umbra; only it may suffer. */
#define EITHER ""

/*
 * Define an attack. expects is SURVIVES, EITHER, or a part of the cause with
 * which Umbra kills the guest.
 */
#define ATTACK(identifier, title, expects) \
	static void attack_##identifier(void); \
	static const struct attack entry_##identifier \
		__attribute__((used, no_reorder, section(".attacks"))) = {title, expects, \
									  attack_##identifier}; \
	static void attack_##identifier(void)

/* Note that the attack reached something; like printf. */
void __attribute__((format(printf, 1, 2))) attack_fail(const char *format, ...);

/* Let the devices work, then see that a console comes up as if nothing had been (queues.c). */
void console_again(void);

/* Number from the command line: seconds=N, how long an attack that lasts goes on (default 3). */
uint32_t attack_seconds(void);

/* Whether that time, counted from the first call, is over. */
bool attack_over(void);

/* The next number of the series that the word seed=N (default 1) starts. */
uint32_t attack_random(void);

#endif
