// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is walked word by word, and each word is looked up in a table.
 */
#include "hv/config/config_line.h"

#include "lib/compiler.h"
#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *config_skip_blanks(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

const char *config_next_word(const char *at, struct config_word *word)
{
	size_t kept;
	char *equals;

	at = config_skip_blanks(at);
	for (word->length = 0; at[word->length] != '\0' && !is_blank(at[word->length]);)
		word->length++;
	if (word->length == 0)
		return NULL;
	kept = MIN(word->length, CONFIG_WORD_MAX - 1);
	memcpy(word->text, at, kept);
	word->text[kept] = '\0';
	string_copy(word->key, word->text, sizeof(word->key));
	equals = strchr(word->key, '=');
	word->value = equals ? word->text + (equals - word->key) + 1 : NULL;
	if (equals)
		*equals = '\0';
	return at + word->length;
}

int config_find_name(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		if (string_equal(text, names[i]))
			return i;
	}
	return -1;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

bool config_is_name(const char *value)
{
	size_t length = strlen(value);
	bool good = length > 0 && length < CONFIG_NAME_SIZE;

	for (size_t i = 0; good && i < length; i++)
		good = is_name_char(value[i]);
	return good;
}

void config_complain(const struct config_line *line, const struct config_word *word,
		     const char *cause)
{
	config_add_problem(line->problems, line->name, word->text, "%s", cause);
}

bool config_read_word(struct config_line *line, const struct config_word *word,
		      const struct config_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *cause;

		if (!string_equal(word->key, rows[i].key))
			continue;
		if (!word->value)
			cause = "the word needs a value";
		else if (word->length >= CONFIG_WORD_MAX)
			cause = "the word is too long";
		else if (line->seen & BIT(i))
			cause = "the word is given twice";
		else
			cause = rows[i].read(line, word->value);
		line->seen |= BIT(i);
		if (cause)
			config_complain(line, word, cause);
		return true;
	}
	return false;
}
