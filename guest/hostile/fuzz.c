// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random attacks; the word seed=N makes one repeatable. Random calls with
 * random arguments, and random bytes as instructions in both rings. A guest that
 * executes noise will sooner or later end; Umbra and the others will not.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define DEFAULT_ROUNDS 5000u

/* Numbers that a random argument often is: small ones, our own memory, borders. */
static uint32_t argument(void)
{
	uint32_t value = attack_random();

	switch (attack_random() % 8) {
	case 0:
		return value % 64;
	case 1:
		return value % 2048;
	case 2:
		return paging_kernel_space();
	case 3:
		return value % machine_memory();
	case 4:
		return (value % machine_memory()) & PAGE_MASK;
	case 5:
		return GUEST_KERNEL_BASE + value % machine_memory();
	case 6:
		return 0 - value % 0x1000000;
	default:
		return value;
	}
}

static void random_call(void)
{
	uint32_t number = attack_random() % LGUEST_HYPERCALL_COUNT;

	/* Those would only end the guest, and most of the numbers without a call too. */
	if (number == LGUEST_SHUTDOWN || number == LGUEST_INIT || number == 3 || number == 11 ||
	    number == 12)
		return;
	if (attack_random() & 1)
		ring_call(number, argument(), argument(), argument(), argument());
	else
		hypercall(number, argument(), argument(), argument(), argument());
}

/* Calls with arguments of any kind: ends with the first one that Umbra does not allow. */
ATTACK(fuzz_calls, "fuzz-calls", EITHER)
{
	for (uint32_t i = machine_number("rounds", DEFAULT_ROUNDS); i > 0; i--) {
		timer_arm(NS_PER_MS);
		random_call();
	}
}

/* Calls that are allowed, in any order, on tables that change all the time. */
ATTACK(fuzz_tables, "fuzz-tables", SURVIVES)
{
	uint32_t spaces[4];
	uint32_t frames[8];

	for (uint32_t i = 0; i < 4; i++)
		spaces[i] = i == 0 ? paging_kernel_space() : paging_create();
	for (uint32_t i = 0; i < 8; i++)
		frames[i] = page_alloc();
	for (uint32_t i = machine_number("rounds", DEFAULT_ROUNDS); i > 0; i--) {
		uint32_t space = spaces[attack_random() % 4];
		uint32_t address = USER_TEST + (attack_random() % 64) * 0x40000;
		uint32_t flags = attack_random() & 0xE67;
		uint32_t frame = frames[attack_random() % 8];

		switch (attack_random() % 8) {
		case 0:
			paging_switch(space);
			break;
		case 1:
			paging_flush_user();
			break;
		case 2:
			paging_flush_all();
			break;
		case 3:
			paging_map(space, address, frame, flags);
			break;
		case 4:
			paging_set(space, address, frame | flags);
			break;
		case 5:
			paging_tell_pte(space, address, attack_random() & PAGE_MASK);
			break;
		case 6:
			(void)user_call(user_write, address, i, NULL);
			break;
		default:
			(void)fault_of("movl %%eax, (%0)", : "r"(address) : "memory");
			break;
		}
	}
	paging_switch(paging_kernel_space());
}

/* --- Noise as code ----------------------------------------------------------------------- */

#define CODE_BYTES 64u
#define SLICE_NS (2u * NS_PER_MS)

static const char stop_code[] = {0x0F, 0x0B};

/* The interrupt that ends a loop: send whatever runs to an invalid instruction. */
static void stop(struct trap_frame *frame)
{
	frame->eip = trap_from_user(frame) ? USER_TEST + PAGE_SIZE - 2
					   : (uint32_t)(uintptr_t)stop_code;
}

static uint32_t code_page(void)
{
	uint32_t frame = page_alloc();

	paging_map(paging_kernel_space(), USER_TEST, frame, PTE_USER_DATA);
	paging_flush_user();
	return frame;
}

static void fill_code(uint32_t frame)
{
	uint8_t *bytes = virt_of(frame);

	for (uint32_t i = 0; i < CODE_BYTES; i++)
		bytes[i] = (uint8_t)attack_random();
	bytes[CODE_BYTES] = 0x0F;
	bytes[CODE_BYTES + 1] = 0x0B;
	bytes[PAGE_SIZE - 2] = 0x0F;
	bytes[PAGE_SIZE - 1] = 0x0B;
}

ATTACK(fuzz_user, "fuzz-user", SURVIVES)
{
	uint32_t frame = code_page();

	irq_attach(LGUEST_IRQ_TIMER, stop);
	for (uint32_t i = machine_number("rounds", 5000); i > 0; i--) {
		struct trap_frame registers;

		fill_code(frame);
		user_prepare(&registers, user_nothing);
		registers.eip = USER_TEST;
		registers.eax = argument();
		registers.ebx = argument();
		registers.ecx = argument() & 0xFFFF;
		registers.edx = argument();
		registers.esi = argument();
		registers.edi = argument();
		registers.eflags |= attack_random() & 0x4CD5;
		timer_arm(SLICE_NS);
		(void)user_run(&registers);
	}
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	timer_arm(0);
}

static uint32_t run_code(uint32_t address)
{
	__asm__ volatile("pushal\n\tcall *%0\n\tpopal" : : "r"(address) : "memory", "cc");
	return 0;
}

/* Ring 1 can destroy everything that is its own. */
ATTACK(fuzz_kernel, "fuzz-kernel", EITHER)
{
	uint32_t frame = code_page();

	irq_attach(LGUEST_IRQ_TIMER, stop);
	for (uint32_t i = machine_number("rounds", 5000); i > 0; i--) {
		fill_code(frame);
		timer_arm(SLICE_NS);
		irq_enable();
		(void)fault_in(run_code, USER_TEST, NULL);
		(void)irq_save();
	}
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	timer_arm(0);
}
