// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles exits that a correct CPU and guest never cause.  A code segment may end where an
 * instruction ends, so that the CPU cannot return to the place where it interrupted the guest; and
 * an emulator may let rings 1 and 3 into virtual-8086 mode (QEMU's TCG does at every `iret`), which
 * hides their ring and address.
 */
#include "hv/run/bad_exit.h"

#include "arch/cpu/descriptor.h"
#include "arch/cpu/x86.h"
#include "hv/guest/reflect.h"

/* The flags that a program computes with, SDM vol. 1, 3.4.3: CF, PF, AF, ZF, SF, OF. */
#define EFLAGS_ARITHMETIC 0x8D5u

void guest_bad_return(struct guest *guest, unsigned vector)
{
	const struct trap_frame *frame = guest_frame_of(guest);

	/* The guest's handler would run in that same segment. */
	if ((frame->cs & 0xFFFF) == LGUEST_SELECTOR_KERNEL_CODE)
		guest_kill(guest, "cannot return to cs %04x, ss %04x (error %x)",
			   frame->cs & 0xFFFF, frame->ss & 0xFFFF, frame->error);
	else
		guest_reflect_trap(guest, vector, frame->error);
}

/* The linear address of segment:offset in that mode, SDM vol. 3, 20.1.1. */
static uint32_t vm86_address(uint32_t segment, uint32_t offset)
{
	return ((segment & 0xFFFF) << 4) + (offset & 0xFFFF);
}

/*
 * Neither the guest's address nor its ring before is known.  If the kernel caused this, it has a
 * bug; but a program may cause it under a correct kernel.  So Umbra treats it as a program's fault,
 * and enters the kernel on its stack for traps from programs.
 */
void guest_bad_state(struct guest *guest)
{
	struct trap_frame *frame = guest_frame_of(guest);

	if (frame->eflags & EFLAGS_VM) {
		frame->eip = vm86_address(frame->cs, frame->eip);
		frame->esp = vm86_address(frame->ss, frame->esp);
	}
	frame->cs = LGUEST_SELECTOR_USER_CODE;
	frame->ss = frame->ds = frame->es = LGUEST_SELECTOR_USER_DATA;
	frame->fs = frame->gs = 0;
	frame->eflags = (frame->eflags & EFLAGS_ARITHMETIC) | EFLAGS_FIXED | EFLAGS_IF;
	guest_reflect_trap(guest, VECTOR_GP, 0);
}
