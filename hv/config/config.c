// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is wrong with options, kept for the log.  Called by the parsers of this room.
 */
#include "hv/config/config.h"

#include "lib/format.h"
#include "lib/string.h"

#include <stdarg.h>

/* Texts come from the boot loader: nothing of them may break the form of a log line. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"')
			*text = '\'';
		else if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

void config_add_problem(struct config_problems *problems, const char *module, const char *word,
			const char *cause, ...)
{
	struct config_problem *problem;
	va_list args;

	problems->found++;
	if (problems->kept == CONFIG_PROBLEMS_MAX)
		return;
	problem = &problems->list[problems->kept++];
	string_copy(problem->module, module, sizeof(problem->module));
	string_copy(problem->word, word, sizeof(problem->word));
	va_start(args, cause);
	format_text_v(problem->cause, sizeof(problem->cause), cause, args);
	va_end(args);
	make_printable(problem->module);
	make_printable(problem->word);
	make_printable(problem->cause);
}
