/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot loader's information, copied once into a form that does not depend on the loader's
 * protocol.  The parsers are pure: they read memory only through the callback given, check every
 * length in it, and keep no pointer into it.  Called by the start code of the boot CPU.
 */
#ifndef UMBRA_BOOT_BOOT_INFO_H
#define UMBRA_BOOT_BOOT_INFO_H

#include "hv/config/guest_config.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_MAX_RANGES 128u
#define BOOT_MAX_STRING 4096u /* with its NUL */
#define BOOT_ARENA_SIZE 32768u
#define BOOT_RSDP_SIZE 36u /* ACPI 2.0 and later; 20 bytes of it in ACPI 1.0 */
#define BOOT_MAX_MULTIBOOT2 (1u << 20)

/* What the loader leaves in EAX: multiboot 0.6.96, section 3.2; multiboot 2.0, section 3.3. */
#define BOOT_MULTIBOOT1_MAGIC 0x2BADB002u
#define BOOT_MULTIBOOT2_MAGIC 0x36D76289u

/* Physical memory [base, base + length); length is not 0 and the sum does not wrap. */
struct boot_range {
	paddr_t base;
	uint64_t length;
	bool usable;
};

/*
 * problem is NULL, or a text saying what was wrong: the module is unusable
 * then, and line may be "".
 */
struct boot_module {
	paddr_t start; /* first byte */
	paddr_t end;   /* first byte behind it, never below start */
	const char *line;
	const char *problem;
};

/* A colour's bits in a pixel: size of them, from bit position on. */
struct boot_channel {
	uint8_t position;
	uint8_t size;
};

enum boot_framebuffer_type {
	BOOT_SCREEN_PALETTE = 0,
	BOOT_SCREEN_COLOUR = 1,
	BOOT_SCREEN_TEXT = 2,
};

struct boot_framebuffer {
	paddr_t address;
	uint32_t pitch; /* bytes a row */
	uint32_t width;
	uint32_t height;
	uint8_t depth; /* bits a pixel */
	uint8_t type;  /* enum boot_framebuffer_type, or an unknown type */
	struct boot_channel red, green, blue; /* direct colour only, else 0 */
};

struct boot_info {
	const char *command_line; /* as the loader gave it, "" when it gave none */
	const char *loader;	  /* the loader's name, "" when unknown */
	bool has_file_name;	  /* the command line begins with Umbra's file name */
	const char *problem;	  /* NULL, or a text about the first thing that was dropped */
	unsigned range_count;
	unsigned module_count;
	size_t rsdp_length; /* 0 when the loader gave no RSDP */
	bool has_framebuffer;
	struct boot_framebuffer framebuffer;
	struct boot_range ranges[BOOT_MAX_RANGES]; /* in the loader's order, may overlap */
	struct boot_module modules[BOOT_MODULES_MAX];
	uint8_t rsdp[BOOT_RSDP_SIZE];
	size_t arena_used;
	char arena[BOOT_ARENA_SIZE]; /* every string above lives here */
};

/*
 * Makes size bytes of physical memory readable and returns where they are, or
 * NULL when that cannot be.  The bytes need to stay readable only until the
 * next call.
 */
typedef const void *boot_map_t(paddr_t address, size_t size);

/*
 * Fill *info, whatever it held, from the multiboot 1 information structure, or
 * the multiboot 2 tag list, at physical address.  0, or -E_INVAL when the
 * structure itself cannot be read or makes no sense, with info->problem set.
 * What is merely too long or too much is left out, and info->problem or the
 * module's problem says so.
 */
int boot_info_parse_multiboot1(struct boot_info *info, paddr_t address, boot_map_t *map);
int boot_info_parse_multiboot2(struct boot_info *info, paddr_t address, boot_map_t *map);

#endif
