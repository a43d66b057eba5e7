# SPDX-License-Identifier: GPL-2.0-only
"""
Commands that look into a guest: its memory, its page tables, its segments.
"""

import pytest

KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'
LOOKED_AT = 'demo guest=one kernel mem=4M -- name=one look-for-this-text'


@pytest.mark.parametrize('cpus', [1, 3])
def test_dump(machine, build, cpus):
    """By virtual and by physical address the same bytes; the guest that runs is not disturbed."""
    m = machine(build, [KEEPER, LOOKED_AT, 'demo guest=spins kernel mem=4M -- run=spin:1000'],
                extra=['-smp', str(cpus)])
    m.expect('keeper> ')
    m.event('guest-ready', guest='one')
    rows = [m.command(f'dump one {where}', r'^([0-9a-f]{8})  ((?:[0-9a-f]{2} ){16}) (.*)')
            for where in ('c0100000', '0xC0100000 16', 'phys:100000')]
    assert rows[0][1] == rows[1][1] == 'c0100000' and rows[2][1] == '00100000'
    assert rows[0][2] == rows[1][2] == rows[2][2] != '00 ' * 16
    assert m.command('dump one c0100000 3', r'^c0100000  (?:[0-9a-f]{2} ){3} +')
    m.command('dump one 20000000 16', r'^20000000  not mapped')
    m.command('dump one fffff000 16', r"^fffff000  Umbra's")
    m.command('dump one phys:500000 16', r'^00500000  no memory')
    m.line('echo undisturbed')
    m.expect('^undisturbed')
    assert not m.events('guest-exit')


def test_walk(machine, build):
    m = machine(build, [KEEPER, LOOKED_AT])
    m.expect('keeper> ')
    m.event('guest-ready', guest='one')
    m.command('walk one c0100000', r'^c0100000, by the tables at [0-9a-f]{8} \((.*)\)\n'
              r'above: writable, .*\nentry: 00100[0-9a-f]{3}, .*for the kernel.*accessed.*\n'
              r'frame: [0-9a-f]{8} of the machine\nshadow: [0-9a-f]{8}, ')
    m.command('walk one 20000000', r'^20000000, .*\nabove: not present, so an access faults')
    m.command('walk one fffff000', r"^fffff000, .*\nthe address is Umbra's")


def test_segments(machine, release):
    m = machine(release, [KEEPER])
    m.expect('keeper> ')
    m.command('regs keeper', r'^cs 0061: base 00000000 limit [0-9a-f]{8} type [0-9a-f]\n'
              r'ss 0069: base 00000000 ')


@pytest.mark.parametrize('line, answer', [
    ('dump one', 'usage: dump NAME WORDS'), ('dump one xyz', 'xyz: an address is hexadecimal'),
    ('dump one 100000000', '100000000: an address is hexadecimal'),
    ('dump one phys:', 'phys:: an address is hexadecimal'),
    ('dump one 0 0', 'comes a number of bytes, 1 to 1024'),
    ('dump one 0 1025', 'comes a number of bytes, 1 to 1024'),
    ('dump one 0 1 2', 'comes a number of bytes, 1 to 1024'),
    ('dump one fffffff0 17', 'addresses end at ffffffff'),
    ('dump nobody 0', "no guest is called 'nobody'"),
    ('walk one', 'usage: walk NAME ADDRESS'), ('walk one 0 0', '0 0: an address is hexadecimal'),
])
def test_bad_words(machine, release, line, answer):
    m = machine(release, [KEEPER, 'demo guest=one kernel mem=4M -- name=one'])
    m.event('guest-ready', guest='one')
    m.command(line, answer)


@pytest.mark.parametrize('command', ['dump', 'walk'])
def test_without_memory(machine, release, command):
    """What is not cleared yet, another guest's once, is not shown: it waits for its next start."""
    m = machine(release, [KEEPER, 'demo guest=late kernel mem=4M -- run=reboot'])
    refusal = "guest 'late' does not run, so its memory cannot be looked at"

    def refused():
        # It runs now and then; the times in which it waits become longer.
        return refusal in m.command(f'{command} late 0', f'^({refusal}|000000[0-9a-f]*[ ,])')[0]
    m.event('guest-delay', guest='late')
    m.wait(refused, 'the guest to wait for its start')
