// SPDX-License-Identifier: GPL-2.0-only
/* The ways into the kernel: int 0x80, the vDSO's entry, and what sysenter does. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Registers before and after a call that changes none but eax. */
TEST(syscalls, registers_stay)
{
	uint32_t found[6] = {0};

	for (unsigned i = 0; i < 1000; i++) {
		uint32_t result = SYS_getppid, *place = found;

		__asm__ volatile(
			"pushl %%ebx\n\tpushl %%ebp\n\tpushl %1\n\tmov $0x1111, %%ebx\n\t"
			"mov $0x2222, %%ecx\n\tmov $0x3333, %%edx\n\tmov $0x4444, %%esi\n\t"
			"mov $0x5555, %%edi\n\tmov $0x6666, %%ebp\n\tint $0x80\n\t"
			"xchg %%eax, (%%esp)\n\tmov %%ebx, (%%eax)\n\tmov %%ecx, 4(%%eax)\n\t"
			"mov %%edx, 8(%%eax)\n\tmov %%esi, 12(%%eax)\n\tmov %%edi, 16(%%eax)\n\t"
			"mov %%ebp, 20(%%eax)\n\tpopl %%eax\n\tpopl %%ebp\n\tpopl %%ebx"
			: "+a"(result), "+c"(place)
			:
			: "edx", "esi", "edi", "memory");
		CHECK(result == (uint32_t)getppid(), "getppid is %u", result);
		for (uint32_t j = 0; j < 6; j++)
			CHECK(found[j] == (j + 1) * 0x1111, "register %u came back as 0x%x", j,
			      found[j]);
	}
}

TEST(syscalls, bad_numbers)
{
	static const long numbers[] = { -1, 10000, 0x7FFFFFFF, (long)0x80000000, (long)0x40000014 };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		long result;

		__asm__ volatile("int $0x80" : "=a"(result) : "a"(numbers[i]) : "memory");
		CHECK(result == -ENOSYS, "number 0x%lx: %ld", numbers[i], result);
	}
}

/* All six arguments, the last one in ebp. */
TEST(syscalls, six_arguments)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long result;

	__asm__ volatile("pushl %%ebp\n\tmov $0x7fffffff, %%ebp\n\tint $0x80\n\tpopl %%ebp"
			 : "=a"(result)
			 : "a"(SYS_mmap2), "b"(pages), "c"(4096), "d"(PROT_READ),
			   "S"(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), "D"(-1)
			 : "memory");
	CHECK(result == (long)(uintptr_t)pages, "mmap2 returned 0x%lx", result);
}

TEST(syscalls, bad_pointers)
{
	static const uintptr_t addresses[] = { 0, 8, 0xC0000000, 0xFFE00000, 0xFFFFF000 };
	int ends[2];

	CHECK(pipe(ends) == 0, "pipe");
	for (unsigned i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		CHECK(write(ends[1], (void *)addresses[i], 4) < 0 && errno == EFAULT,
		      "write of 0x%lx: errno %d", (unsigned long)addresses[i], errno);
		CHECK(write(ends[1], "abcd", 4) == 4, "write");
		CHECK(read(ends[0], (void *)addresses[i], 4) < 0 && errno == EFAULT,
		      "read to 0x%lx: errno %d", (unsigned long)addresses[i], errno);
	}
}

/* What the C library calls through. */
TEST(syscalls, vdso_entry)
{
	uintptr_t entry = getauxval(AT_SYSINFO);

	CHECK(entry, "there is no AT_SYSINFO");
	for (unsigned i = 0; i < 1000; i++) {
		long result;

		__asm__ volatile("call *%1"
				 : "=a"(result)
				 : "r"(entry), "0"(SYS_getpid)
				 : "memory");
		CHECK(result == getpid(), "getpid is %ld", result);
	}
}

static void run_sysenter(void *data)
{
	(void)data;
	__asm__ volatile("mov $20, %%eax\n\tmov %%esp, %%ebp\n\tsysenter"
			 :
			 :
			 : "eax", "ecx", "edx", "memory");
}

static void enter_in_child(void *data)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGILL, SIG_DFL);
	run_sysenter(data);
}

/*
 * By hand it comes back in the vDSO, with a stack that is none of its making, and the program dies
 * of it; for a guest of Umbra the instruction itself is one too many. It harms nobody else.
 */
TEST(syscalls, sysenter)
{
	struct caught caught;

	for (unsigned i = 0; i < 20; i++) {
		int number = child_signal_of(enter_in_child, NULL);

		CHECK(number == SIGSEGV || number == SIGILL || number == SIGBUS, "signal %d",
		      number);
	}
	if (kernel_is_umbra()) {
		caught = caught_of(run_sysenter, NULL);
		CHECK(caught.trap == 13 || caught.trap == 6, "trap %lu", caught.trap);
	}
}
