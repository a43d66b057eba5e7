// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings up the other CPUs, all reset at once and then started one after the other, and lets them
 * wait until the machine is complete.
 */
#include "boot/cpus.h"

#include "arch/board/clock.h"
#include "arch/board/clock_event.h"
#include "arch/board/irq.h"
#include "arch/board/madt.h"
#include "arch/board/timer.h"
#include "arch/board/tsc_sync.h"
#include "arch/cpu/ap_start.h"
#include "arch/cpu/cpu_init.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/log.h"
#include "arch/cpu/machine_check.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/vectors.h"
#include "arch/cpu/x86.h"
#include "boot/report_speculation.h"
#include "hv/run/run.h"
#include "hv/sched/wake.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"

#include <stddef.h>

#define STARTUP_PAGE 4096u
#define STARTUP_END 0xA0000u	/* a startup interrupt can name nothing higher that is memory */

extern uint8_t boot_pdpt[];	/* boot/start.asm */

#define READY_NS 30000000000ull	/* an emulator on a busy host may take its time */

/* What cpus_reset found out for cpus_start; cpus_max is 0 when no other CPU can be started. */
static unsigned cpus_max;
static bool with_smt, is_reset[MADT_CPUS];	/* by the MADT's order */

static uint64_t tsc_step;	/* the largest that tsc_sync_check has seen */

static volatile bool released;
static volatile unsigned ready;	/* how many of the other CPUs have timers */

/* --- on the CPU that starts ----------------------------------------------------------- */

static void enter(struct cpu *cpu)
{
	cpu_enable_nx();
	host_map_activate(cpu->pages->host_state.host_cr3);
	cpu_init(cpu);
	machine_check_init_cpu();
	irq_init_cpu(cpu);
	tsc_sync_answer();
	while (!released)
		wait_for_interrupt();
	clock_event_init_cpu();
	timers_init_cpu();
	__sync_fetch_and_add(&ready, 1);
	run_forever();
}

/* --- on the boot CPU -------------------------------------------------------------------- */

/* The highest usable page below 640 KB; 0 when there is none. */
static uint32_t find_startup_page(const struct boot_info *info)
{
	uint32_t best = 0;

	for (unsigned i = 0; i < info->range_count; i++) {
		const struct boot_range *range = &info->ranges[i];
		uint64_t end = MIN(range->base + range->length, (uint64_t)STARTUP_END);

		end = ALIGN_DOWN(end, (uint64_t)STARTUP_PAGE);
		if (range->usable && end > best && end >= range->base + STARTUP_PAGE)
			best = (uint32_t)end;
	}
	return best > STARTUP_PAGE ? best - STARTUP_PAGE : 0;
}

static struct cpu *prepare(unsigned id)
{
	const uint32_t page_count = (sizeof(struct cpu_pages) + PAGE_SIZE - 1) / PAGE_SIZE;
	struct cpu *cpu = heap_alloc(sizeof(*cpu));
	struct cpu_pages *pages = pages_alloc(page_count);
	uint32_t host_cr3;

	if (!cpu || !pages || host_map_prepare_cpu(pages, &host_cr3) != 0) {
		heap_free(cpu);
		if (pages)
			pages_free(pages, page_count);
		return NULL;
	}
	cpu->id = id;
	cpu_prepare(cpu, pages, host_cr3);
	return cpu;
}

/* The CPU has started: it becomes one of Umbra's if its TSC can be compared. */
static void take_in(struct cpu *cpu)
{
	uint64_t step = tsc_sync_check();

	if (step == UINT64_MAX) {
		ap_stop_cpu(cpu->apic_id);
		tsc_sync_reset();
		log_warn("cpu", "the CPU with APIC id %u started, but does not answer",
			 cpu->apic_id);
		return;
	}
	tsc_step = MAX(tsc_step, step);
	sched_init_cpu(cpu->id);
	cpu_announce(cpu);
}

/* False when starting further CPUs would fail, too. */
static bool start(uint32_t apic_id, bool was_reset)
{
	/* One that was offered and not taken is offered to the next. */
	static struct cpu *unused;
	struct cpu *cpu = unused ? unused : prepare(cpu_count());

	if (!cpu) {
		log_warn("cpu", "no memory left for another CPU");
		return false;
	}
	cpu->apic_id = apic_id;
	unused = cpu;
	if ((was_reset || ap_reset(apic_id)) && ap_start_cpu(cpu, apic_id)) {
		unused = NULL;
		take_in(cpu);
	} else {
		log_warn("cpu", "the CPU with APIC id %u does not start", apic_id);
	}
	return true;
}

/* The running CPU that really has that APIC id, whatever the table says; NULL: none. */
static const struct cpu *running_as(uint32_t apic_id)
{
	for (unsigned id = 0; id < cpu_count(); id++)
		if (cpu_by_id(id)->apic_id == apic_id)
			return cpu_by_id(id);
	return NULL;
}

static bool is_wanted(uint32_t apic_id)
{
	return with_smt || !cpu_has_sibling(apic_id);
}

/* Resets as many CPUs as may be started: they share the time that this takes. */
static void reset_all(const struct madt *madt)
{
	unsigned count = cpu_count();

	for (unsigned i = 0; i < madt->cpu_count && count < cpus_max; i++)
		if (!running_as(madt->cpus[i].apic_id) && is_wanted(madt->cpus[i].apic_id)) {
			is_reset[i] = ap_reset(madt->cpus[i].apic_id);
			count++;
		}
}

static void start_all(const struct madt *madt)
{
	for (unsigned i = 0; i < madt->cpu_count && cpu_count() < cpus_max; i++) {
		uint32_t apic_id = madt->cpus[i].apic_id;
		const struct cpu *runs = running_as(apic_id);

		/* The boot CPU stands in the table as well. */
		if (runs && runs->id != 0)
			log_warn("cpu",
				 "the CPU with APIC id %u is left out: it is cpu%u, which runs",
				 apic_id, runs->id);
		else if (!runs && is_wanted(apic_id) && !start(apic_id, is_reset[i]))
			return;
	}
}

static void judge_tscs(void)
{
	if (tsc_step == 0)
		log_info("time", "the TSCs of all CPUs agree");
	else if (!time_is_tsc())
		log_info("time", "the TSCs of the CPUs differ by up to %llu ticks", tsc_step);
	else if (clock_leave_tsc())
		log_warn("time", "the TSCs of the CPUs differ by up to %llu ticks: the clock is %s "
			 "from now on", tsc_step, clock_name());
	else
		log_error("time", "the TSCs of the CPUs differ by up to %llu ticks, and there is "
			  "no other clock", tsc_step);
}

void cpus_reset(const struct boot_info *info, unsigned max, bool smt)
{
	uint32_t page = find_startup_page(info);

	sched_init_cpu(0);
	if (!irq_has_apic() || irq_madt()->cpu_count < 2 || max < 2)
		return;
	if (!page) {
		log_warn("cpu", "no page below 640 KB to start other CPUs from");
		return;
	}
	cpus_max = MIN(max, (unsigned)MAX_CPUS);
	with_smt = smt;
	ap_start_open(page, direct_physical(boot_pdpt), enter);
	reset_all(irq_madt());
}

void cpus_start(void)
{
	const struct madt *madt = irq_madt();

	if (cpus_max > 0) {
		start_all(madt);
		ap_start_close();
	}
	if (cpu_count() > 1)
		judge_tscs();
	log_event("cpus", "started=%u found=%u", cpu_count(), MAX(madt->cpu_count, 1u));
}

void cpus_release(void)
{
	struct time_limit limit = time_limit(READY_NS);

	released = true;
	for (unsigned id = 1; id < cpu_count(); id++)
		if (lapic_send_vector(cpu_by_id(id)->apic_id, VECTOR_CPU_CALLS) != 0)
			log_error("cpu", "cpu%u cannot be reached", id);
	/* A guest that moves to one of them needs its timers. */
	while (ready < cpu_count() - 1)
		if (time_limit_is_over(&limit))
			panic("of %u other CPUs only %u come back", cpu_count() - 1, ready);
		else
			cpu_pause();
}
