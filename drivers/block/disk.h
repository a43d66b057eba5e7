/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common part of all drivers of real disks.  A *port* is what takes commands, a few at once,
 * and fails as a whole; behind it are one disk or two.  Each command in flight has a *tag*, a
 * number from 0 up, by which the port and its driver name it.  This part queues requests, finds
 * their physical memory, uses a bounce buffer where the device cannot reach that memory, and
 * handles devices that do not answer.
 *
 * A command that is not answered in time gets the port reset and is tried once more.  A port that
 * does not answer over several resets in a row, whatever their reason, is given up:
 * event=disk-lost, and all its requests fail.
 */
#ifndef UMBRA_DRIVERS_BLOCK_DISK_H
#define UMBRA_DRIVERS_BLOCK_DISK_H

#include "arch/cpu/spinlock.h"
#include "drivers/block/block_device.h"
#include "drivers/pci/irq_watch.h"
#include "lib/list.h"
#include "mm/address.h"

#include <stddef.h>

#define DISK_NAME_SIZE 12	/* ahci0, virtio12; room for p128 behind it is elsewhere */
#define DISK_MODEL_SIZE 41	/* what ATA has room for, and a NUL */
#define DISK_TAGS_MAX 8u
#define DISK_UNITS_MAX 2

/*
 * The most that a request's memory can be cut into: half a megabyte in pages, and
 * two more cuts for each of 128 segments.
 */
#define DISK_FRAGMENTS_MAX 384

/* Bytes that go through the bounce buffer of a tag at once. */
#define DISK_BOUNCE_SIZE 65536u

struct device_timer;
struct disk_port;
struct disk;

/* Physical memory in one piece. */
struct disk_fragment {
	paddr_t address;
	uint32_t length;
};

/* A command for the device. */
struct disk_command {
	struct disk *disk;
	enum block_operation operation;
	uint64_t sector;		/* of 512 bytes; sector and length are whole blocks */
	uint32_t length;		/* bytes; 0 for a flush */
	const struct disk_fragment *fragments;	/* as limits of the port want them */
	unsigned count;
};

/* The memory that commands of a port can use. */
struct disk_limits {
	paddr_t end;		/* the first address that it cannot reach */
	uint32_t alignment;	/* of addresses and lengths, a power of two */
	unsigned fragments;	/* of one command */
	uint32_t bytes;		/* of one command, >= DISK_BOUNCE_SIZE, a multiple of blocks */
};

/* A driver's part.  All are called with the port's lock held. */
struct disk_port_ops {
	/*
	 * Starts a command under a tag that is free.  False when no command is needed: the device
	 * is not involved, and the tag stays free.
	 */
	bool (*start)(struct disk_port *port, unsigned tag, const struct disk_command *command);

	/*
	 * Calls disk_finished for each command that is finished, or one of the functions below it.
	 * disk_finished may start another command under the same tag.
	 */
	void (*poll)(struct disk_port *port);

	/* Begins to stop everything.  Does not wait. */
	void (*stop)(struct disk_port *port);

	/*
	 * Called after stop until it returns true: the device has dropped all commands and accesses
	 * no memory.  Does not wait.  Becomes true whatever the device does: a device that does not
	 * stop within about a second is cut off from memory.
	 */
	bool (*has_stopped)(struct disk_port *port);

	/*
	 * Called after that until it does not return BLOCK_LATER: 0 once the device takes commands,
	 * negative when it never will.  Does not wait.
	 */
	int (*revive)(struct disk_port *port);
};

enum disk_state {
	DISK_RUNNING,
	DISK_STOPPING,	/* commands stay in flight until it has stopped; the timer asks */
	DISK_REVIVING,	/* has stopped; requests wait */
	DISK_LOST,
};

struct disk_counters {
	uint32_t commands, bounced, errors, resets, interrupts;
};

struct disk_port {
	const struct disk_port_ops *ops;
	const char *name;		/* of its first disk, for messages */
	unsigned depth;			/* commands at once, 1 to DISK_TAGS_MAX */
	struct disk_limits limits;

	/* The rest is for disk.c and disk_read.c alone. */
	struct device_timer *timer;
	struct spinlock lock;		/* guards all that follows, and the driver's data */
	enum disk_state state;
	struct disk *units[DISK_UNITS_MAX];
	struct disk_transfer *in_flight[DISK_TAGS_MAX];
	uint8_t *bounce[DISK_TAGS_MAX];
	paddr_t bounce_address[DISK_TAGS_MAX];
	struct list waiting, unused;	/* of struct disk_transfer */
	unsigned transfers, wanted;	/* how many there are, and are to be */
	uint64_t deadline;		/* time_ns() by which the device has to answer or revive */
	uint64_t put_off;		/* deadline, once it was put off (arch/cpu/time_limit.h) */
	const char *lost_cause;		/* if not NULL: why it is lost once it has stopped */
	unsigned resets;		/* since it last answered */
	struct irq_watch watch;
	bool is_read_now;		/* disk_read_now asks the device, so the timer need not */
	bool answered;			/* some command finished in this call of poll */
	uint64_t next_report;
	uint64_t charged_until;		/* time_ns() of the last charge; 0 outside of handlers */
	uint32_t spent;			/* nanoseconds that this handler has charged to requests */
	struct disk_counters counters;
	struct list_node node;		/* in the list of ports */
};

struct disk {
	struct block_device device;
	char name[DISK_NAME_SIZE];
	char model[DISK_MODEL_SIZE];
	struct disk_port *port;
	struct list_node node;		/* in the list of disks */
};

/* --- for drivers ----------------------------------------------------------------- */

/*
 * Initialises the port; ops, name, depth and limits are set.  -E_NOMEM.  Boot CPU, before others
 * start.
 */
int __must_check disk_port_init(struct disk_port *port);

/*
 * Adds a disk behind the port, with its name, model, sectors, block_size and read_only set; neither
 * can be removed again.  Boot time only, at most DISK_UNITS_MAX a port.  The port takes commands.
 */
void disk_add(struct disk *disk, struct disk_port *port);

/*
 * Polls the port every millisecond, since its interrupts cannot be used. Any context but NMI; takes
 * the port's lock.
 */
void disk_port_set_polled(struct disk_port *port);

/*
 * Handles an interrupt, perhaps of another device.  Returns whether a command was finished.  Any
 * context but NMI; takes the port's lock.
 */
bool disk_port_interrupt(struct disk_port *port);

/*
 * From poll: the command under that tag, if there is one, is finished; error is 0, or
 * negative when the device said that it failed.
 */
void disk_finished(struct disk_port *port, unsigned tag, int error);

/*
 * From poll, as its last action: the device needs a reset, but no command in flight is known to
 * have failed; they are started again.  If that happens again and again, the first of them fails in
 * the end, or the port is given up.
 */
void disk_port_restart(struct disk_port *port);

/* From poll, as its last action: the device is gone or broken. */
void disk_port_give_up(struct disk_port *port, const char *cause);

/* --- for everybody else ------------------------------------------------------------ */

/* All disks; the list never changes after boot. */
struct list *disk_list(void);

/*
 * Reserves memory for up to `requests` more requests in flight at once; disk_unreserve ends it.  A
 * request beyond all reservations fails. -E_NOMEM.  Not from a handler.
 */
int __must_check disk_reserve(struct disk *disk, unsigned requests);
void disk_unreserve(struct disk *disk, unsigned requests);

/* Reads one sector and waits for it; at boot, without interrupts. */
int disk_read_now(struct disk *disk, uint64_t sector, void *buffer);

/* What a disk's port is doing, for commands. */
struct disk_status {
	struct disk_counters counters;
	enum disk_state state;
	bool is_polled;
};

/* Any CPU; takes the port's lock. */
void disk_status(const struct disk *disk, struct disk_status *status);

/*
 * account(nanoseconds) is called when an interrupt's or the timer's handler has spent so much of
 * this CPU's time on requests.  They are charged for it (block_request.spent), so the running guest
 * must not be.  No lock held.  Boot, once.
 */
void disks_set_account(void (*account)(uint32_t nanoseconds));

#endif
