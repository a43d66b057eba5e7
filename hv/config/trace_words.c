// SPDX-License-Identifier: GPL-2.0-only
/* A table of the words for kinds of records, read in both directions. */
#include "hv/config/trace_words.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

/* What the profile writes is turned on by its own command. */
#define ALL (BIT(TRACE_SAMPLE) - 1)

static const struct {
	const char *name;
	uint32_t kinds;
} words[] = {
	{ "all", ALL },
	{ "entries", BIT(TRACE_ENTRY) },
	{ "exits", BIT(TRACE_EXIT) },
	{ "hypercalls", BIT(TRACE_HYPERCALL) },
	{ "faults", BIT(TRACE_FAULT) },
	{ "spaces", BIT(TRACE_SPACE) },
	{ "irqs", BIT(TRACE_IRQ) | BIT(TRACE_DELIVERY) },
	{ "requests", BIT(TRACE_REQUEST) },
	{ "sched", BIT(TRACE_TURN_END) | BIT(TRACE_IDLE) },
	{ "locks", BIT(TRACE_LOCK) },
};

/* 0 when the word is none of them. */
static uint32_t kinds_of(const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == length && strncmp(words[i].name, text, length) == 0)
			return words[i].kinds;
	return 0;
}

bool trace_parse_kinds(const char *text, size_t length, uint32_t *kinds)
{
	uint32_t found = BIT(TRACE_TURN);
	size_t begin = 0;

	for (size_t i = 0; i <= length; i++) {
		uint32_t more;

		if (i < length && text[i] != ',')
			continue;
		more = kinds_of(text + begin, i - begin);
		if (!more)
			return false;
		found |= more;
		begin = i + 1;
	}
	*kinds = found;
	return true;
}

void trace_print_kinds(char *text, size_t size, uint32_t kinds)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = (kinds & ALL) == ALL ? 0 : 1; i < ARRAY_SIZE(words); i++) {
		if ((kinds & words[i].kinds) != words[i].kinds || length >= size)
			continue;
		length += format_text(text + length, size - length, "%s%s", length ? "," : "",
				      words[i].name);
		if (i == 0)
			break;
	}
}
