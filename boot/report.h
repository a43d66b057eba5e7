/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot log says of the machine itself: processor and memory.
 */
#ifndef UMBRA_BOOT_REPORT_H
#define UMBRA_BOOT_REPORT_H

#include "boot/boot_info.h"

/*
 * event=boot for that version of Umbra, and a few lines.  Boot CPU, once memory and the
 * processor's features are known.
 */
void report_machine(const struct boot_info *info, const char *version);

#endif
