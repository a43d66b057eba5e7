// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports of disks: requests that wait, and commands in flight; what is done about
 * commands that are not answered is in disk_recover.c.  Everything happens under the
 * port's lock, a request's done() included, so that done() is not called for a request
 * that was cancelled.
 */
#include "drivers/block/disk_internal.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

/* A disk may try for seconds to read a bad sector, and longer to empty a large cache. */
#define ANSWER_TIME (8 * DISK_SECOND)
#define FLUSH_TIME (30 * DISK_SECOND)

/*
 * How long a device may go on with a request of a guest that ends, whose memory waits for
 * that, before the port is reset: disks answer much sooner, and a reset costs all others on
 * the port seconds.  (And QEMU 7.2 may crash when an AHCI port is stopped while it moves data.)
 */
#define CANCEL_TIME (2 * DISK_SECOND)

#define SKIPPED_MAX 32

#define STOPPING_PERIOD (1 * DISK_MILLISECOND)
#define WATCH_PERIOD (100 * DISK_MILLISECOND)

static struct list ports = LIST_INIT(ports);	/* both written at boot only */
static struct list disks = LIST_INIT(disks);
static void (*tell_spent)(uint32_t nanoseconds);

struct list *disk_ports(void)
{
	return &ports;
}

struct list *disk_list(void)
{
	return &disks;
}

void disks_set_account(void (*account)(uint32_t nanoseconds))
{
	tell_spent = account;
}

void disk_look_after(struct disk_port *port, uint64_t nanoseconds)
{
	device_timer_start(port->timer, nanoseconds);
}

/* --- who is charged with a handler's time ----------------------------------------------- */

void disk_leave(struct disk_port *port)
{
	uint32_t spent = port->spent;

	port->charged_until = 0;
	spin_unlock(&port->lock);
	if (spent > 0 && tell_spent)
		tell_spent(spent);
}

/*
 * Charges the transfer's request with the time since the last charge.  Outside of handlers nothing
 * is charged: submitting runs in the guest's own time.
 */
static void charge(struct disk_port *port, struct disk_transfer *transfer, uint64_t now)
{
	uint32_t ns = (uint32_t)(now - port->charged_until);

	if (port->charged_until == 0)
		return;
	port->charged_until = now;
	port->spent += ns;
	if (!transfer->cancelled)
		transfer->request->spent += ns;
}

/* --- requests ------------------------------------------------------------------------ */

bool disk_is_busy(const struct disk_port *port)
{
	for (unsigned i = 0; i < port->depth; i++)
		if (port->in_flight[i])
			return true;
	return false;
}

bool disk_has_work(const struct disk_port *port)
{
	return disk_is_busy(port) || !list_is_empty(&port->waiting);
}

uint64_t disk_period(const struct disk_port *port)
{
	if (port->state == DISK_STOPPING)
		return STOPPING_PERIOD;
	return port->watch.is_polled ? IRQ_POLL_PERIOD : WATCH_PERIOD;
}

void disk_finish(struct disk_port *port, struct disk_transfer *transfer, int error)
{
	struct block_request *request = transfer->request;

	list_add_last(&port->unused, &transfer->node);
	if (!transfer->cancelled)
		request->done(request, error);
}

/* Logs one line a second at most. */
void disk_report_error(struct disk_port *port, const struct disk_transfer *transfer)
{
	static const char *const names[] = {
		[BLOCK_READ] = "read", [BLOCK_WRITE] = "write", [BLOCK_FLUSH] = "flush",
	};
	const struct disk_command *command = &transfer->command;

	port->counters.errors++;
	if (time_ns() < port->next_report)
		return;
	port->next_report = time_ns() + DISK_SECOND;
	log_warn("disk", "%s: %s of %u bytes from sector %llu failed; errors so far: %u",
		 transfer->disk->name, names[command->operation], command->length,
		 (unsigned long long)command->sector, port->counters.errors);
}

static void start(struct disk_port *port, unsigned tag, struct disk_transfer *transfer)
{
	uint64_t limit = transfer->request->operation == BLOCK_FLUSH ? FLUSH_TIME : ANSWER_TIME;
	bool first = !disk_is_busy(port), started;
	uint64_t now;

	started = port->ops->start(port, tag, &transfer->command);
	now = time_ns();
	charge(port, transfer, now);
	/* The device was not asked, so this does not count as its answer. */
	if (!started) {
		disk_finish(port, transfer, 0);
		return;
	}
	port->in_flight[tag] = transfer;
	port->counters.commands++;
	if (transfer->bounced)
		port->counters.bounced++;
	port->deadline = MAX(first ? 0 : port->deadline, now + limit);
	if (first && !port->is_read_now)
		disk_look_after(port, disk_period(port));
}

/* Two transfers that write to the same block, of which one modifies it, keep their order. */
static bool must_wait(const struct disk_port *port, const struct disk_transfer *transfer,
		      struct disk_transfer *const *skipped, unsigned count)
{
	if (!disk_transfer_may_conflict(transfer))
		return false;
	for (unsigned i = 0; i < port->depth; i++)
		if (port->in_flight[i] && disk_transfer_conflicts(transfer, port->in_flight[i]))
			return true;
	for (unsigned i = 0; i < count; i++)
		if (disk_transfer_conflicts(transfer, skipped[i]))
			return true;
	return false;
}

/*
 * Takes the first transfer that need not wait for others.  NULL when there is none, or when more
 * of them wait for others than any guest can have requests.
 */
static struct disk_transfer *take_waiting(struct disk_port *port)
{
	struct disk_transfer *transfer, *skipped[SKIPPED_MAX];
	unsigned count = 0;

	list_for_each(transfer, &port->waiting, node) {
		if (!must_wait(port, transfer, skipped, count)) {
			list_remove(&transfer->node);
			return transfer;
		}
		if (count == ARRAY_SIZE(skipped))
			return NULL;
		skipped[count++] = transfer;
	}
	return NULL;
}

void disk_start_waiting(struct disk_port *port)
{
	for (unsigned i = 0; i < port->depth; i++) {
		/* A request that needs no command finishes at once, and the tag stays free. */
		while (!port->in_flight[i] && port->state == DISK_RUNNING) {
			struct disk_transfer *transfer = take_waiting(port);

			if (!transfer)
				return;
			disk_transfer_next(transfer, i);
			start(port, i, transfer);
		}
	}
}

/* What follows when a command has ended. */
enum next { IS_OVER, IS_MODIFIED, HAS_MORE };

static enum next take_answer(struct disk_port *port, struct disk_transfer *transfer, unsigned tag,
			     int error)
{
	if (error)
		disk_report_error(port, transfer);
	if (error || transfer->cancelled)
		return IS_OVER;
	if (disk_transfer_modify(transfer, tag))
		return IS_MODIFIED;
	return disk_transfer_advance(transfer, tag) ? IS_OVER : HAS_MORE;
}

void disk_finished(struct disk_port *port, unsigned tag, int error)
{
	struct disk_transfer *transfer = tag < port->depth ? port->in_flight[tag] : NULL;
	enum next next;
	uint64_t now;

	if (!transfer)
		return;
	port->in_flight[tag] = NULL;
	next = take_answer(port, transfer, tag, error);
	now = time_ns();
	charge(port, transfer, now);
	port->answered = true;
	port->resets = 0;
	port->deadline = MAX(port->deadline, now + ANSWER_TIME);
	if (next == IS_OVER)
		disk_finish(port, transfer, error);
	else if (next == IS_MODIFIED)
		/* The tag's buffer holds the block, so it is written next. */
		start(port, tag, transfer);
	else
		list_add_first(&port->waiting, &transfer->node);
}

/* --- the block device --------------------------------------------------------------------- */

static struct disk *disk_of(struct block_device *device)
{
	return container_of(device, struct disk, device);
}

/* Called with the lock held. */
static int accept(struct disk *disk, struct block_request *request)
{
	struct disk_port *port = disk->port;
	struct disk_transfer *transfer;
	struct list_node *node;
	int error;

	if (port->state == DISK_LOST)
		return -E_IO;
	node = list_take_first(&port->unused);
	if (!node)
		return -E_NOSPC;
	transfer = container_of(node, struct disk_transfer, node);
	request->spent = 0;
	error = disk_transfer_prepare(transfer, disk, request);
	if (error) {
		list_add_last(&port->unused, &transfer->node);
		return error;
	}
	list_add_last(&port->waiting, &transfer->node);
	disk_start_waiting(port);
	return BLOCK_LATER;
}

/* The callers check the range too; this is the last check before the disk. */
static int disk_submit(struct block_device *device, struct block_request *request)
{
	struct disk *disk = disk_of(device);
	int result;

	if (request->operation != BLOCK_FLUSH &&
	    (request->length == 0 || !IS_ALIGNED(request->length, BLOCK_SECTOR_SIZE) ||
	     !block_has_range(device, request->sector, request->length) ||
	     (device->read_only && request->operation != BLOCK_READ)))
		return -E_RANGE;
	spin_lock(&disk->port->lock);
	result = accept(disk, request);
	spin_unlock(&disk->port->lock);
	return result;
}

static bool is_listed(const struct disk_transfer *transfer, struct block_request *const *list,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (transfer->request == list[i])
			return true;
	return false;
}

/* The device may still work on these, also one that is being stopped. */
static void cancel_in_flight(struct disk_port *port, struct block_request *const *list,
			     unsigned count)
{
	for (unsigned i = 0; i < port->depth; i++) {
		struct disk_transfer *transfer = port->in_flight[i];

		if (!transfer || transfer->cancelled || !is_listed(transfer, list, count))
			continue;
		transfer->cancelled = true;
		transfer->patience = time_ns() + CANCEL_TIME;
	}
}

static void forget_waiting(struct disk_port *port, struct block_request *const *list,
			   unsigned count)
{
	struct list keep = LIST_INIT(keep);
	struct list_node *node;

	while ((node = list_take_first(&port->waiting)) != NULL) {
		struct disk_transfer *one = container_of(node, struct disk_transfer, node);

		list_add_last(is_listed(one, list, count) ? &port->unused : &keep, node);
	}
	while ((node = list_take_first(&keep)) != NULL)
		list_add_last(&port->waiting, node);
}

static bool is_any_in_flight(const struct disk_port *port, struct block_request *const *list,
			     unsigned count)
{
	for (unsigned i = 0; i < port->depth; i++)
		if (port->in_flight[i] && is_listed(port->in_flight[i], list, count))
			return true;
	return false;
}

/* False while the device uses the memory of any of them; disks_tick makes sure that this ends. */
static bool disk_cancel(struct block_device *device, struct block_request *const *list,
			unsigned count)
{
	struct disk_port *port = disk_of(device)->port;
	bool done;

	spin_lock(&port->lock);
	forget_waiting(port, list, count);
	cancel_in_flight(port, list, count);
	done = !is_any_in_flight(port, list, count);
	spin_unlock(&port->lock);
	return done;
}

const struct block_device_ops disk_ops = { disk_submit, disk_cancel };

/* --- for everybody else ------------------------------------------------------------------- */

/* LOCK_HEAP comes after LOCK_DISK, and both are held for a short time. */
int disk_reserve(struct disk *disk, unsigned requests)
{
	struct disk_port *port = disk->port;
	int error = 0;

	spin_lock(&port->lock);
	while (!error && port->transfers < port->wanted + requests) {
		struct disk_transfer *transfer = heap_alloc(sizeof(*transfer));

		if (transfer) {
			list_add_last(&port->unused, &transfer->node);
			port->transfers++;
		} else {
			error = -E_NOMEM;
		}
	}
	if (!error)
		port->wanted += requests;
	spin_unlock(&port->lock);
	return error;
}

/* The transfers are kept for the next reservation. */
void disk_unreserve(struct disk *disk, unsigned requests)
{
	spin_lock(&disk->port->lock);
	disk->port->wanted -= requests;
	spin_unlock(&disk->port->lock);
}

void disk_status(const struct disk *disk, struct disk_status *status)
{
	struct disk_port *port = disk->port;

	spin_lock(&port->lock);
	*status = (struct disk_status){ port->counters, port->state, port->watch.is_polled };
	spin_unlock(&port->lock);
}
