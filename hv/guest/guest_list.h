/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All guests there are.  A guest goes away on the CPU that it is at home on, so
 * any other may look at one only under the lock of the list.
 */
#ifndef UMBRA_HV_GUEST_GUEST_LIST_H
#define UMBRA_HV_GUEST_GUEST_LIST_H

#include "hv/guest/guest.h"

void guest_list_add(struct guest *guest);

/*
 * The list is idle when all guests in it are parked, or there are none.  These two return true
 * when it has become so by this; a guest is parked once.
 */
bool guest_list_remove(struct guest *guest);
bool guest_list_park(struct guest *guest);

/* The guest starts afresh, parked or not. */
void guest_list_unpark(struct guest *guest);

bool guest_list_is_idle(void);

/*
 * Calls visit(guest, context) for all guests, oldest first, with LOCK_GUESTS.  On any CPU:
 * what is read of a guest at home elsewhere is for people to look at.
 */
void guest_list_visit(void (*visit)(struct guest *guest, void *context), void *context);

/*
 * The guest of that name or, if there is none, with that number; NULL when there
 * is none either.  *cpu gets the id of the CPU that it is at home on: if that is
 * another than this one, the guest may be gone by now.
 */
struct guest *guest_list_find(const char *name, unsigned *cpu);

#endif
