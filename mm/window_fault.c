// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serves the page faults of Umbra's own writes to shared pages of the guest window.  Where no frame
 * is left, the CPU gets a window that is one page throughout, which belongs to nobody: so code in
 * the middle of something goes on to its end, and the guest has ended.
 */
#include "mm/window_fault.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/host_traps.h"
#include "arch/cpu/x86.h"
#include "mm/guest_share.h"

static void (*page_moved)(struct guest_memory *memory);
static void (*guest_lost)(struct guest_memory *memory);

/* All CPUs have the same one: nothing that is read there is ever a guest's. */
static uint64_t nobodys_directory[512] __aligned(4096);
static uint64_t nobodys_table[512] __aligned(4096);
static uint8_t nobodys_page[PAGE_SIZE] __aligned(4096);

static void load_nobodys_window(void)
{
	struct cpu_pages *pages = this_cpu()->pages;

	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++)
		pages->host_pdpt[i] = direct_physical(nobodys_directory) | PTE_P;
	write_cr3(direct_physical(pages->host_pdpt));
}

static bool serve(uint32_t address)
{
	struct guest_memory *memory = guest_window_memory();

	if (!memory || !memory->is_shared || address >> PAGE_SHIFT >= memory->frames)
		return false;
	if (!guest_memory_own(memory, address >> PAGE_SHIFT)) {
		load_nobodys_window();
		guest_lost(memory);
	} else if (memory->moved_count > 0) {
		page_moved(memory);
	}
	return true;
}

void window_fault_init(void (*moved)(struct guest_memory *memory),
		       void (*lost)(struct guest_memory *memory))
{
	for (unsigned i = 0; i < 512; i++) {
		nobodys_directory[i] = direct_physical(nobodys_table) | PTE_P | PTE_W;
		nobodys_table[i] = direct_physical(nobodys_page) | PTE_P | PTE_W | PTE_A | PTE_D;
	}
	page_moved = moved;
	guest_lost = lost;
	host_traps_set_write_fault(serve);
}
