# SPDX-License-Identifier: GPL-2.0-only
"""
Every attack of guest/hostile, next to a victim with a checksum in memory and in
the FPU: the attacker ends as it says that it should, the victim notices
nothing, the console works on, and all frames come back.
"""

import pathlib
import re

import pytest

SOURCES = pathlib.Path(__file__).resolve().parents[2] / 'guest/hostile'
ATTACK = re.compile(r'^ATTACK\(\w+,\s*"([^"]+)"', re.MULTILINE)
ATTACKS = [name for file in sorted(SOURCES.glob('*.c')) for name in ATTACK.findall(file.read_text())]
# These stop at the first case that kills the guest; tests of their own go on behind it.
PIECEWISE = ['edges', 'switcher-execute']
PERIOD = 0.1            # of the victim's rounds, seconds
SEEDS = [2, 3, 4]

WITNESSES = ['victim guest=victim kernel mem=4M -- seed=77',
             'demo guest=keeper kernel mem=4M -- name=keeper']


def start(machine, build, *attackers):
    """Attackers are command lines; they are called bad1, bad2 and so on."""
    modules = [f'hostile guest=bad{number} kernel mem=8M -- {words}'
               for number, words in enumerate(attackers, 1)]
    m = machine(build, WITNESSES + modules, memory='256M')
    m.event('guest-ready', guest='keeper')
    return m


def rounds(machine):
    """How many rounds the victim has made; none may have found anything."""
    made = [match for line in machine.lines if (match := re.search(r'victim: round (\d+) (.*)', line))]
    bad = [match[0] for match in made if match[2] != 'checksum OK']
    assert not bad, bad
    return int(made[-1][1]) if made else 0


def check_witnesses(machine):
    """The victim goes on, the demo guest answers, the machine ends well."""
    machine.expect('')
    before = rounds(machine)
    machine.wait(lambda: rounds(machine) >= before + 2, 'two more rounds of the victim')
    assert not machine.events('guest-exit', guest='victim')
    machine.key('2')
    machine.event('focus', guest='keeper')
    machine.line('echo still here')
    machine.expect('^still here$')
    machine.key(':kill victim\r')
    machine.event('guest-exit', guest='victim')
    machine.line('poweroff')
    machine.wait_poweroff()


def wait_attackers(machine, count=1, timeout=60):
    return [machine.event('guest-exit', guest=f'bad{number}', timeout=timeout)
            for number in range(1, count + 1)]


def results(machine, number=1):
    """The attacker's own lines behind its name."""
    prefix = f'[bad{number}] '
    return [line[len(prefix):] for line in machine.lines if line.startswith(prefix)]


def judge(name, end, lines):
    """The end of an attack against what its first line says."""
    announced = [line for line in lines if line.startswith(f'ATTACK {name} ')]
    assert len(announced) == 1, lines
    failures = [line for line in lines if line.startswith('FAIL ')]
    assert not failures, failures
    expected = re.search(r'expects=(\w+)(?: cause="(.*)")?', announced[0])
    if expected[1] == 'killed':
        assert end['reason'] == 'killed' and expected[2] in end['cause'], end
        assert re.fullmatch('[0-9a-f]{8}', end['eip'])
    elif expected[1] == 'survives':
        assert end['reason'] == 'poweroff', end
        assert f'PASS {name}' in lines, lines


@pytest.fixture(scope='session')
def frames_left(build, session_machine):
    """How many frames are free when an attacker has gone that did nothing."""
    m = start(session_machine, build, 'attack=list')
    wait_attackers(m)
    return m.free_frames()


def test_list(machine, build):
    """The guest has the attacks that its sources have, so none goes untested."""
    m = start(machine, build, 'attack=list')
    wait_attackers(m)
    assert sorted(line.split()[1] for line in results(m)) == sorted(ATTACKS)


@pytest.mark.parametrize('name', [name for name in ATTACKS if name not in PIECEWISE])
def test_attack(machine, build, frames_left, name):
    m = start(machine, build, f'attack={name} seconds=1')
    end, = wait_attackers(m)
    judge(name, end, results(m))
    assert m.free_frames() == frames_left
    began = float(m.events('guest-ready', guest='bad1')[0]['at'])
    took = float(end['at']) - began
    # Half as often as when it is alone is what the victim may demand of a busy machine.
    assert rounds(m) >= took / PERIOD / 2 - 2
    check_witnesses(m)


@pytest.mark.parametrize('name', ['fuzz-calls', 'fuzz-tables', 'fuzz-user', 'fuzz-kernel',
                                  'queue-noise', 'notify-noise'])
def test_seeds(machine, build, name):
    """What is random, several times, side by side."""
    m = start(machine, build, *(f'attack={name} seed={seed}' for seed in SEEDS))
    for number, end in enumerate(wait_attackers(m, len(SEEDS)), 1):
        judge(name, end, results(m, number))
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
    assert m.free_frames() == frames_left
    check_witnesses(m)


@pytest.mark.parametrize('name', ['spin', 'halt'])
def test_early_silence(machine, build, frames_left, name):
    """A guest that never says anything: the others run on, and it can be killed."""
    m = start(machine, build, f'early={name}')
    m.event('guest-start', guest='bad1')
    before = rounds(m)
    m.wait(lambda: rounds(m) >= before + 5, 'five rounds of the victim')
    m.key(':kill bad1\r')
    assert wait_attackers(m)[0]['reason'] == 'killed'
    assert m.free_frames() == frames_left
    check_witnesses(m)


# --- piece by piece --------------------------------------------------------------------

SIDE_BY_SIDE = 16


def run_pieces(machine, build, words, start_of, end, pattern):
    """
    Runs an attack over the numbers from 0 to end, cut into pieces; where the
    guest died at a number, the piece goes on behind that one.  Returns the ends
    by number.  words(first, count) is the command line, pattern finds a number
    in a line of the attacker's.
    """
    size = -(-end // SIDE_BY_SIDE)
    pieces = [(first, min(first + size, end)) for first in range(0, end, size)]
    deaths = {}
    while pieces:
        m = start(machine, build, *(words(first, last - first)
                                    for first, last in pieces[:SIDE_BY_SIDE]))
        ends = wait_attackers(m, len(pieces[:SIDE_BY_SIDE]), timeout=120)
        rest = []
        for number, (event, (first, last)) in enumerate(zip(ends, pieces), 1):
            numbers = [int(match[1]) for line in results(m, number)
                       if (match := re.search(pattern, line))]
            reached = max(numbers, default=first)
            assert first <= reached <= last
            if event['reason'] == 'killed':
                deaths[reached] = event
                if reached + start_of < last:
                    rest.append((reached + start_of, last))
        check_witnesses(m)
        m.close()
        pieces = rest + pieces[SIDE_BY_SIDE:]
    return deaths


def test_edges(machine, release):
    """Every argument of every hypercall at the values where mistakes live."""
    m = start(machine, release, 'attack=edges from=1000000')
    wait_attackers(m)
    end = int(m.wait_line(r'edge end (\d+)')[1])
    deaths = run_pieces(machine, release,
                        lambda first, count: f'attack=edges from={first} count={count}', 1, end,
                        r'^edge (\d+) call')
    assert deaths
