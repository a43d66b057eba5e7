// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the words of each kind of record are (lib/trace_record.h), in text.  Times are those of the
 * log, in nanoseconds; what something took, too.
 */
#include "hv/trace/trace_text.h"

#include "arch/cpu/exception_names.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/symbols.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/hypercall/hypercall.h"
#include "hv/trace/trace_time.h"
#include "lib/div64.h"
#include "lib/format.h"

#define LAST 16u		/* records of each CPU that a panic prints */

struct line {
	char *text;
	size_t length;
};

static void __printf(2, 3) add(struct line *line, const char *format, ...)
{
	size_t room = TRACE_TEXT_SIZE - line->length;
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_v(line->text + line->length, room, format, arguments);
	va_end(arguments);
	line->length += MIN(length, room - 1);
}

static void add_vector(struct line *line, uint32_t vector)
{
	uint32_t plain = vector % VECTOR_COUNT;

	if (plain == LGUEST_HYPERCALL_VECTOR)
		add(line, "hypercall");
	else if (plain < VECTOR_EXCEPTIONS)
		add(line, "%s", exception_name(plain));
	else
		add(line, "vector %u", plain);
	if (vector & VECTOR_BAD_IRET)
		add(line, " at its iret");
	if (vector & VECTOR_IN_VM86)
		add(line, " in virtual-8086 mode");
}

static void add_function(struct line *line, uint32_t address)
{
	uint32_t offset;
	const char *name = symbol_find(address, &offset);

	if (name)
		add(line, " in %s", name);
}

static void add_exit(struct line *line, const uint32_t *words)
{
	add(line, "exit ");
	add_vector(line, words[0]);
	if (words[0] == LGUEST_HYPERCALL_VECTOR)
		add(line, " %s", hypercall_name(words[2]));
	add(line, ", eip %08x cs %04x", words[1], words[4]);
	if (words[3])
		add(line, ", took %u ns", trace_ticks_ns(words[3]));
	else
		add(line, ", not handled yet");
}

static void add_fault(struct line *line, const uint32_t *words)
{
	static const char *const done[] = {
		[TRACE_FAULT_FILLED] = "filled", [TRACE_FAULT_GUESTS] = "the guest's own",
		[TRACE_FAULT_DEVICE] = "a device's", [TRACE_FAULT_END] = "ended the guest",
		[TRACE_FAULT_REPEATED] = "to be repeated",
	};

	add(line, "fault at %08x, error %x, eip %08x: %s", words[0], words[1], words[2],
	    words[3] < ARRAY_SIZE(done) ? done[words[3]] : "?");
}

static void add_sample(struct line *line, const uint32_t *words)
{
	switch ((enum trace_sample)(words[2] >> 16)) {
	case TRACE_SAMPLE_GUEST:
		add(line, "sample: in the guest, eip %08x cs %04x", words[0], words[1]);
		break;
	case TRACE_SAMPLE_EXIT:
		add(line, "sample: in Umbra, for ");
		add_vector(line, words[3]);
		if (words[3] == LGUEST_HYPERCALL_VECTOR)
			add(line, " %s", hypercall_name(words[4]));
		break;
	case TRACE_SAMPLE_LOOP:
		add(line, "sample: in Umbra, between turns");
		break;
	case TRACE_SAMPLE_CODE:
		add(line, "sample: in Umbra, eip %08x", words[0]);
		add_function(line, words[0]);
		break;
	case TRACE_SAMPLE_IDLE:
		add(line, "sample: asleep");
		break;
	}
}

static void add_words(struct line *line, const struct trace_record *record)
{
	const uint32_t *words = record->words;

	switch ((enum trace_kind)record->kind) {
	case TRACE_TURN:
		add(line, "gets the CPU");
		break;
	case TRACE_TURN_END:
		add(line, words[1] ? "makes way" : "waits or ends");
		break;
	case TRACE_IDLE:
		add(line, "slept %llu ns",
		    trace_long_ticks_ns((uint64_t)words[1] << 32 | words[0]));
		break;
	case TRACE_ENTRY:
		add(line, "entry, eip %08x cs %04x esp %08x, %u ns after the exit", words[0],
		    words[1], words[2], trace_ticks_ns(words[3]));
		break;
	case TRACE_EXIT:
		add_exit(line, words);
		break;
	case TRACE_HYPERCALL:
		add(line, "hypercall %s %08x %08x %08x %08x", hypercall_name(words[0]), words[1],
		    words[2], words[3], words[4]);
		break;
	case TRACE_FAULT:
		add_fault(line, words);
		break;
	case TRACE_SPACE:
		add(line, "address space %08x%s, %u shadow pages", words[0],
		    words[2] ? " (new)" : "", words[1]);
		break;
	case TRACE_IRQ:
		add(line, "interrupt, vector %u, took %u ns", words[0], trace_ticks_ns(words[1]));
		break;
	case TRACE_DELIVERY:
		add(line, "gets its interrupt %u, eip %08x", words[0], words[1]);
		break;
	case TRACE_REQUEST:
		add(line, "request of %.8s, queue %u head %u: %u bytes in, %u out",
		    (const char *)words, words[2] >> 16, words[2] & 0xFFFF, words[3], words[4]);
		break;
	case TRACE_LOCK:
		add(line, "waited %u ns for a lock of rank %u", trace_ticks_ns(words[1]), words[0]);
		add_function(line, words[2]);
		break;
	case TRACE_SAMPLE:
		add_sample(line, words);
		break;
	case TRACE_STACK:
		add(line, "called from %08x %08x %08x %08x %08x", words[0], words[1], words[2],
		    words[3], words[4]);
		break;
	case TRACE_KINDS:
		break;
	}
}

size_t trace_text(char text[TRACE_TEXT_SIZE], const struct trace_record *record, const char *name)
{
	struct line line = { .text = text };
	uint32_t rest;
	uint64_t seconds = div_u64_u32(trace_time_ns(record->time), 1000000000, &rest);

	add(&line, "[%5llu.%09u] cpu%u ", seconds, rest, record->cpu);
	if (record->kind == TRACE_TURN)
		add(&line, "%.15s ", (const char *)record->words);
	else if (name[0])
		add(&line, "%.15s ", name);
	else if (record->guest)
		add(&line, "guest%u ", record->guest);
	add_words(&line, record);
	return line.length;
}

void trace_print_last(void (*print)(const char *text, size_t length))
{
	static const char heading[] = "trace:\n";

	for (unsigned id = 0; id < cpu_count(); id++) {
		const struct trace_ring *ring = trace_ring_of(id);
		uint32_t count = ring ? MIN(ring->used, LAST) : 0;

		if (count > 0)
			print(heading, sizeof(heading) - 1);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t number = ring->head - count + i;
			char text[TRACE_TEXT_SIZE];

			print(text, trace_text(text,
					       &ring->records[number & (ring->size - 1)], ""));
			print("\n", 1);
		}
	}
}
