// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueues, device side.  Names and layout are those of virtio 1.0,
 * 2.4; all values are little-endian.
 */
#include "drivers/virtio/virtqueue.h"

#include "lib/bytes.h"
#include "lib/checked.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/virtio_spec.h"
#if !__STDC_HOSTED__	/* tests are hosted */
#include "mm/guest_memory_inline.h"
#endif

#define CAUSE_SIZE 160

#define DESC_SIZE ((uint32_t)sizeof(struct virtq_desc))
#define AVAIL_ENTRY_SIZE 2u
#define USED_ELEM_SIZE ((uint32_t)sizeof(struct virtq_used_elem))

/* The available ring: flags, idx, then a u16 an entry; the used ring: the same with 8 bytes. */
#define RING_FLAGS 0u
#define RING_INDEX 2u
#define RING_ENTRIES 4u
/* Either ring ends in a u16 for a feature that is never offered (EVENT_IDX). */
#define RING_TAIL 2u

/* Hears of every request that is taken; NULL: nobody does.  Set by the boot CPU, read by all. */
static void (*taken)(const struct virtqueue *queue, const struct virtqueue_chain *chain);

void virtqueue_set_taken(void (*hears)(const struct virtqueue *queue,
				       const struct virtqueue_chain *chain))
{
	WRITE_ONCE(taken, hears);
}

/* A table of descriptors: that of the queue, or one that a descriptor names. */
struct table {
	gpa_t start;
	uint32_t entries;
	bool indirect;
};

static uint32_t available_bytes(uint32_t size)
{
	return RING_ENTRIES + AVAIL_ENTRY_SIZE * size + RING_TAIL;
}

static uint32_t used_bytes(uint32_t size)
{
	return RING_ENTRIES + USED_ELEM_SIZE * size + RING_TAIL;
}

/* virtqueue_start made sure that no part of the queue wraps. */
static gpa_t part_at(gpa_t part, uint32_t offset)
{
	return gpa_make(gpa_value(part) + offset);
}

void virtqueue_init(struct virtqueue *queue, const char *device, unsigned index,
		    struct guest_memory *memory, void (*broken)(void *context, const char *cause),
		    void *context)
{
	*queue = (struct virtqueue){
		.device = device,
		.index = index,
		.memory = memory,
		.broken = broken,
		.context = context,
	};
}

static bool part_fits(gpa_t part, uint32_t length, uint32_t align)
{
	gpa_t end;

	return IS_ALIGNED(gpa_value(part), align) && gpa_add(part, length, &end);
}

int virtqueue_start(struct virtqueue *queue, const struct virtqueue_place *place, bool indirect)
{
	uint32_t size = place->size;

	queue->live = false;
	if (size == 0 || size > VIRTQ_SIZE_MAX || (size & (size - 1)) != 0)
		return -E_INVAL;
	if (!part_fits(place->descriptors, size * DESC_SIZE, 16) ||
	    !part_fits(place->available, available_bytes(size), 2) ||
	    !part_fits(place->used, used_bytes(size), 4))
		return -E_INVAL;
	queue->place = *place;
	queue->indirect = indirect;
	queue->next_available = 0;
	queue->next_used = 0;
	queue->kicks_suppressed = false;
	queue->live = true;
	return 0;
}

void virtqueue_clone(struct virtqueue *queue, const struct virtqueue *from)
{
	queue->live = from->live;
	queue->indirect = from->indirect;
	queue->kicks_suppressed = from->kicks_suppressed;
	queue->place = from->place;
	queue->next_available = from->next_available;
	queue->next_used = from->next_used;
}

void virtqueue_stop(struct virtqueue *queue)
{
	queue->live = false;
}

void virtqueue_break(struct virtqueue *queue, const char *format, ...)
{
	char cause[CAUSE_SIZE];
	size_t prefix;
	va_list args;

	if (!queue->live)
		return;
	queue->live = false;
	prefix = format_text(cause, sizeof(cause), "%s queue %u: ", queue->device, queue->index);
	prefix = MIN(prefix, sizeof(cause) - 1);
	va_start(args, format);
	format_text_v(cause + prefix, sizeof(cause) - prefix, format, args);
	va_end(args);
	queue->broken(queue->context, cause);
}

/* How many requests wait to be fetched; negative when the queue is broken. */
static int count_available(struct virtqueue *queue)
{
	uint16_t index;
	uint16_t waiting;

	if (!queue->live)
		return -E_INVAL;
	if (!guest_read_u16(queue->memory, part_at(queue->place.available, RING_INDEX), &index)) {
		virtqueue_break(queue, "the available ring lies outside memory");
		return -E_INVAL;
	}
	waiting = (uint16_t)(index - queue->next_available);
	if (waiting > queue->place.size) {
		virtqueue_break(queue, "available index goes from %u to %u in a queue with room "
				"for %u", queue->next_available, index, queue->place.size);
		return -E_INVAL;
	}
	/* What the index announces is read after it; pairs with the guest's write barrier. */
	compiler_barrier();
	return waiting;
}

static bool read_descriptor(struct virtqueue *queue, const struct table *table, uint32_t index,
			    struct virtq_desc *descriptor)
{
	uint8_t raw[DESC_SIZE];

	/* start + entries * 16 does not wrap: virtqueue_start and enter_table looked. */
	if (!guest_read(queue->memory, part_at(table->start, index * DESC_SIZE), raw,
			sizeof(raw))) {
		virtqueue_break(queue, "descriptor %u lies outside memory", index);
		return false;
	}
	descriptor->addr = load_le64(raw);
	descriptor->len = load_le32(raw + 8);
	descriptor->flags = load_le16(raw + 12);
	descriptor->next = load_le16(raw + 14);
	return true;
}

/*
 * Enters the indirect table that a descriptor names; the descriptor must be the last of its chain
 * and not itself in an indirect table.
 */
static bool enter_table(struct virtqueue *queue, const struct virtq_desc *descriptor,
			struct table *table)
{
	gpa_t end;

	if (!queue->indirect) {
		virtqueue_break(queue, "an indirect descriptor, which was not agreed on");
		return false;
	}
	if (table->indirect || (descriptor->flags & VIRTQ_DESC_F_NEXT)) {
		virtqueue_break(queue, "an indirect descriptor inside a table or with a next one");
		return false;
	}
	if (descriptor->len == 0 || descriptor->len % DESC_SIZE != 0 ||
	    !gpa_from_u64(descriptor->addr, &table->start) ||
	    !gpa_add(table->start, descriptor->len, &end)) {
		virtqueue_break(queue, "an indirect table of %u bytes at 0x%llx is no whole number "
				"of descriptors below 4 GB", descriptor->len,
				(unsigned long long)descriptor->addr);
		return false;
	}
	table->entries = descriptor->len / DESC_SIZE;
	table->indirect = true;
	return true;
}

static bool add_buffer(struct virtqueue *queue, struct virtqueue_chain *chain,
		       const struct virtq_desc *descriptor)
{
	bool writable = descriptor->flags & VIRTQ_DESC_F_WRITE;
	uint32_t *total = writable ? &chain->writable : &chain->readable;
	struct virtqueue_buffer buffer = { .length = descriptor->len };
	gpa_t end;

	if (chain->count == MIN(chain->capacity, queue->place.size)) {
		virtqueue_break(queue, "a chain of more than %u descriptors", chain->count);
		return false;
	}
	if (!writable && chain->count > chain->readable_count) {
		virtqueue_break(queue, "a buffer to read comes behind one to write");
		return false;
	}
	if (!gpa_from_u64(descriptor->addr, &buffer.gpa) ||
	    !gpa_add(buffer.gpa, buffer.length, &end) ||
	    !checked_add_u32(*total, buffer.length, total)) {
		virtqueue_break(queue, "a buffer of %u bytes at 0x%llx ends, or its chain has, "
				"beyond 4 GB", descriptor->len,
				(unsigned long long)descriptor->addr);
		return false;
	}
	chain->buffers[chain->count++] = buffer;
	if (!writable)
		chain->readable_count = chain->count;
	return true;
}

/* Each round adds a buffer, whose number is bounded, or enters a table, which happens once. */
static bool walk_chain(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	struct table table = { queue->place.descriptors, queue->place.size, false };
	uint32_t index = chain->head;

	for (;;) {
		struct virtq_desc descriptor;

		if (index >= table.entries) {
			virtqueue_break(queue, "descriptor %u is none of the table's %u", index,
					table.entries);
			return false;
		}
		if (!read_descriptor(queue, &table, index, &descriptor))
			return false;
		if (descriptor.flags & VIRTQ_DESC_F_INDIRECT) {
			if (!enter_table(queue, &descriptor, &table))
				return false;
			index = 0;
			continue;
		}
		if (!add_buffer(queue, chain, &descriptor))
			return false;
		if (!(descriptor.flags & VIRTQ_DESC_F_NEXT))
			return true;
		index = descriptor.next;
	}
}

int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	void (*hears)(const struct virtqueue *queue, const struct virtqueue_chain *chain);
	int waiting = count_available(queue);
	uint32_t offset;

	if (waiting <= 0)
		return waiting;
	offset = RING_ENTRIES + queue->next_available % queue->place.size * AVAIL_ENTRY_SIZE;
	if (!guest_read_u16(queue->memory, part_at(queue->place.available, offset), &chain->head)) {
		virtqueue_break(queue, "the available ring lies outside memory");
		return -E_INVAL;
	}
	chain->count = 0;
	chain->readable_count = 0;
	chain->readable = 0;
	chain->writable = 0;
	if (!walk_chain(queue, chain))
		return -E_INVAL;
	hears = READ_ONCE(taken);
	queue->next_available++;
	if (unlikely(hears))
		hears(queue, chain);
	return 1;
}

void virtqueue_unpop(struct virtqueue *queue, unsigned count)
{
	queue->next_available = (uint16_t)(queue->next_available - count);
}

void virtqueue_push(struct virtqueue *queue, const struct virtqueue_chain *chain, uint32_t written)
{
	uint8_t entry[USED_ELEM_SIZE];
	uint32_t offset;

	if (!queue->live)
		return;
	offset = RING_ENTRIES + queue->next_used % queue->place.size * USED_ELEM_SIZE;
	store_le32(entry, chain->head);
	store_le32(entry + 4, written);
	if (!guest_write(queue->memory, part_at(queue->place.used, offset), entry, sizeof(entry))) {
		virtqueue_break(queue, "the used ring lies outside memory");
		return;
	}
	/* The entry is there before the index says so; pairs with the guest's read barrier. */
	compiler_barrier();
	queue->next_used++;
	if (!guest_write_u16(queue->memory, part_at(queue->place.used, RING_INDEX),
			     queue->next_used))
		virtqueue_break(queue, "the used ring lies outside memory");
}

struct virtqueue_position virtqueue_readable_at(const struct virtqueue_chain *chain,
						uint32_t offset)
{
	return (struct virtqueue_position){ 0, chain->readable_count, offset };
}

struct virtqueue_position virtqueue_writable_at(const struct virtqueue_chain *chain,
						uint32_t offset)
{
	return (struct virtqueue_position){ chain->readable_count, chain->count, offset };
}

/* The next piece, of at most wanted bytes, that lies in one buffer; 0 at the end. */
static uint32_t next_piece(const struct virtqueue_chain *chain, struct virtqueue_position *at,
			   uint32_t wanted, gpa_t *gpa)
{
	while (at->index < at->end) {
		const struct virtqueue_buffer *buffer = &chain->buffers[at->index];

		if (at->offset < buffer->length) {
			uint32_t piece = MIN(wanted, buffer->length - at->offset);

			*gpa = part_at(buffer->gpa, at->offset);
			at->offset += piece;
			return piece;
		}
		at->offset -= buffer->length;
		at->index++;
	}
	return 0;
}

static void break_outside(struct virtqueue *queue, gpa_t gpa)
{
	virtqueue_break(queue, "a buffer at 0x%x reaches outside memory", gpa_value(gpa));
}

uint32_t virtqueue_next_piece(struct virtqueue *queue, const struct virtqueue_chain *chain,
			      struct virtqueue_position *at, uint32_t wanted, void **where)
{
	gpa_t gpa;
	uint32_t piece = next_piece(chain, at, wanted, &gpa);

	if (piece == 0 || guest_locate(queue->memory, gpa, piece, where))
		return piece;
	break_outside(queue, gpa);
	return 0;
}

bool virtqueue_check_buffers(struct virtqueue *queue, const struct virtqueue_chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		const struct virtqueue_buffer *buffer = &chain->buffers[i];
		void *where;

		if (guest_locate(queue->memory, buffer->gpa, buffer->length, &where))
			continue;
		break_outside(queue, buffer->gpa);
		return false;
	}
	return true;
}

bool virtqueue_read(struct virtqueue *queue, const struct virtqueue_chain *chain, uint32_t offset,
		    void *to, uint32_t length)
{
	struct virtqueue_position at = virtqueue_readable_at(chain, offset);
	uint8_t *bytes = to;

	while (length > 0) {
		gpa_t gpa;
		uint32_t piece = next_piece(chain, &at, length, &gpa);

		if (piece == 0)
			return false;
		if (!guest_read(queue->memory, gpa, bytes, piece)) {
			break_outside(queue, gpa);
			return false;
		}
		bytes += piece;
		length -= piece;
	}
	return true;
}

bool virtqueue_write(struct virtqueue *queue, const struct virtqueue_chain *chain, uint32_t offset,
		     const void *from, uint32_t length)
{
	struct virtqueue_position at = virtqueue_writable_at(chain, offset);
	const uint8_t *bytes = from;

	while (length > 0) {
		gpa_t gpa;
		uint32_t piece = next_piece(chain, &at, length, &gpa);

		if (piece == 0)
			return false;
		if (!guest_write(queue->memory, gpa, bytes, piece)) {
			break_outside(queue, gpa);
			return false;
		}
		bytes += piece;
		length -= piece;
	}
	return true;
}

bool virtqueue_wants_interrupt(struct virtqueue *queue)
{
	uint16_t flags;

	if (!queue->live)
		return false;
	if (!guest_read_u16(queue->memory, part_at(queue->place.available, RING_FLAGS), &flags)) {
		virtqueue_break(queue, "the available ring lies outside memory");
		return false;
	}
	return !(flags & VIRTQ_AVAIL_F_NO_INTERRUPT);
}

bool virtqueue_has_in_flight(const struct virtqueue *queue)
{
	gpa_t available = part_at(queue->place.available, RING_INDEX);
	uint16_t index;

	if (!queue->live)
		return false;
	/* Every request is given back once, so the two counters meet. */
	return !guest_read_u16(queue->memory, available, &index) || index != queue->next_used;
}

void virtqueue_suppress_kicks(struct virtqueue *queue, bool suppress)
{
	if (!queue->live || queue->kicks_suppressed == suppress)
		return;
	queue->kicks_suppressed = suppress;
	if (!guest_write_u16(queue->memory, part_at(queue->place.used, RING_FLAGS),
			     suppress ? VIRTQ_USED_F_NO_NOTIFY : 0))
		virtqueue_break(queue, "the used ring lies outside memory");
}

uint32_t virtqueue_legacy_place(struct virtqueue_place *place, gpa_t base, uint16_t size,
				uint32_t align)
{
	uint32_t available = size * DESC_SIZE;
	uint32_t used = ALIGN_UP(available + available_bytes(size), align);

	*place = (struct virtqueue_place){
		.descriptors = base,
		.available = gpa_make(gpa_value(base) + available),
		.used = gpa_make(gpa_value(base) + used),
		.size = size,
	};
	return used + used_bytes(size);
}
