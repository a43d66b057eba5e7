/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calendar dates from seconds.
 */
#ifndef UMBRA_GUEST_DEMO_DATE_H
#define UMBRA_GUEST_DEMO_DATE_H

#include <stddef.h>
#include <stdint.h>

/* "2024-02-29 12:34:56 UTC" for seconds since 1970. */
void date_format(char *buffer, size_t size, uint32_t seconds);

#endif
