/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device page (generations A and B): mapping it, finding a record, and the
 * steps of a driver. Records are packed and unaligned, hence the copies.
 */
#ifndef UMBRA_GUEST_RUNTIME_DEVICE_H
#define UMBRA_GUEST_RUNTIME_DEVICE_H

#include "guest/lguest_abi.h"

#include <stdbool.h>
#include <stdint.h>

/* A record's place in the page, and a copy of its head. */
struct device {
	uint32_t offset;
	struct lguest_device head;
};

/* Whether there is a device page at all; true unless a guest defines it otherwise. */
extern bool device_page_exists;

/* Map the device page at WINDOW_DEVICES. Called once, before the others. */
void device_init(void);

/* The byte of the page at an offset below 4096. */
volatile uint8_t *device_byte(uint32_t offset);

/* The record after *device (offset and head), or the first when first is true. False at the end. */
bool device_next(struct device *device, bool first);

/* The first record of a type. */
bool device_find(enum lguest_device_type type, struct device *device);

/* The one of that number, from 0, among the records of a type. */
bool device_find_number(enum lguest_device_type type, unsigned int number, struct device *device);

/* Queue number index of a record. */
struct lguest_vqconfig device_queue(const struct device *device, unsigned int index);

/* Guest-physical address of a record, the argument of NOTIFY. */
uint32_t device_address(const struct device *device);

/* Write the status byte; NOTIFY too when tell is true. */
void device_set_status(const struct device *device, uint8_t status, bool tell);

/* The features that it offers, as far as 64 bits go. */
uint64_t device_offered(const struct device *device);

/* Reset, accept features, start: the order of a driver of generation B. */
void device_start(const struct device *device, uint64_t features);

/* Where its configuration space begins in the page. */
uint32_t device_config(const struct device *device);

/* Map size bytes of device memory from physical on; returns where. Pages are never unmapped. */
void *device_map(uint32_t physical, uint32_t size);

#endif
