# SPDX-License-Identifier: GPL-2.0-only
"""
Guests of generation C (Linux 4.0-4.13): devices on the PCI bus, seen by guests
of our own with a driver for it, well-behaved and hostile, and next to guests of
the older generations.
"""

import pathlib
import re

import pytest

from test_guests import ICOUNT, Results
from attacks import ATTACK, check_witnesses, judge, results, start, wait_attackers, words_of

GUESTS = pathlib.Path(__file__).resolve().parents[2] / 'guest'
TEST = re.compile(r'^TEST\((\w+),\s*(\w+)\)', re.MULTILINE)
NAMES = ['.'.join(match) for file in sorted((GUESTS / 'abi_c').glob('*.c'))
         for match in TEST.findall(file.read_text())]
BY_FILE = {file.stem: ATTACK.findall(file.read_text())
           for file in (GUESTS / 'hostile_c/pci.c', GUESTS / 'hostile/queues.c',
                        GUESTS / 'hostile/entropy.c', GUESTS / 'hostile/net.c')}
ATTACKS = [name for names in BY_FILE.values() for name in names]
# These print so much that lines of other guests in the background may be lost.
LOUD = {'pci-text-storm', 'pci-config-noise', 'pci-access', 'mmio-noise', 'queue-buffer-all',
        'queue-noise'}


# --- the transport from inside ---------------------------------------------------------


def test_abi_pae(machine, build, record_property):
    """All tests of the protocol and of what only this generation has, with PAE tables."""
    m = machine(build, ['abi_c guest=abi kernel mem=8M -- pae'], extra=ICOUNT)
    found = Results(m, 'abi')
    found.check_total()
    for name in NAMES:
        assert [line for line in found.of(name) if line[0] == 'PASS'], f'{name} did not report'
    assert m.events('guest-ready')[0]['protocol'] == '4.0-4.13'
    record_property('checks', found.passed)


def test_early_text(machine, build):
    """The early console works before the guest has said anything."""
    m = machine(build, ['abi_c guest=abi kernel mem=8M -- only=pci.'])
    m.event('guest-exit', guest='abi')
    text = m.lines.index('text from before INIT')
    ready = next(i for i, line in enumerate(m.lines) if line.startswith('event=guest-ready'))
    assert text < ready


def test_generations_side_by_side(machine, build):
    """Each finds its devices where its generation looks for them."""
    m = machine(build, ['demo guest=old kernel mem=4M -- name=old',
                        'demo_c guest=new kernel mem=4M -- name=new',
                        'abi guest=abi kernel mem=8M -- only=devices pae',
                        'abi_c guest=abic kernel mem=8M -- only=virtio'], extra=ICOUNT)
    for name in 'abi', 'abic':
        assert m.event('guest-exit', guest=name)['reason'] == 'poweroff'
        m.wait_line(rf'\[{name}\] TOTAL \d+ passed, 0 failed')
    m.expect('old> ')
    m.line('echo by the device page')
    m.expect('^by the device page$')
    m.line('poweroff')
    m.event('focus', guest='new')
    m.line('echo by the bus')
    m.expect('^by the bus$')
    m.line('poweroff')
    m.wait_poweroff()


# --- the console ---------------------------------------------------------------------------


def test_console(machine, build):
    m = machine(build, ['demo_c guest=one kernel mem=4M -- name=one'])
    m.expect('one> ')
    for word in 'first', 'second', 'third':
        m.line(f'echo {word}')
        m.expect(f'^{word}$')
    m.line('crash for want of more')
    assert m.event('guest-exit')['cause'] == 'Kernel panic - for want of more'
    m.wait_poweroff()


def test_reboot(machine, build):
    """The devices are as new, and nothing is lost on the way."""
    m = machine(build, ['demo_c guest=one kernel mem=8M -- name=one',
                        'demo guest=keeper kernel mem=4M -- name=keeper'])
    free = []
    for count in range(1, 8):
        m.event('guest-ready', guest='one', count=count)
        m.expect('one> ')
        m.line('mem')
        m.expect('0 words wrong, OK')
        free.append(m.free_frames())
        m.line('reboot')
        m.event('guest-exit', guest='one', reason='reboot', count=count)
    assert len(set(free[1:])) == 1, free


# --- attacks -----------------------------------------------------------------------------------


@pytest.fixture(scope='session')
def frames_left(build, session_machine):
    """How many frames are free in the end when the attacker did nothing."""
    m = start(session_machine, build, 'attack=list', guest='hostile_c')
    wait_attackers(m)
    return check_witnesses(m)


def test_list(machine, release):
    """The guest has the attacks that its sources have, so none goes untested."""
    m = start(machine, release, 'attack=list', guest='hostile_c')
    wait_attackers(m)
    assert sorted(line.split()[1] for line in results(m)) == sorted(ATTACKS)


@pytest.mark.parametrize('build', ['release'], indirect=True)
@pytest.mark.parametrize('name', ATTACKS)
def test_attack(machine, build, frames_left, name):
    m = start(machine, build, words_of(build, name), guest='hostile_c')
    end, = wait_attackers(m)
    assert judge(name, end, results(m)) is None
    assert check_witnesses(m) == frames_left


@pytest.mark.parametrize('build', ['debug'], indirect=True)
@pytest.mark.parametrize('file', BY_FILE)
def test_together(machine, build, file):
    """All attacks of a file side by side."""
    names = [name for name in BY_FILE[file] if name not in LOUD]
    m = start(machine, build, *(words_of(build, name) for name in names[:24]), guest='hostile_c')
    ends = wait_attackers(m, len(names[:24]))
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    check_witnesses(m)


@pytest.mark.parametrize('name',
                         ['pci-config-noise', 'mmio-noise', 'mmio-instructions', 'queue-noise'])
def test_seeds(machine, build, name):
    """What is random, several times, side by side."""
    m = start(machine, build, *(f'attack={name} seconds=1 seed={seed}' for seed in range(2, 8)),
              guest='hostile_c')
    for number, end in enumerate(wait_attackers(m, 6), 1):
        assert judge(name, end, results(m, number)) is None
    check_witnesses(m)
