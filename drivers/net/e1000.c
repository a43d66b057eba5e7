// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel network controllers.  Sources: "8254x Family of Gigabit Ethernet Controllers
 * Software Developer's Manual" (317453), and "82574 GbE Controller Family Datasheet"
 * (318550) for what differs: those on PCI Express have to be asked before a reset, and
 * with MSI-X they tell apart what an interrupt is about.
 *
 * Legacy descriptors, one a frame.  The port negotiates speed and duplex by itself.
 */
#include "drivers/net/e1000.h"

#include "arch/cpu/log.h"
#include "arch/cpu/mmio.h"
#include "arch/cpu/wait.h"
#include "drivers/net/net_device.h"
#include "lib/bytes.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"

#define VENDOR_INTEL 0x8086
#define REGISTERS_SIZE 0x20000u

/* Registers, 317453, 13.2. */
#define CTRL 0x0000u
#define STATUS 0x0008u
#define EECD 0x0010u
#define CTRL_EXT 0x0018u
#define ICR 0x00C0u		/* interrupt causes; reading clears them */
#define IMS 0x00D0u		/* interrupts on */
#define IMC 0x00D8u		/* and off */
#define IVAR 0x00E4u		/* 82574, 10.2.4.9: which entry of MSI-X is for what */
#define RCTL 0x0100u
#define TCTL 0x0400u
#define TIPG 0x0410u
#define RDBAL 0x2800u
#define RDBAH 0x2804u
#define RDLEN 0x2808u
#define RDH 0x2810u
#define RDT 0x2818u
#define TDBAL 0x3800u
#define TDBAH 0x3804u
#define TDLEN 0x3808u
#define TDH 0x3810u
#define TDT 0x3818u
#define TXDCTL 0x3828u
#define RXCSUM 0x5000u		/* offloaded checksums of received frames */
#define MTA 0x5200u
#define MTA_WORDS 128u
#define RAL 0x5400u		/* the first address, as the EEPROM has it */
#define RAH 0x5404u

#define CTRL_GIO_MASTER_DISABLE BIT(2)	/* PCI Express only */
#define CTRL_ASDE BIT(5)	/* speed is detected */
#define CTRL_SLU BIT(6)		/* the link is to come up */
#define CTRL_RST BIT(26)
#define STATUS_LU BIT(1)
#define STATUS_GIO_MASTER_ENABLE BIT(19)
#define EECD_AUTO_RD BIT(9)	/* PCI Express only: the EEPROM has been read */
#define CTRL_EXT_DRV_LOAD BIT(28)	/* PCI Express only: firmware leaves the port alone */
#define CTRL_EXT_PBA_CLR BIT(31)	/* 82574: a message that is sent is not pending any more */

#define RCTL_EN BIT(1)
#define RCTL_UPE BIT(3)		/* unicast frames for any address */
#define RCTL_MPE BIT(4)		/* multicast frames, the same */
#define RCTL_BAM BIT(15)	/* broadcast; buffers of 2048 bytes are the default */
#define RCTL_SECRC BIT(26)	/* checksums stay out of memory; they are verified all the same */
#define TCTL_EN BIT(1)
#define TCTL_PSP BIT(3)		/* short frames are padded */
#define TCTL_CT (15u << 4)	/* collisions until it gives up */
#define TCTL_COLD (64u << 12)	/* for full duplex */
#define TIPG_COPPER (10u | 8u << 10 | 6u << 20)
#define TXDCTL_COUNT_DESC BIT(22)	/* PCI Express only; has to be set there */
#define RAH_AV BIT(31)

#define ICR_LSC BIT(2)		/* the link changed */
#define ICR_RXO BIT(6)		/* received too much */
#define ICR_RXT0 BIT(7)		/* received something */
#define ICR_RXQ0 BIT(20)	/* with MSI-X, in place of the one before */
#define ICR_OTHER BIT(24)
#define CAUSES (ICR_LSC | ICR_RXO | ICR_RXT0)
#define CAUSES_MSIX (CAUSES | ICR_RXQ0 | ICR_OTHER)
#define ALL_ONES 0xFFFFFFFFu	/* what reads return when the controller was removed */

/* Entry 0 for the first queue of either direction and for all else. */
#define IVAR_ONE (BIT(3) | BIT(11) | BIT(19))

#define RDESC_STATUS_DD BIT(0)
#define RDESC_STATUS_EOP BIT(1)	/* the frame is whole */
#define RDESC_ERRORS (BIT(0) | BIT(1) | BIT(2) | BIT(4) | BIT(7))	/* CE SE SEQ CXE RXE */
#define TDESC_CMD_EOP BIT(0)
#define TDESC_CMD_IFCS BIT(1)	/* that of the frame, by the controller */
#define TDESC_CMD_RS BIT(3)
#define TDESC_STATUS_DD BIT(0)

#define RECEIVE_BATCH 16u

#define QUIET_TIME (10 * WAIT_MS)	/* for transfers in flight to memory */
#define MASTER_TIME (10 * WAIT_MS)
#define RESET_WAIT (2 * WAIT_MS)	/* registers must not be read for 1 us */
#define RESET_TIME (50 * WAIT_MS)	/* the EEPROM is slow */

struct receive_descriptor {
	uint64_t address;
	uint16_t length, checksum;
	uint8_t status, errors;
	uint16_t special;
};

struct send_descriptor {
	uint64_t address;
	uint16_t length;
	uint8_t checksum_offset, command, status, checksum_start;
	uint16_t special;
};

/* The descriptor rings, which the controller accesses; in low memory. */
struct e1000_rings {
	struct receive_descriptor receive[NET_RING_SIZE];
	struct send_descriptor send[NET_RING_SIZE];
};

#define RING_PAGES (sizeof(struct e1000_rings) / PAGE_SIZE)

_Static_assert(sizeof(struct receive_descriptor) == 16 && sizeof(struct send_descriptor) == 16,
	       "317453, 3.2.3 and 3.3.3");
_Static_assert(sizeof(struct e1000_rings) % PAGE_SIZE == 0, "rings are aligned to 16 bytes");

/* The steps of a reset, in this order. */
enum e1000_reset {
	E1000_QUIET,		/* transfers in flight to memory end */
	E1000_MASTER,		/* on PCI Express, its status confirms that (318550, 3.1.3.10) */
	E1000_RESET,		/* its registers must not be read */
	E1000_BACK,		/* it reads its EEPROM */
};

struct e1000 {
	struct net_device device;
	void *registers;
	struct e1000_rings *rings;
	bool is_express;
	uint32_t causes;		/* of interrupts, when they are enabled */
	uint32_t enabled;		/* causes enabled now */
	enum e1000_reset reset;		/* while it is reset */
	uint64_t reset_end;		/* time_ns() until which that may last */
	unsigned next_received;		/* the descriptor that is next */
	unsigned next_sent, oldest_sent;	/* frames in flight are between them */
};

static struct e1000 *e1000_of(struct net_device *device)
{
	return container_of(device, struct e1000, device);
}

static uint32_t get(const struct e1000 *e1000, uint32_t offset)
{
	return mmio_read32(e1000->registers, offset);
}

static void set(struct e1000 *e1000, uint32_t offset, uint32_t value)
{
	mmio_write32(e1000->registers, offset, value);
}

/*
 * A bridge may join writes to adjacent registers, which some controllers ignore then (82546GB, no.
 * 15).
 */
static void set_and_flush(struct e1000 *e1000, uint32_t offset, uint32_t value)
{
	set(e1000, offset, value);
	get(e1000, STATUS);
}

static unsigned after(unsigned place)
{
	return (place + 1) % NET_RING_SIZE;
}

/* --- sending --------------------------------------------------------------------------- */

/* One place stays free, or a full ring would look like an empty one. */
static uint8_t *e1000_send_buffer(struct net_device *device)
{
	const struct e1000 *e1000 = e1000_of(device);

	if (after(e1000->next_sent) == e1000->oldest_sent)
		return NULL;
	return device->send_memory + e1000->next_sent * NET_BUFFER_SIZE;
}

static void e1000_send(struct net_device *device, uint32_t length)
{
	struct e1000 *e1000 = e1000_of(device);

	e1000->rings->send[e1000->next_sent] = (struct send_descriptor){
		.address = device->send_address + e1000->next_sent * NET_BUFFER_SIZE,
		.length = (uint16_t)length,
		.command = TDESC_CMD_EOP | TDESC_CMD_IFCS | TDESC_CMD_RS,
	};
	e1000->next_sent = after(e1000->next_sent);
}

/* The controller reads what was written before; the CPU keeps the order of stores. */
static void e1000_kick(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);

	compiler_barrier();
	set(e1000, TDT, e1000->next_sent);
}

static int e1000_reclaim(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);
	int count = 0;

	while (e1000->oldest_sent != e1000->next_sent &&
	       READ_ONCE(e1000->rings->send[e1000->oldest_sent].status) & TDESC_STATUS_DD) {
		e1000->oldest_sent = after(e1000->oldest_sent);
		count++;
	}
	return count;
}

/* --- receiving --------------------------------------------------------------------------- */

static enum net_received e1000_receive(struct net_device *device, const uint8_t **bytes,
				       uint32_t *length)
{
	struct e1000 *e1000 = e1000_of(device);
	const struct receive_descriptor *descriptor = &e1000->rings->receive[e1000->next_received];
	uint8_t status = READ_ONCE(descriptor->status);

	if (!(status & RDESC_STATUS_DD))
		return NET_NOTHING;
	compiler_barrier();
	*length = READ_ONCE(descriptor->length);
	/* A frame in several pieces is longer than any valid frame. */
	if (!(status & RDESC_STATUS_EOP) || READ_ONCE(descriptor->errors) & RDESC_ERRORS ||
	    *length > NET_BUFFER_SIZE)
		return NET_DAMAGED;
	*bytes = device->receive_memory + e1000->next_received * NET_BUFFER_SIZE;
	return NET_FRAME;
}

static void fill_receive(struct e1000 *e1000, unsigned place)
{
	e1000->rings->receive[place] = (struct receive_descriptor){
		.address = e1000->device.receive_address + place * NET_BUFFER_SIZE,
	};
}

/*
 * The controller has those from the head to before the tail.  A register costs more
 * than a descriptor, so they are handed over some at a time.
 */
static void e1000_give_back(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);
	unsigned place = e1000->next_received;

	fill_receive(e1000, place);
	e1000->next_received = after(place);
	if (e1000->next_received % RECEIVE_BATCH != 0)
		return;
	compiler_barrier();
	set(e1000, RDT, place);
}

/* --- interrupts ---------------------------------------------------------------------------- */

/*
 * Enabling raises an interrupt for causes that are pending; but e1000_acknowledge, called on
 * another CPU for a shared line, may have cleared them as none of the card's.
 */
static bool e1000_irq_enable(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);

	e1000->enabled = e1000->causes;
	set(e1000, IMS, e1000->enabled);
	return !(READ_ONCE(e1000->rings->receive[e1000->next_received].status) & RDESC_STATUS_DD);
}

static void e1000_irq_disable(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);

	e1000->enabled = 0;
	set(e1000, IMC, ALL_ONES);
}

static bool e1000_acknowledge(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);
	uint32_t causes = get(e1000, ICR);

	/* Reading need not clear with MSI-X (318550, 10.2.4.2), writing ones does. */
	if (e1000->causes == CAUSES_MSIX)
		set(e1000, ICR, causes);
	if (causes & ICR_LSC)
		device->link_asked = true;
	/* A message belongs to this card alone; a line may be another device's. */
	return device->pci->interrupt != PCI_LINE || (causes & e1000->enabled) != 0;
}

static bool e1000_link(struct net_device *device)
{
	uint32_t status = get(e1000_of(device), STATUS);

	return status != ALL_ONES && status & STATUS_LU;
}

/* --- life ----------------------------------------------------------------------------------- */

/*
 * Has the controller finished loading values such as its address from the EEPROM (317453, 13.5.2)?
 */
static bool is_back(const struct e1000 *e1000)
{
	return !(get(e1000, CTRL) & CTRL_RST) && get(e1000, RAH) & RAH_AV &&
	       (!e1000->is_express || get(e1000, EECD) & EECD_AUTO_RD);
}

static void wait_for(struct e1000 *e1000, enum e1000_reset what, uint64_t nanoseconds)
{
	e1000->reset = what;
	e1000->reset_end = time_ns() + nanoseconds;
}

static void begin_reset(struct e1000 *e1000)
{
	set(e1000, IMC, ALL_ONES);
	set(e1000, RCTL, 0);
	set_and_flush(e1000, TCTL, TCTL_PSP);
	wait_for(e1000, E1000_QUIET, QUIET_TIME);
}

/* Has it stopped before its time is over? */
static bool is_quiet(const struct e1000 *e1000)
{
	return e1000->reset == E1000_MASTER && !(get(e1000, STATUS) & STATUS_GIO_MASTER_ENABLE);
}

static void ask_for_rest(struct e1000 *e1000)
{
	set(e1000, CTRL, get(e1000, CTRL) | CTRL_GIO_MASTER_DISABLE);
	wait_for(e1000, E1000_MASTER, MASTER_TIME);
}

static void reset_all(struct e1000 *e1000)
{
	set(e1000, CTRL, get(e1000, CTRL) | CTRL_RST);
	wait_for(e1000, E1000_RESET, RESET_WAIT);
}

/* Does the next step of the reset, but the last. */
static void step(struct e1000 *e1000)
{
	switch (e1000->reset) {
	case E1000_QUIET:
		if (e1000->is_express)
			ask_for_rest(e1000);
		else
			reset_all(e1000);
		return;
	case E1000_MASTER:
		reset_all(e1000);
		return;
	case E1000_RESET:
	case E1000_BACK:
		wait_for(e1000, E1000_BACK, RESET_TIME);
		return;
	}
}

static enum wait_result reset_result(struct e1000 *e1000)
{
	while (e1000->reset != E1000_BACK) {
		if (!is_quiet(e1000) && time_ns() < e1000->reset_end)
			return WAIT_LATER;
		step(e1000);
	}
	if (!is_back(e1000))
		return time_ns() < e1000->reset_end ? WAIT_LATER : WAIT_FAILED;
	e1000->enabled = 0;
	set(e1000, IMC, ALL_ONES);
	get(e1000, ICR);
	return WAIT_DONE;
}

/* Resets the controller and waits for it, at boot. */
static bool reset(struct e1000 *e1000)
{
	enum wait_result result;

	begin_reset(e1000);
	do {
		result = reset_result(e1000);
	} while (result == WAIT_LATER);
	return result == WAIT_DONE;
}

static void start_receiving(struct e1000 *e1000, uint64_t rings)
{
	for (unsigned i = 0; i < NET_RING_SIZE; i++)
		fill_receive(e1000, i);
	e1000->next_received = 0;
	for (uint32_t i = 0; i < MTA_WORDS; i++)
		set_and_flush(e1000, MTA + 4 * i, 0);
	set_and_flush(e1000, RDBAL, (uint32_t)rings);
	set_and_flush(e1000, RDBAH, (uint32_t)(rings >> 32));
	set_and_flush(e1000, RDLEN, sizeof(e1000->rings->receive));
	set_and_flush(e1000, RDH, 0);
	set_and_flush(e1000, RDT, NET_RING_SIZE - 1);
	/* Checksums inside a frame are left to its receiver. */
	set_and_flush(e1000, RXCSUM, 0);
	/* Guests have addresses of their own, so frames for any address are received. */
	set_and_flush(e1000, RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE |
				   RCTL_BAM | RCTL_SECRC);
}

static void start_sending(struct e1000 *e1000, uint64_t rings)
{
	memset(e1000->rings->send, 0, sizeof(e1000->rings->send));
	e1000->next_sent = e1000->oldest_sent = 0;
	set_and_flush(e1000, TDBAL, (uint32_t)rings);
	set_and_flush(e1000, TDBAH, (uint32_t)(rings >> 32));
	set_and_flush(e1000, TDLEN, sizeof(e1000->rings->send));
	set_and_flush(e1000, TDH, 0);
	set_and_flush(e1000, TDT, 0);
	set_and_flush(e1000, TIPG, TIPG_COPPER);
	if (e1000->is_express)
		set_and_flush(e1000, TXDCTL, get(e1000, TXDCTL) | TXDCTL_COUNT_DESC);
	set_and_flush(e1000, TCTL,
		      TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD);
}

static uint32_t extended_control(const struct e1000 *e1000)
{
	uint32_t bits = CTRL_EXT_DRV_LOAD;

	if (e1000->causes == CAUSES_MSIX)
		bits |= CTRL_EXT_PBA_CLR;
	return get(e1000, CTRL_EXT) | bits;
}

static int e1000_start(struct net_device *device)
{
	struct e1000 *e1000 = e1000_of(device);
	size_t run;

	e1000->causes = CAUSES;
	if (device->pci->interrupt == PCI_MSIX) {
		e1000->causes = CAUSES_MSIX;
		set(e1000, IVAR, IVAR_ONE);
	}
	if (e1000->is_express)
		set(e1000, CTRL_EXT, extended_control(e1000));
	pci_change_command(device->pci, PCI_COMMAND_BUS_MASTER, 0);
	start_receiving(e1000, host_physical(e1000->rings->receive, &run));
	start_sending(e1000, host_physical(e1000->rings->send, &run));
	set(e1000, CTRL, get(e1000, CTRL) | CTRL_SLU | CTRL_ASDE);
	return 0;
}

static void e1000_stop(struct net_device *device)
{
	begin_reset(e1000_of(device));
}

static enum wait_result e1000_has_stopped(struct net_device *device)
{
	enum wait_result result = reset_result(e1000_of(device));

	if (result == WAIT_FAILED)
		pci_change_command(device->pci, 0, PCI_COMMAND_BUS_MASTER);
	return result;
}

static const struct net_device_ops e1000_ops = {
	.start = e1000_start, .stop = e1000_stop, .has_stopped = e1000_has_stopped,
	.send_buffer = e1000_send_buffer, .send = e1000_send, .kick = e1000_kick,
	.reclaim = e1000_reclaim, .receive = e1000_receive, .give_back = e1000_give_back,
	.irq_enable = e1000_irq_enable, .irq_disable = e1000_irq_disable,
	.acknowledge = e1000_acknowledge, .link = e1000_link,
};

/* --- attaching ------------------------------------------------------------------------------- */

/*
 * Older controllers are left out: 82543GC has a PHY to be set up by hand, 82544 hangs on some
 * lengths of buffers.
 */
static const struct model {
	uint16_t id;
	bool is_express;
} models[] = {
	{ 0x100E, false },	/* 82540EM */
	{ 0x100F, false },	/* 82545EM */
	{ 0x1010, false },	/* 82546EB */
	{ 0x1015, false },	/* 82540EM on the board */
	{ 0x1026, false },	/* 82545GM */
	{ 0x10D3, true },	/* 82574L */
	{ 0x10F6, true },	/* 82574LA */
	{ 0x150C, true },	/* 82583V */
};

static const struct model *model_of(const struct pci_device *device)
{
	for (unsigned i = 0; device->vendor == VENDOR_INTEL && i < ARRAY_SIZE(models); i++)
		if (models[i].id == device->id)
			return &models[i];
	return NULL;
}

/* Sets the port up.  NULL, or why it cannot be used.  The card is stopped when this returns. */
static const char *set_up(struct e1000 *e1000)
{
	uint32_t low, high;

	if (get(e1000, STATUS) == ALL_ONES || !reset(e1000))
		return "it does not come back from a reset";
	low = get(e1000, RAL);
	high = get(e1000, RAH);
	store_le32(e1000->device.address, low);
	store_le16(e1000->device.address + 4, (uint16_t)(high & 0xFFFF));
	return NULL;
}

static const char *open(struct e1000 *e1000, struct pci_device *device)
{
	e1000->device.ops = &e1000_ops;
	e1000->is_express = model_of(device)->is_express;
	e1000->device.driver = e1000->is_express ? "e1000e" : "e1000";
	e1000->device.pci = device;
	/*
	 * With MSI enabled, older controllers write wrong data to memory (specification updates:
	 * 82540, no. 6; 82546, no. 26).
	 */
	device->no_messages = !e1000->is_express;
	e1000->registers = pci_map_bar(device, 0, REGISTERS_SIZE);
	if (!e1000->registers)
		return "it has no registers";
	pci_change_command(device, PCI_COMMAND_MEMORY_SPACE, PCI_COMMAND_BUS_MASTER);
	return set_up(e1000);
}

static int e1000_attach(struct pci_device *device)
{
	struct e1000 *e1000 = heap_alloc(sizeof(*e1000));
	const char *cause = error_words(-E_NOMEM);

	if (e1000)
		e1000->rings = pages_alloc(RING_PAGES);
	if (e1000 && e1000->rings)
		cause = open(e1000, device);
	if (cause) {
		log_warn("e1000", PCI_FORMAT ": the network port cannot be used: %s",
			 PCI_ARGUMENTS(device->function), cause);
		if (e1000 && e1000->rings)
			pages_free(e1000->rings, RING_PAGES);
		heap_free(e1000);
		return -E_UNSUPPORTED;
	}
	net_device_add(&e1000->device);
	return 0;
}

static bool e1000_matches(const struct pci_device *device)
{
	return model_of(device) != NULL;
}

const struct pci_driver e1000_driver = { "e1000", e1000_matches, e1000_attach };
