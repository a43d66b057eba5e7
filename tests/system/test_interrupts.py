# SPDX-License-Identifier: GPL-2.0-only
"""
Interrupt controllers, timers and clocks of the machines there are: with APICs
and without, with an HPET and without, with a TSC that keeps its rate and
without.
"""

import re
import time

import pytest

SECONDS = 5
# Time goes by instructions, 8 ns each, so that no load of the host's shows.
ICOUNT = ['-icount', 'shift=4,sleep=off']

APIC = r'irq: 1 CPU; local APIC 0 \(xapic\); 1 I/O APIC with 24 lines, ISA lines moved: 1$'
COUNTER = r'time: timers by the local APIC, whose counter runs at (999|1000)\.\d{3} MHz$'
NO_APIC = r'irq: interrupts by the 8259 pair: {}$'
PIT = r'time: timers by the 8254$'
CLOCK = r'time: clock {}; the TSC runs at [\d.]+ MHz by {}$'
TWO = r'hpet, \d{1,3} ppm off by pmtimer'

# Name: the processor, QEMU's options, Umbra's words, and what the log says of it.
MACHINES = {
    'pc': ('qemu32', [], '', [APIC, COUNTER, CLOCK.format('tsc', TWO)]),
    'q35': ('qemu32', ['-machine', 'q35'], '', [APIC, COUNTER, CLOCK.format('tsc', TWO)]),
    'pentium3': ('pentium3', [], '', [APIC, COUNTER, CLOCK.format('tsc', TWO)]),
    'n270': ('n270', [], '', [APIC, COUNTER, CLOCK.format('tsc', TWO)]),
    'max': ('max', [], '', [APIC, COUNTER, CLOCK.format('tsc', TWO)]),
    'no-hpet': ('qemu32', ['-machine', 'hpet=off'], '',
                [APIC, COUNTER, CLOCK.format('tsc', 'pmtimer')]),
    'no-apic': ('qemu32,-apic', [], '',
                [NO_APIC.format('no local APIC'), PIT, CLOCK.format('tsc', TWO)]),
    'pentium3-no-apic': ('pentium3,-apic', ['-machine', 'hpet=off'], '',
                         [NO_APIC.format('no local APIC'), PIT, CLOCK.format('tsc', 'pmtimer')]),
    'no-acpi': ('qemu32', ['-no-acpi'], '',
                [NO_APIC.format('no MADT'), PIT, CLOCK.format('tsc', 'pit')]),
    'apic=off': ('qemu32', [], 'apic=off', [NO_APIC.format('apic=off'), PIT]),
    'clock=hpet': ('qemu32', [], 'clock=hpet', [APIC, COUNTER, CLOCK.format('hpet', TWO)]),
    'clock=pmtimer': ('qemu32', [], 'clock=pmtimer', [APIC, COUNTER, CLOCK.format('pmtimer', TWO)]),
    'clock=pmtimer-no-apic': ('qemu32,-apic', [], 'clock=pmtimer',
                              [PIT, CLOCK.format('pmtimer', TWO)]),
    'clock=hpet-missing': ('qemu32', ['-machine', 'hpet=off'], 'clock=hpet',
                           ['time: clock=hpet: there is none$', CLOCK.format('tsc', 'pmtimer')]),
    'tsc-not-constant': ('pentium3,-hypervisor', [], '',
                         ['time: the TSC may change its rate: guests are told not to use it',
                          CLOCK.format('hpet', TWO)]),
    'tsc-not-constant-tsc': ('pentium3,-hypervisor', [], 'clock=tsc',
                             ['time: the TSC may change its rate, and with it the time of Umbra',
                              CLOCK.format('tsc', TWO)]),
}


def start(machine, build, name, modules, extra=()):
    cpu, options, words, lines = MACHINES[name]
    m = machine(build, modules, cpu=cpu, extra=[*options, *extra],
                options=f'when-idle=poweroff {words}')
    for line in lines:
        m.wait_line(line)
    return m


def end(machine, name):
    """Without ACPI the machine cannot be powered off."""
    if name == 'no-acpi':
        machine.event('idle')
        machine.wait_line('halted, switch it off by hand')
    else:
        machine.wait_poweroff()


@pytest.mark.parametrize('name', MACHINES)
def test_keys(machine, build, name):
    """Keys arrive, guests sleep and take turns."""
    m = start(machine, build, name, ['demo guest=one kernel mem=4M -- name=one',
                                     'demo guest=two kernel mem=4M -- run=spin:1,poweroff',
                                     'demo guest=three kernel mem=4M -- run=count:2,poweroff'])
    m.expect('one> ')
    m.line('echo first')
    m.expect('^first$')
    for guest in 'two', 'three':
        m.event('guest-exit', guest=guest, reason='poweroff')
    m.line('poweroff')
    end(m, name)
    assert not [line for line in m.lines if 'nobody wants' in line]


def span(machine, guest):
    """Seconds from the guest's INIT to its end, by the log."""
    return (float(machine.event('guest-exit', guest=guest)['at']) -
            float(machine.event('guest-ready', guest=guest)['at']))


@pytest.mark.parametrize('name', ['pc', 'no-apic', 'no-acpi', 'clock=hpet', 'clock=pmtimer',
                                  'clock=pmtimer-no-apic', 'tsc-not-constant'])
def test_seconds(machine, release, name):
    """A second is a second, beside others that compute, whatever measures it."""
    modules = [f'demo guest=counts kernel mem=4M -- run=count:{SECONDS + 1},poweroff']
    modules += [f'demo guest=spins{i} kernel mem=4M -- run=spin:{SECONDS - 1},poweroff'
                for i in range(2)]
    m = start(machine, release, name, modules, ICOUNT)
    m.event('guest-exit', guest='counts')
    end(m, name)
    assert SECONDS * 0.999 <= span(m, 'counts') <= SECONDS * 1.05


def test_wrap(machine, release):
    """The PM timer wraps around every 4.7 s, and is kept an eye on while nobody needs it."""
    began = time.monotonic()
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one'],
                options='when-idle=poweroff clock=pmtimer')
    m.expect('one> ')
    ready, is_ready = float(m.event('guest-ready')['at']), time.monotonic()
    m.run_on(11)
    goes = time.monotonic()
    m.line('poweroff')
    end, gone = float(m.event('guest-exit')['at']), time.monotonic()
    # No more and no less than can have passed, however late the lines are read.
    assert goes - is_ready - 1 < end - ready < gone - began + 1
    m.wait_poweroff()


# --- the watchdog ----------------------------------------------------------------------------


def test_watchdog_bites(machine, build):
    """A CPU that gets lost in Umbra is found, with where it was."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one'],
                options='when-idle=poweroff on-panic=poweroff watchdog=1')
    m.wait_line('watchdog: a CPU that does not schedule for 1 s ends Umbra')
    m.expect('one> ')
    m.may_panic = True
    m.key(':end hang\r')
    assert m.event('panic')['cause'] == 'cpu0 has not scheduled for 1 s'
    m.wait_line(r'backtrace:')
    m.wait_line(r'stand_still\+')
    m.wait_line(r'command_execute\+')
    assert m.wait_end() == (0, 'guest-shutdown')


def test_watchdog_sleeps(machine, build):
    """Guests that compute, ask all the time or sleep are none of its business."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one run=spin:3,count:3',
                        'hostile guest=calls kernel mem=4M -- attack=hypercall-storm seconds=1000',
                        'hostile guest=fills kernel mem=4M -- attack=fill-storm seconds=1000'],
                options='when-idle=poweroff watchdog=1')
    m.wait_line('watchdog: a CPU that does not schedule for 1 s ends Umbra')
    m.expect('one> count 3')
    m.expect('^3$')
    for name in 'calls', 'fills':
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    m.run_on(2.5)
    m.line('poweroff')
    m.wait_poweroff()
    assert not m.events('nmi')


@pytest.mark.parametrize('period', [20, 50000])
def test_nmi_storm(machine, build, period):
    """Its NMIs as often as somebody likes, counted in the end."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one run=spin:1,poweroff'],
                options=f'when-idle=poweroff watchdog=10 nmi-storm={period}',
                extra=['-icount', 'shift=0,sleep=off'])
    m.wait_poweroff()
    count, = (int(match[1]) for line in m.lines
              if (match := re.search(r'watchdog: (\d+) NMIs came', line)))
    # The demo guest spins for a second, 50 to 50000 periods; an NMI that is still pending is one.
    assert 1e6 / period / 2 <= count <= float(m.events('idle')[0]['at']) * 1e6 / period + 50


def test_nmi_storm_alone(machine, release):
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one run=poweroff'],
                options='when-idle=poweroff nmi-storm=20')
    m.wait_line('watchdog: nmi-storm= does nothing without watchdog=')
    m.wait_poweroff()


def test_watchdog_needs_apic(machine, release):
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one run=poweroff'],
                cpu='qemu32,-apic',
                options='when-idle=poweroff watchdog=1')
    m.wait_line('watchdog: it cannot watch here: that takes an APIC')
    m.wait_poweroff()


def test_watchdog_ends_with_the_machine(machine, release):
    """A machine that is halted on purpose is not one that hangs."""
    m = machine(release, ['demo guest=one kernel mem=4M -- run=poweroff'],
                options='when-idle=halt watchdog=1')
    assert m.event('idle')['action'] == 'halt'
    m.run_on(2.5)
    assert not m.events('panic')


# --- the hardware's own complaints ---------------------------------------------------------------


# Valid, uncorrected, enabled, with an address, context corrupt; and in MCG_STATUS: in progress.
CHECK = 'mce 0 1 0xb600000000000800 0x5 0x1234000 0'
CAUSE = 'bank 1 status b600000000000800 address 1234000'


@pytest.mark.parametrize('cpu', ['pentium3', 'n270', 'max'])
@pytest.mark.parametrize('where', ['guest', 'idle'])
def test_machine_check(machine, build, cpu, where):
    run = 'spin:100' if where == 'guest' else 'echo:idle'
    m = machine(build, [f'demo guest=one kernel mem=4M -- name=one run={run}'], cpu=cpu,
                options='when-idle=poweroff on-panic=poweroff')
    m.expect('one> spin' if where == 'guest' else '^idle$')
    if where == 'idle':
        m.wait_halted()
    else:
        m.run_on(0.5)
    m.may_panic = True
    m.ask('human-monitor-command', **{'command-line': CHECK})
    cause = m.event('panic')['cause']
    # Beside the guest that computes Umbra has a moment now and then, to take an interrupt.
    wanted = {'guest': r'machine check on cpu0 (while guest one ran|in Umbra, guest one): ',
              'idle': r'machine check on cpu0 in Umbra, guest none: '}[where]
    assert re.fullmatch(wanted + CAUSE, cause)
    assert m.wait_end() == (0, 'guest-shutdown')


def test_nmi_tells_what_ran(machine, build):
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one run=spin:1000'])
    m.expect('one> spin')
    m.run_on(0.3)
    m.ask('inject-nmi')
    event = m.event('nmi')
    assert (event['cpu'], event['guest'], event['source']) == ('0', 'one', 'unknown')
    assert re.fullmatch('[0-9a-f]{8}', event['eip'])
    m.key(':kill one\r')
    m.wait_poweroff()
