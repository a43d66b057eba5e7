# SPDX-License-Identifier: GPL-2.0-only
"""
The power button: guests get some time to be ended, then they are, and the
machine goes off.
"""

import pytest

from test_guests import ICOUNT

TWO = ['demo guest=one kernel mem=4M -- name=one', 'demo guest=two kernel mem=4M -- name=two']


def press(machine):
    machine.ask('system_powerdown')


@pytest.mark.parametrize('board', ['pc', 'q35'])
def test_guests_are_ended(machine, build, board):
    """Those that are left when the time is over: one that waits and one that computes."""
    m = machine(build, [TWO[0], 'demo guest=two kernel mem=4M -- run=spin:1000'],
                options='when-idle=stay power-button=2',
                extra=['-machine', board, *ICOUNT])
    m.event('guest-ready', guest='two')
    m.expect('one> ')
    press(m)
    assert m.event('power-button')['grace'] == '2'
    for name in 'one', 'two':
        end = m.event('guest-exit', guest=name)
        assert (end['reason'], end['cause']) == ('killed', 'the power button was pressed')
        assert 1.9 < float(end['at']) - float(m.events('power-button')[0]['at']) < 4
    m.wait_poweroff()
    assert m.events('idle')[0]['action'] == 'poweroff'


def test_guests_end_in_time(machine, build):
    """When the last one has ended by itself, nothing more is waited for."""
    m = machine(build, TWO, options='when-idle=stay power-button=600')
    m.event('guest-ready', guest='two')
    m.expect('one> ')
    press(m)
    m.event('power-button')
    m.line('poweroff')
    m.event('focus', guest='two')
    m.line('poweroff')
    m.wait_poweroff()
    assert {event['reason'] for event in m.events('guest-exit')} == {'poweroff'}


def test_second_press(machine, build):
    m = machine(build, TWO, options='power-button=600')
    m.event('guest-ready', guest='two')
    m.expect('one> ')
    press(m)
    assert m.event('power-button')['grace'] == '600'
    press(m)
    assert m.event('power-button', count=2)['grace'] == '0'
    m.wait_poweroff()
    assert {event['reason'] for event in m.events('guest-exit')} == {'killed'}


def test_no_guests(machine, release):
    """The machine that stays idle goes off at once."""
    m = machine(release, ['demo guest=one kernel mem=4M -- run=poweroff'], options='when-idle=stay')
    assert m.event('idle')['action'] == 'stay'
    press(m)
    m.event('idle', action='poweroff')
    m.wait_poweroff()


def test_at_once(machine, release):
    m = machine(release, TWO, options='power-button=0')
    m.event('guest-ready', guest='two')
    press(m)
    m.wait_poweroff()
    assert {event['cause'] for event in m.events('guest-exit')} == {'the power button was pressed'}


def test_left_to_the_firmware(machine, release):
    """Which here does nothing."""
    m = machine(release, TWO[:1], options='power-button=firmware')
    m.expect('one> ')
    press(m)
    m.run_on(1)
    m.line('echo still here')
    m.expect('^still here$')
    assert not m.events('power-button')


def test_guest_that_reboots(machine, release):
    """It starts again while there is time, and not afterwards."""
    m = machine(release, ['demo guest=one kernel mem=4M -- run=mem,reboot'],
                options='power-button=2', extra=ICOUNT)
    m.event('guest-exit', reason='reboot')
    press(m)
    pressed = float(m.event('power-button')['at'])
    m.wait_poweroff()
    later = [float(event['at']) - pressed for event in m.events('guest-exit', reason='reboot')]
    assert [seconds for seconds in later if seconds > 0]
    assert max(later) < 4 and 1.9 < float(m.events('idle')[0]['at']) - pressed < 4
