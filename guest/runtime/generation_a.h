/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structure that a guest of generation A shares with Umbra. The runtime
 * knows it under the same name but only as far as the generations agree.
 */
#ifndef UMBRA_GUEST_RUNTIME_GENERATION_A_H
#define UMBRA_GUEST_RUNTIME_GENERATION_A_H

#include "guest/lguest_abi.h"

extern struct lguest_data_a generation_a_data __asm__("lguest_data");

#endif
