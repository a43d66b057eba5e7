// SPDX-License-Identifier: GPL-2.0-only
/* Catching the signals that instructions cause. */
#include "guest/linux/usertest/test.h"

#include <setjmp.h>
#include <string.h>
#include <ucontext.h>

static sigjmp_buf back;
static struct caught caught;

void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void catch (int number, siginfo_t *info, void *frame)
{
	const mcontext_t *context = &((const ucontext_t *)frame)->uc_mcontext;

	caught = (struct caught){
		.number = number,
		.code = info->si_code,
		.address = (uintptr_t)info->si_addr,
		.trap = (unsigned long)context->gregs[REG_TRAPNO],
		.error = (unsigned long)context->gregs[REG_ERR],
		.cr2 = context->cr2,
	};
	siglongjmp(back, 1);
}

struct caught caught_of(void (*run)(void *data), void *data)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction before[5];

	memset(&caught, 0, sizeof(caught));
	for (unsigned i = 0; i < 5; i++) {
		sigaction(numbers[i], NULL, &before[i]);
		handle(numbers[i], catch, 0);
	}
	if (sigsetjmp(back, 1) == 0)
		run(data);
	for (unsigned i = 0; i < 5; i++)
		sigaction(numbers[i], &before[i], NULL);
	return caught;
}
