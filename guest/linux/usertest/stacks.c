// SPDX-License-Identifier: GPL-2.0-only
/* Handlers on a stack of their own (sigaltstack). */
#include "guest/linux/usertest/test.h"

#include <setjmp.h>
#include <string.h>
#include <sys/resource.h>
#include <ucontext.h>

#define STACK_SIZE 65536u

static char *stack;
static volatile uintptr_t seen;
static volatile int inner;
static sigjmp_buf back;

static void set_stack(void)
{
	stack_t alternate = { .ss_size = STACK_SIZE };

	stack = private_memory(STACK_SIZE);
	alternate.ss_sp = stack;
	if (sigaltstack(&alternate, NULL) < 0)
		test_fail("sigaltstack");
}

static bool is_on_stack(uintptr_t address)
{
	return address - (uintptr_t)stack < STACK_SIZE;
}

static void look(int number, siginfo_t *info, void *frame)
{
	stack_t now;

	(void)info;
	(void)frame;
	seen = (uintptr_t)__builtin_frame_address(0);
	sigaltstack(NULL, &now);
	if (is_on_stack(seen) != (now.ss_flags == SS_ONSTACK))
		test_fail("flags 0x%x while the handler is at 0x%lx", now.ss_flags,
			  (unsigned long)seen);
	if (number == SIGUSR1) {
		raise(SIGUSR2);
		inner += is_on_stack(seen);
	}
}

TEST(stacks, used_when_asked)
{
	set_stack();
	handle(SIGUSR2, look, 0);
	raise(SIGUSR2);
	CHECK(seen && !is_on_stack(seen), "on the other stack without SA_ONSTACK");
	handle(SIGUSR2, look, SA_ONSTACK);
	raise(SIGUSR2);
	CHECK(is_on_stack(seen), "at 0x%lx", (unsigned long)seen);
}

/* One within the other, both there. */
TEST(stacks, nested)
{
	set_stack();
	handle(SIGUSR1, look, SA_ONSTACK);
	handle(SIGUSR2, look, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(inner == 1, "the inner handler was elsewhere");
}

static void leave(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	seen = (uintptr_t)__builtin_frame_address(0);
	siglongjmp(back, 1);
}

static volatile char sink;

static unsigned overflow(unsigned depth)
{
	volatile char page[4096];

	page[0] = (char)depth;
	sink = page[0];
	return depth == UINT32_MAX ? 0 : overflow(depth + 1) + (unsigned)page[0];
}

/* What else could tell a program that its stack is used up? */
TEST(stacks, overflow)
{
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };

	setrlimit(RLIMIT_STACK, &limit);
	set_stack();
	handle(SIGSEGV, leave, SA_ONSTACK);
	for (unsigned i = 0; i < 20; i++) {
		seen = 0;
		if (sigsetjmp(back, 1) == 0)
			(void)overflow(0);
		CHECK(is_on_stack(seen), "round %u: at 0x%lx", i, (unsigned long)seen);
	}
}

/* A page fault in a handler on it, with a frame in its turn. */
static void fault(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	__asm__ volatile("movl $1, 16" : : : "memory");
}

TEST(stacks, fault_in_handler)
{
	set_stack();
	handle(SIGUSR1, fault, SA_ONSTACK);
	handle(SIGSEGV, leave, SA_ONSTACK);
	for (unsigned i = 0; i < 20; i++) {
		seen = 0;
		if (sigsetjmp(back, 1) == 0)
			raise(SIGUSR1);
		CHECK(is_on_stack(seen), "round %u: at 0x%lx", i, (unsigned long)seen);
	}
}

static void die_without_stack(void *data)
{
	(void)data;
	signal(SIGUSR1, SIG_DFL);
	handle(SIGUSR1, look, 0);
	__asm__ volatile("mov %%esp, %%esi\n\tmov $16, %%esp\n\tmov $37, %%eax\n\tmov %0, %%ebx\n\t"
			 "mov $10, %%ecx\n\tint $0x80\n\tmov %%esi, %%esp"
			 :
			 : "m"(*(const int *)data)
			 : "eax", "ebx", "ecx", "esi", "memory");
}

/* A frame that fits nowhere ends the process by SIGSEGV. */
TEST(stacks, none)
{
	static int pid;
	int number;

	/* kill(0, SIGUSR1) reaches the parent too, which does not mind. */
	pid = 0;
	signal(SIGUSR1, SIG_IGN);
	number = child_signal_of(die_without_stack, &pid);
	CHECK(number == SIGSEGV, "signal %d", number);
}
