// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by a program on its own kernel, by instructions that lead there: every vector, every
 * selector, gates in the entries that are the program's own, everything privileged, and ports.
 */
#include "guest/hostile/attack.h"
#include "guest/hostile/program.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"

#define VECTORS 256u
#define SELECTORS 0x110u /* all of the table, and some behind it */
#define SYSTEM_TYPES 16u
#define SEGMENT_BIT 0x1000u

/* --- vectors -------------------------------------------------------------------------------- */

/* The gates that trap_init opens for ring 3. */
static bool is_open(uint32_t vector)
{
	return vector == TRAP_BREAKPOINT || vector == TRAP_OVERFLOW;
}

/* Every hypercall, with arguments that would end the guest or take its tables away. */
static void try_hypercalls(void)
{
	const struct program_code code = {2, {0xCD, LGUEST_HYPERCALL_VECTOR}};
	static const uint32_t arguments[] = {0, 1, 2, 0xFFFFFFFF, USER_TEST};

	for (uint32_t call = 0; call <= LGUEST_HYPERCALL_COUNT; call++)
		for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
			struct trap_frame frame;

			program_prepare(&frame);
			frame.eax = call;
			frame.ebx = frame.ecx = frame.edx = frame.esi = arguments[i];
			program_expect("hypercall", call, program_run(&code, &frame),
				       TRAP_PROTECTION, VECTOR_ERROR(LGUEST_HYPERCALL_VECTOR), 0);
		}
}

ATTACK(program_vectors, "program-vectors", SURVIVES)
{
	program_open();
	for (uint32_t vector = 0; vector < VECTORS; vector++) {
		const struct program_code code = {2, {0xCD, (uint8_t)vector}};
		struct trap_frame frame;
		struct fault fault;

		program_prepare(&frame); /* eax is USER_CALL_EXIT */
		fault = program_run(&code, &frame);
		if (vector == TRAP_SYSTEM_CALL)
			program_expect("int", vector, fault, FAULT_NONE, 0, 0);
		else if (is_open(vector))
			program_expect("int", vector, fault, vector, 0, 2);
		else
			program_expect("int", vector, fault, TRAP_PROTECTION, VECTOR_ERROR(vector),
				       0);
	}
	try_hypercalls();
	program_close();
}

/* --- selectors ------------------------------------------------------------------------------ */

enum target { DATA, STACK, CODE, RETURN };

/* A way to load the selector in eax: what it is loaded into, and which instruction faults. */
struct load {
	const char *name;
	enum target target;
	uint32_t offset;
	struct program_code code;
};

#define SELECTOR_AT 5u /* in a far jump or call */
#define BEHIND(length) (length), 0, 0, USER_TEST >> 24

static const struct load loads[] = {
	{"mov ds", DATA, 0, {2, {0x8E, 0xD8}}},
	{"mov es", DATA, 0, {2, {0x8E, 0xC0}}},
	{"mov fs", DATA, 0, {2, {0x8E, 0xE0}}},
	{"mov gs", DATA, 0, {2, {0x8E, 0xE8}}},
	{"mov ss", STACK, 0, {2, {0x8E, 0xD0}}},
	{"pop ds", DATA, 1, {2, {0x50, 0x1F}}},
	{"pop es", DATA, 1, {2, {0x50, 0x07}}},
	{"pop fs", DATA, 1, {3, {0x50, 0x0F, 0xA1}}},
	{"pop gs", DATA, 1, {3, {0x50, 0x0F, 0xA9}}},
	{"pop ss", STACK, 1, {2, {0x50, 0x17}}},
	/* push eax; push 0; les ecx, [esp] */
	{"les", DATA, 3, {6, {0x50, 0x6A, 0, 0xC4, 0x0C, 0x24}}},
	{"jmp", CODE, 0, {7, {0xEA, BEHIND(7)}}},
	{"call", CODE, 0, {7, {0x9A, BEHIND(7)}}},
	{"lret", RETURN, 6, {7, {0x50, 0x68, BEHIND(7), 0xCB}}},
	{"iret", RETURN, 7, {8, {0x9C, 0x50, 0x68, BEHIND(8), 0xCF}}},
};

static bool is_entry(uint32_t selector, uint32_t entry)
{
	return (selector & ~3u) == entry << 3;
}

/* Whether ring 3 may do that (SDM volume 2, at MOV, JMP, RET). */
static bool is_allowed(enum target target, uint32_t selector)
{
	uint32_t rpl = selector & 3;

	switch (target) {
	case DATA:
		return selector <= 3 || is_entry(selector, LGUEST_GDT_USER_CODE) ||
		       is_entry(selector, LGUEST_GDT_USER_DATA);
	case STACK:
		return is_entry(selector, LGUEST_GDT_USER_DATA) && rpl == LGUEST_USER_RING;
	case CODE:
		return is_entry(selector, LGUEST_GDT_USER_CODE);
	case RETURN:
		return is_entry(selector, LGUEST_GDT_USER_CODE) && rpl == LGUEST_USER_RING;
	}
	return false;
}

static void try_load(const struct load *load, uint32_t selector)
{
	struct program_code code = load->code;
	struct trap_frame frame;
	struct fault fault;

	if (load->target == CODE) {
		code.at[SELECTOR_AT] = (uint8_t)selector;
		code.at[SELECTOR_AT + 1] = (uint8_t)(selector >> 8);
	}
	program_prepare(&frame);
	frame.eax = selector;
	fault = program_run(&code, &frame);
	program_expect(load->name, selector, fault,
		       is_allowed(load->target, selector) ? FAULT_NONE : TRAP_PROTECTION,
		       SELECTOR_ERROR(selector), load->offset);
	if (frame.cs != LGUEST_SELECTOR_USER_CODE || frame.ss != LGUEST_SELECTOR_USER_DATA)
		attack_fail("%s 0x%x: ring 3 has cs 0x%x ss 0x%x", load->name, selector, frame.cs,
			    frame.ss);
}

ATTACK(program_selectors, "program-selectors", SURVIVES)
{
	program_open();
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		for (uint32_t selector = 0; selector < SELECTORS; selector++)
			try_load(&loads[i], selector);
	program_close();
}

struct descriptor {
	uint32_t low, high;
};

/* Its own entries, filled by a kernel that takes whatever the program asks for. */
static void try_entry(struct descriptor descriptor)
{
	const uint32_t selector = LGUEST_GDT_TLS_FIRST << 3 | LGUEST_USER_RING;
	const struct program_code code = {7, {0x9A, BEHIND(7), (uint8_t)selector, 0}};
	struct descriptor entries[LGUEST_GDT_TLS_COUNT] = {descriptor, descriptor, descriptor};
	struct trap_frame frame;
	struct fault fault;

	hypercall(LGUEST_LOAD_TLS, phys_of(entries), 0, 0, 0);
	program_prepare(&frame);
	fault = program_run(&code, &frame);
	if ((frame.cs & 3) != LGUEST_USER_RING)
		attack_fail("0x%x in a TLS entry: ring 3 was left with cs 0x%x", descriptor.high,
			    frame.cs);
	if (fault.vector != FAULT_NONE &&
	    !((fault.vector == TRAP_PROTECTION || fault.vector == TRAP_NOT_PRESENT) &&
	      fault.error == SELECTOR_ERROR(selector & ~3u)))
		attack_fail("0x%x in a TLS entry: vector %u error 0x%x", descriptor.high,
			    fault.vector, fault.error);
}

/* Calls through gates of every type into the kernel, and through code of every type and ring. */
ATTACK(program_entries, "program-entries", SURVIVES)
{
	const uint32_t inside = trap_stub(TRAP_SYSTEM_CALL);

	program_open();
	for (uint32_t type = 0; type < SYSTEM_TYPES; type++)
		for (uint32_t access = 0; access < 8; access++) {
			/* DPL and the present bit */
			uint32_t bits = access << 13 | type << 8;

			try_entry((struct descriptor){LGUEST_SELECTOR_KERNEL_CODE << 16 |
							       (inside & 0xFFFF),
						       (inside & 0xFFFF0000) | bits});
			try_entry((struct descriptor){LGUEST_DESCRIPTOR_FLAT_LOW,
						       0x00CF0000 | SEGMENT_BIT | bits});
		}
	try_entry((struct descriptor){0, 0});
	program_close();
}

/* --- privileged instructions ---------------------------------------------------------------- */

/* #GP(0) at the instruction; those that a CPU may not have may raise #UD instead. */
struct privileged {
	const char *name;
	bool may_lack;
	struct program_code code;
};

#define MEMORY 0, 0, 0, USER_TEST >> 24

static const struct privileged privileged[] = {
	{"cli", false, {1, {0xFA}}},
	{"sti", false, {1, {0xFB}}},
	{"hlt", false, {1, {0xF4}}},
	{"mov eax, cr0", false, {3, {0x0F, 0x20, 0xC0}}},
	{"mov eax, cr2", false, {3, {0x0F, 0x20, 0xD0}}},
	{"mov eax, cr3", false, {3, {0x0F, 0x20, 0xD8}}},
	{"mov eax, cr4", false, {3, {0x0F, 0x20, 0xE0}}},
	{"mov cr0, eax", false, {3, {0x0F, 0x22, 0xC0}}},
	{"mov cr2, eax", false, {3, {0x0F, 0x22, 0xD0}}},
	{"mov cr3, eax", false, {3, {0x0F, 0x22, 0xD8}}},
	{"mov cr4, eax", false, {3, {0x0F, 0x22, 0xE0}}},
	{"mov eax, dr0", false, {3, {0x0F, 0x21, 0xC0}}},
	{"mov eax, dr6", false, {3, {0x0F, 0x21, 0xF0}}},
	{"mov dr0, eax", false, {3, {0x0F, 0x23, 0xC0}}},
	{"mov dr7, eax", false, {3, {0x0F, 0x23, 0xF8}}},
	{"lgdt", false, {7, {0x0F, 0x01, 0x15, MEMORY}}},
	{"lidt", false, {7, {0x0F, 0x01, 0x1D, MEMORY}}},
	{"lldt", false, {3, {0x0F, 0x00, 0xD0}}},
	{"ltr", false, {3, {0x0F, 0x00, 0xD8}}},
	{"lmsw", false, {3, {0x0F, 0x01, 0xF0}}},
	{"clts", false, {2, {0x0F, 0x06}}},
	{"invd", false, {2, {0x0F, 0x08}}},
	{"wbinvd", false, {2, {0x0F, 0x09}}},
	{"invlpg", false, {7, {0x0F, 0x01, 0x3D, MEMORY}}},
	{"rdmsr", false, {2, {0x0F, 0x32}}},
	{"wrmsr", false, {2, {0x0F, 0x30}}},
	{"sysenter", true, {2, {0x0F, 0x34}}},
	{"sysexit", true, {2, {0x0F, 0x35}}},
	{"syscall", true, {2, {0x0F, 0x05}}},
	{"sysret", true, {2, {0x0F, 0x07}}},
	{"rsm", true, {2, {0x0F, 0xAA}}},
	{"vmcall", true, {3, {0x0F, 0x01, 0xC1}}},
	{"vmxoff", true, {3, {0x0F, 0x01, 0xC4}}},
	{"monitor", true, {3, {0x0F, 0x01, 0xC8}}},
	{"mwait", true, {3, {0x0F, 0x01, 0xC9}}},
	{"stac", true, {3, {0x0F, 0x01, 0xCB}}},
	{"xsetbv", true, {3, {0x0F, 0x01, 0xD1}}},
	{"vmrun", true, {3, {0x0F, 0x01, 0xD8}}},
	{"stgi", true, {3, {0x0F, 0x01, 0xDC}}},
	{"vmxon", true, {8, {0xF3, 0x0F, 0xC7, 0x35, MEMORY}}},
	{"in al, imm", false, {2, {0xE4, 0x80}}},
	{"in eax, imm", false, {2, {0xE5, 0xF8}}},
	{"out imm, al", false, {2, {0xE6, 0x80}}},
	{"out imm, eax", false, {2, {0xE7, 0x80}}},
};

ATTACK(program_privileged, "program-privileged", SURVIVES)
{
	program_open();
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++) {
		struct trap_frame frame;
		struct fault fault;

		program_prepare(&frame);
		frame.ecx = frame.edx = USER_TEST; /* what sysexit would go to */
		fault = program_run(&privileged[i].code, &frame);
		if (privileged[i].may_lack && fault.vector == TRAP_INVALID_OPCODE)
			program_expect(privileged[i].name, 0, fault, TRAP_INVALID_OPCODE, 0, 0);
		else
			program_expect(privileged[i].name, 0, fault, TRAP_PROTECTION, 0, 0);
	}
	program_close();
}

/* --- ports ---------------------------------------------------------------------------------- */

static const struct program_code port_codes[] = {
	{1, {0xEC}},       /* in al, dx */
	{1, {0xEE}},       /* out dx, al */
	{1, {0xED}},       /* in eax, dx */
	{1, {0xEF}},       /* out dx, eax */
	{2, {0x66, 0xED}}, /* in ax, dx */
	{1, {0x6C}},       /* insb */
	{2, {0xF3, 0x6F}}, /* rep outsd */
};

static void try_port(uint32_t port)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_codes); i++) {
		struct trap_frame frame;

		program_prepare(&frame);
		frame.edx = port;
		frame.ecx = 1;
		frame.esi = frame.edi = USER_TEST + PAGE_SIZE / 2;
		program_expect("port", port, program_run(&port_codes[i], &frame), TRAP_PROTECTION,
			       0, 0);
	}
}

/* Timers, keyboards, serial lines and PCI are among them, and both ends of what a TSS can allow. */
ATTACK(program_ports, "program-ports", SURVIVES)
{
	program_open();
	for (uint32_t port = 0; port < 0x100; port++)
		try_port(port);
	for (uint32_t port = 0x100; port < 0x10000; port += 0xF7)
		try_port(port);
	for (uint32_t port = 0xFFF0; port < 0x10000; port++)
		try_port(port);
	program_close();
}
