// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of both instruction decoders: the input is what stands at a guest's
 * eip.  However much of it can be read, the decoders stay inside it; they ask
 * for more until they know, and then more bytes change nothing.
 */
#include "hv/emulate/decode.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What either decoder said, as far as it can be compared. */
struct answer {
	enum decode_status status;
	unsigned length;
	unsigned width;
};

typedef struct answer decoder(const uint8_t *bytes, size_t available);

static struct answer ask_privileged(const uint8_t *bytes, size_t available)
{
	struct decoded decoded;
	struct answer answer = { .status = decode_privileged(bytes, available, &decoded) };

	if (answer.status != DECODE_DONE)
		return answer;
	REQUIRE((unsigned)decoded.op < OP_COUNT && decoded.gpr <= 7);
	answer.length = decoded.length;
	answer.width = decoded.width;
	return answer;
}

static struct answer ask_move(const uint8_t *bytes, size_t available)
{
	struct decoded_move move;
	struct answer answer = { .status = decode_move(bytes, available, &move) };

	if (answer.status != DECODE_DONE)
		return answer;
	REQUIRE(move.width == 1 || move.width == 2 || move.width == 4);
	REQUIRE(move.reg_width >= move.width && move.reg_width <= 4 && move.reg <= 7);
	REQUIRE(move.write || !move.immediate);
	answer.length = move.length;
	answer.width = move.width;
	return answer;
}

static void check(decoder *ask, const uint8_t *data, size_t size)
{
	struct answer last = { .status = DECODE_MORE };

	for (size_t available = 0; available <= size; available++) {
		uint8_t *copy = malloc(available + 1);
		struct answer now;

		if (!copy)
			abort();
		/* Ends where the allocation ends, so that the sanitizer sees one byte too many. */
		memcpy(copy + 1, data, available);
		now = ask(copy + 1, available);
		free(copy);
		if (last.status != DECODE_MORE)
			REQUIRE(now.status == last.status && now.length == last.length &&
				now.width == last.width);
		if (now.status == DECODE_DONE)
			REQUIRE(now.length >= 1 && now.length <= available &&
				now.length <= DECODE_MAX_LENGTH);
		if (available >= DECODE_MAX_LENGTH)
			REQUIRE(now.status != DECODE_MORE);
		last = now;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t looked_at = size < DECODE_MAX_LENGTH + 1 ? size : DECODE_MAX_LENGTH + 1;

	check(ask_privileged, data, looked_at);
	check(ask_move, data, looked_at);
	return 0;
}
