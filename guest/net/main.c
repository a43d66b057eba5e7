// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network test guest. The boot word role= says what it does:
 *     test                  run the tests (or those that only=PREFIX names)
 *                           against the peer with address peer=, and power off
 *     peer                  answer: echo test frames, judge packets
 *     deaf                  never read
 *     flood                 send as fast as it can, to=ADDRESS or to all, frames
 *                           of length=N
 *     listen                hear for seconds=N, then crash with "heard N"
 *     lengths               send frames at the limits of a wire
 *     dhcp                  get an address, and the file file=NAME (dhcp.c)
 *     bench                 measure (bench.c)
 * bridges=1 says that the peer's port is one that bridges (mac-spoof=allow).
 * accept= names what it takes from the device: any of csum, tso and mrg (frames
 * without checksum, frames to be cut, several buffers a frame). Needs 8 MB.
 */
#include "guest/net/talk.h"

#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"

#include <stddef.h>

static void test_run(void)
{
	char prefix[32];

	(void)machine_word("only", prefix, sizeof(prefix));
	report_run(prefix);
}

static const struct {
	const char *name;
	void (*run)(void);
} roles[] = {
	{"test", test_run}, {"peer", peer_run},     {"deaf", deaf_run},
	{"flood", flood_run}, {"listen", listen_run}, {"bench", bench_run},
	{"lengths", lengths_run}, {"dhcp", dhcp_run},
};

void guest_main(void)
{
	char role[16];

	(void)machine_word("role", role, sizeof(role));
	(void)irq_save();
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, role) == 0)
			roles[i].run();
}
