// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which Umbra comes up: boot_main at the end, one step a line with what it is needed
 * for.  boot/start.asm calls it on the boot CPU, with interrupts off.
 */
#include "arch/board/acpi.h"
#include "arch/board/clock.h"
#include "arch/board/clock_event.h"
#include "arch/board/irq.h"
#include "arch/board/timer.h"
#include "arch/board/watchdog.h"
#include "arch/cpu/barrier.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/cpu_init.h"
#include "arch/cpu/log.h"
#include "arch/cpu/machine_check.h"
#include "arch/cpu/panic.h"
#include "boot/boot_info.h"
#include "boot/cpus.h"
#include "boot/host_devices.h"
#include "boot/main.h"
#include "boot/report.h"
#include "boot/report_speculation.h"
#include "boot/screen.h"
#include "drivers/pci/pci.h"
#include "hv/config/config.h"
#include "hv/config/guest_config.h"
#include "hv/console/command_trace.h"
#include "hv/console/consoles.h"
#include "hv/console/housekeeping_work.h"
#include "hv/console/machine_end.h"
#include "hv/console/outputs.h"
#include "hv/console/power_button.h"
#include "hv/devices/entropy.h"
#include "hv/gdb/gdb.h"
#include "hv/guest/guest_list.h"
#include "hv/guest/guest_sharing.h"
#include "hv/life/configured_guests.h"
#include "hv/run/housekeeping.h"
#include "hv/run/run.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/frames.h"
#include "mm/host_map.h"
#include "version.h"

/* The firmware's data and whatever it left below 1 MB stay untouched. */
#define LOW_MEMORY_END 0x100000u

/* The boot CPU's; found by boot/start.asm for its stack. */
struct cpu_pages boot_cpu_pages;
static struct cpu boot_cpu;

static struct boot_info info;
static struct umbra_options options;
static struct config_problems option_problems;
static struct guest_configs configs;
static struct guest_module modules[BOOT_MODULES_MAX];

extern const char image_end_physical[];

/* The TSC at the first instructions (boot/start.asm). */
extern const uint64_t boot_tsc;

/* For parsers that run on the boot tables, which reach low memory only. */
static const void *map_low(paddr_t address, size_t size)
{
	return address + size <= DIRECT_MAP_SIZE ? direct_map(address) : NULL;
}

/* For the ACPI tables, which can lie anywhere. */
static const void *map_any(uint64_t address, size_t size)
{
	(void)size;	/* it crosses no page */
	/* A table entry with a bit beyond the CPU's would fault. */
	if (address >> cpu_features()->physical_bits != 0)
		return NULL;
	return temporary_map(address);
}

static void read_boot_info(uint32_t magic, uint32_t address)
{
	int error;

	if (magic == BOOT_MULTIBOOT2_MAGIC)
		error = boot_info_parse_multiboot2(&info, address, map_low);
	else if (magic == BOOT_MULTIBOOT1_MAGIC)
		error = boot_info_parse_multiboot1(&info, address, map_low);
	else
		panic("started by a boot loader that does not speak multiboot (%08x)", magic);
	if (error)
		panic("boot information: %s", info.problem);
}

/* Bookkeeping for every frame up to 64 GB, the most that Umbra uses, is 2 MB. */
#define MEMORY_BITS 36

static paddr_t memory_limit(void)
{
	return (paddr_t)1 << MIN(cpu_features()->physical_bits, (unsigned)MEMORY_BITS);
}

static void take_memory(void)
{
	static struct memory_range usable[BOOT_MAX_RANGES];
	static struct memory_range reserved[BOOT_MAX_RANGES + BOOT_MODULES_MAX + 2];
	unsigned usable_count = 0, reserved_count = 0;

	for (unsigned i = 0; i < info.range_count; i++) {
		struct memory_range range = { info.ranges[i].base,
					      info.ranges[i].base + info.ranges[i].length };

		if (info.ranges[i].usable)
			usable[usable_count++] = range;
		else
			reserved[reserved_count++] = range;
	}
	reserved[reserved_count++] = (struct memory_range){ 0, LOW_MEMORY_END };
	reserved[reserved_count++] =
		(struct memory_range){ IMAGE_PHYSICAL, (uint32_t)image_end_physical };
	for (unsigned i = 0; i < info.module_count; i++)
		reserved[reserved_count++] =
			(struct memory_range){ info.modules[i].start, info.modules[i].end };
	if (frames_init(usable, usable_count, reserved, reserved_count, memory_limit()) != 0)
		panic("not enough memory below 896 MB");
}

static void report_problems(const char *event, const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->kept; i++)
		log_event(event, "module=%s word=%s cause=\"%s\"", problems->list[i].module,
			  problems->list[i].word, problems->list[i].cause);
	if (problems->found > problems->kept)
		log_warn("boot", "%u more problems", (unsigned)(problems->found - problems->kept));
}

static void open_outputs(void)
{
	struct console *screen = NULL;
	const char *problem = NULL;

	if (options.consoles & CONSOLE_SCREEN)
		screen = screen_open(&info, &problem);
	outputs_open(&options, screen);
	machine_set_panic(options.on_panic);
	if (options.on_panic == PANIC_GDB)
		panic_set_action(gdb_after_panic);
	if (problem)
		log_warn("console", "the screen cannot be used: %s", problem);
}

static void configure_guests(void)
{
	size_t count = 0;

	for (unsigned i = 0; i < info.module_count; i++) {
		const struct boot_module *module = &info.modules[i];

		if (module->problem) {
			log_event("module-error", "module=module%u word= cause=\"%s\"", i + 1,
				  module->problem);
			continue;
		}
		modules[count++] = (struct guest_module){
			module->start, (uint32_t)(module->end - module->start), module->line,
		};
	}
	guest_configs_make(&configs, modules, count);
	report_problems("module-error", &configs.problems);
}

static void start_guests(void)
{
	guest_create_all(&configs);
	if (guest_list_is_idle()) {
		log_warn("boot", "no guest could be started");
		housekeeping_guests_gone();
	}
}

static void start_watchdog(void)
{
	int error;

	if (options.watchdog_s == 0) {
		if (options.nmi_storm_us != 0)
			log_warn("watchdog", "nmi-storm= does nothing without watchdog=");
		return;
	}
	error = watchdog_start(options.watchdog_s, options.nmi_storm_us);
	if (error)
		log_warn("watchdog", "it cannot watch here: %s", error == -E_UNSUPPORTED
			 ? "that takes an APIC" : "no NMIs come from the interval timer");
	else
		log_info("watchdog", "a CPU that does not schedule for %u s ends Umbra",
			 options.watchdog_s);
}

/* Umbra's own address space, with tables for this CPU. */
static void switch_to_own_tables(void)
{
	uint32_t host_cr3;

	host_map_init();
	if (host_map_prepare_cpu(&boot_cpu_pages, &host_cr3) != 0)
		panic("no tables for the boot CPU");
	cpu_prepare(&boot_cpu, &boot_cpu_pages, host_cr3);
	host_map_activate(host_cr3);
}

/* A debugger's answer is complete before the next command of the console begins. */
static void work_beside_guests(void)
{
	gdb_serve();
	housekeeping_work();
}

static void start_housekeeping(void)
{
	machine_set_when_idle(options.when_idle);
	housekeeping_init(work_beside_guests);
	consoles_open(&options);
}

static void require_features(void)
{
	if (cpu_features_missing())
		panic("%s", cpu_features_missing());
}

static void start_power_button(void)
{
	if (options.power_button != CONFIG_POWER_BUTTON_FIRMWARE)
		power_button_start(options.power_button);
}

void boot_main(uint32_t magic, uint32_t information)
{
	/* One CPU on the tables of boot/start.asm, without any output yet. */
	read_boot_info(magic, information);		/* before it is overwritten */
	config_parse_umbra(info.command_line, info.has_file_name, &options, &option_problems);
	cpu_features_init();				/* tables depend on them */
	cpu_enable_nx();				/* tables have NX */
	switch_to_own_tables();				/* this_cpu() works now */
	barriers_configure(options.mitigations,
			   options.smt && options.apic && options.max_cpus > 1);
	cpu_init(&boot_cpu);				/* GDT, IDT, control registers */
	cpu_announce(&boot_cpu);			/* locks and log work */

	/* Output works from here on, so failures are reported. */
	open_outputs();					/* a panic is seen */
	take_memory();					/* frames and heap */
	start_housekeeping();				/* the log is kept */
	require_features();				/* or say why not */
	acpi_init(info.rsdp, info.rsdp_length, map_any);	/* tables of the board */
	clock_begin(options.clock, map_mmio, boot_tsc);	/* time begins */
	report_machine(&info, UMBRA_VERSION);		/* event=boot comes first */
	machine_check_init_cpu();			/* hardware errors panic */
	report_problems("option-error", &option_problems);

	/* Interrupts and the other CPUs, which sleep until cpus_release. */
	irq_init(options.apic, map_mmio);		/* interrupt chips found */
	clock_event_begin();				/* a counter counts */
	cpu_calls_init();				/* CPUs can be called */
	cpus_reset(&info, options.max_cpus, options.smt);	/* takes 10 ms */
	pci_find();					/* meanwhile */
	entropy_init();					/* begins with little */
	clock_end(entropy_gather);			/* the clock is chosen */
	cpus_start();					/* compares their TSCs */
	report_speculation(options.mitigations);	/* all CPUs known */
	timers_init(entropy_gather);			/* clock is final */
	start_watchdog();				/* needs APIC, timers */

	/* The back ends of guests' devices. */
	entropy_finish();				/* keys for guests */
	host_devices_init(&options);			/* disks, cards, uplinks */
	outputs_start();				/* consoles by interrupt */
	gdb_start(&options);				/* debuggers */
	start_power_button();				/* needs timers, ACPI */

	guest_sharing_init();				/* Umbra's writes to them */
	configure_guests();				/* modules become guests */
	trace_begin_as_told(&options);			/* before a guest runs */
	cpus_release();					/* all CPUs ready */
	start_guests();					/* places them on CPUs */
	run_forever();
}
