// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/net_credit.c: cards that take what they can get. */
#include "drivers/net/net_credit.h"
#include "tests/unit/unit.h"

#define MS 1000000ull
#define ROUND 100000ull	/* what a card takes at once, of frames without end */

/* How long of 10 s that many cards have the CPU, all flooded, in per mille. */
static unsigned flooded(unsigned cards)
{
	struct net_credit credit = { 0 };
	uint64_t due[4] = { 0 }, now = 0, taken = 0;

	while (now < 10000 * MS) {
		uint64_t soonest = UINT64_MAX;

		for (unsigned i = 0; i < cards; i++) {
			if (due[i] <= now) {
				uint64_t since = now, wait;

				now += ROUND;
				taken += ROUND;
				net_credit_charge(&credit, since, now);
				wait = net_credit_wait(&credit);
				due[i] = now + wait;
			}
			soonest = due[i] < soonest ? due[i] : soonest;
		}
		now = soonest > now ? soonest : now;
	}
	return (unsigned)(taken / (10 * MS));
}

static void a_quarter_for_all(void **state)
{
	(void)state;
	for (unsigned cards = 1; cards <= 4; cards++)
		assert_in_range(flooded(cards), 230, 250);
}

/* After a pause it may have a millisecond, not more. */
static void saves_little(void **state)
{
	struct net_credit credit = { 0 };
	unsigned rounds = 0;

	(void)state;
	for (uint64_t now = 60000 * MS; net_credit_wait(&credit) == 0; now += ROUND, rounds++)
		net_credit_charge(&credit, now, now + ROUND);
	assert_in_range(rounds, 10, 14);
}

/* Held up for however long, it waits for 20 ms. */
static void owes_little(void **state)
{
	struct net_credit credit = { 0 };

	(void)state;
	net_credit_charge(&credit, 0, 60000 * MS);
	assert_int_equal(net_credit_wait(&credit), 20 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quarter_for_all),
		cmocka_unit_test(saves_little),
		cmocka_unit_test(owes_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
