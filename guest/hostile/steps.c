// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by what the CPU holds back or delivers late: every instruction that enters or leaves a
 * kernel, stepped over, in the shadow of a load of SS or of `sti`, and with every flag that comes
 * along through a gate, in ring 1 and in ring 3. What each of them does to the guest is its own
 * affair; Umbra must notice nothing, and its own flags (NT, AC, DF, TF) must not be the guest's.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define STEPS_MAX 12u
#define TICK_NS 20000u
#define RETURN_TO_CALLER 0xC3u

struct bytes {
	uint8_t length, at[8];
};

/* eax is 0, as for FLUSH_ASYNC; ecx, edx and ebx are 0 as well. */
static const struct bytes instructions[] = {
	{2, {0xCD, 0x1F}},		/* int 0x1F */
	{2, {0xCD, 0x80}},		/* int 0x80 */
	{2, {0xCD, 0x03}},		/* int 3, the long one */
	{2, {0xCD, 0x02}},		/* int 2 */
	{1, {0xCC}},			/* int3 */
	{1, {0xCE}},			/* into */
	{1, {0xF1}},			/* icebp */
	{1, {0xCF}},			/* iret */
	{2, {0x66, 0xCF}},		/* iret of 16 bits */
	{1, {0xCB}},			/* lret */
	{2, {0x0F, 0x0B}},		/* ud2 */
	{2, {0x0F, 0x34}},		/* sysenter */
	{2, {0x0F, 0x35}},		/* sysexit */
	{2, {0x0F, 0x05}},		/* syscall */
	{2, {0x0F, 0x07}},		/* sysret */
	{3, {0x0F, 0x01, 0xC1}},	/* vmcall */
	{3, {0x0F, 0x01, 0xD9}},	/* vmmcall */
	{1, {0xFA}},			/* cli */
	{1, {0xFB}},			/* sti */
	{3, {0x0F, 0x20, 0xC0}},	/* mov eax, cr0 */
	{3, {0x0F, 0x20, 0xD0}},	/* mov eax, cr2 */
	{3, {0x0F, 0x23, 0xF8}},	/* mov dr7, eax */
	{2, {0x0F, 0x32}},		/* rdmsr */
	{2, {0xE4, 0x80}},		/* in al, 0x80 */
	{2, {0xE6, 0x80}},		/* out 0x80, al */
	{2, {0x8B, 0x01}},		/* mov eax, [ecx]: nothing is mapped at 0 */
	{2, {0xF7, 0xF1}},		/* div ecx */
	{2, {0xDB, 0xE3}},		/* fninit */
	{2, {0x9C, 0x9D}},		/* pushf; popf */
	{2, {0x16, 0x17}},		/* push ss; pop ss */
	{3, {0x16, 0x17, 0xCF}},	/* the same, and iret in its shadow */
	{2, {0xF3, 0x90}},		/* pause */
	{2, {0x0F, 0x31}},		/* rdtsc */
	{3, {0x0F, 0x01, 0xCA}},	/* clac */
};

/* What goes before: nothing, an sti, a load of SS, two of them. */
static const struct bytes shadows[] = {
	{0, {0}},
	{1, {0xFB}},
	{2, {0x8E, 0xD6}},		/* mov ss, si */
	{4, {0x8E, 0xD6, 0x8E, 0xD6}},
};

static const uint32_t flags[] = {
	0, EFLAGS_TF, EFLAGS_AC, EFLAGS_NT, EFLAGS_DF, EFLAGS_RF, EFLAGS_TF | EFLAGS_NT,
	EFLAGS_AC | EFLAGS_NT | EFLAGS_DF | EFLAGS_TF,
};

/* Sets the flags and clears the registers; esi has SS. */
static const uint8_t start[] = {
	0x8C, 0xD6,			/* mov esi, ss */
	0x31, 0xC0, 0x31, 0xC9,		/* xor eax, eax; xor ecx, ecx */
	0x31, 0xD2, 0x31, 0xDB,		/* xor edx, edx; xor ebx, ebx */
	0x9C, 0x09, 0x3C, 0x24, 0x9D,	/* pushf; or [esp], edi; popf */
};

/* And back: what C relies on. */
static const uint8_t end[] = {
	0x9C, 0x81, 0x24, 0x24, 0xFF, 0xBA, 0xFB, 0xFF, 0x9D,	/* without AC, NT, DF, TF */
	RETURN_TO_CALLER,
};

static uint8_t *code;		/* one page, of the kernel's and at USER_TEST */
static uint32_t steps;

static bool step_on(struct trap_frame *frame)
{
	if (++steps < STEPS_MAX)
		return true;
	frame->eflags &= ~EFLAGS_TF;
	return true;
}

static bool ignore(struct trap_frame *frame)
{
	(void)frame;
	return true;
}

static void make_page(void)
{
	uint32_t frame = page_alloc();

	code = virt_of(frame);
	paging_set(paging_kernel_space(), USER_TEST, frame | PTE_USER_DATA);
	trap_set_handler(TRAP_DEBUG, step_on);
	trap_set_handler(TRAP_BREAKPOINT, ignore);
	trap_set_handler(TRAP_OVERFLOW, ignore);
}

static uint8_t *append(uint8_t *at, const uint8_t *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

static void write_code(const struct bytes *shadow, const struct bytes *instruction)
{
	uint8_t *at = append(code, start, sizeof(start));

	at = append(at, shadow->at, shadow->length);
	at = append(at, instruction->at, instruction->length);
	(void)append(at, end, sizeof(end));
	compiler_barrier();
}

static uint32_t call_code(uint32_t with)
{
	__asm__ volatile("pushl %%ebx\n\tcall *%0\n\tpopl %%ebx"
			 :
			 : "m"(code), "D"(with)
			 : "memory", "eax", "ecx", "edx", "esi", "cc");
	return 0;
}

static void run_user(uint32_t with)
{
	struct trap_frame frame;

	user_prepare(&frame, user_execute);
	frame.ebx = USER_TEST;
	frame.edi = with;
	(void)user_run(&frame);
}

static void run_all(bool from_user)
{
	make_page();
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		for (size_t j = 0; j < ARRAY_SIZE(shadows); j++) {
			write_code(&shadows[j], &instructions[i]);
			for (size_t k = 0; k < ARRAY_SIZE(flags); k++) {
				steps = 0;
				timer_arm(TICK_NS);
				if (from_user)
					run_user(flags[k]);
				else
					(void)fault_in(call_code, flags[k], NULL);
			}
		}
}

ATTACK(steps_user, "steps-user", SURVIVES)
{
	run_all(true);
}

ATTACK(steps_kernel, "steps-kernel", SURVIVES)
{
	run_all(false);
}

/* Every single flag and many together, over exits of every kind, an interrupt's among them. */
ATTACK(flags_storm, "flags-storm", SURVIVES)
{
	/* mov ecx, 20000; dec ecx; jnz: until the timer's interrupt has come */
	static const struct bytes spin = {8, {0xB9, 0x20, 0x4E, 0, 0, 0x49, 0x75, 0xFD}};

	make_page();
	while (!attack_over()) {
		uint32_t chosen = attack_random() & (EFLAGS_AC | EFLAGS_NT | EFLAGS_DF | EFLAGS_CF);
		const struct bytes *way = &instructions[attack_random() % ARRAY_SIZE(instructions)];
		struct trap_frame frame;

		write_code(&shadows[0], attack_random() % 4 == 0 ? &spin : way);
		user_prepare(&frame, user_execute);
		frame.ebx = USER_TEST;
		frame.edi = chosen;
		timer_arm(TICK_NS);
		(void)user_run(&frame);
	}
}

static uint32_t behind;

static uint32_t step_emulated(uint32_t with)
{
	__asm__ volatile("movl $1f, %0\n\tpushfl\n\torl %1, (%%esp)\n\tpopfl\n\tcli\n"
			 "1:\tnop\n\tnop"
			 : "=m"(behind)
			 : "r"(with)
			 : "memory", "cc");
	return 0;
}

/* Umbra emulates `cli` for a kernel: the step ends behind it, not an instruction later. */
ATTACK(step_emulated, "step-emulated", SURVIVES)
{
	struct fault fault = fault_in(step_emulated, EFLAGS_TF, NULL);

	if (fault.vector != TRAP_DEBUG || fault.eip != behind)
		attack_fail("vector %u at 0x%x, not at 0x%x", fault.vector, fault.eip, behind);
}
