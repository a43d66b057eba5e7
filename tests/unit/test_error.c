// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/error.c: every code has words of its own, whichever sign it comes with. */
#include "lib/error.h"

#include "tests/unit/unit.h"

#include <limits.h>
#include <string.h>

static void test_each_code_has_words(void **state)
{
	const char *unknown = error_words(0);

	(void)state;
	for (int code = E_INVAL; code <= E_UNSUPPORTED; code++) {
		assert_string_not_equal(error_words(-code), unknown);
		assert_string_equal(error_words(-code), error_words(code));
		assert_int_equal(strcspn(error_words(code), "0123456789"),
				 strlen(error_words(code)));
		for (int other = E_INVAL; other < code; other++)
			assert_string_not_equal(error_words(code), error_words(other));
	}
}

static void test_no_code(void **state)
{
	static const int numbers[] = { 0, E_UNSUPPORTED + 1, -(E_UNSUPPORTED + 1), INT_MAX,
				       INT_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_string_equal(error_words(numbers[i]), "for an unknown reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_code_has_words),
		cmocka_unit_test(test_no_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
