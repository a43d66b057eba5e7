// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: sending, taking frames in, and what is done about cards that do not do
 * their part.  One CPU at a time takes frames in (is_polling), and lets go of the lock
 * whenever its client has to take one that comes before it.
 */
#include "drivers/phys/net_device.h"

#include "arch/log.h"
#include "arch/time.h"
#include "drivers/phys/pci_irq.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/host_map.h"

#define MICROSECOND 1000ull
#define MILLISECOND 1000000ull
#define NEVER UINT64_MAX

/* Other stations on the wire may hold up a card for a while (IEEE 802.3, annex 31B), but not so long. */
#define SEND_TIME (2000 * MILLISECOND)
#define SILENT_RESETS_MAX 2	/* in a row; then the port is lost */

/* Frames taken in until the client has its chance to send, and with one taking of its lock. */
#define RECEIVE_BUDGET 64u
#define RECEIVE_BATCH 16u

#define PAUSE_MIN (100 * MICROSECOND)

#define ROOM_PERIOD (200 * MICROSECOND)	/* a ring of short frames is empty after 170 us at 1 Gbit/s */
#define POLL_PERIOD (1 * MILLISECOND)
#define WATCH_PERIOD (100 * MILLISECOND)

/* Now and then the timer comes first; this often in a row, interrupts do not come at all. */
#define MISSED_MAX 8

#define FRAME_MIN 60u		/* without its checksum, IEEE 802.3, 4A.4.2 */
#define RING_PAGES (NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE)

_Static_assert(WIRE_FRAME_TAGGED_MAX <= NET_BUFFER_SIZE - 16, "what a driver has room for");

static struct list devices = LIST_INIT(devices);	/* both written at boot only */
static void (*set_alarm)(uint64_t nanoseconds);

struct list *net_devices(void)
{
	return &devices;
}

struct net_device *net_device_find(const char *name)
{
	struct net_device *device;

	list_for_each(device, &devices, node)
		if (string_equal(device->name, name))
			return device;
	return NULL;
}

void net_devices_set_alarm(void (*alarm)(uint64_t nanoseconds))
{
	set_alarm = alarm;
}

/* The timer is to look after that time at the latest. */
static void look_after(struct net_device *device, uint64_t nanoseconds)
{
	uint64_t due = time_ns() + nanoseconds;

	if (due >= device->due)
		return;
	device->due = due;
	set_alarm(nanoseconds);
}

/* --- trouble ---------------------------------------------------------------------------- */

static void give_up(struct net_device *device, const char *cause)
{
	device->state = NET_LOST;
	device->link = false;
	device->ops->stop(device);
	log_event("net-lost", "port=%s cause=\"%s\"", device->name, cause);
}

static void check_link(struct net_device *device)
{
	bool link = device->ops->link(device);

	device->link_asked = false;
	if (link == device->link)
		return;
	device->link = link;
	device->deadline = time_ns() + SEND_TIME;
	log_event("link", "port=%s state=%s", device->name, link ? "up" : "down");
}

static int start(struct net_device *device)
{
	int error = device->ops->start(device);

	device->under_way = 0;
	device->is_muted = true;
	device->link_asked = true;
	return error;
}

/* What was under way is lost. */
static void restart(struct net_device *device, const char *cause)
{
	if (device->silent_resets++ == SILENT_RESETS_MAX) {
		give_up(device, cause);
		return;
	}
	log_warn("net", "%s: %s: reset", device->name, cause);
	device->counters.resets++;
	device->ops->stop(device);
	if (start(device) != 0)
		give_up(device, "it cannot be reset");
	else
		check_link(device);
}

/* --- sending ------------------------------------------------------------------------------ */

static bool reclaim(struct net_device *device)
{
	int gone = device->ops->reclaim(device);

	if (gone < 0 || (unsigned)gone > device->under_way)
		return false;
	if (gone == 0)
		return true;
	device->under_way -= (unsigned)gone;
	device->deadline = time_ns() + SEND_TIME;
	device->silent_resets = 0;
	return true;
}

static uint8_t *find_buffer(struct net_device *device)
{
	uint8_t *buffer = device->ops->send_buffer(device);

	/* Nonsense is noticed again, where something is done about it. */
	if (!buffer && reclaim(device))
		buffer = device->ops->send_buffer(device);
	return buffer;
}

static uint32_t fill(uint8_t *buffer, const struct wire_frame *frame)
{
	uint32_t length = frame->header_length + frame->payload_length;

	memcpy(buffer, frame->header, frame->header_length);
	memcpy(buffer + frame->header_length, frame->payload, frame->payload_length);
	if (length >= FRAME_MIN)
		return length;
	/* Not with what another guest sent from this buffer before. */
	memset(buffer + length, 0, FRAME_MIN - length);
	return FRAME_MIN;
}

static enum wire_result send(struct net_device *device, const struct wire_frame *frame)
{
	uint8_t *buffer;

	if (device->state != NET_RUNNING || !device->link) {
		device->counters.dropped++;
		return WIRE_DROPPED;
	}
	buffer = find_buffer(device);
	if (!buffer) {
		device->wants_room = true;
		look_after(device, ROOM_PERIOD);
		return WIRE_FULL;
	}
	device->ops->send(device, fill(buffer, frame));
	if (device->under_way++ == 0)
		device->deadline = time_ns() + SEND_TIME;
	device->counters.sent++;
	return WIRE_SENT;
}

enum wire_result net_device_send(struct net_device *device, const struct wire_frame *frame)
{
	enum wire_result result;

	spin_lock(&device->lock);
	result = send(device, frame);
	spin_unlock(&device->lock);
	return result;
}

void net_device_flush(struct net_device *device)
{
	spin_lock(&device->lock);
	if (device->state == NET_RUNNING && device->under_way > 0) {
		device->ops->kick(device);
		look_after(device, WATCH_PERIOD);
	}
	spin_unlock(&device->lock);
}

void net_device_want_room(struct net_device *device)
{
	spin_lock(&device->lock);
	device->wants_room = true;
	look_after(device, PAUSE_MIN);
	spin_unlock(&device->lock);
}

/* --- taking frames in ---------------------------------------------------------------------- */

/* False when the card has no more. */
static bool take_frame(struct net_device *device)
{
	const uint8_t *bytes;
	uint32_t length;

	switch (device->ops->receive(device, &bytes, &length)) {
	case NET_NOTHING:
		return false;
	case NET_NONSENSE:
		restart(device, "it talks nonsense");
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

/* With the port's lock, which comes after the client's. */
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

static void watch_sending(struct net_device *device)
{
	if (!reclaim(device))
		restart(device, "it talks nonsense");
	else if (device->under_way > 0 && device->link && time_ns() >= device->deadline)
		restart(device, "it does not send");
}

/* Whatever is sent without a link goes nowhere, for which there is always room. */
static void call_writable(struct net_device *device)
{
	if (!device->wants_room ||
	    (device->state == NET_RUNNING && device->link && !find_buffer(device)))
		return;
	device->wants_room = false;
	spin_unlock(&device->lock);
	device->client.writable(device->client.context);
	spin_lock(&device->lock);
}

/* Those that share what cards may cost.  Of others' states any that they had lately will do. */
static unsigned cards_in_use(void)
{
	const struct net_device *device;
	unsigned count = 0;

	list_for_each(device, &devices, node)
		count += READ_ONCE(device->state) == NET_RUNNING;
	return MAX(count, 1u);
}

/* One round; true when another one is due at once, as far as frames are concerned. */
static bool look(struct net_device *device)
{
	uint64_t since = time_ns();
	bool more;

	device->again = false;
	if (device->link_asked)
		check_link(device);
	more = take_frames(device);
	if (device->state == NET_RUNNING)
		watch_sending(device);
	call_writable(device);
	net_credit_charge(&device->credit, cards_in_use(), since, time_ns());
	return more || device->again;
}

/* Perhaps none ever will: a line may lead nowhere. */
static bool is_unheard(const struct net_device *device)
{
	return device->counters.interrupts == 0;
}

/* When the timer has to look, and whether interrupts are to come.  True: frames came meanwhile. */
static bool rest(struct net_device *device, bool more)
{
	uint64_t wait = net_credit_wait(&device->credit, cards_in_use());

	if (device->wants_room)
		look_after(device, ROOM_PERIOD);
	if (device->under_way > 0 || is_unheard(device))
		look_after(device, WATCH_PERIOD);
	if (device->is_polled)
		look_after(device, POLL_PERIOD);
	if (wait > 0 || more) {
		device->counters.pauses++;
		look_after(device, MAX(wait, PAUSE_MIN));
		return false;
	}
	if (device->is_polled)
		return false;
	device->is_muted = false;
	/* The link may have been asked for meanwhile, by an interrupt that was taken for nobody's. */
	if (device->ops->listen(device) && !device->link_asked)
		return false;
	device->is_muted = true;
	device->ops->mute(device);
	return true;
}

/* Nobody else does; with the lock, which it lets go of in between. */
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
	if (device->is_muted)
		return;
	device->is_muted = true;
	device->ops->mute(device);
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
	bool had = device->again || frames != device->frames_before || device->link != device->link_before;

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
		device->missed = 0;
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
	device->is_polled = true;
	if (device->state == NET_RUNNING)
		look_after(device, POLL_PERIOD);
	spin_unlock(&device->lock);
}

static const struct pci_irq_ops irq_ops = { raised, silenced };

/* Whoever does not say when something comes does not say when the link does. */
static void watch_link(struct net_device *device)
{
	uint64_t now = time_ns();

	if ((!device->is_polled && !is_unheard(device)) || now < device->link_due)
		return;
	device->link_asked = true;
	device->link_due = now + WATCH_PERIOD;
}

/* The timer has looked, while interrupts were on: did it find what they should have told? */
static void watch_interrupts(struct net_device *device, uint64_t received, bool link)
{
	if (device->is_polled ||
	    (device->counters.received == received && device->link == link) ||
	    ++device->missed < MISSED_MAX)
		return;
	log_warn("net", "%s raises no interrupts: it is asked every millisecond", device->name);
	device->is_polled = true;
	look_after(device, POLL_PERIOD);
}

/* Returns when to come again, NEVER for not. */
static uint64_t tick(struct net_device *device)
{
	uint64_t due;

	spin_lock(&device->lock);
	if (device->state == NET_RUNNING && time_ns() >= device->due) {
		uint64_t received = device->counters.received;
		bool was_listening = !device->is_muted, link = device->link;

		device->due = NEVER;
		watch_link(device);
		if (device->is_polling)
			device->again = true;
		else
			poll(device);
		if (was_listening)
			watch_interrupts(device, received, link);
	}
	due = device->state == NET_RUNNING ? device->due : NEVER;
	spin_unlock(&device->lock);
	return due;
}

uint64_t net_devices_tick(void)
{
	struct net_device *device;
	uint64_t soonest = NEVER, now;

	list_for_each(device, &devices, node) {
		uint64_t due = tick(device);

		soonest = MIN(soonest, due);
	}
	if (soonest == NEVER)
		return 0;
	now = time_ns();
	return soonest > now ? soonest - now : 1;
}

/* --- making ------------------------------------------------------------------------------------ */

void net_device_add(struct net_device *device)
{
	static unsigned number;

	format_text(device->name, sizeof(device->name), "net%u", number++);
	device->lock = (struct spinlock)SPINLOCK(LOCK_NET);
	device->due = NEVER;
	device->is_polled = pci_irq_attach(device->pci, &irq_ops, device) != 0;
	list_add_last(&devices, &device->node);
	log_info("net", "%s: %02x:%02x:%02x:%02x:%02x:%02x by %s", device->name, device->address[0],
		 device->address[1], device->address[2], device->address[3], device->address[4],
		 device->address[5], device->driver);
}

static bool make_buffers(struct net_device *device)
{
	size_t run;

	device->send_memory = pages_alloc(RING_PAGES);
	device->receive_memory = pages_alloc(RING_PAGES);
	if (!device->send_memory || !device->receive_memory) {
		if (device->send_memory)
			pages_free(device->send_memory, RING_PAGES);
		return false;
	}
	device->send_address = host_physical(device->send_memory, &run);
	device->receive_address = host_physical(device->receive_memory, &run);
	return true;
}

int net_device_open(struct net_device *device, const struct net_client *client)
{
	int error;

	if (device->state != NET_CLOSED)
		return -E_EXIST;
	if (!make_buffers(device))
		return -E_NOMEM;
	device->client = *client;
	spin_lock(&device->lock);
	device->credit.reckoned = time_ns();
	error = start(device);
	if (!error) {
		device->state = NET_RUNNING;
		look_after(device, 1);
	} else {
		device->ops->stop(device);
		device->state = NET_LOST;
	}
	spin_unlock(&device->lock);
	return error;
}

void net_device_status(struct net_device *device, struct net_status *status)
{
	spin_lock(&device->lock);
	*status = (struct net_status){
		device->counters, device->state, device->link, device->is_polled,
	};
	spin_unlock(&device->lock);
}
