/* SPDX-License-Identifier: GPL-2.0-only */
/* What setup.c calls, by the names that it has in Linux 6.1. */
#ifndef _ARCH_X86_UMBRA_VERSION_H
#define _ARCH_X86_UMBRA_VERSION_H

#include <asm/processor.h>
#include <asm/x86_init.h>

static inline void umbra_load_boot_gdt(void)
{
	switch_to_new_gdt(0);
}

static inline void umbra_ignore_mp_tables(void)
{
	x86_init.mpparse.find_smp_config = x86_init_noop;
	x86_init.mpparse.get_smp_config = x86_init_uint_noop;
}

#endif
