# SPDX-License-Identifier: GPL-2.0-only
"""
For how long interrupts are off, and locks held.  A debug build keeps the longest of each, and says
so when the machine ends.  An instruction takes a nanosecond, so the host's load does not matter.
"""

import pytest

from test_disks import drives

ICOUNT = ['-icount', 'shift=0,sleep=off']

# Nanoseconds, which are instructions.  The longest that there is on these machines is a starting
# guest's 512 KB, cleared or copied: a third of each bound is room for what will come.
IRQS_OFF_MAX = 200_000
LOCK_MAX = 60_000


def nanoseconds(text):
    assert text.endswith('ns')
    return int(text[:-2])


def check(m):
    """What the machine said at its end; also, which locks it spoke of."""
    m.wait_poweroff()
    stretches = m.events('irqs-off')
    assert stretches
    for event in stretches:
        assert 0 < nanoseconds(event['longest']) <= IRQS_OFF_MAX, event
    locks = {event['lock']: event for event in m.events('lock')}
    for event in locks.values():
        assert nanoseconds(event['held']) <= LOCK_MAX, event
    return locks


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'image'
    path.write_bytes(bytes(4 << 20))
    return path


@pytest.mark.parametrize('kind', ['virtio', 'ide'])
def test_restarts_under_way(machine, debug, image, kind):
    """
    A guest that restarts, over and over, with requests under way at a disk that takes minutes for
    each: its memory waits for the disk, which is reset after a while, and nobody else waits.
    (An AHCI port that is reset has QEMU itself wait for the request.)
    """
    slow = 'format=raw,throttling.bps-total=8192'
    m = machine(debug, [f'disk guest=one kernel mem=8M disk={kind}0 -- name=one leave=9000'],
                extra=ICOUNT + drives(kind, (image, slow)))
    m.event('idle')
    exits = m.events('guest-exit', guest='one')
    assert [event['reason'] for event in exits] == ['reboot'] * (len(exits) - 1) + ['poweroff']
    assert len(exits) >= 3
    # Each life ends when the disk has let go of its memory, not before.
    ends = [float(event['at']) for event in exits]
    assert all(later - before > 1.9 for before, later in zip(ends, ends[1:-1]))
    assert 'disk' in check(m)


def test_starts_and_ends(machine, debug, tmp_path):
    """Guests with large images, which start, restart and end: all of it in pieces."""
    initrd = tmp_path / 'initrd'
    initrd.write_bytes(bytes(range(256)) * (24 << 12))
    m = machine(debug, ['demo guest=big kernel mem=96M -- name=big', f'{initrd} guest=big initrd',
                        'demo guest=other kernel mem=16M -- name=other'],
                memory='256M', extra=ICOUNT, options='when-idle=poweroff')
    for _ in range(2):
        m.event('guest-ready', guest='big')
        m.key(':restart big\r')
        m.event('guest-exit', guest='big', reason='reboot')
    m.event('guest-ready', guest='big')
    for name in 'big', 'other':
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    check(m)


@pytest.mark.parametrize('guest', ['hostile_a guest=one kernel mem=64M -- attack=list',
                                   'hostile guest=one kernel mem=256M -- attack=long-eviction'])
def test_tables(machine, debug, guest):
    """An old kernel's initial page tables; then shadow tables until the budget is full."""
    m = machine(debug, [guest], memory='384M', extra=ICOUNT)
    m.event('guest-exit', guest='one', reason='poweroff')
    check(m)


def test_shown(machine, debug):
    """The same for who sits at the console."""
    m = machine(debug, ['demo guest=one kernel mem=8M -- name=one'])
    m.event('guest-ready', guest='one')
    m.key(':cpus\r')
    m.wait_line(r"^0 +0 +100.*; interrupts off for \d+ ns at most, \d+ of them in '[a-z ]+ \d+'$")
    m.key(':locks\r')
    m.wait_line(r'^console +\d+ +\d+ us +\d+ ns +[1-9]\d+  \d+ ns, \w+(; longest wait for \w+)?$')


def test_locks_are_counted(machine, build):
    """Guests on two CPUs write to one console: in any build it shows who had to wait."""
    m = machine(build, [f'bench guest=b{i} kernel mem=32M shadow=4M cpus={i} -- output bytes=20000'
                        for i in range(2)], extra=['-smp', '2', '-accel', 'tcg,thread=multi'],
                options='when-idle=stay')
    row = None
    # Once is enough, unless the host lets one of the two run behind the other.
    for count in range(1, 21):
        for name in 'b0', 'b1':
            m.event('guest-exit', guest=name, count=count)
        m.key(':locks\r')
        row = m.wait_line(r'^console +(\d+) +(\d+) us +(\d+) ns', count=count)
        if row[1] != '0':
            break
        m.key(':start b0\r')
        m.key(':start b1\r')
    assert int(row[1]) > 0 and int(row[3]) > 0
    assert 1000 * int(row[2]) + 999 >= int(row[3])
    row = m.wait_line(r'^pci +(\d+) +(\d+) us +(\d+) ns')
    assert row[1] == '0'


def test_not_in_release(machine, release):
    """A release build measures nothing, and says nothing of it."""
    m = machine(release, ['abi guest=one kernel mem=16M -- only=traps.kernel'])
    m.wait_poweroff()
    assert not m.events('irqs-off') and not m.events('lock')
