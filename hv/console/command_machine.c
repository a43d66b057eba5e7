// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands about the machine: its CPUs, memory, PCI functions and disks, the level of its log,
 * and its end by intent.
 */
#include "hv/console/command_machine.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "drivers/block/disk.h"
#include "drivers/block/volume.h"
#include "drivers/pci/pci.h"
#include "hv/console/answer.h"
#include "hv/console/latency.h"
#include "hv/console/list_guests.h"
#include "hv/console/machine_end.h"
#include "hv/guest/guest_list.h"
#include "hv/sched/wake.h"
#include "lib/string.h"
#include "mm/frames.h"

/* What is shared may have become its own since, which shows when it writes there. */
static void print_memory(struct guest *guest, void *context)
{
	uint32_t frames = READ_ONCE(guest->memory.frames);
	uint32_t own = guest->memory.is_shared ? MIN(READ_ONCE(guest->memory.own), frames) : frames;

	(void)context;
	answer_print("%-15s %9u K own %9u K shared\n", guest->name, own << (PAGE_SHIFT - 10),
		    (frames - own) << (PAGE_SHIFT - 10));
}

void command_show_memory(const char *argument)
{
	(void)argument;
	answer_print("%u of %u frames free, %u of them low\n", frames_free(), frames_total(),
		    frames_low_free());
	list_guests(print_memory);
}

/* The name is part of the guest, so it is valid only while the guest is in the list. */
static void print_if_running(struct guest *guest, void *context)
{
	const struct cpu *cpu = context;

	if (READ_ONCE(cpu->running) == guest->name)
		answer_print(" %s", guest->name);
}

void command_list_cpus(const char *argument)
{
	(void)argument;
	answer_print("%-3s %5s %7s %s\n", "no", "apic", "load", "runs");
	for (unsigned id = 0; id < cpu_count(); id++) {
		answer_print("%-3u %5u %7u", id, cpu_by_id(id)->apic_id, sched_load(id));
		guest_list_visit(print_if_running, cpu_by_id(id));
		latency_show_cpu(id);
		answer_print("\n");
	}
}

void command_list_locks(const char *argument)
{
	(void)argument;
	latency_show_locks();
}

void command_list_pci(const char *argument)
{
	const struct pci_device *device;
	char driver[PCI_DRIVER_TEXT];

	(void)argument;
	list_for_each(device, pci_devices(), node) {
		pci_describe_driver(device, driver);
		answer_print(PCI_FORMAT " %04x:%04x class %02x%02x%02x line %3u: %s\n",
			    PCI_ARGUMENTS(device->function), device->vendor, device->id,
			    device->class_code, device->subclass, device->interface, device->line,
			    driver);
	}
}

static const char *disk_state(const struct disk_status *status)
{
	if (status->state == DISK_RUNNING)
		return status->is_polled ? "polled" : "ready";
	return status->state == DISK_LOST ? "lost" : "reset";
}

void command_list_disks(const char *argument)
{
	const struct volume *volume;

	(void)argument;
	answer_print("%-15s %12s %12s %-6s %-15s %9s %8s %7s %6s %6s\n", "name", "first", "sectors",
		    "state", "writer", "commands", "bounced", "irqs", "errors", "resets");
	list_for_each(volume, volume_list(), node) {
		struct disk_status status;
		const struct disk_counters *counters = &status.counters;
		char writer[VOLUME_OWNER_SIZE] = "-";

		disk_status(volume->disk, &status);
		(void)volume_writer(volume, writer);
		answer_print("%-15s %12llu %12llu %-6s %-15s %9u %8u %7u %6u %6u\n", volume->name,
			    volume->first, volume->sectors, disk_state(&status), writer,
			    counters->commands, counters->bounced, counters->interrupts,
			    counters->errors, counters->resets);
	}
}

void command_set_log(const char *argument)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };

	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(argument, levels[i]) == 0) {
			log_set_level((enum log_level)i);
			return;
		}
	}
	answer_print("the levels are error, warn, info and debug\n");
}

void command_power_off(const char *argument)
{
	(void)argument;
	machine_end(IDLE_POWEROFF);
}

void command_reset(const char *argument)
{
	(void)argument;
	machine_end(IDLE_REBOOT);
}
