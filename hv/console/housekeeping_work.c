// SPDX-License-Identifier: GPL-2.0-only
/*
 * The work after each call of housekeeping_wake: all of it, since the call does not say which part
 * is due.
 */
#include "hv/console/housekeeping_work.h"

#include "arch/cpu/log.h"
#include "hv/console/answer.h"
#include "hv/console/command.h"
#include "hv/console/command_clone.h"
#include "hv/console/consoles.h"
#include "hv/console/machine_end.h"
#include "hv/console/power_button.h"
#include "hv/console/top.h"
#include "hv/console/trace_output.h"

void housekeeping_work(void)
{
	struct console_event event;

	consoles_service();
	answer_go_on();
	/* One command at a time, with all of its answer: they share the buffer for that. */
	while (!command_is_in_flight() && consoles_take_event(&event)) {
		if (event.kind == CONSOLE_EVENT_FOCUS)
			log_event("focus", "guest=%s", event.text);
		else if (event.kind == CONSOLE_EVENT_PANEL_KEY)
			top_key();
		else
			command_execute(event.text);
	}
	top_service();
	trace_output_service();
	clone_work();
	power_button_serve();
	machine_end_if_idle();
}
