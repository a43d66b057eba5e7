// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/board/irq.c and arch/board/msi.c: over arch/board/pic.c, against a model of the
 * controllers' service registers, and over arch/board/ioapic.c, against one of these.
 */
#include "tests/unit/fake_port.h"
#include "tests/unit/io_apics.h"

/* Instead of arch/cpu/cpu.h, whose CPUs are found through tables. */
#define UMBRA_ARCH_CPU_CPU_H

#include "arch/cpu/x86.h"

#define MAX_CPUS 32

struct cpu {
	unsigned id;
	uint32_t apic_id;
};

static struct cpu boot_cpu, other_cpu = { 1, 7 };

static struct cpu *this_cpu(void)
{
	return &boot_cpu;
}

static struct cpu *cpu_by_id(unsigned id)
{
	return id == 0 ? &boot_cpu : &other_cpu;
}

#include "arch/board/ioapic.c"
#include "arch/board/irq.c"
#include "arch/board/msi.c"
#include "arch/board/pic.c"

static uint16_t serving;  /* lines being served, as the controllers see it */
static unsigned warnings;

/* --- what stands around it ------------------------------------------------------------ */

static struct madt table;
static bool has_table, has_local_apic;
static unsigned ended, locked, refusals_asked_for, passed_through, pending_vector, pending_lines;
static jmp_buf panicked;
static bool has_no_pic, asks_for_requests;
static uint8_t pic_masks[2];
static uint32_t errors, nmi_inputs;
static bool has_large_ids_asked;

int madt_read(struct madt *into)
{
	*into = table;
	return has_table ? 0 : -E_NOENT;
}

void madt_refuse_unreachable(struct madt *which, bool (*can_reach)(uint32_t apic_id))
{
	assert_int_equal(which->cpu_count, table.cpu_count);
	assert_ptr_equal(can_reach, lapic_can_reach);
	refusals_asked_for++;
}

bool lapic_can_reach(uint32_t apic_id)
{
	return apic_id < 255;
}

int lapic_probe(bool large_ids, mmio_map_t *map)
{
	has_large_ids_asked = large_ids;
	assert_ptr_equal(map, fake_io_apic_map);
	return has_local_apic ? 0 : -E_UNSUPPORTED;
}

void lapic_init_cpu(void)
{
}

void lapic_open_nmi_input(unsigned lint)
{
	nmi_inputs |= 1u << lint;
}

void cpu_calls_run(void *context)
{
	(void)context;
}

void host_traps_set_interrupt(void (*serve_)(unsigned vector))
{
	assert_ptr_equal(serve_, irq_dispatch);
}

void lapic_pass_through(void)
{
	passed_through++;
}

bool lapic_is_pending(unsigned vector)
{
	return vector == pending_vector;
}

void panic(const char *format, ...)
{
	(void)format;
	longjmp(panicked, 1);
}

uint32_t lapic_id(void)
{
	return 4;
}

bool lapic_is_x2apic(void)
{
	return false;
}

void lapic_end(void)
{
	ended++;
}

uint32_t lapic_take_errors(void)
{
	return errors;
}

void spin_lock(struct spinlock *which)
{
	assert_ptr_equal(which, &lock);
	assert_int_equal(locked++, 0);
}

void spin_unlock(struct spinlock *which)
{
	assert_ptr_equal(which, &lock);
	assert_int_equal(locked--, 1);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)subsystem;
	(void)format;
	/* The log's lock comes after this one, but its way out takes others. */
	assert_int_equal(locked, 0);
	warnings += level == LOG_WARN;
}

static uint32_t fake_port_read(uint16_t port)
{
	if (has_no_pic)
		return 0xFF;
	if (port == FIRST_DATA || port == SECOND_DATA)
		return pic_masks[port == SECOND_DATA];
	if (asks_for_requests)
		return port == FIRST_COMMAND ? pending_lines & 0xFFu : pending_lines >> 8;
	return port == FIRST_COMMAND ? serving & 0xFFu : serving >> 8;
}

/* A specific end of interrupt; everything else is of no interest here. */
static void fake_port_written(uint16_t port, uint32_t value)
{
	unsigned shift = port == SECOND_COMMAND ? 8 : 0;

	if (port == FIRST_DATA || port == SECOND_DATA)
		pic_masks[port == SECOND_DATA] = (uint8_t)value;
	if ((port == FIRST_COMMAND || port == SECOND_COMMAND) &&
	    (value & ~1u) == COMMAND_READ_REQUEST)
		asks_for_requests = value == COMMAND_READ_REQUEST;

	if ((port == FIRST_COMMAND || port == SECOND_COMMAND) &&
	    (value & 0xF8) == COMMAND_END_LINE) {
		assert_true(serving & 1u << ((value & 7) + shift));
		serving = (uint16_t)(serving & ~(1u << ((value & 7) + shift)));
	}
}

/* What the controllers do when line fires and is acknowledged by the processor. */
static void fire(unsigned line)
{
	assert_false(masked & 1u << line);
	serving = (uint16_t)(serving | 1u << line | (line >= 8 ? 1u << PIC_CASCADE_LINE : 0));
	irq_dispatch(VECTOR_ISA + line);
	assert_int_equal(serving, 0);
}

static unsigned calls[IRQ_LINES];

static void count_call(void *context)
{
	/* Acknowledged only afterwards. */
	assert_int_not_equal(serving, 0);
	(*(unsigned *)context)++;
}

static void reset(void)
{
	memset(entries, 0, sizeof(entries));
	memset(warned, 0, sizeof(warned));
	memset(calls, 0, sizeof(calls));
	memset(&table, 0, sizeof(table));
	boot_cpu = (struct cpu){ 0, 0 };
	serving = 0;
	warnings = ended = locked = errors = nmi_inputs = 0;
	fake_write_count = 0;
	io_apic_count = 0;
	io_apics_reset();
}

static int start(void **state)
{
	(void)state;
	reset();
	irq_init(false, fake_io_apic_map);
	return 0;
}

/* As on the usual machine: line 0 enters as 2, line 9 is level. */
static void make_table(void)
{
	table.io_apic_count = 2;
	table.io_apics[0] = (struct madt_io_apic){ IO_APIC_FIRST, 0 };
	table.io_apics[1] = (struct madt_io_apic){ IO_APIC_SECOND, IO_APIC_SECOND_LINE };
	for (unsigned i = 0; i < MADT_ISA_LINES; i++)
		table.isa[i].line = i;
	table.isa[0].line = 2;
	table.isa[9] = (struct madt_line){ 9, true, true };
	table.nmi_line_count = 1;
	table.nmi_lines[0] = (struct madt_line){ 20, false, false };
	has_table = has_local_apic = true;
}

static int start_apic(void **state)
{
	(void)state;
	reset();
	make_table();
	irq_init(true, fake_io_apic_map);
	return 0;
}

static void programmed_as_the_data_sheet_says(void **state)
{
	static const struct fake_write wanted[] = {
		{ 0x20, 0x11 }, { 0xA0, 0x11 }, { 0x21, 0x20 }, { 0xA1, 0x28 }, { 0x21, 0x04 },
		{ 0xA1, 0x02 }, { 0x21, 0x01 }, { 0xA1, 0x01 }, { 0x21, 0xFB }, { 0xA1, 0xFF },
	};

	(void)state;
	assert_int_equal(fake_write_count, sizeof(wanted) / sizeof(wanted[0]));
	for (unsigned i = 0; i < fake_write_count; i++) {
		assert_int_equal(fake_writes[i].port, wanted[i].port);
		assert_int_equal(fake_writes[i].value, wanted[i].value);
	}
}

static void every_line_has_its_handler(void **state)
{
	(void)state;
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		int wanted = line == PIC_CASCADE_LINE ? -E_EXIST : 0;

		assert_int_equal(irq_register(line, count_call, &calls[line]), wanted);
		assert_int_equal(irq_register(line, count_call, &calls[0]), -E_EXIST);
	}
	assert_int_equal(irq_register(16, count_call, &calls[0]), -E_RANGE);
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		if (line != PIC_CASCADE_LINE)
			fire(line);
		assert_int_equal(calls[line], line == PIC_CASCADE_LINE ? 0 : 1);
	}
	assert_int_equal(warnings, 0);
}

static void spurious_interrupts(void **state)
{
	(void)state;
	irq_register(7, count_call, &calls[7]);
	irq_register(15, count_call, &calls[15]);
	/* The first controller's: nothing is being served, nothing may be acknowledged. */
	irq_dispatch(VECTOR_ISA + 7);
	/* The second's: the first one serves its line 2 and has to be told. */
	serving = 1u << PIC_CASCADE_LINE;
	irq_dispatch(VECTOR_ISA + 15);
	assert_int_equal(serving, 0);
	assert_int_equal(calls[7] + calls[15], 0);
	fire(7);
	fire(15);
	assert_int_equal(calls[7] + calls[15], 2);
}

static void unwanted_line_is_masked(void **state)
{
	(void)state;
	pic_unmask(5);
	fire(5);
	assert_int_equal(warnings, 1);
	assert_true(masked & 1u << 5);
}

/* --- with APICs ----------------------------------------------------------------------- */

static void count(void *context)
{
	assert_int_equal(ended, 0);
	(*(unsigned *)context)++;
}

/* What the processor does with one that arrives: handled once, ended once, and then. */
static void arrive(unsigned vector)
{
	ended = 0;
	irq_dispatch(vector);
	assert_int_equal(ended, 1);
	assert_int_equal(locked, 0);
}

static void missing_parts(void **state)
{
	(void)state;
	for (unsigned missing = 0; missing < 5; missing++) {
		reset();
		make_table();
		has_table = missing != 0;
		has_local_apic = missing != 1;
		if (missing == 2)
			table.io_apic_count = 0;
		io_apic_models[0].absent = io_apic_models[1].absent = missing == 3;
		irq_init(missing != 4, fake_io_apic_map);
		assert_false(irq_has_apic());
		assert_int_equal(warnings, missing == 3 ? 2 : 0);
		/* The others have to do. */
		assert_int_equal(irq_register(4, count_call, &calls[4]), 0);
		fire(4);
		assert_int_equal(calls[4], 1);
		assert_int_equal(irq_vector_allocate(count, &calls[0]), -E_UNSUPPORTED);
		assert_int_equal(irq_route_nmi(0), -E_UNSUPPORTED);
	}
}

static void apic_lines(void **state)
{
	(void)state;
	assert_true(irq_has_apic());
	assert_int_equal(boot_cpu.apic_id, 4);
	/* The other controllers are silent. */
	assert_int_equal(masked, 0xFFFB);
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		int wanted = line == PIC_CASCADE_LINE ? -E_EXIST : 0;

		assert_int_equal(irq_register(line, count, &calls[line]), wanted);
		assert_int_equal(irq_register(line, count, &calls[0]), -E_EXIST);
	}
	assert_int_equal(irq_register(16, count, &calls[0]), -E_RANGE);
	assert_int_equal(irq_register(UINT32_MAX, count, &calls[0]), -E_RANGE);
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		unsigned input = line == 0 ? 2 : line;

		if (line == PIC_CASCADE_LINE)
			continue;
		assert_int_equal(io_apic_models[0].entries[input][0],
				 (VECTOR_ISA + line) | (line == 9 ? 0xA000u : 0));
		assert_int_equal(io_apic_models[0].entries[input][1], 4u << 24);
		arrive(VECTOR_ISA + line);
		assert_int_equal(calls[line], 1);
	}
	assert_int_equal(io_apic_models[0].entries[0][0], 0x10000);
	assert_int_equal(warnings, 0);
}

static void line_that_leads_nowhere(void **state)
{
	(void)state;
	madt.isa[5].line = 99;
	assert_int_equal(irq_register(5, count, &calls[5]), -E_RANGE);
	/* It is free again. */
	madt.isa[5].line = 5;
	assert_int_equal(irq_register(5, count, &calls[5]), 0);
}

static void nmi_lines(void **state)
{
	(void)state;
	/* The one that the table names, and one that is asked for. */
	assert_int_equal(io_apic_models[0].entries[20][0], 0x400);
	assert_int_equal(irq_route_nmi(0), 0);
	assert_int_equal(io_apic_models[0].entries[2][0], 0x400);
	assert_int_equal(io_apic_models[0].entries[2][1], boot_cpu.apic_id << 24);
	assert_int_equal(irq_route_nmi(16), -E_RANGE);
	irq_register(4, count, &calls[4]);
	assert_int_equal(irq_route_nmi(4), -E_EXIST);
}

/* Where NMIs come in is said by the firmware's number of the CPU, or for all of them. */
static void nmi_inputs_of_a_cpu(void **state)
{
	(void)state;
	/* Without any word about NMIs none comes in. */
	assert_int_equal(nmi_inputs, 0);
	madt.cpu_count = 2;
	madt.cpus[0] = (struct madt_cpu){ 0, 10, false };
	madt.cpus[1] = (struct madt_cpu){ 4, 11, false };
	madt.local_nmi_count = 2;
	madt.local_nmis[0] = (struct madt_local_nmi){ 10, 0 };	/* another CPU's */
	madt.local_nmis[1] = (struct madt_local_nmi){ 11, 1 };
	irq_init_cpu(&boot_cpu);
	assert_int_equal(nmi_inputs, 2);
	madt.local_nmis[0].uid = MADT_ALL_CPUS;
	irq_init_cpu(&boot_cpu);
	assert_int_equal(nmi_inputs, 3);
}

static void large_ids(void **state)
{
	(void)state;
	for (uint32_t id = 254; id <= 255; id++) {
		reset();
		make_table();
		table.cpu_count = 2;
		table.cpus[1].apic_id = id;
		irq_init(true, fake_io_apic_map);
		assert_int_equal(has_large_ids_asked, id == 255);
	}
}

static void apic_spurious(void **state)
{
	(void)state;
	ended = 0;
	irq_dispatch(VECTOR_SPURIOUS);
	assert_int_equal(ended, 0);
}

static void apic_errors(void **state)
{
	(void)state;
	errors = 0x40;
	arrive(VECTOR_APIC_ERROR);
	arrive(VECTOR_APIC_ERROR);
	assert_int_equal(warnings, 1);
	errors = 0x60;
	arrive(VECTOR_APIC_ERROR);
	assert_int_equal(warnings, 2);
}

static void unwanted(void **state)
{
	(void)state;
	io_apic_models[0].entries[5][0] = VECTOR_ISA + 5;
	arrive(VECTOR_ISA + 5);
	assert_int_equal(io_apic_models[0].entries[5][0], 0x10000 | (VECTOR_ISA + 5));
	assert_int_equal(warnings, 1);
	/* Nothing can be masked there: said once. */
	for (unsigned i = 0; i < 3; i++) {
		arrive(0x77);
		arrive(0x78);
	}
	assert_int_equal(warnings, 3);
}

/* Requests, not what is being served: of a line that is not open, too. */
static void lines_that_wait(void **state)
{
	(void)state;
	pending_lines = 0x4001;
	assert_true(irq_is_pending(0));
	assert_true(irq_is_pending(14));
	assert_false(irq_is_pending(6));
	assert_false(irq_is_pending(8));
	start_apic(NULL);
	pending_vector = 0x24;
	assert_true(irq_is_pending(4));
	assert_false(irq_is_pending(0));
}

/* Without MADT the local APIC has to let the 8259's through; without them there is nothing. */
static void the_last_controllers(void **state)
{
	(void)state;
	reset();
	has_table = false;
	has_local_apic = true;
	passed_through = 0;
	irq_init(true, fake_io_apic_map);
	assert_int_equal(passed_through, 1);
	has_local_apic = false;
	irq_init(true, fake_io_apic_map);
	assert_int_equal(passed_through, 1);
	has_no_pic = true;
	if (!setjmp(panicked)) {
		irq_init(false, fake_io_apic_map);
		fail_msg("it goes on without");
	}
	has_no_pic = false;
	make_table();
	has_no_pic = true;
	irq_init(true, fake_io_apic_map);
	assert_true(irq_has_apic());
	has_no_pic = false;
}

/* Firmware wires two ISA lines to one input: the second is refused, the first goes on. */
static void two_lines_at_one_input(void **state)
{
	(void)state;
	reset();
	make_table();
	table.isa[4].line = 2;
	table.nmi_lines[0].line = 2;
	irq_init(true, fake_io_apic_map);
	/* The timer's is no source of NMIs, either. */
	assert_int_equal(warnings, 1);
	assert_int_equal(io_apic_models[0].entries[2][0] & 0x10000, 0x10000);
	assert_int_equal(irq_register(0, count, &calls[0]), 0);
	assert_int_equal(irq_register(4, count, &calls[4]), -E_EXIST);
	assert_int_equal(io_apic_models[0].entries[2][0], 0x20);
	arrive(0x20);
	assert_int_equal(calls[0], 1);
}

static void silenced(void **state)
{
	(void)state;
	assert_int_equal(irq_register(9, count, &calls[9]), 0);
	irq_silence(9);
	assert_int_equal(io_apic_models[0].entries[9][0], 0x1A029);
	assert_int_equal(masked, 0xFFFB);
}

static void messages(void **state)
{
	static struct msi_message taken[VECTOR_COUNT];
	unsigned received = 0, allocated = 0;
	bool seen[VECTOR_COUNT] = { false };

	(void)state;
	while (msi_allocate(count, &received, &taken[allocated]) == 0) {
		uint32_t vector = taken[allocated].data;

		assert_in_range(vector, 0x30, 0xDF);
		/* There a guest's system call may lead straight into it. */
		assert_int_not_equal(vector, 0x80);
		assert_int_not_equal(vector, 0x40);
		assert_false(seen[vector]);
		seen[vector] = true;
		assert_int_equal(taken[allocated].address, 0xFEE04000);
		arrive(vector);
		assert_int_equal(received, ++allocated);
	}
	assert_int_equal(allocated, 0xE0 - 0x30 - 2);
	msi_free(&taken[17]);
	assert_int_equal(msi_allocate(count, &received, &taken[0]), 0);
	assert_int_equal(taken[0].data, taken[17].data);
	assert_int_equal(send_to(&taken[0], &other_cpu), 0);
	assert_int_equal(taken[0].address, 0xFEE07000);
	other_cpu.apic_id = 255;
	assert_int_equal(send_to(&taken[0], &other_cpu), -E_RANGE);
	assert_int_equal(taken[0].address, 0xFEE07000);
	other_cpu.apic_id = 7;
}

static void message_to_nobody(void **state)
{
	struct msi_message message;

	(void)state;
	boot_cpu.apic_id = 256;
	assert_int_equal(msi_allocate(count, &calls[0], &message), -E_RANGE);
	for (unsigned vector = VECTOR_DYNAMIC; vector < VECTOR_DYNAMIC_END; vector++)
		assert_null(entries[vector].handler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(programmed_as_the_data_sheet_says, start),
		cmocka_unit_test_setup(every_line_has_its_handler, start),
		cmocka_unit_test_setup(spurious_interrupts, start),
		cmocka_unit_test_setup(unwanted_line_is_masked, start),
		cmocka_unit_test(missing_parts),
		cmocka_unit_test_setup(apic_lines, start_apic),
		cmocka_unit_test_setup(line_that_leads_nowhere, start_apic),
		cmocka_unit_test_setup(nmi_lines, start_apic),
		cmocka_unit_test_setup(nmi_inputs_of_a_cpu, start_apic),
		cmocka_unit_test(large_ids),
		cmocka_unit_test_setup(apic_spurious, start_apic),
		cmocka_unit_test_setup(apic_errors, start_apic),
		cmocka_unit_test_setup(unwanted, start_apic),
		cmocka_unit_test(two_lines_at_one_input),
		cmocka_unit_test_setup(lines_that_wait, start),
		cmocka_unit_test(the_last_controllers),
		cmocka_unit_test_setup(silenced, start_apic),
		cmocka_unit_test_setup(messages, start_apic),
		cmocka_unit_test_setup(message_to_nobody, start_apic),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}
