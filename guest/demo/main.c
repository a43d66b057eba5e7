// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo guest: an interactive prompt on the virtio console. Words of its
 * command line:
 *     name=NAME             what the prompt shows (default: demo)
 *     run=CMD1,CMD2         commands to run before the prompt; ':' stands for a
 *                           space, as in run=echo:hello,count:3,poweroff
 *     pae                   page tables of PAE format
 */
#include "guest/demo/commands.h"
#include "guest/demo/line.h"
#include "guest/runtime/console.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"

#define LINE_SIZE 80u

static char prompt[24];

/* Split the value of run= at its commas, in place. */
static void run_unattended(void)
{
	static char script[256];
	char *start = script;

	if (!machine_word("run", script, sizeof(script)))
		return;
	for (char *at = script;; at++) {
		bool last = *at == '\0';

		if (*at == ':')
			*at = ' ';
		if (!last && *at != ',')
			continue;
		*at = '\0';
		print("%s%s\n", prompt, start);
		commands_execute(start);
		start = at + 1;
		if (last)
			return;
	}
}

void guest_main(void)
{
	char line[LINE_SIZE];
	char name[16];

	if (!machine_word("name", name, sizeof(name)))
		format_text(name, sizeof(name), "demo");
	format_text(prompt, sizeof(prompt), "%s> ", name);
	if (!console_start())
		machine_panic("no virtio console");
	irq_enable();
	print("\nThis is %s, a guest of Umbra with %u KB of memory%s. Try help.\n", name,
	      machine_memory() / 1024, paging_is_pae() ? " and PAE tables" : "");
	run_unattended();
	for (;;) {
		line_read(prompt, line, sizeof(line));
		commands_execute(line);
	}
}
