// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for the keyboard controller (Intel 8042; IBM, Personal System/2
 * Hardware Interface Technical Reference, "Keyboard and Auxiliary Device
 * Controller").  It translates to scan code set 1, which is what the firmware
 * expects of it too.
 */
#include "drivers/console/ps2_keyboard.h"

#include "arch/board/irq.h"
#include "arch/cpu/port.h"
#include "drivers/console/ps2_decoder.h"
#include "lib/byte_channel.h"
#include "lib/compiler.h"

#include <stdbool.h>

#define DATA_PORT 0x60
#define COMMAND_PORT 0x64	/* read: status */
#define LINE 1u

#define STATUS_OUTPUT BIT(0)	/* there is a byte to be read */
#define STATUS_INPUT BIT(1)	/* the byte written last is not taken yet */
#define STATUS_MOUSE BIT(5)	/* the byte to be read is the mouse's */
#define STATUS_NOTHING 0xFF	/* there is no controller */

#define COMMAND_READ_CONFIG 0x20
#define COMMAND_WRITE_CONFIG 0x60
#define COMMAND_MOUSE_OFF 0xA7
#define COMMAND_KEYBOARD_OFF 0xAD
#define COMMAND_KEYBOARD_ON 0xAE

#define CONFIG_KEYBOARD_INTERRUPT BIT(0)
#define CONFIG_MOUSE_INTERRUPT BIT(1)
#define CONFIG_KEYBOARD_OFF BIT(4)
#define CONFIG_MOUSE_OFF BIT(5)
#define CONFIG_TRANSLATE BIT(6)

#define KEYBOARD_ENABLE 0xF4	/* to the keyboard: send scan codes */

/* One read of the status takes about a microsecond; a controller answers within a millisecond. */
#define POLLS 20000u

/* Controller and keyboard hold fewer bytes; a broken controller would have some for ever. */
#define BYTES_AN_INTERRUPT 32u

#define CHANNEL_SIZE 256u

struct ps2_keyboard {
	struct console console;
	struct ps2_decoder decoder;
	struct byte_channel keys;	/* interrupt handler to read() */
	uint8_t keys_data[CHANNEL_SIZE];
};

static uint8_t status(void)
{
	return port_in8(COMMAND_PORT);
}

/* False when the bit of the status does not become what is wanted. */
static bool wait_status(uint8_t bit, bool wanted)
{
	for (unsigned i = 0; i < POLLS; i++)
		if (((status() & bit) != 0) == wanted)
			return true;
	return false;
}

static bool send(uint16_t port, uint8_t byte)
{
	if (!wait_status(STATUS_INPUT, false))
		return false;
	port_out8(port, byte);
	return true;
}

static bool receive(uint8_t *byte)
{
	if (!wait_status(STATUS_OUTPUT, true))
		return false;
	*byte = port_in8(DATA_PORT);
	return true;
}

/* Drops keys that were typed earlier and that the boot loader did not fetch. */
static void drop_output(void)
{
	for (unsigned i = 0; i < BYTES_AN_INTERRUPT && status() & STATUS_OUTPUT; i++)
		port_in8(DATA_PORT);
}

static bool set_up_controller(void)
{
	uint8_t config;

	if (status() == STATUS_NOTHING)
		return false;
	/* Both devices are silenced, so that the next byte is the controller's answer. */
	if (!send(COMMAND_PORT, COMMAND_KEYBOARD_OFF) || !send(COMMAND_PORT, COMMAND_MOUSE_OFF))
		return false;
	drop_output();
	if (!send(COMMAND_PORT, COMMAND_READ_CONFIG) || !receive(&config))
		return false;
	config |= CONFIG_KEYBOARD_INTERRUPT | CONFIG_TRANSLATE | CONFIG_MOUSE_OFF;
	config &= (uint8_t)~(CONFIG_MOUSE_INTERRUPT | CONFIG_KEYBOARD_OFF);
	return send(COMMAND_PORT, COMMAND_WRITE_CONFIG) && send(DATA_PORT, config) &&
	       send(COMMAND_PORT, COMMAND_KEYBOARD_ON);
}

static void take_code(struct ps2_keyboard *keyboard, uint8_t code)
{
	uint8_t bytes[PS2_KEY_MAX];
	size_t length = ps2_decode(&keyboard->decoder, code, bytes);

	/* A key's sequence is taken as a whole or not at all. */
	if (length > channel_room(&keyboard->keys))
		return;
	for (size_t i = 0; i < length; i++)
		channel_put(&keyboard->keys, bytes[i]);
}

static void keyboard_interrupt(void *context)
{
	struct ps2_keyboard *keyboard = context;

	for (unsigned i = 0; i < BYTES_AN_INTERRUPT; i++) {
		uint8_t now = status(), byte;

		if (!(now & STATUS_OUTPUT) || now == STATUS_NOTHING)
			break;
		byte = port_in8(DATA_PORT);
		if (!(now & STATUS_MOUSE))
			take_code(keyboard, byte);
	}
	if (channel_used(&keyboard->keys) > 0 && keyboard->console.activity)
		keyboard->console.activity(keyboard->console.activity_context);
}

/* --- the console -------------------------------------------------------------------- */

static size_t keyboard_room(struct console *console, size_t wanted)
{
	(void)console;
	return wanted;
}

static size_t keyboard_write(struct console *console, const void *data, size_t length)
{
	(void)console;
	(void)data;
	return length;
}

static void keyboard_write_sync(struct console *console, const void *data, size_t length)
{
	(void)console;
	(void)data;
	(void)length;
}

static size_t keyboard_read(struct console *console, void *buffer, size_t size)
{
	struct ps2_keyboard *keyboard = container_of(console, struct ps2_keyboard, console);
	uint8_t *bytes = buffer;
	size_t done = 0;

	while (done < size && channel_take(&keyboard->keys, &bytes[done]))
		done++;
	return done;
}

static const struct console_ops keyboard_ops = {
	.room = keyboard_room,
	.write = keyboard_write,
	.read = keyboard_read,
	.write_sync = keyboard_write_sync,
};

static struct ps2_keyboard ps2_keyboard = {
	.console = { .name = "keyboard", .ops = &keyboard_ops },
};

struct console *ps2_keyboard_open(void)
{
	struct ps2_keyboard *keyboard = &ps2_keyboard;

	keyboard->decoder = (struct ps2_decoder){ .held = 0 };
	keyboard->keys = (struct byte_channel){ .data = keyboard->keys_data, .size = CHANNEL_SIZE };
	return set_up_controller() ? &keyboard->console : NULL;
}

int ps2_keyboard_start(struct console *console)
{
	struct ps2_keyboard *keyboard = container_of(console, struct ps2_keyboard, console);
	int error = irq_register(LINE, keyboard_interrupt, keyboard);

	if (error)
		return error;
	/* Firmware may have left it disabled.  Its answer, if any, is no scan code of a key. */
	send(DATA_PORT, KEYBOARD_ENABLE);
	/*
	 * The line is edge-triggered: bytes that are pending must be fetched, or it never falls and
	 * rises again.
	 */
	keyboard_interrupt(keyboard);
	return 0;
}
