/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A doubly linked list whose links lie inside the listed structures.  A struct list owns nothing;
 * the list's owner names the lock that guards it.
 */
#ifndef UMBRA_LIB_LIST_H
#define UMBRA_LIB_LIST_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *next;
	struct list_node *previous;
};

/* A ring through the anchor, so that insertion and removal need no special cases. */
struct list {
	struct list_node anchor;
};

/* Initial value of a static list. */
#define LIST_INIT(name) { { &(name).anchor, &(name).anchor } }

static inline void list_init(struct list *list)
{
	list->anchor.next = &list->anchor;
	list->anchor.previous = &list->anchor;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->anchor.next == &list->anchor;
}

/* node must be in no list; place is a node in a list. */
static inline void list_insert_after(struct list_node *place, struct list_node *node)
{
	node->previous = place;
	node->next = place->next;
	place->next->previous = node;
	place->next = node;
}

static inline void list_add_first(struct list *list, struct list_node *node)
{
	list_insert_after(&list->anchor, node);
}

static inline void list_add_last(struct list *list, struct list_node *node)
{
	list_insert_after(list->anchor.previous, node);
}

/* Takes node out of its list; its links are NULL afterwards, so that a second removal faults. */
static inline void list_remove(struct list_node *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	node->next = NULL;
	node->previous = NULL;
}

/* True when node is in a list; it must be zeroed memory or have been in one. */
static inline bool list_is_linked(const struct list_node *node)
{
	return node->next != NULL;
}

/* NULL when the list is empty. */
static inline struct list_node *list_first(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->anchor.next;
}

static inline struct list_node *list_last(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->anchor.previous;
}

/* Takes the first node out and returns it; NULL when there is none. */
static inline struct list_node *list_take_first(struct list *list)
{
	struct list_node *node = list_first(list);

	if (node)
		list_remove(node);
	return node;
}

/* entry goes over all structures from first to last; the body must not remove entry. */
#define list_for_each(entry, list, member)						\
	for (const struct list_node *end_##entry = &(list)->anchor,			\
	     *node_##entry = end_##entry->next;						\
	     node_##entry != end_##entry &&						\
	     ((entry) = container_of(node_##entry, __typeof__(*(entry)), member), 1);	\
	     node_##entry = node_##entry->next)

#endif
