// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends frames: copies them into the card's ring, and frees the places of sent frames when there is
 * no room, or by the timer.
 */
#include "drivers/net/net_internal.h"

#include "arch/cpu/time.h"
#include "arch/cpu/time_limit.h"
#include "lib/string.h"

#define FRAME_MIN 60u		/* without its checksum, IEEE 802.3, 4A.4.2 */

_Static_assert(WIRE_FRAME_TAGGED_MAX <= NET_BUFFER_SIZE - 16, "what a driver has room for");

static bool reclaim(struct net_device *device)
{
	int gone = device->ops->reclaim(device);

	if (gone < 0 || (unsigned)gone > device->in_flight)
		return false;
	if (gone == 0)
		return true;
	device->in_flight -= (unsigned)gone;
	device->deadline = time_ns() + NET_SEND_TIME;
	device->silent_resets = 0;
	return true;
}

static uint8_t *find_buffer(struct net_device *device)
{
	uint8_t *buffer = device->ops->send_buffer(device);

	/* An error of the card is found again, and handled, elsewhere. */
	if (!buffer && reclaim(device))
		buffer = device->ops->send_buffer(device);
	return buffer;
}

bool net_has_room(struct net_device *device)
{
	return find_buffer(device) != NULL;
}

static uint32_t fill(uint8_t *buffer, const struct net_pieces *frame)
{
	uint32_t length = frame->header_length + frame->payload_length;

	memcpy(buffer, frame->header, frame->header_length);
	memcpy(buffer + frame->header_length, frame->payload, frame->payload_length);
	if (length >= FRAME_MIN)
		return length;
	/* Padded with zeroes, not with what another guest sent from this buffer before. */
	memset(buffer + length, 0, FRAME_MIN - length);
	return FRAME_MIN;
}

static enum wire_result send(struct net_device *device, const struct net_pieces *frame)
{
	uint8_t *buffer;

	if (device->state != NET_RUNNING || !device->link) {
		device->counters.dropped++;
		return WIRE_DROPPED;
	}
	buffer = find_buffer(device);
	if (!buffer) {
		device->wants_room = true;
		net_look_after(device, NET_ROOM_PERIOD);
		return WIRE_FULL;
	}
	device->ops->send(device, fill(buffer, frame));
	if (device->in_flight++ == 0)
		device->deadline = time_ns() + NET_SEND_TIME;
	device->counters.sent++;
	return WIRE_SENT;
}

enum wire_result net_device_send(struct net_device *device, const struct net_pieces *frame)
{
	enum wire_result result;

	spin_lock(&device->lock);
	result = send(device, frame);
	spin_unlock(&device->lock);
	return result;
}

void net_device_flush(struct net_device *device)
{
	spin_lock(&device->lock);
	if (device->state == NET_RUNNING && device->in_flight > 0) {
		device->ops->kick(device);
		net_look_after(device, NET_WATCH_PERIOD);
	}
	spin_unlock(&device->lock);
}

void net_device_want_room(struct net_device *device)
{
	spin_lock(&device->lock);
	device->wants_room = true;
	net_look_after(device, NET_PAUSE_MIN);
	spin_unlock(&device->lock);
}

void net_watch_sending(struct net_device *device)
{
	if (!reclaim(device))
		net_restart(device, "it talks nonsense");
	else if (device->in_flight > 0 && device->link &&
		 time_is_really_over(&device->deadline, &device->put_off, NET_WATCH_PERIOD))
		net_restart(device, "it does not send");
}

bool net_is_sending(struct net_device *device)
{
	if (device->state != NET_RUNNING || !device->link)
		return false;
	net_watch_sending(device);
	return device->state == NET_RUNNING && device->in_flight > 0;
}
