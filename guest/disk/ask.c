// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests one by one.
 */
#include "guest/disk/ask.h"

#include "guest/disk/pattern.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/print.h"

#include <stddef.h>

static void note(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&disk.virtio);
}

static uint8_t carry_out(enum block_type type, uint32_t sector, uint32_t length)
{
	static struct block_request request;
	const struct virtqueue_buffer buffer = {phys_of(disk_data), length};
	uint32_t head, written;

	block_offer(&disk, 0, &request, type, sector, &buffer, length > 0 ? 1 : 0);
	virtqueue_kick(&disk.queue);
	while (!virtqueue_take(&disk.queue, &head, &written)) {
		irq_wait();
		(void)irq_save();
	}
	return request.status;
}

static const char *read_number(const char *at, uint32_t *number)
{
	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (uint32_t)(*at - '0');
	return at;
}

static void ask(char kind, uint32_t sector)
{
	uint8_t status;

	if (kind == 'f') {
		print("ASK f %u\n", carry_out(BLOCK_FLUSH, 0, 0));
		return;
	}
	pattern_other(disk_data, BLOCK_SECTOR, kind == 'w' ? sector : ~sector);
	status = carry_out(kind == 'w' ? BLOCK_OUT : BLOCK_IN, sector, BLOCK_SECTOR);
	if (kind == 'v' && status == BLOCK_OK &&
	    !pattern_other_holds(disk_data, BLOCK_SECTOR, sector))
		print("ASK %c%u wrong\n", kind, sector);
	else
		print("ASK %c%u %u\n", kind, sector, status);
}

void disk_ask(const char *list)
{
	if (!disk_ready()) {
		print("ASK no disk\n");
		return;
	}
	(void)irq_save();
	irq_attach(disk.queue.config.irq, note);
	while (*list != '\0') {
		char kind = *list++;
		uint32_t sector;

		list = read_number(list, &sector);
		if (*list == ',')
			list++;
		ask(kind, sector);
	}
	print("ASK end\n");
}
