/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of all guests.  A guest is freed on its home CPU, so other CPUs may access one only
 * under the lock of the list.
 */
#ifndef UMBRA_HV_GUEST_GUEST_LIST_H
#define UMBRA_HV_GUEST_GUEST_LIST_H

#include "hv/guest/guest.h"

void guest_list_add(struct guest *guest);

/*
 * The list is idle when all guests in it are parked, or there are none.  These two return true when
 * the list became idle by the call; a guest is parked once.
 */
bool guest_list_remove(struct guest *guest);
bool guest_list_park(struct guest *guest);

/* Marks the guest as not parked, when it starts again. */
void guest_list_unpark(struct guest *guest);

bool guest_list_is_idle(void);

/*
 * Calls visit(guest, context) for all guests, oldest first, with LOCK_GUESTS.  Any CPU; what visit
 * reads from a guest of another CPU may be inconsistent, so it is only for printing.
 */
void guest_list_visit(void (*visit)(struct guest *guest, void *context), void *context);

/*
 * The same for at most count of the guests whose serial is above after, in the order of these;
 * returns the last one's serial, 0 when there were none.
 */
uint64_t guest_list_visit_some(uint64_t after, unsigned count,
			       void (*visit)(struct guest *guest, void *context), void *context);

/* Is there a guest of that name?  Any CPU. */
bool guest_list_has(const char *name);

/*
 * The guest of that name or, if there is none, with that number; NULL when there is none either.
 * *cpu gets the id of its home CPU: if that is not this CPU, the guest may have been freed already.
 */
struct guest *guest_list_find(const char *name, unsigned *cpu);

/* The same by the number alone. */
struct guest *guest_list_find_number(unsigned number, unsigned *cpu);

#endif
