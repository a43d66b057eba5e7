// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulates accesses to device registers.  The fault gives the address and the direction; the
 * instruction, which the guest may have changed since, gives the width and the CPU register.  So at
 * worst the guest accesses another register than it meant.
 */
#include "hv/emulate/mmio.h"

#include "hv/devices/guest_devices.h"
#include "hv/emulate/emulate.h"
#include "hv/guest/reflect.h"
#include "lib/bytes.h"

/* Numbers 4 to 7 of byte registers are the second bytes of the first four (SDM vol. 2, 3.1.1.1). */
static uint32_t read_register(struct trap_frame *frame, const struct decoded_move *move)
{
	if (move->width == 1 && move->reg >= 4)
		return *guest_gpr(frame, move->reg - 4) >> 8;
	return *guest_gpr(frame, move->reg);
}

static void write_register(struct trap_frame *frame, const struct decoded_move *move,
			   uint32_t value)
{
	uint32_t mask = low_bytes(move->reg_width), shift = 0, sign = BIT(8 * move->width - 1);
	uint8_t number = move->reg;

	value &= low_bytes(move->width);
	if (move->sign_extend)
		value = (value ^ sign) - sign;
	if (move->reg_width == 1 && number >= 4) {
		number -= 4;
		shift = 8;
	}
	*guest_gpr(frame, number) &= ~(mask << shift);
	*guest_gpr(frame, number) |= (value & mask) << shift;
}

/* False: the device cannot take the access now. */
static bool carry_out(struct guest *guest, gpa_t gpa, const struct decoded_move *move)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t value;

	if (!move->write) {
		write_register(frame, move, guest_devices_read_memory(guest, gpa, move->width));
		return true;
	}
	value = move->immediate ? move->value : read_register(frame, move);
	return guest_devices_write_memory(guest, gpa, move->width, value & low_bytes(move->width));
}

void guest_mmio(struct guest *guest, uint32_t address, uint32_t error)
{
	gpa_t gpa = guest->shadow.outside;
	uint8_t bytes[DECODE_MAX_LENGTH];
	struct decoded_move move;

	if (!guest_devices_has_memory(guest, gpa)) {
		guest_kill_bad_tables_at(guest, address);
		return;
	}
	/*
	 * Only the kernel may access devices, and only by a move: not by an instruction fetch or a
	 * push.
	 */
	if (!guest_in_kernel(guest) ||
	    decode_move(bytes, guest_fetch(guest, bytes), &move) != DECODE_DONE ||
	    move.write != ((error & FAULT_WRITE) != 0)) {
		guest_reflect_page_fault(guest, address, error);
		return;
	}
	if (carry_out(guest, gpa, &move))
		guest_step_over(guest, move.length);
}
