// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests made, changed and destroyed by command.  The words are those of a module's line, so
 * hv/config/ reads them, and what is wrong with one is answered in the same terms.
 */
#include "hv/console/command_create.h"

#include "arch/cpu/log.h"
#include "hv/config/config_line.h"
#include "hv/console/answer.h"
#include "hv/guest/guest_list.h"
#include "hv/life/configured_guests.h"
#include "lib/string.h"

static struct config_problems problems;	/* of the one command that is carried out */

static void forget_problems(void)
{
	problems.kept = 0;
	problems.found = 0;
}

static void show_problems(void)
{
	for (size_t i = 0; i < problems.kept; i++) {
		const struct config_problem *problem = &problems.list[i];

		answer_print("%s%s%s\n", problem->word, problem->word[0] ? ": " : "",
			     problem->cause);
	}
}

void command_list_images(const char *argument)
{
	size_t count;
	const struct guest_image *images = guest_images(&count);

	(void)argument;
	if (count == 0)
		answer_print("no module's line says image=NAME\n");
	for (size_t i = 0; i < count; i++)
		answer_print("%-15s %9u K %s\n", images[i].name, images[i].module->size >> 10,
			     images[i].file);
}

void command_create(const char *name, const char *words)
{
	if (!config_is_name(name)) {
		answer_print("%s: " CONFIG_GUEST_FORM "\n", name);
		return;
	}
	if (guest_list_has(name)) {
		answer_print("guest '%s' is there already\n", name);
		return;
	}
	forget_problems();
	if (!guest_create_from(name, words, &problems))
		show_problems();
}

void command_set(struct guest *guest, const char *words)
{
	const struct sched_entity *entity = &guest->task.entity;
	struct guest_options options = {
		.weight = entity->weight, .cap = entity->cap, .cpus = entity->cpus,
	};

	forget_problems();
	if (!config_parse_settings(words, &options, &problems)) {
		show_problems();
	} else if (!sched_has_cpu(options.cpus)) {
		answer_print("cpus: none of these CPUs is there\n");
	} else {
		task_change(&guest->task, options.weight, options.cap, options.cpus);
		log_event("guest-set", "guest=%s weight=%u cap=%u cpus=%08x", guest->name,
			  options.weight, options.cap, options.cpus);
	}
}

void command_destroy(struct guest *guest)
{
	guest_forget(guest->name);
	guest_request_kill(guest, "destroyed at the console");
}
