// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for the 16550A serial chip (National Semiconductor data sheet
 * PC16550D; register names are its).
 *
 * The interrupt handler runs on the boot CPU and shares no lock with writers and readers: bytes go
 * through two one-way channels, and both sides derive the interrupt enable register from how full
 * these are (update_interrupts).
 */
#include "drivers/console/uart16550.h"

#include "arch/board/irq.h"
#include "arch/cpu/port.h"
#include "lib/byte_channel.h"
#include "lib/compiler.h"

#include <stdbool.h>

#define TX_SIZE 16384u
#define RX_SIZE 1024u
/*
 * Room for bytes that a sender still sends after it was asked to stop: its FIFO, and its reaction
 * time.
 */
#define RX_SPARE 256u

#define RBR_THR 0
#define IER 1
#define IIR_FCR 2
#define LCR 3
#define MCR 4
#define LSR 5
#define MSR 6

#define IER_RECEIVE 0x01
#define IER_TRANSMIT 0x02
#define IIR_NOTHING 0x01
#define IIR_FIFOS 0xC0
#define FCR_ENABLE_CLEAR 0x07
/* Interrupt at 4 bytes of 16: Umbra has a millisecond, the time of 12 more, to fetch them. */
#define FCR_TRIGGER_4 0x40
#define LCR_8N1 0x03
#define LCR_DIVISOR 0x80
#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08	/* on a PC it lets the interrupt through to the controller */
#define MCR_LOOPBACK 0x10
#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_BREAK 0x10
#define LSR_ROOM 0x20

#define DIVISOR_115200 1
#define FIFO_DEPTH 16
/* One byte takes 87 us, one port access about 1 us. */
#define POLLS_A_BYTE 100000u
/* A chip that takes bytes at once (a virtual one) would keep the handler busy for long. */
#define ROUNDS_AN_INTERRUPT 4

struct uart16550 {
	struct console console;
	uint16_t port;
	uint8_t line;
	uint8_t burst;			/* bytes the chip takes once it says that it has room */
	bool started;			/* writes do not wait any more */
	bool polled;			/* no interrupts: uart16550_poll is called instead */
	bool missed_room;		/* room() offered less than was wanted */
	uint32_t overruns;
	struct byte_channel tx;		/* write() to interrupt handler */
	struct byte_channel rx;		/* interrupt handler to read() */
	uint8_t tx_data[TX_SIZE];
	uint8_t rx_data[RX_SIZE];
};

static struct uart16550 uarts[] = {
	{ .console = { .name = "com1" }, .port = 0x3F8, .line = 4 },
	{ .console = { .name = "com2" }, .port = 0x2F8, .line = 3 },
};

static struct uart16550 *uart_of(struct console *console)
{
	return container_of(console, struct uart16550, console);
}

static uint8_t chip_read(const struct uart16550 *uart, unsigned reg)
{
	return port_in8((uint16_t)(uart->port + reg));
}

static void chip_write(const struct uart16550 *uart, unsigned reg, uint8_t value)
{
	port_out8((uint16_t)(uart->port + reg), value);
}

/* Reading LSR clears its overrun bit, so the driver reads it only here, and counts overruns. */
static uint8_t line_status(struct uart16550 *uart)
{
	uint8_t status = chip_read(uart, LSR);

	/* A chip that is gone reads as all ones; it is treated as having room and no data. */
	if (status == 0xFF)
		return LSR_ROOM;
	if (status & LSR_OVERRUN)
		uart->overruns++;
	return status;
}

static uint8_t wanted_interrupts(const struct uart16550 *uart)
{
	if (uart->polled)
		return 0;
	return (uint8_t)((channel_room(&uart->rx) > 0 ? IER_RECEIVE : 0) |
			 (channel_used(&uart->tx) > 0 ? IER_TRANSMIT : 0));
}

/*
 * To be called after any change of a channel.  Two CPUs may do this at once, and the one with older
 * values may write IER last; but each checks again after its write, so IER ends up right.  When its
 * transmit bit goes from 0 to 1 the chip raises an interrupt if it has room already.
 */
static void update_interrupts(struct uart16550 *uart)
{
	uint8_t value;

	do {
		value = wanted_interrupts(uart);
		chip_write(uart, IER, value);
	} while (value != wanted_interrupts(uart));
}

static bool wants_more(const struct uart16550 *uart)
{
	return channel_room(&uart->rx) > RX_SPARE;
}

/* Asks the other end to hold on while there is little room for its bytes. */
static void update_flow_control(struct uart16550 *uart)
{
	uint8_t always = MCR_DTR | (uart->polled ? 0 : MCR_OUT2), rts;

	do {
		rts = wants_more(uart) ? MCR_RTS : 0;
		chip_write(uart, MCR, (uint8_t)(always | rts));
	} while ((rts != 0) != wants_more(uart));
}

/* Fetches input while there is room for it; true when there was any. */
static bool receive(struct uart16550 *uart)
{
	bool any = false;

	while (channel_room(&uart->rx) > 0) {
		uint8_t status = line_status(uart);
		uint8_t byte;

		if (!(status & LSR_DATA))
			break;
		byte = chip_read(uart, RBR_THR);
		/* With a break on the line comes a zero byte, which is no key. */
		if (status & LSR_BREAK)
			continue;
		channel_put(&uart->rx, byte);
		any = true;
	}
	return any;
}

static void transmit(struct uart16550 *uart)
{
	uint8_t byte;

	if (!(line_status(uart) & LSR_ROOM))
		return;
	for (unsigned i = 0; i < uart->burst && channel_take(&uart->tx, &byte); i++)
		chip_write(uart, RBR_THR, byte);
}

/*
 * The interrupt line is edge-triggered: it must go low before the handler returns, or no
 * interrupt arrives again.  Reading IIR clears the transmit interrupt; but that was
 * raised only because there are bytes to send, so the next round sends some.
 */
static bool more_to_do(const struct uart16550 *uart)
{
	return !(chip_read(uart, IIR_FCR) & IIR_NOTHING);
}

static void uart_interrupt(void *context)
{
	struct uart16550 *uart = context;
	bool news = false;
	unsigned rounds = 0;

	do {
		news |= receive(uart);
		transmit(uart);
		update_interrupts(uart);
		update_flow_control(uart);
	} while (more_to_do(uart) && ++rounds < ROUNDS_AN_INTERRUPT);
	if (rounds == ROUNDS_AN_INTERRUPT) {
		/* Lowers the interrupt line, and raises it again if there is more to do. */
		chip_write(uart, IER, 0);
		update_interrupts(uart);
	}

	if (READ_ONCE(uart->missed_room) && channel_room(&uart->tx) >= TX_SIZE / 2) {
		WRITE_ONCE(uart->missed_room, false);
		news = true;
	}
	if (news && uart->console.activity)
		uart->console.activity(uart->console.activity_context);
}

/* False when the chip does not send its bytes. */
static bool wait_for_room(struct uart16550 *uart)
{
	for (unsigned i = 0; i < POLLS_A_BYTE; i++)
		if (line_status(uart) & LSR_ROOM)
			return true;
	return false;
}

static void uart_write_sync(struct console *console, const void *data, size_t length)
{
	struct uart16550 *uart = uart_of(console);
	const uint8_t *bytes = data;
	uint8_t byte;

	while (channel_used(&uart->tx) > 0) {
		if (!wait_for_room(uart))
			return;
		if (channel_take(&uart->tx, &byte))
			chip_write(uart, RBR_THR, byte);
	}
	for (size_t i = 0; i < length; i++) {
		if (!wait_for_room(uart))
			return;
		chip_write(uart, RBR_THR, bytes[i]);
	}
}

static size_t uart_room(struct console *console, size_t wanted)
{
	struct uart16550 *uart = uart_of(console);
	size_t room;

	if (!uart->started)
		return wanted;
	/* Set before the channel is read, or the handler could make room unseen in between. */
	WRITE_ONCE(uart->missed_room, true);
	room = channel_room(&uart->tx);
	if (room < wanted)
		return room;
	WRITE_ONCE(uart->missed_room, false);
	return wanted;
}

static size_t uart_write(struct console *console, const void *data, size_t length)
{
	struct uart16550 *uart = uart_of(console);
	const uint8_t *bytes = data;
	size_t done = 0;

	if (!uart->started) {
		uart_write_sync(console, data, length);
		return length;
	}
	while (done < length && channel_put(&uart->tx, bytes[done]))
		done++;
	update_interrupts(uart);
	return done;
}

static size_t uart_read(struct console *console, void *buffer, size_t size)
{
	struct uart16550 *uart = uart_of(console);
	uint8_t *bytes = buffer;
	size_t done = 0;

	if (!uart->started)
		receive(uart);
	while (done < size && channel_take(&uart->rx, &bytes[done]))
		done++;
	if (done > 0 && uart->started) {
		update_interrupts(uart);
		update_flow_control(uart);
	}
	return done;
}

static const struct console_ops uart_ops = {
	.room = uart_room,
	.write = uart_write,
	.read = uart_read,
	.write_sync = uart_write_sync,
};

/* In loopback mode the modem outputs come back as inputs: OUT2 and RTS as DCD and CTS. */
static bool chip_present(const struct uart16550 *uart)
{
	bool present;

	chip_write(uart, MCR, MCR_LOOPBACK | MCR_OUT2 | MCR_RTS);
	present = (chip_read(uart, MSR) & 0xF0) == 0x90;
	chip_write(uart, MCR, MCR_DTR | MCR_RTS);
	return present;
}

static void set_line(const struct uart16550 *uart)
{
	chip_write(uart, LCR, LCR_DIVISOR);
	chip_write(uart, RBR_THR, DIVISOR_115200);
	chip_write(uart, IER, 0);
	chip_write(uart, LCR, LCR_8N1);
}

struct console *uart16550_open(unsigned number)
{
	struct uart16550 *uart;

	if (number < 1 || number > ARRAY_SIZE(uarts))
		return NULL;
	uart = &uarts[number - 1];
	if (!chip_present(uart))
		return NULL;
	uart->console.ops = &uart_ops;
	uart->tx = (struct byte_channel){ .data = uart->tx_data, .size = TX_SIZE };
	uart->rx = (struct byte_channel){ .data = uart->rx_data, .size = RX_SIZE };
	chip_write(uart, IER, 0);
	set_line(uart);
	chip_write(uart, IIR_FCR, FCR_ENABLE_CLEAR | FCR_TRIGGER_4);
	/* The 8250 and the 16450 have no FIFOs, the first 16550 has broken ones. */
	uart->burst = (chip_read(uart, IIR_FCR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_DEPTH : 1;
	return &uart->console;
}

int uart16550_start(struct console *console)
{
	struct uart16550 *uart = uart_of(console);
	int error = irq_register(uart->line, uart_interrupt, uart);

	uart->polled = error != 0;
	uart->started = true;
	/* Clears an interrupt that is pending, so that the line starts low. */
	chip_read(uart, IIR_FCR);
	update_flow_control(uart);
	update_interrupts(uart);
	return error;
}

void uart16550_poll(struct console *console)
{
	uart_interrupt(uart_of(console));
}

uint32_t uart16550_overruns(const struct console *console)
{
	return container_of(console, const struct uart16550, console)->overruns;
}
