// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that an iret refuses, or must not follow: a handler changes what the kernel returns to.
 * The kernel forces the privilege of CS and SS to 3, so that it is the rest that is wrong.
 */
#include "guest/linux/usertest/test.h"

#include <string.h>
#include <ucontext.h>
#include <unistd.h>

struct change {
	const char *name;
	int index;
	uint32_t value;
};

static const struct change *current;

static void change_frame(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	((ucontext_t *)frame)->uc_mcontext.gregs[current->index] = (greg_t)current->value;
}

static void return_changed(void *data)
{
	current = data;
	signal(SIGSEGV, SIG_DFL);
	handle(SIGUSR1, change_frame, 0);
	raise(SIGUSR1);
}

/*
 * 0x4b and the like are entries that no GDT has; 7 and 0xf are of an LDT; 0x60 to 0x6b and 0x80
 * are the kernel's, and 0x7b is data, not code.
 */
static const struct change refused[] = {
	{ "cs null", REG_CS, 0 },
	{ "cs 3", REG_CS, 3 },
	{ "cs of no entry", REG_CS, 0x4b },
	{ "cs of an ldt", REG_CS, 7 },
	{ "cs beyond the gdt", REG_CS, 0xfffb },
	{ "ss null", REG_SS, 0 },
	{ "ss of no entry", REG_SS, 0x4b },
	{ "ss of an ldt", REG_SS, 0xf },
	{ "ss beyond the gdt", REG_SS, 0xfffb },
};

/* Only a 32-bit kernel has these entries there. */
static const struct change refused_32[] = {
	{ "cs of the kernel", REG_CS, 0x60 },
	{ "cs of the kernel, ring 1", REG_CS, 0x61 },
	{ "cs is data", REG_CS, 0x7b },
	{ "cs is a tss", REG_CS, 0x80 },
	{ "ss is code", REG_SS, 0x73 },
	{ "ss of the kernel", REG_SS, 0x68 },
	{ "ss of the kernel, ring 1", REG_SS, 0x69 },
};

static void check_refused(const struct change *changes, unsigned count)
{
	for (unsigned i = 0; i < count * 4; i++) {
		struct change change = changes[i % count];
		int number = child_signal_of(return_changed, &change);
		/* iret_exc and its like: a 32-bit kernel sends SIGILL, a 64-bit one others. */
		bool good =
			kernel_is_64() ? number == SIGSEGV || number == SIGBUS : number == SIGILL;

		CHECK(good, "%s: signal %d", change.name, number);
	}
}

TEST(frames, refused)
{
	check_refused(refused, sizeof(refused) / sizeof(*refused));
}

TEST(frames, refused_kernel_selectors)
{
	if (kernel_is_64()) {
		test_skip("its selectors are others");
		return;
	}
	check_refused(refused_32, sizeof(refused_32) / sizeof(*refused_32));
}

/* A wild address is the program's to fault at. */
TEST(frames, wild_eip)
{
	static const struct change wild[] = { { "eip 0", REG_EIP, 0 },
					      { "eip in the kernel", REG_EIP, 0xC0100000 },
					      { "eip in Umbra", REG_EIP, 0xFFE00000 },
					      { "eip at the end", REG_EIP, 0xFFFFFFFF } };

	for (unsigned i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		struct change change = wild[i];
		int number = child_signal_of(return_changed, &change);

		CHECK(number == SIGSEGV, "%s: signal %d", change.name, number);
	}
}

/* Segments that cannot be loaded become null, and the program goes on. */
TEST(frames, data_segments)
{
	static const int indices[] = { REG_ES, REG_FS };
	static const uint32_t values[] = { 0x4b, 7, 0xfffb, 0x43 };
	uint32_t es, fs;

	handle(SIGUSR1, change_frame, 0);
	for (unsigned i = 0; i < 8; i++) {
		struct change change = { "segment", indices[i / 4], values[i % 4] };

		current = &change;
		__asm__ volatile("int $0x80" : : "a"(37), "b"(getpid()), "c"(SIGUSR1) : "memory");
		__asm__ volatile(
			"mov %%es, %0\n\tmov %%fs, %1\n\tmov %%ds, %%ecx\n\tmov %%ecx, %%es"
			: "=&r"(es), "=&r"(fs)
			:
			: "ecx");
		CHECK((change.index == REG_ES ? es : fs) == 0, "%s 0x%x came back as 0x%x",
		      change.index == REG_ES ? "es" : "fs", change.value,
		      change.index == REG_ES ? es : fs);
	}
}

/* IOPL, VM and IF are not a program's to set: what it is given back is what it had. */
TEST(frames, flags)
{
	static const uint32_t values[] = { 0x3202, 0x20202, 0x2, 0x3002, 0x100202, 0x23202 };
	uint32_t flags;

	handle(SIGUSR1, change_frame, 0);
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct change change = { "flags", REG_EFL, values[i] };

		current = &change;
		__asm__ volatile("int $0x80\n\tpushf\n\tpopl %0"
				 : "=r"(flags)
				 : "a"(37), "b"(getpid()), "c"(SIGUSR1)
				 : "memory");
		CHECK((flags & 0x123200) == 0x200, "0x%x came back as 0x%x", change.value, flags);
	}
}
