// SPDX-License-Identifier: GPL-2.0-only
/* The machine under mm/ in native programs; see native.h. */
#include "tests/unit/native/native.h"

#include "arch/cpu/panic.h"
#include "mm/frames.h"
#include "mm/host_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *native_low_memory;
uint8_t *native_window;
uint32_t native_cr3;
struct cpu native_cpu;
void (*native_unlocked)(enum lock_rank rank);
jmp_buf *native_panic_jump;
char native_panic_text[256];

static struct cpu_features features = { .nx = true };
static uint32_t held;	/* bit n: a lock of rank n */

unsigned native_hidden, native_tables;
bool native_takes_tables;
static bool hidden[NATIVE_LOW_SIZE / PAGE_SIZE], has_table[NATIVE_LOW_SIZE / CHUNK_SIZE];

void native_start(bool bare)
{
	const struct memory_range usable[] = {
		{ NATIVE_LOW_START, NATIVE_LOW_END },
		{ NATIVE_HIGH_START, NATIVE_HIGH_START + NATIVE_HIGH_SIZE },
	};

	if (native_low_memory)
		return;
	native_low_memory = aligned_alloc(CHUNK_SIZE, NATIVE_LOW_SIZE);
	if (!native_low_memory)
		abort();
	/* Memory is never found clean. */
	memset(native_low_memory, 0xA5, NATIVE_LOW_SIZE);
	native_cpu.pages = (struct cpu_pages *)(void *)(native_low_memory + PAGE_SIZE);
	memset(native_cpu.pages, 0, sizeof(*native_cpu.pages));
	if (!bare && frames_init(usable, ARRAY_SIZE(usable), NULL, 0, (paddr_t)64 << 30) != 0)
		abort();
}

const struct cpu_features *cpu_features(void)
{
	return &features;
}

void native_set_nx(bool nx)
{
	features.nx = nx;
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(native_panic_text, sizeof(native_panic_text), format, arguments);
	va_end(arguments);
	if (native_panic_jump) {
		held = 0;
		longjmp(*native_panic_jump, 1);
	}
	fprintf(stderr, "panic: %s\n", native_panic_text);
	abort();
}

/* One thread, so no lock is ever found taken; the order is checked as in debug builds. */
void spin_lock(struct spinlock *lock)
{
	if (held >> lock->rank)
		panic("lock %d taken in the wrong order", (int)lock->rank);
	held |= BIT(lock->rank);
}

void spin_unlock(struct spinlock *lock)
{
	if (!(held >> lock->rank & 1))
		panic("lock %d released but not held", (int)lock->rank);
	held &= ~BIT(lock->rank);
	if (native_unlocked)
		native_unlocked(lock->rank);
}

/* --- the direct map --- */

bool native_is_hidden(uint64_t frame)
{
	return frame < NATIVE_LOW_SIZE && hidden[frame / PAGE_SIZE];
}

static void set_hidden(uint64_t frame, unsigned count, bool value)
{
	for (unsigned i = 0; frame < NATIVE_LOW_SIZE && i < count; i++) {
		bool *here = &hidden[frame / PAGE_SIZE + i];

		if (*here == value)
			panic("frame %llx is %s already", (unsigned long long)frame + i * PAGE_SIZE,
			      value ? "hidden" : "shown");
		*here = value;
		native_hidden += value ? 1 : -1u;
	}
}

uint32_t direct_map_tables_missing(void)
{
	return native_takes_tables ? (uint32_t)ARRAY_SIZE(has_table) - native_tables : 0;
}

bool direct_map_hide_frame(paddr_t frame)
{
	set_hidden(frame, 1, true);
	if (!native_takes_tables || frame >= NATIVE_LOW_SIZE || has_table[frame / CHUNK_SIZE])
		return false;
	has_table[frame / CHUNK_SIZE] = true;
	native_tables++;
	return page_alloc_reserved() != NULL;
}

void direct_map_show_frame(paddr_t frame)
{
	set_hidden(frame, 1, false);
}

void direct_map_hide_chunk(paddr_t chunk)
{
	set_hidden(chunk, FRAMES_PER_CHUNK, true);
}

void direct_map_show_chunk(paddr_t chunk)
{
	set_hidden(chunk, FRAMES_PER_CHUNK, false);
}

bool direct_map_hide_kept(paddr_t frame)
{
	paddr_t table;

	if (native_takes_tables && frame < NATIVE_LOW_SIZE && !has_table[frame / CHUNK_SIZE]) {
		if (!frame_alloc_kept(FRAME_LOW, &table))
			return false;
		has_table[frame / CHUNK_SIZE] = true;
		native_tables++;
	}
	set_hidden(frame, 1, true);
	return true;
}

bool direct_map_hide_by_frames(paddr_t chunk)
{
	paddr_t table;

	if (!native_takes_tables || chunk >= NATIVE_LOW_SIZE || has_table[chunk / CHUNK_SIZE])
		return true;
	if (!frame_alloc_kept(FRAME_LOW, &table))
		return false;
	has_table[chunk / CHUNK_SIZE] = true;
	native_tables++;
	return true;
}

/* --- what frames hold --- */

uint32_t *native_content(uint64_t frame)
{
	static uint32_t low[NATIVE_LOW_SIZE / PAGE_SIZE], high[NATIVE_HIGH_SIZE / PAGE_SIZE];

	return frame < NATIVE_LOW_SIZE ? &low[frame / PAGE_SIZE] :
					 &high[(frame - NATIVE_HIGH_START) / PAGE_SIZE];
}

void frame_copy(paddr_t to, paddr_t from)
{
	*native_content(to) = *native_content(from);
}
