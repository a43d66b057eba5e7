// SPDX-License-Identifier: GPL-2.0-only
/*
 * Panic: prints all that is needed to find the bug from the serial log alone.  It takes no lock and
 * allocates nothing, since locks or the heap may be what is broken.
 */
#include "arch/cpu/panic.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/symbols.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/format.h"

#include <stdarg.h>

#define BACKTRACE_DEPTH 24

/*
 * How long to wait for the other CPUs to take their NMI.  They do at once, unless an emulator on a
 * busy host holds one up; a CPU in an NMI handler never does.
 */
#define STOP_NS 3000000000ull

#define NOBODY UINT32_MAX

static void (*output)(const char *text, size_t length);
static void (*more)(void (*print)(const char *text, size_t length));
static void (*final_action)(void);
static uint32_t panicking_cpu = NOBODY;	/* set once, by the first */
static struct panic_state state;	/* of that CPU */

void panic_set_output(void (*write)(const char *text, size_t length))
{
	output = write;
}

void panic_set_report(void (*report)(void (*print)(const char *text, size_t length)))
{
	more = report;
}

void panic_set_action(void (*action)(void))
{
	final_action = action;
}

static void __printf(1, 2) print(const char *format, ...)
{
	char line[256];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_v(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (output)
		output(line, MIN(length, sizeof(line) - 1));
}

static void print_address(uint32_t address)
{
	uint32_t offset;
	const char *name = symbol_find(address, &offset);

	if (name)
		print("  %08x %s+0x%x\n", address, name, offset);
	else
		print("  %08x\n", address);
}

/* Before the first CPU is announced there is only the boot stack, in the image. */
static const struct cpu_pages *pages_of(unsigned id)
{
	return cpu_count() ? cpu_by_id(id)->pages : NULL;
}

/* In the Switcher ebp may be a guest's value, so it is followed on this CPU's stacks only. */
static bool is_on_stack(const struct cpu_pages *pages, uint32_t ebp)
{
	uint32_t begin = pages ? (uint32_t)pages->stack : DIRECT_MAP;
	uint32_t end = pages ? (uint32_t)(pages + 1) : DIRECT_MAP + DIRECT_MAP_SIZE;

	return ebp >= begin && ebp <= end - 2 * sizeof(uint32_t) && ebp % sizeof(uint32_t) == 0;
}

/* The compiler's stack frames: the caller's ebp, then the return address. */
static void print_backtrace(const struct cpu_pages *pages, uint32_t eip, uint32_t ebp)
{
	print("backtrace:\n");
	print_address(eip);
	for (int depth = 0; depth < BACKTRACE_DEPTH && is_on_stack(pages, ebp); depth++) {
		const uint32_t *frame = (const uint32_t *)ebp;

		if (frame[1] == 0)
			break;
		print_address(frame[1]);
		if (frame[0] <= ebp)
			break;
		ebp = frame[0];
	}
}

static void print_registers(const struct trap_frame *f)
{
	print("vector %u error %08x eip %08x cs %04x eflags %08x\n", f->vector, f->error, f->eip,
	      f->cs & 0xFFFF, f->eflags);
	print("eax %08x ebx %08x ecx %08x edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
	print("esi %08x edi %08x ebp %08x\n", f->esi, f->edi, f->ebp);
}

/* --- the other CPUs ----------------------------------------------------------------- */

static unsigned here(void)
{
	return cpu_count() ? this_cpu()->id : 0;
}

static bool all_stopped(void)
{
	for (unsigned id = 0; id < cpu_count(); id++)
		if (id != panicking_cpu && !cpu_by_id(id)->is_stopped)
			return false;
	return true;
}

/* A local APIC command that the panic interrupted is lost, which does no harm: Umbra ends. */
static void stop_others(void)
{
	struct time_limit limit = time_limit(STOP_NS);

	if (cpu_count() < 2)
		return;
	for (unsigned id = 0; id < cpu_count(); id++)
		if (id != panicking_cpu)
			(void)lapic_send_nmi(cpu_by_id(id)->apic_id);
	while (!all_stopped() && !time_limit_is_over(&limit))
		cpu_pause();
}

void panic_stop(uint32_t eip, uint32_t cs, uint32_t ebp)
{
	struct cpu *cpu = this_cpu();

	if (cpu->id == panicking_cpu)
		return;
	cpu->stop_eip = eip;
	cpu->stop_cs = cs;
	cpu->stop_ebp = ebp;
	compiler_barrier();
	cpu->is_stopped = true;
	cpu_halt_forever();
}

static void print_cpus(void)
{
	for (unsigned id = 0; id < cpu_count(); id++) {
		const struct cpu *cpu = cpu_by_id(id);

		print("cpu%u ran %s\n", id, cpu->running ? cpu->running : "no guest");
		if (id == panicking_cpu)
			continue;
		if (!cpu->is_stopped)
			print("  it does not answer\n");
		else if ((cpu->stop_cs & SELECTOR_RPL) != 0)
			print("  in the guest, eip %08x cs %04x\n", cpu->stop_eip,
			      cpu->stop_cs & 0xFFFF);
		else
			print_backtrace(cpu->pages, cpu->stop_eip, cpu->stop_ebp);
	}
}

/* --- for a debugger ------------------------------------------------------------------- */

/*
 * Of a CPU that trapped everything is known: no ring changed, so its stack pointer was where the
 * frame ends.  Else what the caller of panic() will go on with: the frame pointer that was pushed,
 * and the stack behind the return address.
 */
static void note_state(const struct trap_frame *frame, uint32_t eip, uint32_t ebp)
{
	const uint32_t *pushed = (const uint32_t *)ebp;

	state = (struct panic_state){ .eip = eip, .ebp = ebp, .esp = ebp };
	if (!frame && is_on_stack(pages_of(here()), ebp) && pushed[1] == eip) {
		state.ebp = pushed[0];
		state.esp = ebp + 2 * sizeof(uint32_t);
	}
	if (frame) {
		state.has_all = true;
		state.frame = *frame;
		state.esp = frame->vector == VECTOR_DF ? frame->esp : (uint32_t)&frame->esp;
	}
}

unsigned panic_cpu(void)
{
	return panicking_cpu;
}

bool panic_state_of(unsigned id, struct panic_state *result)
{
	const struct cpu *cpu = cpu_by_id(id);

	if (id == panicking_cpu) {
		*result = state;
		return true;
	}
	if (!cpu || !cpu->is_stopped)
		return false;
	*result = (struct panic_state){
		.eip = cpu->stop_eip, .ebp = cpu->stop_ebp, .esp = cpu->stop_ebp,
	};
	return true;
}

/* --- the end -------------------------------------------------------------------------- */

/* Only one CPU reports, and only once: a fault during its report must not start another report. */
static void be_the_first(void)
{
	uint32_t nobody = NOBODY;

	if (!__atomic_compare_exchange_n(&panicking_cpu, &nobody, here(), false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		cpu_halt_forever();
}

static void __noreturn finish(const struct trap_frame *frame, uint32_t eip, uint32_t ebp,
			      const char *format, va_list arguments)
{
	char reason[160];

	interrupts_off();
	be_the_first();
	note_state(frame, eip, ebp);
	stop_others();

	format_text_v(reason, sizeof(reason), format, arguments);
	print("\nevent=panic cause=\"%s\"\n", reason);
	if (frame)
		print_registers(frame);
	print("cr0 %08x cr2 %08x cr3 %08x cr4 %08x\n", read_cr0(), read_cr2(), read_cr3(),
	      read_cr4());
	print_backtrace(pages_of(here()), eip, ebp);
	print_cpus();
	if (more && output)
		more(output);
	if (final_action)
		final_action();
	cpu_halt_forever();
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	finish(NULL, (uint32_t)__builtin_return_address(0), (uint32_t)__builtin_frame_address(0),
	       format, arguments);
}

void panic_at(uint32_t eip, uint32_t ebp, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	finish(NULL, eip, ebp, format, arguments);
}

bool panic_has_begun(void)
{
	return READ_ONCE(panicking_cpu) != NOBODY;
}

void panic_with_frame(const struct trap_frame *frame, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	finish(frame, frame->eip, frame->ebp, format, arguments);
}
