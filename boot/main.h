/* SPDX-License-Identifier: GPL-2.0-only */
/* Called by boot/start.asm, on the boot CPU and its first stack. */
#ifndef UMBRA_BOOT_MAIN_H
#define UMBRA_BOOT_MAIN_H

#include "arch/cpu/cpu.h"

extern struct cpu_pages boot_cpu_pages;

/* Brings Umbra up and runs the guests.  magic and information are the boot loader's. */
void __noreturn boot_main(uint32_t magic, uint32_t information);

#endif
