// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a guest from its modules.  These stay where the boot loader put them, anywhere in physical
 * memory, so that a guest can be loaded again after a restart.
 */
#include "hv/load/loader.h"

#include "arch/cpu/layout.h"
#include "hv/load/boot_params.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/guest_memory.h"
#include "mm/heap.h"
#include "mm/host_map.h"

/* Bytes that one piece copies at most: as many as a starting guest clears in a turn. */
#define PIECE (512u << 10)

/*
 * Copies the next piece of length bytes of physical memory to a place in the window that
 * image_parse has checked.
 */
static int copy_in(struct guest_memory *memory, gpa_t to, paddr_t from, uint32_t length,
		   struct load_progress *progress)
{
	uint64_t end = (uint64_t)gpa_value(to) + length;
	uint32_t here = MIN(length - progress->done, PIECE);

	if (end > (uint64_t)memory->ram_pages << PAGE_SHIFT)
		return -E_RANGE;
	physical_read(from + progress->done, memory->base + gpa_value(to) + progress->done, here);
	progress->done += here;
	if (progress->done == length)
		*progress = (struct load_progress){ .part = progress->part + 1 };
	return 1;
}

static int load_boot_params(const struct guest_config *config, struct guest_memory *memory,
			    const struct image *image, gpa_t initrd)
{
	const void *file = map_module(config->kernel->start, config->kernel->size);
	const struct boot_facts facts = {
		.mem_bytes = memory->ram_pages << PAGE_SHIFT,
		.initrd = initrd,
		.initrd_bytes = config->initrd ? config->initrd->size : 0,
	};
	size_t length = MIN(strlen(config->options.command_line),
			    (size_t)CONFIG_COMMAND_LINE_SIZE - 1);
	uint8_t *page = heap_alloc(BOOT_PARAMS_BYTES);
	bool done;

	if (!page)
		return -E_NOMEM;
	boot_params_build(page, image, file, &facts);
	/* The NUL behind the command line needs no write: memory is zero. */
	done = guest_write(memory, gpa_make(IMAGE_BOOT_PARAMS), page, BOOT_PARAMS_BYTES) &&
	       guest_write(memory, gpa_make(IMAGE_COMMAND_LINE), config->options.command_line,
			   (uint32_t)length);
	heap_free(page);
	return done ? 0 : -E_RANGE;
}

static int check_kernel(const struct guest_config *config, struct image *image, char *cause)
{
	const void *file = map_module(config->kernel->start, config->kernel->size);
	int error;

	if (!file) {
		format_text(cause, IMAGE_CAUSE_SIZE, "no room to map the kernel");
		return -E_NOMEM;
	}
	error = image_parse(file, config->kernel->size, config->options.mem_bytes, image, cause);
	if (error)
		return error;
	if (image_has_lguest(file, config->kernel->size, image) != IMAGE_NO)
		return 0;
	format_text(cause, IMAGE_CAUSE_SIZE,
		    "the kernel has no lguest support (CONFIG_LGUEST_GUEST=y)");
	return -E_UNSUPPORTED;
}

int loader_check(const struct guest_config *config, struct image *image, gpa_t *initrd,
		 struct load_problem *problem)
{
	int error;

	problem->module = config->kernel_file;
	problem->word = "kernel";
	error = check_kernel(config, image, problem->cause);
	*initrd = gpa_make(0);
	if (error || !config->initrd)
		return error;
	problem->module = config->initrd_file;
	problem->word = "initrd";
	return image_place_initrd(image, config->options.mem_bytes, config->initrd->size, initrd,
				  problem->cause);
}

int loader_load(const struct guest_config *config, const struct image *image, gpa_t initrd,
		struct guest_memory *memory, struct load_progress *progress)
{
	/* Memory is zero already: what a segment has beyond the file needs nothing. */
	if (progress->part < image->segment_count) {
		const struct image_segment *segment = &image->segments[progress->part];

		return copy_in(memory, segment->address, config->kernel->start + segment->offset,
			       segment->file_bytes, progress);
	}
	if (config->initrd && progress->part == image->segment_count)
		return copy_in(memory, initrd, config->initrd->start, config->initrd->size,
			       progress);
	return load_boot_params(config, memory, image, initrd);
}
