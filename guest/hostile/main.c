// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hostile guest. Runs one attack, named by the boot word attack=NAME, and
 * must never harm anyone but itself. It prints
 *     ATTACK name expects=survives
 *     ATTACK name expects=either
 *     ATTACK name expects=killed cause="part of the cause"
 * first (either: it lives on, or it ends in some way), and afterwards, when it
 * is still alive, `PASS name`, or `FAIL name why` when it ought to be dead or
 * reached what it must not reach; then it powers off. attack=list prints the
 * first line of every attack. What comes before INIT is in early.asm.
 *
 * Other words: seconds=N (how long attacks that last go on), seed=N (what is
 * random), rounds=N, and what single attacks name in their comments.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stdarg.h>
#include <stddef.h>

/* Of guest.ld. */
extern const struct attack attacks_start[], attacks_end[];

static char failure[160];
static uint32_t random_state;

void attack_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text_list(failure, sizeof(failure), format, arguments);
	va_end(arguments);
}

uint32_t attack_seconds(void)
{
	return machine_number("seconds", 3);
}

bool attack_over(void)
{
	static uint32_t end;

	if (end == 0)
		end = clock_ms() + attack_seconds() * 1000 + 1;
	return (int32_t)(clock_ms() - end) >= 0;
}

/* Xorshift (Marsaglia, "Xorshift RNGs", 2003). */
uint32_t attack_random(void)
{
	if (random_state == 0)
		random_state = machine_number("seed", 1) * 0x9E3779B1u | 1;
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void announce(const struct attack *attack)
{
	if (attack->cause == SURVIVES)
		print("ATTACK %s expects=survives\n", attack->name);
	else if (attack->cause[0] == '\0')
		print("ATTACK %s expects=either\n", attack->name);
	else
		print("ATTACK %s expects=killed cause=\"%s\"\n", attack->name, attack->cause);
}

static void run(const struct attack *attack)
{
	announce(attack);
	attack->run();
	if (attack->cause != SURVIVES && attack->cause[0] != '\0' && failure[0] == '\0')
		attack_fail("survived");
	print_early();
	if (failure[0] == '\0')
		print("PASS %s\n", attack->name);
	else
		print("FAIL %s %s\n", attack->name, failure);
}

void guest_main(void)
{
	char name[32];
	bool list;

	(void)machine_word("attack", name, sizeof(name));
	list = strcmp(name, "list") == 0;
	for (const struct attack *attack = attacks_start; attack < attacks_end; attack++) {
		if (list)
			announce(attack);
		else if (strcmp(attack->name, name) == 0) {
			run(attack);
			return;
		}
	}
	if (!list)
		print("no attack is called \"%s\"; try attack=list\n", name);
}
