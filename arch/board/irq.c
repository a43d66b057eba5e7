// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of vectors and their handlers, and the interrupt lines behind them.  The table is read
 * without a lock: an entry is complete before anything can raise its vector.
 */
#include "arch/board/irq.h"

#include "arch/board/ioapic.h"
#include "arch/board/pic.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/host_traps.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/vectors.h"
#include "lib/error.h"

_Static_assert(VECTOR_ISA == PIC_FIRST_VECTOR && VECTOR_ISA_LINES == PIC_LINES,
	       "both controllers raise the same vectors");
_Static_assert(IRQ_LINES == PIC_LINES, "these are the ISA lines");

#define TIMER_LINE 0u	/* of the ISA bus */

struct irq_entry {
	irq_handler_t *handler;
	void *context;
};

/* Guards the allocation of vectors and the registers of the I/O APICs. */
static struct spinlock lock = SPINLOCK(LOCK_IRQ);
static struct irq_entry entries[VECTOR_COUNT];
static uint32_t warned[VECTOR_COUNT / 32];	/* bit n: vector n was warned about */
static bool has_apic;
static struct madt madt;

/* --- start ------------------------------------------------------------------------------ */

/* SDM vol. 3, 10.5.3: the error status register, bit by bit. */
static const char *const error_words_of_apic[8] = {
	"a message that it sent arrived damaged", "a message arrived damaged",
	"nobody took a message that it sent", "it did not take a message that was for it",
	"its interrupt cannot be sent with lowest priority", "it was to send a vector below 16",
	"it was sent a vector below 16", "a register was used that it does not have",
};

static void apic_error(void *context)
{
	static uint32_t seen;
	uint32_t errors = lapic_take_errors();

	(void)context;
	/* Each kind of error once: a disturbed line would fill the log. */
	for (unsigned bit = 0; bit < ARRAY_SIZE(error_words_of_apic); bit++)
		if (errors & ~seen & BIT(bit))
			log_warn("irq", "the local APIC of cpu%u reports an error: %s",
				 this_cpu()->id, error_words_of_apic[bit]);
	seen |= errors;
}

static bool has_large_ids(void)
{
	for (unsigned i = 0; i < madt.cpu_count; i++)
		if (madt.cpus[i].apic_id > LAPIC_XAPIC_ID_MAX)
			return true;
	return false;
}

static void add_io_apic(const struct madt_io_apic *io_apic, mmio_map_t *map)
{
	int error = ioapic_add(io_apic, map);

	if (error)
		log_warn("irq", "the I/O APIC at %08x, lines from %u, is left out: %s",
			 io_apic->address, io_apic->first_line, error_words(error));
}

/* Starts local APIC and I/O APIC.  NULL, or the reason why the 8259A pair is used instead. */
static const char *start_apics(mmio_map_t *map)
{
	if (madt_read(&madt) != 0)
		return "no MADT";
	if (madt.io_apic_count == 0)
		return "no I/O APIC in the MADT";
	if (lapic_probe(has_large_ids(), map) != 0)
		return "no local APIC";
	madt_refuse_unreachable(&madt, lapic_can_reach);
	for (unsigned i = 0; i < madt.io_apic_count; i++)
		add_io_apic(&madt.io_apics[i], map);
	return ioapic_lines() ? NULL : "no I/O APIC that works";
}

static void report_refusals(void)
{
	for (unsigned i = 0; i < madt.refusal_count; i++)
		log_warn("cpu", "the CPU with APIC id %u is left out: %s", madt.refusals[i].apic_id,
			 madt.refusals[i].cause);
	if (madt.left_out)
		log_warn("irq",
			 "%u more entries of the MADT are left out: there is no room for so many",
			 madt.left_out);
}

static void report_apics(void)
{
	unsigned overrides = 0;

	report_refusals();
	for (unsigned i = 0; i < MADT_ISA_LINES; i++)
		overrides += madt.isa[i].line != i;
	log_info("irq",
		 "%u CPU%s; local APIC %u (%s); %u I/O APIC%s with %u lines, ISA lines moved: %u",
		 madt.cpu_count, madt.cpu_count == 1 ? "" : "s", lapic_id(),
		 lapic_is_x2apic() ? "x2apic" : "xapic", ioapic_count(),
		 ioapic_count() == 1 ? "" : "s", ioapic_lines(), overrides);
}

/* NMI lines go to the boot CPU: an NMI might wake a CPU that was not started and has no code. */
static int connect_nmi_line(const struct madt_line *line)
{
	/* The timer ticks from the start, so its NMIs would never end. */
	if (line->line == madt.isa[TIMER_LINE].line)
		return -E_EXIST;
	return ioapic_connect_nmi(line, this_cpu()->apic_id);
}

static void connect_nmi_lines(void)
{
	for (unsigned i = 0; i < madt.nmi_line_count; i++) {
		int error = connect_nmi_line(&madt.nmi_lines[i]);

		if (error)
			log_warn("irq",
				 "I/O APIC line %u raises no NMIs, as the MADT says it does: %s",
				 madt.nmi_lines[i].line, error == -E_EXIST
				 ? "it is the timer's" : "there is no such line");
	}
}

/* The ACPI processor uid of the CPU that this runs on. */
static uint32_t own_uid(void)
{
	for (unsigned i = 0; i < madt.cpu_count; i++)
		if (madt.cpus[i].apic_id == lapic_id())
			return madt.cpus[i].uid;
	return MADT_ALL_CPUS;
}

static void open_nmi_inputs(void)
{
	uint32_t uid = own_uid();

	for (unsigned i = 0; i < madt.local_nmi_count; i++)
		if (madt.local_nmis[i].uid == MADT_ALL_CPUS || madt.local_nmis[i].uid == uid)
			lapic_open_nmi_input(madt.local_nmis[i].lint);
}

void irq_init(bool apic, mmio_map_t *map)
{
	const char *missing = apic ? start_apics(map) : "apic=off";

	host_traps_set_interrupt(irq_dispatch);
	/* Masked also when the APICs are used: the 8259A pair would raise the same vectors. */
	pic_init();
	has_apic = !missing;
	if (missing && !pic_is_there())
		panic("no interrupt controller can be used: %s, and no pair of 8259 answers",
		      missing);
	if (missing && lapic_probe(has_large_ids(), map) == 0)
		lapic_pass_through();
	if (missing) {
		log_info("irq", "interrupts by the 8259 pair: %s", missing);
		return;
	}
	irq_vector_set(VECTOR_APIC_ERROR, apic_error, NULL);
	irq_vector_set(VECTOR_CPU_CALLS, cpu_calls_run, NULL);
	irq_init_cpu(this_cpu());
	connect_nmi_lines();
	report_apics();
}

void irq_init_cpu(struct cpu *cpu)
{
	lapic_init_cpu();
	open_nmi_inputs();
	cpu->apic_id = lapic_id();
}

bool irq_has_apic(void)
{
	return has_apic;
}

const struct madt *irq_madt(void)
{
	return &madt;
}

/* --- lines -------------------------------------------------------------------------------- */

/* Has another line of the ISA bus that has a handler been wired to the same input? */
static bool shares_input(unsigned line)
{
	for (unsigned other = 0; other < IRQ_LINES; other++)
		if (other != line && entries[VECTOR_ISA + other].handler &&
		    madt.isa[other].line == madt.isa[line].line)
			return true;
	return false;
}

static int connect_line(unsigned line)
{
	int error;

	if (!has_apic) {
		pic_unmask(line);
		return 0;
	}
	if (shares_input(line))
		return -E_EXIST;
	spin_lock(&lock);
	error = ioapic_connect(&madt.isa[line], VECTOR_ISA + line, this_cpu()->apic_id);
	if (!error)
		ioapic_unmask(madt.isa[line].line);
	spin_unlock(&lock);
	return error;
}

int irq_register(unsigned line, irq_handler_t *handler, void *context)
{
	struct irq_entry *entry;
	int error;

	if (line >= IRQ_LINES)
		return -E_RANGE;
	entry = &entries[VECTOR_ISA + line];
	if (line == PIC_CASCADE_LINE || entry->handler)
		return -E_EXIST;
	*entry = (struct irq_entry){ handler, context };
	error = connect_line(line);
	if (error)
		entry->handler = NULL;
	return error;
}

void irq_silence(unsigned line)
{
	if (!has_apic) {
		pic_mask(line);
		return;
	}
	spin_lock(&lock);
	ioapic_mask(madt.isa[line].line);
	spin_unlock(&lock);
}

bool irq_is_pending(unsigned line)
{
	return has_apic ? lapic_is_pending(VECTOR_ISA + line) : pic_is_pending(line);
}

int irq_route_nmi(unsigned line)
{
	int error;

	if (!has_apic)
		return -E_UNSUPPORTED;
	if (line >= IRQ_LINES)
		return -E_RANGE;
	if (entries[VECTOR_ISA + line].handler)
		return -E_EXIST;
	spin_lock(&lock);
	error = ioapic_connect_nmi(&madt.isa[line], this_cpu()->apic_id);
	spin_unlock(&lock);
	return error;
}

/* --- vectors ------------------------------------------------------------------------------- */

int irq_vector_allocate(irq_handler_t *handler, void *context)
{
	unsigned vector;

	if (!has_apic)
		return -E_UNSUPPORTED;
	spin_lock(&lock);
	for (vector = VECTOR_DYNAMIC; vector < VECTOR_DYNAMIC_END; vector++)
		if (!entries[vector].handler && !vector_is_syscall(vector))
			break;
	if (vector < VECTOR_DYNAMIC_END)
		entries[vector] = (struct irq_entry){ handler, context };
	spin_unlock(&lock);
	return vector < VECTOR_DYNAMIC_END ? (int)vector : -E_NOSPC;
}

void irq_vector_free(unsigned vector)
{
	spin_lock(&lock);
	entries[vector].handler = NULL;
	spin_unlock(&lock);
}

void irq_vector_set(unsigned vector, irq_handler_t *handler, void *context)
{
	entries[vector] = (struct irq_entry){ handler, context };
}

/* --- interrupts ------------------------------------------------------------------------------ */

/* A line is masked, so it warns once; other vectors cannot be masked, so `warned` records them. */
static void serve_unwanted(unsigned vector)
{
	uint32_t bit = BIT(vector % 32);

	if (vector - VECTOR_ISA < IRQ_LINES) {
		irq_silence(vector - VECTOR_ISA);
		log_warn("irq", "nobody wants the interrupts of line %u; it is masked now",
			 vector - VECTOR_ISA);
	} else if (!(__atomic_fetch_or(&warned[vector / 32], bit, __ATOMIC_RELAXED) & bit)) {
		log_warn("irq", "nobody wants the interrupts of vector %02x", vector);
	}
}

static void serve(unsigned vector)
{
	const struct irq_entry *entry = &entries[vector];

	if (likely(entry->handler))
		entry->handler(entry->context);
	else
		serve_unwanted(vector);
}

static void dispatch_pic(unsigned vector)
{
	unsigned line = vector - VECTOR_ISA;

	/* Umbra's devices raise no other vectors, but what firmware set up might. */
	if (line >= IRQ_LINES || pic_check_spurious(line))
		return;
	serve(vector);
	pic_end(line);
}

void irq_dispatch(unsigned vector)
{
	if (unlikely(!has_apic)) {
		dispatch_pic(vector);
	} else if (vector != VECTOR_SPURIOUS) {
		/* A spurious interrupt is not in service: no end for it (SDM vol. 3, 10.9). */
		serve(vector);
		lapic_end();
	}
}
