// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's guest from its begin to its end: where things lie in its memory,
 * what stands in its tables at first, and how it comes to its whims.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_model_internal.h"

#include <string.h>

/* Slots in all four directories; the last twelve are the kernel's. */
static const struct {
	uint32_t first, count;
} slot_runs[] = { { 0, 40 }, { 512, 20 }, { 1024, 20 }, { 1536, 8 }, { 2042, 4 } };

uint32_t model_choose(struct choices *choices, uint32_t bound)
{
	if (choices->bytes) {
		uint32_t value = 0;

		if (choices->left > 0) {
			value = *choices->bytes++;
			choices->left--;
		}
		return value % bound;
	}
	choices->seed ^= choices->seed << 13;
	choices->seed ^= choices->seed >> 7;
	choices->seed ^= choices->seed << 17;
	return (uint32_t)((choices->seed >> 11) % bound);
}

bool model_one_in(struct choices *choices, uint32_t count)
{
	return model_choose(choices, count) == count - 1;
}

static uint64_t random_flags(struct choices *choices, bool pae)
{
	uint64_t flags = 0;
	uint32_t dice = model_choose(choices, 256), more = model_choose(choices, 256);

	flags |= dice & 7 || more & 0x80 ? PTE_P : 0;
	flags |= dice & 0x18 ? PTE_W : 0;
	flags |= dice & 0x20 || more & 0x40 ? PTE_U : 0;
	flags |= dice & 0x40 ? PTE_A : 0;
	flags |= dice & 0x80 ? PTE_D : 0;
	flags |= more & 1 ? PTE_G : 0;
	flags |= (uint64_t)(more >> 1 & 7) << 9;
	flags |= pae && more >> 4 == 15 ? PTE_NX : 0;
	return flags;
}

uint64_t model_random_entry(const struct shadow_model *model, struct choices *choices)
{
	uint64_t page = model_data_pages[model_choose(choices, DATA_PAGES)];

	if (model_one_in(choices, 64))
		return random_flags(choices, model->config.pae) | GUEST_PAGES << PAGE_SHIFT;
	if (model->config.pae && model_one_in(choices, 128))
		return random_flags(choices, true) | 1ull << 36 | page << PAGE_SHIFT;
	return random_flags(choices, model->config.pae) | page << PAGE_SHIFT;
}

/* Slot s gets its own table mostly, which address spaces so share. */
uint64_t model_random_directory(const struct shadow_model *model, struct choices *choices,
				uint32_t s)
{
	uint32_t slot = model->slot[s], table;
	bool kernel = slot >= model->kernel_slot;
	uint64_t flags = random_flags(choices, model->config.pae) & ~PTE_D;

	if (!model_one_in(choices, 4))
		flags |= PTE_W | PTE_U;
	if (model_one_in(choices, 128))
		return flags | GUEST_PAGES << PAGE_SHIFT;
	if (model_one_in(choices, 128))
		return flags | PTE_PS;
	if (kernel)
		table = ((SLOTS - 1 - s) / (model->config.pae ? 1 : 2) * 2 +
			 model_choose(choices, 2)) %
			model->kernel_tables;
	else if (model_one_in(choices, 4))
		table = model->kernel_tables + model_choose(choices, model->user_tables);
	else
		table = model->kernel_tables + s / (model->config.pae ? 1 : 2) % model->user_tables;
	return flags | (uint64_t)(model->first_table + table) << PAGE_SHIFT;
}

/* Some middle table for directory i; the kernel's are its own. */
uint64_t model_random_middle(const struct shadow_model *model, struct choices *choices, uint32_t i)
{
	bool kernel = i >= model->kernel_slot / 512;

	return (uint64_t)(model->first_middle +
			  (kernel ? model_choose(choices, KERNEL_MIDDLES)
				  : KERNEL_MIDDLES +
					    model_choose(choices, MIDDLES - KERNEL_MIDDLES)))
		       << PAGE_SHIFT |
	       PTE_P;
}

/* --- life ------------------------------------------------------------------------------------ */

static void lay_out(struct shadow_model *model)
{
	uint32_t page = 1, s = 0;

	for (uint32_t r = 0; r < ROOTS; r++)
		/* A PAE top level needs no page of its own. */
		model->root[r] = model->config.pae ? PAGE_SIZE + r * 32 : (page + r) << PAGE_SHIFT;
	page += ROOTS;
	model->first_middle = page;
	page += MIDDLES;
	model->first_table = page;
	for (unsigned run = 0; run < ARRAY_SIZE(slot_runs); run++)
		for (uint32_t i = 0; i < slot_runs[run].count; i++)
			model->slot[s++] = slot_runs[run].first + i;
	model->slots = SLOTS;
	model->roots = ROOTS;
	model->kernel_tables = KERNEL_TABLES;
	model->user_tables = TABLES - KERNEL_TABLES;
	if (model->config.small) {
		/* Two of the user's, two of the kernel's. */
		model->slot[2] = model->slot[SLOTS - 2];
		model->slot[3] = model->slot[SLOTS - 1];
		model->slots = 4;
		model->roots = 3;
		model->kernel_tables = model->user_tables = 4;
	}
	model->table_pages = page + model->kernel_tables + model->user_tables;
}

/* Before the histories begin. */
static void store_first(struct shadow_model *model, uint32_t address, uint64_t entry)
{
	guest_store(&model->guest, address, entry);
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
}

static void fill_table(struct shadow_model *model, struct choices *choices, uint32_t table,
		       uint32_t half)
{
	for (uint32_t i = 0; i < CHANGING; i++)
		store_first(model, model_entry_address(model, table, half, model_indexes[i]),
			    model_random_entry(model, choices));
	for (uint32_t index = HEAVY_FIRST; index < HEAVY_END; index++)
		store_first(model, model_entry_address(model, table, half, index), HEAVY_ENTRY);
	for (uint32_t i = 0; i < INDEXES; i++)
		model_refresh_entry(model, table, half, i);
}

static void fill_tables(struct shadow_model *model)
{
	struct choices choices = { .seed = 88172645463325252ull };

	for (uint32_t r = 0; r < model->roots; r++) {
		for (uint32_t i = 0; model->config.pae && i < 4; i++)
			store_first(model, model->root[r] + i * 8,
				    model_random_middle(model, &choices, i));
		for (uint32_t s = 0; s < model->slots; s++)
			store_first(
				model,
				model_look_slot(model, model->root[r], model->slot[s]).directory_at,
				model_random_directory(model, &choices, s));
	}
	model_refresh_directories(model);
	for (uint32_t t = 0; t < model->kernel_tables + model->user_tables; t++)
		for (uint32_t half = 0; half < (model->config.pae ? 1 : 2); half++)
			fill_table(model, &choices, model->first_table + t, half);
}

/* Of the guest's pages below the last table. */
static uint8_t mirror_pages[(1 + ROOTS + MIDDLES + TABLES) * PAGE_SIZE] __aligned(8);

struct shadow_model *shadow_model_start(const struct shadow_model_config *config)
{
	/* One for ever: a fuzzer starts thousands a second. */
	static struct shadow_model the_model;
	struct shadow_model *model = &the_model;

	memset(model, 0, sizeof(*model));
	native_start(false);
	native_set_nx(config->nx);
	model->config = *config;
	lay_out(model);
	memset(mirror_pages, 0, sizeof(mirror_pages));
	model->mirror = mirror_pages;
	shadow_guest_start(&model->guest, config->pae, SHADOW_MIN_BUDGET);
	shadow_set_layout(&model->guest.shadow, config->kernel_address, 0x00400000);
	model->kernel_slot =
		(uint32_t)(((uint64_t)config->kernel_address + CHUNK_SIZE - 1) >> SLOT_SHIFT);
	fill_tables(model);
	model_switch_to(model, 0);
	return model;
}

void shadow_model_finish(struct shadow_model *model)
{
	model->steps = 0;
	model_check_step(model);
	model_flush_all(model);
	while (!guest_memory_shrink(&model->clone))
		;
	if (!shadow_guest_stop(&model->guest))
		model_violation(model, "frames did not come back");
}

struct shadow_model_counters shadow_model_counters(const struct shadow_model *model)
{
	return model->counters;
}
