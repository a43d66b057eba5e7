// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/cpu/barrier.c on a made-up processor: that no MSR is touched which its
 * CPUID does not promise, what is set once, and what is done in which order when a
 * barrier is due.
 */
#include "tests/unit/unit.h"

#include "arch/cpu/cpu.h"
#include "lib/compiler.h"

#include <string.h>

static struct cpuid made_up_cpuid(uint32_t leaf, uint32_t subleaf);
static uint64_t made_up_read_msr(uint32_t msr);
static void made_up_write_msr(uint32_t msr, uint64_t value);

#define cpuid(leaf, subleaf) made_up_cpuid(leaf, subleaf)
#define read_msr made_up_read_msr
#define write_msr made_up_write_msr

#include "arch/cpu/barrier.c"

#define LEAVES_MAX 8
#define WRITES_MAX 8

struct leaf {
	uint32_t leaf, subleaf;
	struct cpuid value;
};

struct write {
	uint32_t msr;	/* 0: the return stack was filled */
	uint64_t value;
};

static struct cpu_features features;
static unsigned model;
static struct leaf leaves[LEAVES_MAX];
static uint64_t capabilities;
static unsigned msr_reads;
static struct write writes[WRITES_MAX];
static size_t write_count;
static struct cpu cpu;

const struct cpu_features *cpu_features(void)
{
	return &features;
}

void cpu_signature(unsigned *family, unsigned *model_number, unsigned *stepping)
{
	*family = strcmp(features.vendor, "AuthenticAMD") == 0 ? 0x17 : 6;
	*model_number = model;
	*stepping = 0;
}

static struct cpuid made_up_cpuid(uint32_t leaf, uint32_t subleaf)
{
	for (size_t i = 0; i < LEAVES_MAX; i++)
		if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
			return leaves[i].value;
	return (struct cpuid){ 0, 0, 0, 0 };
}

static uint64_t made_up_read_msr(uint32_t msr)
{
	assert_int_equal(msr, 0x10A);
	msr_reads++;
	return capabilities;
}

static void note_write(uint32_t msr, uint64_t value)
{
	assert_true(write_count < WRITES_MAX);
	writes[write_count++] = (struct write){ msr, value };
}

static void made_up_write_msr(uint32_t msr, uint64_t value)
{
	note_write(msr, value);
}

void return_stack_fill(void)
{
	note_write(0, 0);
}

static void check_writes(const struct write *expected, size_t count)
{
	assert_int_equal(write_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(writes[i].msr, expected[i].msr);
		assert_int_equal(writes[i].value, expected[i].value);
	}
	write_count = 0;
}

static int setup(void **state)
{
	(void)state;
	memset(leaves, 0, sizeof(leaves));
	features = (struct cpu_features){ .vendor = "GenuineIntel" };
	cpu = (struct cpu){ .id = 0 };
	msr_reads = 0;
	write_count = 0;
	barriers_configure(true, true);
	return 0;
}

/* Cascade Lake and Alder Lake in one, so that every MSR has a use. */
static void put_processor(void)
{
	model = 0x55;
	capabilities = 0x83;		/* RDCL_NO, IBRS_ALL, TSX_CTRL */
	leaves[0] = (struct leaf){ 0, 0, { .eax = 0xB } };
	leaves[1] = (struct leaf){ 7, 0, { .eax = 2, .ebx = 0x800, .edx = 0xBC000400 } };
	leaves[2] = (struct leaf){ 7, 2, { .edx = 0x17 } };
	leaves[3] = (struct leaf){ 0xB, 0, { .eax = 1, .ebx = 2, .ecx = 0x100 } };
}

static void sets_once(void **state)
{
	const struct write all[] = { { 0x48, 0x442 }, { 0x122, 3 } };
	const struct write alone[] = { { 0x48, 0x440 }, { 0x122, 3 } };

	(void)state;
	put_processor();
	barriers_init_cpu(&cpu);
	assert_int_equal(cpu.smt.threads, 2);
	assert_int_equal(msr_reads, 1);
	check_writes(all, 2);
	barriers_configure(true, false);
	barriers_init_cpu(&cpu);
	check_writes(alone, 2);
	barriers_configure(false, true);
	barriers_init_cpu(&cpu);
	check_writes(NULL, 0);
	barriers_note_switch(&cpu);
	barriers_note_data(&cpu);
	assert_int_equal(cpu.barriers_due, 0);
}

/* Leaves beyond the last one answer with anything: they are not asked. */
static void leaves_beyond(void **state)
{
	(void)state;
	put_processor();
	leaves[0].value.eax = 3;
	leaves[4] = (struct leaf){ 0x80000000u, 0, { .eax = 0x80000004u } };
	leaves[5] = (struct leaf){ 0x80000008u, 0, { .ebx = UINT32_MAX } };
	barriers_init_cpu(&cpu);
	assert_int_equal(msr_reads, 0);
	assert_int_equal(cpu.speculation.remedies, BIT(REMEDY_RSB) | BIT(REMEDY_RETPOLINE));
	check_writes(NULL, 0);
	/* With leaf 7, but without its subleaf 2. */
	leaves[0].value.eax = 7;
	leaves[1].value.eax = 1;
	barriers_init_cpu(&cpu);
	assert_int_equal(cpu.speculation.spec_ctrl, 0);
}

static void no_capabilities(void **state)
{
	(void)state;
	put_processor();
	leaves[1].value.edx &= ~BIT(29);
	barriers_init_cpu(&cpu);
	assert_int_equal(msr_reads, 0);
	assert_int_equal(cpu.speculation.remedies & BIT(REMEDY_TSX_OFF), 0);
}

static void at_a_switch(void **state)
{
	const struct write expected[] = { { 0x49, 1 }, { 0, 0 }, { 0x10B, 1 } };

	(void)state;
	put_processor();
	capabilities = 0;
	barriers_init_cpu(&cpu);
	write_count = 0;
	barriers_note_switch(&cpu);
	assert_int_equal(cpu.barriers_due, BIT(REMEDY_IBPB) | BIT(REMEDY_RSB) | BIT(REMEDY_L1D) |
			 BIT(REMEDY_VERW));
	barriers_carry_out(cpu.barriers_due);
	check_writes(expected, 3);
}

/* Of others' data there is nothing that takes an MSR. */
static void after_others(void **state)
{
	(void)state;
	put_processor();
	capabilities = 0;
	barriers_init_cpu(&cpu);
	write_count = 0;
	barriers_note_data(&cpu);
	assert_int_equal(cpu.barriers_due, BIT(REMEDY_VERW));
	barriers_carry_out(cpu.barriers_due);
	check_writes(NULL, 0);
}

static void on_amd(void **state)
{
	const struct write expected[] = { { 0x49, 1 }, { 0, 0 } };

	(void)state;
	features = (struct cpu_features){ .vendor = "AuthenticAMD" };
	model = 1;
	leaves[0] = (struct leaf){ 0, 0, { .eax = 1 } };
	leaves[1] = (struct leaf){ 0x80000000u, 0, { .eax = 0x80000008u } };
	leaves[2] = (struct leaf){ 0x80000008u, 0, { .ebx = BIT(12) } };
	leaves[3] = (struct leaf){ 0x80000021u, 0, { .eax = UINT32_MAX } };
	barriers_init_cpu(&cpu);
	check_writes(NULL, 0);
	barriers_note_data(&cpu);
	assert_int_equal(cpu.barriers_due, BIT(REMEDY_DIV));
	barriers_note_switch(&cpu);
	barriers_carry_out(cpu.barriers_due);
	check_writes(expected, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sets_once, setup),
		cmocka_unit_test_setup(leaves_beyond, setup),
		cmocka_unit_test_setup(no_capabilities, setup),
		cmocka_unit_test_setup(at_a_switch, setup),
		cmocka_unit_test_setup(after_others, setup),
		cmocka_unit_test_setup(on_amd, setup),
	};

	return cmocka_run_group_tests_name("barrier", tests, NULL, NULL);
}
