// SPDX-License-Identifier: GPL-2.0-only
/*
 * LGUEST_INIT: the guest gives the address of its shared structure, and Umbra finds out its
 * generation of the protocol.  The generations differ only behind the common part, and there the
 * static fields tell them apart.
 */
#include "hv/hypercall/lguest_data.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_irq.h"

struct layout {
	const char *name;
	bool pci;	/* how the kernel finds its devices */
	bool initial_tables;	/* the kernel expects to find its initial page tables in pgdir */
	uint16_t noirq_start, noirq_end;	/* offsets; the same one: a single instruction */
	uint16_t kernel_address, syscall_vec;
};

#define FIELD(generation, member) offsetof(struct lguest_data_##generation, member)

static const struct layout layouts[] = {
	{ "4.0-4.13", true, false, FIELD(c, noirq_iret), FIELD(c, noirq_iret),
	  FIELD(c, kernel_address), FIELD(c, syscall_vec) },
	{ "3.1-3.19", false, false, FIELD(b, noirq_start), FIELD(b, noirq_end),
	  FIELD(b, kernel_address), FIELD(b, syscall_vec) },
	{ "2.6.30-3.0", false, true, FIELD(a, noirq_start), FIELD(a, noirq_end),
	  FIELD(a, kernel_address), FIELD(a, syscall_vec) },
};

/* No kernel has its shared part lower; tells an address from the small numbers in other fields. */
#define LOWEST_KERNEL_ADDRESS 0x40000000u

static uint32_t field(const struct guest *guest, gpa_t data, uint16_t offset)
{
	const uint8_t *at = guest->memory.base + gpa_value(data) + offset;

	return READ_ONCE(*(const uint32_t *)(const void *)at);
}

static const struct layout *find_layout(const struct guest *guest, gpa_t data)
{
	for (unsigned i = 0; i < ARRAY_SIZE(layouts); i++) {
		uint32_t vector = field(guest, data, layouts[i].syscall_vec);
		uint32_t address = field(guest, data, layouts[i].kernel_address);

		if ((vector == LGUEST_SYSCALL_VECTOR || vector == LGUEST_SYSCALL_VECTOR_PLAN9) &&
		    address >= LOWEST_KERNEL_ADDRESS && IS_ALIGNED(address, PAGE_SIZE))
			return &layouts[i];
	}
	return NULL;
}

static void read_layout(struct guest *guest, gpa_t data, const struct layout *layout)
{
	struct guest_protocol *protocol = &guest->protocol;

	protocol->noirq_start = field(guest, data, layout->noirq_start);
	protocol->noirq_end = field(guest, data, layout->noirq_end);
	/* The window of one instruction, which is the iret at that address. */
	if (layout->noirq_start == layout->noirq_end)
		protocol->noirq_end = protocol->noirq_start + 1;
	protocol->syscall_vector = field(guest, data, layout->syscall_vec);
}

/*
 * Tables that one call writes, at some 23,000 instructions each; then the guest is interruptible,
 * and makes the call again.
 */
#define INITIAL_TABLES_AT_ONCE 4u

/*
 * Places the initial page tables: directly below the initrd, but neither over the kernel nor over
 * the structure.  False when the guest has been ended.
 */
static bool place_initial_tables(struct guest *guest, gpa_t data, uint32_t kernel_address)
{
	uint32_t ram_pages = guest->memory.ram_pages;
	uint32_t top = guest->config->initrd ? gpa_value(guest->initrd) : ram_pages << PAGE_SHIFT;
	uint32_t floor = guest->image.memory_end;

	if (gpa_value(data) < top)
		floor = MAX(floor, gpa_value(data) + (uint32_t)sizeof(struct lguest_data_a));
	if (!IS_ALIGNED(kernel_address, INITIAL_TABLES_ALIGNMENT))
		guest_kill(guest, "INIT with the kernel at %08x, which is not aligned to 4 MB",
			   kernel_address);
	else if (!initial_tables_place(&guest->shadow.initial, kernel_address, ram_pages, floor,
				       top))
		guest_kill(guest, "no room for the first page tables between %08x and %08x", floor,
			   top);
	return guest->state != GUEST_ENDED;
}

/*
 * Makes the initial page tables of generation A in the guest's memory.  False when they are not
 * complete: the guest makes its call again, or has been ended.
 */
static bool make_initial_tables(struct guest *guest, gpa_t data, uint32_t kernel_address)
{
	struct initial_tables *initial = &guest->shadow.initial;

	if (initial->filled == 0 && !place_initial_tables(guest, data, kernel_address))
		return false;
	guest->repeat_call = !initial_tables_fill(initial, &guest->memory, INITIAL_TABLES_AT_ONCE);
	return !guest->repeat_call;
}

static void start_on_initial_tables(struct guest *guest)
{
	struct lguest_data_a *data = (struct lguest_data_a *)(void *)guest->data;

	data->pgdir = guest->shadow.initial.root;
	shadow_start_initial(&guest->shadow);
}

void guest_init_protocol(struct guest *guest, gpa_t address)
{
	/* The largest generation's: behind a smaller one lies more of the guest's memory. */
	const uint32_t size = sizeof(struct lguest_data_a);
	uint64_t end = (uint64_t)gpa_value(address) + size;
	const struct layout *layout;
	uint32_t kernel_address;

	if (guest->data) {
		guest_kill(guest, "INIT twice");
		return;
	}
	/* Address 0 is refused, too: the boot parameters are there, and 0 means "no INIT yet". */
	if (gpa_value(address) == 0 || end > (uint64_t)guest->memory.ram_pages << PAGE_SHIFT) {
		guest_kill(guest, "INIT with a structure at %08x, outside memory",
			   gpa_value(address));
		return;
	}
	layout = find_layout(guest, address);
	if (!layout) {
		guest_kill(guest, "INIT with a structure of no known version at %08x",
			   gpa_value(address));
		return;
	}
	kernel_address = field(guest, address, layout->kernel_address);
	if (kernel_address >= 0u - RESERVED_TOP) {
		guest_kill(guest, "INIT with the kernel at %08x, in the range that is not the "
			   "guest's", kernel_address);
		return;
	}
	if (layout->initial_tables && !make_initial_tables(guest, address, kernel_address))
		return;
	guest->data = (void *)(guest->memory.base + gpa_value(address));
	read_layout(guest, address, layout);
	guest->data->reserve_mem = RESERVED_TOP;
	/* 0 tells the guest to use `time` instead of the TSC. */
	guest->data->tsc_khz = time_is_tsc() ? time_tsc_khz() : 0;
	guest_update_time(guest);
	shadow_set_layout(&guest->shadow, kernel_address, RESERVED_TOP);
	if (layout->initial_tables)
		start_on_initial_tables(guest);
	guest_devices_choose(guest, layout->pci);
	log_event("guest-ready", "guest=%s protocol=%s kernel=%08x", guest->name, layout->name,
		  kernel_address);
}
