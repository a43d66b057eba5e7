/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generator of random bytes that cannot be told from true ones without its state, a ChaCha20 key.
 * It erases its key as it goes ("fast key erasure", D. J. Bernstein 2017): each call makes the next
 * key first and forgets the one it came from, so an attacker who sees the state later learns
 * nothing about earlier output.  Seeds are mixed in by the block function under the key: a seed
 * that an attacker chose does no harm, and any other helps as far as it cannot be guessed.
 *
 * Pure.  Its owner names the lock, or uses it on one CPU only.
 */
#ifndef UMBRA_LIB_CSPRNG_H
#define UMBRA_LIB_CSPRNG_H

#include "lib/chacha20.h"

#include <stddef.h>

/* All zero: a generator without a seed, whose output anybody can compute. */
struct csprng {
	uint8_t key[CHACHA20_KEY_SIZE];
};

/* Makes size bytes at seed part of the state. */
void csprng_mix(struct csprng *generator, const void *seed, size_t size);

/* Fills size bytes at bytes; at most 4 GB a call. */
void csprng_fill(struct csprng *generator, void *bytes, size_t size);

/* Forgets the key. */
void csprng_wipe(struct csprng *generator);

#endif
