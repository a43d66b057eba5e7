// SPDX-License-Identifier: GPL-2.0-only
/* Samples go into the trace's rings, and out of the machine with the trace. */
#include "hv/console/command_profile.h"

#include "hv/config/config_line.h"
#include "hv/console/answer.h"
#include "hv/trace/profile.h"
#include "hv/trace/trace_filter.h"
#include "lib/parse.h"
#include "lib/string.h"

#define HZ_DEFAULT 97u		/* no multiple of what guests' timers have */

static bool read_words(const char *at, uint32_t *hz, char guest[CONFIG_NAME_SIZE])
{
	struct config_word word;

	while ((at = config_next_word(at, &word)) != NULL) {
		if (!word.value)
			return false;
		if (string_equal(word.key, "hz")) {
			if (!parse_u32(word.value, hz) || *hz < 1 || *hz > PROFILE_HZ_MAX)
				return false;
		} else if (string_equal(word.key, "guest") && config_is_name(word.value)) {
			string_copy(guest, word.value, CONFIG_NAME_SIZE);
		} else {
			return false;
		}
	}
	return true;
}

static void turn_on(const char *words)
{
	char guest[CONFIG_NAME_SIZE] = "";
	uint32_t hz = HZ_DEFAULT;

	if (!read_words(words, &hz, guest))
		answer_print("behind on comes hz=N, 1 to %u, and perhaps guest=NAME\n",
			     PROFILE_HZ_MAX);
	else if (!trace_prepare(CONFIG_TRACE_DEFAULT))
		answer_print("there is no memory for the trace\n");
	else
		trace_profile(hz, guest);
}

void command_profile(const char *words)
{
	struct config_word word;
	const char *at = config_next_word(words, &word);

	if (at && string_equal(word.text, "on"))
		turn_on(at);
	else if (at && string_equal(word.text, "off") && !*config_skip_blanks(at))
		trace_profile(0, "");
	else
		answer_print("usage: profile on [hz=N] [guest=NAME], profile off\n");
}
