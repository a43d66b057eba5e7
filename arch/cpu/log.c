// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats the lines of the log and hands them to the sink.  Lines written before a sink is set are
 * kept in a buffer.
 */
#include "arch/cpu/log.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/time.h"
#include "lib/div64.h"
#include "lib/format.h"
#include "lib/string.h"

#include <stdarg.h>

#define LINE_SIZE 512u
#define EARLY_SIZE 8192

static struct spinlock lock = SPINLOCK(LOCK_LOG);
static enum log_level threshold = LOG_INFO;
static void (*sink)(const char *text, size_t length);
static char early[EARLY_SIZE];
static size_t early_length;

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_set_sink(void (*write)(const char *text, size_t length))
{
	sink = write;
	write(early, early_length);
	early_length = 0;
}

static void emit(const char *line, size_t length)
{
	if (sink) {
		sink(line, length);
		return;
	}
	spin_lock(&lock);
	length = MIN(length, EARLY_SIZE - early_length);
	memcpy(early + early_length, line, length);
	early_length += length;
	spin_unlock(&lock);
}

/* Ends line with a newline, cutting it if need be; returns its length. */
static size_t finish_line(char *line, size_t length)
{
	length = MIN(length, LINE_SIZE - 2);
	line[length++] = '\n';
	return length;
}

static void now(uint32_t *seconds, uint32_t *microseconds)
{
	uint32_t remainder;

	*seconds = (uint32_t)div_u64_u32(time_ns(), 1000000000u, &remainder);
	*microseconds = remainder / 1000;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	char line[LINE_SIZE];
	uint32_t seconds, microseconds;
	va_list arguments;
	size_t length;

	if (level > threshold)
		return;
	now(&seconds, &microseconds);
	length = format_text(line, LINE_SIZE, "[%5u.%06u] cpu%u %s: ", seconds, microseconds,
			     cpu_by_id(0) ? this_cpu()->id : 0, subsystem);
	va_start(arguments, format);
	length += format_text_v(line + length, LINE_SIZE - length, format, arguments);
	va_end(arguments);
	emit(line, finish_line(line, length));
}

void log_event(const char *name, const char *format, ...)
{
	char line[LINE_SIZE];
	uint32_t seconds, microseconds;
	va_list arguments;
	size_t length;

	now(&seconds, &microseconds);
	length = format_text(line, LINE_SIZE, *format ? "event=%s " : "event=%s", name);
	va_start(arguments, format);
	length += format_text_v(line + length, LINE_SIZE - length, format, arguments);
	va_end(arguments);
	length = MIN(length, LINE_SIZE - 32);
	length += format_text(line + length, LINE_SIZE - length, " at=%u.%06u", seconds,
			      microseconds);
	emit(line, finish_line(line, length));
}
