// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walking the device page and driving the status byte. Owns the part of
 * WINDOW_DEVICES that is handed out.
 */
#include "guest/runtime/device.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"

/* Weak: guests of generation C have no device page. Not const, or the compiler would know it. */
bool __attribute__((weak)) device_page_exists = true;

static uint32_t window = WINDOW_DEVICES;
static volatile uint8_t *page;

void *device_map(uint32_t physical, uint32_t size)
{
	uint32_t start = window;

	for (uint32_t offset = 0; offset < size; offset += PAGE_SIZE) {
		paging_map(paging_kernel_space(), window, physical + offset, PTE_KERNEL);
		window += PAGE_SIZE;
	}
	return (void *)(uintptr_t)start;
}

void device_init(void)
{
	page = device_map(machine_memory(), LGUEST_DEVICE_PAGE_SIZE);
}

volatile uint8_t *device_byte(uint32_t offset)
{
	return page + offset;
}

static void copy_from_page(void *to, uint32_t offset, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = page[offset + i];
}

static bool device_load(struct device *device)
{
	if (!device_page_exists ||
	    device->offset + sizeof(device->head) > LGUEST_DEVICE_PAGE_SIZE)
		return false;
	copy_from_page(&device->head, device->offset, sizeof(device->head));
	return device->head.type != LGUEST_DEVICE_END;
}

bool device_next(struct device *device, bool first)
{
	if (first)
		device->offset = 0;
	else
		device->offset += LGUEST_DEVICE_RECORD_SIZE(device->head.num_vq,
							    device->head.feature_len,
							    device->head.config_len);
	return device_load(device);
}

bool device_find_number(enum lguest_device_type type, unsigned int number, struct device *device)
{
	for (bool more = device_next(device, true); more; more = device_next(device, false))
		if (device->head.type == type && number-- == 0)
			return true;
	return false;
}

bool device_find(enum lguest_device_type type, struct device *device)
{
	return device_find_number(type, 0, device);
}

struct lguest_vqconfig device_queue(const struct device *device, unsigned int index)
{
	struct lguest_vqconfig config;

	copy_from_page(&config, device->offset + sizeof(device->head) + index * sizeof(config),
		       sizeof(config));
	return config;
}

uint32_t device_address(const struct device *device)
{
	return machine_memory() + device->offset;
}

void device_set_status(const struct device *device, uint8_t status, bool tell)
{
	page[device->offset + offsetof(struct lguest_device, status)] = status;
	if (tell)
		hypercall_notify(device_address(device));
}

/* Where the bitmap of offered features begins; that of accepted ones follows. */
static uint32_t feature_bytes(const struct device *device)
{
	return device->offset + (uint32_t)(sizeof(device->head) +
					   device->head.num_vq * sizeof(struct lguest_vqconfig));
}

uint64_t device_offered(const struct device *device)
{
	uint32_t length = device->head.feature_len;
	uint64_t features = 0;

	copy_from_page(&features, feature_bytes(device),
		       length < sizeof(features) ? length : sizeof(features));
	return features;
}

uint32_t device_config(const struct device *device)
{
	return feature_bytes(device) + 2u * device->head.feature_len;
}

void device_start(const struct device *device, uint64_t features)
{
	uint32_t accepted = feature_bytes(device) + device->head.feature_len;
	uint8_t status = LGUEST_STATUS_ACKNOWLEDGE | LGUEST_STATUS_DRIVER;

	device_set_status(device, LGUEST_STATUS_RESET, true);
	device_set_status(device, LGUEST_STATUS_ACKNOWLEDGE, false);
	device_set_status(device, status, false);
	for (uint32_t i = 0; i < device->head.feature_len; i++)
		page[accepted + i] = i < sizeof(features) ? (uint8_t)(features >> (8 * i)) : 0;
	device_set_status(device, status, true);
	device_set_status(device, status | LGUEST_STATUS_DRIVER_OK, false);
}
