/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ChaCha20 block function (RFC 8439, 2.3), on which random numbers rest.
 * No state.  Its time does not depend on key or input.
 */
#ifndef UMBRA_LIB_CHACHA20_H
#define UMBRA_LIB_CHACHA20_H

#include <stdint.h>

#define CHACHA20_KEY_SIZE 32
#define CHACHA20_NONCE_SIZE 12u
#define CHACHA20_BLOCK_SIZE 64

/*
 * Writes block number counter of the key stream to block.  Leaves nothing of the key on the stack.
 */
void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
		    const uint8_t nonce[CHACHA20_NONCE_SIZE], uint8_t block[CHACHA20_BLOCK_SIZE]);

#endif
