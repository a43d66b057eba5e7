// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the layout of generation B has: the fields behind the common part.
 * Not part of the variants abi_a and abi_c.
 */
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"

TEST(init, untouched_fields)
{
	CHECK(lguest_data.kernel_address == GUEST_KERNEL_BASE, "kernel_address 0x%x",
	      lguest_data.kernel_address);
	CHECK(lguest_data.syscall_vec == LGUEST_SYSCALL_VECTOR, "syscall_vec 0x%x",
	      lguest_data.syscall_vec);
}
