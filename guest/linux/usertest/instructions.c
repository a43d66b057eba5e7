// SPDX-License-Identifier: GPL-2.0-only
/* Instructions that a program may not execute, and the signals that it gets for them. */
#include "guest/linux/usertest/test.h"

#include <string.h>

#define RUN(name, text) \
	static void name(void *data) \
	{ \
		(void)data; \
		__asm__ volatile(text : : : "eax", "ecx", "edx", "memory"); \
	}

RUN(run_ud2, "ud2")
RUN(run_int3, "int3")
RUN(run_divide, "xor %%eax, %%eax\n\txor %%edx, %%edx\n\txor %%ecx, %%ecx\n\tdiv %%ecx")
RUN(run_into, "mov $0x7fffffff, %%eax\n\tadd $1, %%eax\n\tinto")
RUN(run_bound,
    "sub $8, %%esp\n\tmovl $1, (%%esp)\n\tmovl $2, 4(%%esp)\n\tmov $3, %%eax\n\t"
    "bound %%eax, (%%esp)\n\tadd $8, %%esp")
RUN(run_cli, "cli")
RUN(run_sti, "sti")
RUN(run_hlt, "hlt")
RUN(run_in, "in $0x70, %%al")
RUN(run_out, "xor %%eax, %%eax\n\tout %%al, $0x80")
RUN(run_rdmsr, "mov $0x1b, %%ecx\n\trdmsr")
RUN(run_wrmsr, "mov $0x1b, %%ecx\n\twrmsr")
RUN(run_read_cr0, "mov %%cr0, %%eax")
RUN(run_read_cr3, "mov %%cr3, %%eax")
RUN(run_write_cr3, "xor %%eax, %%eax\n\tmov %%eax, %%cr3")
RUN(run_read_dr7, "mov %%db7, %%eax")
RUN(run_clts, "clts")
RUN(run_invlpg, "invlpg (%%esp)")
RUN(run_wbinvd, "wbinvd")
RUN(run_lgdt, "lgdt (%%esp)")
RUN(run_lidt, "lidt (%%esp)")
RUN(run_lldt, "xor %%eax, %%eax\n\tlldt %%ax")
RUN(run_ltr, "mov $0x80, %%eax\n\tltr %%ax")
RUN(run_int_hypercall, "int $0x1f")
RUN(run_int_first, "int $0x20")
RUN(run_int_8, "int $8")
RUN(run_int_14, "int $14")
RUN(run_int_last, "int $0xff")
RUN(run_far_kernel, "ljmp $0x60, $0")
RUN(run_far_kernel_1, "ljmp $0x61, $0")
RUN(run_load_kernel, "mov $0x61, %%eax\n\tmov %%eax, %%es")
RUN(run_load_beyond, "mov $0xfffb, %%eax\n\tmov %%eax, %%es")
RUN(run_iret_kernel, "pushf\n\tpushl $0x61\n\tpushl $0\n\tiret")
RUN(run_popf, "pushf\n\tpop %%eax\n\txor $0x3200, %%eax\n\tpush %%eax\n\tpopf")

static const struct {
	const char *name;
	void (*run)(void *);
	int number;
	unsigned long trap;
	bool only_32; /* a 64-bit kernel has other selectors */
} faults[] = {
	{ "ud2", run_ud2, SIGILL, 6, false },
	{ "int3", run_int3, SIGTRAP, 3, false },
	{ "div", run_divide, SIGFPE, 0, false },
	{ "into", run_into, SIGSEGV, 4, false },
	{ "bound", run_bound, SIGSEGV, 5, false },
	{ "cli", run_cli, SIGSEGV, 13, false },
	{ "sti", run_sti, SIGSEGV, 13, false },
	{ "hlt", run_hlt, SIGSEGV, 13, false },
	{ "in", run_in, SIGSEGV, 13, false },
	{ "out", run_out, SIGSEGV, 13, false },
	{ "rdmsr", run_rdmsr, SIGSEGV, 13, false },
	{ "wrmsr", run_wrmsr, SIGSEGV, 13, false },
	{ "mov from cr0", run_read_cr0, SIGSEGV, 13, false },
	{ "mov from cr3", run_read_cr3, SIGSEGV, 13, false },
	{ "mov to cr3", run_write_cr3, SIGSEGV, 13, false },
	{ "mov from dr7", run_read_dr7, SIGSEGV, 13, false },
	{ "clts", run_clts, SIGSEGV, 13, false },
	{ "invlpg", run_invlpg, SIGSEGV, 13, false },
	{ "wbinvd", run_wbinvd, SIGSEGV, 13, false },
	{ "lgdt", run_lgdt, SIGSEGV, 13, false },
	{ "lidt", run_lidt, SIGSEGV, 13, false },
	{ "lldt", run_lldt, SIGSEGV, 13, false },
	{ "ltr", run_ltr, SIGSEGV, 13, false },
	{ "int 0x1f, Umbra's", run_int_hypercall, SIGSEGV, 13, false },
	{ "int 0x20, a device's", run_int_first, SIGSEGV, 13, false },
	{ "int 8", run_int_8, SIGSEGV, 13, false },
	{ "int 14", run_int_14, SIGSEGV, 13, false },
	{ "int 0xff", run_int_last, SIGSEGV, 13, false },
	{ "jump to 0x60", run_far_kernel, SIGSEGV, 13, true },
	{ "jump to 0x61", run_far_kernel_1, SIGSEGV, 13, true },
	{ "es = 0x61", run_load_kernel, SIGSEGV, 13, true },
	{ "es = 0xfffb", run_load_beyond, SIGSEGV, 13, false },
	{ "iret to 0x61", run_iret_kernel, SIGSEGV, 13, true },
};

TEST(instructions, faults)
{
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
			struct caught caught;

			if (faults[i].only_32 && kernel_is_64())
				continue;
			caught = caught_of(faults[i].run, NULL);
			CHECK(caught.number == faults[i].number && caught.trap == faults[i].trap,
			      "%s: signal %d, trap %lu", faults[i].name, caught.number,
			      caught.trap);
		}
	}
}

TEST(instructions, divide_code)
{
	struct caught caught = caught_of(run_divide, NULL);

	CHECK(caught.code == FPE_INTDIV, "code %d", caught.code);
}

/* Ring 3 changes neither the interrupt flag nor IOPL, and is told nothing of it. */
TEST(instructions, popf)
{
	struct caught caught = caught_of(run_popf, NULL);
	uint32_t flags;

	__asm__ volatile("pushf\n\tpopl %0" : "=r"(flags));
	CHECK(caught.number == 0, "signal %d", caught.number);
	CHECK((flags & 0x3200) == 0x200, "flags are 0x%x: the interrupt flag is set, IOPL 0",
	      flags);
}

/* What a kernel's selectors have for privilege may show; a program's must be 3. */
TEST(instructions, selectors)
{
	uint32_t cs, ss, ds;

	__asm__ volatile("mov %%cs, %0\n\tmov %%ss, %1\n\tmov %%ds, %2"
			 : "=r"(cs), "=r"(ss), "=r"(ds));
	CHECK((cs & 3) == 3 && (ss & 3) == 3 && (ds & 3) == 3, "cs 0x%x, ss 0x%x, ds 0x%x", cs, ss,
	      ds);
}

/* Flags that mean something to the kernel's entry and must not get that far. */
TEST(instructions, flags_over_system_calls)
{
	static const uint32_t bits[] = { 0x1, 0x400, 0x800, 0x4000, 0x40000, 0x200000 };

	for (unsigned i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		uint32_t before, after;
		int result;

		__asm__ volatile(
			"pushf\n\tpopl %%ecx\n\tmovl %%ecx, %%edx\n\torl %4, %%ecx\n\t"
			"pushl %%ecx\n\t"
			"movl $20, %%eax\n\tpopf\n\tint $0x80\n\tpushf\n\tpopl %1\n\t"
			"pushl %%edx\n\tpopf\n\tmovl %%ecx, %0"
			: "=&r"(before), "=&r"(after), "=&a"(result)
			: "2"(0), "r"(bits[i])
			: "ecx", "edx", "memory", "cc");
		/* Not every processor has bits 18 and 21 to set, but what was set stays. */
		CHECK((after & bits[i]) == bits[i] || bits[i] >= 0x40000,
		      "0x%x: flags 0x%x before, 0x%x after", bits[i], before, after);
		CHECK(result > 0, "0x%x: getpid is %d", bits[i], result);
	}
}
