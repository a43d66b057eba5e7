// SPDX-License-Identifier: GPL-2.0-only
/*
 * A station that knows nothing: asks for an address (DHCP, RFC 2131), finds the
 * server's station (ARP, RFC 826), fetches the file `file=NAME` from it (TFTP, RFC
 * 1350), and says what it got:
 *     DHCP 10.0.2.15 from 10.0.2.2
 *     FILE 70000 bytes, sum 12345678
 * Every frame is asked for again when no answer comes.
 */
#include "guest/net/talk.h"

#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define TYPE_ARP 0x0806u
#define IP ETHERNET_SIZE
#define IP_SIZE 20u
#define UDP (IP + IP_SIZE)
#define UDP_SIZE 8u
#define BODY (UDP + UDP_SIZE)
#define PROTOCOL_UDP 17u

#define ATTEMPTS 100u
#define ASK_AGAIN_MS 500u

#define PORT_DHCP_SERVER 67u
#define PORT_DHCP_CLIENT 68u
#define PORT_TFTP 69u
#define PORT_OURS 4711u

/* Places in a DHCP message, RFC 2131, 2; options begin with a cookie. */
#define DHCP_XID 4u
#define DHCP_YOURS 16u
#define DHCP_ADDRESS 28u
#define DHCP_COOKIE 236u
#define DHCP_OPTIONS 240u
#define DHCP_SIZE 300u
enum { DHCP_DISCOVER = 1, DHCP_OFFER, DHCP_REQUEST, DHCP_ACK = 5 };
enum { OPTION_ADDRESS = 50, OPTION_KIND = 53, OPTION_SERVER = 54, OPTION_END = 255 };

enum { TFTP_READ = 1, TFTP_DATA = 3, TFTP_ACK };
#define TFTP_BLOCK 512u

static const uint8_t broadcast[NET_ADDRESS_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
static const uint8_t cookie[4] = {99, 130, 83, 99};
static const uint8_t nowhere[4], everywhere[4] = {255, 255, 255, 255};

static uint8_t our_ip[4], server_ip[4], server_mac[NET_ADDRESS_SIZE];
static uint32_t received;               /* bytes of the frame in talk_in */

/* --- UDP ------------------------------------------------------------------------------ */

static uint32_t checksum(const uint8_t *bytes, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i += 2)
		sum += packet_get16(bytes + i);
	return ~((sum & 0xFFFF) + (sum >> 16));
}

/* length bytes at BODY go out; UDP's checksum may be left out (RFC 768). */
static void send_udp(const uint8_t *mac, const uint8_t *from, const uint8_t *to, uint32_t port,
		     uint32_t to_port, uint32_t length)
{
	uint8_t *ip = talk_out + IP, *udp = talk_out + UDP;

	packet_address(talk_out, mac, TYPE_IPV4);
	memset(ip, 0, IP_SIZE + UDP_SIZE);
	ip[0] = 0x45;
	packet_put16(ip + 2, IP_SIZE + UDP_SIZE + length);
	ip[8] = 64;
	ip[9] = PROTOCOL_UDP;
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	packet_put16(ip + 10, checksum(ip, IP_SIZE));
	packet_put16(udp, port);
	packet_put16(udp + 2, to_port);
	packet_put16(udp + 4, UDP_SIZE + length);
	net_send(NULL, talk_out, BODY + length);
}

/* Bytes at BODY of what came for the port; 0 for anything else. */
static uint32_t udp_for(uint32_t port)
{
	uint32_t length;

	if (received < BODY || packet_get16(talk_in + 12) != TYPE_IPV4 || talk_in[IP] != 0x45 ||
	    talk_in[IP + 9] != PROTOCOL_UDP || packet_get16(talk_in + UDP + 2) != port)
		return 0;
	length = packet_get16(talk_in + UDP + 4);
	return length > UDP_SIZE && BODY + length - UDP_SIZE <= received ? length - UDP_SIZE : 0;
}

/* Says again what send() says until is_answer() holds. */
static void insist(const char *what, void (*send)(void), bool (*is_answer)(void))
{
	struct net_header header;

	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		uint32_t end = clock_ms() + ASK_AGAIN_MS;

		send();
		while ((int32_t)(end - clock_ms()) > 0)
			if (net_wait(&header, talk_in, &received, end - clock_ms()) && is_answer())
				return;
	}
	machine_panic("no answer to %s", what);
}

/* --- DHCP -------------------------------------------------------------------------------- */

static uint8_t *put_option(uint8_t *at, uint8_t option, const uint8_t *value, uint8_t length)
{
	*at++ = option;
	*at++ = length;
	memcpy(at, value, length);
	return at + length;
}

static void send_dhcp(uint8_t kind)
{
	uint8_t *body = talk_out + BODY, *at = body + DHCP_OPTIONS;

	memset(body, 0, DHCP_SIZE);
	body[0] = body[1] = 1;
	body[2] = NET_ADDRESS_SIZE;
	body[DHCP_XID] = 0x55;
	memcpy(body + DHCP_ADDRESS, net_address(), NET_ADDRESS_SIZE);
	memcpy(body + DHCP_COOKIE, cookie, sizeof(cookie));
	at = put_option(at, OPTION_KIND, &kind, 1);
	if (kind == DHCP_REQUEST) {
		at = put_option(at, OPTION_ADDRESS, our_ip, sizeof(our_ip));
		at = put_option(at, OPTION_SERVER, server_ip, sizeof(server_ip));
	}
	*at = OPTION_END;
	send_udp(broadcast, nowhere, everywhere, PORT_DHCP_CLIENT, PORT_DHCP_SERVER, DHCP_SIZE);
}

static const uint8_t *find_option(uint8_t option, uint32_t length)
{
	const uint8_t *body = talk_in + BODY;

	for (uint32_t i = DHCP_OPTIONS; i + 1 < length && body[i] != OPTION_END;) {
		uint32_t size = body[i] == 0 ? 0 : body[i + 1] + 1u;

		if (body[i] == option && i + size < length)
			return body + i + 2;
		i += size + 1;
	}
	return NULL;
}

static bool is_dhcp(uint8_t kind)
{
	uint32_t length = udp_for(PORT_DHCP_CLIENT);
	const uint8_t *option = find_option(OPTION_KIND, length);

	return length > DHCP_OPTIONS && talk_in[BODY + DHCP_XID] == 0x55 && option &&
	       *option == kind;
}

static void discover(void)
{
	send_dhcp(DHCP_DISCOVER);
}

static bool is_offer(void)
{
	const uint8_t *server;

	if (!is_dhcp(DHCP_OFFER))
		return false;
	server = find_option(OPTION_SERVER, udp_for(PORT_DHCP_CLIENT));
	memcpy(our_ip, talk_in + BODY + DHCP_YOURS, sizeof(our_ip));
	memcpy(server_ip, server ? server : talk_in + IP + 12, sizeof(server_ip));
	return true;
}

static void request(void)
{
	send_dhcp(DHCP_REQUEST);
}

static bool is_acknowledged(void)
{
	return is_dhcp(DHCP_ACK) &&
	       memcmp(talk_in + BODY + DHCP_YOURS, our_ip, sizeof(our_ip)) == 0;
}

/* --- ARP ------------------------------------------------------------------------------------ */

static void ask_who_has(void)
{
	static const uint8_t head[8] = {0, 1, 8, 0, NET_ADDRESS_SIZE, 4, 0, 1};
	uint8_t *arp = talk_out + ETHERNET_SIZE;

	packet_address(talk_out, broadcast, TYPE_ARP);
	memset(arp, 0, TALK_FRAME_MIN - ETHERNET_SIZE);
	memcpy(arp, head, sizeof(head));
	memcpy(arp + 8, net_address(), NET_ADDRESS_SIZE);
	memcpy(arp + 14, our_ip, 4);
	memcpy(arp + 24, server_ip, 4);
	net_send(NULL, talk_out, TALK_FRAME_MIN);
}

static bool is_who_has(void)
{
	const uint8_t *arp = talk_in + ETHERNET_SIZE;

	if (received < ETHERNET_SIZE + 28 || packet_get16(talk_in + 12) != TYPE_ARP ||
	    packet_get16(arp + 6) != 2 || memcmp(arp + 14, server_ip, 4) != 0)
		return false;
	memcpy(server_mac, arp + 8, NET_ADDRESS_SIZE);
	return true;
}

/* --- TFTP ------------------------------------------------------------------------------------- */

static uint32_t block, file_bytes, file_sum;    /* blocks, bytes and their sum so far */
static uint32_t last_size = TFTP_BLOCK;
static uint32_t server_port = PORT_TFTP;

/* The first block answers the request, each other the acknowledgement of the one before it. */
static void ask_block(void)
{
	uint8_t *body = talk_out + BODY;
	uint32_t length = 4;

	if (block == 0) {
		packet_put16(body, TFTP_READ);
		(void)machine_word("file", (char *)body + 2, 64);
		length = 2 + strlen((const char *)body + 2) + 1;
		memcpy(body + length, "octet", 6);
		length += 6;
	} else {
		packet_put16(body, TFTP_ACK);
		packet_put16(body + 2, block);
	}
	send_udp(server_mac, our_ip, server_ip, PORT_OURS, server_port, length);
}

static bool is_block(void)
{
	uint32_t length = udp_for(PORT_OURS);
	const uint8_t *body = talk_in + BODY;

	if (length < 4 || packet_get16(body) != TFTP_DATA || packet_get16(body + 2) != block + 1)
		return false;
	block++;
	server_port = packet_get16(talk_in + UDP);
	last_size = length - 4;
	for (uint32_t i = 0; i < last_size; i++)
		file_sum = file_sum * 31 + body[4 + i];
	file_bytes += last_size;
	return true;
}

void dhcp_run(void)
{
	if (!talk_start(NET_SEND_ALL))
		machine_panic("no network");
	insist("DISCOVER", discover, is_offer);
	insist("REQUEST", request, is_acknowledged);
	print("DHCP %u.%u.%u.%u from %u.%u.%u.%u\n", our_ip[0], our_ip[1], our_ip[2], our_ip[3],
	      server_ip[0], server_ip[1], server_ip[2], server_ip[3]);
	insist("ARP", ask_who_has, is_who_has);
	while (last_size == TFTP_BLOCK)
		insist("TFTP", ask_block, is_block);
	ask_block();
	print("FILE %u bytes, sum %x\n", file_bytes, file_sum);
}
