// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on everybody's time: each goes on for seconds=N, and other guests
 * must run on as if nothing were.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/console.h"
#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Virtual interrupts off, and not one exit of its own will. */
ATTACK(spin, "spin", SURVIVES)
{
	(void)irq_save();
	while (!attack_over())
		;
}

/* The same in ring 3, and with the flag on but every line masked. */
ATTACK(spin_user, "spin-user", SURVIVES)
{
	WRITE_ONCE(lguest_data.common.blocked_interrupts, 0xFFFFFFFF);
	while (!attack_over())
		(void)user_call(user_spin, 0, 100000000, NULL);
}

/* A pending interrupt for which Umbra looks again and again, never deliverable. */
ATTACK(spin_pending, "spin-pending", SURVIVES)
{
	(void)irq_save();
	timer_arm(100);
	while (!attack_over())
		;
}

/* Inside the window in which nothing may be delivered. */
void noirq_spin(uint32_t rounds);

ATTACK(spin_window, "spin-window", SURVIVES)
{
	timer_arm(100);
	irq_enable();
	while (!attack_over())
		noirq_spin(1u << 20);
}

ATTACK(hypercall_storm, "hypercall-storm", SURVIVES)
{
	while (!attack_over())
		for (uint32_t i = 0; i < 1000; i++)
			hypercall_flush_async();
}

ATTACK(ring_storm, "ring-storm", SURVIVES)
{
	while (!attack_over())
		ring_call(LGUEST_FLUSH_TLB, LGUEST_FLUSH_ALL, 0, 0, 0);
}

ATTACK(switch_storm, "switch-storm", SURVIVES)
{
	uint32_t space = paging_create();

	while (!attack_over()) {
		paging_switch(space);
		paging_switch(paging_kernel_space());
	}
}

ATTACK(fault_storm, "fault-storm", SURVIVES)
{
	while (!attack_over())
		(void)fault_of("movl %%eax, (%0)", : "r"(WINDOW_TEST) : "memory");
}

ATTACK(fill_storm, "fill-storm", SURVIVES)
{
	uint32_t frame = page_alloc();

	for (uint32_t i = 0; i < 512; i++)
		paging_map(paging_kernel_space(), USER_TEST + i * PAGE_SIZE, frame, PTE_USER_DATA);
	while (!attack_over()) {
		paging_flush_all();
		for (uint32_t i = 0; i < 512; i += 8)
			*(volatile uint32_t *)(USER_TEST + i * PAGE_SIZE) = i;
	}
}

ATTACK(port_storm, "port-storm", SURVIVES)
{
	while (!attack_over())
		__asm__ volatile("outb %%al, $0x80\n\tinb $0x70, %%al" : : : "eax");
}

static void rearm(struct trap_frame *frame)
{
	(void)frame;
	timer_arm(1);
}

ATTACK(timer_storm, "timer-storm", SURVIVES)
{
	irq_attach(LGUEST_IRQ_TIMER, rearm);
	irq_enable();
	timer_arm(1);
	while (!attack_over())
		;
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	timer_arm(0);
}

ATTACK(halt_storm, "halt-storm", SURVIVES)
{
	while (!attack_over()) {
		timer_arm(1);
		irq_wait();
		(void)irq_save();
	}
}

/* A line that waits for ever, because it has no gate: HALT must go by the timer all the same. */
ATTACK(halt_without_gate, "halt-without-gate", SURVIVES)
{
	struct device device;

	if (!device_find(LGUEST_DEVICE_CONSOLE, &device) || !console_start()) {
		attack_fail("no console");
		return;
	}
	trap_load_gate_raw(LGUEST_IRQ_BASE + device_queue(&device, 1).irq, 0, 0);
	print("the line of this text has no gate\n");
	while (!attack_over()) {
		timer_arm(NS_PER_MS);
		irq_wait();
		(void)irq_save();
	}
	timer_arm(0);
}

ATTACK(text_storm, "text-storm", SURVIVES)
{
	for (uint32_t i = 0; !attack_over(); i++)
		print("text-storm %u ----------------------------------------\n", i);
}

/* Early text without line ends. */
ATTACK(text_no_lines, "text-no-lines", SURVIVES)
{
	while (!attack_over())
		print("no line ever ends ");
}

ATTACK(console_storm, "console-storm", SURVIVES)
{
	if (!console_start())
		attack_fail("no console");
	irq_enable();
	for (uint32_t i = 0; !attack_over(); i++)
		print("console-storm %u --------------------------------------\n", i);
	print_flush();
	(void)irq_save();
}

/* Kicks of queues in which there is nothing, and resets in between. */
ATTACK(notify_storm, "notify-storm", SURVIVES)
{
	struct device device;

	if (!device_find(LGUEST_DEVICE_CONSOLE, &device)) {
		attack_fail("no console");
		return;
	}
	for (uint32_t i = 0; !attack_over(); i++) {
		if (i % 16 == 0)
			device_start(&device, 0);
		hypercall_notify(device_queue(&device, i % device.head.num_vq).pfn * PAGE_SIZE);
	}
}
