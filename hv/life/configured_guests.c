// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps the configurations: those of the boot modules, all the time, and those of guests that a
 * command made, until such a guest is gone.
 */
#include "hv/life/configured_guests.h"

#include "hv/guest/guest_list.h"
#include "hv/life/guest_create.h"
#include "hv/life/guest_start.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct guest_configs *all_configs;

void guest_create_all(struct guest_configs *configs)
{
	all_configs = configs;
	for (size_t i = 0; i < configs->count; i++)
		(void)guest_create(&configs->list[i]);
}

static struct guest_config *find_config(const char *name)
{
	for (size_t i = 0; i < all_configs->count; i++)
		if (strcmp(all_configs->list[i].name, name) == 0)
			return &all_configs->list[i];
	return NULL;
}

const struct guest_config *guest_config_of(const char *name)
{
	const struct guest_config *config = find_config(name);

	return config && !READ_ONCE(config->forgotten) ? config : NULL;
}

void guest_forget(const char *name)
{
	struct guest_config *config = find_config(name);

	if (config)
		WRITE_ONCE(config->forgotten, true);
}

/* --- guests of the command `create` --------------------------------------------------- */

static void free_config(struct created_config *created)
{
	list_remove(&created->node);
	heap_free(created);
}

/* Frees the configurations of guests that are gone. */
static void free_unused(void)
{
	const struct list_node *end = &all_configs->created.anchor;
	struct list_node *node = end->next;

	while (node != end) {
		struct created_config *created =
			container_of(node, struct created_config, node);

		node = node->next;
		if (READ_ONCE(created->unused) && !created->is_awaited)
			free_config(created);
	}
}

bool guest_create_from(const char *name, const char *words, struct config_problems *problems)
{
	struct created_config *created;

	free_unused();
	created = heap_alloc(sizeof(*created));
	if (!created) {
		guest_report_problem("create", name, "no memory left for another guest");
		return true;
	}
	if (!guest_configs_create(all_configs, name, words, created, problems)) {
		heap_free(created);
		return false;
	}
	if (!guest_create(&created->config))
		free_config(created);
	return true;
}

struct name_search {
	const char *name;
	const struct guest_config *config;
};

static void compare_name(struct guest *guest, void *context)
{
	struct name_search *search = context;

	if (string_equal(guest->name, search->name))
		search->config = guest->config;
}

const struct guest_config *guest_clone_config(const char *parent, const char *name)
{
	struct name_search search = { .name = parent };
	struct created_config *created;

	guest_list_visit(compare_name, &search);
	if (!search.config)
		return NULL;
	created = heap_alloc(sizeof(*created));
	if (!created)
		return NULL;
	guest_configs_clone(all_configs, name, search.config, created);
	created->is_awaited = true;
	return &created->config;
}

void guest_clone_config_done(const struct guest_config *config, bool made)
{
	struct created_config *created;

	list_for_each(created, &all_configs->created, node) {
		if (&created->config != config)
			continue;
		created->is_awaited = false;
		if (!made)
			created->unused = true;
	}
}

void guest_configs_tidy(void)
{
	free_unused();
}

const struct guest_image *guest_images(size_t *count)
{
	*count = all_configs->image_count;
	return all_configs->images;
}
