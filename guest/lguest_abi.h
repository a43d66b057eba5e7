/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lguest protocol as facts that both sides need: hypercall numbers, the
 * shared structure of each generation, selectors, vectors, boot_params offsets
 * and device page records. Owned by guest/; the only header which Umbra and its
 * guests share. It declares no function and holds no state.
 *
 * Generations: A is about 2.6.30-3.0, B about 3.1-3.19, C 4.0-4.13. "Guest"
 * addresses below are guest-physical unless they are called virtual.
 */
#ifndef UMBRA_GUEST_LGUEST_ABI_H
#define UMBRA_GUEST_LGUEST_ABI_H

#include <stddef.h>
#include <stdint.h>

/* --- Hypercalls ------------------------------------------------------------ */

/*
 * eax holds the number, ebx, ecx, edx and esi the arguments. No call returns
 * anything and all registers come back unchanged. 3, 11 and 12 are unused.
 */
enum lguest_hypercall {
	LGUEST_FLUSH_ASYNC = 0,      /* nothing by itself: entering Umbra drains the ring */
	LGUEST_INIT = 1,             /* (lguest_data) */
	LGUEST_SHUTDOWN = 2,         /* (text, enum lguest_shutdown) */
	LGUEST_NEW_PGTABLE = 4,      /* (top-level table) */
	LGUEST_FLUSH_TLB = 5,        /* (enum lguest_flush) */
	LGUEST_LOAD_IDT_ENTRY = 6,   /* (vector, gate low, gate high) */
	LGUEST_SET_STACK = 7,        /* (selector, virtual esp, pages: 1 or 2) */
	LGUEST_TS = 8,               /* (0, or LGUEST_CR0_TS for #NM on FPU use) */
	LGUEST_SET_CLOCKEVENT = 9,   /* (nanoseconds from now, 0 = off) */
	LGUEST_HALT = 10,            /* () enables interrupts and waits, in one step */
	LGUEST_SET_PMD = 13,         /* (PMD page, index 0..511), PAE guests only */
	LGUEST_SET_PTE = 14,         /* (top-level table, virtual address, low, high) */
	LGUEST_SET_PGD = 15,         /* (top-level table, index) */
	LGUEST_LOAD_TLS = 16,        /* (three descriptors, ignored) */
	LGUEST_NOTIFY = 17,          /* (descriptor, ring or text), generations A and B */
	LGUEST_LOAD_GDT_ENTRY = 18,  /* (index, low, high) */
	LGUEST_SEND_INTERRUPTS = 19, /* nothing by itself: leaving Umbra delivers */
	LGUEST_STEAL_TIME = 20,      /* (8 bytes, or 0), an addition: see below */
	LGUEST_KICK = 21,            /* (device, queue) on the PCI bus, an addition */
	LGUEST_FLUSH_WRITABLE = 22,  /* (), an addition */
	LGUEST_MAP_PAGE = 23,        /* (virtual address, 0 or enum umbra_map), an addition */
	LGUEST_HYPERCALL_COUNT = 24
};

/*
 * Additions to lguest's protocol: a guest asks for them by reading this model-specific register,
 * which is 0 where there are none.
 */
#define UMBRA_MSR_ADDITIONS 0x554D4252u
#define UMBRA_HAS_STEAL_TIME 1u          /* LGUEST_STEAL_TIME */
#define UMBRA_HAS_KICK 2u                /* LGUEST_KICK */
#define UMBRA_HAS_FLUSH_WRITABLE 4u      /* LGUEST_FLUSH_WRITABLE */
#define UMBRA_HAS_MAP_PAGE 8u            /* LGUEST_MAP_PAGE */
#define UMBRA_ADDITIONS \
	(UMBRA_HAS_STEAL_TIME | UMBRA_HAS_KICK | UMBRA_HAS_FLUSH_WRITABLE | UMBRA_HAS_MAP_PAGE)

/* Second argument of LGUEST_MAP_PAGE: any value other than 0 means the pages around it, too. */
enum umbra_map {
	UMBRA_MAP_ONE = 0,
	UMBRA_MAP_AROUND = 1
};

/* Second argument of LGUEST_SHUTDOWN. A panic is a power-off with another text. */
enum lguest_shutdown {
	LGUEST_SHUTDOWN_POWEROFF = 1,
	LGUEST_SHUTDOWN_RESTART = 2
};

/* Umbra reads this much of the text of LGUEST_SHUTDOWN. */
#define LGUEST_SHUTDOWN_TEXT_SIZE 128u

/* Argument of LGUEST_FLUSH_TLB: any value other than 0 means everything. */
enum lguest_flush {
	LGUEST_FLUSH_USER = 0,       /* the user part of the current address space */
	LGUEST_FLUSH_ALL = 1
};

#define LGUEST_CR0_TS 8u

/* --- Vectors and interrupts ------------------------------------------------- */

#define LGUEST_HYPERCALL_VECTOR 0x1Fu
#define LGUEST_SYSCALL_VECTOR 0x80u      /* what Linux asks for in syscall_vec */
#define LGUEST_SYSCALL_VECTOR_PLAN9 0x40u
#define LGUEST_IRQ_BASE 32u              /* irq n arrives through vector 32 + n */
#define LGUEST_IRQ_COUNT 32u
#define LGUEST_IRQ_TIMER 0u
#define LGUEST_IDT_ENTRIES 256u

/* irq_enabled holds whole EFLAGS images; this bit of it is the virtual IF. */
#define LGUEST_EFLAGS_IF 0x200u

/* Gates that reach the guest: the selector Umbra forces, and the accepted types. */
#define LGUEST_GATE_INTERRUPT 0xEu
#define LGUEST_GATE_TRAP 0xFu

/* --- Segments ---------------------------------------------------------------- */

#define LGUEST_GDT_ENTRIES 32u
#define LGUEST_GDT_TLS_FIRST 6u
#define LGUEST_GDT_TLS_COUNT 3u
#define LGUEST_GDT_HOST_CODE 10u         /* 10, 11, 16 and 31: loads are dropped */
#define LGUEST_GDT_HOST_DATA 11u
#define LGUEST_GDT_KERNEL_CODE 12u
#define LGUEST_GDT_KERNEL_DATA 13u
#define LGUEST_GDT_USER_CODE 14u
#define LGUEST_GDT_USER_DATA 15u
#define LGUEST_GDT_TSS 16u
#define LGUEST_GDT_DOUBLE_FAULT_TSS 31u

#define LGUEST_GUEST_RING 1u             /* privilege level of a guest's kernel */
#define LGUEST_USER_RING 3u

#define LGUEST_SELECTOR_KERNEL_CODE 0x61u
#define LGUEST_SELECTOR_KERNEL_DATA 0x69u
#define LGUEST_SELECTOR_USER_CODE 0x73u
#define LGUEST_SELECTOR_USER_DATA 0x7Bu

/* Descriptors present at entry: flat 4 GB, DPL 1, accessed. */
#define LGUEST_DESCRIPTOR_FLAT_LOW 0x0000FFFFu
#define LGUEST_DESCRIPTOR_KERNEL_CODE_HIGH 0x00CFBB00u
#define LGUEST_DESCRIPTOR_KERNEL_DATA_HIGH 0x00CFB300u
#define LGUEST_DESCRIPTOR_USER_CODE_HIGH 0x00CFFB00u
#define LGUEST_DESCRIPTOR_USER_DATA_HIGH 0x00CFF300u

/* --- lguest_data ------------------------------------------------------------- */

/*
 * One structure in the guest's own memory, at the address which INIT names. The
 * generations agree up to tsc_khz and differ behind it.
 */

#define LGUEST_RING_SIZE 64u             /* slots of the asynchronous ring */
#define LGUEST_RING_FREE 0xFFu           /* hcall_status: free, or done */
#define LGUEST_RING_QUEUED 0u            /* hcall_status: waits for Umbra */

struct lguest_hcall {
	uint32_t call;                   /* enum lguest_hypercall */
	uint32_t args[4];
} __attribute__((packed));

struct lguest_time {
	uint32_t seconds;                /* wall clock, UTC */
	uint32_t nanoseconds;
} __attribute__((packed));

/* The fields common to all generations, at the same offsets. */
struct lguest_data_common {
	uint32_t irq_enabled;            /* both write; bit 9 is the virtual IF */
	uint32_t blocked_interrupts;     /* guest; bit n set = irq n is masked */
	uint32_t cr2;                    /* Umbra, before it reflects a page fault */
	struct lguest_time time;         /* Umbra, at INIT and with each interrupt */
	uint32_t irq_pending;            /* Umbra; 0x200 = something deliverable waits */
	uint8_t hcall_status[LGUEST_RING_SIZE];
	struct lguest_hcall hcalls[LGUEST_RING_SIZE];
	uint32_t reserve_mem;            /* Umbra, INIT: bytes to keep off at the top */
	uint32_t tsc_khz;                /* Umbra, INIT; 0 = the TSC is no clock */
} __attribute__((packed));

struct lguest_data_a {
	struct lguest_data_common common;
	uint32_t pgdir;                  /* Umbra at INIT, then the guest */
	uint32_t noirq_start;            /* virtual: no interrupt while */
	uint32_t noirq_end;              /*   start <= eip < end */
	uint32_t kernel_address;         /* virtual: the shared kernel part starts here */
	uint32_t syscall_vec;
} __attribute__((packed));

struct lguest_data_b {
	struct lguest_data_common common;
	uint32_t noirq_start;
	uint32_t noirq_end;
	uint32_t kernel_address;
	uint32_t syscall_vec;
} __attribute__((packed));

struct lguest_data_c {
	struct lguest_data_common common;
	uint32_t noirq_iret;             /* virtual: the one iret that must not be split */
	uint32_t kernel_address;
	uint32_t syscall_vec;
} __attribute__((packed));

#define LGUEST_ABI_OFFSET(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)

LGUEST_ABI_OFFSET(lguest_data_common, irq_enabled, 0);
LGUEST_ABI_OFFSET(lguest_data_common, blocked_interrupts, 4);
LGUEST_ABI_OFFSET(lguest_data_common, cr2, 8);
LGUEST_ABI_OFFSET(lguest_data_common, time, 12);
LGUEST_ABI_OFFSET(lguest_data_common, irq_pending, 20);
LGUEST_ABI_OFFSET(lguest_data_common, hcall_status, 24);
LGUEST_ABI_OFFSET(lguest_data_common, hcalls, 88);
LGUEST_ABI_OFFSET(lguest_data_common, reserve_mem, 1368);
LGUEST_ABI_OFFSET(lguest_data_common, tsc_khz, 1372);
LGUEST_ABI_OFFSET(lguest_data_a, pgdir, 1376);
LGUEST_ABI_OFFSET(lguest_data_a, noirq_start, 1380);
LGUEST_ABI_OFFSET(lguest_data_a, noirq_end, 1384);
LGUEST_ABI_OFFSET(lguest_data_a, kernel_address, 1388);
LGUEST_ABI_OFFSET(lguest_data_a, syscall_vec, 1392);
LGUEST_ABI_OFFSET(lguest_data_b, noirq_start, 1376);
LGUEST_ABI_OFFSET(lguest_data_b, noirq_end, 1380);
LGUEST_ABI_OFFSET(lguest_data_b, kernel_address, 1384);
LGUEST_ABI_OFFSET(lguest_data_b, syscall_vec, 1388);
LGUEST_ABI_OFFSET(lguest_data_c, noirq_iret, 1376);
LGUEST_ABI_OFFSET(lguest_data_c, kernel_address, 1380);
LGUEST_ABI_OFFSET(lguest_data_c, syscall_vec, 1384);
_Static_assert(sizeof(struct lguest_data_a) == 1396, "lguest_data of generation A");
_Static_assert(sizeof(struct lguest_data_b) == 1392, "lguest_data of generation B");
_Static_assert(sizeof(struct lguest_data_c) == 1388, "lguest_data of generation C");

/* --- Boot -------------------------------------------------------------------- */

#define LGUEST_BOOT_PARAMS_ADDRESS 0u
#define LGUEST_COMMAND_LINE_ADDRESS 0x1000u
#define LGUEST_COMMAND_LINE_SIZE 2048u   /* Linux copies no more */
#define LGUEST_BZIMAGE_ADDRESS 0x100000u
#define LGUEST_SUBARCH 1u                /* hdr.hardware_subarch */

/* Offsets in boot_params, the same in every version of Linux that has lguest. */
enum lguest_boot_params {
	LGUEST_BP_E820_ENTRIES = 0x1E8,      /* u8 */
	LGUEST_BP_SENTINEL = 0x1EF,          /* u8 */
	LGUEST_BP_SETUP_SECTS = 0x1F1,       /* u8 */
	LGUEST_BP_HEADER = 0x202,            /* u32, "HdrS" */
	LGUEST_BP_VERSION = 0x206,           /* u16 */
	LGUEST_BP_TYPE_OF_LOADER = 0x210,    /* u8 */
	LGUEST_BP_LOADFLAGS = 0x211,         /* u8 */
	LGUEST_BP_CODE32_START = 0x214,      /* u32 */
	LGUEST_BP_RAMDISK_IMAGE = 0x218,     /* u32 */
	LGUEST_BP_RAMDISK_SIZE = 0x21C,      /* u32 */
	LGUEST_BP_CMD_LINE_PTR = 0x228,      /* u32 */
	LGUEST_BP_KERNEL_ALIGNMENT = 0x230,  /* u32 */
	LGUEST_BP_RELOCATABLE = 0x234,       /* u8 */
	LGUEST_BP_HARDWARE_SUBARCH = 0x23C,  /* u32 */
	LGUEST_BP_PAYLOAD_OFFSET = 0x248,    /* u32 */
	LGUEST_BP_SETUP_DATA = 0x250,        /* u64 */
	LGUEST_BP_E820_MAP = 0x2D0,          /* records of 20 bytes */
	LGUEST_BP_SIZE = 0x1000
};

#define LGUEST_BP_MAGIC 0x53726448u      /* "HdrS" */
#define LGUEST_BP_KEEP_SEGMENTS 0x40u    /* in loadflags */

struct lguest_e820_entry {
	uint64_t start;
	uint64_t size;
	uint32_t type;                   /* 1 = memory */
} __attribute__((packed));

_Static_assert(sizeof(struct lguest_e820_entry) == 20, "e820 record");

/* --- Device page (generations A and B) --------------------------------------- */

/*
 * One page of packed records just above the guest's memory, ended by a record of
 * type 0. Each: this head, num_vq queue records, the offered feature bytes, as
 * many accepted feature bytes, the configuration space.
 */
struct lguest_device {
	uint8_t type;                    /* virtio device number */
	uint8_t num_vq;
	uint8_t feature_len;             /* bytes of each of the two bitmaps */
	uint8_t config_len;
	uint8_t status;                  /* the only byte of the head a guest writes */
} __attribute__((packed));

struct lguest_vqconfig {
	uint16_t num;                    /* descriptors, a power of two */
	uint16_t irq;
	uint32_t pfn;                    /* of the ring; pfn * 4096 is also the kick */
} __attribute__((packed));

_Static_assert(sizeof(struct lguest_device) == 5, "device record");
_Static_assert(sizeof(struct lguest_vqconfig) == 8, "queue record");

#define LGUEST_DEVICE_PAGE_SIZE 4096u
#define LGUEST_RING_ALIGN 4096u          /* of the used part of a legacy ring */
#define LGUEST_QUEUE_SIZE 256u           /* what the stock launcher offers */

#define LGUEST_DEVICE_RECORD_SIZE(num_vq, feature_len, config_len) \
	(sizeof(struct lguest_device) + (size_t)(num_vq) * sizeof(struct lguest_vqconfig) + \
	 2u * (size_t)(feature_len) + (size_t)(config_len))

/* The status byte (virtio 1.0, section 2.1); writing 0 and notifying resets. */
enum lguest_device_status {
	LGUEST_STATUS_RESET = 0,
	LGUEST_STATUS_ACKNOWLEDGE = 1,
	LGUEST_STATUS_DRIVER = 2,
	LGUEST_STATUS_DRIVER_OK = 4,
	LGUEST_STATUS_FEATURES_OK = 8,   /* generation C only */
	LGUEST_STATUS_FAILED = 0x80
};

/* Virtio device numbers (virtio 1.0, section 5). */
enum lguest_device_type {
	LGUEST_DEVICE_END = 0,
	LGUEST_DEVICE_NET = 1,
	LGUEST_DEVICE_BLOCK = 2,
	LGUEST_DEVICE_CONSOLE = 3,
	LGUEST_DEVICE_ENTROPY = 4
};

#endif
