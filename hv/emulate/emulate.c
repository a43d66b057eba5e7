// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulation of privileged instructions.  The guest's kernel has replaced those that it knows; the
 * rest is early code, drivers that probe for hardware, and attacks.  Only the ports of the PCI bus,
 * the MSR with additions to the protocol and the debug registers exist: other ports read as ones,
 * other MSRs as zeroes, and writes are ignored.
 */
#include "hv/emulate/emulate.h"

#include "hv/devices/guest_devices.h"
#include "hv/emulate/debug_registers.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/reflect.h"
#include "hv/hypercall/hypercall.h"
#include "lib/bytes.h"

void guest_step_over(struct guest *guest, uint32_t length)
{
	struct trap_frame *frame = guest_frame_of(guest);

	frame->eip += length;
	if (unlikely(frame->eflags & EFLAGS_TF) && guest->state == GUEST_RUNNING)
		guest_debug_step(guest);
}

uint32_t guest_fetch(struct guest *guest, uint8_t bytes[DECODE_MAX_LENGTH])
{
	uint32_t eip = guest_frame_of(guest)->eip;
	uint32_t length = 0;

	while (length < DECODE_MAX_LENGTH) {
		gva_t address = gva_make(eip + length);
		uint32_t here = MIN(DECODE_MAX_LENGTH - length,
				    PAGE_SIZE - (gva_value(address) & ~PAGE_MASK));
		gpa_t gpa;

		if (shadow_translate(&guest->shadow, address, false, &gpa) != SHADOW_DONE ||
		    !guest_read(&guest->memory, gpa, bytes + length, here))
			break;
		length += here;
	}
	return length;
}

static unsigned port_of(const struct trap_frame *frame, const struct decoded *decoded)
{
	return decoded->port_is_dx ? frame->edx & 0xFFFF : decoded->port;
}

/* A narrow IN leaves the rest of eax alone (SDM vol. 2, IN). */
static void read_port(struct guest *guest, const struct decoded *decoded)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t mask = low_bytes(decoded->width);

	frame->eax &= ~mask;
	frame->eax |= guest_devices_read_port(guest, port_of(frame, decoded), decoded->width) &
		      mask;
}

/* False when the device behind the port is not ready: the instruction is to run again. */
static bool write_port(struct guest *guest, const struct decoded *decoded)
{
	const struct trap_frame *frame = guest_frame_of(guest);

	return guest_devices_write_port(guest, port_of(frame, decoded), decoded->width,
					frame->eax & low_bytes(decoded->width));
}

uint32_t *guest_gpr(struct trap_frame *frame, uint8_t number)
{
	uint32_t *const registers[8] = {
		&frame->eax, &frame->ecx, &frame->edx, &frame->ebx,
		&frame->esp, &frame->ebp, &frame->esi, &frame->edi,
	};

	return registers[number & 7];
}

/* Halts until an interrupt, which never comes if the guest has disabled interrupts. */
static void halt(struct guest *guest)
{
	if (!guest->data || !(READ_ONCE(guest->data->irq_enabled) & LGUEST_EFLAGS_IF))
		guest->state = GUEST_PARKED;
	else if (!guest_has_interrupt(guest))
		guest->state = GUEST_HALTED;
}

/* False: the instruction is to run again. */
static bool carry_out(struct guest *guest, const struct decoded *decoded)
{
	struct trap_frame *frame = guest_frame_of(guest);

	switch (decoded->op) {
	case OP_IN:
		read_port(guest, decoded);
		return true;
	case OP_OUT:
		return write_port(guest, decoded);
	case OP_READ_DR:
		*guest_gpr(frame, decoded->gpr) = guest_read_debug(guest, decoded->special);
		return true;
	case OP_WRITE_DR:
		guest_write_debug(guest, decoded->special, *guest_gpr(frame, decoded->gpr));
		return true;
	case OP_RDMSR:
		frame->eax = frame->ecx == UMBRA_MSR_ADDITIONS ? UMBRA_ADDITIONS : 0;
		frame->edx = 0;
		return true;
	case OP_HLT:
		halt(guest);
		return true;
	default:
		/* The other instructions have no effect. */
		return true;
	}
}

/* Kernels before about 2.6.34 make their hypercalls so; to all others these are undefined. */
static bool is_hypercall(const struct decoded *decoded)
{
	return decoded->op == OP_VMCALL || decoded->op == OP_VMMCALL;
}

#define VMCALL_LENGTH 3u	/* without prefixes, which would be left over */

/*
 * Makes that instruction an `int 0x1f` and a `nop`, as the first host of such kernels did: this way
 * here takes twice as long.  One that lies in two pages stays as it is, and so does one in a page
 * of which there is no memory for a copy.
 */
static void replace_hypercall(struct guest *guest, uint32_t address)
{
	static const uint8_t call[VMCALL_LENGTH] = { 0xCD, LGUEST_HYPERCALL_VECTOR, 0x90 };
	gpa_t gpa;

	bool done;

	if ((address & ~PAGE_MASK) + sizeof(call) > PAGE_SIZE ||
	    shadow_translate(&guest->shadow, gva_make(address), false, &gpa) != SHADOW_DONE)
		return;
	done = guest_write(&guest->memory, gpa, call, sizeof(call));
	(void)done;
}

void guest_emulate(struct guest *guest)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t vector = frame->vector, error = frame->error;
	uint8_t bytes[DECODE_MAX_LENGTH];
	struct decoded decoded;

	if (error == 0 && guest_in_kernel(guest) &&
	    decode_privileged(bytes, guest_fetch(guest, bytes), &decoded) == DECODE_DONE) {
		if (is_hypercall(&decoded)) {
			if (decoded.length == VMCALL_LENGTH)
				replace_hypercall(guest, frame->eip);
			frame->eip += decoded.length;
			guest_hypercall(guest, decoded.length);
			return;
		}
		if (vector == VECTOR_GP) {
			if (carry_out(guest, &decoded))
				guest_step_over(guest, decoded.length);
			return;
		}
	}
	guest_reflect_trap(guest, vector, error);
}
