/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of two I/O APICs behind tests/unit/fake_mmio.h, with 24 and 8 inputs:
 * registers reached by select and window, as the data sheet has it.
 */
#ifndef UMBRA_TESTS_UNIT_IO_APICS_H
#define UMBRA_TESTS_UNIT_IO_APICS_H

#include "tests/unit/unit.h"

#include "tests/unit/fake_mmio.h"

#include <stdbool.h>
#include <string.h>

#define IO_APICS 2u
#define IO_APIC_FIRST 0xFEC00000u
#define IO_APIC_SECOND 0xFEC10000u
#define IO_APIC_SECOND_LINE 24u

struct io_apic_model {
	uint32_t select, inputs;
	uint32_t entries[24][2];	/* low and high word */
	bool absent;			/* reads as all ones */
	uint32_t version;		/* what it says instead of what is right; 0: nothing else */
	bool is_memory;			/* does not keep what is written to its select register */
};

static struct io_apic_model io_apic_models[IO_APICS];

static inline void io_apics_reset(void)
{
	memset(io_apic_models, 0, sizeof(io_apic_models));
	io_apic_models[0].inputs = 24;
	io_apic_models[1].inputs = 8;
	/* As firmware may leave them: open, level, and one that is its own by SMI. */
	for (unsigned i = 0; i < 24; i++)
		io_apic_models[0].entries[i][0] = 0x8000u | i;
	io_apic_models[0].entries[23][0] = 0x200;
}

static inline void *fake_io_apic_map(uint64_t address, size_t length)
{
	assert_true(length >= 0x14);
	assert_true(address == IO_APIC_FIRST || address == IO_APIC_SECOND);
	return &io_apic_models[address != IO_APIC_FIRST];
}

static uint32_t *io_apic_word(struct io_apic_model *model)
{
	assert_in_range(model->select, 0x10, 0x10 + 2 * model->inputs - 1);
	return &model->entries[(model->select - 0x10) / 2][model->select % 2];
}

static uint32_t fake_mmio_read(const void *base, uint32_t offset)
{
	struct io_apic_model *model = &io_apic_models[base != &io_apic_models[0]];

	if (model->absent)
		return UINT32_MAX;
	if (offset == 0)
		return model->is_memory ? 0 : model->select;
	assert_int_equal(offset, 0x10);
	if (model->select == 1)
		return model->version ? model->version : (model->inputs - 1) << 16 | 0x20;
	return *io_apic_word(model);
}

static void fake_mmio_write(void *base, uint32_t offset, uint32_t value)
{
	struct io_apic_model *model = base;

	if (offset == 0) {
		model->select = value;
	} else {
		assert_int_equal(offset, 0x10);
		*io_apic_word(model) = value;
	}
}

#endif
