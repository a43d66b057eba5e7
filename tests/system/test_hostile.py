# SPDX-License-Identifier: GPL-2.0-only
"""
Every attack of guest/hostile, next to a victim with a checksum in memory and in
the FPU: the attacker ends as it says that it should, the victim notices
nothing, the console works on, and all frames come back.
"""

import functools
import re

import pytest

from attacks import (FILES, ATTACKS, LOUD, PIECEWISE, check_witnesses, judge, results, rounds,
                     start, wait_attackers, words_of)

SEEDS = [2, 3, 4]
PERIOD = 0.1            # of the victim's rounds, in seconds


@pytest.fixture(scope='session')
def frames_left(build, session_machine):
    """frames_left(guest) is how many frames are free in the end when the attacker did nothing."""
    @functools.cache
    def measure(guest='hostile'):
        m = start(session_machine, build, 'attack=list', guest=guest)
        wait_attackers(m)
        return check_witnesses(m)
    return measure


def run_alone(machine, build, guest, name):
    """
    One attack; returns how many frames were free in the end.  Where a busy host takes the
    console's output slowly, the verdict of a loud one may be among the lines that are lost:
    it has another try, which whoever says FAIL or ends otherwise has not.
    """
    for attempts_left in reversed(range(3 if name in LOUD else 1)):
        m = start(machine, build, words_of(build, name), guest=guest)
        end, = wait_attackers(m)
        wrong = judge(name, end, results(m))
        if wrong and wrong.endswith('did not say that it passed') and attempts_left > 0:
            m.close()
            continue
        assert wrong is None
        return check_witnesses(m)


@pytest.mark.parametrize('guest', FILES)
def test_list(machine, build, guest):
    """The guest has the attacks that its sources have, so none goes untested."""
    m = start(machine, build, 'attack=list', guest=guest)
    wait_attackers(m)
    # A line that is very long is cut into several.
    listed = re.findall(r'ATTACK (\S+) ', ''.join(results(m)))
    assert sorted(listed) == sorted(name for owner, name in ATTACKS if owner == guest)


@pytest.mark.parametrize('build', ['release'], indirect=True)
@pytest.mark.parametrize('guest, name', [case for case in ATTACKS if case[1] not in PIECEWISE])
def test_attack(machine, build, frames_left, guest, name):
    assert run_alone(machine, build, guest, name) == frames_left(guest)


@pytest.mark.parametrize('build', ['debug'], indirect=True)
@pytest.mark.parametrize('guest, name', [case for case in ATTACKS if case[1] in LOUD])
def test_loud_attack(machine, build, frames_left, guest, name):
    assert run_alone(machine, build, guest, name) == frames_left(guest)


@pytest.mark.parametrize('build', ['debug'], indirect=True)
@pytest.mark.parametrize('guest, file', [(guest, file) for guest in FILES for file in FILES[guest]])
def test_together(machine, build, guest, file):
    """All attacks of a file side by side."""
    names = [name for name in FILES[guest][file] if name not in PIECEWISE | LOUD]
    m = start(machine, build, *(words_of(build, name) for name in names), guest=guest)
    ends = wait_attackers(m, len(names))
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    check_witnesses(m)


@pytest.mark.parametrize('name', FILES['hostile']['storms'] + ['queue-buffer-all'])
def test_fair(machine, release, name):
    """The victim gets its share of the time, counted in instructions, not by the host's clock."""
    m = start(machine, release, f'attack={name} seconds=1', extra=['-icount', 'shift=3,sleep=off'])
    end, = wait_attackers(m)
    took = float(end['at']) - float(m.event('guest-ready', guest='bad1')['at'])
    m.wait(lambda: rounds(m) > 0, 'a round of the victim')
    # It computes a third of its period, and twice as long beside somebody who always computes.
    assert rounds(m) >= 0.5 * took / PERIOD - 1


@pytest.mark.parametrize('name', ['fuzz-calls', 'fuzz-tables', 'fuzz-user', 'fuzz-kernel',
                                  'queue-noise', 'notify-noise'])
def test_seeds(machine, build, name):
    """What is random, several times, side by side."""
    m = start(machine, build, *(f'{words_of(build, name)} seed={seed}' for seed in SEEDS))
    for number, end in enumerate(wait_attackers(m, len(SEEDS)), 1):
        assert judge(name, end, results(m, number)) is None
    check_witnesses(m)


# --- before INIT -----------------------------------------------------------------------

EARLY = {
    'call': 'before INIT',
    'ud2': 'not an lguest guest',
    'cr0': 'not an lguest guest',
    'fault': 'page fault',
    'init-far': 'INIT',
    'init-odd': 'INIT',
    'stack': '',
}


@pytest.mark.parametrize('name', EARLY)
def test_early(machine, build, frames_left, name):
    m = start(machine, build, f'early={name}')
    end, = wait_attackers(m)
    assert end['reason'] == 'killed' and EARLY[name] in end['cause'], end
    assert re.fullmatch('[0-9a-f]{8}', end['eip'])
    assert check_witnesses(m) == frames_left()


@pytest.mark.parametrize('name', ['spin', 'halt'])
def test_early_silence(machine, build, frames_left, name):
    """A guest that never says anything: the others run on, and it can be killed."""
    m = start(machine, build, f'early={name}')
    m.event('guest-start', guest='bad1')
    before = rounds(m)
    m.wait(lambda: rounds(m) >= before + 5, 'five rounds of the victim')
    m.key(':kill bad1\r')
    assert wait_attackers(m)[0]['reason'] == 'killed'
    assert check_witnesses(m) == frames_left()


# --- piece by piece --------------------------------------------------------------------

SIDE_BY_SIDE = 16


def split(pieces):
    """Cuts the longest pieces until there are enough for a turn."""
    while len(pieces) < SIDE_BY_SIDE:
        first, last = longest = max(pieces, key=lambda piece: piece[1] - piece[0])
        if last - first < 2:
            return
        pieces.remove(longest)
        middle = (first + last) // 2
        pieces += [(first, middle), (middle, last)]


def run_pieces(machine, build, command, end, pattern):
    """
    Runs an attack over the numbers from 0 to end, cut into pieces; where a guest
    dies at a number, the next one goes on behind that.  command(first, last) is
    the command line of a piece; pattern finds a number in a line of the guest's.
    Returns how many died.
    """
    pieces = [(0, end)]
    deaths = 0
    while pieces:
        split(pieces)
        turn, pieces = pieces[:SIDE_BY_SIDE], pieces[SIDE_BY_SIDE:]
        m = start(machine, build, *(command(*piece) for piece in turn))
        for number, (first, last) in enumerate(turn, 1):
            event = m.event('guest-exit', guest=f'bad{number}', timeout=120)
            found = [int(match[1]) for line in results(m, number)
                     if (match := re.search(pattern, line))]
            if event['reason'] == 'poweroff' and (found or [first])[-1] == last - 1:
                continue
            # Nobody may die before the first number.
            assert found and first <= found[-1] < last, event
            deaths += 1
            if found[-1] + 1 < last:
                pieces.append((found[-1] + 1, last))
        check_witnesses(m)
        m.close()
    return deaths


def test_edges(machine, release):
    """Every argument of every hypercall at the values where mistakes live."""
    m = start(machine, release, 'attack=edges from=1000000')
    end = int(m.wait_line(r'edge end (\d+)$')[1])
    m.close()
    assert run_pieces(machine, release,
                      lambda first, last: f'attack=edges from={first} count={last - first}', end,
                      r'^edge (\d+) call') > 0


def test_switcher_code(machine, release):
    """Ring 1 runs the Switcher's code from many places of its page."""
    places = range(0, 4096, 32)
    for i in range(0, len(places), SIDE_BY_SIDE):
        m = start(machine, release, *(f'attack=switcher-execute offset={place}'
                                      for place in places[i:i + SIDE_BY_SIDE]))
        # What the code makes of the guest's registers may be a loop for ever.
        m.run_on(1)
        for number in range(1, SIDE_BY_SIDE + 1):
            if not m.events('guest-exit', guest=f'bad{number}'):
                m.key(f':kill bad{number}\r')
        wait_attackers(m, SIDE_BY_SIDE)
        check_witnesses(m)
        m.close()
