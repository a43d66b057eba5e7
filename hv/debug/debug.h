/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A debugger's hold on a guest: it is stopped and goes on, executes one instruction, stops where a
 * breakpoint is or where a watched place of its memory is used.  Nothing here knows who the
 * debugger is or how it speaks (hv/gdb/).
 *
 * The state of a guest that is debugged belongs to the guest's home CPU, as the guest does, but for
 * what is marked otherwise.  A debugger has the guest's window loaded where it calls what is
 * declared here, and the guest exists.
 */
#ifndef UMBRA_HV_DEBUG_DEBUG_H
#define UMBRA_HV_DEBUG_DEBUG_H

#include "hv/guest/guest.h"

/* Guests have numbers from 1 to this. */
#define DEBUG_GUESTS 32u
#define DEBUG_BREAKPOINTS 64u		/* of one guest */
#define DEBUG_WATCHES 4u		/* debug registers of a CPU (SDM vol. 3, 17.2) */

enum debug_stop_kind {
	DEBUG_STOP_ASKED,	/* by the debugger: when it attached, or later */
	DEBUG_STOP_STEP,	/* one instruction was executed */
	DEBUG_STOP_BREAKPOINT,	/* in memory; eip is the breakpoint's address */
	DEBUG_STOP_EXECUTE,	/* a debug register's, about to execute */
	DEBUG_STOP_WRITE,	/* a debug register's, has written to address */
	DEBUG_STOP_ACCESS,	/* a debug register's, has read or written address */
	DEBUG_STOP_START,	/* the guest was restarted, and is before its first instruction */
};

struct debug_stop {
	enum debug_stop_kind kind;
	uint32_t address;
};

/* What happened since the debugger took events last. */
enum debug_event {
	DEBUG_EVENT_STOPPED = BIT(0),	/* stop says why */
	DEBUG_EVENT_STARTED = BIT(1),	/* the guest was restarted, and is stopped */
	DEBUG_EVENT_ENDED = BIT(2),	/* for good, as end says; the guest is gone */
};

/* An `int3` in the guest's memory. */
struct debug_breakpoint {
	bool is_used;
	uint32_t address;		/* linear, as the debugger gave it */
	gpa_t place;			/* where it is */
	uint8_t original;		/* the byte that belongs there */
};

enum debug_watch_kind {		/* values of R/W in DR7 (SDM vol. 3, 17.2.4) */
	DEBUG_WATCH_EXECUTE = 0, DEBUG_WATCH_WRITE = 1, DEBUG_WATCH_ACCESS = 3,
};

struct debug_watch {
	bool is_used;
	enum debug_watch_kind kind;
	uint32_t address, length;	/* 1, 2 or 4; aligned */
	uint32_t first, size;		/* what the debugger asked for, of which this is a part */
};

/* What an instruction does with TF, so that the debugger's own is not seen (debug_step.c). */
enum debug_tf_use { TF_UNUSED, TF_PUSHED, TF_LOADED };

struct debug_step {
	bool is_wanted;			/* by the debugger */
	struct debug_breakpoint *over;	/* its `int3` is taken out for one instruction; or NULL */
	bool is_armed;			/* TF was set for the entry that is being made */
	uint32_t eip, own_tf;		/* the guest's own, before it */
	enum debug_tf_use use;
};

struct guest_debug {
	struct debug_breakpoint breakpoints[DEBUG_BREAKPOINTS];
	struct debug_watch watches[DEBUG_WATCHES];
	uint32_t dr7;			/* 0: no debug register is used */
	uint32_t dr6;			/* of the last exit by #DB */
	struct debug_step step;

	/* Written before the event that announces it, and read after it was taken, on any CPU. */
	struct debug_stop stop;
	enum guest_end end;
	uint32_t events;		/* of enum debug_event; any CPU, in one step */
};

/* Sets what is called, on any CPU, after an event.  Boot CPU, before a debugger attaches. */
void debug_set_notify(void (*notify)(void));

/* The state for the guest of that number, 1 to DEBUG_GUESTS.  Any CPU. */
struct guest_debug *debug_of(unsigned number);

/* Takes the events: bits of enum debug_event.  Any CPU. */
uint32_t debug_take_events(struct guest_debug *debug);

/*
 * Attaches to the guest and stops it, which is an event.  False when somebody has attached to it,
 * or it has ended.
 */
bool debug_attach(struct guest *guest);

/* Removes all breakpoints and lets the guest go on; nothing when nobody is attached to it. */
void debug_detach(struct guest *guest);

/* Stops the guest, which is an event if it was not stopped. */
void debug_interrupt(struct guest *guest);

/* Lets a stopped guest go on; for one instruction if step is set. */
void debug_resume(struct guest *guest, bool step);

static inline bool debug_is_stopped(const struct guest *guest)
{
	return (guest->paused & PAUSED_BY_DEBUGGER) != 0;
}

/* Has the guest memory that can be looked at?  Not before its start, and not once it has ended. */
static inline bool debug_has_memory(const struct guest *guest)
{
	return guest->state == GUEST_RUNNING || guest->state == GUEST_HALTED ||
	       guest->state == GUEST_PARKED;
}

/* Has it registers?  Not while it is taken apart. */
static inline bool debug_has_registers(const struct guest *guest)
{
	return guest->state != GUEST_ENDED && guest->state != GUEST_ENDING;
}

/* --- for the rest of Umbra: guests that a debugger has attached to ------------------------ */

/* The guest was restarted, and was not entered yet; or it ended for good. */
void debug_guest_starts(struct guest *guest);
void debug_guest_ends(struct guest *guest);

/*
 * Around the entry to a guest: loads its debug registers and sets TF if it is to be stopped behind
 * one instruction; and takes both back, before anything else is done with the exit.
 */
void debug_enter(struct guest *guest);
void debug_leave(struct guest *guest);

/* Handles an exit that is the debugger's; false: it is handled as ever. */
bool debug_takes_exit(struct guest *guest);

/* After an exit was handled: ends a step that is complete. */
void debug_after_exit(struct guest *guest);

/* A guest that executes one instruction for the debugger gets no interrupt before it. */
static inline bool debug_holds_interrupts(const struct guest *guest)
{
	return guest->debug && (guest->debug->step.is_wanted || guest->debug->step.over);
}

#endif
