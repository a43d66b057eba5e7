// SPDX-License-Identifier: GPL-2.0-only
/* What a frame has beside its payload. */
#include "lib/trace_frame.h"

#include "lib/crc32.h"

void trace_frame_seal(struct trace_frame *frame, enum trace_frame_type type, uint8_t sequence)
{
	uint32_t crc;

	frame->magic[0] = TRACE_FRAME_MAGIC_0;
	frame->magic[1] = TRACE_FRAME_MAGIC_1;
	frame->type = (uint8_t)type;
	frame->sequence = sequence;
	crc = crc32(0, &frame->type, 2);
	frame->crc = crc32(crc, frame->payload.bytes, sizeof(frame->payload.bytes));
}
