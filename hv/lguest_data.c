// SPDX-License-Identifier: GPL-2.0-only
/*
 * LGUEST_INIT: the guest says where its shared structure is, and Umbra finds
 * out which generation of the protocol it speaks.  The generations differ only
 * behind the common part, and there the static fields tell them apart.
 */
#include "hv/hypercall.h"

#include "arch/log.h"
#include "arch/time.h"
#include "hv/guest_devices.h"
#include "hv/reflect.h"

struct layout {
	const char *name;
	bool pci;	/* how the kernel finds its devices */
	uint16_t noirq_start, noirq_end;	/* offsets; the same one: a single instruction */
	uint16_t kernel_address, syscall_vec;
};

static const struct layout layouts[] = {
	{ "4.0-4.13", true, offsetof(struct lguest_data_c, noirq_iret),
	  offsetof(struct lguest_data_c, noirq_iret), offsetof(struct lguest_data_c, kernel_address),
	  offsetof(struct lguest_data_c, syscall_vec) },
	{ "3.1-3.19", false, offsetof(struct lguest_data_b, noirq_start),
	  offsetof(struct lguest_data_b, noirq_end), offsetof(struct lguest_data_b, kernel_address),
	  offsetof(struct lguest_data_b, syscall_vec) },
	{ "2.6.30-3.0", false, offsetof(struct lguest_data_a, noirq_start),
	  offsetof(struct lguest_data_a, noirq_end), offsetof(struct lguest_data_a, kernel_address),
	  offsetof(struct lguest_data_a, syscall_vec) },
};

/* No kernel has its shared part lower; tells an address from the small numbers around it. */
#define LOWEST_KERNEL_ADDRESS 0x40000000u

static uint32_t field(const struct guest *guest, uint16_t offset)
{
	const uint8_t *data = (const uint8_t *)guest->data;

	return READ_ONCE(*(const uint32_t *)(const void *)(data + offset));
}

static const struct layout *find_layout(const struct guest *guest)
{
	for (unsigned i = 0; i < ARRAY_SIZE(layouts); i++) {
		uint32_t vector = field(guest, layouts[i].syscall_vec);
		uint32_t address = field(guest, layouts[i].kernel_address);

		if ((vector == LGUEST_SYSCALL_VECTOR || vector == LGUEST_SYSCALL_VECTOR_PLAN9) &&
		    address >= LOWEST_KERNEL_ADDRESS && IS_ALIGNED(address, PAGE_SIZE))
			return &layouts[i];
	}
	return NULL;
}

static void read_layout(struct guest *guest, const struct layout *layout)
{
	struct guest_protocol *protocol = &guest->protocol;

	protocol->noirq_start = field(guest, layout->noirq_start);
	protocol->noirq_end = field(guest, layout->noirq_end);
	/* The window of one instruction, which is the iret at that address. */
	if (layout->noirq_start == layout->noirq_end)
		protocol->noirq_end = protocol->noirq_start + 1;
	protocol->syscall_vector = field(guest, layout->syscall_vec);
}

void guest_init_protocol(struct guest *guest, gpa_t address)
{
	/* The largest of the generations: what follows the smaller ones is the guest's memory too. */
	const uint32_t size = sizeof(struct lguest_data_a);
	uint64_t end = (uint64_t)gpa_value(address) + size;
	const struct layout *layout;
	uint32_t kernel_address;

	if (guest->data) {
		guest_kill(guest, "INIT twice");
		return;
	}
	/* Nor at 0, where the boot parameters are, and which stands for "no INIT yet". */
	if (gpa_value(address) == 0 || end > (uint64_t)guest->memory.ram_pages << PAGE_SHIFT) {
		guest_kill(guest, "INIT with a structure at %08x, outside memory", gpa_value(address));
		return;
	}
	guest->data = (void *)(guest->memory.base + gpa_value(address));
	layout = find_layout(guest);
	if (!layout) {
		guest_kill(guest, "INIT with a structure of no known version at %08x",
			   gpa_value(address));
		return;
	}
	kernel_address = field(guest, layout->kernel_address);
	if (kernel_address >= 0u - RESERVED_TOP) {
		guest_kill(guest, "INIT with the kernel at %08x, in the range that is not the guest's",
			   kernel_address);
		return;
	}
	read_layout(guest, layout);
	guest->data->reserve_mem = RESERVED_TOP;
	guest->data->tsc_khz = time_tsc_khz();
	guest_update_time(guest);
	shadow_set_layout(&guest->shadow, kernel_address, RESERVED_TOP);
	guest_devices_choose(guest, layout->pci);
	log_event("guest-ready", "guest=%s protocol=%s kernel=%08x", guest->name, layout->name,
		  kernel_address);
}
