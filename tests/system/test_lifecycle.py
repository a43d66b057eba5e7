# SPDX-License-Identifier: GPL-2.0-only
"""
How a guest ends, starts again, and what it leaves behind, which is nothing.
"""

import time

import pytest

# Time goes by instructions, and what is waited for passes at once.
ICOUNT = ['-icount', 'shift=4,sleep=off']
CYCLES = 200
# What hv/life/restart.h says: so many reboots cost nothing, then the delay doubles, 10 ms to 10 s.
FREE_RESTARTS = 16
DELAYS = [min(10 << i, 10000) for i in range(CYCLES)]
KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'


def test_reboot(machine, build):
    """The guest starts afresh, in its place and in focus."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    start = time.monotonic()
    m.line('reboot')
    assert m.event('guest-exit')['reason'] == 'reboot'
    m.event('guest-start', guest='one', count=2)
    m.event('guest-ready', guest='one', count=2)
    m.expect('^This is one')
    m.expect('one> ')
    m.line('uptime')
    # Its clock begins anew, behind the key that ended the life before.
    assert float(m.expect(r'^up (\d+\.\d+) s')[1]) < time.monotonic() - start
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


# --- again and again ---------------------------------------------------------------------


def settled_frames(machine):
    """How many frames are free when what is still to be shown of a guest that ended has been."""
    def settled():
        before = machine.free_frames()
        return before if machine.free_frames() == before else None
    return machine.wait(settled, 'an end of the changes')


def test_reboot_cycles(machine, build):
    """A guest reboots itself 200 times, and what is free without it is the same."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=2M -- name=one run=mem,reboot'],
                extra=ICOUNT)
    m.expect('keeper> ')
    free = []
    for count in 1, CYCLES:
        m.event('guest-exit', guest='one', reason='reboot', count=count, timeout=120)
        m.command('kill one', 'event=guest-exit guest=one reason=killed')
        free.append(settled_frames(m))
        m.key(':start one\r')
    assert free[0] == free[1]


def test_kill_and_start_cycles(machine, build):
    """One is killed, at any moment of its life, and started again 200 times."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=2M -- name=one run=mem'], extra=ICOUNT)
    m.expect('keeper> ')
    free = []
    for count in range(1, CYCLES + 1):
        m.key(':kill one\r')
        m.event('guest-exit', guest='one', reason='killed', count=count)
        if count in (2, CYCLES):
            free.append(settled_frames(m))
        m.key(':start one\r')
        if count % 4:
            m.event('guest-ready', guest='one', count=len(m.events('guest-ready', guest='one')) + 1)
    assert free[0] == free[1]
    m.line('echo survived')
    m.expect('^survived$')


def test_restart_cycles(machine, build):
    """Somebody restarts one 200 times, for which there is no delay."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=2M -- name=one'], extra=ICOUNT)
    m.expect('keeper> ')
    free = []
    for count in range(1, CYCLES + 2):
        m.event('guest-ready', guest='one', count=count)
        m.wait_line(r'^\[one\] This is one', count)
        if count in (2, CYCLES + 1):
            free.append(settled_frames(m))
        m.key(':restart one\r')
        m.event('guest-exit', guest='one', count=count)
    assert free[0] == free[1]
    ends = m.events('guest-exit', guest='one')
    assert {(end['reason'], end['cause'])
            for end in ends} == {('reboot', 'restarted at the console')}
    assert not m.events('guest-delay')


# --- reboot storms -----------------------------------------------------------------------


def test_reboot_storm(machine, build):
    """A guest that reboots at once, for ever, has to wait longer and longer."""
    m = machine(build, [KEEPER, 'demo guest=bad kernel mem=4M -- run=reboot'], extra=ICOUNT)
    delays = [m.event('guest-delay', guest='bad', count=count)
              for count in range(1, CYCLES - FREE_RESTARTS)]
    assert [delay['delay'] for delay in delays] == [f'{ms}ms' for ms in DELAYS[:len(delays)]]
    assert [int(delay['restarts']) for delay in delays] == \
        list(range(FREE_RESTARTS + 1, CYCLES))
    starts = [float(event['at']) for event in m.events('guest-start', guest='bad')]
    for delay, start in zip(delays, starts[FREE_RESTARTS + 1:]):
        assert 0 <= start - float(delay['at']) - int(delay['delay'][:-2]) / 1000 < 0.2
    m.line('echo still here')
    m.expect('^still here$')


def test_reboot_storm_starves_nobody(machine, build):
    """A guest beside four of them gets on nearly as well as alone, and the log is not flooded."""
    def work(*others):
        m = machine(build, ['worker guest=good kernel mem=2M -- name=good from=25000 to=35000',
                            *others], extra=ICOUNT)
        m.event('guest-exit', guest='good')
        return m, int(m.wait_line(r'^good: rounds=(\d+)')[1])
    _, alone = work()
    m, beside = work(*(f'demo guest=bad{i} kernel mem=4M -- run=reboot' for i in range(4)))
    assert beside > alone * 0.96
    # What they were given, ten seconds of doubling delays, and three times ten seconds.
    # When nobody computes any more, the machine's time flies.
    end = float(m.event('guest-exit', guest='good')['at'])
    starts = [event for event in m.events('guest-start') if float(event['at']) <= end]
    assert len(starts) <= 1 + 4 * (FREE_RESTARTS + 10 + 3)


def test_long_life_ends_the_delay(machine, build):
    """Who lives for ten seconds and then reboots does so at once."""
    m = machine(build, [KEEPER, 'worker guest=bad kernel mem=2M -- life=10',
                        'worker guest=good kernel mem=2M -- life=10500'], extra=ICOUNT)
    m.event('guest-delay', guest='bad', count=12)
    m.event('guest-start', guest='good', count=5)
    assert not m.events('guest-delay', guest='good')


def catch_delayed(m, count=1):
    """
    Waits until the guest that reboots is seen waiting, in its count-th delay at least.  A delay
    may be over before a busy host has looked; delays grow to ten seconds.
    """
    def caught():
        m.event('guest-delay', guest='bad', count=max(count, seen + 1))
        return m.command('guests', r'^2 +bad +(\w+)')[1] == 'delayed'
    seen = 0
    while not caught():
        seen = len(m.events('guest-delay', guest='bad'))


def restarts_at_once(m):
    """
    Restarts the guest in its next delay; false when the delay was over before.  The delays go on
    as if it had restarted by itself.
    """
    seen = len(m.events('guest-delay', guest='bad'))
    delay = m.event('guest-delay', guest='bad', count=seen + 1)
    starts = len(m.events('guest-start', guest='bad'))
    m.key(':restart bad\r')
    start = m.event('guest-start', guest='bad', count=starts + 1)
    ms = int(delay['delay'][:-2])
    following = m.event('guest-delay', guest='bad', count=seen + 2)
    assert following['delay'] == f'{min(2 * ms, DELAYS[-1])}ms'
    return float(start['at']) - float(delay['at']) < ms / 1000


def test_commands_on_a_delayed_guest(machine, build):
    m = machine(build, [KEEPER, 'demo guest=bad kernel mem=4M -- run=reboot'], extra=[])
    catch_delayed(m, 8)
    for _ in range(10):
        if restarts_at_once(m):
            break
    else:
        pytest.fail('no restart came before the delay was over')
    catch_delayed(m)
    m.command('kill bad', 'event=guest-exit guest=bad reason=killed')
    m.command('kill bad', "no guest is called 'bad'")
    starts = len(m.events('guest-start', guest='bad'))
    m.run_on(3)
    assert len(m.events('guest-start', guest='bad')) == starts


def test_start(machine, build):
    """Guests that have ended can be started again, whatever ended them; others cannot."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=4M -- name=one'], extra=ICOUNT)
    m.expect('keeper> ')
    m.command('start one', "guest 'one' is there already")
    m.command('start two', "no module is for a guest called 'two'")
    m.command('restart two', "no guest is called 'two'")
    m.command('start', 'usage: start NAME')
    for way, reason in ('poweroff', 'poweroff'), ('crash oops', 'crash'):
        m.key('2')
        m.expect('one> ')
        m.line(way)
        m.event('guest-exit', guest='one', reason=reason)
        m.command('start one', 'event=guest-start guest=one ')
        # It has its number again.
        m.command('guests', r'^2 +one ')
    m.key('2')
    m.expect('one> ')
    m.line('echo here again')
    m.expect('^here again$')


def test_start_where_nothing_runs(machine, build):
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one run=poweroff'],
                options='when-idle=stay', extra=ICOUNT)
    m.event('idle')
    m.type('start one\r')
    m.event('guest-ready', guest='one', count=2)
    m.event('idle', count=2)


def test_failed_start_beside_a_guest_that_computes(machine, build):
    """What is taken apart again is not the machine of the guest that was interrupted by the key."""
    m = machine(build,
                ['worker guest=busy kernel mem=2M shadow=1M -- name=busy from=600000 to=600001',
                        'demo guest=nowhere kernel mem=4M cpus=9'], extra=ICOUNT)
    m.event('module-error', word='cpus')
    m.event('guest-ready', guest='busy')
    for count in range(2, 7):
        m.key(':start nowhere\r')
        m.event('module-error', word='cpus', count=count)
    m.command('guests', r'(?m)^.*busy.*runs?')
    m.command('kill busy',
              'event=guest-exit guest=busy reason=killed cause="killed at the console"')


def test_start_without_memory(machine, build):
    """A guest whose memory another one has is not started, until that one is gone."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=70M -- name=one',
                        'demo guest=two kernel mem=70M -- name=two'], extra=ICOUNT)
    assert m.event('module-error')['word'] == 'mem=70M'
    m.expect('keeper> ')
    free = m.free_frames()
    m.key(':start two\r')
    m.event('module-error', word='mem=70M', count=2)
    assert m.free_frames() == free
    m.command('kill one', 'event=guest-exit guest=one')
    m.command('start two', 'event=guest-start guest=two')
    m.event('guest-ready', guest='two')
