// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entering ring 3 and coming back with a result. Owns the stack on which traps
 * from ring 3 arrive; it is empty whenever ring 3 runs.
 */
#include "guest/runtime/user.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/string.h"

#include <stddef.h>

#define USER_EFLAGS (EFLAGS_FIXED | EFLAGS_IF)

/* Of trap.asm. */
void user_enter(struct trap_frame *frame);
void __attribute__((noreturn)) user_leave(void);
extern const char noirq_iret[];

static uint8_t trap_stack[2 * PAGE_SIZE] __attribute__((aligned(4096)));
static struct trap_frame *running;
static struct fault ending;

void user_init(void)
{
	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, user_trap_stack(), 2, 0);
}

uint32_t user_trap_stack(void)
{
	return (uint32_t)(uintptr_t)(trap_stack + sizeof(trap_stack));
}

void user_prepare(struct trap_frame *frame, const char *label)
{
	memset(frame, 0, sizeof(*frame));
	frame->ds = LGUEST_SELECTOR_USER_DATA;
	frame->es = LGUEST_SELECTOR_USER_DATA;
	frame->eip = user_address(label);
	frame->cs = LGUEST_SELECTOR_USER_CODE;
	frame->eflags = USER_EFLAGS;
	frame->esp = USER_STACK_TOP;
	frame->ss = LGUEST_SELECTOR_USER_DATA;
}

struct fault user_run(struct trap_frame *frame)
{
	struct trap_frame *start = (struct trap_frame *)(trap_stack + sizeof(trap_stack)) - 1;
	uint32_t word = irq_save();

	*start = *frame;
	running = frame;
	user_enter(start);
	irq_restore(word);
	return ending;
}

struct fault user_call(const char *label, uint32_t ebx, uint32_t ecx, uint32_t *result)
{
	struct trap_frame frame;
	struct fault fault;

	user_prepare(&frame, label);
	frame.ebx = ebx;
	frame.ecx = ecx;
	fault = user_run(&frame);
	if (result != NULL)
		*result = frame.ecx;
	return fault;
}

/* The fault of the iret that enters ring 3 comes from ring 1, and has no esp and ss. */
static bool is_user_iret(const struct trap_frame *frame)
{
	return !trap_from_user(frame) && frame->eip == (uint32_t)(uintptr_t)noirq_iret;
}

bool user_catch(struct trap_frame *frame)
{
	if (running == NULL || !(trap_from_user(frame) || is_user_iret(frame)))
		return false;
	ending.vector = frame->vector;
	ending.error = frame->error;
	ending.cr2 = lguest_data.common.cr2;
	ending.eip = frame->eip;
	if (frame->vector == TRAP_SYSTEM_CALL && frame->eax == USER_CALL_EXIT)
		ending.vector = FAULT_NONE;
	if (trap_from_user(frame))
		*running = *frame;
	running = NULL;
	user_leave();
}
