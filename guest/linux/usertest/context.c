// SPDX-License-Identifier: GPL-2.0-only
/* What a handler is told (SA_SIGINFO): every register at the fault, and a way to change them. */
#include "guest/linux/usertest/test.h"

#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

extern char context_fault[], context_after[];

static volatile unsigned wrong;
static volatile int handled;

/* The registers that context_fault has, and what is made of them: the complement. */
static const struct {
	int index;
	uint32_t value;
} registers[] = {
	{ REG_EAX, 0x11111111 }, { REG_EBX, 0x22222222 }, { REG_ECX, 0x33333333 },
	{ REG_EDX, 0x44444444 }, { REG_ESI, 0x55555555 }, { REG_EDI, 0x66666666 },
	{ REG_EBP, 0x77777777 },
};

static void inspect(int number, siginfo_t *info, void *frame)
{
	greg_t *gregs = ((ucontext_t *)frame)->uc_mcontext.gregs;

	(void)info;
	handled += number == SIGILL;
	for (unsigned i = 0; i < 7; i++) {
		if ((uint32_t)gregs[registers[i].index] != registers[i].value)
			wrong |= 1u << i;
		gregs[registers[i].index] = (greg_t)~registers[i].value;
	}
	if (gregs[REG_EIP] != (greg_t)(uintptr_t)context_fault)
		wrong |= 1u << 8;
	if (gregs[REG_TRAPNO] != 6)
		wrong |= 1u << 9;
	/* IF, the always set bit 1, and CF, which was set. */
	if ((gregs[REG_EFL] & 0x203) != 0x203)
		wrong |= 1u << 10;
	gregs[REG_EFL] &= ~1;
	gregs[REG_EIP] = (greg_t)(uintptr_t)context_after;
}

/* Registers, in the order of `registers`, and the carry flag, as the handler left them. */
static uint32_t after[8];

__asm__(".text\n"
	".globl context_run\n"
	"context_run:\n\t"
	"pusha\n\t"
	"mov $0x11111111, %eax\n\tmov $0x22222222, %ebx\n\tmov $0x33333333, %ecx\n\t"
	"mov $0x44444444, %edx\n\tmov $0x55555555, %esi\n\tmov $0x66666666, %edi\n\t"
	"mov $0x77777777, %ebp\n\tstc\n"
	".globl context_fault\n"
	"context_fault:\n\t"
	"ud2\n\tint3\n"
	".globl context_after\n"
	"context_after:\n\t"
	"mov %eax, context_found\n\tmov %ebx, context_found + 4\n\tmov %ecx, context_found + 8\n\t"
	"mov %edx, context_found + 12\n\tmov %esi, context_found + 16\n\t"
	"mov %edi, context_found + 20\n\t"
	"mov %ebp, context_found + 24\n\tsbb %eax, %eax\n\tmov %eax, context_found + 28\n\t"
	"popa\n\tret\n");

void context_run(void);
extern uint32_t context_found[8];
uint32_t context_found[8];

TEST(context, registers)
{
	handle(SIGILL, inspect, 0);
	for (int round = 1; round <= 50; round++) {
		context_run();
		CHECK(handled == round && !wrong, "the frame is wrong: 0x%x", wrong);
		memcpy(after, context_found, sizeof(after));
		for (unsigned i = 0; i < 7; i++)
			CHECK(after[i] == ~registers[i].value, "register %u came back as 0x%x", i,
			      after[i]);
		CHECK(after[7] == 0, "the carry flag came back set");
	}
}

/* --- page faults ----------------------------------------------------------------------------- */

static void write_to(void *data)
{
	*(volatile char *)data = 1;
}

static void read_from(void *data)
{
	(void)*(volatile char *)data;
}

static bool check_fault(const char *what, void (*run)(void *), uintptr_t address, int code,
			unsigned long error)
{
	struct caught caught = caught_of(run, (void *)address);

	CHECK_BOOL(caught.number == SIGSEGV, "%s: signal %d", what, caught.number);
	CHECK_BOOL(caught.address == address && caught.cr2 == address,
		   "%s: address 0x%lx, cr2 0x%lx", what, (unsigned long)caught.address, caught.cr2);
	CHECK_BOOL(caught.code == code && caught.trap == 14, "%s: code %d, trap %lu", what,
		   caught.code, caught.trap);
	/* Bit 4, a fetch, exists only with NX. */
	CHECK_BOOL((caught.error & 7) == error, "%s: error 0x%lx", what, caught.error);
	return true;
}

/* Error codes: bit 0 a page that is there, bit 1 a write, bit 2 from ring 3 (SDM volume 3, 4.7). */
TEST(context, page_faults)
{
	char *pages = private_memory(3 * 4096);

	pages[0] = 1;
	mprotect(pages, 4096, PROT_READ);
	munmap(pages + 4096, 4096);
	mprotect(pages + 8192, 4096, PROT_NONE);
	for (unsigned round = 0; round < 20; round++)
		if (!check_fault("null", read_from, 0, SEGV_MAPERR, 4) ||
		    !check_fault("write to null", write_to, 40, SEGV_MAPERR, 6) ||
		    !check_fault("write to a page to read", write_to, (uintptr_t)pages + 5,
				 SEGV_ACCERR, 7) ||
		    !check_fault("hole", read_from, (uintptr_t)pages + 4096 + 7, SEGV_MAPERR, 4) ||
		    !check_fault("write to a hole", write_to, (uintptr_t)pages + 4097, SEGV_MAPERR,
				 6) ||
		    !check_fault("no access", read_from, (uintptr_t)pages + 8200, SEGV_ACCERR, 4))
			return;
}

/* The kernel's half, and above it Umbra's: to ring 3 all of it looks as if there were a page. */
TEST(context, kernel_addresses)
{
	static const uintptr_t addresses[] = { 0xC0000000, 0xC0100000, 0xC1000000,
					       0xF7000000, 0xFF800000, 0xFFC00000,
					       0xFFE00000, 0xFFE01000, 0xFFFFFFF0 };

	if (kernel_is_64()) {
		test_skip("a process has nearly all 4 GB here");
		return;
	}
	for (unsigned i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		for (unsigned writes = 0; writes < 2; writes++) {
			struct caught caught =
				caught_of(writes ? write_to : read_from, (void *)addresses[i]);

			CHECK(caught.number == SIGSEGV && caught.address == addresses[i] &&
				      caught.error == (writes ? 7 : 5),
			      "0x%lx: signal %d, address 0x%lx, error 0x%lx",
			      (unsigned long)addresses[i], caught.number,
			      (unsigned long)caught.address, caught.error);
		}
	}
}
