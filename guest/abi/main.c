// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ABI test guest: runs every test of this folder and powers off. Words of
 * its command line:
 *     only=PREFIX           the tests whose name starts so, as in only=paging.
 *     pae                   page tables of PAE format
 * Needs 4 MB of memory. Prints one line a test (report.h); the last line is
 * `TOTAL n passed, m failed`.
 */
#include "guest/runtime/machine.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"

void guest_main(void)
{
	char prefix[32];

	(void)machine_word("only", prefix, sizeof(prefix));
	report_run(prefix);
}
