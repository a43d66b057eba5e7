// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/disk.c: devices that do not answer, requests that are given up,
 * interrupts that are missing.
 */
#include "tests/unit/disk_fixture.h"

/* --- devices that do not answer --------------------------------------------------------------- */

static void silent_once(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	revive_after = 3;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	now += 9 * SECOND;
	assert_int_not_equal(disks_tick(), 0);
	assert_int_equal(stops, 0);
	now += SECOND;
	assert_int_not_equal(disks_tick(), 0);
	assert_int_equal(stops, 1);
	assert_int_equal(port.state, DISK_REVIVING);
	silent = false;
	wait_for(&ask);
	assert_int_equal(ask.error, 0);
	assert_memory_equal(memory, media, 512);
	assert_int_equal(starts, 2);
	assert_int_equal(lost_events, 0);
}

/* Who looks too late has been held up, and so has the device: its answer is taken. */
static void looked_at_late(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	now += 60 * SECOND;
	assert_int_not_equal(disks_tick(), 0);
	silent = false;
	wait_for(&ask);
	assert_int_equal(ask.error, 0);
	assert_int_equal(stops, 0);
	assert_int_equal(starts, 1);
}

static void silent_for_ever(void **state)
{
	static struct ask first, second;
	uint64_t start = now;

	(void)state;
	silent = true;
	assert_int_equal(submit_at(&first, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	wait_for(&first);
	assert_int_equal(first.error, -E_IO);
	assert_int_equal(starts, 2);
	assert_int_equal(submit_at(&second, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	wait_for(&second);
	assert_int_equal(second.error, -E_IO);
	assert_true(now - start < 30 * SECOND);
	assert_int_equal(lost_events, 1);
	assert_int_equal(stops, 3);
	assert_int_equal(submit_at(&second, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(disks_tick(), 0);
}

static void not_to_be_revived(void **state)
{
	static struct ask asks[3];

	(void)state;
	silent = true;
	unreviving = true;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 3; i++) {
		wait_for(&asks[i]);
		assert_int_equal(asks[i].error, -E_IO);
	}
	assert_int_equal(lost_events, 1);
}

static void does_not_come_back(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	revive_after = UINT32_MAX;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(lost_events, 1);
}

/* A flush that the device is not even asked for is no sign of life from it, however many come. */
static void flushes_hide_no_silence(void **state)
{
	static struct ask hung, flush;
	uint64_t begin = now;

	(void)state;
	silent = cacheless = true;
	assert_int_equal(submit_at(&hung, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 60 && !hung.finished; i++) {
		assert_int_equal(submit_at(&flush, BLOCK_FLUSH, 0, 0, 0), BLOCK_LATER);
		assert_int_equal(flush.finished, 1);
		assert_int_equal(flush.error, 0);
		now += SECOND;
		disks_tick();
	}
	assert_int_equal(hung.finished, 1);
	assert_int_equal(hung.error, -E_IO);
	assert_true(now - begin < 20 * SECOND);
	assert_int_equal(port.resets, 2);
}

/* --- devices that want a reset over and over -------------------------------------------------- */

/* It is about one command, which fails; others do not. */
static void restarts_for_one(void **state)
{
	static struct ask bad, other;
	unsigned others = 0;

	(void)state;
	troublemaker = 100;
	assert_int_equal(submit_at(&bad, BLOCK_READ, 99, 0, 512), BLOCK_LATER);
	while (!bad.finished && others < 100) {
		assert_int_equal(submit_at(&other, BLOCK_READ, others++, 8192, 512), BLOCK_LATER);
		disk_port_interrupt(&port);
		assert_int_equal(other.finished, 1);
		assert_int_equal(other.error, 0);
	}
	assert_int_equal(bad.finished, 1);
	assert_int_equal(bad.error, -E_IO);
	assert_true(stops >= 3 && stops <= 6);
	assert_int_equal(lost_events, 0);
}

/* It is about all of them: two fail, and then the port is lost. */
static void restarts_without_end(void **state)
{
	static struct ask asks[3];

	(void)state;
	troublemaker = 100;
	port.depth = 1;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, 99, i * 4096, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 100 && port.state != DISK_LOST; i++)
		disk_port_interrupt(&port);
	assert_int_equal(port.state, DISK_LOST);
	assert_int_equal(lost_events, 1);
	assert_true(stops <= 12);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(asks[i].finished, 1);
		assert_int_equal(asks[i].error, -E_IO);
	}
	assert_int_equal(disks_tick(), 0);
}

/* Both together end as well: the limit of one may be passed by the time the other asks. */
static void restarts_then_silence(void **state)
{
	static struct ask asks[4];

	(void)state;
	troublemaker = 100;
	port.depth = 1;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, 99, i * 4096, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 4; i++)
		disk_port_interrupt(&port);
	assert_int_equal(port.state, DISK_RUNNING);
	silent = true;
	for (unsigned i = 0; i < 4; i++)
		wait_for(&asks[i]);
	assert_int_equal(lost_events, 1);
}

/* A link that comes back while nothing is in flight never costs the port, however often. */
static void restarts_at_rest(void **state)
{
	static struct ask ask;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		spin_lock(&port.lock);
		disk_port_restart(&port);
		spin_unlock(&port.lock);
	}
	assert_int_equal(stops, 20);
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	assert_int_equal(lost_events, 0);
}

/* --- stopping --------------------------------------------------------------------------------- */

/* What was in flight is neither finished nor started again before the device has let go of it. */
static void slow_to_stop(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	stops_after = 5;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	now += 9 * SECOND;
	(void)disks_tick();
	now += SECOND;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t before = now;

		assert_int_equal(disks_tick(), 1000000);
		assert_true(now - before < 20000);
		assert_int_equal(port.state, DISK_STOPPING);
		assert_int_equal(starts, 1);
	}
	silent = false;
	wait_for(&ask);
	assert_int_equal(ask.error, 0);
	assert_int_equal(stops, 1);
	assert_int_equal(starts, 2);
}

static void slow_to_stop_for_good(void **state)
{
	static struct ask ask, later;

	(void)state;
	stops_after = 3;
	silent = true;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	spin_lock(&port.lock);
	disk_port_give_up(&port, "test");
	spin_unlock(&port.lock);
	assert_int_equal(ask.finished, 0);
	assert_int_equal(submit_at(&later, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	while (disks_tick() != 0)
		assert_int_equal(ask.finished, 0);
	assert_int_equal(ask.error, -E_IO);
	assert_int_equal(later.error, -E_IO);
	assert_int_equal(lost_events, 1);
}

/* --- giving up requests ----------------------------------------------------------------------- */

/* Nobody waits in it: the clock is looked at, and time passes, some times at most. */
static bool cancel(struct ask *asks, unsigned count)
{
	struct block_request *list[8] = { NULL };
	uint64_t before = now;
	bool done;

	for (unsigned i = 0; i < count; i++)
		list[i] = &asks[i].request;
	done = disk.device.ops->cancel(&disk.device, list, count);
	assert_true(now - before < 20000);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(asks[i].finished, 0);
	return done;
}

/* As the guest's timer does; returns how long it took. */
static uint64_t drain(struct ask *asks, unsigned count)
{
	uint64_t before = now;

	while (!cancel(asks, count)) {
		now += SECOND / 1000;
		disks_tick();
	}
	return now - before;
}

static void cancelled_while_it_waits(void **state)
{
	static struct ask asks[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	assert_true(cancel(&asks[2], 1));
	wait_for(&asks[0]);
	wait_for(&asks[1]);
	assert_int_equal(starts, 2);
	assert_int_equal(asks[2].finished, 0);
	assert_int_equal(memory[8192], 0xEE);
}

/* The device goes on with it, and its memory is not free before. */
static void cancelled_in_flight(void **state)
{
	static struct ask ask;

	(void)state;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_false(cancel(&ask, 1));
	assert_int_equal(busy, 1);
	disk_port_interrupt(&port);
	assert_true(cancel(&ask, 1));
	assert_int_equal(busy, 0);
	assert_int_equal(stops, 0);
}

/* The device is stopped, so that it leaves the memory alone; another's request is started again. */
static void cancelled_in_silence(void **state)
{
	static struct ask asks[2];
	uint64_t took;

	(void)state;
	silent = true;
	stops_after = 3;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	took = drain(asks, 1);
	assert_true(took > SECOND && took < 3 * SECOND);
	assert_int_equal(stops, 1);
	silent = false;
	memset(memory, 0x11, 512);
	wait_for(&asks[1]);
	assert_int_equal(asks[1].error, 0);
	assert_int_equal(asks[0].finished, 0);
	assert_int_equal(memory[0], 0x11);
}

/* One deadline for all requests of a guest, waiting ones too; none is started again. */
static void all_cancelled_in_silence(void **state)
{
	static struct ask mine[7], other;

	(void)state;
	silent = true;
	port.depth = 4;
	assert_int_equal(submit_at(&other, BLOCK_READ, 40, 65536, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(submit_at(&mine[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	/* The seventh was never submitted. */
	assert_true(drain(mine, 7) < 3 * SECOND);
	assert_int_equal(stops, 1);
	assert_int_equal(starts, 4 + 1);
	silent = false;
	wait_for(&other);
	assert_int_equal(other.error, 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(mine[i].finished, 0);
		assert_int_equal(memory[i * 4096], 0xEE);
	}
	assert_int_equal(starts, 4 + 1);
}

/* A port that is reset over and over for the ends of others: nobody's command fails of that. */
static void bystander_of_cancels(void **state)
{
	static struct ask mine, other;

	(void)state;
	silent = true;
	assert_int_equal(submit_at(&other, BLOCK_FLUSH, 0, 0, 0), BLOCK_LATER);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(submit_at(&mine, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
		drain(&mine, 1);
	}
	assert_int_equal(stops, 20);
	assert_int_equal(other.finished, 0);
	silent = false;
	wait_for(&other);
	assert_int_equal(other.error, 0);
	assert_int_equal(lost_events, 0);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static void interrupts_that_never_come(void **state)
{
	static struct ask ask;

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	assert_false(port.watch.is_polled);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_true(disk_port_interrupt(&port));
	assert_false(disk_port_interrupt(&port));
	assert_int_equal(ask.finished, 1);
	for (unsigned i = 0; i < 8; i++)
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	assert_true(port.watch.is_polled);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_true(timer_period == IRQ_POLL_PERIOD);
	wait_for(&ask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(silent_once),
		DISK_TEST(looked_at_late),
		DISK_TEST(silent_for_ever),
		DISK_TEST(not_to_be_revived),
		DISK_TEST(does_not_come_back),
		DISK_TEST(flushes_hide_no_silence),
		DISK_TEST(restarts_for_one),
		DISK_TEST(restarts_without_end),
		DISK_TEST(restarts_then_silence),
		DISK_TEST(restarts_at_rest),
		DISK_TEST(slow_to_stop),
		DISK_TEST(slow_to_stop_for_good),
		DISK_TEST(cancelled_while_it_waits),
		DISK_TEST(cancelled_in_flight),
		DISK_TEST(cancelled_in_silence),
		DISK_TEST(all_cancelled_in_silence),
		DISK_TEST(bystander_of_cancels),
		DISK_TEST(interrupts_that_never_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
