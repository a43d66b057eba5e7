// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of volumes, and the list of claims, which tell their users.  Conflicts are found by
 * sectors, not by names: a disk contains its partitions, and the partitions of a table may overlap.
 */
#include "drivers/block/volume.h"

#include "arch/cpu/spinlock.h"
#include "lib/checked.h"
#include "lib/error.h"
#include "lib/string.h"

static struct list volumes = LIST_INIT(volumes);	/* written at boot only */
static struct spinlock lock = SPINLOCK(LOCK_VOLUMES);
static struct list claims = LIST_INIT(claims);		/* under the lock */

void volume_add(struct volume *volume)
{
	list_add_last(&volumes, &volume->node);
}

struct list *volume_list(void)
{
	return &volumes;
}

const struct volume *volume_find(const char *name)
{
	const struct volume *volume;

	list_for_each(volume, &volumes, node)
		if (string_equal(volume->name, name))
			return volume;
	return NULL;
}

/* Called with the lock held. */
static const struct volume_claim *find_writer(const struct volume *volume)
{
	const struct volume_claim *claim;

	list_for_each(claim, &claims, node)
		if (claim->writes && claim->volume->disk == volume->disk &&
		    ranges_overlap(claim->volume->first, claim->volume->sectors, volume->first,
				   volume->sectors))
			return claim;
	return NULL;
}

int volume_claim(struct volume_claim *claim, char writer[VOLUME_OWNER_SIZE])
{
	const struct volume_claim *other;

	spin_lock(&lock);
	other = claim->writes ? find_writer(claim->volume) : NULL;
	if (other)
		string_copy(writer, other->owner, VOLUME_OWNER_SIZE);
	else
		list_add_last(&claims, &claim->node);
	spin_unlock(&lock);
	return other ? -E_EXIST : 0;
}

void volume_release(struct volume_claim *claim)
{
	spin_lock(&lock);
	if (list_is_linked(&claim->node))
		list_remove(&claim->node);
	spin_unlock(&lock);
}

bool volume_writer(const struct volume *volume, char writer[VOLUME_OWNER_SIZE])
{
	const struct volume_claim *claim;

	spin_lock(&lock);
	claim = find_writer(volume);
	if (claim)
		string_copy(writer, claim->owner, VOLUME_OWNER_SIZE);
	spin_unlock(&lock);
	return claim != NULL;
}
