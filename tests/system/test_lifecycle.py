# SPDX-License-Identifier: GPL-2.0-only
"""
How a guest ends, starts again, and what it leaves behind, which is nothing.
"""

KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'


def test_reboot(machine, build):
    """The guest starts afresh, in its place and in focus."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    m.line('reboot')
    assert m.event('guest-exit')['reason'] == 'reboot'
    m.event('guest-start', guest='one', count=2)
    m.event('guest-ready', guest='one', count=2)
    m.expect('^This is one')
    m.expect('one> ')
    m.line('uptime')
    assert int(m.expect(r'^up (\d+)\.\d+ s')[1]) < 3
    assert len(m.events('focus')) == 1
    assert not m.events('guest-exit', guest='keeper')


def test_crash(machine, build):
    """The event has the guest's own words, with nothing in them that would end the line."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    m.line('crash no "init" found')
    end = m.event('guest-exit', guest='one')
    assert end['reason'] == 'crash'
    assert end['cause'] == "Kernel panic - no 'init' found"
    m.event('focus', guest='keeper')
    m.line('echo next')
    m.expect('^next$')


def test_poweroff(machine, build):
    m = machine(build, ['demo guest=one kernel mem=4M -- run=poweroff', KEEPER])
    assert m.event('guest-exit', guest='one')['reason'] == 'poweroff'
    m.event('focus', guest='keeper')
    m.line('poweroff')
    m.wait_poweroff()


def test_kill(machine, build):
    """A guest that computes, one that waits and one that prints are gone at once."""
    m = machine(build, ['demo guest=spins kernel mem=4M -- run=spin:1000', KEEPER,
                        'demo guest=waits kernel mem=4M',
                        'demo guest=prints kernel mem=4M -- run=count:1000'])
    m.event('guest-ready', guest='prints')
    for name in 'spins', 'waits', 'prints':
        m.key(f':kill {name}\r')
        end = m.event('guest-exit', guest=name)
        assert (end['reason'], end['cause']) == ('killed', 'killed at the console')
    m.event('focus', guest='keeper')
    m.line('echo alone')
    m.expect('^alone$')


def test_kill_last(machine, build):
    m = machine(build, [KEEPER])
    m.expect('keeper> ')
    m.key(':kill keeper\r')
    m.wait_poweroff()


def test_reboots_return_memory(machine, build):
    """After 20 reboots as many frames are free as after the first."""
    m = machine(build, ['demo guest=one kernel mem=16M -- name=one', KEEPER])
    free = []
    for count in range(1, 22):
        m.event('guest-ready', guest='one', count=count)
        m.expect('one> ')
        m.line('mem')
        m.expect('0 words wrong, OK')
        free.append(m.free_frames())
        m.line('reboot')
        m.event('guest-exit', guest='one', reason='reboot', count=count)
    assert free[1] == free[20], free


def test_ends_return_memory(machine, build):
    """However a guest ends, what is free afterwards is the same."""
    ways = {'poweroff': 'run=mem,poweroff', 'crash': 'run=mem,crash', 'killed': 'run=mem'}
    free = {}
    for way, words in ways.items():
        m = machine(build, [KEEPER, f'demo guest=one kernel mem=16M -- name=one {words}'])
        m.wait_line(r'0 words wrong, OK')
        if way == 'killed':
            before = m.free_frames()
            m.key(':kill one\r')
        assert m.event('guest-exit', guest='one')['reason'] == way
        m.expect('keeper> ')
        free[way] = m.free_frames()
        m.close()
    assert len(set(free.values())) == 1, free
    # Its memory, and some frames for tables.
    assert 16 << 8 <= free['killed'] - before < 18 << 8


def test_reboot_of_everything(machine, build):
    """Many guests that restart all the time, in every order."""
    names = ['one', 'two', 'three', 'four']
    m = machine(build, [KEEPER] + [f'demo guest={name} kernel mem=4M -- run=mem,reboot'
                                   for name in names])
    for name in names:
        m.event('guest-exit', guest=name, reason='reboot', count=8)
    for name in names:
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    m.line('echo survived')
    m.expect('^survived$')
    assert len(m.events('guest-exit', guest='keeper')) == 0
