/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single requests to the first disk, as a test outside asks for them.
 */
#ifndef UMBRA_GUEST_DISK_ASK_H
#define UMBRA_GUEST_DISK_ASK_H

/*
 * Carries out each request of list, which is separated by commas: rN reads sector N,
 * wN writes it, full of the pattern of its number (pattern_other), vN reads and compares
 * with that, f flushes. Prints `ASK request status`, where status is that of
 * virtio, or `wrong` for other data. Waits as long as it takes.
 */
void disk_ask(const char *list);

#endif
