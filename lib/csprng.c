// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes random bytes with ChaCha20, and replaces the key at each call ("fast key erasure").
 */
#include "lib/csprng.h"

#include "lib/compiler.h"
#include "lib/string.h"

/*
 * The counter says what a block is for, so that none is used twice: output has
 * nonce 0 and counts from 0, which stays below this; seeds are in the nonce.
 */
#define COUNTER_MIX 0x80000000u

/* Mixes a piece in as the nonce.  Its length goes in too: a longer piece may end in zeroes. */
static void mix_piece(struct csprng *generator, const uint8_t *piece, size_t length)
{
	uint8_t nonce[CHACHA20_NONCE_SIZE] = { 0 };
	uint8_t block[CHACHA20_BLOCK_SIZE];

	memcpy(nonce, piece, length);
	chacha20_block(generator->key, COUNTER_MIX | (uint32_t)length, nonce, block);
	memcpy(generator->key, block, sizeof(generator->key));
	memory_wipe(nonce, sizeof(nonce));
	memory_wipe(block, sizeof(block));
}

void csprng_mix(struct csprng *generator, const void *seed, size_t size)
{
	const uint8_t *bytes = seed;

	while (size > 0) {
		size_t length = MIN(size, CHACHA20_NONCE_SIZE);

		mix_piece(generator, bytes, length);
		bytes += length;
		size -= length;
	}
}

void csprng_fill(struct csprng *generator, void *bytes, size_t size)
{
	static const uint8_t nonce[CHACHA20_NONCE_SIZE];
	uint8_t key[CHACHA20_KEY_SIZE];
	uint8_t block[CHACHA20_BLOCK_SIZE];
	uint8_t *to = bytes;
	size_t from = sizeof(key);	/* the first bytes are the next key */

	memcpy(key, generator->key, sizeof(key));
	chacha20_block(key, 0, nonce, block);
	memcpy(generator->key, block, sizeof(key));
	for (uint32_t counter = 1; size > 0; counter++) {
		size_t length = MIN(size, sizeof(block) - from);

		memcpy(to, block + from, length);
		to += length;
		size -= length;
		from = 0;
		if (size > 0)
			chacha20_block(key, counter, nonce, block);
	}
	memory_wipe(key, sizeof(key));
	memory_wipe(block, sizeof(block));
}

void csprng_wipe(struct csprng *generator)
{
	memory_wipe(generator, sizeof(*generator));
}
