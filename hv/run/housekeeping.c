// SPDX-License-Identifier: GPL-2.0-only
/* A flag that requests the work, and a call that makes the boot CPU leave its guest. */
#include "hv/run/housekeeping.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "lib/compiler.h"

bool housekeeping_asked;	/* any CPU sets it, the boot CPU clears it; each in one step */
static struct cpu_call call;
static void (*do_work)(void);
static bool guests_gone;	/* set by any CPU, taken by the boot CPU */

/* Nothing to do: the call made the guest exit, which was its purpose. */
static void run_call(struct cpu_call *unused)
{
	(void)unused;
}

void housekeeping_init(void (*work)(void))
{
	do_work = work;
	cpu_call_init(&call, this_cpu()->id, run_call);
}

void housekeeping_wake(void)
{
	if (!__atomic_exchange_n(&housekeeping_asked, true, __ATOMIC_SEQ_CST) &&
	    !housekeeping_is_here())
		cpu_call_post(&call);
}

bool housekeeping_is_here(void)
{
	return this_cpu()->id == call.home;
}

void housekeeping_do(void)
{
	__atomic_store_n(&housekeeping_asked, false, __ATOMIC_SEQ_CST);
	do_work();
}

void housekeeping_guests_gone(void)
{
	__atomic_store_n(&guests_gone, true, __ATOMIC_SEQ_CST);
	housekeeping_wake();
}

bool housekeeping_take_guests_gone(void)
{
	/* Exchanged, since another CPU may set it at the same time. */
	return __atomic_exchange_n(&guests_gone, false, __ATOMIC_SEQ_CST);
}
