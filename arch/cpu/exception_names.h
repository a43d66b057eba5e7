/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions by the names of SDM vol. 3, table 6-1, for messages.  Pure.
 */
#ifndef UMBRA_ARCH_CPU_EXCEPTION_NAMES_H
#define UMBRA_ARCH_CPU_EXCEPTION_NAMES_H

/* "#GP, general protection" and so on; "interrupt" from 32 on.  Never NULL; any context. */
const char *exception_name(unsigned vector);

#endif
