// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark guest: prints a line `BENCH name value` for each figure, in
 * ticks of the time stamp counter per operation, then `BENCH end 0`, and powers
 * off. Meant for QEMU with -icount shift=0,sleep=off, alone on the machine, with
 * mem=16M. The boot word `pae` measures with PAE tables.
 *
 *   null_hypercall           FLUSH_ASYNC with an empty ring
 *   send_interrupts          SEND_INTERRUPTS with nothing pending
 *   set_pte                  one direct SET_PTE
 *   set_pte_async_64         64 queued SET_PTE and the call that drains them
 *   port_in                  an emulated `in`
 *   syscall_direct           ring 3 int 0x80 and back, through a trap gate
 *   syscall_reflected        the same through an interrupt gate
 *   fault_reflected          a page fault of ring 1 to its handler and back
 *   fault_reflected_user     the same from ring 3
 *   fault_demand             touching a mapped page that Umbra does not know yet
 *   fault_demand_accessed    the same a page, where all are marked accessed
 *   flush_user_N, flush_all_N          FLUSH_TLB with N pages mapped and in use
 *   touch_after_flush_user_N, ..._all_N   reading one of those pages afterwards
 *   switch_N                 NEW_PGTABLE to the next of N spaces, and a touch
 *   switch_first             the same to a space that was never run
 *   timer_set                SET_CLOCKEVENT
 *   timer_tick               what a timer interrupt takes from a computation
 *   console_byte             a buffer of one byte
 *   console_line_64          a buffer of 64 bytes
 *   interrupt_timer          from the interrupt that ends a computation to the guest's
 *                            handler
 *   entropy_64               64 random bytes from the entropy device
 *   block_read_4k            a request for 4 KB, its kick and its interrupt; also
 *                            block_write_4k
 *   block_read_1m            1 MB in two requests and one kick; also block_write_1m
 *
 * The word `forks` measures only
 *   fork_beside_N            an address space copied, run and taken apart, beside N that live;
 *                            with enough memory and shadow= that 1000 have room
 * The word `disk` measures the last group alone; `disk slow` interrupt_disk, of a disk
 * of the machine that takes its time; `keys` interrupt_key, for which somebody presses
 * a key at each line `KEY`; and `exits` lets somebody count exits instead: before each
 * of the group, and in the end, the guest prints `EXITS name rounds` and waits for a key.
 * With the word `output` it prints bytes=N single bytes and lines=N lines of 64
 * instead, and nothing else.
 */
#include "guest/bench/measure.h"
#include "guest/runtime/console.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"

/* For tests/bench/bench.py, which counts the exits. */
static bool only_output(void)
{
	uint32_t bytes = machine_number("bytes", 0);
	uint32_t lines = machine_number("lines", 0);

	if (!machine_has_word("output") || !console_start())
		return false;
	while (bytes-- > 0)
		print_text(".", 1);
	while (lines-- > 0)
		print_text("----------------------------------------------------------------", 64);
	print_flush();
	return true;
}

void guest_main(void)
{
	if (only_output())
		return;
	if (machine_has_word("disk") || machine_has_word("exits")) {
		bench_disk();
		print("BENCH end 0\n");
		return;
	}
	if (machine_has_word("forks")) {
		bench_forks();
		print("BENCH end 0\n");
		return;
	}
	if (machine_has_word("keys")) {
		bench_key_interrupt();
		print("BENCH end 0\n");
		return;
	}
	bench_calls();
	bench_traps();
	bench_memory();
	bench_spaces();
	bench_devices();
	bench_interrupts();
	bench_disk();
	print("BENCH end 0\n");
}
