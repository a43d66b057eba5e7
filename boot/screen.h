/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen as the boot loader left it: text mode, a frame buffer, or none.
 */
#ifndef UMBRA_BOOT_SCREEN_H
#define UMBRA_BOOT_SCREEN_H

#include "boot/boot_info.h"
#include "drivers/console/console.h"

/*
 * The screen's console, cleared; NULL when there is none that can be used, with
 * *problem a clause that says why, or NULL.  Boot CPU, on Umbra's own tables.
 */
struct console *screen_open(const struct boot_info *info, const char **problem);

#endif
