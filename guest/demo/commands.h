/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of the demo guest.
 */
#ifndef UMBRA_GUEST_DEMO_COMMANDS_H
#define UMBRA_GUEST_DEMO_COMMANDS_H

/* Execute one line; an empty one does nothing, an unknown word prints a hint. */
void commands_execute(const char *line);

#endif
