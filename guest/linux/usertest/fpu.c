// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FPU and SSE: registers over switches between processes and threads, over fork, execve and
 * signals, and the exceptions. Between loading them and comparing there are only system calls,
 * since the C library may use the same registers.
 */
#include "guest/linux/usertest/registers.h"
#include "guest/linux/usertest/test.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PROCESSES 8u
#define THREADS 8u
#define ROUNDS 100u

/* Without the C library, which may use SSE itself. */
static void give_way(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(SYS_sched_yield) : "memory");
}

static void hold_registers(void *data)
{
	uint32_t id = *(const uint32_t *)data;

	for (uint32_t round = 0; round < ROUNDS * test_storm; round++) {
		uint32_t seed = id * 1000 + round;
		const char *wrong;

		fpu_load(seed);
		for (unsigned i = 0; i < 5; i++)
			give_way();
		wrong = fpu_difference(seed);
		CHECK(!wrong, "process %u, round %u: %s changed", id, round, wrong);
	}
}

TEST(fpu, switches_of_processes)
{
	pid_t pids[PROCESSES];

	for (uint32_t i = 0; i < PROCESSES; i++)
		pids[i] = child_start(hold_registers, &i);
	(void)child_join(pids, PROCESSES);
}

static void *hold_in_thread(void *data)
{
	hold_registers(data);
	return NULL;
}

TEST(fpu, switches_of_threads)
{
	pthread_t threads[THREADS];
	uint32_t ids[THREADS];

	for (uint32_t i = 0; i < THREADS; i++) {
		ids[i] = 100 + i;
		CHECK(pthread_create(&threads[i], NULL, hold_in_thread, &ids[i]) == 0, "no thread");
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Of the same value as the others, and of none of theirs: some do not use it at all. */
static void hold_nothing(void *data)
{
	(void)data;
	for (uint32_t i = 0; i < 5 * ROUNDS * test_storm; i++)
		give_way();
}

TEST(fpu, users_among_others)
{
	pid_t pids[PROCESSES];

	for (uint32_t i = 0; i < PROCESSES; i++)
		pids[i] = child_start(i % 2 ? hold_nothing : hold_registers, &i);
	(void)child_join(pids, PROCESSES);
}

TEST(fpu, fork_inherits)
{
	long pid;
	const char *wrong_part;

	fpu_load(77);
	__asm__ volatile("int $0x80" : "=a"(pid) : "a"(SYS_fork) : "memory");
	wrong_part = fpu_difference(77);
	if (pid == 0)
		_exit(wrong_part ? 1 : 0);
	CHECK(!wrong_part, "the parent's: %s changed", wrong_part);
	CHECK(child_wait((pid_t)pid) == 0, "the child's registers are others");
}

TEST(fpu, exec_resets)
{
	pid_t pid = fork();

	if (pid == 0) {
		fpu_load(5);
		execl(test_program, "usertest", "started", "fpu", NULL);
		_exit(100);
	}
	CHECK(child_wait(pid) == 0, "a new program begins with an FPU that was used");
}

/* --- signals --------------------------------------------------------------------------------- */

static volatile uint32_t handled, wrong;

static void clobber(int number, siginfo_t *info, void *frame)
{
	struct fpu_state state;

	(void)number;
	(void)info;
	(void)frame;
	fpu_save(&state);
	if (state.control != FPU_CONTROL || state.mxcsr != SSE_CONTROL)
		wrong++;
	fpu_load(handled + 9999);
	give_way();
	if (fpu_difference(handled + 9999))
		wrong++;
	handled++;
}

static void raise_without_library(int number)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(SYS_kill), "b"(getpid()), "c"(number)
			 : "memory");
}

TEST(fpu, handler_has_its_own)
{
	const char *part;

	handle(SIGUSR1, clobber, 0);
	for (uint32_t i = 0; i < 20; i++) {
		fpu_load(i);
		raise_without_library(SIGUSR1);
		part = fpu_difference(i);
		fpu_reset();
		CHECK(!part, "signal %u: %s changed", i, part);
	}
	CHECK(handled == 20 && !wrong, "%u handled, %u of them wrong", handled, wrong);
}

static void change_frame(int number, siginfo_t *info, void *frame)
{
	ucontext_t *context = frame;
	struct fpu_state *state = (void *)((char *)context->uc_mcontext.fpregs +
					   sizeof(*context->uc_mcontext.fpregs));

	(void)number;
	(void)info;
	/* Behind the old FPU's 112 bytes lies what FXSAVE has stored (sigcontext.h of Linux). */
	wrong += state->xmm[3][2] != (uint8_t)(4 * 37 + 3 * 16 + 2);
	memset(state->xmm[3], 0x5A, 16);
}

TEST(fpu, frame_is_restored)
{
	struct fpu_state state;

	handle(SIGUSR1, change_frame, 0);
	fpu_load(4);
	raise_without_library(SIGUSR1);
	fpu_save(&state);
	fpu_reset();
	CHECK(!wrong, "the frame has other registers");
	for (unsigned i = 0; i < 16; i++)
		CHECK(state.xmm[3][i] == 0x5A, "byte %u is 0x%x", i, state.xmm[3][i]);
	CHECK(state.xmm[2][0] == (uint8_t)(4 * 37 + 32), "another register changed");
}

/* The compiler itself, which builds for any i686, uses no SSE. */
static void add_sse(float *sum, float value)
{
	__asm__("movss %0, %%xmm0\n\taddss %1, %%xmm0\n\tmovss %%xmm0, %0"
		: "+m"(*sum)
		: "m"(value));
}

/* A sum that is exact in x87 and in SSE, while a timer's handler uses both. */
TEST(fpu, signals_in_the_midst)
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };
	uint64_t start = now_ns();
	long double slow = 0;
	float fast = 0;
	uint32_t rounds = 0;

	handle(SIGALRM, clobber, 0);
	setitimer(ITIMER_REAL, &timer, NULL);
	while ((handled < 50 * test_storm || rounds < 10) && now_ns() - start < 30000000000u) {
		slow = 0;
		fast = 0;
		for (uint32_t i = 1; i <= 1000; i++) {
			slow += (long double)i * 0.5L;
			add_sse(&fast, (float)(i % 8));
		}
		if (slow != 250250.0L || fast != 3500.0f)
			break;
		rounds++;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(slow == 250250.0L && fast == 3500.0f, "sums are %Lf and %f after %u signals", slow,
	      (double)fast, handled);
	CHECK(handled >= 50 * test_storm && !wrong, "%u signals, %u wrong", handled, wrong);
}

/* --- exceptions ------------------------------------------------------------------------------ */

static void divide_x87(void *data)
{
	static const uint16_t unmask_zero_divide = 0x037B;

	(void)data;
	__asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait"
			 :
			 : "m"(unmask_zero_divide));
}

static void divide_sse(void *data)
{
	static const uint32_t unmask_zero_divide = 0x1D80;
	static const float one[4] __attribute__((aligned(16))) = { 1, 1, 1, 1 };

	(void)data;
	__asm__ volatile(
		"ldmxcsr %0\n\tmovaps %1, %%xmm0\n\txorps %%xmm1, %%xmm1\n\tdivps %%xmm1, %%xmm0"
		:
		: "m"(unmask_zero_divide), "m"(one));
}

TEST(fpu, x87_exception)
{
	struct caught caught = caught_of(divide_x87, NULL);

	fpu_reset();
	CHECK(caught.number == SIGFPE && caught.code == FPE_FLTDIV && caught.trap == 16,
	      "signal %d, code %d, trap %lu", caught.number, caught.code, caught.trap);
}

/* QEMU 7.2 without hardware below it has no such exception. */
TEST(fpu, sse_exception)
{
	struct caught caught = caught_of(divide_sse, NULL);

	fpu_reset();
	if (caught.number == 0 && cpuinfo_has("model name", "QEMU")) {
		test_skip("this QEMU raises none");
		return;
	}
	CHECK(caught.number == SIGFPE && caught.code == FPE_FLTDIV && caught.trap == 19,
	      "signal %d, code %d, trap %lu", caught.number, caught.code, caught.trap);
}
