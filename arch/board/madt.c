// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the MADT entry by entry.  An entry that is shorter than its kind, or reaches beyond the
 * table, ends the reading: what follows cannot be trusted.
 */
#include "arch/board/madt.h"

#include "arch/board/acpi.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"

#define HEADER_SIZE 36u
#define FIXED_SIZE 8u	/* behind the header: the address of the local APICs, and flags */
#define CPU_ENABLED BIT(0)
#define UID8_ALL 0xFFu

/* Broadcast ids, to which every local APIC answers: SDM vol. 3, 10.6.2.1 and 10.12.9. */
#define XAPIC_BROADCAST 0xFFu
#define X2APIC_BROADCAST UINT32_MAX

/* Flags of interrupts, ACPI 6.4, table 5.26: 0 means "as on that bus". */
#define POLARITY(flags) ((flags) & 3u)
#define POLARITY_LOW 3u
#define TRIGGER(flags) ((flags) >> 2 & 3u)
#define TRIGGER_LEVEL 3u

enum entry_type {
	ENTRY_LOCAL_APIC = 0, ENTRY_IO_APIC = 1, ENTRY_OVERRIDE = 2, ENTRY_NMI_SOURCE = 3,
	ENTRY_LOCAL_NMI = 4, ENTRY_X2APIC = 9, ENTRY_X2APIC_NMI = 10
};

struct local_apic {
	uint8_t uid, apic_id;
	uint32_t flags;
} __packed;

struct io_apic {
	uint8_t id, reserved;
	uint32_t address, first_line;
} __packed;

struct override {
	uint8_t bus, source;
	uint32_t line;
	uint16_t flags;
} __packed;

struct nmi_source {
	uint16_t flags;
	uint32_t line;
} __packed;

struct local_nmi {
	uint8_t uid;
	uint16_t flags;
	uint8_t lint;
} __packed;

struct x2apic {
	uint16_t reserved;
	uint32_t apic_id, flags, uid;
} __packed;

struct x2apic_nmi {
	uint16_t flags;
	uint32_t uid;
	uint8_t lint, reserved[3];
} __packed;

/* The fields behind the two bytes of type and length. */
union entry {
	struct local_apic local_apic;
	struct io_apic io_apic;
	struct override override;
	struct nmi_source nmi_source;
	struct local_nmi local_nmi;
	struct x2apic x2apic;
	struct x2apic_nmi x2apic_nmi;
};

struct entry_head {
	uint8_t type, length;
};

/* The size of the fields of an entry of that type; 0: the type is skipped. */
static uint32_t entry_size(uint8_t type)
{
	static const uint8_t sizes[] = {
		[ENTRY_LOCAL_APIC] = sizeof(struct local_apic),
		[ENTRY_IO_APIC] = sizeof(struct io_apic),
		[ENTRY_OVERRIDE] = sizeof(struct override),
		[ENTRY_NMI_SOURCE] = sizeof(struct nmi_source),
		[ENTRY_LOCAL_NMI] = sizeof(struct local_nmi),
		[ENTRY_X2APIC] = sizeof(struct x2apic),
		[ENTRY_X2APIC_NMI] = sizeof(struct x2apic_nmi),
	};

	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

static void refuse_cpu(struct madt *madt, uint32_t apic_id, const char *cause)
{
	if (madt->refusal_count == MADT_REFUSALS)
		madt->left_out++;
	else
		madt->refusals[madt->refusal_count++] = (struct madt_refusal){ apic_id, cause };
}

static bool has_cpu(const struct madt *madt, uint32_t apic_id, bool by_x2apic)
{
	for (unsigned i = 0; i < madt->cpu_count; i++)
		if (madt->cpus[i].apic_id == apic_id && madt->cpus[i].by_x2apic == by_x2apic)
			return true;
	return false;
}

/* A processor may have two entries of different kinds. */
static void add_cpu(struct madt *madt, const struct madt_cpu *cpu, uint32_t flags)
{
	if (!(flags & CPU_ENABLED))
		return;
	if (cpu->apic_id == (cpu->by_x2apic ? X2APIC_BROADCAST : XAPIC_BROADCAST))
		refuse_cpu(madt, cpu->apic_id, "the id stands for all CPUs");
	else if (has_cpu(madt, cpu->apic_id, cpu->by_x2apic))
		refuse_cpu(madt, cpu->apic_id, "there is another one of that id");
	else if (has_cpu(madt, cpu->apic_id, !cpu->by_x2apic))
		return;
	else if (madt->cpu_count == MADT_CPUS)
		madt->left_out++;
	else
		madt->cpus[madt->cpu_count++] = *cpu;
}

void madt_refuse_unreachable(struct madt *madt, bool (*can_reach)(uint32_t apic_id))
{
	unsigned kept = 0;

	for (unsigned i = 0; i < madt->cpu_count; i++) {
		if (can_reach(madt->cpus[i].apic_id))
			madt->cpus[kept++] = madt->cpus[i];
		else
			refuse_cpu(madt, madt->cpus[i].apic_id,
				   "this machine's local APICs cannot address it");
	}
	madt->cpu_count = kept;
}

static void add_io_apic(struct madt *madt, const struct io_apic *entry)
{
	if (madt->io_apic_count == MADT_IO_APICS)
		madt->left_out++;
	else
		madt->io_apics[madt->io_apic_count++] =
			(struct madt_io_apic){ entry->address, entry->first_line };
}

/* Entries are for the ISA bus alone, whose lines are active high and edge by default. */
static void override_line(struct madt *madt, const struct override *entry)
{
	if (entry->bus != 0 || entry->source >= MADT_ISA_LINES)
		return;
	madt->isa[entry->source] = (struct madt_line){
		entry->line, TRIGGER(entry->flags) == TRIGGER_LEVEL,
		POLARITY(entry->flags) == POLARITY_LOW,
	};
}

static void add_nmi_line(struct madt *madt, const struct nmi_source *entry)
{
	if (madt->nmi_line_count == MADT_NMIS)
		madt->left_out++;
	else
		madt->nmi_lines[madt->nmi_line_count++] = (struct madt_line){
			entry->line, TRIGGER(entry->flags) == TRIGGER_LEVEL,
			POLARITY(entry->flags) == POLARITY_LOW,
		};
}

static void add_local_nmi(struct madt *madt, uint32_t uid, uint8_t lint)
{
	if (lint > 1)
		return;
	if (madt->local_nmi_count == MADT_NMIS)
		madt->left_out++;
	else
		madt->local_nmis[madt->local_nmi_count++] = (struct madt_local_nmi){ uid, lint };
}

static void take_entry(struct madt *madt, uint8_t type, const union entry *entry)
{
	const struct local_apic *local = &entry->local_apic;
	const struct local_nmi *nmi = &entry->local_nmi;
	const struct x2apic *x2 = &entry->x2apic;

	switch (type) {
	case ENTRY_LOCAL_APIC:
		add_cpu(madt, &(struct madt_cpu){ local->apic_id, local->uid, false },
			local->flags);
		break;
	case ENTRY_IO_APIC:
		add_io_apic(madt, &entry->io_apic);
		break;
	case ENTRY_OVERRIDE:
		override_line(madt, &entry->override);
		break;
	case ENTRY_NMI_SOURCE:
		add_nmi_line(madt, &entry->nmi_source);
		break;
	case ENTRY_LOCAL_NMI:
		add_local_nmi(madt, nmi->uid == UID8_ALL ? MADT_ALL_CPUS : nmi->uid, nmi->lint);
		break;
	case ENTRY_X2APIC:
		add_cpu(madt, &(struct madt_cpu){ x2->apic_id, x2->uid, true }, x2->flags);
		break;
	case ENTRY_X2APIC_NMI:
		add_local_nmi(madt, entry->x2apic_nmi.uid, entry->x2apic_nmi.lint);
		break;
	default:
		break;
	}
}

int madt_read(struct madt *madt)
{
	struct acpi_table table;
	uint8_t fixed[FIXED_SIZE];
	struct entry_head head;

	memset(madt, 0, sizeof(*madt));
	for (uint32_t i = 0; i < MADT_ISA_LINES; i++)
		madt->isa[i].line = i;
	if (acpi_find_table("APIC", 0, &table) != 0 ||
	    !acpi_read_table(&table, HEADER_SIZE, fixed, sizeof(fixed)))
		return -E_NOENT;
	for (uint32_t at = HEADER_SIZE + sizeof(fixed);
	     acpi_read_table(&table, at, &head, sizeof(head)); at += head.length) {
		uint32_t size;
		union entry entry;

		/* An entry of length 0 would make this loop endless. */
		if (head.length < sizeof(head) || head.length > table.length - at)
			break;
		size = entry_size(head.type);
		if (size == 0)
			continue;
		if (head.length < sizeof(head) + size ||
		    !acpi_read_table(&table, at + (uint32_t)sizeof(head), &entry, size))
			break;
		take_entry(madt, head.type, &entry);
	}
	return 0;
}
