// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/phys/net_device.c with a card and a clock of their own. */
#include "arch/log.h"
#include "arch/time.h"
#include "drivers/phys/net_device.h"
#include "drivers/phys/pci_irq.h"
#include "lib/error.h"
#include "mm/frames.h"
#include "mm/host_map.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000ull
#define RING 4

static uint64_t now, alarm_at;
static unsigned held, buffers_made;
static char events[256];
static bool has_interrupts;
static const struct pci_irq_ops *irq;

/* The card. */
static struct {
	struct net_device device;
	struct pci_device pci;
	unsigned starts, stops, kicks, filled, done, late_frames, listens, mutes, asked, links;
	uint32_t sent_length;
	bool link, is_nonsense, does_not_start, listening, mine;
	unsigned waiting;		/* frames that came in; UINT_MAX: without end */
	enum net_received kind;
	unsigned given_back;
} card;

static unsigned received, writable, batches;
static bool in_batch;
static uint64_t receive_time, time_received;
static void (*on_writable)(void);

/* --- what it stands on ------------------------------------------------------------------- */

uint64_t time_ns(void)
{
	return now;
}

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->rank, LOCK_NET);
	assert_int_equal(held++, 0);
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
	assert_int_equal(held--, 1);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void log_event(const char *name, const char *format, ...)
{
	size_t length = strlen(events);
	va_list arguments;
	char text[64];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(events + length, sizeof(events) - length, "%s %s;", name, text);
}

void *pages_alloc(uint32_t count)
{
	buffers_made++;
	return calloc(count, PAGE_SIZE);
}

void pages_free(void *pages, uint32_t count)
{
	(void)count;
	free(pages);
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	(void)pointer;
	*run = PAGE_SIZE;
	return 0x100000;
}

int pci_irq_attach(struct pci_device *device, const struct pci_irq_ops *ops, void *context)
{
	assert_ptr_equal(device, &card.pci);
	assert_ptr_equal(context, &card.device);
	irq = ops;
	return has_interrupts ? 0 : -E_UNSUPPORTED;
}

/* Whether there was something to do. */
static bool interrupt(void)
{
	return irq->raised(&card.device);
}

static void alarm(uint64_t nanoseconds)
{
	if (now + nanoseconds < alarm_at)
		alarm_at = now + nanoseconds;
}

/* --- the card ------------------------------------------------------------------------------ */

static int card_start(struct net_device *device)
{
	(void)device;
	card.starts++;
	card.filled = card.done = 0;
	card.listening = false;
	return card.does_not_start ? -E_IO : 0;
}

static void card_stop(struct net_device *device)
{
	(void)device;
	card.stops++;
}

static uint8_t *card_buffer(struct net_device *device)
{
	return card.filled < RING ? device->send_memory + card.filled * NET_BUFFER_SIZE : NULL;
}

static void card_send(struct net_device *device, uint32_t length)
{
	(void)device;
	assert_true(held && card.filled < RING);
	card.filled++;
	card.sent_length = length;
}

static void card_kick(struct net_device *device)
{
	(void)device;
	card.kicks++;
}

static int card_reclaim(struct net_device *device)
{
	unsigned done = card.done;

	(void)device;
	card.filled -= done;
	card.done = 0;
	return card.is_nonsense ? -E_IO : (int)done;
}

static enum net_received card_receive(struct net_device *device, const uint8_t **bytes, uint32_t *length)
{
	assert_true(held);
	if (card.waiting == 0)
		return NET_NOTHING;
	if (card.waiting != UINT32_MAX)
		card.waiting--;
	*bytes = device->receive_memory;
	*length = 60;
	return card.kind;
}

static void card_give_back(struct net_device *device)
{
	(void)device;
	card.given_back++;
}

static bool card_listen(struct net_device *device)
{
	(void)device;
	card.listens++;
	card.listening = true;
	if (card.late_frames == 0)
		return true;
	card.waiting += card.late_frames;
	card.late_frames = 0;
	return false;
}

static void card_mute(struct net_device *device)
{
	(void)device;
	card.mutes++;
	card.listening = false;
}

static bool card_acknowledge(struct net_device *device)
{
	device->link_asked = true;
	card.asked++;
	return card.mine;
}

static bool card_link(struct net_device *device)
{
	(void)device;
	card.links++;
	return card.link;
}

static const struct net_device_ops ops = {
	card_start, card_stop, card_buffer, card_send, card_kick, card_reclaim, card_receive,
	card_give_back, card_listen, card_mute, card_acknowledge, card_link,
};

/* --- the client -------------------------------------------------------------------------------- */

static void client_begin(void *context)
{
	assert_int_equal(held, 0);
	assert_false(in_batch);
	assert_ptr_equal(context, &received);
	in_batch = true;
	batches++;
}

static void client_end(void *context)
{
	assert_int_equal(held, 0);
	assert_true(in_batch);
	assert_ptr_equal(context, &received);
	in_batch = false;
}

static void client_received(void *context, const uint8_t *bytes, uint32_t length)
{
	assert_true(in_batch && held);
	assert_ptr_equal(context, &received);
	assert_ptr_equal(bytes, card.device.receive_memory);
	assert_int_equal(length, 60);
	received++;
	now += receive_time;
	time_received += receive_time;
}

static void client_writable(void *context)
{
	assert_false(held || in_batch);
	assert_ptr_equal(context, &received);
	writable++;
	if (on_writable)
		on_writable();
}

static const struct net_client client = {
	client_begin, client_end, client_received, client_writable, &received,
};

static void reset_all(void)
{
	memset(&card, 0, sizeof(card));
	card.device.ops = &ops;
	card.device.driver = "test";
	card.device.pci = &card.pci;
	card.link = card.mine = true;
	card.kind = NET_FRAME;
	received = writable = 0;
	receive_time = time_received = 0;
	on_writable = NULL;
	events[0] = '\0';
	alarm_at = UINT64_MAX;
	now += 1000 * MS;
	net_devices_set_alarm(alarm);
	list_init(net_devices());
}

/* As if the timer had come when it was wanted; and again, until the time. */
static void run_until(uint64_t end)
{
	while (alarm_at <= end) {
		uint64_t again;

		now = alarm_at > now ? alarm_at : now;
		alarm_at = UINT64_MAX;
		again = net_devices_tick();
		if (again != 0)
			alarm(again);
		assert_int_equal(held, 0);
	}
	now = end > now ? end : now;
}

static int setup(void **state)
{
	(void)state;
	has_interrupts = true;
	reset_all();
	net_device_add(&card.device);
	assert_int_equal(net_device_open(&card.device, &client), 0);
	run_until(now + MS);
	assert_string_equal(events + strlen(events) - strlen(" state=up;"), " state=up;");
	assert_true(card.listening);
	events[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(card.device.send_memory);
	free(card.device.receive_memory);
	return 0;
}

static enum wire_result send(uint32_t header, uint32_t payload)
{
	static uint8_t bytes[2048];
	const struct wire_frame frame = { bytes, bytes, header, payload };

	memset(bytes, 0x5A, sizeof(bytes));
	return net_device_send(&card.device, &frame);
}

/* That event, and no other. */
static void assert_event(const char *name, const char *rest)
{
	char text[128];

	snprintf(text, sizeof(text), "%s port=%s %s;", name, card.device.name, rest);
	assert_string_equal(events, text);
}

/* --- sending ------------------------------------------------------------------------------------- */

static void sends(void **state)
{
	uint8_t *buffer = card.device.send_memory;

	(void)state;
	memset(buffer, 0xEE, 100);
	assert_int_equal(send(14, 20), WIRE_SENT);
	assert_int_equal(card.sent_length, 60);
	assert_int_equal(buffer[33], 0x5A);
	for (unsigned i = 34; i < 60; i++)
		assert_int_equal(buffer[i], 0);
	assert_int_equal(send(54, 1460), WIRE_SENT);
	assert_int_equal(card.sent_length, 1514);
	assert_int_equal(card.kicks, 0);
	net_device_flush(&card.device);
	assert_int_equal(card.kicks, 1);
}

/* Without room the client hears of it when there is some, and no sooner. */
static void full(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RING; i++)
		assert_int_equal(send(60, 0), WIRE_SENT);
	assert_int_equal(send(60, 0), WIRE_FULL);
	net_device_flush(&card.device);
	run_until(now + MS);
	assert_int_equal(writable, 0);
	card.done = 2;
	run_until(now + MS);
	assert_int_equal(writable, 1);
	/* Room is looked for before it is said that there is none. */
	assert_int_equal(send(60, 0) + send(60, 0), 2 * WIRE_SENT);
	card.done = 1;
	assert_int_equal(send(60, 0), WIRE_SENT);
	net_device_want_room(&card.device);
	card.done = 1;
	run_until(now + MS);
	assert_int_equal(writable, 2);
}

static void link_down(void **state)
{
	struct net_status status;

	(void)state;
	card.link = false;
	interrupt();
	assert_event("link", "state=down");
	assert_int_equal(send(60, 0), WIRE_DROPPED);
	card.link = true;
	interrupt();
	assert_int_equal(send(60, 0), WIRE_SENT);
	net_device_status(&card.device, &status);
	assert_true(status.link && status.counters.dropped == 1 && status.counters.sent == 1);
}

/* What is under way when the link goes has time until it is back. */
static void link_down_is_no_silence(void **state)
{
	(void)state;
	assert_int_equal(send(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	card.link = false;
	interrupt();
	run_until(now + 10000 * MS);
	assert_int_equal(card.starts, 1);
}

static void silent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(send(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		run_until(now + 1900 * MS);
		assert_int_equal(card.starts, 1 + i);
		run_until(now + 300 * MS);
		assert_int_equal(card.starts, 2 + i);
	}
	/* It has sent something, so it has another three chances. */
	assert_int_equal(send(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	card.done = 1;
	run_until(now + 1000 * MS);
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(events, "");
		assert_int_equal(send(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		run_until(now + 2500 * MS);
	}
	assert_event("net-lost", "cause=\"it does not send\"");
	assert_int_equal(card.starts, 5);
	assert_int_equal(send(60, 0), WIRE_DROPPED);
	/* Nothing touches it any more. */
	card.asked = 0;
	interrupt();
	assert_int_equal(card.asked, 0);
	assert_int_equal(net_devices_tick(), 0);
}

/* Whoever waits for room in a card that is given up hears of it, to throw away what it has. */
static void lost_while_full(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		while (send(60, 0) == WIRE_SENT)
			;
		net_device_flush(&card.device);
		run_until(now + 2500 * MS);
	}
	assert_event("net-lost", "cause=\"it does not send\"");
	assert_int_equal(writable, 3);
}

static void nonsense(void **state)
{
	(void)state;
	card.is_nonsense = true;
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(events, "");
		interrupt();
	}
	assert_event("net-lost", "cause=\"it talks nonsense\"");
	assert_int_equal(card.starts, 3);
}

static void nonsense_received(void **state)
{
	(void)state;
	card.waiting = 1;
	card.kind = NET_NONSENSE;
	interrupt();
	assert_int_equal(card.starts, 2);
	assert_int_equal(received + card.given_back, 0);
	card.does_not_start = true;
	card.waiting = 1;
	interrupt();
	assert_event("net-lost", "cause=\"it cannot be reset\"");
}

/* --- receiving ------------------------------------------------------------------------------------- */

static void receives(void **state)
{
	(void)state;
	card.waiting = 10;
	card.late_frames = 3;
	card.listens = 0;
	assert_true(interrupt());
	assert_int_equal(received, 13);
	assert_int_equal(card.given_back, 13);
	assert_int_equal(card.listens, 2);
	batches = 0;
	card.waiting = 60;
	assert_true(interrupt());
	assert_int_equal(received, 73);
	assert_int_equal(batches, 4);
	received = card.given_back = 13;
	assert_true(card.listening);
	card.kind = NET_DAMAGED;
	card.waiting = 2;
	interrupt();
	assert_int_equal(received, 13);
	assert_int_equal(card.given_back, 15);
	card.mine = false;
	card.waiting = 1;
	interrupt();
	assert_int_equal(card.given_back, 15);
}

/* A quarter of the CPU at most, in pieces, and no interrupt while it lasts. */
static void flood(void **state)
{
	uint64_t begin = now;
	unsigned before;

	(void)state;
	card.waiting = UINT32_MAX;
	receive_time = 10000;
	interrupt();
	assert_true(received <= 128);
	assert_false(card.listening);
	before = card.listens;
	run_until(begin + 1000 * MS);
	assert_int_equal(card.listens, before);
	assert_true(time_received > 200 * MS && time_received < 260 * MS);
	card.waiting = 0;
	run_until(now + 100 * MS);
	assert_true(card.listening);
	assert_true(alarm_at == UINT64_MAX);
}

/* A frame that takes as long as none can has the card wait for a bounded time. */
static void held_up(void **state)
{
	(void)state;
	card.waiting = 1;
	receive_time = 10000 * MS;
	interrupt();
	assert_false(card.listening);
	run_until(now + 25 * MS);
	assert_true(card.listening);
}

/* Interrupts without end and without a reason take a part of the time, too, and are told as such. */
static void storm(void **state)
{
	unsigned asked;

	(void)state;
	assert_true(interrupt());	/* of the link, which came up */
	asked = card.asked;
	for (unsigned i = 0; i < 100000; i++) {
		now += 1000;
		if (card.listening)
			assert_false(interrupt());
		run_until(now);
	}
	/* 3 us each, as it is reckoned, are to be a quarter of 100 ms. */
	assert_true(card.asked - asked > 5000 && card.asked - asked < 10000);
}

/* Those of a card that does not let itself be muted cost no more than asking it. */
static void deaf_storm(void **state)
{
	(void)state;
	card.waiting = UINT32_MAX;
	receive_time = 10000;
	while (card.listening)
		assert_true(interrupt());
	received = 0;
	for (unsigned i = 0; i < 1000; i++)
		assert_false(interrupt());
	assert_int_equal(received, 0);
}

/* The timer was faster: a reason for one interrupt, not for more. */
static void late_interrupt(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		net_device_want_room(&card.device);
		card.waiting = 3;
		run_until(now + MS);
		assert_int_equal(received, 3 * (i + 1));
		assert_true(card.listening);
		assert_true(interrupt());
		assert_false(interrupt());
	}
}

static void silenced(void **state)
{
	struct net_status status;

	(void)state;
	irq->silenced(&card.device);
	net_device_status(&card.device, &status);
	assert_true(status.is_polled);
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(received, 5);
}

static void no_interrupts(void **state)
{
	struct net_status status;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		net_device_status(&card.device, &status);
		assert_false(status.is_polled);
		assert_int_equal(send(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		card.done = card.waiting = 1;
		run_until(now + 200 * MS);
		assert_int_equal(received, i + 1);
	}
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(received, 13);
}

static void never_any(void **state)
{
	(void)state;
	has_interrupts = false;
	reset_all();
	net_device_add(&card.device);
	assert_int_equal(net_device_open(&card.device, &client), 0);
	run_until(now + MS);
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(received, 5);
	assert_int_equal(card.listens, 0);
}

static void open_without_link(void)
{
	reset_all();
	card.link = false;
	net_device_add(&card.device);
	assert_int_equal(net_device_open(&card.device, &client), 0);
	run_until(now + 5000 * MS);
	assert_string_equal(events, "");
	assert_int_equal(send(60, 0), WIRE_DROPPED);
}

/* A line that leads nowhere, and a link that takes its time, as all do after a reset. */
static void deaf_without_link(void **state)
{
	(void)state;
	open_without_link();
	card.link = true;
	run_until(now + 101 * MS);
	assert_event("link", "state=up");
	assert_int_equal(send(60, 0), WIRE_SENT);
	for (unsigned i = 0; i < 8; i++) {
		card.waiting = 1;
		run_until(now + 101 * MS);
		assert_int_equal(received, i + 1);
	}
	card.waiting = 1;
	run_until(now + 2 * MS);
	assert_int_equal(received, 9);
}

/* A link that comes and goes is as good a sign as frames are. */
static void deaf_to_link(void **state)
{
	struct net_status status;

	(void)state;
	open_without_link();
	for (unsigned i = 0; i < 8; i++) {
		net_device_status(&card.device, &status);
		assert_false(status.is_polled);
		card.link = !card.link;
		run_until(now + 101 * MS);
	}
	net_device_status(&card.device, &status);
	assert_true(status.is_polled);
}

static void polled_link(void **state)
{
	unsigned links;

	(void)state;
	interrupt();
	irq->silenced(&card.device);
	for (unsigned i = 0; i < 2; i++) {
		card.link = i;
		links = card.links;
		run_until(now + 1000 * MS);
		assert_event("link", i ? "state=up" : "state=down");
		assert_in_range(card.links - links, 9, 11);
		events[0] = '\0';
	}
}

static void polled_without_link(void **state)
{
	(void)state;
	has_interrupts = false;
	open_without_link();
	card.link = true;
	run_until(now + 101 * MS);
	assert_event("link", "state=up");
}

/* Whoever was heard once is believed: nobody looks while nothing happens. */
static void idle(void **state)
{
	unsigned links;

	(void)state;
	interrupt();
	run_until(now + 101 * MS);
	assert_true(alarm_at == UINT64_MAX && card.device.due == UINT64_MAX);
	links = card.links;
	run_until(now + 10000 * MS);
	assert_int_equal(card.links, links);
}

static void interrupt_again(void)
{
	on_writable = NULL;
	card.waiting += 2;
	assert_true(interrupt());
	/* Somebody takes frames in already, so this one did not. */
	assert_int_equal(received, 1);
}

/* An interrupt on another CPU meanwhile is not lost. */
static void at_once(void **state)
{
	(void)state;
	net_device_want_room(&card.device);
	card.waiting = 1;
	on_writable = interrupt_again;
	alarm_at = now;
	card.device.due = now;
	run_until(now);
	run_until(now + MS);
	assert_int_equal(received, 3);
	assert_true(card.listening);
}

static void ask_link_again(void)
{
	on_writable = NULL;
	card.link = card.mine = false;
	interrupt();
	/* Muted, that is somebody else's interrupt; but it is over now. */
	assert_true(card.device.link_asked && card.device.link);
}

static void link_goes_at_once(void **state)
{
	(void)state;
	interrupt();
	net_device_want_room(&card.device);
	on_writable = ask_link_again;
	run_until(now + MS);
	assert_event("link", "state=down");
	assert_true(card.listening);
}

static void opens_once(void **state)
{
	(void)state;
	assert_int_equal(net_device_open(&card.device, &client), -E_EXIST);
	assert_ptr_equal(net_device_find(card.device.name), &card.device);
	assert_null(net_device_find("net99"));
}

static void does_not_open(void **state)
{
	(void)state;
	reset_all();
	net_device_add(&card.device);
	/* Nobody has opened it: an interrupt of somebody else's line is not answered. */
	interrupt();
	assert_int_equal(card.asked, 0);
	card.does_not_start = true;
	assert_int_equal(net_device_open(&card.device, &client), -E_IO);
	assert_int_equal(card.stops, 1);
	assert_int_equal(send(60, 0), WIRE_DROPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(link_down, setup, teardown),
		cmocka_unit_test_setup_teardown(link_down_is_no_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(silent, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_while_full, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_received, setup, teardown),
		cmocka_unit_test_setup_teardown(receives, setup, teardown),
		cmocka_unit_test_setup_teardown(flood, setup, teardown),
		cmocka_unit_test_setup_teardown(held_up, setup, teardown),
		cmocka_unit_test_setup_teardown(storm, setup, teardown),
		cmocka_unit_test_setup_teardown(deaf_storm, setup, teardown),
		cmocka_unit_test_setup_teardown(late_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(silenced, setup, teardown),
		cmocka_unit_test_setup_teardown(no_interrupts, setup, teardown),
		cmocka_unit_test_setup_teardown(at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(link_goes_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(opens_once, setup, teardown),
		cmocka_unit_test_setup_teardown(polled_link, setup, teardown),
		cmocka_unit_test_setup_teardown(idle, setup, teardown),
		cmocka_unit_test_teardown(deaf_without_link, teardown),
		cmocka_unit_test_teardown(deaf_to_link, teardown),
		cmocka_unit_test_teardown(polled_without_link, teardown),
		cmocka_unit_test_teardown(never_any, teardown),
		cmocka_unit_test_teardown(does_not_open, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
