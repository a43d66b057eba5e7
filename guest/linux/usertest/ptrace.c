// SPDX-License-Identifier: GPL-2.0-only
/* A debugger's work on a child: memory, registers, single steps, breakpoints, system calls. */
#include "guest/linux/usertest/test.h"

#include "guest/linux/usertest/registers.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long variable = 0x12345678;

/* Stop for the parent, then run data, a function, and exit with 7. */
static void be_traced(void *data)
{
	void (*run)(void);

	memcpy(&run, &data, sizeof(run));
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (run)
		run();
	_exit(7);
}

/* A child that has stopped itself. */
static pid_t start_traced(void (*run)(void))
{
	void *data;
	int status;
	pid_t pid;

	memcpy(&data, &run, sizeof(data));
	pid = child_start(be_traced, data);
	status = pid > 0 ? 0 : -1;
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)))
		test_fail("it did not stop: status 0x%x", status);
	return pid;
}

/* Let it go on so, and wait for the next stop or its end. */
static int go_on(pid_t pid, int request)
{
	int status = -1;

	if (ptrace(request, pid, 0, 0) < 0)
		test_fail("ptrace(%d): %s", request, strerror(errno));
	else
		waitpid(pid, &status, 0);
	return status;
}

static bool ends_well(pid_t pid)
{
	int status = go_on(pid, PTRACE_CONT);

	CHECK_BOOL(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it ended with status 0x%x",
		   status);
	return true;
}

static void check_variable(void)
{
	_exit(variable == 0x0BADCAFE ? 7 : 8);
}

TEST(ptrace, memory)
{
	pid_t pid = start_traced(check_variable);
	long value = ptrace(PTRACE_PEEKDATA, pid, &variable, 0);

	CHECK(value == 0x12345678, "it has 0x%lx", value);
	CHECK(ptrace(PTRACE_POKEDATA, pid, &variable, (void *)0x0BADCAFE) == 0, "poke: %s",
	      strerror(errno));
	CHECK(variable == 0x12345678, "the poke went to the parent too");
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, pid, (void *)16, 0) == -1 && errno == EIO,
	      "nothing is at 16");
	(void)ends_well(pid);
}

/* Exactly these instructions: every address is known. */
extern char step_code[], step_end[];
void step_run(void);

__asm__(".text\n.globl step_run\n"
	"step_run:\n\t"
	"push %ebx\n.globl step_code\nstep_code:\n\t"
	"nop\n\tmov $3, %ecx\n1:\tinc %edx\n\tdec %ecx\n\tjnz 1b\n\t"
	"pushf\n\tpop %eax\n\tcld\n\tmov %ds, %eax\n\tmov %eax, %ds\n\t"
	"push %ss\n\tpop %ss\n\tnop\n\t"
	"mov $20, %eax\n\tint $0x80\n\tnop\n.globl step_end\n"
	"step_end:\n\t"
	"pop %ebx\n\tret\n");

static long eip_of(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.eip), 0);
}

/*
 * Step to the code, then through it: nop, mov, nine in the loop, pushf, pop, cld, two mov,
 * push, pop with the instruction behind it (a load of SS keeps debug exceptions off for one), mov,
 * int, nop.
 */
TEST(ptrace, single_step)
{
	pid_t pid = start_traced(step_run);
	unsigned steps = 0, inside = 0;
	int status = 0;

	for (; steps < 20000 && eip_of(pid) != (long)(uintptr_t)step_code; steps++) {
		status = go_on(pid, PTRACE_SINGLESTEP);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "step %u: status 0x%x",
		      steps, status);
	}
	CHECK(eip_of(pid) == (long)(uintptr_t)step_code, "it did not come to the code");
	for (; inside < 100 && eip_of(pid) != (long)(uintptr_t)step_end; inside++) {
		status = go_on(pid, PTRACE_SINGLESTEP);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "step %u: status 0x%x",
		      inside, status);
	}
	CHECK(inside == 21, "%u steps", inside);
	(void)ends_well(pid);
}

static volatile unsigned handled, rounds;

static void count(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	handled++;
}

static void loop(void)
{
	for (rounds = 0; rounds < 2000; rounds++)
		continue;
	_exit(handled == 20 ? 7 : 8);
}

/* Into a handler and out of it again, at twenty places. */
TEST(ptrace, step_and_signal)
{
	int status = 0;
	pid_t pid;

	handle(SIGUSR1, count, 0);
	pid = start_traced(loop);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned n = 0; n < 30 + i; n++) {
			status = go_on(pid, PTRACE_SINGLESTEP);
			CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP,
			      "round %u: status 0x%x", i, status);
		}
		CHECK(ptrace(PTRACE_SINGLESTEP, pid, 0, SIGUSR1) == 0, "%s", strerror(errno));
		waitpid(pid, &status, 0);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "round %u: status 0x%x", i,
		      status);
	}
	(void)ends_well(pid);
}

TEST(ptrace, breakpoint)
{
	pid_t pid = start_traced(step_run);
	struct user_regs_struct regs;
	long text = ptrace(PTRACE_PEEKTEXT, pid, step_end, 0);
	int status;

	ptrace(PTRACE_POKETEXT, pid, step_end, (void *)((text & ~0xFFl) | 0xCC));
	status = go_on(pid, PTRACE_CONT);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "status 0x%x", status);
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	CHECK(regs.eip == (long)(uintptr_t)step_end + 1, "it stopped at 0x%lx", regs.eip);
	CHECK((uint8_t)*step_end != 0xCC, "the breakpoint is in the parent too");
	ptrace(PTRACE_POKETEXT, pid, step_end, (void *)text);
	regs.eip--;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	(void)ends_well(pid);
}

static void call_twice(void)
{
	long first, second;

	__asm__ volatile("int $0x80" : "=a"(first) : "a"(SYS_getppid) : "memory");
	__asm__ volatile("int $0x80" : "=a"(second) : "a"(SYS_getppid) : "memory");
	_exit(first == 1234 && second == 5678 ? 7 : 8);
}

/* Entries and exits of system calls, with another result put in. */
TEST(ptrace, system_calls)
{
	static const long results[] = { 1234, 5678 };
	pid_t pid = start_traced(call_twice);
	unsigned calls = 0;

	ptrace(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD);
	while (calls < 2) {
		struct user_regs_struct regs;
		int status = go_on(pid, PTRACE_SYSCALL);

		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80), "status 0x%x",
		      status);
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
		if (regs.orig_eax != SYS_getppid)
			continue;
		CHECK(regs.eax == -ENOSYS, "at the entry of a call eax is 0x%lx", regs.eax);
		(void)go_on(pid, PTRACE_SYSCALL);
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
		CHECK(regs.eax == getpid(), "at its end eax is %ld", regs.eax);
		regs.eax = results[calls++];
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
	}
	(void)ends_well(pid);
}

static void hold_fpu(void)
{
	long result;
	const char *part;

	fpu_load(31);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(SYS_kill), "b"(getpid()), "c"(SIGSTOP)
			 : "memory");
	part = fpu_difference(32);
	_exit(part ? 8 : 7);
}

TEST(ptrace, fpu_registers)
{
	pid_t pid = start_traced(hold_fpu);
	struct fpu_state state, other;
	const char *part;
	int status = go_on(pid, PTRACE_CONT);

	CHECK(WIFSTOPPED(status), "status 0x%x", status);
	CHECK(ptrace(PTRACE_GETFPXREGS, pid, 0, &state) == 0, "%s", strerror(errno));
	fpu_load(31);
	fpu_save(&other);
	fpu_reset();
	part = fpu_state_difference(&state, &other);
	CHECK(!part, "%s: others than it loaded", part);
	fpu_load(32);
	fpu_save(&state);
	fpu_reset();
	CHECK(ptrace(PTRACE_SETFPXREGS, pid, 0, &state) == 0, "%s", strerror(errno));
	(void)ends_well(pid);
}

static volatile int go;

static void spin(void *data)
{
	(void)data;
	while (!go)
		continue;
	_exit(7);
}

/* One that knows nothing of it, in the midst of its work. */
TEST(ptrace, attach)
{
	pid_t pid = child_start(spin, NULL);
	int status;

	for (unsigned i = 0; i < 10; i++) {
		CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == 0, "attach: %s", strerror(errno));
		CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status), "status 0x%x", status);
		if (i == 9)
			ptrace(PTRACE_POKEDATA, pid, &go, (void *)1);
		CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0, "detach: %s", strerror(errno));
	}
	status = child_wait(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status 0x%x", status);
}

/*
 * A watchpoint of the processor's either works or is refused: a debugger told yes that then waits
 * for what never comes would be worse off than one that steps.
 */
static void write_variable(void)
{
	variable = 99;
}

TEST(ptrace, watchpoint)
{
	pid_t pid = start_traced(write_variable);
	long address =
		ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &variable);
	/* Local enable 0, on writes of four bytes (SDM volume 3, 18.2.4). */
	long control =
		ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), (void *)0xD0001);
	bool set = address == 0 && control == 0;
	int status = go_on(pid, PTRACE_CONT);

	CHECK(!kernel_is_umbra() || !set,
	      "a watchpoint is taken, which a guest's processor does not have");
	if (!set) {
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "refused, and status 0x%x",
		      status);
		return;
	}
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "it did not stop: status 0x%x",
	      status);
	(void)ends_well(pid);
}
