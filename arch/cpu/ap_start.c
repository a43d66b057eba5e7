// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts one CPU after the other.  A CPU starts in real mode in a page below 1 MB, into which
 * arch/cpu/ap_start.asm is copied; that code leads to ap_main, which reports that the CPU runs.
 */
#include "arch/cpu/ap_start.h"

#include "arch/cpu/lapic.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"
#include "lib/string.h"

/* MultiProcessor Specification 1.4, B.4: what a CPU needs after each. */
#define INIT_NS 10000000ull
#define STARTUP_NS 200000ull

/* An emulator on a busy host may take its time. */
#define ANSWER_NS 5000000000ull

#define CODE_SIZE_MAX 128u

extern const uint8_t ap_start[], ap_start_end[];

/* Read by arch/cpu/ap_start.asm, on the CPU that starts. */
extern uint32_t ap_tables, ap_stack;
uint32_t ap_tables, ap_stack;
void __noreturn ap_main(void);

static struct cpu *starting;
static void (*entry_function)(struct cpu *cpu);
static volatile bool answered;

void ap_main(void)
{
	struct cpu *cpu = starting;
	void (*entry)(struct cpu *cpu) = entry_function;

	/* After this store the boot CPU may start the next CPU and overwrite both variables. */
	answered = true;
	entry(cpu);
	cpu_halt_forever();
}

static bool wait_for_answer(uint64_t ns)
{
	struct time_limit limit = time_limit(ns);

	while (!answered && !time_limit_is_over(&limit))
		cpu_pause();
	return answered;
}

/* The second startup interrupt is for CPUs that missed the first; a running CPU ignores it. */
static bool wake(uint32_t apic_id, uint32_t page)
{
	if (lapic_send_init(apic_id) != 0)
		return false;
	(void)wait_for_answer(INIT_NS);
	if (lapic_send_startup(apic_id, page) != 0)
		return false;
	if (wait_for_answer(STARTUP_NS))
		return true;
	return lapic_send_startup(apic_id, page) == 0 && wait_for_answer(ANSWER_NS);
}

int ap_start_cpu(struct cpu *cpu, uint32_t apic_id, uint32_t page, uint32_t tables,
		 void (*entry)(struct cpu *cpu))
{
	size_t size = (size_t)(ap_start_end - ap_start);
	uint8_t *code = direct_map(page), saved[CODE_SIZE_MAX];
	bool started;

	if (size > sizeof(saved))
		return -E_NOSPC;
	starting = cpu;
	entry_function = entry;
	answered = false;
	ap_tables = tables;
	ap_stack = (uint32_t)(cpu->pages->stack + sizeof(cpu->pages->stack));
	memcpy(saved, code, size);
	memcpy(code, ap_start, size);
	/* The started CPU reads what is written above, so the compiler must not move it below. */
	compiler_barrier();
	started = wake(apic_id, page);
	if (!started)
		ap_stop_cpu(apic_id);
	memcpy(code, saved, size);
	return started ? 0 : -E_IO;
}

void ap_stop_cpu(uint32_t apic_id)
{
	struct time_limit limit = time_limit(INIT_NS);

	(void)lapic_send_init(apic_id);
	while (!time_limit_is_over(&limit))
		cpu_pause();
}
