// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends a guest: for its mistake, at its own request, or at the request of the console.  Only its
 * state changes here, so that it does not run again; hv/life/guest_end.c takes it apart in turns of
 * its own.  Called by all code that serves a guest.
 */
#include "hv/guest/guest.h"

#include "lib/format.h"

static bool has_ended(const struct guest *guest)
{
	return guest->state == GUEST_ENDED || guest->state == GUEST_ENDING;
}

/*
 * The cause may be a guest's text with any bytes: newlines and quotes would break the event line.
 */
static void set_end(struct guest *guest, enum guest_end reason)
{
	guest->end_reason = reason;
	if (!has_ended(guest)) {
		timer_stop(&guest->delay);
		guest->paused = 0;
		guest->is_held = false;
		guest->is_starved = false;
		guest->state = GUEST_ENDED;
		guest->end_eip = guest->registers->frame.eip;
	}
	for (char *c = guest->end_cause; *c; c++) {
		if (*c == '"')
			*c = '\'';
		else if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = ' ';
	}
}

void guest_kill(struct guest *guest, const char *format, ...)
{
	va_list arguments;

	if (has_ended(guest))
		return;
	va_start(arguments, format);
	format_text_v(guest->end_cause, sizeof(guest->end_cause), format, arguments);
	va_end(arguments);
	set_end(guest, GUEST_KILLED);
}

void guest_kill_bad_tables(struct guest *guest)
{
	guest_kill(guest, "%s (%08llx)", guest->shadow.bad, guest->shadow.bad_entry);
}

void guest_kill_bad_tables_at(struct guest *guest, uint32_t address)
{
	guest_kill(guest, "%s (%08llx) at address %08x", guest->shadow.bad, guest->shadow.bad_entry,
		   address);
}

void guest_end(struct guest *guest, enum guest_end reason, const char *text)
{
	if (has_ended(guest))
		return;
	format_text(guest->end_cause, sizeof(guest->end_cause), "%s", text);
	set_end(guest, reason);
}

bool guest_restarts_itself(const struct guest *guest)
{
	return guest->end_reason == GUEST_REBOOT ||
	       (guest->end_reason == GUEST_ENDED_PARKED &&
		guest->config->options.when_parked == PARKED_RESTART);
}

bool guest_starts_again(const struct guest *guest)
{
	return guest_restarts_itself(guest) || guest->end_reason == GUEST_RESTARTED;
}

/* --- what others ask for ------------------------------------------------------------ */

/* A guest that is being taken apart is woken by its timer if it waits. */
static void wake(struct guest *guest)
{
	if (guest->state != GUEST_ENDING)
		guest_wake(guest);
}

void guest_restart(struct guest *guest)
{
	if (guest->state == GUEST_DELAYED) {
		timer_stop(&guest->delay);
		guest->paused = 0;
		guest->state = GUEST_STARTING;
	} else {
		guest_end(guest, GUEST_RESTARTED, "restarted at the console");
	}
	wake(guest);
}

/* A guest that waits in the run queue leaves it when its turn comes (hv/run/run.c). */
bool guest_pause(struct guest *guest, enum guest_pauser pauser)
{
	if (guest->paused & pauser || has_ended(guest))
		return false;
	guest->paused |= pauser;
	if (this_cpu()->running == guest->name)
		sched_end_turn();
	return true;
}

/* One that is delayed or parked is woken by what it waits for. */
bool guest_resume(struct guest *guest, enum guest_pauser pauser)
{
	if (!(guest->paused & pauser))
		return false;
	guest->paused &= ~(uint32_t)pauser;
	if (!guest->paused && guest->state != GUEST_DELAYED && guest->state != GUEST_PARKED)
		guest_wake(guest);
	return true;
}

void guest_request_kill(struct guest *guest, const char *cause)
{
	guest->kill_request = cause;
	if (guest_home(guest) == this_cpu()->id)
		guest_run_call(&guest->task.call);
	else
		cpu_call_post(&guest->task.call);
}

/* A kill also stops the restart of a guest that has ended by itself. */
static void carry_out_kill(struct guest *guest, const char *cause)
{
	if (has_ended(guest) && !guest_starts_again(guest))
		return;
	format_text(guest->end_cause, sizeof(guest->end_cause), "%s", cause);
	set_end(guest, GUEST_KILLED);
}

static void arrive(struct guest *guest)
{
	timer_attach(&guest->clock);
	timer_attach(&guest->recheck);
	task_arrive(&guest->task);	/* which may send it on: it is another CPU's now */
}

void guest_run_call(struct cpu_call *call)
{
	struct guest *guest = container_of(call, struct guest, task.call);
	const char *cause = __atomic_exchange_n(&guest->kill_request, NULL, __ATOMIC_SEQ_CST);

	if (cause)
		carry_out_kill(guest, cause);
	if (guest->task.is_arriving)
		arrive(guest);
	else if (cause || (guest->devices_due && guest->state == GUEST_HALTED))
		wake(guest);
}
