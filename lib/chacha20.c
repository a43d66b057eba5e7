// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ChaCha20 block function (RFC 8439): ten double rounds over a state of sixteen words.
 */
#include "lib/chacha20.h"

#include "lib/bytes.h"
#include "lib/string.h"

#define WORDS 16
#define DOUBLE_ROUNDS 10

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* RFC 8439, 2.1. */
static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

/* A round over the columns, then one over the diagonals. */
static void double_round(uint32_t x[WORDS])
{
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
			      &x[12 + (i + 3) % 4]);
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
		    const uint8_t nonce[CHACHA20_NONCE_SIZE], uint8_t block[CHACHA20_BLOCK_SIZE])
{
	/* "expand 32-byte k", little-endian. */
	uint32_t start[WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t x[WORDS];

	for (unsigned i = 0; i < 8; i++)
		start[4 + i] = load_le32(key + 4 * i);
	start[12] = counter;
	for (unsigned i = 0; i < 3; i++)
		start[13 + i] = load_le32(nonce + 4 * i);
	memcpy(x, start, sizeof(x));
	for (unsigned i = 0; i < DOUBLE_ROUNDS; i++)
		double_round(x);
	for (unsigned i = 0; i < WORDS; i++)
		store_le32(block + 4 * i, x[i] + start[i]);
	memory_wipe(start, sizeof(start));
	memory_wipe(x, sizeof(x));
}
