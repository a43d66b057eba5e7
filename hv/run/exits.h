/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done about the exits of a guest, by vector; the run loop hands them over.  The guest is
 * the one loaded on this CPU; its trap frame says where it stopped.
 */
#ifndef UMBRA_HV_RUN_EXITS_H
#define UMBRA_HV_RUN_EXITS_H

#include "hv/guest/guest.h"

/* #PF at that address. */
void guest_page_fault(struct guest *guest, uint32_t address);

/* Any other vector below VECTOR_COUNT but that of hypercalls. */
void guest_other_exit(struct guest *guest, uint32_t vector);

/* A vector from VECTOR_COUNT on, as the Switcher marks bad exits (arch/cpu/trap_frame.h). */
void guest_strange_exit(struct guest *guest, uint32_t vector);

#endif
