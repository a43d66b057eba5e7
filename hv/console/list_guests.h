/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers with a line for each guest, however many there are.  Boot CPU.
 */
#ifndef UMBRA_HV_CONSOLE_LIST_GUESTS_H
#define UMBRA_HV_CONSOLE_LIST_GUESTS_H

#include "hv/guest/guest.h"

/*
 * Has print answer for each guest, oldest first, with a line of at most 100 characters, in pieces
 * for which there is room (answer_in_pieces).  print is called under the lock of the list of guests
 * (guest_list_visit), and its context is NULL.
 */
void list_guests(void (*print)(struct guest *guest, void *context));

#endif
