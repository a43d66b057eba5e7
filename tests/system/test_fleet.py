# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that are made, stopped, changed and destroyed while the machine runs, by commands.
"""

import re

import pytest

from test_lifecycle import settled_frames

KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'
IMAGE = 'demo image=small'
CYCLES = 60


def guests(m):
    """What `guests` says of each: its state, weight, cap, CPU and run time in ms."""
    m.command('guests', r'^no +name')
    m.command('cpus', r'^no +apic')     # by then all of the first answer is there
    text = m.text[m.text.rindex('umbra> guests'):]
    rows = re.findall(r'(?m)^(?:\d+) +(\S+) +(\S+) +\d+ K +(\d+) +(\d+) +(\d+) +(\d+) ms$',
                      text[:re.search(r'(?m)^no +apic', text).start()])
    return {name: {'state': state, 'weight': int(weight), 'cap': int(cap), 'cpu': int(cpu),
                   'run': int(run)}
            for name, state, weight, cap, cpu, run in rows}


def wait_stopped(m, name):
    """Until no CPU is in a turn of the guest: `cpus` names those that run."""
    def stopped():
        m.command('cpus', r'^no +apic')
        m.free_frames()
        return name not in m.text[m.text.rindex('umbra> cpus'):].split()
    m.wait(stopped, f'{name} to stop')


def runs_for(m, name, ms):
    """Waits until the guest has run for so long more."""
    start = guests(m)[name]['run']
    m.wait(lambda: guests(m)[name]['run'] >= start + ms, f'{name} to run for {ms} ms')


# --- pause and resume ---------------------------------------------------------------------


@pytest.mark.parametrize('cpus', [1, 3])
def test_pause(machine, build, cpus):
    """A paused guest gets no turn while others run, and goes on where it was."""
    m = machine(build, [KEEPER, 'demo guest=spins kernel mem=4M -- run=spin:1000',
                        'demo guest=other kernel mem=4M -- run=spin:1000'],
                extra=['-smp', str(cpus)])
    m.event('guest-ready', guest='other')
    runs_for(m, 'spins', 20)
    m.key(':pause spins\r')
    m.event('guest-paused', guest='spins')
    wait_stopped(m, 'spins')
    before = guests(m)['spins']
    assert before['state'] == 'paused'
    runs_for(m, 'other', 50)
    assert guests(m)['spins'] == before
    m.command('pause spins', "guest 'spins' is paused already")
    m.key(':resume spins\r')
    m.event('guest-resumed', guest='spins')
    runs_for(m, 'spins', 20)
    m.command('resume spins', "guest 'spins' is not paused")
    assert not m.events('guest-exit')


def test_pause_of_who_waits(machine, build):
    """What a paused guest was sent is there when it goes on."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    m.key(':pause one\r')
    m.event('guest-paused', guest='one')
    m.line('echo so far')
    assert guests(m)['one']['state'] == 'paused'
    assert not re.search(r'(?m)^so far', m.text)
    m.key(':resume one\r')
    m.wait_line('so far')
    m.line('sleep 1')
    m.expect('one> ')


@pytest.mark.parametrize('way, reason', [('kill', 'killed'), ('destroy', 'killed'),
                                         ('restart', 'reboot')])
def test_end_of_paused(machine, build, way, reason):
    """A paused guest can be ended as any other; a restart ends the pause."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=4M -- run=spin:1000'])
    m.event('guest-ready', guest='one')
    m.key(':pause one\r')
    m.event('guest-paused', guest='one')
    m.key(f':{way} one\r')
    assert m.event('guest-exit', guest='one')['reason'] == reason
    if way == 'restart':
        m.event('guest-ready', guest='one', count=2)
        runs_for(m, 'one', 20)


def test_pause_in_every_state(machine, build):
    """While it starts, while it waits for its next start, while it is parked."""
    m = machine(build, [KEEPER, 'demo guest=big kernel mem=64M -- run=spin:1000',
                        'demo guest=again kernel mem=4M -- run=reboot',
                        'demo guest=deaf kernel mem=4M -- run=halt'], memory='256M')
    m.event('guest-delay', guest='again')
    m.event('guest-parked', guest='deaf')
    for name in 'again', 'deaf', 'big':
        m.key(f':pause {name}\r')
        m.event('guest-paused', guest=name)
        assert guests(m)[name]['state'] == 'paused'
    m.key(':restart big\r')
    m.event('guest-exit', guest='big')
    m.key(':pause big\r')
    m.event('guest-paused', guest='big', count=2)
    for name in 'again', 'deaf', 'big':
        m.key(f':resume {name}\r')
        m.event('guest-resumed', guest=name)
    runs_for(m, 'big', 20)
    assert guests(m)['deaf']['state'] == 'parked'
    reboots = len(m.events('guest-exit', guest='again'))
    m.event('guest-exit', guest='again', count=reboots + 1)


# --- set --------------------------------------------------------------------------------------


def test_set(machine, build):
    """Weights, caps and CPUs change while guests run, and the shares with them."""
    m = machine(build, [KEEPER] + [f'demo guest={name} kernel mem=4M cpus=0 -- run=spin:1000'
                                   for name in ('a', 'b')],
                extra=['-smp', '2', '-icount', 'shift=3,sleep=off'])
    for name in 'a', 'b':
        m.event('guest-ready', guest=name)
    m.key(':set a weight=900 cpus=0-1\r')
    set_event = m.event('guest-set', guest='a')
    assert (set_event['weight'], set_event['cap'], set_event['cpus']) == ('900', '100', '00000003')
    # Away from where it ran, and back: both weights on one CPU.
    m.key(':set a cpus=1\r')
    m.event('guest-set', guest='a', count=2)
    m.wait(lambda: guests(m)['a']['cpu'] == 1, 'a to be on CPU 1')
    m.key(':set a cpus=0\r')
    m.event('guest-set', guest='a', count=3)
    m.wait(lambda: guests(m)['a']['cpu'] == 0, 'a to be on CPU 0')
    start = guests(m)
    runs_for(m, 'b', 100)
    end = guests(m)
    assert end['a']['weight'] == 900
    ran = {name: end[name]['run'] - start[name]['run'] for name in ('a', 'b')}
    assert 7 < ran['a'] / ran['b'] < 11, ran
    m.key(':set b cap=10\r')
    m.event('guest-set', guest='b')
    assert guests(m)['b']['cap'] == 10


def test_set_keeps_over_a_restart(machine, build):
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=4M -- name=one'])
    m.event('guest-ready', guest='one')
    m.key(':set one weight=7 cap=50\r')
    m.event('guest-set', guest='one')
    m.key(':restart one\r')
    start = m.event('guest-start', guest='one', count=2)
    assert (start['weight'], start['cap']) == ('7', '50')


def test_bad_settings(machine, release):
    m = machine(release, [KEEPER])
    m.expect('keeper> ')
    m.command('set keeper mem=8M', 'mem=8M: weight=, cap= and cpus= can be changed')
    m.command('set keeper weight=0', 'weight=0: the weight is a number from 1 to 1000')
    m.command('set keeper cpus=7', 'cpus: none of these CPUs is there')
    m.command('set keeper', 'usage: set NAME WORDS')
    m.command('set nobody cap=5', "no guest is called 'nobody'")
    assert not m.events('guest-set')


# --- create and destroy -------------------------------------------------------------------


def test_create(machine, build):
    """A guest from an image, with all that a module's line can say; its end leaves nothing."""
    m = machine(build, [KEEPER, IMAGE], extra=['-smp', '2'])
    m.expect('keeper> ')
    m.command('images', r'small +\d+ K .*demo')
    free = m.free_frames()
    m.key(':create web kernel=small mem=8M weight=50 cpus=1 net=a -- name=web run=mem\r')
    start = m.event('guest-start', guest='web')
    assert (start['mem'], start['weight']) == ('8192K', '50')
    assert m.event('guest-net', guest='web')['net'] == 'a'
    m.wait_line(r'\[web\] mem: \d+ KB of 8192 KB checked, 0 words wrong, OK')
    assert guests(m)['web']['cpu'] == 1
    assert free - m.free_frames() > 8 << 8
    m.command('create web kernel=small', "guest 'web' is there already")
    m.key(':restart web\r')
    m.event('guest-ready', guest='web', count=2)
    m.key(':destroy web\r')
    end = m.event('guest-exit', guest='web', count=2)
    assert (end['reason'], end['cause']) == ('killed', 'destroyed at the console')
    m.command('start web', "no module is for a guest called 'web'")
    m.key(':create web kernel=small mem=4M -- name=web run=poweroff\r')
    assert m.event('guest-exit', guest='web', count=3)['reason'] == 'poweroff'
    m.line('echo still here')
    m.expect('^still here')


def test_create_from_nothing(machine, release):
    """A machine whose modules are images alone waits for commands, unless it is to end."""
    m = machine(release, [IMAGE], options='')
    m.wait_line('.*no guest could be started')
    m.type('\x1d0')
    m.line('create first kernel=small mem=4M -- name=first run=poweroff')
    assert m.event('guest-exit', guest='first')['reason'] == 'poweroff'


def test_destroy_of_boot_guest(machine, release):
    m = machine(release, [KEEPER, 'demo guest=one kernel mem=4M -- name=one'])
    m.event('guest-ready', guest='one')
    m.key(':kill one\r')
    m.event('guest-exit', guest='one')
    m.key(':start one\r')
    m.event('guest-ready', guest='one', count=2)
    m.key(':destroy one\r')
    m.event('guest-exit', guest='one', count=2)
    m.command('start one', "no module is for a guest called 'one'")


@pytest.mark.parametrize('line, answer', [
    ('', 'usage: create NAME WORDS'),
    ('x', 'usage: create NAME WORDS'),
    ('x mem=8M', r'the line names no kernel=IMAGE'),
    ('X kernel=small', "X: a guest's name is 1 to 15 of"),
    ('x kernel=large', "large: no module is an image of that name"),
    ('x kernel=small initrd=large', "large: no module is an image of that name"),
    ('x kernel=small mem=5', 'mem=5: memory is 1M to 3070M'),
    ('x kernel=small guest=y', "guest=y: the guest's name comes first"),
    ('x kernel=small disk=ahci0', r'cause="the machine has no disk ahci0"'),
    ('x kernel=small cpus=9', r'cause="none of these CPUs is there"'),
    ('x kernel=small mem=1024M',
     r'cause="no memory left for guest x: \d+ MB are free, \d+ of them low"'),
    ('x kernel=noise', r'word=kernel cause="'),
    ('x kernel=small mac=02:00:00:00:00:09', 'mac: guest keeper has that address already'),
])
def test_bad_create(machine, release, tmp_path, line, answer):
    """One clear line, and nothing is lost: the name is free, and so is the memory."""
    noise = tmp_path / 'noise'
    noise.write_bytes(bytes(range(256)) * 64)
    m = machine(release, ['demo guest=keeper kernel mem=4M mac=02:00:00:00:00:09 -- name=keeper',
                          IMAGE, f'{noise} image=noise'])
    m.expect('keeper> ')
    m.key(':images\r')
    m.expect('noise +16 K')
    free = m.free_frames()
    m.key(f':create {line}\r')
    m.expect(answer)
    assert list(guests(m)) == ['keeper']
    assert m.free_frames() == free
    m.key(':create x kernel=small mem=4M -- name=x\r')
    m.event('guest-ready', guest='x')


@pytest.mark.parametrize('cpus', [1, 4])
def test_cycles(machine, build, cpus):
    """Guests are made and destroyed over and over, in every phase of their lives."""
    m = machine(build, [KEEPER, IMAGE], memory='192M', extra=['-smp', str(cpus)])
    m.expect('keeper> ')

    def cycle(number):
        for name in 'a', 'b', 'c':
            m.key(f':create {name} kernel=small mem=4M -- name={name} '
                  f'run={("mem", "spin:1000", "reboot")[number % 3]}\r')
        if number % 2:
            m.event('guest-ready', guest='c')
        for name in 'b', 'c', 'a':
            count = len(m.events('guest-exit', guest=name, reason='killed'))
            m.key(f':destroy {name}\r')
            m.event('guest-exit', guest=name, reason='killed', count=count + 1)
        assert list(guests(m)) == ['keeper']
    cycle(0)
    free = settled_frames(m)
    for number in range(1, CYCLES // 3):
        cycle(number)
    assert settled_frames(m) == free
    assert list(guests(m)) == ['keeper']
    assert not m.events('module-error')


# --- many -------------------------------------------------------------------------------------


def make_many(m, count, words, turn=1):
    """Guests g1, g2, ... by commands, ten at a time; when all of them have started."""
    for first in range(1, count + 1, 10):
        last = min(first + 9, count)
        for number in range(first, last + 1):
            m.key(f':create g{number} kernel=small {words} -- name=g{number}\r')
        m.event('guest-ready', guest=f'g{last}', count=turn)


def check_many(m, count):
    """All guests are there; lists of them are complete, keys and commands reach each of them."""
    names = [f'g{number}' for number in range(1, count + 1)]
    assert list(guests(m)) == ['keeper'] + names
    m.command('net', '^all')
    m.command('cpus', r'^no +apic')
    answer = m.text[m.text.rindex('umbra> net'):]
    assert re.findall(r'(?m)^  (g\d+) ', answer) == names
    assert 'not shown' not in answer
    for name in names[0], names[count // 2], names[-1]:
        m.key(f':focus {name}\r')
        m.event('focus', guest=name)
        m.line(f'echo I am {name}.')
        m.expect(f'^I am {name}\\.')
        m.key(':focus keeper\r')
        m.event('focus', guest='keeper', count=len(m.events('focus', guest='keeper')))
    m.key('?')
    m.expect(f'and {count - 8} more: ')


@pytest.mark.parametrize('cpus', [1, 3])
def test_many(machine, release, cpus):
    """More guests than any list, key or table of old had room for."""
    m = machine(release, ['demo guest=keeper kernel mem=4M net=all -- name=keeper', IMAGE],
                memory='512M', extra=['-smp', str(cpus)])
    m.expect('keeper> ')
    free = []
    for turn in 1, 2:
        make_many(m, 100, 'mem=2M net=all', turn)
        if turn == 1:
            check_many(m, 100)
        for number in range(1, 101):
            m.key(f':destroy g{number}\r')
        for number in range(1, 101):
            m.event('guest-exit', guest=f'g{number}', count=turn)
        assert list(guests(m)) == ['keeper']
        free.append(settled_frames(m))
    assert free[0] == free[1]


@pytest.mark.long
def test_most(machine, build):
    """As many guests as there can be, on a machine of 4 GB; one more is refused."""
    m = machine(build, ['demo guest=keeper kernel mem=4M net=all -- name=keeper', IMAGE],
                memory='4G', extra=['-smp', '2'])
    m.expect('keeper> ')
    make_many(m, 1023, 'mem=2M shadow=256K net=all')
    check_many(m, 1023)
    m.command('create more kernel=small mem=2M', 'no console left for another guest')
    assert len(guests(m)) == 1024
