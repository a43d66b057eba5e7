# SPDX-License-Identifier: GPL-2.0-only
"""
Non-maskable interrupts, from outside, at any instruction: also of the Switcher,
where neither the stack nor the tables are those of either side.
"""

import time

import pytest

NMIS = 600


def inject(machine, count):
    """As many as that, at odd distances."""
    for done in range(count):
        machine.ask('inject-nmi')
        time.sleep(0.0005 * (done % 7))


def test_guests_survive(machine, build):
    """Guests that enter Umbra all the time, in every way."""
    m = machine(build, ['victim guest=victim kernel mem=4M -- busy',
                        'abi guest=abi kernel mem=8M -- only=traps',
                        'hostile guest=calls kernel mem=4M -- attack=hypercall-storm seconds=1000',
                        'hostile guest=faults kernel mem=4M -- attack=fault-storm seconds=1000',
                        'demo guest=keeper kernel mem=4M -- name=keeper'])
    m.event('guest-ready', guest='keeper')
    inject(m, NMIS)
    m.event('nmi')
    m.event('guest-exit', guest='abi', reason='poweroff')
    m.wait_line(r'TOTAL \d+ passed, 0 failed')
    for name in 'calls', 'faults', 'victim':
        assert not m.events('guest-exit', guest=name)
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    assert not [line for line in m.lines if 'BAD' in line]
    m.event('focus', guest='keeper')
    m.line('poweroff')
    m.wait_poweroff()


def test_idle(machine, build):
    """With nobody running.  They are reported now and then, all of them counted."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one'])
    m.expect('one> ')
    for count in range(1, 6):
        m.ask('inject-nmi')
        # One that is still on its way hides the next one.  Commands give Umbra occasion to report.
        m.wait(lambda: m.free_frames() and m.events('nmi', count=str(count)),
               f'a report of NMI {count}')
    m.line('poweroff')
    m.wait_poweroff()
    assert m.events('nmi')[-1]['count'] == '5'


@pytest.mark.parametrize('cpu', ['pentium3', 'max'])
def test_on_cpu(machine, release, cpu):
    names = {'calls': 'hypercall-storm', 'switches': 'switch-storm', 'fills': 'fill-storm'}
    m = machine(release, [f'hostile guest={name} kernel mem=4M -- attack={attack} seconds=1000'
                          for name, attack in names.items()], cpu=cpu)
    m.event('guest-ready', guest='fills')
    inject(m, NMIS // 2)
    m.event('nmi')
    assert not m.events('guest-exit')
    for name in names:
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    m.wait_poweroff()


def test_takes_a_guest_out(machine, build):
    """
    QEMU lets a program turn interrupts off, in a mode that no guest may be in: only an NMI, here
    the watchdog's, gets the CPU back.  The program has a fault to get, and nobody else anything.
    """
    m = machine(build, ['victim guest=victim kernel mem=4M -- seed=5',
                        'hostile guest=bad kernel mem=4M -- attack=vm86-silent spin'],
                options='when-idle=poweroff watchdog=10')
    m.event('guest-exit', guest='bad', reason='poweroff')
    m.wait_line('PASS vm86-silent')
    m.wait_line('victim: round 3 checksum OK')
    m.key(':kill victim\r')
    m.wait_poweroff()
    assert not m.events('nmi')
