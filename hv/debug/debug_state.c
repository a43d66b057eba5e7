// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and sets the registers of a guest for a debugger.  The interrupt flag is the one that the
 * guest has: in its shared structure, as it is in all flags that Umbra shows to it.  The control
 * registers are those that the guest believes in, for it has none of its own.
 */
#include "hv/debug/debug_state.h"

#include "arch/cpu/descriptor.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/reflect.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* Flags that a debugger may set: the arithmetic ones, TF, DF, AC and ID (SDM vol. 1, 3.4.3). */
#define FLAGS_SETTABLE (0xD5u | EFLAGS_TF | EFLAGS_DF | 0x800u | EFLAGS_AC | BIT(21))

#define CR0_PE_ET_NE_WP 0x00010031u
#define CR0_PG BIT(31)

/* Behind the eight registers of the x87, by its number. */
#define FIRST_X87_CONTROL (DEBUG_GENERAL_COUNT + 8u)

/* The image of FXSAVE (SDM vol. 1, 10.5.1). */
#define X87_CONTROL 0u
#define X87_STATUS 2u
#define X87_TAGS 4u
#define X87_OPCODE 6u
#define X87_EIP 8u
#define X87_CS 12u
#define X87_OPERAND 16u
#define X87_DS 20u
#define SSE_MXCSR 24u
#define SSE_MXCSR_MASK 28u
#define SSE_MXCSR_MASK_DEFAULT 0xFFBFu	/* where the CPU says nothing */
#define X87_REGISTERS 32u
#define SSE_REGISTERS 160u

static const struct debug_register registers[DEBUG_REGISTER_COUNT] = {
	{ "eax", "int32", 4 }, { "ecx", "int32", 4 }, { "edx", "int32", 4 }, { "ebx", "int32", 4 },
	{ "esp", "data_ptr", 4 }, { "ebp", "data_ptr", 4 }, { "esi", "int32", 4 },
	{ "edi", "int32", 4 }, { "eip", "code_ptr", 4 }, { "eflags", "i386_eflags", 4 },
	{ "cs", "int32", 4 }, { "ss", "int32", 4 }, { "ds", "int32", 4 }, { "es", "int32", 4 },
	{ "fs", "int32", 4 }, { "gs", "int32", 4 },
	{ "st0", "i387_ext", 10 }, { "st1", "i387_ext", 10 }, { "st2", "i387_ext", 10 },
	{ "st3", "i387_ext", 10 }, { "st4", "i387_ext", 10 }, { "st5", "i387_ext", 10 },
	{ "st6", "i387_ext", 10 }, { "st7", "i387_ext", 10 },
	{ "fctrl", "int", 4 }, { "fstat", "int", 4 }, { "ftag", "int", 4 }, { "fiseg", "int", 4 },
	{ "fioff", "int", 4 }, { "foseg", "int", 4 }, { "fooff", "int", 4 }, { "fop", "int", 4 },
	{ "xmm0", "vec128", 16 }, { "xmm1", "vec128", 16 }, { "xmm2", "vec128", 16 },
	{ "xmm3", "vec128", 16 }, { "xmm4", "vec128", 16 }, { "xmm5", "vec128", 16 },
	{ "xmm6", "vec128", 16 }, { "xmm7", "vec128", 16 }, { "mxcsr", "int32", 4 },
	{ "cr0", "int32", 4 }, { "cr2", "data_ptr", 4 }, { "cr3", "int32", 4 },
	{ "cr4", "int32", 4 }, { "cs_base", "data_ptr", 4 }, { "cs_limit", "int32", 4 },
	{ "ss_base", "data_ptr", 4 }, { "ss_limit", "int32", 4 }, { "ds_base", "data_ptr", 4 },
	{ "ds_limit", "int32", 4 }, { "es_base", "data_ptr", 4 }, { "es_limit", "int32", 4 },
	{ "fs_base", "data_ptr", 4 }, { "fs_limit", "int32", 4 }, { "gs_base", "data_ptr", 4 },
	{ "gs_limit", "int32", 4 }, { "ss1", "int32", 4 }, { "esp1", "data_ptr", 4 },
};

const struct debug_register *debug_register(unsigned number)
{
	return &registers[number];
}

/* --- those of the CPU ------------------------------------------------------------------------ */

static uint32_t *general(struct guest *guest, unsigned number)
{
	struct trap_frame *f = guest_frame_of(guest);
	uint32_t *const places[DEBUG_GENERAL_COUNT] = {
		&f->eax, &f->ecx, &f->edx, &f->ebx, &f->esp, &f->ebp, &f->esi, &f->edi, &f->eip,
		&f->eflags, &f->cs, &f->ss, &f->ds, &f->es, &f->fs, &f->gs,
	};

	return places[number];
}

/* Before INIT a guest has interrupts off. */
static bool interrupts_are_on(const struct guest *guest)
{
	return guest->data && guest_irqs_enabled(guest);
}

static uint32_t read_general(struct guest *guest, unsigned number)
{
	uint32_t value = *general(guest, number);

	if (number == DEBUG_EFLAGS)
		return interrupts_are_on(guest) ? value : value & ~EFLAGS_IF;
	return number >= DEBUG_CS ? value & 0xFFFF : value;
}

static void set_flags(struct guest *guest, uint32_t value)
{
	uint32_t *eflags = general(guest, DEBUG_EFLAGS);

	*eflags = (*eflags & ~FLAGS_SETTABLE) | (value & FLAGS_SETTABLE);
	if (guest->data && debug_has_memory(guest))
		WRITE_ONCE(guest->data->irq_enabled, value & EFLAGS_IF ? LGUEST_EFLAGS_IF : 0);
}

/*
 * CS and SS are of ring 1 or 3, and both of the same: any other ring is one in which no guest may
 * be.  What a selector names is checked by the CPU, at the entry; that fails as a trap of the
 * guest's.
 */
static bool set_segment(struct guest *guest, unsigned number, uint32_t value)
{
	bool is_null = (value & ~SELECTOR_RPL) == 0;

	if (value > 0xFFFF)
		return false;
	if (number <= DEBUG_CS + 1) {
		if ((value & SELECTOR_RPL) != (guest_frame_of(guest)->cs & SELECTOR_RPL))
			return false;
	} else if (!is_null && (value & SELECTOR_RPL) % 2 == 0) {
		return false;
	}
	*general(guest, number) = value;
	return true;
}

/* Whoever moves a guest that waits for an interrupt wants it to execute there. */
static void set_eip(struct guest *guest, uint32_t value)
{
	struct trap_frame *frame = guest_frame_of(guest);

	if (frame->eip != value && guest->state == GUEST_HALTED)
		guest->state = GUEST_RUNNING;
	frame->eip = value;
}

static bool write_general(struct guest *guest, unsigned number, uint32_t value)
{
	if (number >= DEBUG_CS)
		return set_segment(guest, number, value);
	if (number == DEBUG_EFLAGS)
		set_flags(guest, value);
	else if (number == DEBUG_EIP)
		set_eip(guest, value);
	else
		*general(guest, number) = value;
	return true;
}

/* --- those of the FPU ------------------------------------------------------------------------*/

/* The image, after what the CPU holds for the guest was saved there. */
static uint8_t *fpu_image(struct guest *guest)
{
	guest_fpu_save(guest);
	return guest->fpu->image;
}

/* FXSAVE tells of each register only whether it is used (SDM vol. 1, 10.5.1.1). */
static uint32_t full_tags(const uint8_t *image)
{
	uint32_t tags = 0, top = load_le16(image + X87_STATUS) >> 11 & 7;

	for (uint32_t i = 0; i < 8; i++) {
		const uint8_t *value = image + X87_REGISTERS + 16 * ((i - top) & 7);
		uint32_t exponent = load_le16(value + 8) & 0x7FFF;
		uint64_t mantissa = load_le64(value);
		uint32_t tag = 0;

		if (!(image[X87_TAGS] & BIT(i)))
			tag = 3;
		else if (exponent == 0 && mantissa == 0)
			tag = 1;
		else if (exponent == 0 || exponent == 0x7FFF || !(mantissa >> 63))
			tag = 2;
		tags |= tag << 2 * i;
	}
	return tags;
}

static uint32_t read_x87_control(const uint8_t *image, unsigned index)
{
	switch (index) {
	case 0:
		return load_le16(image + X87_CONTROL);
	case 1:
		return load_le16(image + X87_STATUS);
	case 2:
		return full_tags(image);
	case 3:
		return load_le16(image + X87_CS);
	case 4:
		return load_le32(image + X87_EIP);
	case 5:
		return load_le16(image + X87_DS);
	case 6:
		return load_le32(image + X87_OPERAND);
	default:
		return load_le16(image + X87_OPCODE) & 0x7FF;
	}
}

/* The x87's control registers are not stored as gdb has them. */
static bool is_x87_control(unsigned number)
{
	return number >= FIRST_X87_CONTROL && number < DEBUG_FIRST_SSE;
}

/* Where any other register of the FPU lies as it is. */
static uint8_t *fpu_place(uint8_t *image, unsigned number)
{
	if (number < FIRST_X87_CONTROL)
		return image + X87_REGISTERS + 16 * (number - DEBUG_GENERAL_COUNT);
	if (number < DEBUG_FIRST_SSE + 8)
		return image + SSE_REGISTERS + 16 * (number - DEBUG_FIRST_SSE);
	return image + SSE_MXCSR;
}

static void read_fpu(struct guest *guest, unsigned number, uint8_t *bytes)
{
	uint8_t *image = fpu_image(guest);

	if (is_x87_control(number))
		store_le32(bytes, read_x87_control(image, number - FIRST_X87_CONTROL));
	else
		memcpy(bytes, fpu_place(image, number), registers[number].size);
}

/* A bit of MXCSR that the CPU lacks would make FXRSTOR fault (SDM vol. 1, 11.6.6). */
static uint32_t safe_mxcsr(const uint8_t *image, uint32_t value)
{
	uint32_t mask = load_le32(image + SSE_MXCSR_MASK);

	return value & (mask ? mask : SSE_MXCSR_MASK_DEFAULT);
}

static uint8_t short_tags(uint32_t tags)
{
	uint32_t result = 0;

	for (unsigned i = 0; i < 8; i++)
		if ((tags >> 2 * i & 3) != 3)
			result |= BIT(i);
	return (uint8_t)result;
}

static void write_x87_control(uint8_t *image, unsigned index, uint32_t value)
{
	static const uint8_t places[] = {
		X87_CONTROL, X87_STATUS, X87_TAGS, X87_CS, X87_EIP, X87_DS, X87_OPERAND, X87_OPCODE,
	};
	bool is_pointer = index == 4 || index == 6;
	uint32_t low = places[index] == X87_OPCODE ? 0x7FF : 0xFFFF;

	if (index == 2)
		image[X87_TAGS] = short_tags(value);
	else if (is_pointer)
		store_le32(image + places[index], value);
	else
		store_le16(image + places[index], (uint16_t)(value & low));
}

static void write_fpu(struct guest *guest, unsigned number, const uint8_t *bytes)
{
	uint8_t *image = fpu_image(guest);

	if (is_x87_control(number))
		write_x87_control(image, number - FIRST_X87_CONTROL, load_le32(bytes));
	else if (number == DEBUG_FIRST_SSE + 8)
		store_le32(image + SSE_MXCSR, safe_mxcsr(image, load_le32(bytes)));
	else
		memcpy(fpu_place(image, number), bytes, registers[number].size);
}

/* --- the others ------------------------------------------------------------------------------- */

static uint32_t read_control(const struct guest *guest, unsigned index)
{
	bool has_tables = !guest->shadow.provisional;

	switch (index) {
	case 0:
		return CR0_PE_ET_NE_WP | (has_tables ? CR0_PG : 0) |
		       (guest->task_switched ? CR0_TS : 0);
	case 1:
		return guest->data ? READ_ONCE(guest->data->cr2) : guest->fault_address;
	case 2:
		return guest->shadow.current->root;
	default:
		return guest->shadow.reader->entry_size == 8 ? CR4_PAE : 0;
	}
}

/* Intel SDM vol. 3, figure 3-8.  What is not in the GDT has neither. */
static uint32_t read_segment(struct guest *guest, unsigned segment, bool limit)
{
	uint32_t selector = *general(guest, DEBUG_CS + segment) & 0xFFFF;
	uint64_t descriptor;
	uint32_t value;

	if (selector & SELECTOR_TI || selector >> 3 >= GDT_ENTRIES)
		return 0;
	descriptor = guest->gdt[selector >> 3];
	if (!limit)
		return (uint32_t)(descriptor >> 16 & 0xFFFFFF) |
		       (uint32_t)(descriptor >> 32 & 0xFF000000);
	value = (uint32_t)(descriptor & 0xFFFF) | (uint32_t)(descriptor >> 32 & 0xF0000);
	return descriptor >> 55 & 1 ? value << 12 | 0xFFF : value;
}

static uint32_t read_system(struct guest *guest, unsigned index)
{
	if (index < 4)
		return read_control(guest, index);
	if (index < 16)
		return read_segment(guest, (index - 4) / 2, (index - 4) % 2 != 0);
	return index == 16 ? guest->kernel_stack_selector : guest->kernel_stack;
}

/* --- all ----------------------------------------------------------------------------------- */

void debug_register_read(struct guest *guest, unsigned number, uint8_t bytes[DEBUG_REGISTER_MAX])
{
	if (number < DEBUG_GENERAL_COUNT)
		store_le32(bytes, read_general(guest, number));
	else if (number < DEBUG_FIRST_SYSTEM)
		read_fpu(guest, number, bytes);
	else
		store_le32(bytes, read_system(guest, number - DEBUG_FIRST_SYSTEM));
}

bool debug_register_write(struct guest *guest, unsigned number,
			  const uint8_t bytes[DEBUG_REGISTER_MAX])
{
	if (number < DEBUG_GENERAL_COUNT)
		return write_general(guest, number, load_le32(bytes));
	/* What is there already may be written, as gdb does after the call of a function. */
	if (number >= DEBUG_FIRST_SYSTEM)
		return read_system(guest, number - DEBUG_FIRST_SYSTEM) == load_le32(bytes);
	write_fpu(guest, number, bytes);
	return true;
}
