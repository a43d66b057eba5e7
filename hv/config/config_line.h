/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of options, taken apart word by word: what config_umbra.c and config_module.c share.  Pure.
 */
#ifndef UMBRA_HV_CONFIG_CONFIG_LINE_H
#define UMBRA_HV_CONFIG_CONFIG_LINE_H

#include "hv/config/config.h"

/* No option is longer; longer words are skipped as a whole. */
#define CONFIG_WORD_MAX 256u

/* A word of a line, cut at its first '=' if it has one. */
struct config_word {
	char text[CONFIG_WORD_MAX];	/* the whole word */
	char key[CONFIG_WORD_MAX];	/* what precedes the '=' */
	char *value;		/* what follows it, inside text; NULL without one */
	size_t length;		/* of the whole word; CONFIG_WORD_MAX or more if text was cut */
};

/* A line that is being read: where its options and its problems go. */
struct config_line {
	const char *name;
	struct config_problems *problems;
	uint32_t seen;		/* a bit for each row of the table that had its word */
	struct umbra_options *options;
	struct module_line *module;
	bool role_given;	/* some word stood where the role does */
};

/* One known word.  read() returns NULL, or what is wrong with the value. */
struct config_row {
	const char *key;
	const char *(*read)(struct config_line *line, const char *value);
	bool kernel_only;
};

/* Returns the first character at or behind `at` that is not a blank. */
const char *config_skip_blanks(const char *at);

/* Reads the next word and returns the place behind it; NULL when there is none. */
const char *config_next_word(const char *at, struct config_word *word);

/* The place of text in names, which ends with NULL; -1 when it is not among them. */
int config_find_name(const char *text, const char *const *names);

/* Is it the name of a guest or of a network: 1 to 15 of a-z, 0-9, '-', '_', '.'? */
bool config_is_name(const char *value);

/* Notes that word is wrong: cause says how. */
void config_complain(const struct config_line *line, const struct config_word *word,
		     const char *cause);

/*
 * Reads one word by the table it belongs to, and complains if it is not right;
 * false when it is not in there.
 */
bool config_read_word(struct config_line *line, const struct config_word *word,
		      const struct config_row *rows, size_t count);

/* --- what kernels' lines and commands share (config_guest.c) --------------------------- */

#define CONFIG_GUEST_ROWS 10
#define CONFIG_NAME_FORM "1 to 15 of a-z, 0-9, '-', '_', '.'"	/* what config_is_name accepts */
#define CONFIG_GUEST_FORM "a guest's name is " CONFIG_NAME_FORM
#define CONFIG_IMAGE_FORM "an image's name is " CONFIG_NAME_FORM
#define CONFIG_DISK_FORMS "a module is disk or disk=ro; disks of the machine, disk=ahci0 or " \
	"disk=ahci0p2,ro, go on a kernel's line"

/* The words with one value each, and what a guest has without them. */
extern const struct config_row config_guest_rows[CONFIG_GUEST_ROWS];
extern const struct guest_options config_guest_defaults;

/* Is it `--`, behind which the guest's own command line stands? */
bool config_ends_words(const struct config_word *word);

/* Copies the name of an image; false when it is none. */
bool config_read_image(const char *value, char image[CONFIG_NAME_SIZE]);

/* Reads disk=NAME or disk=NAME,ro; word has a value. */
void config_read_host_disk(struct config_line *line, const struct config_word *word);

/* Keeps text, what follows `--`, without leading blanks; it stays inside the line. */
void config_read_command_line(struct config_line *line, const char *text);

/* Complains of an address without a network. */
void config_check_network(const struct config_line *line);

#endif
