# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that end in the middle of requests to every device that they have, in every
way in which a guest can end: in their next lives nothing of it reaches them, their
devices work, and their disks hold what was written (guest/midway says how it looks).
"""

import itertools
import re

import pytest

from attacks import WITNESSES, check_witnesses, rounds
from test_block import TRANSPORTS
from test_disks import SECTOR, drives, gpt, write_image
from test_lifecycle import settled_frames

TURNS = 3
LIVES = 3               # of each guest in a turn
SECTORS = 512           # of each disk
GAP = 8
BYTE = b'\xa5'          # what disks hold, and what is written to them

# How a guest ends, and what its event then says. A life that finds something ends as a crash.
ENDS = {'restart': ('reboot', 'Restart'),
        'poweroff': ('poweroff', 'Power down'),
        'crash': ('killed', 'unknown hypercall'),
        'stay': ('killed', 'killed at the console')}
GUESTS = [(f'{way}{transport}', way, transport) for transport in TRANSPORTS for way in ENDS]

# Somebody whose frames are for all, and come while a guest starts.
LOUD = 'hostile guest=loud kernel mem=8M cap=5 -- attack=net-broadcasts seconds=100000'


def kill(m, name):
    kills = len(m.events('guest-exit', guest=name, reason='killed'))
    m.key(f':kill {name}\r')
    m.event('guest-exit', guest=name, reason='killed', count=kills + 1)


def make_disks(path):
    """A file for the RAM disks, and a disk with a partition for each guest; the rest is 0x5A."""
    ram = path / 'ram'
    ram.write_bytes(BYTE * SECTORS * SECTOR)
    firsts = [64 + i * (SECTORS + GAP) for i in range(len(GUESTS))]
    sectors = firsts[-1] + SECTORS + 64
    entries = [(first, first + SECTORS - 1) for first in firsts]
    disk = write_image(path / 'disk', *gpt(sectors, *entries),
                       *((first + SECTORS, b'\x5a' * GAP * SECTOR) for first in firsts[:-1]),
                       sectors=sectors)
    return ram, disk


def modules(ram, kind):
    for number, (name, way, transport) in enumerate(GUESTS, 1):
        yield f'midway{transport} guest={name} kernel mem=8M disk={kind}0p{number} -- end={way}'
        yield f'{ram} guest={name} disk'


def live(m, first):
    """Some lives of each guest, numbered from first; in the end none of them is there, nor LOUD."""
    if first > 1:
        m.key(':start loud\r')
    for life in range(first, first + LIVES):
        for name, way, _ in GUESTS:
            # A restart goes on by itself; its last life of a turn is ended below.
            if life > 1 and (life == first or way != 'restart'):
                m.key(f':start {name}\r')
        # For whoever is in focus, in any state of its input queue.
        m.type('xyz' * 10)
        for name, way, _ in GUESTS:
            if way == 'stay':
                m.wait_line(rf'^(\[{name}\] )?under way', count=life)
                m.key(f':kill {name}\r')
            m.event('guest-exit', guest=name, reason=ENDS[way][0], count=life)
    for name, way, _ in GUESTS:
        if way == 'restart':
            kill(m, name)
    kill(m, 'loud')


def check_ends(m):
    for name, way, _ in GUESTS:
        ends = m.events('guest-exit', guest=name)
        reason, cause = ENDS[way]
        wrong = [end for end in ends if not (end['reason'] == reason and cause in end['cause'])]
        if way == 'restart':
            wrong = [end for end in wrong if end['cause'] != 'killed at the console']
        assert not wrong, wrong
        assert len(ends) >= TURNS * LIVES


# A slow disk has requests under way for long; QEMU 7.2 itself crashes by that at its AHCI disks.
@pytest.mark.parametrize('kind', ['virtio', 'ahci', 'ide'])
def test_ends(machine, build, kind, tmp_path):
    ram, disk = make_disks(tmp_path)
    before = disk.read_bytes()
    slow = '' if kind == 'ahci' else ',throttling.bps-total=8000000'
    m = machine(build, [*modules(ram, kind), *WITNESSES, LOUD], memory='256M',
                extra=drives(kind, (disk, f'format=raw,cache=unsafe{slow}')))
    free = []
    for first in range(1, 1 + TURNS * LIVES, LIVES):
        live(m, first)
        free.append(settled_frames(m))
    check_ends(m)
    # What Umbra keeps for later comes now and then; a frame lost by each life is missing each time.
    assert min(before - after for before, after in itertools.pairwise(free)) < LIVES, free
    assert rounds(m) > 0
    # What is written is what was there, so any other byte is of somebody else.
    assert disk.read_bytes() == before
    texts = [match[2] for line in m.lines if (match := re.match(r'\[(\w+)\] (.*)', line))
             and match[1] in {name for name, *_ in GUESTS}]
    assert not [text for text in texts if not re.fullmatch('o*|under way', text)]
    check_witnesses(m)
