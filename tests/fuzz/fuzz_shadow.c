// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the shadow tables: the input is what a guest does, one operation
 * after the other, against the model of a TLB (tests/unit/shadow_model.h).
 *
 * Input: u8 kind (1 PAE, 2 no NX, 4 the kernel begins inside a slot); then
 * bytes for the model's choices, the first of each operation saying which one
 * it is.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/shadow_model.h"

#define STEPS_MOST 120

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .bytes = data + 1, .left = size - 1 };
	struct shadow_model_config config;
	struct shadow_model *model;

	if (size < 2)
		return 0;
	config = (struct shadow_model_config){
		.pae = data[0] & 1,
		.nx = !(data[0] & 2),
		.small = true,
		.kernel_address = data[0] & 4 ? 0xC0500000 : 0xC0000000,
		.check_every = 8,
		.shared = data[0] & 8,
	};
	model = shadow_model_start(&config);
	for (int i = 0; i < STEPS_MOST && choices.left > 0; i++)
		shadow_model_step(model, &choices);
	shadow_model_finish(model);
	return 0;
}
