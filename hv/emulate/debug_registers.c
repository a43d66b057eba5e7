// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug registers of guests. Kernels read DR6 to tell a single step from other debug exceptions
 * (icebp), and clear it afterwards, since the processor never does. All else reads as it does after
 * a reset (Intel SDM vol. 3, 17.2 and table 9-1).
 */
#include "hv/emulate/debug_registers.h"

#include "hv/guest/reflect.h"

/* As CR4.DE is off, 4 and 5 are other names of these two. */
#define DR_STATUS 6
#define DR_CONTROL 7
#define DR_ALIASES 2

static unsigned real_number(unsigned number)
{
	unsigned alias_of = number + DR_ALIASES;

	return alias_of == DR_STATUS || alias_of == DR_CONTROL ? alias_of : number;
}

/* The processor's register is cleared each time, or the next trap would show this one's cause. */
void guest_debug_trap(struct guest *guest)
{
	uint32_t causes = read_dr6() & DR6_BS;

	write_dr6(DR6_RESET);
	guest->debug_status |= causes;
	guest_reflect_trap(guest, VECTOR_DB, 0);
}

void guest_debug_step(struct guest *guest)
{
	guest->debug_status |= DR6_BS;
	guest_reflect_trap(guest, VECTOR_DB, 0);
}

uint32_t guest_read_debug(const struct guest *guest, unsigned number)
{
	switch (real_number(number)) {
	case DR_STATUS:
		return guest->debug_status;
	case DR_CONTROL:
		return DR7_RESET;
	default:
		return 0;
	}
}

void guest_write_debug(struct guest *guest, unsigned number, uint32_t value)
{
	if (real_number(number) == DR_STATUS)
		guest->debug_status = DR6_RESET | (value & DR6_CAUSES);
}
