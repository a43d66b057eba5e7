// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio block devices.  The command under each tag has its place in memory: the
 * header, the status byte, and an indirect table of descriptors, which the ring's one
 * descriptor of that tag leads to (virtio 1.0, 2.4.5.3).
 */
#include "drivers/block/virtio_blk_pci.h"

#include "arch/cpu/log.h"
#include "drivers/block/disk.h"
#include "drivers/pci/pci_irq.h"
#include "drivers/pci/virtio_pci.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/virtio_spec.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"

#define FEATURE_SEG_MAX BIT64(VIRTIO_BLK_F_SEG_MAX)
#define FEATURE_RO BIT64(VIRTIO_BLK_F_RO)
#define FEATURE_BLK_SIZE BIT64(VIRTIO_BLK_F_BLK_SIZE)
#define FEATURE_FLUSH BIT64(VIRTIO_BLK_F_FLUSH)
#define FEATURE_INDIRECT BIT64(VIRTIO_F_RING_INDIRECT_DESC)
#define FEATURES (FEATURE_SEG_MAX | FEATURE_RO | FEATURE_BLK_SIZE | FEATURE_FLUSH | \
		  FEATURE_INDIRECT)

/* A device's configuration may end here, if it does not have VIRTIO_BLK_F_BLK_SIZE. */
#define CONFIG_SIZE_MIN offsetof(struct virtio_blk_config, geometry)

#define STATUS_NONE 0xFFu	/* no device answers this */
#define EXTRA_DESCRIPTORS 2u	/* the header's and the status byte's */

/* A chain must not be longer than the ring (2.4.5.3.1), so the ring is larger than tags need. */
#define RING_MAX 256u
#define RING_MIN 8u
#define MEMORY_END (1ull << 52)	/* what page tables can hold; the device reaches all there is */
#define BYTES_MAX (4u << 20)

struct virtq_avail {
	uint16_t flags, idx;
	uint16_t ring[RING_MAX];
};

struct virtq_used {
	uint16_t flags, idx;
	struct virtq_used_elem ring[RING_MAX];
};

struct tag_memory {
	struct virtio_blk_req header;
	uint8_t status;
	struct virtq_desc table[DISK_FRAGMENTS_MAX + EXTRA_DESCRIPTORS] __aligned(16);
};

/* The memory that the device accesses; all of it low. */
struct queue_memory {
	struct virtq_desc descriptors[RING_MAX] __aligned(16);
	struct virtq_avail avail;
	struct virtq_used used __aligned(4);
	struct tag_memory tags[DISK_TAGS_MAX];
};

_Static_assert(RING_MAX <= DISK_FRAGMENTS_MAX + EXTRA_DESCRIPTORS,
	       "the tables have room for a chain");

#define QUEUE_PAGES ((sizeof(struct queue_memory) + PAGE_SIZE - 1) / PAGE_SIZE)

struct virtio_disk {
	struct disk_port port;
	struct disk disk;
	struct virtio_pci virtio;
	uint64_t features;
	struct queue_memory *memory;
	uint64_t memory_address;	/* physical; it is in one piece */
	volatile uint16_t *notify;
	uint16_t ring_size;		/* a power of two, RING_MIN to RING_MAX */
	uint16_t used_seen;
	bool messages;			/* interrupts are MSI-X */
};

static struct virtio_disk *disk_of(struct disk_port *port)
{
	return container_of(port, struct virtio_disk, port);
}

/* Of a place in the queue's memory. */
static uint64_t address_of(const struct virtio_disk *disk, const void *place)
{
	return disk->memory_address + (uint32_t)((const uint8_t *)place -
						  (const uint8_t *)disk->memory);
}

/* --- commands --------------------------------------------------------------------------- */

static void add_descriptor(struct tag_memory *memory, unsigned index, uint64_t address,
			   uint32_t length, unsigned flags)
{
	memory->table[index] = (struct virtq_desc){
		.addr = address, .len = length, .flags = (uint16_t)flags,
		.next = (uint16_t)(flags & VIRTQ_DESC_F_NEXT ? index + 1 : 0),
	};
}

/* Returns how many descriptors there are. */
static unsigned fill_table(const struct virtio_disk *disk, struct tag_memory *memory,
			   const struct disk_command *command)
{
	unsigned data = VIRTQ_DESC_F_NEXT, count = 0;

	if (command->operation == BLOCK_READ)
		data |= VIRTQ_DESC_F_WRITE;
	add_descriptor(memory, count++, address_of(disk, &memory->header), sizeof(memory->header),
		       VIRTQ_DESC_F_NEXT);
	for (unsigned i = 0; i < command->count; i++)
		add_descriptor(memory, count++, command->fragments[i].address,
			       command->fragments[i].length, data);
	add_descriptor(memory, count++, address_of(disk, &memory->status),
		       sizeof(memory->status), VIRTQ_DESC_F_WRITE);
	return count;
}

static void fill_tag(struct tag_memory *memory, const struct disk_command *command)
{
	static const uint32_t types[] = {
		[BLOCK_READ] = VIRTIO_BLK_T_IN, [BLOCK_WRITE] = VIRTIO_BLK_T_OUT,
		[BLOCK_FLUSH] = VIRTIO_BLK_T_FLUSH,
	};

	memory->header = (struct virtio_blk_req){ .type = types[command->operation] };
	if (command->operation != BLOCK_FLUSH)
		memory->header.sector = command->sector;
	WRITE_ONCE(memory->status, STATUS_NONE);
}

/* On x86 stores become visible in order; only the compiler must keep the order. */
static void make_available(struct virtio_disk *disk, unsigned tag)
{
	struct virtq_avail *avail = &disk->memory->avail;

	avail->ring[avail->idx % disk->ring_size] = (uint16_t)tag;
	compiler_barrier();
	WRITE_ONCE(avail->idx, (uint16_t)(avail->idx + 1));
	compiler_barrier();
	*disk->notify = 0;
}

static bool virtio_start(struct disk_port *port, unsigned tag, const struct disk_command *command)
{
	struct virtio_disk *disk = disk_of(port);
	struct tag_memory *memory = &disk->memory->tags[tag];
	unsigned count;

	/* Without the feature the device has no cache that could lose anything (5.2.6.2). */
	if (command->operation == BLOCK_FLUSH && !(disk->features & FEATURE_FLUSH))
		return false;
	fill_tag(memory, command);
	count = fill_table(disk, memory, command);
	disk->memory->descriptors[tag] = (struct virtq_desc){
		.addr = address_of(disk, memory->table),
		.len = (uint32_t)(count * sizeof(struct virtq_desc)),
		.flags = VIRTQ_DESC_F_INDIRECT,
	};
	make_available(disk, tag);
	return true;
}

static void take_used(struct virtio_disk *disk)
{
	const struct virtq_used *used = &disk->memory->used;
	uint32_t tag = READ_ONCE(used->ring[disk->used_seen % disk->ring_size].id);
	uint8_t status;

	disk->used_seen++;
	if (tag >= DISK_TAGS_MAX)
		return;
	status = READ_ONCE(disk->memory->tags[tag].status);
	disk_finished(&disk->port, tag, status == VIRTIO_BLK_S_OK ? 0 : -E_IO);
}

static void virtio_poll(struct disk_port *port)
{
	struct virtio_disk *disk = disk_of(port);
	uint16_t index = READ_ONCE(disk->memory->used.idx);

	compiler_barrier();
	/* A device cannot have finished more requests than it was given. */
	if ((uint16_t)(index - disk->used_seen) > DISK_TAGS_MAX ||
	    virtio_pci_needs_reset(&disk->virtio)) {
		disk_port_restart(port);
		return;
	}
	while (disk->used_seen != index)
		take_used(disk);
}

/* --- life --------------------------------------------------------------------------------- */

static void virtio_stop(struct disk_port *port)
{
	virtio_pci_begin_reset(&disk_of(port)->virtio);
}

static bool virtio_has_stopped(struct disk_port *port)
{
	struct virtio_disk *disk = disk_of(port);
	enum wait_result result = virtio_pci_reset_result(&disk->virtio);

	if (result == WAIT_FAILED)
		pci_change_command(disk->virtio.pci, 0, PCI_COMMAND_BUS_MASTER);
	return result != WAIT_LATER;
}

/* The largest power of two that the device and our memory have room for. */
static uint16_t ring_size(uint16_t offered)
{
	uint16_t size = RING_MAX;

	while (size > offered)
		size /= 2;
	return size;
}

/* NULL, or why the device cannot be used. */
static const char *bring_up(struct virtio_disk *disk)
{
	struct queue_memory *memory = disk->memory;
	struct virtio_pci_queue queue = {
		.descriptors = address_of(disk, memory->descriptors),
		.available = address_of(disk, &memory->avail),
		.used = address_of(disk, &memory->used),
	};
	const char *cause = virtio_pci_negotiate(&disk->virtio, FEATURES, &disk->features);

	if (cause)
		return cause;
	if (!(disk->features & FEATURE_INDIRECT))
		return "it takes no indirect descriptors";
	disk->ring_size = ring_size(virtio_pci_queue_max(&disk->virtio));
	if (disk->ring_size < RING_MIN)
		return "its queue is too small";
	queue.size = disk->ring_size;
	memset(memory, 0, sizeof(*memory));
	disk->used_seen = 0;
	disk->notify = virtio_pci_start(&disk->virtio, &queue);
	return disk->notify ? NULL : "the register that tells it of requests is out of reach";
}

static int virtio_revive(struct disk_port *port)
{
	struct virtio_disk *disk = disk_of(port);

	if (virtio_pci_reset_result(&disk->virtio) != WAIT_DONE)
		return -E_IO;
	pci_change_command(disk->virtio.pci, PCI_COMMAND_BUS_MASTER, 0);
	return bring_up(disk) ? -E_UNSUPPORTED : 0;
}

static const struct disk_port_ops virtio_ops = {
	.start = virtio_start, .poll = virtio_poll,
	.stop = virtio_stop, .has_stopped = virtio_has_stopped, .revive = virtio_revive,
};

static bool virtio_raised(void *context)
{
	struct virtio_disk *disk = context;

	/* A message has no status of its own, and needs none (4.1.4.5). */
	return (disk->messages || *disk->virtio.isr) && disk_port_interrupt(&disk->port);
}

static void virtio_silenced(void *context)
{
	struct virtio_disk *disk = context;

	disk_port_set_polled(&disk->port);
}

static const struct pci_irq_ops virtio_irq_ops = { virtio_raised, virtio_silenced };

/* --- attaching ------------------------------------------------------------------------------ */

static uint32_t read_config(const struct virtio_disk *disk, size_t offset)
{
	return *(const volatile uint32_t *)(const volatile void *)(disk->virtio.config + offset);
}

/* The capacity is two reads; it is the same before and after when the generation is. */
static uint64_t read_capacity(const struct virtio_disk *disk)
{
	const size_t at = offsetof(struct virtio_blk_config, capacity);
	uint64_t capacity;
	uint8_t generation;

	for (unsigned i = 0; i < 8; i++) {
		generation = disk->virtio.common->config_generation;
		capacity = read_config(disk, at) | (uint64_t)read_config(disk, at + 4) << 32;
		if (generation == disk->virtio.common->config_generation)
			break;
	}
	return capacity;
}

static unsigned fragments_max(const struct virtio_disk *disk)
{
	uint32_t limit = disk->ring_size - EXTRA_DESCRIPTORS;

	if (disk->features & FEATURE_SEG_MAX)
		limit = MIN(limit, read_config(disk, offsetof(struct virtio_blk_config, seg_max)));
	return MAX(limit, 1u);
}

/* The size of the disk's blocks; 0 when Umbra cannot use it. */
static uint32_t read_block_size(const struct virtio_disk *disk)
{
	uint32_t size;

	if (!(disk->features & FEATURE_BLK_SIZE))
		return BLOCK_SECTOR_SIZE;
	if (disk->virtio.config_size < sizeof(struct virtio_blk_config))
		return 0;
	size = read_config(disk, offsetof(struct virtio_blk_config, blk_size));
	return size == BLOCK_SECTOR_SIZE || size == BLOCK_LARGE_SIZE ? size : 0;
}

/* A last block that is incomplete cannot be read. */
static const char *describe(struct virtio_disk *disk)
{
	struct block_device *device = &disk->disk.device;

	device->block_size = read_block_size(disk);
	if (device->block_size == 0)
		return "its blocks have neither 512 nor 4096 bytes";
	device->sectors = read_capacity(disk);
	device->sectors &= ~((uint64_t)(device->block_size >> BLOCK_SECTOR_SHIFT) - 1);
	device->read_only = disk->features & FEATURE_RO;
	string_copy(disk->disk.model, "virtio", sizeof(disk->disk.model));
	return NULL;
}

static const char *set_up(struct virtio_disk *disk)
{
	const char *cause;

	if (disk->virtio.config_size < CONFIG_SIZE_MIN)
		return "it does not say how large it is";
	if (!virtio_pci_reset(&disk->virtio))
		return "it does not come back from a reset";
	cause = bring_up(disk);
	if (!cause)
		cause = describe(disk);
	if (cause)
		return cause;
	disk->port.ops = &virtio_ops;
	disk->port.name = disk->disk.name;
	disk->port.depth = DISK_TAGS_MAX;
	disk->port.limits = (struct disk_limits){
		.end = MEMORY_END, .alignment = 1, .bytes = BYTES_MAX,
		.fragments = fragments_max(disk),
	};
	return disk_port_init(&disk->port) == 0 ? NULL : error_words(-E_NOMEM);
}

static void refuse(const struct pci_device *device, const char *cause)
{
	log_warn("virtio", PCI_FORMAT ": the disk cannot be used: %s",
		 PCI_ARGUMENTS(device->function), cause);
	pci_change_command(device, 0, PCI_COMMAND_BUS_MASTER);
}

/*
 * A queue has to know its vector before it is enabled (4.1.4.3.2), so with messages it is made
 * anew.  NULL, or why the device refuses that; its memory is kept, since the device may still
 * access it.
 */
static const char *attach_interrupts(struct virtio_disk *disk, struct pci_device *device)
{
	if (pci_irq_attach(device, &virtio_irq_ops, disk) != 0) {
		disk_port_set_polled(&disk->port);
		return NULL;
	}
	disk->messages = device->interrupt == PCI_MSIX;
	if (!disk->messages)
		return NULL;
	if (!virtio_pci_reset(&disk->virtio) || virtio_revive(&disk->port) != 0)
		return "it does not start again after a reset";
	if (!virtio_pci_has_vector(&disk->virtio)) {
		device->interrupt = PCI_POLLED;
		disk_port_set_polled(&disk->port);
	}
	return NULL;
}

static const char *open_disk(struct virtio_disk *disk, struct pci_device *device, unsigned number)
{
	const char *cause;
	size_t run;

	disk->memory = pages_alloc(QUEUE_PAGES);
	if (!disk->memory)
		return error_words(-E_NOMEM);
	disk->memory_address = host_physical(disk->memory, &run);
	cause = virtio_pci_map(&disk->virtio, device);
	if (cause)
		return cause;
	pci_change_command(device, PCI_COMMAND_MEMORY_SPACE | PCI_COMMAND_BUS_MASTER, 0);
	format_text(disk->disk.name, sizeof(disk->disk.name), "virtio%u", number);
	return set_up(disk);
}

static int virtio_attach(struct pci_device *device)
{
	static unsigned number;
	struct virtio_disk *disk = heap_alloc(sizeof(*disk));
	const char *cause;

	if (!disk) {
		refuse(device, error_words(-E_NOMEM));
		return -E_NOMEM;
	}
	cause = open_disk(disk, device, number);
	if (cause) {
		refuse(device, cause);
		if (disk->memory)
			pages_free(disk->memory, QUEUE_PAGES);
		heap_free(disk);
		return -E_UNSUPPORTED;
	}
	cause = attach_interrupts(disk, device);
	if (cause) {
		refuse(device, cause);
		return -E_UNSUPPORTED;
	}
	number++;
	disk_add(&disk->disk, &disk->port);
	return 0;
}

static bool virtio_matches(const struct pci_device *device)
{
	return device->vendor == VIRTIO_PCI_VENDOR &&
	       (device->id == VIRTIO_PCI_DEVICE_BLOCK ||
		device->id == VIRTIO_PCI_DEVICE_MODERN + VIRTIO_ID_BLOCK);
}

const struct pci_driver virtio_blk_pci_driver = {
	"virtio-blk", virtio_matches, virtio_attach,
};
