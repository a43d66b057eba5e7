# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that have halted and that nothing can wake: they are told of, and stay, end or
start afresh as their line says.
"""

import pytest

from test_lifecycle import FREE_RESTARTS, ICOUNT, KEEPER, settled_frames

OFF = 'halted with interrupts off'
NEVER = 'waits for an interrupt that cannot come'
# What guest/demo does, and what is said of it.
WAYS = {'halt': OFF, 'halt:masked': NEVER, 'halt:silent': NEVER}


def halts(name='one', way='halt', words=''):
    return f'demo guest={name} kernel mem=4M {words} -- name={name} run={way}'


@pytest.mark.parametrize('way', WAYS)
def test_event(machine, build, way):
    """It is told once, where it halted; the others go on; and it can be ended."""
    m = machine(build, [KEEPER, halts(way=way)])
    parked = m.event('guest-parked')
    assert parked['guest'] == 'one' and parked['cause'] == WAYS[way]
    assert parked['eip'].startswith('c01')
    m.command('guests', r'^2 +one +parked ')
    m.line('echo next')
    m.expect('^next$')
    m.run_on(0.3)
    assert len(m.events('guest-parked')) == 1 and not m.events('idle')
    end = m.command('kill one', 'event=guest-exit guest=one reason=killed cause="(.*?)"')
    assert end[1] == 'killed at the console'
    m.line('poweroff')
    m.wait_poweroff()
    assert len(m.events('idle')) == 1


def test_before_init(machine, build):
    """One that has never said anything is parked all the same."""
    m = machine(build, ['hostile guest=bad kernel mem=8M when-parked=end -- early=halt'])
    assert m.event('guest-parked')['cause'] == OFF
    m.wait_poweroff()
    assert m.event('guest-exit')['reason'] == 'parked'


@pytest.mark.parametrize('way', WAYS)
def test_idle(machine, build, way):
    """When nobody is left who can do anything, the machine does what when-idle= says."""
    m = machine(build,
                [halts('one', way), halts('two'), 'demo guest=three kernel mem=4M -- run=poweroff'])
    m.wait_poweroff()
    assert {event['guest'] for event in m.events('guest-parked')} == {'one', 'two'}
    assert len(m.events('idle')) == 1
    assert {event['guest'] for event in m.events('guest-exit')} == {'three'}


def test_waiting_is_not_parked(machine, build):
    """Who waits for a key, or for a timer, is not parked."""
    m = machine(build, [KEEPER, 'demo guest=one kernel mem=4M -- name=one run=count:3'],
                extra=ICOUNT)
    m.wait_line(r'^\[one\] 3$')
    m.key('2')
    m.expect('one> ')
    m.line('echo awake')
    m.expect('^awake$')
    assert not m.events('guest-parked')


def test_end(machine, build):
    """when-parked=end: it ends, and leaves nothing behind."""
    m = machine(build, [KEEPER, halts(words='when-parked=end')], extra=ICOUNT)
    end = m.event('guest-exit', guest='one')
    assert (end['reason'], end['cause']) == ('parked', OFF)
    assert end['eip'] == m.event('guest-parked')['eip']
    free = []
    for count in range(2, 8):
        m.key(':start one\r')
        m.event('guest-exit', guest='one', reason='parked', count=count)
        if count in (2, 7):
            free.append(settled_frames(m))
    assert free[0] == free[1]
    m.line('poweroff')
    m.wait_poweroff()


def test_restart(machine, build):
    """when-parked=restart: it starts afresh, and has to wait when it does nothing else."""
    m = machine(build, [KEEPER, halts(words='when-parked=restart')], extra=ICOUNT)
    delay = m.event('guest-delay', guest='one')
    assert (delay['delay'], int(delay['restarts'])) == ('10ms', FREE_RESTARTS + 1)
    # It goes on while somebody reads: only what came before the delay counts.
    before = m.seen[:m.seen.index(delay)]
    assert len([each for each in before if each['event'] == 'guest-exit']) == FREE_RESTARTS + 1
    assert m.event('guest-delay', guest='one', count=4)['delay'] == '80ms'
    assert not m.events('idle')
    m.command('kill one', 'event=guest-exit guest=one reason=killed')
    m.line('poweroff')
    m.wait_poweroff()


# --- at the console ------------------------------------------------------------------------


@pytest.mark.parametrize('way', WAYS)
def test_focus(machine, build, way):
    """The focus leaves a parked guest, whose screen can be looked at, but takes no keys."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    m.line(way.replace(':', ' '))
    m.event('guest-parked', guest='one')
    m.event('focus', guest='keeper')
    m.key('1')
    m.event('focus', guest='one', count=2)
    m.expect('This is one')
    # More than a guest's ring holds: nothing is kept, and the escape key works at once.
    m.type('x' * 100)
    m.expect('umbra: guest one is parked and takes no keys')
    m.paste('y' * 20000)
    m.key('?')
    m.expect('guest 1 is one, parked, in focus')
    assert m.text.count('takes no keys') == 1
    m.key('2')
    m.line('echo keys')
    m.expect('^keys$')


@pytest.mark.parametrize('way', WAYS)
def test_commands(machine, build, way):
    """It can be restarted and looked at; afterwards it is as if it had not been parked."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', KEEPER])
    m.expect('one> ')
    for count in range(1, 4):
        m.line(way.replace(':', ' '))
        m.event('guest-parked', guest='one', count=count)
        m.command('regs one', r'^eip c01')
        m.command('start one', "guest 'one' is there already")
        m.command('restart one',
                  'event=guest-exit guest=one reason=reboot cause="restarted at the console"')
        m.event('guest-ready', guest='one', count=count + 1)
        m.command('guests', r'^1 +one +(waiting|running|starting) ')
        m.key('1')
        m.expect('one> ')
    m.line('echo awake')
    m.expect('^awake$')


def test_last_one(machine, build):
    """when-idle=stay: told once, the keys are Umbra's, and a restarted guest gets them again."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one'], options='when-idle=stay')
    for count in range(1, 4):
        m.expect('one> ')
        m.line('halt')
        m.event('guest-parked', guest='one', count=count)
        m.event('focus', guest='', count=count)
        m.event('idle', action='stay', count=count)
        m.type('restart one\r')
        m.event('focus', guest='one', count=count + 1)
    m.expect('one> ')
    m.line('halt')
    m.event('focus', guest='', count=4)
    m.type('kill one\r')
    m.event('guest-exit', guest='one', reason='killed')
    m.type('mem\r')
    m.expect('frames free')
    # Its end is no news: nobody was left before.
    assert len(m.events('idle')) == 4


def test_power_button(machine, build):
    """A machine on which all are parked goes off at once, whatever they were to have."""
    m = machine(build, [halts('one'), halts('two', 'halt:masked')],
                options='when-idle=stay power-button=600')
    m.event('idle')
    m.ask('system_powerdown')
    m.event('power-button', grace='600')
    m.wait_poweroff()


def test_cpus(machine, debug):
    """Guests that park and start afresh on several CPUs, until nobody is left."""
    names = 'abcdef'
    m = machine(debug, [KEEPER, *(halts(name, ['halt', 'halt:masked', 'halt:silent'][i % 3])
                                  for i, name in enumerate(names))], extra=['-smp', '3'],
                                  memory='256M')
    for count in range(1, 6):
        for name in names:
            m.event('guest-parked', guest=name, count=count)
        for name in names if count < 5 else '':
            m.key(f':restart {name}\r')
    m.line('poweroff')
    m.wait_poweroff()
    assert len(m.events('idle')) == 1


def test_words(machine, release):
    m = machine(release,
                ['demo guest=a kernel when-parked=never', 'demo guest=b kernel when-parked',
                          halts('c', words='when-parked=stay')])
    m.wait_poweroff()
    errors = {event['word']: event['cause'] for event in m.events('module-error')}
    assert errors == {'when-parked=never': 'the value is one of stay, end, restart',
                      'when-parked': 'the word needs a value'}
