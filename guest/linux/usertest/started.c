// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other half of tests of execve: this program, started again by process.c and fpu.c, looks
 * at what it was given. Its status is 0 if all is right.
 */
#include "guest/linux/usertest/commands.h"
#include "guest/linux/usertest/registers.h"
#include "guest/linux/usertest/test.h"

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static bool plain(char **words)
{
	return words[0] && words[1] && !words[2] && !*words[0] && !strcmp(words[1], "two words") &&
	       environ[0] && !strcmp(environ[0], "UMBRA=shadow") && !environ[1] &&
	       getauxval(AT_PAGESZ) == 4096 && getauxval(AT_SYSINFO_EHDR) && getauxval(AT_RANDOM);
}

static bool long_words(char **words)
{
	for (unsigned n = 0; n < 2; n++) {
		if (!words[n] || strlen(words[n]) != 99999)
			return false;
		for (size_t i = 0; words[n][i]; i++)
			if (words[n][i] != (char)('a' + i % 23))
				return false;
	}
	return !words[2] && !environ[0];
}

/* A new program has an FPU as after fninit, and SSE as after reset (SDM volume 1, 11.6.4). */
static bool clean_fpu(void)
{
	struct fpu_state state;

	fpu_save(&state);
	return state.control == FPU_CONTROL && state.status == 0 && state.mxcsr == SSE_CONTROL;
}

int command_started(char **words)
{
	if (!words[0])
		return 2;
	if (!strcmp(words[0], "plain"))
		return !plain(words + 1);
	if (!strcmp(words[0], "long"))
		return !long_words(words + 1);
	if (!strcmp(words[0], "fpu"))
		return !clean_fpu();
	return 2;
}
