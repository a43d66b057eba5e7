// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that a rule of the kernel's filter drops, counted by it, in a network of the test's
 * own. The table goes to the kernel as iptables gives it there (linux/netfilter_ipv4/ip_tables.h).
 */
#include "guest/linux/usertest/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h>

#define PORT 7070
#define DROPPED "127.9.9.9"
#define ADMITTED "127.0.0.1"
/* The rule, what is done with all else at each of the three hooks, and the table's end. */
#define RULES 5u
#define TABLE_HOOKS (1u << NF_INET_LOCAL_IN | 1u << NF_INET_FORWARD | 1u << NF_INET_LOCAL_OUT)

struct rule {
	struct ipt_entry entry;
	struct xt_standard_target target;
};

struct last {
	struct ipt_entry entry;
	struct xt_error_target target;
};

struct table {
	struct ipt_replace head;
	struct rule rules[RULES - 1];
	struct last last;
};

/* A verdict is kept as its negative, less one, so that positive ones can be places to jump to. */
static void set_rule(struct rule *rule, int verdict)
{
	rule->entry.target_offset = offsetof(struct rule, target);
	rule->entry.next_offset = sizeof(*rule);
	rule->target.target.u.user.target_size = sizeof(rule->target);
	rule->target.verdict = -verdict - 1;
}

static void set_last(struct last *last)
{
	last->entry.target_offset = offsetof(struct last, target);
	last->entry.next_offset = sizeof(*last);
	last->target.target.u.user.target_size = sizeof(last->target);
	strcpy(last->target.target.u.user.name, XT_ERROR_TARGET);
	strcpy(last->target.errorname, "ERROR");
}

/* The rule is in front of what is done with input. */
static void set_table(struct table *table, int verdict)
{
	const unsigned rule = sizeof(struct rule);
	struct ipt_replace *head = &table->head;

	strcpy(head->name, "filter");
	head->valid_hooks = TABLE_HOOKS;
	head->num_entries = RULES;
	head->size = sizeof(*table) - sizeof(*head);
	head->underflow[NF_INET_LOCAL_IN] = rule;
	head->hook_entry[NF_INET_FORWARD] = head->underflow[NF_INET_FORWARD] = 2 * rule;
	head->hook_entry[NF_INET_LOCAL_OUT] = head->underflow[NF_INET_LOCAL_OUT] = 3 * rule;
	for (unsigned i = 0; i < RULES - 1; i++)
		set_rule(&table->rules[i], i == 0 ? verdict : NF_ACCEPT);
	set_last(&table->last);
	table->rules[0].entry.ip.proto = IPPROTO_UDP;
	inet_pton(AF_INET, DROPPED, &table->rules[0].entry.ip.dst);
	memset(&table->rules[0].entry.ip.dmsk, 0xFF, sizeof(struct in_addr));
}

/* Have the kernel filter so; 0, or an error of errno.h. */
static int filter(int verdict)
{
	struct table table = { 0 };
	struct xt_counters old[64];
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t size = sizeof(info);
	int control = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), error = 0;

	if (control < 0)
		return errno;
	set_table(&table, verdict);
	/* The kernel gives back what the rules of before have counted. */
	if (getsockopt(control, IPPROTO_IP, IPT_SO_GET_INFO, &info, &size) != 0)
		error = errno;
	table.head.num_counters = info.num_entries;
	table.head.counters = old;
	if (!error && info.num_entries > 64)
		error = E2BIG;
	if (!error &&
	    setsockopt(control, IPPROTO_IP, IPT_SO_SET_REPLACE, &table, sizeof(table)) != 0)
		error = errno;
	close(control);
	return error;
}

/* How many packets have met the rule. */
static uint64_t count_met(void)
{
	struct {
		struct ipt_get_entries head;
		struct rule rules[RULES - 1];
		struct last last;
	} found = { .head = { .name = "filter" } };
	socklen_t size = sizeof(found);
	int control = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	found.head.size = sizeof(found.rules) + sizeof(found.last);
	if (getsockopt(control, IPPROTO_IP, IPT_SO_GET_ENTRIES, &found, &size) != 0)
		test_fail("the counters: %s", strerror(errno));
	close(control);
	return found.rules[0].entry.counters.pcnt;
}

static bool start_loopback(int any)
{
	struct ifreq device = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return ioctl(any, SIOCSIFFLAGS, &device) == 0;
}

static bool send_byte(int file, const char *address, char byte)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, address, &to.sin_addr);
	return sendto(file, &byte, 1, 0, (void *)&to, sizeof(to)) == 1;
}

/* One to each address, which do not overtake each other; the first that comes. */
static char first_of_both(int file)
{
	char byte = 0;

	if (!send_byte(file, DROPPED, 'd') || !send_byte(file, ADMITTED, 'a') ||
	    recv(file, &byte, 1, 0) != 1)
		test_fail("UDP: %s", strerror(errno));
	return byte;
}

TEST(netfilter, drop)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int file, error = unshare(CLONE_NEWNET) == 0 ? 0 : errno;
	uint64_t met;
	char first;

	if (error || (error = filter(NF_DROP)) == ENOPROTOOPT) {
		test_skip("no network or no filter of the test's own: %s", strerror(error));
		return;
	}
	CHECK(error == 0, "the table: %s", strerror(error));
	file = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(start_loopback(file) && bind(file, (void *)&any, sizeof(any)) == 0, "%s",
	      strerror(errno));
	first = first_of_both(file);
	met = count_met();
	CHECK(first == 'a' && met == 1, "'%c' came first, and the rule was met %llu times", first,
	      (unsigned long long)met);
	error = filter(NF_ACCEPT);
	CHECK(error == 0, "the other table: %s", strerror(error));
	first = first_of_both(file);
	CHECK(first == 'd', "'%c' came first though nothing is dropped any more", first);
}
