/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guests there will be: joins the boot modules, by the options on their lines, into one
 * configuration a guest; at boot, after the boot loader's lists were read and before any guest is
 * made.  Later one more for each guest that a command makes.  Pure; boot CPU.
 */
#ifndef UMBRA_HV_CONFIG_GUEST_CONFIG_H
#define UMBRA_HV_CONFIG_GUEST_CONFIG_H

#include "hv/config/config.h"
#include "lib/list.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_CONFIGS_MAX 32

/*
 * How many boot modules there can be: room for so many guests with a kernel, an initial RAM disk
 * and a disk, and some to spare.
 */
#define BOOT_MODULES_MAX 128u

#define GUEST_DISKS_MAX CONFIG_DISKS_MAX

/* A module as the boot loader loaded it. */
struct guest_module {
	paddr_t start;
	uint32_t size;		/* bytes */
	const char *line;	/* its options; may be NULL */
};

/* Either a boot module, which no other guest has, or a disk of the machine by its name. */
struct guest_config_disk {
	const struct guest_module *module;	/* a multiple of 512 bytes; NULL: by name */
	char name[CONFIG_NAME_SIZE];		/* of a disk that need not exist */
	const char *file;		/* name for messages; inside struct guest_configs */
	bool read_only;
};

struct guest_config {
	char name[CONFIG_NAME_SIZE];
	uint32_t number;	/* from 1, and no other configuration ever has it */
	const struct guest_module *kernel;
	const struct guest_module *initrd;	/* NULL: none */
	const char *kernel_file;	/* names for messages; inside struct guest_configs */
	const char *initrd_file;
	struct guest_config_disk disks[GUEST_DISKS_MAX];	/* in the order of their lines */
	unsigned disk_count;
	struct guest_options options;	/* with a mac that no other guest on its network has */
	bool broken;			/* a problem was found; only inside guest_configs_make */
	bool forgotten;			/* the command `destroy`: it is not started again */
	bool *unused;			/* set when its guest is gone; NULL: it is kept */
};

/* A module for the command `create`, which any number of guests may be made from. */
struct guest_image {
	char name[CONFIG_NAME_SIZE];
	const struct guest_module *module;
	const char *file;		/* name for messages; inside struct guest_configs */
};

/* About 50 KB: lives in .bss or on the heap, not on a stack. */
struct guest_configs {
	size_t count;
	struct guest_config list[GUEST_CONFIGS_MAX];	/* in the order of the kernel modules */
	struct list created;		/* of struct created_config */
	uint32_t numbered;		/* the last number of a configuration */
	size_t image_count;
	struct guest_image images[BOOT_MODULES_MAX];
	struct config_problems problems;
	struct module_line lines[BOOT_MODULES_MAX];
};

/*
 * Makes the configurations of guests from modules[count], whose array and lines must outlive them.
 * Afterwards configs->list has the guests that can be started, and configs->problems says what is
 * wrong with the others: a guest with a problem in any of its modules is left out.  A module
 * without a recognisable guest is reported and affects no guest.  A kernel's line without guest=
 * gets the first of the names guest1, guest2, ... that no other kernel's line has.
 *
 * Without mac= a guest's address on its network follows from its name; should
 * another one have it, the next that is free.  Modules with image=NAME belong to no guest: they are
 * listed in configs->images.
 */
void guest_configs_make(struct guest_configs *configs, const struct guest_module *modules,
			size_t count);

/* The image of that name; NULL for none. */
const struct guest_image *guest_configs_image(const struct guest_configs *configs,
					      const char *name);

/* Adds a disk of the machine to a configuration with room for it; file is for messages. */
void guest_config_add_host_disk(struct guest_config *config, const struct host_disk_option *option,
				const char *file);

/* The configuration of a guest that the command `create` made, with its command line. */
struct created_config {
	struct list_node node;
	struct guest_config config;
	char command_line[CONFIG_COMMAND_LINE_SIZE];
	bool unused;			/* its guest is gone; any CPU sets it */
	bool is_awaited;		/* a clone is being made with it; boot CPU */
};

/*
 * Fills *created for a guest of that name, a valid one, from the words of `create`
 * (config_parse_create), and adds it to configs->created.  False when something is wrong, as
 * problems say then.
 */
bool guest_configs_create(struct guest_configs *configs, const char *name, const char *words,
			  struct created_config *created, struct config_problems *problems);

/*
 * The same for a clone of the guest with that configuration, which is running: all but the name,
 * and the address on its network.
 */
void guest_configs_clone(struct guest_configs *configs, const char *name,
			 const struct guest_config *like, struct created_config *created);

#endif
