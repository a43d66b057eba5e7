/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clones a guest that runs, waits or is paused: another guest that goes on where it is, with the
 * same memory until one of them writes to it (mm/guest_share.h).
 *
 * The clone has the parent's virtual CPU, timer, pending interrupts and devices' positions; a name,
 * a console, a network port and a source of random numbers of its own.  What has come in for the
 * parent and was not taken yet (keys, frames) stays the parent's.
 */
#ifndef UMBRA_HV_LIFE_GUEST_CLONE_H
#define UMBRA_HV_LIFE_GUEST_CLONE_H

#include "hv/guest/guest.h"

#define CLONE_CAUSE_SIZE 80

enum clone_result {
	CLONE_DONE,	/* event=guest-clone; the clone is in a run queue */
	CLONE_LATER,	/* disks work on its requests: it is held until the next call, soon */
	CLONE_FAILED,	/* as cause says; nothing is left behind */
};

/*
 * Makes a clone with this configuration, which is the parent's but for name and address
 * (guest_configs_clone).  On the parent's home CPU, no lock held; also amid the parent's turn.
 */
enum clone_result guest_clone(struct guest *parent, const struct guest_config *config,
			      char cause[CLONE_CAUSE_SIZE]);

/* After CLONE_LATER there will be no other call: the parent goes on. */
void guest_clone_give_up(struct guest *parent);

#endif
