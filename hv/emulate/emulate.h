/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that ring 1 may not execute and that Umbra carries out for the
 * guest's kernel (docs/protocol.md).
 */
#ifndef UMBRA_HV_EMULATE_EMULATE_H
#define UMBRA_HV_EMULATE_EMULATE_H

#include "hv/emulate/decode.h"
#include "hv/guest/guest.h"

/*
 * Handles #GP and #UD of the guest: emulates the instruction, or reflects the fault if it knows
 * none.
 */
void guest_emulate(struct guest *guest);

/*
 * Moves eip behind an emulated instruction of `length` bytes; with EFLAGS.TF set the guest gets a
 * debug trap there, as it would on a real CPU.
 */
void guest_step_over(struct guest *guest, uint32_t length);

/* Reads the bytes at the guest's eip: up to 15, as many as are mapped.  Returns how many. */
uint32_t guest_fetch(struct guest *guest, uint8_t bytes[DECODE_MAX_LENGTH]);

/* The general register of that number in an instruction, 0 to 7. */
uint32_t *guest_gpr(struct trap_frame *frame, uint8_t number);

#endif
