// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/pci/pci_irq.c: which way a function interrupts, who hears of it, and
 * interrupts without end.
 */
#include "arch/board/irq.h"
#include "arch/cpu/log.h"
#include "arch/board/msi.h"
#include "arch/cpu/time.h"
#include "drivers/pci/pci_msi.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/pci/pci_irq.c"

#define MILLISECOND 1000000ull

struct user {
	bool works;
	unsigned raised, silenced;
};

static struct pci_device devices[2];
static struct user users[2];
static irq_handler_t *handlers[IRQ_LINES], *message_handler;
static void *contexts[IRQ_LINES], *message_context;
static uint32_t masked_lines;
static bool has_messages, has_capability, taken;
static int allocations_left;
static unsigned messages, warnings, no_line;
static uint64_t now, step;

/* --- what stands around it ------------------------------------------------------------------- */

uint64_t time_ns(void)
{
	return now += step;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)subsystem;
	(void)format;
	warnings += level == LOG_WARN;
}

void *heap_alloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return calloc(1, size);
}

void heap_free(void *pointer)
{
	free(pointer);
}

int irq_register(unsigned line, irq_handler_t *handler, void *context)
{
	assert_true(line < IRQ_LINES);
	assert_null(handlers[line]);
	if (taken)
		return -E_EXIST;
	handlers[line] = handler;
	contexts[line] = context;
	return 0;
}

void irq_silence(unsigned line)
{
	masked_lines |= 1u << line;
}

int msi_allocate(irq_handler_t *handler, void *context, struct msi_message *message)
{
	if (!has_messages)
		return -E_UNSUPPORTED;
	messages++;
	message_handler = handler;
	message_context = context;
	*message = (struct msi_message){ 0xFEE00000, 0x41 };
	return 0;
}

void msi_free(const struct msi_message *message)
{
	assert_int_equal(message->data, 0x41);
	messages--;
}

int pci_msi_enable(const struct pci_device *device, uint64_t address, uint32_t data)
{
	assert_ptr_equal(device, &devices[0]);
	assert_true(address == 0xFEE00000 && data == 0x41);
	return has_capability ? 0 : -E_UNSUPPORTED;
}

void pci_msi_disable(const struct pci_device *device)
{
	assert_ptr_equal(device, &devices[0]);
	has_capability = false;
}

bool pci_msix_is_on(const struct pci_device *device)
{
	return device->id == 1;
}

void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
	assert_ptr_equal(device, &devices[0]);
	assert_false(has_capability);	/* off already: that opens the line */
	assert_int_equal(set, PCI_COMMAND_INTERRUPT_DISABLE);
	assert_int_equal(clear, 0);
	no_line++;
}

static bool user_raised(void *context)
{
	struct user *user = context;

	user->raised++;
	return user->works;
}

static void user_silenced(void *context)
{
	((struct user *)context)->silenced++;
}

static const struct pci_irq_ops ops = { user_raised, user_silenced };

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		devices[i] = (struct pci_device){ .pin = 1, .line = 11 };
	memset(users, 0, sizeof(users));
	memset(handlers, 0, sizeof(handlers));
	masked_lines = 0;
	has_messages = has_capability = taken = false;
	messages = warnings = no_line = 0;
	allocations_left = 100;
	now = 0;
	step = 1000;
	return 0;
}

/* What was attached stays for ever, but not for the next test. */
static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < IRQ_LINES; i++) {
		while (lines[i].listeners)
			free_listener(&lines[i]);
		lines[i] = (struct source){ 0 };
	}
	if (messages > 0) {
		free_listener(message_context);
		heap_free(message_context);
	}
	return 0;
}

static int attach(unsigned i)
{
	return pci_irq_attach(&devices[i], &ops, &users[i]);
}

static void fire(unsigned line, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		handlers[line](contexts[line]);
}

/* --- which way ------------------------------------------------------------------------------- */

static void by_messages(void **state)
{
	(void)state;
	has_messages = has_capability = true;
	assert_int_equal(attach(0), 0);
	assert_int_equal(devices[0].interrupt, PCI_MSI);
	message_handler(message_context);
	assert_int_equal(users[0].raised, 1);
	assert_null(handlers[11]);
}

static void by_msix(void **state)
{
	(void)state;
	has_messages = has_capability = true;
	devices[0].id = 1;
	assert_int_equal(attach(0), 0);
	assert_int_equal(devices[0].interrupt, PCI_MSIX);
}

/* A function without the capability gives the vector back. */
static void by_line(void **state)
{
	(void)state;
	has_messages = true;
	assert_int_equal(attach(0), 0);
	assert_int_equal(messages, 0);
	assert_int_equal(devices[0].interrupt, PCI_LINE);
	fire(11, 1);
	assert_int_equal(users[0].raised, 1);
}

/* Its driver knows better than its configuration space. */
static void by_line_though_it_could(void **state)
{
	(void)state;
	has_messages = has_capability = true;
	devices[0].no_messages = true;
	assert_int_equal(attach(0), 0);
	assert_int_equal(messages, 0);
	assert_int_equal(devices[0].interrupt, PCI_LINE);
}

static void shared_line(void **state)
{
	(void)state;
	assert_int_equal(attach(0), 0);
	assert_int_equal(attach(1), 0);
	users[0].works = true;
	fire(11, 1);
	assert_int_equal(users[0].raised, 1);
	assert_int_equal(users[1].raised, 1);
}

static void isa_line(void **state)
{
	(void)state;
	devices[0].pin = 0;
	assert_int_equal(pci_irq_attach_isa(&devices[0], 14, &ops, &users[0]), 0);
	assert_int_equal(devices[0].interrupt, PCI_ISA_LINES);
	fire(14, 1);
	assert_int_equal(users[0].raised, 1);
}

static void no_way(void **state)
{
	(void)state;
	devices[0].pin = 0;
	assert_int_equal(attach(0), -E_UNSUPPORTED);
	devices[0].pin = 1;
	devices[0].line = 255;
	assert_int_equal(attach(0), -E_UNSUPPORTED);
	devices[0].line = 16;
	assert_int_equal(attach(0), -E_UNSUPPORTED);
	devices[0].line = 4;
	taken = true;
	assert_int_equal(attach(0), -E_UNSUPPORTED);
	assert_int_equal(devices[0].interrupt, PCI_POLLED);
	taken = false;
}

static void no_memory(void **state)
{
	(void)state;
	has_messages = has_capability = true;
	allocations_left = 0;
	assert_int_equal(attach(0), -E_NOMEM);
	allocations_left = 1;
	assert_int_equal(attach(0), -E_NOMEM);
	assert_int_equal(messages, 0);
	allocations_left = 2;
	assert_int_equal(attach(0), 0);
	assert_int_equal(devices[0].interrupt, PCI_MSI);
}

/* --- interrupts without end ------------------------------------------------------------------- */

static void storm_on_a_line(void **state)
{
	(void)state;
	attach(0);
	attach(1);
	fire(11, STORM_COUNT - 1);
	assert_int_equal(masked_lines, 0);
	fire(11, 1);
	assert_int_equal(masked_lines, 1u << 11);
	assert_int_equal(users[0].silenced, 1);
	assert_int_equal(users[1].silenced, 1);
	/* One that was on its way. */
	fire(11, 1);
	assert_int_equal(warnings, 1);
}

static void storm_of_messages(void **state)
{
	(void)state;
	has_messages = has_capability = true;
	attach(0);
	for (unsigned i = 0; i < STORM_COUNT; i++)
		message_handler(message_context);
	assert_int_equal(users[0].silenced, 1);
	assert_int_equal(no_line, 1);
	assert_int_equal(masked_lines, 0);
	assert_int_equal(warnings, 1);
}

/* A device with as much to do is none, nor is one that interrupts for nothing now and then. */
static void no_storm(void **state)
{
	(void)state;
	attach(0);
	attach(1);
	users[1].works = true;
	fire(11, 10 * STORM_COUNT);
	users[1].works = false;
	step = MILLISECOND;
	fire(11, 10 * STORM_COUNT);
	assert_int_equal(masked_lines, 0);
	assert_int_equal(warnings, 0);
	/* Work in between does not hide one. */
	step = 1000;
	for (unsigned i = 0; i < 2 * STORM_COUNT; i++) {
		users[1].works = i % 2 == 0;
		fire(11, 2);
	}
	assert_int_equal(masked_lines, 1u << 11);
}

int main(void)
{
#define IRQ_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		IRQ_TEST(by_messages),
		IRQ_TEST(by_msix),
		IRQ_TEST(by_line),
		IRQ_TEST(by_line_though_it_could),
		IRQ_TEST(shared_line),
		IRQ_TEST(isa_line),
		IRQ_TEST(no_way),
		IRQ_TEST(no_memory),
		IRQ_TEST(storm_on_a_line),
		IRQ_TEST(storm_of_messages),
		IRQ_TEST(no_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
