/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest: its one virtual CPU, its memory and tables, its devices, its life.
 *
 * A guest's state belongs to its home CPU; no other CPU accesses it, except for the fields marked
 * otherwise, and only the home CPU moves it to another one (hv/sched/balance.h).  Functions that
 * take a guest run on that CPU, and those that reach into its memory have its window loaded.
 */
#ifndef UMBRA_HV_GUEST_GUEST_H
#define UMBRA_HV_GUEST_GUEST_H

#include "arch/board/timer.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/fpu.h"
#include "arch/cpu/trap_frame.h"
#include "drivers/block/volume.h"
#include "guest/lguest_abi.h"
#include "hv/config/guest_config.h"
#include "hv/guest/guest_account.h"
#include "hv/load/image.h"
#include "hv/load/loader.h"
#include "hv/sched/wake.h"
#include "mm/guest_memory.h"
#include "mm/guest_window.h"
#include "mm/shadow.h"

#include <stdbool.h>
#include <stdint.h>

struct console_endpoint;
struct guest_debug;
struct guest_devices;

enum guest_state {
	GUEST_DELAYED,	/* rebooted too often: waits until it may start (hv/life/restart_delay.h) */
	GUEST_STARTING,	/* its memory is made and its kernel loaded, a piece each turn */
	GUEST_RUNNING,	/* runs or is ready to run */
	GUEST_HALTED,	/* waits for an interrupt */
	GUEST_PARKED,	/* halted, and nothing can wake it (hv/life/guest_park.h) */
	GUEST_ENDED,	/* has an end_reason, and runs no more */
	GUEST_ENDING,	/* is taken apart, a piece each turn, or waits for its disks' requests */
};

enum guest_end {
	GUEST_POWEROFF, GUEST_REBOOT, GUEST_CRASH, GUEST_KILLED,
	GUEST_ENDED_PARKED,	/* it was parked, and when-parked= says that it ends then */
	GUEST_RESTARTED,	/* a command restarts it */
	GUEST_NOT_LOADED,	/* never ran; event=module-error told why */
};

/* Who keeps a guest from running: each ends its own pause. */
enum guest_pauser {
	PAUSED_BY_CONSOLE = BIT(0),
	PAUSED_BY_DEBUGGER = BIT(1),
};

/* What Umbra needs from the part of the shared structure that differs between generations. */
struct guest_protocol {
	uint32_t noirq_start, noirq_end;	/* virtual: no interrupt while start <= eip < end */
	uint32_t syscall_vector;
};

struct guest_counters {
	uint32_t exits[VECTOR_COUNT];	/* by vector */
	uint32_t hypercalls[LGUEST_HYPERCALL_COUNT];
	uint32_t interrupts;		/* delivered */
	uint32_t reflected;		/* traps */
	uint32_t fpu_switches;
	uint32_t moves;			/* from one CPU to another */
};

struct guest {
	char name[CONFIG_NAME_SIZE];
	const struct guest_config *config;
	unsigned number;		/* from 1, as the console's keys have it */

	enum guest_state state;
	enum guest_end end_reason;
	char end_cause[160];
	uint32_t end_eip;
	uint32_t paused;		/* of enum guest_pauser; not 0: gets no turns */
	bool is_held;			/* the same, until it is cloned (hv/life/guest_clone.h) */
	bool is_starved;		/* the same, until frames are there (guest_sharing.h) */
	bool is_traced;			/* in its present turn (hv/trace/trace_filter.h) */
	struct guest_debug *debug;	/* a debugger has attached to it (hv/debug/); NULL: none */

	/* The virtual CPU. */
	struct registers_page *registers;
	uint64_t gdt[GDT_ENTRIES];	/* as loaded into the CPU */
	uint64_t gates[VECTOR_COUNT];	/* as the guest asked; 0: none */
	uint32_t kernel_stack;		/* SS1:ESP1 */
	uint32_t kernel_stack_selector;
	uint32_t kernel_stack_pages;
	bool stack_is_known;		/* stack_last is valid while shadow.pinned */
	gpa_t stack_last;		/* where the kernel stack's last byte is */
	bool task_switched;		/* the guest wants #NM */
	bool calls_by_umbra;		/* no gate goes straight to its kernel (guest_cpu.h) */
	struct fpu_state *fpu;
	uint32_t fault_address;		/* CR2 of the last page fault */
	uint32_t debug_status;		/* DR6: causes of debug traps since it was written */

	/* The protocol; data is NULL until INIT and lies in the guest window. */
	struct lguest_data_common *data;
	struct guest_protocol protocol;
	uint32_t ring_cursor;
	uint32_t pending_irqs;		/* bit n: irq n waits */
	uint32_t gated_irqs;		/* bit n: irq n has a handler */
	uint64_t wall_second;		/* full second of the wall clock last told, in ns */
	gpa_t steal;			/* where its steal time is written; 0: nowhere */
	uint64_t steal_base;		/* task.entity.waited when that began */
	struct timer clock;		/* SET_CLOCKEVENT */
	struct timer recheck;		/* looks again at interrupts that wait, or for memory */

	bool repeat_call;		/* the hypercall is not done: it is to be made again */

	/* The files that are loaded, again after a restart. */
	struct image image;
	gpa_t initrd;
	uint32_t cleared_pages;		/* while it starts, and */
	struct load_progress load;	/* once they are all clear */

	uint64_t loaded, ended;		/* time_ns() of its last loading and end */
	uint32_t short_lives;		/* in a row; restart_delay() counts */
	struct timer delay;		/* while it is delayed, or waits for its disks */

	struct guest_memory memory;	/* kept over a restart */
	struct shadow shadow;
	uint32_t shadow_reserved;	/* frames set aside for that; kept over a restart */
	uint32_t shadow_used;		/* frames of shadow tables in use when the guest ended */
	struct console_endpoint *console;	/* kept over a restart */
	struct guest_devices *devices;
	struct volume_claim claims[GUEST_DISKS_MAX];	/* of config->disks; kept over a restart */
	uint32_t owed;			/* ns its disks took from others; any CPU adds to it */
	/* Devices that have work to do in its turn, enum guest_device_bits; any CPU sets them. */
	volatile uint32_t devices_due;
	const char *volatile kill_request;	/* the cause to kill it for; any CPU sets it */

	struct task task;		/* any CPU posts its call after setting one of these two */
	struct guest_counters counters;
	struct guest_account account;	/* read by any CPU */
	struct guest_sample seen;	/* when `top` looked last; under the list's lock */
	struct list_node node;		/* in the list of guests, whose lock guards these two */
	uint64_t serial;		/* from 1, by when it entered the list */
	bool is_parked;			/* under the list's lock */
};

static inline struct trap_frame *guest_frame_of(struct guest *guest)
{
	return &guest->registers->frame;
}

/* Was the guest in its kernel (ring 1) when it stopped running? */
static inline bool guest_in_kernel(const struct guest *guest)
{
	return (guest->registers->frame.cs & SELECTOR_RPL) == LGUEST_GUEST_RING;
}

/* The id of the guest's home CPU.  Read on another CPU it may be out of date. */
static inline unsigned guest_home(const struct guest *guest)
{
	return guest->task.call.home;
}

/* Makes the guest runnable: it starts, was halted, its devices have work, or it has ended. */
static inline void guest_wake(struct guest *guest)
{
	task_wake(&guest->task);
}

/*
 * Ends the guest for something it did; the first cause counts.  It returns, and the caller goes on;
 * the guest just never runs again.
 */
void guest_kill(struct guest *guest, const char *format, ...) __printf(2, 3);

/*
 * The same for page tables that no guest may have, as guest->shadow.bad says; the second one for
 * an access to that address.
 */
void guest_kill_bad_tables(struct guest *guest);
void guest_kill_bad_tables_at(struct guest *guest, uint32_t address);

/* Kills it from any CPU, under the lock of the list of guests, so that it exists (guest_list.h). */
void guest_request_kill(struct guest *guest, const char *cause);

/* Ends it at its own request. */
void guest_end(struct guest *guest, enum guest_end reason, const char *text);

/* Restarts it at once, running or not, for a command. */
void guest_restart(struct guest *guest);

/*
 * Keeps it from running, and ends that, for one pauser: it goes on when no other one keeps it.
 * Time goes on for it: its timer, and what its devices have for it, waits until it runs again.  A
 * paused guest can be ended and restarted, which also ends all pauses.  False when that one has
 * paused it already, or has not.
 */
bool guest_pause(struct guest *guest, enum guest_pauser pauser);
bool guest_resume(struct guest *guest, enum guest_pauser pauser);

/* Has it ended to start again: at its own request, by an option or by a command? */
bool guest_restarts_itself(const struct guest *guest);
bool guest_starts_again(const struct guest *guest);

/* What guest->task.call runs: a kill request, due devices, or the guest's arrival here. */
void guest_run_call(struct cpu_call *call);

#endif
