// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/cpu/exception_names.c: every vector has a name, and two of them the right one. */
#include "arch/cpu/exception_names.h"

#include "tests/unit/unit.h"

#include <limits.h>

static void each_vector_has_a_name(void **state)
{
	(void)state;
	for (unsigned vector = 0; vector < 300; vector++)
		assert_non_null(exception_name(vector));
	assert_string_equal(exception_name(6), "#UD, invalid opcode");
	assert_string_equal(exception_name(13), "#GP, general protection");
	assert_string_equal(exception_name(15), "reserved");
	assert_string_equal(exception_name(31), "reserved");
	assert_string_equal(exception_name(32), "interrupt");
	assert_string_equal(exception_name(UINT_MAX), "interrupt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_vector_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
