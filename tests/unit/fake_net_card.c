// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network card whose driver is a few counters, its client, and what a port stands on.
 */
#include "tests/unit/fake_net_card.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "arch/board/device_timer.h"
#include "arch/cpu/time.h"
#include "lib/error.h"
#include "mm/frames.h"
#include "mm/host_map.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cpu native_cpu;

struct fake_card card;
struct fake_client client;
uint64_t now, alarm_at, time_step;
char events[256];
bool has_interrupts;
const struct pci_irq_ops *irq;

static unsigned held;

/* --- what it stands on ------------------------------------------------------------------- */

uint64_t time_ns(void)
{
	return now += time_step;
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

bool raise_interrupt(void)
{
	return irq->raised(&card.device);
}

static struct device_timer *timer;

void device_timer_start(struct device_timer *of, uint64_t nanoseconds)
{
	timer = of;
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
	card.stop_asked = 0;
}

static enum wait_result card_has_stopped(struct net_device *device)
{
	(void)device;
	if (card.stop_asked++ < card.stop_lasts)
		return WAIT_LATER;
	return card.does_not_stop ? WAIT_FAILED : WAIT_DONE;
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
	if (card.done_after > 0 && --card.done_after == 0)
		done = card.filled;
	card.filled -= done;
	card.done = 0;
	return card.is_nonsense ? -E_IO : (int)done;
}

static enum net_received card_receive(struct net_device *device, const uint8_t **bytes,
				      uint32_t *length)
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

static bool card_irq_enable(struct net_device *device)
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

static void card_irq_disable(struct net_device *device)
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
	card_start, card_stop, card_has_stopped, card_buffer, card_send, card_kick, card_reclaim,
	card_receive,
	card_give_back, card_irq_enable, card_irq_disable, card_acknowledge, card_link,
};

/* --- the client ------------------------------------------------------------------------------- */

static void client_begin(void *context)
{
	assert_int_equal(held, 0);
	assert_false(client.in_batch);
	assert_ptr_equal(context, &client);
	client.in_batch = true;
	client.batches++;
}

static void client_end(void *context)
{
	assert_int_equal(held, 0);
	assert_true(client.in_batch);
	assert_ptr_equal(context, &client);
	client.in_batch = false;
}

static void client_received(void *context, const uint8_t *bytes, uint32_t length)
{
	assert_true(client.in_batch && held);
	assert_ptr_equal(context, &client);
	assert_ptr_equal(bytes, card.device.receive_memory);
	assert_int_equal(length, 60);
	client.received++;
	now += client.receive_time;
	client.time_received += client.receive_time;
}

static void client_writable(void *context)
{
	assert_false(held || client.in_batch);
	assert_ptr_equal(context, &client);
	client.writable++;
	if (client.on_writable)
		client.on_writable();
}

static const struct net_client calls = {
	client_begin, client_end, client_received, client_writable, &client,
};

int card_open(void)
{
	return net_device_open(&card.device, &calls);
}

void card_reset(void)
{
	memset(&card, 0, sizeof(card));
	card.device.ops = &ops;
	card.device.driver = "test";
	card.device.pci = &card.pci;
	card.link = card.mine = true;
	card.kind = NET_FRAME;
	memset(&client, 0, sizeof(client));
	events[0] = '\0';
	alarm_at = UINT64_MAX;
	time_step = 0;
	now += 1000 * MS;
	list_init(net_devices());
}

uint64_t card_tick(void)
{
	return timer->tick();
}

void run_until(uint64_t end)
{
	while (alarm_at <= end) {
		uint64_t again;

		now = alarm_at > now ? alarm_at : now;
		alarm_at = UINT64_MAX;
		again = card_tick();
		if (again != 0)
			device_timer_start(timer, again);
		assert_int_equal(held, 0);
	}
	now = end > now ? end : now;
}

int card_setup(void **state)
{
	(void)state;
	has_interrupts = true;
	card_reset();
	net_device_add(&card.device);
	assert_int_equal(card_open(), 0);
	run_until(now + MS);
	assert_string_equal(events + strlen(events) - strlen(" state=up;"), " state=up;");
	assert_true(card.listening);
	events[0] = '\0';
	return 0;
}

int card_teardown(void **state)
{
	(void)state;
	free(card.device.send_memory);
	free(card.device.receive_memory);
	return 0;
}

enum wire_result send_frame(uint32_t header, uint32_t payload)
{
	static uint8_t bytes[2048];
	const struct net_pieces frame = { bytes, bytes, header, payload, NULL };

	memset(bytes, 0x5A, sizeof(bytes));
	return net_device_send(&card.device, &frame);
}

void assert_event(const char *name, const char *rest)
{
	char text[128];

	snprintf(text, sizeof(text), "%s port=%s %s;", name, card.device.name, rest);
	assert_string_equal(events, text);
}
