/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that does anything with its tables, and a model of a TLB that says
 * which of the shadow's answers are permitted.  Used by the random test and by
 * the fuzzer; a violation is printed with what led to it and ends the program.
 */
#ifndef UMBRA_TESTS_UNIT_SHADOW_MODEL_H
#define UMBRA_TESTS_UNIT_SHADOW_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the guest's whims come from: bytes, or a generator when there are none. */
struct choices {
	const uint8_t *bytes;
	size_t left;
	uint64_t seed;
};

struct shadow_model_config {
	bool pae, nx;
	bool small;		/* few tables and addresses, so that much happens to each */
	uint32_t kernel_address;
	uint32_t check_every;	/* operations between looks at everything */
	bool shared;		/* clones come and go, and Umbra writes too */
};

struct shadow_model;

struct shadow_model *shadow_model_start(const struct shadow_model_config *config);
/* One operation of the guest. */
void shadow_model_step(struct shadow_model *model, struct choices *choices);
/* The last look; everything must come back. */
void shadow_model_finish(struct shadow_model *model);

/* How often what happened, for the test to see that it tested something. */
struct shadow_model_counters {
	uint32_t hits, fills, faults, outside, bad, stale_hits, evicted, resets, clones, moved;
};
struct shadow_model_counters shadow_model_counters(const struct shadow_model *model);

#endif
