/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random bytes from the virtio entropy device, on either transport.
 */
#ifndef UMBRA_GUEST_RUNTIME_ENTROPY_H
#define UMBRA_GUEST_RUNTIME_ENTROPY_H

#include <stdbool.h>
#include <stdint.h>

/* Find the device and start it, afresh each time. False when there is none. */
bool entropy_start(void);

/* Fill size bytes; waits, with interrupts on meanwhile, for as long as the device takes. */
void entropy_read(void *bytes, uint32_t size);

struct virtqueue_buffer;

/*
 * One request of count buffers (at most 16, anywhere in memory) that the device
 * may write to; returns how many bytes it says that it wrote.
 */
uint32_t entropy_request(const struct virtqueue_buffer *buffers, unsigned int count);

#endif
