// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the driver of the screen: text mode or a frame buffer, as the boot loader set it up. */
#include "boot/screen.h"

#include "arch/cpu/layout.h"
#include "drivers/console/framebuffer.h"
#include "drivers/console/vga_text.h"
#include "mm/host_map.h"

static struct framebuffer_channel channel(struct boot_channel found)
{
	return (struct framebuffer_channel){ found.position, found.size };
}

static struct console *open_framebuffer(const struct boot_framebuffer *found, const char **problem)
{
	const struct framebuffer_mode mode = {
		.width = found->width,
		.height = found->height,
		.pitch = found->pitch,
		.depth = found->depth,
		.red = channel(found->red),
		.green = channel(found->green),
		.blue = channel(found->blue),
	};
	void *memory;

	*problem = framebuffer_check(&mode);
	if (*problem)
		return NULL;
	memory = map_video(found->address, mode.pitch * mode.height);
	if (!memory) {
		*problem = "its memory cannot be mapped";
		return NULL;
	}
	return framebuffer_open(&mode, memory);
}

struct console *screen_open(const struct boot_info *info, const char **problem)
{
	*problem = NULL;
	/* A loader that says nothing has left the machine in text mode. */
	if (!info->has_framebuffer || info->framebuffer.type == BOOT_SCREEN_TEXT)
		return vga_text_open(direct_map(VGA_TEXT_PHYSICAL));
	if (info->framebuffer.type == BOOT_SCREEN_COLOUR)
		return open_framebuffer(&info->framebuffer, problem);
	*problem = "its pixels are indices into a palette, not colours";
	return NULL;
}
