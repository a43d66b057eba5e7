// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/config/trace_words.c. */
#include "hv/config/trace_words.h"

#include "lib/compiler.h"
#include "tests/unit/unit.h"

#include <string.h>

static uint32_t parsed(const char *text)
{
	uint32_t kinds = 0;

	assert_true(trace_parse_kinds(text, strlen(text), &kinds));
	return kinds;
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(parsed("exits"), BIT(TRACE_TURN) | BIT(TRACE_EXIT));
	assert_int_equal(parsed("faults,locks"),
			 BIT(TRACE_TURN) | BIT(TRACE_FAULT) | BIT(TRACE_LOCK));
	assert_int_equal(parsed("irqs"), BIT(TRACE_TURN) | BIT(TRACE_IRQ) | BIT(TRACE_DELIVERY));
	/* What the profile writes is not among them. */
	assert_int_equal(parsed("all"), BIT(TRACE_SAMPLE) - 1);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {
		"", ",", "exit", "exits,", ",exits", "exits,,faults", "exits faults", "exitss",
	};
	uint32_t kinds = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(trace_parse_kinds(wrong[i], strlen(wrong[i]), &kinds));
	/* Only as much as it was told to read. */
	assert_false(trace_parse_kinds("exits", 4, &kinds));
	assert_int_equal(kinds, 77);
	assert_true(trace_parse_kinds("exits:64", 5, &kinds));
}

static void test_printed(void **state)
{
	static const char *const lists[] = {
		"all", "exits", "entries,exits,hypercalls,faults,spaces,irqs,requests,sched",
	};
	char text[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		trace_print_kinds(text, sizeof(text), parsed(lists[i]));
		assert_string_equal(text, lists[i]);
	}
	trace_print_kinds(text, sizeof(text), 0);
	assert_string_equal(text, "");
	trace_print_kinds(text, 8, parsed("exits,faults"));
	assert_string_equal(text, "exits,f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
