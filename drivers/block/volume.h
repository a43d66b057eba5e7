/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disks of the machine and their partitions by name, and their users.  Two that write to the
 * same sectors would destroy each other's data, so a range has one writer at a time; readers are
 * not limited.
 */
#ifndef UMBRA_DRIVERS_BLOCK_VOLUME_H
#define UMBRA_DRIVERS_BLOCK_VOLUME_H

#include "lib/compiler.h"
#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

#define VOLUME_NAME_SIZE 16	/* virtio12p128 and the like */
#define VOLUME_OWNER_SIZE 16	/* names of guests */

struct disk;

struct volume {
	char name[VOLUME_NAME_SIZE];
	struct disk *disk;
	uint64_t first, sectors;	/* on the disk */
	bool read_only;
	struct list_node node;		/* in the list of all */
};

/* One use of a volume.  Zeroed before its first use. */
struct volume_claim {
	const struct volume *volume;
	const char *owner;		/* for messages; lives as long as the claim */
	bool writes;
	struct list_node node;
};

/* Adds a volume, whose name is no other's and which is never removed.  Boot time only. */
void volume_add(struct volume *volume);

/* NULL when there is none of that name. */
const struct volume *volume_find(const char *name);

/* In the order in which they were added; for commands. */
struct list *volume_list(void);

/*
 * Claims volume; the other fields of claim are set.  -E_EXIST when another claim already writes to
 * sectors that this one would write to; then nothing happens, and writer is a copy of that claim's
 * owner, which may end at any time.  Any CPU.
 */
int __must_check volume_claim(struct volume_claim *claim, char writer[VOLUME_OWNER_SIZE]);

/* Ends the use, if there is one. */
void volume_release(struct volume_claim *claim);

/*
 * Does any claim write to any of its sectors now?  Then writer is a copy of the owner's name.  For
 * commands.
 */
bool volume_writer(const struct volume *volume, char writer[VOLUME_OWNER_SIZE]);

#endif
