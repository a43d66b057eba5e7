/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Offsets of the Linux/x86 boot protocol that Umbra reads from a kernel file
 * and writes into boot_params; up to 0x290 both have the same layout.  Source
 * of the numbers: "The Linux/x86 Boot Protocol", and struct boot_params.
 * Shared by the image parser and the boot_params builder.
 */
#ifndef UMBRA_HV_LOAD_SETUP_HEADER_H
#define UMBRA_HV_LOAD_SETUP_HEADER_H

enum setup_header_offset {
	SETUP_E820_ENTRIES = 0x1E8,
	SETUP_SENTINEL = 0x1EF,
	SETUP_HEADER = 0x1F1,		/* the setup header begins: setup_sects */
	SETUP_SYSSIZE = 0x1F4,		/* the protected-mode code, in 16-byte units */
	SETUP_JUMP_OFFSET = 0x201,	/* the header ends that far behind the next byte */
	SETUP_MAGIC = 0x202,
	SETUP_VERSION = 0x206,
	SETUP_TYPE_OF_LOADER = 0x210,
	SETUP_LOADFLAGS = 0x211,
	SETUP_CODE32_START = 0x214,
	SETUP_RAMDISK_IMAGE = 0x218,
	SETUP_RAMDISK_SIZE = 0x21C,
	SETUP_CMD_LINE_PTR = 0x228,
	SETUP_KERNEL_ALIGNMENT = 0x230,
	SETUP_RELOCATABLE = 0x234,
	SETUP_HARDWARE_SUBARCH = 0x23C,
	SETUP_SUBARCH_DATA = 0x240,
	SETUP_SETUP_DATA = 0x250,
	SETUP_PREF_ADDRESS = 0x258,	/* since 2.10 */
	SETUP_INIT_SIZE = 0x260,	/* since 2.10 */
	SETUP_HEADER_LIMIT = 0x290,	/* boot_params has other things from here on */
	SETUP_E820_MAP = 0x2D0,
};

#define SETUP_MAGIC_HDRS 0x53726448u	/* "HdrS" */
#define SETUP_LOADED_HIGH 0x01u		/* loadflags: the code belongs at 1 MB, not below */
#define SETUP_KEEP_SEGMENTS 0x40u	/* loadflags: the entry code reloads no segments */
#define SETUP_VERSION_SUBARCH 0x0207u	/* the first with hardware_subarch */
#define SETUP_VERSION_INIT_SIZE 0x020Au
#define SETUP_SUBARCH_LGUEST 1u
#define SETUP_LOADER_UNDEFINED 0xFFu	/* type_of_loader of a loader without a number */

#endif
