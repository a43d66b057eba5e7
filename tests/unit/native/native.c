// SPDX-License-Identifier: GPL-2.0-only
/* The machine under mm/ in native programs; see native.h. */
#include "tests/unit/native/native.h"

#include "arch/panic.h"
#include "mm/frames.h"

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
