// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stack that traps of ring 3 come to: wherever SET_STACK and the page tables say it is at the
 * moment of the trap, for faults that Umbra reflects, the first as the hundredth.
 */
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/report.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Of a page fault from ring 3: error code, eip, cs, eflags, esp, ss. */
#define FRAME_WORDS 6u
#define FRAME_CS 2u

static void set_stack(uint32_t top, uint32_t pages)
{
	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, top, pages, 0);
}

static void fault_in_ring_3(void)
{
	struct fault fault = user_call(user_read, GUEST_KERNEL_BASE, 0, NULL);

	CHECK(fault.vector == TRAP_PAGE, "vector %u", fault.vector);
}

static void map_stack(uint32_t address, uint32_t frame)
{
	paging_set(paging_kernel_space(), address, frame | PTE_KERNEL);
}

/* Is there a frame of ring 3 whose last word is the one below end, in the page at frame? */
static bool is_frame_in(uint32_t frame, uint32_t end)
{
	const uint32_t *words = virt_of(frame + end);

	return words[-1] == LGUEST_SELECTOR_USER_DATA &&
	       words[FRAME_CS - FRAME_WORDS] == LGUEST_SELECTOR_USER_CODE;
}

static void wipe(uint32_t frame)
{
	uint32_t *words = virt_of(frame);

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = 0;
}

TEST(stack, follows_its_page)
{
	uint32_t old = page_alloc(), new = page_alloc();

	map_stack(WINDOW_TEST, old);
	set_stack(WINDOW_TEST + PAGE_SIZE, 1);
	fault_in_ring_3();
	wipe(old);
	fault_in_ring_3();
	CHECK(is_frame_in(old, PAGE_SIZE), "the second frame is not where the first was");
	map_stack(WINDOW_TEST, new);
	wipe(old);
	wipe(new);
	fault_in_ring_3();
	CHECK(is_frame_in(new, PAGE_SIZE), "no frame where the stack is now");
	CHECK(!is_frame_in(old, PAGE_SIZE), "a frame where the stack was");
	user_init();
	page_free(old);
	page_free(new);
}

TEST(stack, follows_set_stack)
{
	uint32_t one = page_alloc(), two = page_alloc();

	map_stack(WINDOW_TEST, one);
	map_stack(WINDOW_TEST + PAGE_SIZE, two);
	set_stack(WINDOW_TEST + PAGE_SIZE, 1);
	fault_in_ring_3();
	set_stack(WINDOW_TEST + 2 * PAGE_SIZE, 1);
	wipe(one);
	fault_in_ring_3();
	CHECK(is_frame_in(two, PAGE_SIZE), "no frame on the new stack");
	CHECK(!is_frame_in(one, PAGE_SIZE), "a frame on the old stack");
	user_init();
	page_free(one);
	page_free(two);
}

/* The frame lies in two pages, whose memory is not side by side. */
TEST(stack, frame_in_two_pages)
{
	uint32_t upper = page_alloc(), between = page_alloc(), lower = page_alloc();
	const uint32_t *head = virt_of(lower + PAGE_SIZE), *tail = virt_of(upper);

	map_stack(WINDOW_TEST, lower);
	map_stack(WINDOW_TEST + PAGE_SIZE, upper);
	wipe(between);
	set_stack(WINDOW_TEST + PAGE_SIZE + 12, 2);
	for (unsigned int round = 0; round < 2; round++) {
		wipe(upper);
		wipe(lower);
		fault_in_ring_3();
		CHECK(head[-1] == LGUEST_SELECTOR_USER_CODE, "round %u: cs 0x%x", round, head[-1]);
		CHECK(tail[2] == LGUEST_SELECTOR_USER_DATA, "round %u: ss 0x%x", round, tail[2]);
	}
	user_init();
	page_free(upper);
	page_free(between);
	page_free(lower);
}
