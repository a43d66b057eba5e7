// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's beginning and end.  head_32.S comes here with the first page tables
 * in use; what is left of a PC's hardware is turned off before the kernel looks
 * for it.
 */
#include <linux/console.h>
#include <linux/kernel.h>
#include <linux/panic_notifier.h>
#include <linux/pgtable.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/start_kernel.h>

#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/e820/api.h>
#include <asm/fixmap.h>
#include <asm/hw_irq.h>
#include <asm/io_apic.h>
#include <asm/processor.h>
#include <asm/reboot.h>
#include <asm/setup.h>
#include <asm/umbra.h>
#include <asm/x86_init.h>

#include "umbra_internal.h"
#include "version.h"

extern const char umbra_noirq_iret[];	/* in entry_32.S */

struct lguest_data lguest_data = {
	.hcall_status		= { [0 ... UMBRA_RING_SIZE - 1] = UMBRA_SLOT_FREE },
	.blocked_interrupts	= ~0U,
	.noirq_iret		= (u32)umbra_noirq_iret,
	.kernel_address		= PAGE_OFFSET,
	.syscall_vec		= IA32_SYSCALL_VECTOR,
};
EXPORT_SYMBOL(lguest_data);

/* --- the end --- */

static void umbra_power_off(void)
{
	umbra_hcall(UMBRA_SHUTDOWN, __pa("Power down"), UMBRA_SHUTDOWN_OFF, 0, 0);
}

static void umbra_restart(char *cmd)
{
	umbra_hcall(UMBRA_SHUTDOWN, __pa(cmd ? cmd : ""),
		    UMBRA_SHUTDOWN_RESTART, 0, 0);
}

static void umbra_emergency_restart(void)
{
	umbra_restart(NULL);
}

static int umbra_panic(struct notifier_block *nb, unsigned long event, void *text)
{
	umbra_hcall(UMBRA_SHUTDOWN, __pa(text), UMBRA_SHUTDOWN_OFF, 0, 0);
	return NOTIFY_DONE;
}

/* The last of those that want to know, since there is no way back. */
static struct notifier_block umbra_panic_block = {
	.notifier_call	= umbra_panic,
	.priority	= INT_MIN,
};

static void __init setup_end(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &umbra_panic_block);
	pm_power_off = umbra_power_off;
	machine_ops.restart = umbra_restart;
	machine_ops.emergency_restart = umbra_emergency_restart;
}

/* --- the beginning --- */

static char *__init umbra_memory_setup(void)
{
	for (int i = 0; i < boot_params.e820_entries; i++)
		e820__range_add(boot_params.e820_table[i].addr,
				boot_params.e820_table[i].size,
				boot_params.e820_table[i].type);
	return "Umbra";
}

static void __init umbra_set_legacy_features(void)
{
	x86_platform.legacy.i8042 = X86_LEGACY_I8042_PLATFORM_ABSENT;
	x86_platform.legacy.rtc = 0;
	x86_platform.legacy.warm_reset = 0;
	x86_platform.legacy.devices.pnpbios = 0;
	x86_platform.legacy.no_vga = 1;
}

/*
 * The flaw is of entries that are not present in the tables that the processor
 * walks, and those are Umbra's own, where they hold no address.
 */
static void __init forget_l1tf(void)
{
	clear_bit(X86_BUG_L1TF, (unsigned long *)cpu_caps_set);
	setup_clear_cpu_cap(X86_BUG_L1TF);
}

/* By now i386_start_kernel() has set what it wants, and the processor is known. */
static void __init umbra_arch_setup(void)
{
	forget_l1tf();
	x86_init.resources.reserve_resources = x86_init_noop;
	x86_init.mpparse.setup_ioapic_ids = x86_init_noop;
}

static void __init umbra_banner(void)
{
	if (lguest_data.tsc_khz)
		pr_info("Guest of Umbra, TSC at %u kHz\n", lguest_data.tsc_khz);
	else
		pr_info("Guest of Umbra, whose TSC is no clock\n");
}

static void __init setup_platform(void)
{
	x86_init.resources.memory_setup = umbra_memory_setup;
	x86_init.resources.probe_roms = x86_init_noop;
	x86_init.resources.dmi_setup = x86_init_noop;
	x86_init.oem.arch_setup = umbra_arch_setup;
	x86_init.oem.banner = umbra_banner;
	x86_platform.set_legacy_features = umbra_set_legacy_features;
	x86_platform.realmode_reserve = x86_init_noop;
	x86_platform.realmode_init = x86_init_noop;
	umbra_ignore_mp_tables();
}

asmlinkage __visible void __init umbra_start_kernel(void)
{
	new_cpu_data.x86_capability[CPUID_1_EDX] = cpuid_edx(1);
	umbra_cr3 = __pa_symbol(initial_page_table);

	umbra_load_boot_gdt();
	reserve_top_address(lguest_data.reserve_mem);

	setup_platform();
	umbra_setup_mmu();
	umbra_setup_irqs();
	umbra_setup_time();
	setup_end();
	umbra_setup_console();
	umbra_setup_pci();
	add_preferred_console("hvc", 0, NULL);

	i386_start_kernel();
}
