/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor's registers: bits by their names in the Intel SDM (vol. 3,
 * chapters 2 and 4; vol. 4 for the MSRs) and the instructions that C lacks.
 */
#ifndef UMBRA_ARCH_CPU_X86_H
#define UMBRA_ARCH_CPU_X86_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* EFLAGS, SDM vol. 1, 3.4.3. */
#define EFLAGS_FIXED BIT(1)
#define EFLAGS_TF BIT(8)
#define EFLAGS_IF BIT(9)
#define EFLAGS_DF BIT(10)
#define EFLAGS_IOPL (3u << 12)
#define EFLAGS_NT BIT(14)
#define EFLAGS_RF BIT(16)
#define EFLAGS_VM BIT(17)
#define EFLAGS_AC BIT(18)

#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)

#define CR4_PAE BIT(5)
#define CR4_MCE BIT(6)
#define CR4_OSFXSR BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP BIT(11)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)

/* Debug registers, SDM vol. 3, 17.2: without a cause or a breakpoint; a single step; all causes. */
#define DR6_RESET 0xFFFF0FF0u
#define DR6_BS BIT(14)
#define DR6_CAUSES 0xE00Fu
#define DR7_RESET 0x400u

#define MSR_APIC_BASE 0x1B
#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)
#define MSR_SYSENTER_CS 0x174
#define MSR_PAT 0x277
#define MSR_TSC_DEADLINE 0x6E0
#define MSR_EFER 0xC0000080u
#define EFER_NXE BIT(11)

/* Page-table entries, SDM vol. 3, 4.4 (PAE format). */
#define PTE_P 0x001ull
#define PTE_W 0x002ull
#define PTE_U 0x004ull
#define PTE_PWT 0x008ull
#define PTE_PCD 0x010ull
#define PTE_A 0x020ull
#define PTE_D 0x040ull
#define PTE_PS 0x080ull
#define PTE_G 0x100ull
#define PTE_NX (1ull << 63)
#define PTE_LARGE_PAT (1ull << 12)	/* of a large page */
#define PTE_FRAME 0x000FFFFFFFFFF000ull

/* Page-fault error code, SDM vol. 3, 4.7. */
#define FAULT_PRESENT BIT(0)
#define FAULT_WRITE BIT(1)
#define FAULT_USER BIT(2)
#define FAULT_FETCH BIT(4)

/* Exception vectors, SDM vol. 3, 6.3. */
enum vector {
	VECTOR_DE = 0,
	VECTOR_DB = 1,
	VECTOR_NMI = 2,
	VECTOR_BP = 3,
	VECTOR_OF = 4,
	VECTOR_UD = 6,
	VECTOR_NM = 7,
	VECTOR_DF = 8,
	VECTOR_TS = 10,
	VECTOR_NP = 11,
	VECTOR_SS = 12,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_MF = 16,
	VECTOR_AC = 17,
	VECTOR_MC = 18,
	VECTOR_XM = 19,
	VECTOR_EXCEPTIONS = 32,
	VECTOR_COUNT = 256
};

/* Does the CPU push an error code for it?  SDM vol. 3, 6.13. */
static inline bool exception_has_error_code(unsigned vector)
{
	return vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF) ||
	       vector == VECTOR_AC;
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

#define DEFINE_CONTROL_REGISTER(name)                                        \
	static inline uint32_t read_##name(void)                             \
	{                                                                    \
		uint32_t value;                                              \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)::"memory"); \
		return value;                                                \
	}                                                                    \
	static inline void write_##name(uint32_t value)                      \
	{                                                                    \
		__asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory"); \
	}

DEFINE_CONTROL_REGISTER(cr0)
DEFINE_CONTROL_REGISTER(cr2)
DEFINE_CONTROL_REGISTER(cr3)
DEFINE_CONTROL_REGISTER(cr4)
DEFINE_CONTROL_REGISTER(dr0)
DEFINE_CONTROL_REGISTER(dr1)
DEFINE_CONTROL_REGISTER(dr2)
DEFINE_CONTROL_REGISTER(dr3)
DEFINE_CONTROL_REGISTER(dr6)
DEFINE_CONTROL_REGISTER(dr7)
#undef DEFINE_CONTROL_REGISTER

static inline void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)(value & UINT32_MAX)),
			 "d"((uint32_t)(value >> 32)));
}

static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static inline void invalidate_page(uint32_t address)
{
	__asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

/* Writes what is in the byte at pointer to it, in one step: a read-only page faults. */
static inline void touch_for_write(const void *pointer)
{
	__asm__ volatile("lock orb $0, (%0)" ::"r"(pointer) : "memory");
}

static inline uint32_t read_eflags(void)
{
	uint32_t value;

	__asm__ volatile("pushf; pop %0" : "=r"(value)::"memory");
	return value;
}

/*
 * Clears EFLAGS.AC, so that SMAP holds; the instruction exists where SMAP does (SDM vol. 2,
 * CLAC).
 */
static inline void clear_ac(void)
{
	__asm__ volatile("clac" ::: "memory", "cc");
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" ::: "memory");
}

/*
 * Sleeps until an interrupt was handled.  `sti` takes effect after `hlt` has begun, so no interrupt
 * is lost.
 */
static inline void wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}

/* Handles the interrupts that are pending. */
static inline void poll_interrupts(void)
{
	__asm__ volatile("sti; nop; cli" ::: "memory");
}

/*
 * All loads and stores before it are done before anything after it begins.  The
 * processors that need it have these instructions.
 */
static inline void memory_barrier(void)
{
	__asm__ volatile("mfence; lfence" ::: "memory");
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void __noreturn cpu_halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

#endif
