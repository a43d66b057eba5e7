// SPDX-License-Identifier: GPL-2.0-only
/*
 * TS and the floating point unit: #NM on request in both rings, values that
 * survive everything Umbra does in between, and the x87 exception.
 */
#include "guest/abi/instructions.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stdbool.h>
#include <stddef.h>

#define CPUID_FXSR 0x01000000u
#define CPUID_SSE 0x02000000u

/* FXSAVE's area (SDM volume 1, section 10.5.1): what is compared lies below this offset. */
#define FXSAVE_SIZE 512u
#define FXSAVE_COMPARED 288u

static void set_ts(bool on)
{
	hypercall(LGUEST_TS, on ? LGUEST_CR0_TS : 0, 0, 0, 0);
}

static uint32_t cpuid_features(void)
{
	uint32_t eax = 1, ebx, ecx, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx;
}

TEST(fpu, ts_ring1)
{
	struct fault fault;

	set_ts(true);
	fault = fault_of("fninit", : );
	set_ts(false);
	CHECK(fault_is(fault, TRAP_NO_FPU, 0), "vector %u with TS", fault.vector);
	fault = fault_of("fninit", : );
	CHECK(fault.vector == FAULT_NONE, "vector %u without TS", fault.vector);
}

/* CR0.MP is set, so that fwait counts as a use. */
TEST(fpu, ts_fwait)
{
	struct fault fault;

	set_ts(true);
	fault = fault_of("fwait", : );
	set_ts(false);
	CHECK(fault_is(fault, TRAP_NO_FPU, 0), "vector %u with TS", fault.vector);
}

TEST(fpu, ts_ring3)
{
	struct fault fault;

	set_ts(true);
	fault = user_call(abi_user_fpu, 0, 0, NULL);
	set_ts(false);
	CHECK(fault_is(fault, TRAP_NO_FPU, 0), "vector %u with TS", fault.vector);
	fault = user_call(abi_user_fpu, 0, 0, NULL);
	CHECK(fault.vector == FAULT_NONE, "vector %u without TS", fault.vector);
}

/* Any nonzero value asks for it. */
TEST(fpu, ts_other_value)
{
	struct fault fault;

	hypercall(LGUEST_TS, 1, 0, 0, 0);
	fault = fault_of("fninit", : );
	set_ts(false);
	CHECK(fault_is(fault, TRAP_NO_FPU, 0), "vector %u", fault.vector);
}

static bool clear_ts(struct trap_frame *frame)
{
	(void)frame;
	set_ts(false);
	return true;
}

/* The handler answers with TS(0), and the instruction runs again. */
TEST(fpu, handler_resumes)
{
	uint16_t status = 0xFFFF;

	__asm__ volatile("fninit");
	set_ts(true);
	trap_set_handler(TRAP_NO_FPU, clear_ts);
	__asm__ volatile("fnstsw %0" : "+a"(status));
	trap_set_handler(TRAP_NO_FPU, NULL);
	CHECK(status == 0, "status word 0x%x", status);
}

static uint8_t before[FXSAVE_SIZE] __attribute__((aligned(16)));
static uint8_t after[FXSAVE_SIZE] __attribute__((aligned(16)));

static void fill_registers(bool sse)
{
	static const uint32_t pattern[8] = {0x3F800000, 0x40000000, 0x40400000, 0x40800000,
					    0x40A00000, 0x40C00000, 0x40E00000, 0x41000000};

	__asm__ volatile("fninit");
	for (uint32_t i = 0; i < 8; i++)
		__asm__ volatile("flds %0" : : "m"(pattern[i]));
	if (!sse)
		return;
	__asm__ volatile("movups %0, %%xmm0\n\tmovups %1, %%xmm1\n\tmovups %0, %%xmm2\n\t"
			 "movups %1, %%xmm3\n\tmovups %0, %%xmm4\n\tmovups %1, %%xmm5\n\t"
			 "movups %0, %%xmm6\n\tmovups %1, %%xmm7"
			 :
			 : "m"(pattern[0]), "m"(pattern[4]));
}

TEST(fpu, values_survive)
{
	uint32_t features = cpuid_features();

	if (!(features & CPUID_FXSR)) {
		report_skip("no fxsave");
		return;
	}
	fill_registers((features & CPUID_SSE) != 0);
	__asm__ volatile("fxsave %0" : "=m"(before));
	for (uint32_t i = 0; i < 20; i++) {
		timer_arm(NS_PER_MS);
		irq_wait();
		(void)irq_save();
		(void)user_call(user_nothing, 0, 0, NULL);
		set_ts(true);
		set_ts(false);
	}
	__asm__ volatile("fxsave %0" : "=m"(after));
	CHECK(memcmp(before, after, FXSAVE_COMPARED) == 0, "registers changed");
	__asm__ volatile("fninit");
}

/* CR0.NE is set: an unmasked exception arrives as vector 16. */
TEST(fpu, exception)
{
	static const uint16_t unmask_zero_divide = 0x037B;
	struct fault fault;

	__asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp"
			 :
			 : "m"(unmask_zero_divide));
	fault = fault_of("fwait", : );
	__asm__ volatile("fninit");
	CHECK(fault_is(fault, TRAP_FPU, 0), "vector %u", fault.vector);
}

/* The guest saw FXSR and SSE and believes that it enabled them. */
TEST(fpu, sse_enabled)
{
	struct fault fault;

	if (!(cpuid_features() & CPUID_SSE)) {
		report_skip("no SSE");
		return;
	}
	fault = fault_of("xorps %%xmm0, %%xmm0", : );
	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
}
