// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives frames: after interrupts, or by the timer if there are none or they cost too much.  One
 * CPU at a time receives (is_polling), and releases the port's lock when the client must take a
 * lock that comes before it.
 */
#include "drivers/net/net_internal.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/time.h"
#include "drivers/net/net_credit.h"
#include "lib/compiler.h"

/* Frames received before the client may send, and with its lock taken once. */
#define RECEIVE_BUDGET 64u
#define RECEIVE_BATCH 16u

static struct net_credit credits[MAX_CPUS];	/* each CPU's own */

/* --- rounds ---------------------------------------------------------------------------------- */

/* Receives one frame; false when the card has no more. */
static bool take_frame(struct net_device *device)
{
	const uint8_t *bytes;
	uint32_t length;

	switch (device->ops->receive(device, &bytes, &length)) {
	case NET_NOTHING:
		return false;
	case NET_NONSENSE:
		net_restart(device, "it talks nonsense");
		return false;
	case NET_FRAME:
		device->counters.received++;
		device->client.received(device->client.context, bytes, length);
		break;
	case NET_DAMAGED:
		device->counters.damaged++;
		break;
	}
	device->ops->give_back(device);
	return true;
}

/* Called with the port's lock held; releases it to take the client's lock, which comes first. */
static bool take_batch(struct net_device *device)
{
	bool more = true;

	spin_unlock(&device->lock);
	device->client.begin(device->client.context);
	spin_lock(&device->lock);
	for (unsigned i = 0; more && i < RECEIVE_BATCH; i++)
		more = take_frame(device);
	spin_unlock(&device->lock);
	device->client.end(device->client.context);
	spin_lock(&device->lock);
	return more;
}

/* True when there is more. */
static bool take_frames(struct net_device *device)
{
	for (unsigned i = 0; i < RECEIVE_BUDGET / RECEIVE_BATCH; i++)
		if (!take_batch(device))
			return false;
	return true;
}

/* Without a link frames are dropped, for which there is always room. */
static void call_writable(struct net_device *device)
{
	if (!device->wants_room ||
	    (device->state == NET_RUNNING && device->link && !net_has_room(device)))
		return;
	device->wants_room = false;
	spin_unlock(&device->lock);
	device->client.writable(device->client.context);
	spin_lock(&device->lock);
}

/* Does one round; true when frames make another one due at once. */
static bool look(struct net_device *device)
{
	uint64_t since = time_ns();
	bool more;

	device->again = false;
	if (device->link_asked)
		net_check_link(device);
	more = take_frames(device);
	if (device->state == NET_RUNNING)
		net_watch_sending(device);
	call_writable(device);
	net_credit_charge(&credits[this_cpu()->id], since, time_ns());
	return more || device->again;
}

/* The line may lead nowhere, so that no interrupt ever arrives. */
static bool has_never_interrupted(const struct net_device *device)
{
	return device->counters.interrupts == 0;
}

/*
 * Decides when the timer polls and whether interrupts are enabled.  True: frames came in meanwhile.
 */
static bool rest(struct net_device *device, bool more)
{
	uint64_t wait = net_credit_wait(&credits[this_cpu()->id]);

	if (device->wants_room)
		net_look_after(device, NET_ROOM_PERIOD);
	if (device->in_flight > 0 || has_never_interrupted(device))
		net_look_after(device, NET_WATCH_PERIOD);
	if (device->watch.is_polled)
		net_look_after(device, IRQ_POLL_PERIOD);
	if (wait > 0 || more) {
		device->counters.pauses++;
		net_look_after(device, MAX(wait, NET_PAUSE_MIN));
		return false;
	}
	if (device->watch.is_polled)
		return false;
	device->irq_disabled = false;
	/* An interrupt that seemed to be another device's may have asked for the link. */
	if (device->ops->irq_enable(device) && !device->link_asked)
		return false;
	device->irq_disabled = true;
	device->ops->irq_disable(device);
	return true;
}

/*
 * Receives frames, when no other CPU does.  Called with the lock held, which it releases in
 * between.
 */
static void poll(struct net_device *device)
{
	bool more;

	device->is_polling = true;
	do {
		more = look(device);
	} while (device->state == NET_RUNNING && rest(device, more));
	device->is_polling = false;
}

/* --- interrupts and the timer ---------------------------------------------------------------- */

static void serve(struct net_device *device)
{
	if (device->irq_disabled)
		return;
	device->irq_disabled = true;
	device->ops->irq_disable(device);
	if (device->is_polling)
		device->again = true;
	else
		poll(device);
}

/*
 * Whether there was something new since the interrupt before: the timer may have found
 * it, or the round that this one came too late for.  Only frames and the link raise them.
 */
static bool had_reason(struct net_device *device)
{
	uint64_t frames = device->counters.received + device->counters.damaged;
	bool had = device->again || frames != device->frames_before ||
		   device->link != device->link_before;

	device->frames_before = frames;
	device->link_before = device->link;
	return had;
}

static bool raised(void *context)
{
	struct net_device *device = context;
	bool worked = false;

	spin_lock(&device->lock);
	if (device->state == NET_RUNNING && device->ops->acknowledge(device)) {
		device->counters.interrupts++;
		irq_watch_raised(&device->watch);
		serve(device);
		worked = had_reason(device);
	}
	spin_unlock(&device->lock);
	return worked;
}

static void silenced(void *context)
{
	struct net_device *device = context;

	spin_lock(&device->lock);
	device->watch.is_polled = true;
	if (device->state == NET_RUNNING)
		net_look_after(device, IRQ_POLL_PERIOD);
	spin_unlock(&device->lock);
}

const struct pci_irq_ops net_irq_ops = { raised, silenced };

/* A card without interrupts does not report changes of the link either. */
static void watch_link(struct net_device *device)
{
	uint64_t now = time_ns();

	if ((!device->watch.is_polled && !has_never_interrupted(device)) || now < device->link_due)
		return;
	device->link_asked = true;
	device->link_due = now + NET_WATCH_PERIOD;
}

/*
 * Called after the timer polled with interrupts enabled: did it find frames that raised no
 * interrupt?
 */
static void watch_interrupts(struct net_device *device, uint64_t received, bool link)
{
	if (device->counters.received == received && device->link == link)
		return;
	if (irq_watch_missed(&device->watch, "net", device->name))
		net_look_after(device, IRQ_POLL_PERIOD);
}

/* The timer's work on a running card. */
static void look_in(struct net_device *device)
{
	uint64_t received = device->counters.received;
	bool was_enabled = !device->irq_disabled, link = device->link;

	device->due = NET_NEVER;
	watch_link(device);
	if (device->is_polling)
		device->again = true;
	else
		poll(device);
	if (was_enabled)
		watch_interrupts(device, received, link);
}

uint64_t net_tick(struct net_device *device)
{
	uint64_t due;

	spin_lock(&device->lock);
	if (device->state == NET_RUNNING && time_ns() >= device->due) {
		look_in(device);
	} else if (device->state == NET_RESETTING && time_ns() >= device->due) {
		device->due = NET_NEVER;
		net_go_on(device);
	}
	due = NET_NEVER;
	if (device->state == NET_RUNNING || device->state == NET_RESETTING)
		due = device->due;
	spin_unlock(&device->lock);
	return due;
}
