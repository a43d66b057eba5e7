// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the stacks that a trap needs: where Umbra, or the CPU itself,
 * pushes a frame on the guest's behalf.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/user.h"

#include <stddef.h>

static void set_stack(uint32_t selector, uint32_t esp, uint32_t pages)
{
	hypercall(LGUEST_SET_STACK, selector, esp, pages, 0);
}

static void enter_ring3(void)
{
	(void)user_call(user_nothing, 0, 0, NULL);
}

static void fault_with_esp(uint32_t esp)
{
	__asm__ volatile("movl %0, %%esp\n\tud2" : : "r"(esp) : "memory");
	__builtin_unreachable();
}

ATTACK(stack_unmapped, "stack-unmapped", "kernel stack")
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 1);
	enter_ring3();
}

ATTACK(stack_read_only, "stack-read-only", "kernel stack")
{
	paging_set(paging_kernel_space(), WINDOW_TEST, page_alloc() | PTE_PRESENT | PTE_ACCESSED);
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 1);
	enter_ring3();
}

ATTACK(stack_second_page, "stack-second-page", "kernel stack")
{
	paging_set(paging_kernel_space(), WINDOW_TEST + PAGE_SIZE, page_alloc() | PTE_KERNEL);
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + 2 * PAGE_SIZE, 2);
	enter_ring3();
}

/* Mapped when it was announced, gone when it is needed. */
ATTACK(stack_vanishes, "stack-vanishes", "kernel stack")
{
	paging_set(paging_kernel_space(), WINDOW_TEST, page_alloc() | PTE_KERNEL);
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 1);
	paging_set(paging_kernel_space(), WINDOW_TEST, 0);
	enter_ring3();
}

ATTACK(stack_vanishes_flush, "stack-vanishes-flush", "kernel stack")
{
	paging_set(paging_kernel_space(), WINDOW_TEST, page_alloc() | PTE_KERNEL);
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 1);
	paging_put(paging_kernel_space(), WINDOW_TEST, PAGING_PTE, 0);
	paging_flush_all();
	enter_ring3();
}

/* In the user part: the next space does not have it. */
ATTACK(stack_other_space, "stack-other-space", "kernel stack")
{
	uint32_t space = paging_create();

	paging_set(paging_kernel_space(), USER_TEST, page_alloc() | PTE_KERNEL);
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, USER_TEST + PAGE_SIZE, 1);
	paging_switch(space);
	enter_ring3();
}

ATTACK(stack_rpl0, "stack-rpl0", "SET_STACK")
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA & ~3u, user_trap_stack(), 1);
}

ATTACK(stack_rpl3, "stack-rpl3", "SET_STACK")
{
	set_stack(LGUEST_SELECTOR_USER_DATA, user_trap_stack(), 1);
}

ATTACK(stack_pages, "stack-pages", "SET_STACK")
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, user_trap_stack(), 3);
}

ATTACK(stack_no_pages, "stack-no-pages", EITHER)
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 0);
	enter_ring3();
}

/* A selector with the right RPL that is no stack: code, nothing, Umbra's. */
ATTACK(stack_selector_code, "stack-selector-code", EITHER)
{
	set_stack(LGUEST_SELECTOR_KERNEL_CODE, user_trap_stack(), 1);
	enter_ring3();
}

ATTACK(stack_selector_null, "stack-selector-null", EITHER)
{
	set_stack(1, user_trap_stack(), 1);
	enter_ring3();
}

ATTACK(stack_selector_tss, "stack-selector-tss", EITHER)
{
	set_stack(LGUEST_GDT_TSS << 3 | 1, user_trap_stack(), 1);
	enter_ring3();
}

ATTACK(stack_wraps, "stack-wraps", "kernel stack")
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, 2, 2);
	enter_ring3();
}

ATTACK(stack_zero, "stack-zero", "kernel stack")
{
	set_stack(LGUEST_SELECTOR_KERNEL_DATA, 0, 1);
	enter_ring3();
}

ATTACK(esp_unmapped, "esp-unmapped", "kernel stack")
{
	fault_with_esp(WINDOW_TEST + PAGE_SIZE);
}

ATTACK(esp_zero, "esp-zero", "kernel stack")
{
	fault_with_esp(0);
}

ATTACK(esp_reserved, "esp-reserved", "kernel stack")
{
	fault_with_esp(0 - lguest_data.common.reserve_mem + 64);
}

ATTACK(esp_misaligned, "esp-misaligned", "kernel stack")
{
	fault_with_esp(WINDOW_TEST + 3);
}

/* The frame starts in a page that is there and ends in one that is not. */
ATTACK(esp_straddles, "esp-straddles", "kernel stack")
{
	paging_set(paging_kernel_space(), WINDOW_TEST + PAGE_SIZE, page_alloc() | PTE_KERNEL);
	fault_with_esp(WINDOW_TEST + PAGE_SIZE + 6);
}
