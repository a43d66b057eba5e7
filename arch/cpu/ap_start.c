// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts CPUs one after the other.  A CPU starts in real mode in a page below 1 MB, into which
 * arch/cpu/ap_start.asm is copied; that code takes the struct cpu that is offered, and with it a
 * stack, and leads to ap_main.  Taking is one exchange, and so is taking back: two CPUs never run
 * as the same one, whenever they come, and one that finds nothing halts.
 */
#include "arch/cpu/ap_start.h"

#include "arch/cpu/lapic.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/string.h"

#include <stddef.h>

/* MultiProcessor Specification 1.4, B.4: what a CPU needs after each. */
#define INIT_NS 10000000ull
#define STARTUP_NS 200000ull

/* An emulator on a busy host may take its time. */
#define ANSWER_NS 5000000000ull

extern const uint8_t ap_start[AP_CODE_SIZE];

/* For arch/cpu/ap_start.asm, on the CPU that starts. */
extern struct cpu *ap_offered;
extern uint32_t ap_tables;
struct cpu *ap_offered;
uint32_t ap_tables;
void __noreturn ap_main(struct cpu *cpu);

static void (*entry_function)(struct cpu *cpu);
static uint32_t code_page;
static uint8_t saved[AP_CODE_SIZE];
static bool somebody_is_late;
static uint64_t reset_until;		/* time_ns(), 10 ms after the last reset */

void ap_main(struct cpu *cpu)
{
	entry_function(cpu);
	cpu_halt_forever();
}

void ap_start_open(uint32_t page, uint32_t tables, void (*entry)(struct cpu *cpu))
{
	code_page = page;
	ap_tables = tables;
	entry_function = entry;
	memcpy(saved, direct_map(page), AP_CODE_SIZE);
	memcpy(direct_map(page), ap_start, AP_CODE_SIZE);
}

void ap_start_close(void)
{
	if (!somebody_is_late)
		memcpy(direct_map(code_page), saved, AP_CODE_SIZE);
}

bool ap_reset(uint32_t apic_id)
{
	bool is_sent = lapic_send_init(apic_id) == 0;

	reset_until = time_ns() + INIT_NS;
	return is_sent;
}

/* All time since then counts, whatever was done in it. */
static void wait_for_reset(void)
{
	uint64_t now = time_ns();
	struct time_limit rest = time_limit(reset_until > now ? reset_until - now : 0);

	while (!time_limit_is_over(&rest))
		cpu_pause();
}

static bool is_taken(void)
{
	return !__atomic_load_n(&ap_offered, __ATOMIC_ACQUIRE);
}

static bool wait_until_taken(uint64_t ns)
{
	struct time_limit limit = time_limit(ns);

	while (!is_taken() && !time_limit_is_over(&limit))
		cpu_pause();
	return is_taken();
}

/* The second startup interrupt is for CPUs that missed the first; a running CPU ignores it. */
static void wake(uint32_t apic_id)
{
	if (lapic_send_startup(apic_id, code_page) != 0 || wait_until_taken(STARTUP_NS))
		return;
	if (lapic_send_startup(apic_id, code_page) == 0)
		(void)wait_until_taken(ANSWER_NS);
}

bool ap_start_cpu(struct cpu *cpu, uint32_t apic_id)
{
	wait_for_reset();
	/* Release: whoever takes the CPU sees all that was written to it, and before. */
	__atomic_store_n(&ap_offered, cpu, __ATOMIC_RELEASE);
	wake(apic_id);
	/* It may come at this very moment: whoever exchanges first has it. */
	if (!__atomic_exchange_n(&ap_offered, NULL, __ATOMIC_ACQ_REL))
		return true;
	somebody_is_late = true;
	ap_stop_cpu(apic_id);
	return false;
}

void ap_stop_cpu(uint32_t apic_id)
{
	(void)ap_reset(apic_id);
	wait_for_reset();
}
