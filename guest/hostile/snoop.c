// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for what others left behind: FPU and SSE registers, general registers
 * after a switch, memory that was never written.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define CPUID_FXSR 0x01000000u
#define CPUID_SSE 0x02000000u

/* The image of fxsave (Intel SDM volume 1, table 10-2). */
struct fxsave_image {
	uint16_t control, status;
	uint8_t tag, reserved;
	uint16_t opcode;
	uint32_t instruction, instruction_segment, operand, operand_segment, mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[8][16];
	uint8_t rest[224];
} __attribute__((packed, aligned(16)));

_Static_assert(sizeof(struct fxsave_image) == 512, "the CPU's own layout");

static struct fxsave_image image;

static uint32_t features(void)
{
	uint32_t eax = 1, ebx, ecx, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx;
}

static bool all_zero(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)bytes)[i] != 0)
			return false;
	return true;
}

static void check_empty(const char *when)
{
	__asm__ volatile("fxsave %0" : "=m"(image));
	if (!all_zero(image.st, sizeof(image.st)))
		attack_fail("%s: x87 registers hold something", when);
	if ((features() & CPUID_SSE) && !all_zero(image.xmm, sizeof(image.xmm)))
		attack_fail("%s: SSE registers hold something", when);
	if (image.instruction != 0 || image.operand != 0)
		attack_fail("%s: last instruction 0x%x, operand 0x%x", when, image.instruction,
			    image.operand);
}

static void rest(void)
{
	timer_arm(NS_PER_MS);
	irq_wait();
	(void)irq_save();
}

/* The registers of a guest that never wrote to them are empty, and stay so while others run. */
ATTACK(fpu_snoop, "fpu-snoop", SURVIVES)
{
	if (!(features() & CPUID_FXSR))
		return;
	check_empty("first use");
	while (!attack_over()) {
		rest();
		check_empty("after a rest");
		hypercall(LGUEST_TS, LGUEST_CR0_TS, 0, 0, 0);
		rest();
		hypercall(LGUEST_TS, 0, 0, 0, 0);
		check_empty("after TS");
		clock_spin_us(3000);
		check_empty("after a spin");
	}
}

/* Memory comes zeroed, however often guests were started and ended before. */
ATTACK(memory_snoop, "memory-snoop", SURVIVES)
{
	uint32_t start = pages_untouched();
	uint32_t end = start + pages_available() * PAGE_SIZE;

	for (uint32_t page = start; page < end; page += PAGE_SIZE)
		if (!all_zero(virt_of(page), PAGE_SIZE))
			attack_fail("frame 0x%x is not zero", page);
}
