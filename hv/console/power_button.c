// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power button.  Its interrupt handler and the timer of the guests' time to end only set flags;
 * housekeeping acts on them.
 */
#include "hv/console/power_button.h"

#include "arch/board/acpi.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/console/machine_end.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"
#include "lib/error.h"

#define NS_A_SECOND 1000000000ull

static unsigned grace;
static volatile bool pressed, time_over;	/* set by interrupt handlers */
static bool ending;
static struct timer grace_timer;

static void button_pressed(void)
{
	pressed = true;
	housekeeping_wake();
}

static void grace_expired(struct timer *timer)
{
	(void)timer;
	time_over = true;
	housekeeping_wake();
}

void power_button_start(unsigned seconds)
{
	int error;

	grace = seconds;
	timer_init(&grace_timer, grace_expired);
	error = acpi_power_button_start(button_pressed);
	if (error == -E_UNSUPPORTED)
		log_info("power", "the board's power button is none that Umbra can watch");
	else if (error == -E_NOENT)
		log_warn("power", "the power button cannot be watched: there is nothing at port "
			 "%04x, where the firmware says it is", acpi_fixed()->pm1a_event);
	else if (error)
		log_warn("power",
			 "the power button cannot be watched: its interrupt line is %u, but %s",
			 acpi_fixed()->sci_line, error_words(error));
}

static void end_guest(struct guest *guest, void *context)
{
	(void)context;
	guest_request_kill(guest, "the power button was pressed");
}

static void end_guests(void)
{
	timer_stop(&grace_timer);
	guest_list_visit(end_guest, NULL);
}

static void begin_ending(void)
{
	ending = true;
	log_event("power-button", "grace=%u", grace);
	machine_set_when_idle(IDLE_POWEROFF);
	if (guest_list_is_idle())
		housekeeping_guests_gone();
	timer_start(&grace_timer, time_ns() + grace * NS_A_SECOND);
}

void power_button_serve(void)
{
	bool again = pressed && ending;

	if (pressed && !ending)
		begin_ending();
	pressed = false;
	if (again)
		log_event("power-button", "grace=0");
	if (again || time_over)
		end_guests();
	time_over = false;
}
