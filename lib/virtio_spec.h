/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names, numbers and layouts of "Virtual I/O Device (VIRTIO) Version 1.0" (OASIS; 1.1 where
 * said), spelled as there so that a search finds them; sections are given with each group.
 * Device models (drivers/virtio) and drivers of the machine's virtio devices (drivers/block,
 * drivers/net) share it.  Features are bit numbers; all values are little-endian.
 */
#ifndef UMBRA_LIB_VIRTIO_SPEC_H
#define UMBRA_LIB_VIRTIO_SPEC_H

#include "lib/compiler.h"

#include <stdint.h>

/* --- all devices ------------------------------------------------------------------------ */

/* Bits of the device status, 2.1. */
#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER 2
#define VIRTIO_STATUS_DRIVER_OK 4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_DEVICE_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED 128

/* Device types, 5. */
#define VIRTIO_ID_NET 1
#define VIRTIO_ID_BLOCK 2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4

/* Feature bits of every device, 6 and 6.3; the last two are from 1.1. */
#define VIRTIO_F_ANY_LAYOUT 27	/* legacy devices */
#define VIRTIO_F_RING_INDIRECT_DESC 28
#define VIRTIO_F_VERSION_1 32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_ORDER_PLATFORM 36

/* --- virtqueues, 2.4 -------------------------------------------------------------------- */

#define VIRTQ_SIZE_MAX 32768u

#define VIRTQ_DESC_F_NEXT 1
#define VIRTQ_DESC_F_WRITE 2
#define VIRTQ_DESC_F_INDIRECT 4

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* The available and the used ring: flags, idx, so many entries as the queue has places. */
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1
#define VIRTQ_USED_F_NO_NOTIFY 1

struct virtq_used_elem {
	uint32_t id, len;
};

/* --- PCI, 4.1 --------------------------------------------------------------------------- */

#define VIRTIO_PCI_VENDOR 0x1AF4
#define VIRTIO_PCI_DEVICE_NET 0x1000	/* transitional devices, 4.1.2 */
#define VIRTIO_PCI_DEVICE_BLOCK 0x1001
#define VIRTIO_PCI_DEVICE_MODERN 0x1040	/* all others: plus the device type */

/* cfg_type of a capability, 4.1.4. */
#define VIRTIO_PCI_CAP_COMMON_CFG 1
#define VIRTIO_PCI_CAP_NOTIFY_CFG 2
#define VIRTIO_PCI_CAP_ISR_CFG 3
#define VIRTIO_PCI_CAP_DEVICE_CFG 4
#define VIRTIO_PCI_CAP_PCI_CFG 5

struct virtio_pci_cap {
	uint8_t cap_vndr, cap_next, cap_len, cfg_type;
	uint8_t bar, padding[3];
	uint32_t offset, length;
	uint32_t more;		/* NOTIFY_CFG: notify_off_multiplier; PCI_CFG: pci_cfg_data */
};

#define VIRTIO_PCI_CAP_SIZE 16u		/* without the last field */

/* The common configuration structure, 4.1.4.3. */
struct virtio_pci_common_cfg {
	uint32_t device_feature_select;
	uint32_t device_feature;
	uint32_t driver_feature_select;
	uint32_t driver_feature;
	uint16_t msix_config;
	uint16_t num_queues;
	uint8_t device_status;
	uint8_t config_generation;
	uint16_t queue_select;
	uint16_t queue_size;
	uint16_t queue_msix_vector;
	uint16_t queue_enable;
	uint16_t queue_notify_off;
	uint32_t queue_desc, queue_desc_high;
	uint32_t queue_avail, queue_avail_high;
	uint32_t queue_used, queue_used_high;
} __packed __aligned(4);

_Static_assert(sizeof(struct virtio_pci_common_cfg) == 56, "4.1.4.3");

#define VIRTIO_MSI_NO_VECTOR 0xFFFF	/* 4.1.4.3, 4.1.5.1.2 */

#define VIRTIO_PCI_ISR_QUEUE 1		/* 4.1.4.5 */
#define VIRTIO_PCI_ISR_CONFIG 2

/* --- network device, 5.1 ---------------------------------------------------------------- */

#define VIRTIO_NET_F_CSUM 0
#define VIRTIO_NET_F_GUEST_CSUM 1
#define VIRTIO_NET_F_MAC 5
#define VIRTIO_NET_F_GUEST_TSO4 7
#define VIRTIO_NET_F_GUEST_TSO6 8
#define VIRTIO_NET_F_GUEST_ECN 9
#define VIRTIO_NET_F_GUEST_UFO 10
#define VIRTIO_NET_F_HOST_TSO4 11
#define VIRTIO_NET_F_HOST_TSO6 12
#define VIRTIO_NET_F_HOST_ECN 13
#define VIRTIO_NET_F_HOST_UFO 14
#define VIRTIO_NET_F_MRG_RXBUF 15
#define VIRTIO_NET_F_STATUS 16

/* Queues of a device without VIRTIO_NET_F_MQ, 5.1.2. */
enum { VIRTIO_NET_RECEIVEQ, VIRTIO_NET_TRANSMITQ, VIRTIO_NET_QUEUES };

/* 5.1.4. */
struct virtio_net_config {
	uint8_t mac[6];
	uint16_t status;
};

#define VIRTIO_NET_S_LINK_UP 1

/* In front of each frame, 5.1.6; legacy devices without VIRTIO_NET_F_MRG_RXBUF lack num_buffers. */
struct virtio_net_hdr {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size;
	uint16_t csum_start, csum_offset;
	uint16_t num_buffers;
};

#define VIRTIO_NET_HDR_SIZE 10u		/* without num_buffers */

#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1

#define VIRTIO_NET_HDR_GSO_NONE 0
#define VIRTIO_NET_HDR_GSO_TCPV4 1
#define VIRTIO_NET_HDR_GSO_UDP 3
#define VIRTIO_NET_HDR_GSO_TCPV6 4
#define VIRTIO_NET_HDR_GSO_ECN 0x80	/* besides one of TCP */

/* --- block device, 5.2 ------------------------------------------------------------------ */

#define VIRTIO_BLK_F_SEG_MAX 2
#define VIRTIO_BLK_F_RO 5
#define VIRTIO_BLK_F_BLK_SIZE 6
#define VIRTIO_BLK_F_FLUSH 9

/* 5.2.4, up to what the features above are about. */
struct virtio_blk_config {
	uint64_t capacity;
	uint32_t size_max, seg_max;
	struct {
		uint16_t cylinders;
		uint8_t heads, sectors;
	} geometry;
	uint32_t blk_size;
};

/* A request begins so, 5.2.6; data and a status byte follow. */
struct virtio_blk_req {
	uint32_t type, reserved;
	uint64_t sector;
};

#define VIRTIO_BLK_T_IN 0u
#define VIRTIO_BLK_T_OUT 1u
#define VIRTIO_BLK_T_FLUSH 4u
#define VIRTIO_BLK_T_FLUSH_OUT 5u	/* legacy, 5.2.6.1: the same */
#define VIRTIO_BLK_T_GET_ID 8u		/* 1.1; devices have had it for longer */
#define VIRTIO_BLK_T_BARRIER BIT(31)	/* legacy, beside the type; Linux 2.6.32 sets it unasked */

#define VIRTIO_BLK_S_OK 0u
#define VIRTIO_BLK_S_IOERR 1u
#define VIRTIO_BLK_S_UNSUPP 2u

/* --- console device, 5.3 ---------------------------------------------------------------- */

#define VIRTIO_CONSOLE_F_EMERG_WRITE 2

/* 5.3.4. */
struct virtio_console_config {
	uint16_t cols, rows;
	uint32_t max_nr_ports, emerg_wr;
};

#endif
