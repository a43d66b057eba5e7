// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests go on, stop and are detached from: what vCont and D ask for becomes a job of each guest
 * that it is about, and the jobs are done one after another on the guests' home CPUs.
 */
#include "hv/gdb/gdb_session.h"

/* --- vCont -------------------------------------------------------------------------------- */

static bool is_meant(const struct gdb_thread *thread, uint32_t process)
{
	return thread->process == GDB_ALL || thread->process == GDB_ANY ||
	       thread->process == process;
}

/* What was not reported yet is reported instead of going on. */
static void give_job(struct gdb_guest *guest, enum gdb_job job)
{
	if (!guest->is_attached || guest->has_report || guest->job != GDB_JOB_NONE)
		return;
	if ((job == GDB_JOB_STOP) == guest->is_running)
		guest->job = job;
	if (job == GDB_JOB_STOP)
		guest->signal = 0;
}

static enum gdb_job job_of(char letter)
{
	switch (letter) {
	case 'c':
	case 'C':
		return GDB_JOB_CONTINUE;
	case 's':
	case 'S':
		return GDB_JOB_STEP;
	default:
		return letter == 't' ? GDB_JOB_STOP : GDB_JOB_NONE;
	}
}

/* `;ACTION[:THREAD]`; a signal that comes with it has no meaning for a guest. */
static bool take_action(enum gdb_job *job, struct gdb_thread *thread)
{
	uint32_t signal;
	char letter;

	*thread = (struct gdb_thread){ GDB_ALL, GDB_ALL };
	if (!gdb_take(&gdb.request, ';') || gdb_left(&gdb.request) == 0)
		return false;
	letter = *gdb.request.at++;
	*job = job_of(letter);
	if ((letter == 'C' || letter == 'S') && !gdb_take_hex(&gdb.request, &signal))
		return false;
	return *job != GDB_JOB_NONE &&
	       (!gdb_take(&gdb.request, ':') || gdb_take_thread(&gdb.request, thread));
}

void gdb_drop_jobs(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++)
		gdb.guests[i].job = GDB_JOB_NONE;
}

/* The first action that names a thread is the one for it. */
void gdb_request_continue(void)
{
	while (gdb_left(&gdb.request) > 0) {
		struct gdb_thread thread;
		enum gdb_job job;

		if (!take_action(&job, &thread)) {
			gdb_drop_jobs();
			gdb_reply_error(GDB_E_REQUEST);
			return;
		}
		for (uint32_t process = 1; process <= DEBUG_GUESTS; process++)
			if (is_meant(&thread, process))
				give_job(gdb_guest_of(process), job);
	}
	if (gdb.non_stop) {
		gdb_reply_ok();
	} else {
		gdb.has_reply = false;
		gdb.is_waiting = true;
	}
}

/* --- jobs --------------------------------------------------------------------------------- */

static struct gdb_guest *subject;

static void do_job(struct guest *guest)
{
	enum gdb_job job = subject->job;

	subject->job = GDB_JOB_NONE;
	if (!guest || !guest->debug) {
		if (job == GDB_JOB_DETACH)
			gdb_forget(subject);
		return;
	}
	switch (job) {
	case GDB_JOB_CONTINUE:
	case GDB_JOB_STEP:
		subject->is_running = true;
		debug_resume(guest, job == GDB_JOB_STEP);
		break;
	case GDB_JOB_STOP:
		debug_interrupt(guest);
		break;
	case GDB_JOB_DETACH:
		gdb_forget(subject);
		debug_detach(guest);
		break;
	case GDB_JOB_NONE:
		break;
	}
}

bool gdb_run_job(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++) {
		if (gdb.guests[i].job == GDB_JOB_NONE)
			continue;
		subject = &gdb.guests[i];
		gdb_call(i + 1, do_job);
		return true;
	}
	return false;
}

void gdb_detach_all(void)
{
	gdb.umbra_attached = gdb.has_panicked;
	for (unsigned i = 0; i < DEBUG_GUESTS; i++)
		if (gdb.guests[i].is_attached && !gdb.has_panicked)
			gdb.guests[i].job = GDB_JOB_DETACH;
}
