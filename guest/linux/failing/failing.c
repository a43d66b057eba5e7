// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that lets the kernel fail, as a driver with a bug would: the name of
 * a way to fail, written to /proc/failing.  Tests of what comes of it use this.
 */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#define LONGEST_NAME 16

static int *nowhere;

static void write_to_nowhere(void)
{
	WRITE_ONCE(*READ_ONCE(nowhere), 1);
}

static void find_a_bug(void)
{
	BUG();
}

static void warn(void)
{
	WARN(true, "a warning was asked for");
}

static void timer_writes_to_nowhere(struct timer_list *timer)
{
	write_to_nowhere();
}

/* In an interrupt there is no process that could end for it. */
static void fail_in_interrupt(void)
{
	static DEFINE_TIMER(timer, timer_writes_to_nowhere);

	mod_timer(&timer, jiffies + 1);
	schedule_timeout_uninterruptible(HZ);
}

static const struct {
	const char *name;
	void (*fail)(void);
} ways[] = {
	{ "null", write_to_nowhere },
	{ "bug", find_a_bug },
	{ "warn", warn },
	{ "interrupt", fail_in_interrupt },
};

static ssize_t failing_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	char name[LONGEST_NAME] = "";

	if (size >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, size))
		return -EFAULT;
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		if (sysfs_streq(name, ways[i].name)) {
			ways[i].fail();
			return size;
		}
	}
	return -EINVAL;
}

static const struct proc_ops failing_ops = {
	.proc_write	= failing_write,
};

static int __init failing_init(void)
{
	return proc_create("failing", 0200, NULL, &failing_ops) ? 0 : -ENOMEM;
}
module_init(failing_init);

static void __exit failing_exit(void)
{
	remove_proc_entry("failing", NULL);
}
module_exit(failing_exit);

MODULE_DESCRIPTION("Lets the kernel fail in ways that a test asks for");
MODULE_LICENSE("GPL");
