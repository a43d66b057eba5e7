// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test guest of the entropy device. Prints
 *     SAMPLE 64 hexadecimal digits
 * which no other guest and no other start may print again, then the results of
 * the tests of this folder (report.h). Words of its command line:
 *     only=PREFIX           the tests whose name starts so
 *     reboot                restart instead of testing
 *     stay                  do nothing more, with the sample in memory
 */
#include "guest/runtime/entropy.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/timer.h"

#define SAMPLE_SIZE 32u

static uint8_t sample[SAMPLE_SIZE];

static void print_sample(void)
{
	char text[2 * SAMPLE_SIZE + 1];

	entropy_read(sample, sizeof(sample));
	for (uint32_t i = 0; i < SAMPLE_SIZE; i++)
		format_text(text + 2 * i, 3, "%02x", sample[i]);
	print("SAMPLE %s\n", text);
}

void guest_main(void)
{
	char prefix[32];

	if (!entropy_start())
		machine_panic("no entropy device");
	print_sample();
	if (machine_has_word("reboot"))
		machine_restart();
	while (machine_has_word("stay"))
		timer_sleep_ms(1000);
	(void)machine_word("only", prefix, sizeof(prefix));
	report_run(prefix);
}
