// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the virtio block device.  A request of the guest's is taken from the queue, decoded,
 * put to the disk in pieces, and answered; the guest chooses every byte of it, so it is checked as
 * a whole before any of it is done.
 */
#include "drivers/virtio/virtio_block.h"

#include "lib/bytes.h"
#include "lib/string.h"

/*
 * Buffers of data in a request.  More would fit, but drivers allocate memory for as many buffers
 * per queue entry, and their largest requests are half a megabyte in pages.
 */
#define SEG_MAX 126u

#define STATUS_SIZE 1u

/*
 * One call does this much: a byte counts 1, a request and a descriptor what it costs to look at
 * them.  A guest may queue requests for all of a disk at once, and other guests need the CPU too;
 * but a usual request should be done in one call.  While any budget is left, one more piece is
 * done.
 */
#define BUDGET (1u << 20)
#define PIECE (512u << 10)
#define REQUEST_COST 1024u
#define DESCRIPTOR_COST 128u

#define ALL_REQUESTS (BIT(VIRTIO_BLOCK_REQUESTS) - 1)
_Static_assert(VIRTIO_BLOCK_REQUESTS < 32, "a bit for each");

static void spend(uint32_t *budget, uint32_t cost)
{
	*budget -= MIN(*budget, cost);
}

static void release(struct virtio_block_request *request)
{
	struct virtio_block *block = request->block;

	request->state = VIRTIO_BLOCK_FREE;
	block->busy &= ~BIT((unsigned)(request - block->requests));
}

static void answer(struct virtio_block_request *request)
{
	struct virtio_block *block = request->block;
	const struct virtqueue_chain *chain = &request->chain;
	uint32_t end = chain->writable - STATUS_SIZE;

	release(request);
	if (!virtqueue_write(&block->queue, chain, end, &request->status, STATUS_SIZE))
		return;
	/* The length promises that everything up to there was written (virtio 1.0, 2.4.8.2). */
	virtqueue_push(&block->queue, chain,
		       request->filled == end ? chain->writable : request->filled);
	block->answered = true;
}

/* --- what the guest asks for ------------------------------------------------------- */

/*
 * Checks a request for bytes of data at `at`, from sector on, as a whole before any of it is done.
 */
static void decode_transfer(struct virtio_block_request *request, enum block_operation operation,
			    struct virtqueue_position at, uint32_t bytes)
{
	const struct block_device *disk = request->block->disk;

	if (!IS_ALIGNED(bytes, BLOCK_SECTOR_SIZE) ||
	    !block_has_range(disk, request->sector, bytes) ||
	    (operation == BLOCK_WRITE && disk->read_only)) {
		request->status = VIRTIO_BLK_S_IOERR;
		return;
	}
	request->operation = operation;
	request->at = at;
	request->left = bytes;
	request->pending = bytes > 0;
}

static void decode_flush(struct virtio_block_request *request)
{
	request->operation = BLOCK_FLUSH;
	request->pending = true;
}

static void decode_id(struct virtio_block_request *request)
{
	struct virtio_block *block = request->block;
	uint32_t length = MIN(request->chain.writable - STATUS_SIZE, VIRTIO_BLOCK_ID_SIZE);

	if (virtqueue_write(&block->queue, &request->chain, 0, block->id, length))
		request->filled = length;
}

static void decode(struct virtio_block_request *request)
{
	const struct virtqueue_chain *chain = &request->chain;
	struct virtio_blk_req header;

	request->status = VIRTIO_BLK_S_IOERR;
	request->pending = false;
	request->left = 0;
	request->filled = 0;
	if (chain->readable < sizeof(header) ||
	    !virtqueue_read(&request->block->queue, chain, 0, &header, sizeof(header)))
		return;
	request->status = VIRTIO_BLK_S_OK;
	request->sector = header.sector;
	/* Linux 2.6.32 sets BARRIER without asking, having waited for all that came before. */
	switch (header.type & ~VIRTIO_BLK_T_BARRIER) {
	case VIRTIO_BLK_T_IN:
		decode_transfer(request, BLOCK_READ, virtqueue_writable_at(chain, 0),
				chain->writable - STATUS_SIZE);
		break;
	case VIRTIO_BLK_T_OUT:
		decode_transfer(request, BLOCK_WRITE, virtqueue_readable_at(chain, sizeof(header)),
				chain->readable - (uint32_t)sizeof(header));
		break;
	case VIRTIO_BLK_T_FLUSH:
	case VIRTIO_BLK_T_FLUSH_OUT:
		decode_flush(request);
		break;
	case VIRTIO_BLK_T_GET_ID:
		decode_id(request);
		break;
	default:
		request->status = VIRTIO_BLK_S_UNSUPP;
	}
}

/* Takes the next request from the queue; false when there is none, or the queue broke. */
static bool take(struct virtio_block_request *request, uint32_t *budget)
{
	struct virtio_block *block = request->block;
	struct virtqueue *queue = &block->queue;

	if (virtqueue_pop(queue, &request->chain) <= 0)
		return false;
	if (request->chain.writable < STATUS_SIZE) {
		virtqueue_break(queue, "a request without room for its status");
		return false;
	}
	if (!virtqueue_check_buffers(queue, &request->chain))
		return false;
	spend(budget, REQUEST_COST + request->chain.count * DESCRIPTOR_COST);
	request->state = VIRTIO_BLOCK_READY;
	block->busy |= BIT((unsigned)(request - block->requests));
	decode(request);
	return true;
}

/* --- what the disk does for it -------------------------------------------------------- */

static void piece_done(struct block_request *piece, int error)
{
	struct virtio_block_request *request =
		container_of(piece, struct virtio_block_request, piece);
	struct virtio_block *block = request->block;

	uint32_t spent = piece->spent;

	request->error = error;
	/* The error is stored before `finished`; pairs with the order of reads in go_on. */
	compiler_barrier();
	WRITE_ONCE(request->finished, true);
	block->wake(block->context, spent);
}

static void take_result(struct virtio_block_request *request, int error)
{
	request->state = VIRTIO_BLOCK_READY;
	if (error) {
		request->status = VIRTIO_BLK_S_IOERR;
		request->pending = false;
	} else if (request->operation == BLOCK_READ) {
		request->filled += request->piece.length;
	}
}

/* Lists the memory of the next length bytes; false when the queue broke. */
static bool list_segments(struct virtio_block_request *request, uint32_t length)
{
	struct block_request *piece = &request->piece;

	piece->segment_count = 0;
	/* A buffer is one segment at most, so there are enough. */
	while (length > 0) {
		struct block_segment *segment = &request->segments[piece->segment_count];

		segment->length = virtqueue_next_piece(&request->block->queue, &request->chain,
						       &request->at, length, &segment->bytes);
		if (segment->length == 0)
			return false;
		length -= segment->length;
		piece->segment_count++;
	}
	return true;
}

static void submit(struct virtio_block_request *request, uint32_t *budget)
{
	struct block_device *disk = request->block->disk;
	struct block_request *piece = &request->piece;
	int error;

	piece->operation = request->operation;
	piece->sector = request->sector;
	piece->length = MIN(request->left, PIECE);
	if (!list_segments(request, piece->length)) {
		release(request);
		return;
	}
	request->sector += piece->length >> BLOCK_SECTOR_SHIFT;
	request->left -= piece->length;
	request->pending = request->left > 0;
	spend(budget, piece->length);
	request->state = VIRTIO_BLOCK_IN_FLIGHT;
	request->finished = false;
	error = disk->ops->submit(disk, piece);
	if (error != BLOCK_LATER)
		take_result(request, error);
}

/* An abandoned request keeps its place until the disk is done with it. */
static void settle_abandoned(struct virtio_block_request *request)
{
	if (READ_ONCE(request->finished))
		release(request);
}

/*
 * Continues the request as far as disk and budget allow.  Each round spends budget, or only one
 * more follows.
 */
static void go_on(struct virtio_block_request *request, uint32_t *budget)
{
	while (request->state != VIRTIO_BLOCK_FREE) {
		if (request->state == VIRTIO_BLOCK_IN_FLIGHT) {
			if (!READ_ONCE(request->finished))
				return;
			compiler_barrier();
			take_result(request, request->error);
		} else if (request->state == VIRTIO_BLOCK_ABANDONED) {
			settle_abandoned(request);
			return;
		} else if (!request->pending) {
			answer(request);
		} else if (*budget > 0) {
			submit(request, budget);
		} else {
			return;
		}
	}
}

static struct virtio_block_request *free_request(struct virtio_block *block)
{
	if (block->busy == ALL_REQUESTS)
		return NULL;
	return &block->requests[__builtin_ctz(~block->busy)];
}

static void run(struct virtio_block *block)
{
	struct virtio_block_request *request;
	uint32_t budget = BUDGET;

	block->answered = false;
	/* Only the request that is looked at becomes free meanwhile, and none becomes busy. */
	for (uint32_t left = block->busy; left != 0; left &= left - 1)
		go_on(&block->requests[__builtin_ctz(left)], &budget);
	while (budget > 0 && (request = free_request(block)) != NULL && take(request, &budget))
		go_on(request, &budget);
	block->device.more_work = budget == 0;
	if (block->answered)
		virtio_device_interrupt(&block->device, 0);
}

/* --- the device -------------------------------------------------------------------------- */

static struct virtio_block *block_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_block, device);
}

/*
 * The disk finishes the requests in flight: if a reset cancelled them, a guest that resets often
 * could delay other users of the disk.
 */
static void block_reset(struct virtio_device *device)
{
	struct virtio_block *block = block_of(device);

	for (unsigned i = 0; i < VIRTIO_BLOCK_REQUESTS; i++) {
		struct virtio_block_request *request = &block->requests[i];

		if (request->state == VIRTIO_BLOCK_IN_FLIGHT)
			request->state = VIRTIO_BLOCK_ABANDONED;
		else if (request->state == VIRTIO_BLOCK_READY)
			release(request);
	}
	device->more_work = false;
}

static bool block_is_at_rest(struct virtio_device *device)
{
	struct virtio_block *block = block_of(device);

	for (unsigned i = 0; i < VIRTIO_BLOCK_REQUESTS; i++) {
		struct virtio_block_request *request = &block->requests[i];

		if (request->state == VIRTIO_BLOCK_ABANDONED)
			settle_abandoned(request);
		if (request->state == VIRTIO_BLOCK_ABANDONED)
			return false;
	}
	return true;
}

static void block_kick(struct virtio_device *device, unsigned queue)
{
	(void)queue;
	run(block_of(device));
}

static void block_service(struct virtio_device *device)
{
	run(block_of(device));
}

static bool block_is_quiet(const struct virtio_device *device)
{
	return container_of((struct virtio_device *)(uintptr_t)device, struct virtio_block,
			    device)->busy == 0;
}

static const struct virtio_device_ops block_ops = {
	.reset = block_reset,
	.is_at_rest = block_is_at_rest,
	.kick = block_kick,
	.service = block_service,
	.is_quiet = block_is_quiet,
};

static void fill_config(struct virtio_block *block)
{
	block->config.capacity = block->disk->sectors;
	block->config.seg_max = SEG_MAX;
	block->config.blk_size = block->disk->block_size;
}

bool virtio_block_close(struct virtio_block *block)
{
	struct block_request *pieces[VIRTIO_BLOCK_REQUESTS];

	if (!block->disk->ops->cancel)
		return true;
	/*
	 * Cancels finished requests, too: another CPU may still be in `wake` for one, under a lock
	 * that cancel takes.
	 */
	for (unsigned i = 0; i < VIRTIO_BLOCK_REQUESTS; i++)
		pieces[i] = &block->requests[i].piece;
	return block->disk->ops->cancel(block->disk, pieces, VIRTIO_BLOCK_REQUESTS);
}

void virtio_block_init(struct virtio_block *block, const char *name, struct block_device *disk,
		       const char *id, void (*wake)(void *context, uint32_t spent), void *context)
{
	memset(block, 0, sizeof(*block));
	block->disk = disk;
	block->wake = wake;
	block->context = context;
	memcpy(block->id, id, strnlen(id, sizeof(block->id)));
	fill_config(block);
	block->device = (struct virtio_device){
		.name = name,
		.id = VIRTIO_ID_BLOCK,
		.ops = &block_ops,
		.offered = BIT64(VIRTIO_BLK_F_SEG_MAX) | BIT64(VIRTIO_BLK_F_BLK_SIZE) |
			   BIT64(VIRTIO_BLK_F_FLUSH) | BIT64(VIRTIO_F_RING_INDIRECT_DESC) |
			   (disk->read_only ? BIT64(VIRTIO_BLK_F_RO) : 0),
		.config = (const uint8_t *)&block->config,
		.config_size = sizeof(block->config),
		.queues = &block->queue,
		.queue_count = 1,
	};
	for (unsigned i = 0; i < VIRTIO_BLOCK_REQUESTS; i++) {
		struct virtio_block_request *request = &block->requests[i];

		request->block = block;
		request->chain.buffers = request->buffers;
		request->chain.capacity = ARRAY_SIZE(request->buffers);
		request->piece.segments = request->segments;
		request->piece.done = piece_done;
	}
}
