// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of hv/load/image_parse.c, hv/load/image_elf.c and hv/load/boot_params.c: the input is a
 * kernel file.  Whatever it is, the parser must stay inside it, and whatever
 * it accepts must be safe to load.
 */
#include "hv/load/boot_params.h"
#include "hv/load/image.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

static void check_segments(const struct image *image, size_t size, uint32_t mem_bytes)
{
	bool entry_inside = false;

	REQUIRE(image->segment_count >= 1 && image->segment_count <= IMAGE_SEGMENTS_MAX);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];
		uint64_t start = gpa_value(segment->address);
		uint64_t end = start + segment->memory_bytes;

		REQUIRE((uint64_t)segment->offset + segment->file_bytes <= size);
		REQUIRE(segment->file_bytes <= segment->memory_bytes);
		REQUIRE(start >= IMAGE_LOW_END);
		REQUIRE(end <= image->memory_end && end <= mem_bytes);
		if (gpa_value(image->entry) >= start && gpa_value(image->entry) < end)
			entry_inside = true;
	}
	REQUIRE(entry_inside);
	REQUIRE(image->memory_end <= mem_bytes);
	REQUIRE(image->kernel_alignment != 0);
}

static void check_start(const struct image *image, const uint8_t *data, uint32_t mem_bytes)
{
	uint8_t page[BOOT_PARAMS_BYTES];
	char cause[IMAGE_CAUSE_SIZE];
	struct boot_facts facts = { .mem_bytes = mem_bytes, .initrd_bytes = 0x12345 };

	if (image_place_initrd(image, mem_bytes, facts.initrd_bytes, &facts.initrd, cause) == 0) {
		REQUIRE(gpa_value(facts.initrd) >= image->memory_end);
		REQUIRE((uint64_t)gpa_value(facts.initrd) + facts.initrd_bytes <= mem_bytes);
	} else {
		facts.initrd_bytes = 0;
	}
	boot_params_build(page, image, data, &facts);
	REQUIRE(page[0x1EF] == 0 && page[0x23C] == 1 && page[0x1E8] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t sizes[] = { 1u << 20, 64u << 20, 3u << 30 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct image image;
		char cause[IMAGE_CAUSE_SIZE] = "";

		if (image_parse(data, size, sizes[i], &image, cause) != 0) {
			REQUIRE(cause[0] != '\0');
			REQUIRE(memchr(cause, '\0', sizeof(cause)) != NULL);
			continue;
		}
		check_segments(&image, size, sizes[i]);
		check_start(&image, data, sizes[i]);
		(void)image_has_lguest(data, size, &image);
	}
	return 0;
}
