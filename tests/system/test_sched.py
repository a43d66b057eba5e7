# SPDX-License-Identifier: GPL-2.0-only
"""
Who gets how much of the processor: weights, caps, many guests, idle guests.
Measured by guest/worker, which counts work between two moments that are the
same for all guests; time goes by instructions, so no load of the host's shows.
"""

import re

import pytest

from test_disks import drives

ICOUNT = ['-icount', 'shift=3,sleep=off']
# A machine of half the speed, for what takes many instructions a second.
SLOWER = ['-icount', 'shift=4,sleep=off']
FROM, TO = 2000, 10000      # ms of the machine's clock
TOLERANCE = 0.05
MANY = 32
MEMORY = '512M'


def worker(name, words='', more=''):
    return (f'worker guest={name} kernel mem=2M shadow=1M {words} -- '
            f'name={name} from={FROM} to={TO} {more}')


def run_machine(machine, build, modules, workers, **options):
    """
    What each of these workers reports, a dict of its numbers; other guests are
    killed when the last one is done.
    """
    m = machine(build, modules, memory=MEMORY, extra=ICOUNT, options='', **options)
    for name in workers:
        m.event('guest-exit', guest=name, reason='poweroff', timeout=120)
    found = {}
    for line in m.lines:
        if match := re.fullmatch(r'(?:\[\w+\] )?(\w+): (rounds=.*)', line):
            found[match[1]] = {key: int(value) for key, value in
                               re.findall(r'(\w+)=(\d+)', match[2])}
    assert sorted(found) == sorted(workers), m.tail()
    return m, found


def rounds_of(machine, build, modules, workers):
    _, found = run_machine(machine, build, modules, workers)
    return [found[name]['rounds'] for name in workers]


@pytest.fixture(scope='session')
def full_speed(build, session_machine):
    """How much a worker does that has the machine for itself."""
    m, found = run_machine(session_machine, build, [worker('alone')], ['alone'])
    # With sleep=off a machine that waits is as busy as one that works.
    m.close()
    return found['alone']['rounds']


def assert_share(rounds, full, share):
    assert abs(rounds / full / share - 1) < TOLERANCE, f'{rounds} of {full} is not {share:.4f}'


# --- steal time --------------------------------------------------------------------------


@pytest.mark.parametrize('words, share', [
    ({'alone': ''}, 0),
    ({'capped': 'cap=25'}, 0.75),
    ({'one': '', 'two': ''}, 0.5),
    ({'one': 'weight=100', 'two': 'weight=300'}, {'one': 0.75, 'two': 0.25}),
])
def test_steal_time(machine, build, words, share):
    """What a guest is kept from is told to it: all that others run, or its cap forbids."""
    modules = [worker(name, word, 'steal') for name, word in words.items()]
    _, found = run_machine(machine, build, modules, list(words))
    for name in words:
        wanted = share[name] if isinstance(share, dict) else share
        stolen = found[name]['stolen'] / (TO - FROM)
        assert abs(stolen - wanted) < TOLERANCE / 2, f'{name} lost {stolen:.3f}, not {wanted}'


# --- weights -----------------------------------------------------------------------------


@pytest.mark.parametrize('weights', [(100, 200, 400), (1, 2, 4), (250, 500, 1000)])
def test_weights(machine, build, full_speed, weights):
    names = ['one', 'two', 'three']
    modules = [worker(name, f'weight={weight}') for name, weight in zip(names, weights)]
    for rounds, weight in zip(rounds_of(machine, build, modules, names), weights):
        assert_share(rounds, full_speed, weight / sum(weights))


@pytest.mark.parametrize('weights', [(100,), (100, 200, 400)])
def test_many(machine, build, full_speed, weights):
    """32 guests on 512 MB: all are there, and each gets its part."""
    names = [f'w{i}' for i in range(MANY)]
    weight_of = {name: weights[i % len(weights)] for i, name in enumerate(names)}
    modules = [worker(name, f'weight={weight_of[name]}') for name in names]
    for name, rounds in zip(names, rounds_of(machine, build, modules, names)):
        assert_share(rounds, full_speed, weight_of[name] / sum(weight_of.values()))


def test_many_modules(machine, build, tmp_path):
    """32 guests with a kernel, an initial RAM disk and a disk each."""
    names = [f'g{i}' for i in range(MANY)]
    disk = tmp_path / 'disk'
    disk.write_bytes(bytes(65536))
    modules = [f'demo guest={name} kernel mem=4M shadow=1M -- name={name}' for name in names]
    modules += [f'{disk} guest={name} {role}' for name in names for role in ('initrd', 'disk')]
    m = machine(build, modules, memory=MEMORY, extra=ICOUNT)
    for name in names:
        m.event('guest-ready', guest=name)
    assert not m.events('module-error')
    m.expect('g0> ')
    for name in names[1:]:
        m.wait_line(rf'^\[{name}\] This is {name},')
    assert not m.events('guest-exit')
    m.wait(lambda: m.command('guests', rf'^{MANY} +g{MANY - 1} +(\w+) ')[1] == 'waiting',
           'the last one to wait', step=0.1)


def test_idle_guests_cost_nothing(machine, build, full_speed):
    """A guest computes as fast beside 31 that wait as alone."""
    modules = [worker('busy')]
    modules += [f'demo guest=idle{i} kernel mem=4M shadow=1M' for i in range(MANY - 1)]
    m, found = run_machine(machine, build, modules, ['busy'])
    assert len(m.events('guest-ready')) == MANY
    assert found['busy']['rounds'] > full_speed * 0.995


# --- caps --------------------------------------------------------------------------------


@pytest.mark.parametrize('cap', [1, 10, 50, 90])
def test_cap_alone(machine, build, full_speed, cap):
    """A cap holds also where nobody else wants the processor."""
    m, found = run_machine(machine, build, [worker('capped', f'cap={cap}')], ['capped'])
    assert_share(found['capped']['rounds'], full_speed, cap / 100)
    # By Umbra's own account too, which has the time before the guest was ready.
    end = m.event('guest-exit')
    ran, at = int(end['run'][:-2]) / 1000, float(end['at'])
    lived = at - float(m.event('guest-ready')['at'])
    assert lived * (1 - TOLERANCE) <= ran / (cap / 100) <= (at + 0.11) * (1 + TOLERANCE)


def test_cap_of_all_is_none(machine, build, full_speed):
    rounds, = rounds_of(machine, build, [worker('free', 'cap=100')], ['free'])
    assert rounds == pytest.approx(full_speed, rel=0.001)


def test_caps_and_weights(machine, build, full_speed):
    """What a cap leaves goes to the others by their weights."""
    modules = [worker('capped', 'cap=20 weight=1000'), worker('one', 'weight=100'),
               worker('three', 'weight=300')]
    names = ['capped', 'one', 'three']
    for rounds, share in zip(rounds_of(machine, build, modules, names), [0.2, 0.2, 0.6]):
        assert_share(rounds, full_speed, share)


def test_cap_above_the_share(machine, build, full_speed):
    modules = [worker('capped', 'cap=60'), worker('other')]
    for rounds in rounds_of(machine, build, modules, ['capped', 'other']):
        assert_share(rounds, full_speed, 0.5)


def test_all_capped(machine, build, full_speed):
    names = [f'w{i}' for i in range(MANY)]
    modules = [worker(name, 'cap=2') for name in names]
    for rounds in rounds_of(machine, build, modules, names):
        assert_share(rounds, full_speed, 0.02)


@pytest.mark.parametrize('cap', [2, 5, 20, 80])
def test_timers_of_capped_guests(machine, build, cap):
    """A computing, capped guest's timer interrupt waits as long as hv/sched/scheduler.h says."""
    _, found = run_machine(machine, build, [worker('capped', f'cap={cap}', 'tick=20')], ['capped'])
    ticks, late = found['capped']['ticks'], found['capped']['late']
    longest = max(10, 100 / cap) + 0.5
    assert ticks >= (TO - FROM) / (20 + longest)
    assert late <= longest * 1000


@pytest.mark.parametrize('others', [0, 3])
def test_timers_of_sleepers(machine, build, others):
    """One that stays below its cap is not held back: its timers are as exact as without."""
    modules = [worker('sleeper', 'cap=5', 'tick=20 sleep')]
    names = ['sleeper'] + [f'w{i}' for i in range(others)]
    modules += [worker(name) for name in names[1:]]
    _, found = run_machine(machine, build, modules, names)
    assert found['sleeper']['ticks'] >= (TO - FROM) / 20.5
    assert found['sleeper']['late'] <= 300, found


# --- evading a cap -----------------------------------------------------------------------


@pytest.mark.parametrize('cap', [5, 30])
@pytest.mark.parametrize('name', ['share-naps', 'share-edge', 'share-calls'])
def test_attacks_on_caps(machine, build, name, cap):
    """The guest measures for itself how much it got; so does Umbra, and so does another guest."""
    modules = [f'hostile guest=bad kernel mem=4M cap={cap} -- '
               f'attack={name} share={cap} seconds={TO // 1000 + 1}']
    m = machine(build, modules, extra=SLOWER)
    end = m.event('guest-exit', guest='bad', timeout=120)
    m.wait_line(f'PASS {name}')
    lived = float(end['at']) - float(m.event('guest-ready')['at'])
    assert int(end['run'][:-2]) / 1000 <= (lived + 0.11) * cap / 100 * (1 + TOLERANCE)


@pytest.mark.parametrize('name', ['share-naps', 'share-edge', 'share-calls'])
def test_attacks_on_caps_of_others(machine, build, full_speed, name):
    modules = [f'hostile guest=bad kernel mem=4M cap=20 -- attack={name} share=20 seconds=12',
               worker('good')]
    _, found = run_machine(machine, build, modules, ['good'])
    assert found['good']['rounds'] >= full_speed * 0.8 * (1 - TOLERANCE)


def test_rebooting_does_not_renew_a_cap(machine, build, full_speed):
    """A guest computes a little and reboots, again and again."""
    modules = ['worker guest=bad kernel mem=2M cap=20 -- life=15', worker('good')]
    m, found = run_machine(machine, build, modules, ['good'])
    assert found['good']['rounds'] >= full_speed * 0.8 * (1 - TOLERANCE)
    last = m.events('guest-exit', guest='bad')[-1]
    assert int(last['run'][:-2]) / 1000 <= (float(last['at']) + 0.11) * 0.2 * (1 + TOLERANCE)


# --- the time of disks --------------------------------------------------------------------


def test_disk_time(machine, build, full_speed, tmp_path):
    """
    A disk does not reach the odd addresses that a guest reads to, so what it reads is copied there,
    by a handler and mostly in somebody else's turn; that is the reader's time all the same.
    """
    image = tmp_path / 'image'
    image.write_bytes(bytes(4 << 20))
    hammer = (f'disk guest=hammer kernel mem=8M shadow=1M cap=3 disk=ide0 -- '
              f'name=hammer hammer from={FROM} to={TO - 200}')
    m = machine(build, [hammer, worker('w')], memory=MEMORY, options='',
                extra=ICOUNT + drives('ide', image))
    end = m.event('guest-exit', guest='hammer', reason='poweroff', timeout=120)
    m.event('guest-exit', guest='w', reason='poweroff', timeout=120)
    requests = int(m.wait_line(r'hammer: requests=(\d+)')[1])
    rounds = int(m.wait_line(r'w: rounds=(\d+)')[1])
    # The copy of 448 KB alone takes 0.9 ms at this speed, four bytes an instruction.
    assert requests > 20
    assert int(end['run'][:-2]) >= requests * 0.8
    assert rounds >= full_speed * 0.96
