// SPDX-License-Identifier: GPL-2.0-only
/* The first lines of the boot log.  Drivers report what they find themselves. */
#include "boot/report.h"

#include "arch/board/acpi.h"
#include "arch/cpu/cpu_features.h"
#include "arch/cpu/log.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "mm/frames.h"

#define FEATURES_SIZE 128
#define MAP_SIZE 100		/* of a line with ranges of memory, before it is cut */
#define RANGE_SIZE 48		/* ", reserved", two numbers of 16 digits and separators */

/* --- the processor -------------------------------------------------------------------------- */

/* CPUs may pad their name with leading blanks. */
static const char *trimmed(const char *text)
{
	while (*text == ' ')
		text++;
	return text;
}

/* Lists the features that Umbra uses. */
static void list_features(const struct cpu_features *features, char text[FEATURES_SIZE])
{
	const struct {
		const char *name;
		bool present;
	} rows[] = {
		{ "fxsr", features->fxsr }, { "sse", features->sse }, { "pat", features->pat },
		{ "mca", features->mce && features->mca }, { "nx", features->nx },
		{ "smep", features->smep }, { "smap", features->smap }, { "umip", features->umip },
		{ "rdrand", features->rdrand }, { "rdseed", features->rdseed },
		{ "constant-tsc", features->constant_tsc }, { "hypervisor", features->hypervisor },
	};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].present)
			used += format_text(text + used, FEATURES_SIZE - used, " %s", rows[i].name);
}

static void report_cpu(void)
{
	const struct cpu_features *features = cpu_features();
	const char *brand = trimmed(features->brand);
	char used[FEATURES_SIZE];

	list_features(features, used);
	log_info("cpu", "%s family %u model %u stepping %u%s%s; %u-bit addresses; uses%s",
		 features->vendor, features->family, features->model, features->stepping,
		 *brand ? ", " : "", brand, features->physical_bits, used);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Joins the ranges from *index on that follow each other without a gap into one. */
static struct boot_range take_run(const struct boot_info *info, unsigned *index)
{
	struct boot_range run = info->ranges[(*index)++];

	for (; *index < info->range_count; (*index)++) {
		const struct boot_range *next = &info->ranges[*index];

		if (next->usable != run.usable || next->base != run.base + run.length)
			break;
		run.length += next->length;
	}
	return run;
}

/* Prints as many ranges to a line as fit; some machines have dozens. */
static void report_map(const struct boot_info *info)
{
	char line[MAP_SIZE + RANGE_SIZE];
	bool usable = false;	/* the last one in the line */
	size_t used = 0;

	for (unsigned i = 0; i < info->range_count;) {
		struct boot_range run = take_run(info, &i);

		if (used == 0 || run.usable != usable)
			used += format_text(line + used, sizeof(line) - used, "%s%s",
					    used == 0 ? "" : ",",
					    run.usable ? " usable" : " reserved");
		used += format_text(line + used, sizeof(line) - used, " %llx-%llx",
				    (unsigned long long)run.base,
				    (unsigned long long)(run.base + run.length - 1));
		usable = run.usable;
		if (used < MAP_SIZE && i < info->range_count)
			continue;
		log_info("mm", "firmware says:%s", line);
		used = 0;
	}
}

static void report_acpi(void)
{
	const struct acpi_fixed *fixed = acpi_fixed();

	for (unsigned i = 0; i < fixed->refusal_count; i++)
		log_warn("acpi",
			 "the FADT puts %s at port %04x, where it cannot be; it is left alone",
			 fixed->refusals[i].what, fixed->refusals[i].port);
}

void report_machine(const struct boot_info *info, const char *version)
{
	log_event("boot", "version=%s mem=%uM debug=%u", version, frames_total() >> 8,
		  UMBRA_DEBUG);
	report_cpu();
	report_map(info);
	log_info("mm", "%u MB usable, %u MB of it low", frames_free() >> 8, frames_low_free() >> 8);
	report_acpi();
	if (info->problem)
		log_warn("boot", "boot information: %s", info->problem);
}
