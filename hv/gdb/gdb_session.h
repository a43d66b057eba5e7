/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share: the state of the one session, and what the requests need.  It
 * belongs to the boot CPU, and to the home CPU of a guest while a call is there (gdb_call.c).
 */
#ifndef UMBRA_HV_GDB_GDB_SESSION_H
#define UMBRA_HV_GDB_GDB_SESSION_H

#include "hv/debug/debug.h"
#include "hv/gdb/gdb_packet.h"
#include "hv/gdb/gdb_text.h"

/* The process that Umbra is; guests have the numbers that they have at the console. */
#define GDB_UMBRA 1000u

/* Errors have no meaning in the protocol; these are distinct for who reads the packets. */
enum gdb_error {
	GDB_E_REQUEST = 1,	/* it cannot be understood, or what it asks for is not offered */
	GDB_E_PROCESS = 2,	/* there is no such process, or it is not attached */
	GDB_E_MEMORY = 3,	/* nothing is mapped there */
	GDB_E_REGISTER = 4,	/* the register does not take that value */
	GDB_E_POINT = 5,	/* the breakpoint or watchpoint cannot be had */
};

/* What is still to be done to a guest, on its home CPU. */
enum gdb_job { GDB_JOB_NONE, GDB_JOB_CONTINUE, GDB_JOB_STEP, GDB_JOB_STOP, GDB_JOB_DETACH };

struct gdb_guest {
	bool is_attached, is_running;
	bool has_report;	/* it stopped or ended, and the other end was not told */
	bool has_ended;		/* report is of its end */
	bool is_restarted;
	bool is_quiet;		/* it is being stopped because another one was */
	enum gdb_job job;
	enum guest_end end;
	struct debug_stop stop;
	unsigned signal;	/* for DEBUG_STOP_ASKED */
	char name[CONFIG_NAME_SIZE];
};

enum gdb_monitor_state { MONITOR_IDLE, MONITOR_WAITS, MONITOR_RUNS, MONITOR_ANSWERS };

#define GDB_MONITOR_SIZE 16384u
#define GDB_DOCUMENT_SIZE 8192u
#define GDB_LINE_SIZE 256u

struct gdb_session {
	bool has_reply;			/* to be sent when no call and no job is left */
	bool no_acks, next_no_acks;	/* the second: from the next reply on */
	bool non_stop, has_exec_events, is_notified;
	bool is_waiting;		/* all-stop: the reply is the next stop */
	bool umbra_attached;
	bool has_panicked;
	uint32_t selected, selected_thread;	/* what registers and memory are asked for */

	struct gdb_cursor request;	/* what is left of the packet */
	uint32_t address, length, kind;	/* of it, for what is done on another CPU */
	struct gdb_text reply;
	struct gdb_guest guests[DEBUG_GUESTS];	/* by number - 1 */

	enum gdb_monitor_state monitor;
	char monitor_line[GDB_LINE_SIZE];
	struct gdb_text monitor_answer;
	uint32_t monitor_sent;

	struct gdb_text document;	/* the last that qXfer asked for */
};

extern struct gdb_session gdb;

/* --- replies and processes (gdb_reply.c) --------------------------------------------- */

void gdb_reply_ok(void);
void gdb_reply_error(enum gdb_error error);

/* The state of process; NULL: no guest can have that number. */
struct gdb_guest *gdb_guest_of(uint32_t process);

/* Is it attached, be it a guest or Umbra? */
bool gdb_is_attached(uint32_t process);

/* A guest that was attached to is not any more. */
void gdb_forget(struct gdb_guest *state);

/*
 * Carries out what is asked of the selected process: run(guest) for a guest that is attached, on
 * its home CPU with its window loaded, and umbra() for Umbra.
 */
void gdb_for_selected(void (*run)(struct guest *guest), void (*umbra)(void));

/* --- calls (gdb_call.c) -------------------------------------------------------------- */

/*
 * Has run(guest) called on the home CPU of the guest of that number, at once or later, with its
 * window loaded; with NULL when there is none.  The session is served again afterwards.
 */
void gdb_call(uint32_t number, void (*run)(struct guest *guest));
bool gdb_call_is_pending(void);

/* After a panic: nobody runs it any more. */
void gdb_call_abandon(void);

/* Handles one packet (gdb_request.c). */
void gdb_handle(const char *content, uint32_t length);

/* --- the requests, by file ----------------------------------------------------------- */

void gdb_request_registers(void);		/* gdb_registers.c */
void gdb_request_register(void);
void gdb_request_set_register(void);
void gdb_request_read(void);			/* gdb_memory.c */
void gdb_request_write(void);
void gdb_request_write_binary(void);
void gdb_request_insert(void);			/* gdb_points.c */
void gdb_request_remove(void);
void gdb_request_continue(void);		/* gdb_resume.c: vCont */
void gdb_request_attach(void);			/* gdb_attach.c */
void gdb_request_detach(void);
void gdb_request_kill(void);
void gdb_request_query(void);			/* gdb_query.c */
void gdb_request_set(void);
void gdb_request_reason(void);			/* gdb_stops.c: `?` */
void gdb_request_next_stop(void);		/* vStopped */
void gdb_request_interrupt(void);		/* vCtrlC */

/* --- stops (gdb_stops.c) ------------------------------------------------------------- */

/* Takes what happened to attached guests. */
void gdb_collect_events(void);

/* Ctrl-C. */
void gdb_interrupt(void);

/*
 * Makes the reply or the notification that is due, if any; true when there is one to be sent.  kind
 * is that of its packet.
 */
bool gdb_report_stop(char *kind);

/* --- jobs (gdb_resume.c) ------------------------------------------------------------- */

/* Starts one that is left; false when there is none. */
bool gdb_run_job(void);

void gdb_drop_jobs(void);

/* Detaches from all. */
void gdb_detach_all(void);

/* --- documents (gdb_documents.c) ----------------------------------------------------- */

/* `qXfer:`, behind that. */
void gdb_request_document(void);

/* --- monitor (gdb_monitor.c) --------------------------------------------------------- */

/* `qRcmd,`, behind that. */
void gdb_request_monitor(void);

/* Goes on with one; true when a packet is to be sent. */
bool gdb_monitor_go_on(void);

/* --- Umbra as a process (gdb_umbra.c) ------------------------------------------------ */

void gdb_umbra_registers(void);
void gdb_umbra_register(void);
void gdb_umbra_read(void);
void gdb_umbra_refuse(void);

/* How many threads it has: its CPUs after a panic, else the one that serves the line. */
unsigned gdb_umbra_threads(void);

#endif
