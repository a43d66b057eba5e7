// SPDX-License-Identifier: GPL-2.0-only
/* The shadow tables against the model of a TLB (shadow_model.h), over long random runs. */
#include "tests/unit/shadow_model.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* Steps a run; SHADOW_STEPS and SHADOW_SEED in the environment change both. */
#define STEPS 5000

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static struct shadow_model_counters run(const struct shadow_model_config *config, uint64_t seed)
{
	struct shadow_model *model = shadow_model_start(config);
	struct choices choices = {
		.seed = (seed + setting("SHADOW_SEED", 0)) * 0x9E3779B97F4A7C15ull | 1
	};
	struct shadow_model_counters counters;

	for (uint64_t i = setting("SHADOW_STEPS", STEPS); i > 0; i--)
		shadow_model_step(model, &choices);
	counters = shadow_model_counters(model);
	shadow_model_finish(model);
	/* All that can happen did. */
	assert_true(counters.hits > 100);
	assert_true(counters.fills > 100);
	assert_true(counters.faults > 100);
	return counters;
}

static void test_two_level(void **state)
{
	const struct shadow_model_config config = { false, true, false, 0xC0000000, 16, false };
	struct shadow_model_counters counters = run(&config, 1);

	(void)state;
	assert_true(counters.evicted > 0);
}

static void test_pae(void **state)
{
	const struct shadow_model_config config = { true, true, false, 0xC0000000, 16, false };
	struct shadow_model_counters counters = run(&config, 2);

	(void)state;
	assert_true(counters.evicted > 0);
	assert_true(counters.resets > 0);
	assert_true(counters.outside > 0);
	assert_true(counters.bad > 0);
}

static void test_pae_without_nx(void **state)
{
	const struct shadow_model_config config = { true, false, false, 0xC0000000, 16, false };

	(void)state;
	run(&config, 3);
}

static void test_few_pages(void **state)
{
	struct shadow_model_config config = { false, true, true, 0xC0000000, 4, false };

	(void)state;
	assert_true(run(&config, 4).stale_hits > 0);
	config.pae = true;
	assert_true(run(&config, 5).stale_hits > 0);
}

/* The boundary inside a large-page slot: the part of the slot below it is the user's. */
static void test_kernel_boundary_inside_slot(void **state)
{
	struct shadow_model_config config = { false, true, false, 0xC0500000, 16, false };

	(void)state;
	run(&config, 6);
	config.pae = true;
	run(&config, 7);
}

/* Memory that is shared with clones, in whole chunks and in single frames. */
static void test_shared(void **state)
{
	struct shadow_model_config config = { false, true, false, 0xC0000000, 16, true };
	struct shadow_model_counters counters = run(&config, 8);

	(void)state;
	assert_true(counters.clones > 10);
	assert_true(counters.moved > 100);
	config.pae = true;
	run(&config, 9);
	config.small = true;
	run(&config, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_level),
		cmocka_unit_test(test_pae),
		cmocka_unit_test(test_pae_without_nx),
		cmocka_unit_test(test_few_pages),
		cmocka_unit_test(test_kernel_boundary_inside_slot),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests_name("shadow_random", tests, NULL, NULL);
}
