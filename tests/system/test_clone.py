# SPDX-License-Identifier: GPL-2.0-only
"""
Clones: guests that go on where another one is, and share its memory until somebody writes.
"""

import hashlib
import random
import re

import pytest

from attacks import check_witnesses, start
from test_disks import drives
from test_fleet import guests
from test_lifecycle import settled_frames
from test_linux import BOOT_LIMIT, KERNELS, SHELL, linux    # noqa: F401 (a fixture)

KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'
PARENT = 'demo guest=one kernel mem=8M net=none -- name=one'


def number(m, name):
    """The guest's number, by which the console's keys have it."""
    guests(m)
    text = m.text[m.text.rindex('umbra> guests'):]
    return re.search(rf'(?m)^(\d+) +{name} ', text).group(1)


def focus(m, name):
    """The console's focus: only a change of it is told."""
    if m.events('focus')[-1]['guest'] == name:
        return
    before = len(m.events('focus', guest=name))
    m.key(number(m, name))
    m.event('focus', guest=name, count=before + 1)


def ask(m, name, line, answer):
    """Types a line to the guest and waits for its answer."""
    focus(m, name)
    before = len(re.findall(rf'(?m)^{answer}', m.text))
    m.line(line)
    m.wait_line(answer, count=before + 1)


def clone(m, line, *names):
    before = len(m.events('clones'))
    m.key(f':clone {line}\r')
    for name in names:
        m.event('guest-clone', guest=name, of=line.split()[0])
    assert m.event('clones', count=before + 1)['made'] == str(len(names))


def fill(m, name, value):
    ask(m, name, f'fill {value}', f'filled with {value}')


def check(m, name, value):
    ask(m, name, f'check {value}', r'check: \d+ KB of \d+ KB checked, 0 words wrong, OK')


@pytest.mark.parametrize('cpus', [1, 2])
def test_isolation(machine, build, cpus):
    """What one writes no other one sees, whoever it was cloned from."""
    m = machine(build, [PARENT], extra=['-smp', str(cpus)])
    m.expect('one> ')
    fill(m, 'one', 1)
    clone(m, 'one c 2', 'c1', 'c2')
    check(m, 'c1', 1)
    fill(m, 'c1', 2)
    check(m, 'one', 1)
    fill(m, 'one', 3)
    check(m, 'c2', 1)
    check(m, 'c1', 2)
    # A clone of a clone, and of one that has been a parent.
    clone(m, 'c1 d', 'd')
    check(m, 'd', 2)
    fill(m, 'd', 4)
    check(m, 'c1', 2)
    check(m, 'one', 3)
    # Those that are left do not notice who goes.
    m.key(':destroy one\r')
    m.event('guest-exit', guest='one')
    m.key(':destroy c1\r')
    m.event('guest-exit', guest='c1')
    check(m, 'c2', 1)
    check(m, 'd', 4)


def test_accounting(machine, release):
    """`mem` says what a guest shares, and what is its own since it wrote there."""
    m = machine(release, [PARENT])
    m.expect('one> ')
    m.command('mem', r'^one +\d+ K own +0 K shared$')
    clone(m, 'one two', 'two')
    found = m.command('mem', r'^two +(\d+) K own +(\d+) K shared$')
    assert int(found[1]) < 200 and int(found[2]) > 8000
    fill(m, 'two', 1)
    found = m.command('mem', r'^two +(\d+) K own +(\d+) K shared$')
    assert int(found[1]) > 7000 and int(found[1]) + int(found[2]) > 8192


def test_paused_parent(machine, build):
    """A paused guest is cloned as it is; the clone runs, and it stays paused."""
    m = machine(build, [PARENT])
    m.expect('one> ')
    fill(m, 'one', 5)
    m.key(':pause one\r')
    m.event('guest-paused', guest='one')
    clone(m, 'one two', 'two')
    check(m, 'two', 5)
    fill(m, 'two', 6)
    assert guests(m)['one']['state'] == 'paused'
    m.key(':resume one\r')
    m.event('guest-resumed', guest='one')
    check(m, 'one', 5)


@pytest.mark.parametrize('cpus', [1, 3])
def test_amid_work(machine, build, cpus):
    """Guests that compute and print go on, each to its end, wherever they were cloned."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=4M net=none -- name=one '
                        'run=spin:1,mem,count:3,poweroff'], extra=['-smp', str(cpus)])
    m.event('guest-ready', guest='one')
    for i in range(6):
        m.run_on(0.3)
        clone(m, f'one c{i}', f'c{i}')
    names = ['one'] + [f'c{i}' for i in range(6)]
    for name in names:
        assert m.event('guest-exit', guest=name)['reason'] == 'poweroff'
    m.wait_line(r'\[c5\] 3')
    assert len(re.findall(r'0 words wrong, OK', m.text)) >= 1 and 'BAD' not in m.text


@pytest.mark.parametrize('words, answer', [
    ('nobody two', "no guest is called 'nobody'"),
    ('one no/name', 'no/name: '),
    ('one two 0', '0: must be a number of clones from 1 to 1024'),
    ('one two 1025', '1025: must be a number of clones'),
    ('one two more', 'more: must be a number of clones'),
    ('one abcdefghijklmno 10', 'abcdefghijklmno10: '),
    ('writer two', "guest 'writer' cannot be cloned: it writes to disk "),
    ('one', 'usage: clone NAME NEW'),
])
def test_refused(machine, release, tmp_path, words, answer):
    disk = tmp_path / 'disk.img'
    disk.write_bytes(bytes(4096))
    m = machine(release, [PARENT, 'demo guest=writer kernel mem=4M', f'{disk} guest=writer disk'])
    m.expect('one> ')
    m.command(f'clone {words}', re.escape(answer))
    assert not m.events('guest-clone')


def test_cannot(machine, release):
    """What turns out only later is told in the log, and nothing is left behind."""
    m = machine(release, [PARENT, KEEPER, 'demo guest=deaf kernel mem=4M -- run=halt'])
    m.event('guest-parked', guest='deaf')
    m.event('guest-ready', guest='one')
    before = settled_frames(m)
    m.key(':clone one keeper\r')
    assert 'there already' in m.event('clone-failed', guest='keeper', of='one')['cause']
    m.key(':clone deaf two\r')
    assert 'parked' in m.event('clone-failed', guest='two', of='deaf')['cause']
    # The second of three is there.
    clone(m, 'keeper x2', 'x2')
    m.key(':clone one x 3\r')
    m.event('clone-failed', guest='x2')
    assert m.event('clones', count=4)['made'] == '1'
    for name in 'x1', 'x2':
        m.key(f':destroy {name}\r')
        m.event('guest-exit', guest=name)
    # The next command frees what they were made by.
    m.key(':clone nobody two\r')
    assert before - settled_frames(m) <= 4


def test_restart(machine, build):
    """A clone that restarts is a guest of its own; so is a parent."""
    m = machine(build, [KEEPER, PARENT], memory='192M')
    m.event('guest-ready', guest='one')
    m.wait(lambda: guests(m)['one']['state'] == 'waiting', 'its prompt')
    fill(m, 'one', 7)
    clone(m, 'one c 2', 'c1', 'c2')
    m.key(':restart c1\r')
    m.event('guest-ready', guest='c1')
    check(m, 'one', 7)
    fill(m, 'c1', 8)
    m.key(':restart one\r')
    m.event('guest-ready', guest='one', count=2)
    fill(m, 'one', 9)
    check(m, 'c2', 7)
    check(m, 'c1', 8)


def test_memory_short(machine, build):
    """Who needs a frame when there is none waits, and nobody else does or ends."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=16M net=none -- name=one'], memory='48M')
    m.event('guest-ready', guest='one')
    fill(m, 'one', 1)
    clone(m, 'one c 3', 'c1', 'c2', 'c3')
    fill(m, 'c1', 2)
    focus(m, 'c2')
    m.line('fill 3')
    short = m.event('guest-short')['guest']
    assert guests(m)[short]['state'] == 'short'
    # Nothing is promised to others, either, and who shares nothing goes on.
    m.key(':create more kernel=x\r')
    m.event('module-error', module='create', word='more')
    focus(m, 'keeper')
    m.line('mem')
    m.wait_line('mem: .* OK')
    m.key(':destroy c1\r')
    m.event('guest-exit', guest='c1')
    m.event('guest-fed', guest=short)
    m.wait_line('filled with 3')
    check(m, 'c2', 3)
    assert not m.events('guest-exit', reason='killed', guest='c2')


def test_cycles(machine, release):
    """Clones that come and go leave nothing behind."""
    m = machine(release, [PARENT])
    m.expect('one> ')
    free = []
    for cycle in range(40):
        m.key(':clone one c 4\r')
        m.event('clones', count=cycle + 1)
        for i in range(1, 5):
            m.key(f':destroy c{i}\r')
        m.event('guest-exit', guest='c4', count=cycle + 1)
        if cycle in (4, 39):
            m.wait(lambda: len(guests(m)) == 1, 'the clones to be gone')
            free.append(settled_frames(m))
    assert free[0] == free[1]


@pytest.mark.parametrize('attack', ['fuzz-tables', 'queue-noise', 'share-edge', 'fault-storm'])
def test_hostile(machine, build, attack):
    """A hostile guest that is cloned amid its attack harms nobody but itself."""
    m = start(machine, build, f'attack={attack} seconds=2')
    m.event('guest-ready', guest='bad1')
    m.key(':clone bad1 h 4\r')
    m.event('clones', guest='bad1')
    m.event('guest-exit', guest='bad1')
    for event in list(m.events('guest-clone')):
        m.event('guest-exit', guest=event['guest'])
    check_witnesses(m)


# --- Linux ----------------------------------------------------------------------------------------


@pytest.mark.parametrize('version, pages', KERNELS)
def test_linux(machine, build, linux, version, pages):      # noqa: F811
    """Clones of a booted Linux all have a shell, memory and files of their own."""
    m = machine(build, linux(version, pages, 'one', 'mem=128M'), memory='384M')
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('echo parent > /name')
    m.expect(SHELL)
    clone(m, 'one c 3', 'c1', 'c2', 'c3')
    for name in 'c1', 'c2', 'c3', 'one':
        focus(m, name)
        m.line(f'echo {name} >> /name; cat /name | tr "\\n" -')
        m.expect(rf'parent-{name}-')
        m.line("dmesg -r | grep '^<[0-4]>'; echo found: $?")
        m.expect('found: 1')
    assert not m.events('guest-exit')


# QEMU 7.2 itself crashes by slow AHCI disks.
@pytest.mark.parametrize('kind', ['virtio', 'ide'])
def test_in_flight(machine, release, linux, tmp_path, kind):     # noqa: F811
    """Requests at a slow disk come to their end before the guest is cloned, and both have all."""
    image = tmp_path / 'image'
    image.write_bytes(random.Random(7).randbytes(3 << 20))
    wanted = hashlib.md5(image.read_bytes()).hexdigest()
    slow = ',throttling.bps-total=1500000'
    m = machine(release, linux('6.1', 'no-pae', 'one', f'mem=64M disk={kind}0,ro'), memory='256M',
                extra=drives(kind, (image, f'format=raw,readonly=on{slow}' if kind == 'virtio'
                                    else f'format=raw{slow}')))
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('md5sum /dev/vda')
    m.run_on(0.5)
    clone(m, 'one two', 'two')
    m.wait_line(f'{wanted}  /dev/vda')
    focus(m, 'two')
    m.wait_line(f'{wanted}  /dev/vda', count=2)
    m.expect(SHELL)


def test_network(machine, build, linux):        # noqa: F811
    """A clone has an address of its own, though its kernel goes on using the one that it knows."""
    m = machine(build, linux('6.1', 'no-pae', 'one', 'mem=64M'), memory='256M')
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('ifconfig eth0 10.9.0.1 up; echo up: $?')
    m.expect('up: 0')
    clone(m, 'one c 2', 'c1', 'c2')
    for number_, name in (2, 'c1'), (3, 'c2'):
        focus(m, name)
        m.line(f'ifconfig eth0 10.9.0.{number_} up; ping -c 1 10.9.0.1; echo pinged: $?')
        m.expect('pinged: 0')
    m.line('ping -c 1 10.9.0.2; echo pinged again: $?')
    m.expect('pinged again: 0')
    # Each of them is known by its own address.
    focus(m, 'one')
    m.line('cat /proc/net/arp')
    for name in 'c1', 'c2':
        m.wait_line(f'10.9.0.*{m.events("guest-net", guest=name)[0]["mac"]}')
    assert not m.events('net-forged')
