// SPDX-License-Identifier: GPL-2.0-only
/*
 * Umbra as a process of the debugger's: its memory can be read, and its registers.  While it runs
 * it has one thread, the CPU that serves the line, and that is where its registers are taken; it
 * cannot be stopped, since nobody would serve the line then.  After a panic each CPU is a thread,
 * with what the panic kept of it.
 */
#include "arch/cpu/cpu.h"
#include "arch/cpu/descriptor.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/memory_try.h"
#include "arch/cpu/panic.h"
#include "hv/debug/debug_state.h"
#include "hv/gdb/gdb_session.h"
#include "lib/bytes.h"

#define READ_MOST (GDB_CONTENT_MAX / 2)

unsigned gdb_umbra_threads(void)
{
	return gdb.has_panicked ? cpu_count() : 1;
}

/* --- registers ---------------------------------------------------------------------------- */

static unsigned selected_cpu(void)
{
	return gdb.selected_thread == GDB_ANY ? panic_cpu() : gdb.selected_thread - 1;
}

/* Here and now, in the one place of Umbra that can be told from within. */
static void running_state(struct panic_state *state)
{
	state->has_all = false;
	state->eip = (uint32_t)__builtin_return_address(0);
	state->ebp = *(const uint32_t *)__builtin_frame_address(0);
	state->esp = (uint32_t)__builtin_frame_address(0) + 2 * sizeof(uint32_t);
}

/* Puts the register, or that it is not known. */
static void put_register(const struct panic_state *state, unsigned number)
{
	const struct trap_frame *f = &state->frame;
	const uint32_t values[DEBUG_GENERAL_COUNT] = {
		f->eax, f->ecx, f->edx, f->ebx, state->esp, state->ebp, f->esi, f->edi, state->eip,
		f->eflags, HOST_CS, HOST_DS, HOST_DS, HOST_DS, 0, 0,
	};
	bool is_known = number == DEBUG_ESP || number == DEBUG_EBP || number == DEBUG_EIP ||
			(number >= DEBUG_CS && number < DEBUG_GENERAL_COUNT - 2) ||
			(state->has_all && number < DEBUG_CS);
	uint8_t bytes[4];

	if (is_known) {
		store_le32(bytes, values[number]);
		gdb_put_hex(&gdb.reply, bytes, sizeof(bytes));
		return;
	}
	for (unsigned i = 0; i < debug_register(number)->size; i++)
		gdb_put_text(&gdb.reply, "xx");
}

static void put_registers(unsigned first, unsigned end)
{
	struct panic_state state = { .has_all = false };

	if (!gdb.has_panicked) {
		running_state(&state);
	} else if (!panic_state_of(selected_cpu(), &state)) {
		gdb_reply_error(GDB_E_PROCESS);
		return;
	}
	for (unsigned number = first; number < end; number++)
		put_register(&state, number);
}

void gdb_umbra_registers(void)
{
	put_registers(0, DEBUG_GENERAL_COUNT);
}

void gdb_umbra_register(void)
{
	if (gdb.kind < DEBUG_REGISTER_COUNT)
		put_registers(gdb.kind, gdb.kind + 1);
	else
		gdb_reply_error(GDB_E_REGISTER);
}

/* --- memory ------------------------------------------------------------------------------- */

/*
 * The direct map, without guests' memory, and the pages that guests see too.  Not the registers of
 * devices, of which some change when they are read.
 */
static bool is_readable(uint32_t address)
{
	return (address >= DIRECT_MAP && address < MMIO_WINDOW) ||
	       (address >= SWITCHER_CODE && address < SWITCHER_STATE + PAGE_SIZE);
}

void gdb_umbra_read(void)
{
	static uint8_t bytes[READ_MOST];
	uint32_t count = 0, length = MIN(gdb.length, READ_MOST);

	while (count < length && is_readable(gdb.address + count) &&
	       memory_try_read((const uint8_t *)(gdb.address + count), &bytes[count]))
		count++;
	if (count == 0 && length > 0)
		gdb_reply_error(GDB_E_MEMORY);
	else
		gdb_put_hex(&gdb.reply, bytes, count);
}

void gdb_umbra_refuse(void)
{
	gdb_reply_error(GDB_E_REQUEST);
}
