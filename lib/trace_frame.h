/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records on their way out of the machine: each in a frame that can be found in a stream of bytes
 * from any place on, and checked.  tools/trace/trace_format.py reads them.  Pure.
 */
#ifndef UMBRA_LIB_TRACE_FRAME_H
#define UMBRA_LIB_TRACE_FRAME_H

#include "lib/trace_record.h"

#include <stdint.h>

#define TRACE_FRAME_MAGIC_0 0xD7
#define TRACE_FRAME_MAGIC_1 0x54

enum trace_frame_type {
	TRACE_FRAME_CLOCK,	/* payload: struct trace_clock */
	TRACE_FRAME_RECORD,	/* struct trace_record */
	TRACE_FRAME_LOST,	/* struct trace_lost */
};

/* By two of these a reader turns ticks into the time of Umbra's log. */
struct trace_clock {
	uint32_t format;	/* TRACE_FORMAT */
	uint32_t tsc_khz;
	uint64_t tsc;		/* what it showed */
	uint64_t ns;		/* when the time was that */
	uint32_t cpus;
	uint32_t unused;
};

/* So many records of a CPU were overwritten before they could be sent. */
struct trace_lost {
	uint64_t tsc;		/* when that was noticed */
	uint32_t cpu;
	uint32_t count;
	uint32_t unused[4];
};

struct trace_frame {
	uint8_t magic[2];
	uint8_t type;		/* enum trace_frame_type */
	uint8_t sequence;	/* counts frames, so that a reader sees when one is missing */
	uint32_t crc;		/* CRC-32 of type, sequence and payload */
	union {
		struct trace_clock clock;
		struct trace_record record;
		struct trace_lost lost;
		uint8_t bytes[32];
	} payload;
};
_Static_assert(sizeof(struct trace_frame) == 40, "as it leaves the machine");

/* Completes a frame whose payload is there. */
void trace_frame_seal(struct trace_frame *frame, enum trace_frame_type type, uint8_t sequence);

#endif
