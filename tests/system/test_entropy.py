# SPDX-License-Identifier: GPL-2.0-only
"""
Random numbers: what guests get from the entropy device, and what Umbra says of
their quality.
"""

import re

import pytest

from test_guests import ICOUNT, Results
from attacks import attacks_of, check_witnesses, judge, results, start, wait_attackers, words_of

GUESTS = ['entropy', 'entropy_c']
ATTACKS = [name for names in attacks_of('hostile/queues.c').values() for name in names]
MEMORY = 64 << 20


def samples(machine):
    """What guests of the kind printed, as text."""
    return [match[1] for line in machine.lines
            if (match := re.search(r'SAMPLE ([0-9a-f]{64})$', line))]


@pytest.mark.parametrize('guest', GUESTS)
@pytest.mark.parametrize('words', ['', 'pae'])
def test_guest(machine, build, record_property, guest, words):
    """The device from inside: requests of all shapes, and statistics."""
    m = machine(build, [f'{guest} guest=one kernel mem=4M -- {words}'])
    found = Results(m, 'one')
    found.check_total()
    assert len(samples(m)) == 1
    record_property('checks', found.passed)


def test_nobody_gets_the_same(machine, build):
    """Not two guests, not one after a restart, not on another day."""
    found = []
    for _ in range(2):
        # The first is in focus; of the others each line comes whole, and once.
        m = machine(build, ['demo guest=focus kernel mem=4M'] +
                    [f'{guest} guest={guest}{number} kernel mem=4M -- reboot'
                     for guest in GUESTS for number in (1, 2)])
        for guest in GUESTS:
            for number in 1, 2:
                m.event('guest-exit', guest=f'{guest}{number}', reason='reboot', count=4)
        found += samples(m)
        m.close()
    assert len(found) >= 2 * 4 * 3 and len(set(found)) == len(found)


def test_nothing_stays_behind(machine, build, tmp_path):
    """What a guest was given is in its own memory once, and nowhere in Umbra's."""
    m = machine(build, ['entropy guest=one kernel mem=4M -- stay',
                        'entropy_c guest=two kernel mem=4M -- stay'], memory=f'{MEMORY >> 20}M')
    m.wait(lambda: len(samples(m)) == 2, 'two samples')
    file = tmp_path / 'memory'
    m.ask('pmemsave', val=0, size=MEMORY, filename=str(file))
    memory = file.read_bytes()
    for sample in map(bytes.fromhex, samples(m)):
        assert memory.count(sample) == 1
        # Nor a part of it, which the one place has too.
        assert memory.count(sample[:12]) == memory.count(sample[20:]) == 1


# --- what is said of it ------------------------------------------------------------------


def test_quality_with_rdrand(machine, build):
    m = machine(build, ['demo guest=one kernel mem=4M -- run=poweroff'], cpu='max')
    m.wait_poweroff()
    assert [(event['bits'], event['sources']) for event in m.events('entropy')] == \
        [('256', 'rdrand+jitter')]


def test_quality_of_a_machine_that_repeats_itself(machine, build):
    """A clock that counts instructions is no source, and Umbra does not take it for one."""
    found = []
    for _ in range(2):
        m = machine(build, ['entropy guest=one kernel mem=4M'],
                    extra=[*ICOUNT, '-rtc', 'base=2020-01-01,clock=vm'])
        Results(m, 'one').check_total()
        assert int(m.events('entropy')[0]['bits']) < 16
        m.wait_line("guests' random numbers can be guessed")
        found += samples(m)
        m.close()
    assert len(found) == 2


def test_interrupts_make_it_good(machine, build):
    """Keys typed and timers that run add up, and Umbra says when it is enough."""
    m = machine(build, ['hostile guest=one kernel mem=8M -- attack=timer-storm seconds=1000'])
    m.event('entropy', bits='256')


# --- attacks ---------------------------------------------------------------------------------


@pytest.fixture(scope='session')
def frames_left(release, session_machine):
    m = start(session_machine, release, 'attack=list')
    wait_attackers(m)
    return check_witnesses(m)


@pytest.mark.parametrize('guest', ['hostile', 'hostile_c'])
def test_queue_attacks(machine, build, guest):
    """Those on the console's queue do no harm here either."""
    m = start(machine, build, *(f'{words_of(build, name)} device=4 queue=0' for name in ATTACKS),
              guest=guest)
    ends = wait_attackers(m, len(ATTACKS))
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(ATTACKS, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    check_witnesses(m)


def test_floods_do_not_starve(machine, build):
    """Guests that want all random numbers there are get their share of time, and no more."""
    m = start(machine, build, *['attack=entropy-flood seconds=5'] * 4, extra=ICOUNT)
    before = len(m.lines)
    m.wait(lambda: m.events('guest-exit', guest='bad4'), 'the end of the floods')
    rounds = [line for line in m.lines[before:] if 'checksum OK' in line]
    assert len(rounds) >= 5
    wait_attackers(m, 4)
    check_witnesses(m)
