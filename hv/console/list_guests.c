// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pieces of a list of guests: it goes on behind the last guest that was shown, so that guests
 * that come and go between two pieces leave the others' lines alone.
 */
#include "hv/console/list_guests.h"

#include "hv/console/answer.h"
#include "hv/guest/guest_list.h"

#define GUESTS_A_PIECE (ANSWER_PIECE / 128)

static void (*print_line)(struct guest *guest, void *context);
static uint64_t last_shown;	/* its serial */

static bool print_piece(void)
{
	last_shown = guest_list_visit_some(last_shown, GUESTS_A_PIECE, print_line, NULL);
	return last_shown != 0;
}

void list_guests(void (*print)(struct guest *guest, void *context))
{
	print_line = print;
	last_shown = 0;
	answer_in_pieces(print_piece);
}
