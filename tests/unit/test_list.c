// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/list.h. */
#include "lib/list.h"
#include "tests/unit/unit.h"

struct item {
	char letter;
	struct list_node link;
};

/* The letters of a list in order, checked backwards as well. */
static const char *letters(struct list *list)
{
	static char text[16];
	struct item *item;
	size_t length = 0;
	const struct list_node *node = list->anchor.previous;

	list_for_each(item, list, link)
		text[length++] = item->letter;
	text[length] = '\0';
	for (; node != &list->anchor; node = node->previous)
		assert_int_equal(container_of(node, struct item, link)->letter, text[--length]);
	assert_int_equal(length, 0);
	return text;
}

static void test_empty(void **state)
{
	struct list fixed = LIST_INIT(fixed);
	struct list list;

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	assert_true(list_is_empty(&fixed));
	assert_null(list_first(&list));
	assert_null(list_last(&list));
	assert_string_equal(letters(&list), "");
}

static void test_adding(void **state)
{
	struct item a = { .letter = 'a' }, b = { .letter = 'b' };
	struct item c = { .letter = 'c' }, d = { .letter = 'd' };
	struct list list;

	(void)state;
	list_init(&list);
	list_add_last(&list, &b.link);
	list_add_first(&list, &a.link);
	list_add_last(&list, &d.link);
	list_insert_after(&b.link, &c.link);
	assert_string_equal(letters(&list), "abcd");
	assert_ptr_equal(list_first(&list), &a.link);
	assert_ptr_equal(list_last(&list), &d.link);
	list_remove(&b.link);
	assert_string_equal(letters(&list), "acd");
	/* A second removal would fault. */
	assert_null(b.link.next);
	assert_null(b.link.previous);
	list_insert_after(&d.link, &b.link);
	assert_string_equal(letters(&list), "acdb");
}

static void test_taking(void **state)
{
	struct item a = { .letter = 'a' }, b = { .letter = 'b' };
	struct list list;

	(void)state;
	list_init(&list);
	assert_null(list_take_first(&list));
	assert_false(list_is_linked(&a.link));
	list_add_last(&list, &a.link);
	list_add_last(&list, &b.link);
	assert_true(list_is_linked(&b.link));
	assert_ptr_equal(list_take_first(&list), &a.link);
	assert_false(list_is_linked(&a.link));
	assert_string_equal(letters(&list), "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_taking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
