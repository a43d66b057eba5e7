// SPDX-License-Identifier: GPL-2.0-only
/*
 * `dump` reads a guest's memory through its own tables, or by guest-physical address; `walk` tells
 * what those tables and the shadow tables say of an address.  For both the guest's window is loaded
 * in place of that of the guest which runs on this CPU, and then that one again.
 */
#include "hv/console/command_look.h"

#include "hv/config/config_line.h"
#include "hv/console/answer.h"
#include "hv/guest/guest_cpu.h"
#include "lib/format.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mm/guest_memory.h"
#include "mm/shadow_view.h"

#define DUMP_DEFAULT 128u
#define DUMP_MOST 1024u		/* what is read is read with interrupts off */
#define ROW 16u

/* Where a dump starts, and how much it shows. */
struct range {
	uint32_t address;
	uint32_t bytes;
	bool is_physical;
};

/*
 * Until a guest is started its frames hold what their last owner left, and afterwards they are
 * given away.
 */
static bool has_memory(const struct guest *guest)
{
	if (guest->state == GUEST_RUNNING || guest->state == GUEST_HALTED ||
	    guest->state == GUEST_PARKED)
		return true;
	answer_print("guest '%s' does not run, so its memory cannot be looked at\n", guest->name);
	return false;
}

/* --- dump ------------------------------------------------------------------------------- */

static bool parse_range(const char *words, struct range *range)
{
	static const char physical[] = "phys:";
	struct config_word word;
	const char *address, *at = config_next_word(words, &word);

	range->is_physical = strncmp(word.text, physical, sizeof(physical) - 1) == 0;
	address = word.text + (range->is_physical ? sizeof(physical) - 1 : 0);
	if (!parse_address(address, &range->address)) {
		answer_print("%s: an address is hexadecimal digits, with phys: in front for a "
			     "guest-physical one\n", word.text);
		return false;
	}
	range->bytes = DUMP_DEFAULT;
	at = config_next_word(at, &word);
	if (at && (!parse_u32(word.text, &range->bytes) || range->bytes < 1 ||
		   range->bytes > DUMP_MOST || config_next_word(at, &word))) {
		answer_print("behind the address comes a number of bytes, 1 to %u\n", DUMP_MOST);
		return false;
	}
	if (range->bytes - 1 > UINT32_MAX - range->address) {
		answer_print("addresses end at ffffffff\n");
		return false;
	}
	return true;
}

/* One byte, by the guest's tables if need be.  False, with the reason, when there is none. */
static bool read_byte(struct guest *guest, const struct range *range, uint32_t address,
		      uint8_t *byte, const char **why)
{
	struct page_view view;
	uint32_t physical = address;

	if (!range->is_physical) {
		shadow_view_page(&guest->shadow, gva_make(address), &view);
		*why = view.is_umbras ? "Umbra's" : "not mapped";
		if (!view.has_frame)
			return false;
		physical = (uint32_t)(view.entry & PTE_FRAME) | (address & ~PAGE_MASK);
	}
	*why = "no memory";
	return guest_read_u8(&guest->memory, gpa_make(physical), byte);
}

/* One row: up to ROW bytes, as hexadecimal numbers and as text. */
static void dump_row(struct guest *guest, const struct range *range, uint32_t address,
		     uint32_t count)
{
	char numbers[3 * ROW + 1] = "", text[ROW + 1] = "";
	const char *why;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t byte;

		if (!read_byte(guest, range, address + i, &byte, &why)) {
			answer_print("%08x  %s%s\n", address, numbers, why);
			return;
		}
		format_text(numbers + 3 * i, sizeof(numbers) - 3 * i, "%02x ", byte);
		text[i] = byte >= ' ' && byte <= '~' ? (char)byte : '.';
	}
	answer_print("%08x  %-48s %s\n", address, numbers, text);
}

static void dump(struct guest *guest, const struct range *range)
{
	for (uint32_t done = 0; done < range->bytes; done += ROW)
		dump_row(guest, range, range->address + done, MIN(range->bytes - done, ROW));
}

void command_dump(struct guest *guest, const char *words)
{
	struct guest_memory *loaded = guest_window_of_cpu();
	struct range range;

	if (!has_memory(guest) || !parse_range(words, &range))
		return;
	guest_window_load(&guest->memory);
	dump(guest, &range);
	guest_window_load(loaded);
}

/* --- walk ------------------------------------------------------------------------------- */

static void print_permissions(uint64_t entry)
{
	answer_print("%s, %s%s%s%s", entry & PTE_W ? "writable" : "read-only",
		     entry & PTE_U ? "for programs too" : "for the kernel",
		     entry & PTE_NX ? ", not executable" : "",
		     entry & PTE_A ? ", accessed" : "", entry & PTE_D ? ", dirty" : "");
}

static void show_guest(const struct page_view *view)
{
	if (view->is_bad) {
		answer_print("above: %08llx, which no guest may have\n", view->above);
		return;
	}
	if (!(view->above & PTE_P)) {
		answer_print("above: not present, so an access faults\n");
		return;
	}
	answer_print("above: ");
	print_permissions(view->above & ~(uint64_t)(PTE_A | PTE_D));
	answer_print("\nentry: %08llx", view->entry);
	if (!(view->entry & PTE_P)) {
		answer_print(", not present, so an access faults\n");
		return;
	}
	answer_print(", ");
	print_permissions(view->entry);
	if (view->has_frame)
		answer_print("\nframe: %08llx of the machine\n", view->frame);
	else
		answer_print("\nframe: none, the page is outside the guest's memory\n");
}

static void show_shadow(const struct page_view *view)
{
	answer_print("shadow: ");
	if (!view->has_leaf)
		answer_print("no table; the next access makes one\n");
	else if (view->shadow_entry == 0)
		answer_print("not filled; the next access fills it, or is the guest's fault\n");
	else
		answer_print("%08llx%s%s\n", view->shadow_entry,
			     view->shadow_entry & PTE_W ? ", writable" : ", read-only",
			     view->is_awake ? "" : "; its table is read again at the next access");
}

void command_walk(struct guest *guest, const char *words)
{
	struct guest_memory *loaded = guest_window_of_cpu();
	struct page_view view;
	uint32_t address;

	if (!has_memory(guest))
		return;
	if (!parse_address(words, &address)) {
		answer_print("%s: an address is hexadecimal digits\n", words);
		return;
	}
	guest_window_load(&guest->memory);
	shadow_view_page(&guest->shadow, gva_make(address), &view);
	guest_window_load(loaded);
	answer_print("%08x, by the tables at %08x (%s)\n", address, view.root, view.format);
	if (view.is_umbras) {
		answer_print("the address is Umbra's; no guest has anything there\n");
		return;
	}
	show_guest(&view);
	show_shadow(&view);
}

/* --- segments --------------------------------------------------------------------------- */

static void show_segment(const struct guest *guest, const char *name, uint32_t selector)
{
	uint64_t descriptor;
	uint32_t index = (selector & 0xFFFF) >> 3, limit;

	if (selector & SELECTOR_TI || index >= GDT_ENTRIES)
		return;
	descriptor = guest->gdt[index];
	/* Intel SDM vol. 3, figure 3-8. */
	limit = (uint32_t)(descriptor & 0xFFFF) | (uint32_t)(descriptor >> 32 & 0xF0000);
	if (descriptor >> 55 & 1)
		limit = limit << 12 | 0xFFF;
	answer_print("%s %04x: base %08x limit %08x type %x%s%s\n", name, selector & 0xFFFF,
		     (uint32_t)(descriptor >> 16 & 0xFFFFFF) |
		     (uint32_t)(descriptor >> 32 & 0xFF000000), limit,
		     (uint32_t)(descriptor >> 40 & 0xF), descriptor >> 54 & 1 ? "" : ", 16 bits",
		     descriptor >> 47 & 1 ? "" : ", not present");
}

void command_show_segments(const struct guest *guest)
{
	const struct trap_frame *f = &guest->registers->frame;
	const struct {
		const char *name;
		uint32_t selector;
	} segments[] = {
		{ "cs", f->cs }, { "ss", f->ss }, { "ds", f->ds }, { "es", f->es }, { "fs", f->fs },
		{ "gs", f->gs },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(segments); i++)
		show_segment(guest, segments[i].name, segments[i].selector);
}
