/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each CPU has of its own.  this_cpu() is found through the state page, which lies at the same
 * virtual address on every CPU but is another page of memory on each.  cpu.c lists the CPUs.
 */
#ifndef UMBRA_ARCH_CPU_CPU_H
#define UMBRA_ARCH_CPU_CPU_H

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/smt.h"
#include "arch/cpu/speculation.h"
#include "arch/cpu/state_page.h"
#include "arch/cpu/trap_frame.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_CPUS 32

struct fpu_state;

/*
 * Page-sized things that the hardware reads, all in low memory.  Those of the
 * boot CPU are in the image.
 */
struct cpu_pages {
	struct state_page host_state __aligned(4096);	/* mapped in Umbra's tables */
	struct state_page guest_state __aligned(4096);	/* mapped in a guest's tables */
	uint64_t host_directory[512] __aligned(4096);	/* top GB of Umbra's address space */
	uint64_t host_switcher_table[512] __aligned(4096);
	uint64_t guest_switcher_table[512] __aligned(4096);	/* the Switcher PTE page */
	uint64_t host_pdpt[4] __aligned(32);
	uint8_t guard[4096] __aligned(4096);	/* not mapped: stack overflow double-faults */
	uint8_t stack[HOST_STACK_SIZE] __aligned(16);
	uint8_t nmi_stack[4096];
	uint8_t double_fault_stack[4096];
};

/* What the board says caused an NMI: bits 6 and 7 of its port 61h. */
enum nmi_source { NMI_UNKNOWN = 0, NMI_IO = 1, NMI_MEMORY = 2, NMI_BOTH = 3 };

struct cpu {
	unsigned id;			/* 0 is the boot CPU */
	uint32_t apic_id;		/* where interrupts for it are sent */
	struct cpu_pages *pages;
	struct smt smt;
	struct speculation speculation;	/* its flaws and their remedies (arch/cpu/barrier.h) */

	/* Only this CPU touches what follows. */
	uint32_t cr0;			/* what the register holds */
	uint32_t cr4, guest_cr4;	/* for Umbra's code, and for a guest's */
	struct fpu_state *fpu_owner;	/* the state that the FPU holds; NULL: none */
	uint32_t guest_dr7;		/* while breakpoints of a guest are loaded, else 0 */
	uint32_t barriers_due;		/* before the next entry to a guest: of enum remedy */
	const char *running;		/* name of the guest that has this CPU, or NULL */
	uint32_t trace_kinds;		/* bit n: records of that kind are written (trace.h) */
	bool sleeps;			/* until an interrupt comes */
	uint16_t trace_guest;		/* number of the guest that they are of, 0: none */

	/* Written by the NMI handler alone, read by the run loop. */
	volatile uint32_t nmi_count;
	volatile uint32_t nmi_eip, nmi_cs;
	volatile uint8_t nmi_source;	/* enum nmi_source */
	char nmi_running[16];		/* the guest whose turn it was; empty for none */

	/* arch/cpu/heartbeat.h.  Not volatile: it is counted in one instruction. */
	uint32_t heartbeat;

	/* Written by the watchdog alone, in NMIs of the boot CPU. */
	uint32_t heartbeat_seen, watchdog_ticks;
	bool is_struck;			/* the watchdog has sent an NMI to this CPU */

	/* Where an NMI stopped this CPU when another one panicked; written before is_stopped. */
	uint32_t stop_eip, stop_cs, stop_ebp;
	volatile bool is_stopped;
};

/* The CPU this runs on.  Valid once it runs on its own tables (mm/host_map.h). */
static inline struct cpu *this_cpu(void)
{
	return ((const struct state_page *)SWITCHER_STATE)->cpu;
}

/* The CPUs brought up so far, by id; NULL for none.  Any CPU, any context. */
struct cpu *cpu_by_id(unsigned id);

/* cpu is found by cpu_by_id from now on.  Boot CPU. */
void cpu_announce(struct cpu *cpu);

/* How many CPUs were brought up; their ids are 0 to this - 1. */
unsigned cpu_count(void);

#endif
