// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers entropy.  One pool for the machine, under a lock; each CPU notes the
 * moments of its interrupts by itself and takes the lock once a batch.
 */
#include "hv/devices/entropy.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_features.h"
#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "arch/cpu/random.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/time.h"
#include "arch/cpu/x86.h"
#include "lib/entropy_pool.h"
#include "lib/string.h"

/*
 * What a word of the CPU's is taken to be worth: all its bits from RDSEED, half of them from
 * RDRAND, since one seed of its generator produces many words.
 */
#define RDSEED_BITS 32u
#define RDRAND_BITS 16u

/* Moments noted at boot at most, which take some milliseconds; and in one entropy_gather. */
#define BOOT_EVENTS 8192u
#define GATHER_EVENTS 32u

/* Port B of the board's logic, harmless to read; the bus it is on has a clock of its own. */
#define PORT_SYSTEM_B 0x61

/*
 * The least distance, in TSC ticks, between interrupts that are noted: a guest's timers can cause
 * as many as it likes, and noting each would cost time.
 */
#define NOTE_TICKS (1u << 20)

static struct spinlock lock = SPINLOCK(LOCK_ENTROPY);
static struct entropy_pool pool;		/* under the lock; generation is read without */
static struct jitter jitters[MAX_CPUS];		/* each its CPU's own */
static bool has_rdseed, has_rdrand;		/* gave numbers at least once */
static unsigned boot_events;			/* moments noted at boot, by entropy_gather */

/* Called with the lock held, or at boot. */
static void add_words(const uint32_t *words, unsigned count, unsigned bits_each)
{
	entropy_pool_add(&pool, words, count * sizeof(*words), count * bits_each);
}

static void add_cpu_numbers(void)
{
	uint32_t words[CPU_RANDOM_WORDS];
	unsigned count = cpu_read_rdseed(words);

	has_rdseed |= count > 0;
	add_words(words, count, RDSEED_BITS);
	count = cpu_read_rdrand(words);
	has_rdrand |= count > 0;
	add_words(words, count, RDRAND_BITS);
	memory_wipe(words, sizeof(words));
}

/*
 * These values differ between boots and machines, but can be guessed, so they count as no entropy.
 */
static void add_circumstances(void)
{
	struct {
		uint64_t tsc, wall;
		struct cpu_features cpu;
	} facts;

	memset(&facts, 0, sizeof(facts));
	facts.tsc = read_tsc();
	facts.wall = time_wall_ns();
	facts.cpu = *cpu_features();
	entropy_pool_add(&pool, &facts, sizeof(facts), 0);
}

static bool has_enough_jitter(void)
{
	return boot_events >= BOOT_EVENTS || entropy_pool_is_full(&pool);
}

void entropy_gather(void)
{
	struct jitter *jitter = &jitters[this_cpu()->id];

	jitter_resume(jitter);
	for (unsigned i = 0; i < GATHER_EVENTS && !has_enough_jitter(); i++) {
		boot_events++;
		(void)port_in8(PORT_SYSTEM_B);
		if (jitter_note(jitter, (uint32_t)read_tsc()))
			jitter_take(jitter, &pool);
	}
}

static void report(void)
{
	log_event("entropy", "bits=%u sources=%s%sjitter", pool.best, has_rdseed ? "rdseed+" : "",
		  has_rdrand ? "rdrand+" : "");
}

void entropy_init(void)
{
	add_cpu_numbers();
}

void entropy_finish(void)
{
	add_circumstances();
	while (!has_enough_jitter())
		entropy_gather();
	jitter_take(&jitters[this_cpu()->id], &pool);
	entropy_pool_reseed(&pool);
	report();
	if (pool.best < ENTROPY_FULL)
		log_warn("entropy", "guests' random numbers can be guessed until event=entropy "
			 "says bits=%u", ENTROPY_FULL);
}

/* True when keys are good for the first time. */
static bool take_batch(struct jitter *jitter)
{
	unsigned before = pool.best;

	jitter_take(jitter, &pool);
	add_cpu_numbers();
	if (entropy_pool_is_full(&pool))
		entropy_pool_reseed(&pool);
	return before < pool.best;
}

/* A function of its own, so that most interrupts cost only the comparison below. */
static void __noinline note(struct jitter *jitter, uint32_t now)
{
	bool better;

	if (!jitter_note(jitter, now))
		return;
	spin_lock(&lock);
	better = take_batch(jitter);
	spin_unlock(&lock);
	if (better)
		report();
}

void entropy_note(void)
{
	struct jitter *jitter = &jitters[this_cpu()->id];
	uint32_t now = (uint32_t)read_tsc();

	if (unlikely(now - jitter->last >= NOTE_TICKS))
		note(jitter, now);
}

void entropy_freshen(struct csprng *generator, uint32_t *generation)
{
	if (likely(*generation == READ_ONCE(pool.generation)))
		return;
	spin_lock(&lock);
	entropy_pool_seed(&pool, generator);
	*generation = pool.generation;
	spin_unlock(&lock);
}
