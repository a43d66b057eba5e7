# SPDX-License-Identifier: GPL-2.0-only
"""
From the boot loader to two guests that run at the same time, and to the end of
the machine.
"""

import pathlib
import re
import subprocess

import pytest

from test_guests import ICOUNT

CPUS = ['pentium3', 'n270', 'qemu32', 'max']
TWO = ['demo guest=one kernel mem=4M -- name=one', 'demo guest=two kernel mem=4M -- name=two']


def check_boot(machine, build):
    """The first event says what boots, and where."""
    machine.event('boot')
    boot = machine.seen[0]
    assert boot['event'] == 'boot'
    assert re.fullmatch(r'[0-9a-f]{7,}(-dirty)?|unknown|\S*-g[0-9a-f]+(-dirty)?', boot['version'])
    assert re.fullmatch(r'\d+M', boot['mem'])
    assert boot['debug'] == str(int(build.name == 'debug'))
    # Time counts from the first instructions, before it can be told: that takes the first of the 20
    # ms in which the TSC is measured, and those are over when CPUs start.
    assert float(boot['at']) >= 0.001
    assert float(machine.event('cpus')['at']) >= 0.02


def end_both(machine):
    """Powers off the guest in focus, then the one that comes into focus."""
    machine.line('poweroff')
    machine.event('guest-exit', reason='poweroff')
    machine.event('focus', count=2)
    machine.line('poweroff')
    machine.wait_poweroff()
    assert machine.events('idle')[0]['action'] == 'poweroff'
    assert {event['guest'] for event in machine.events('guest-exit')} == {'one', 'two'}


@pytest.mark.parametrize('cpu', CPUS)
def test_kernel(machine, build, cpu):
    """By QEMU's -kernel, which speaks multiboot 1."""
    m = machine(build, TWO, cpu=cpu)
    check_boot(m, build)
    for name in 'one', 'two':
        assert m.event('guest-start', guest=name)['mem'] == '4096K'
        assert m.events('guest-start', guest=name)[0]['kind'] == 'elf'
        m.event('guest-ready', guest=name)
    m.expect('one> ')
    m.line('echo first')
    m.expect('^first$')
    end_both(m)


def test_generation_c(machine, build):
    """Guests that speak as kernels from 4.0 do, with their console on PCI, beside an older one."""
    m = machine(build, [TWO[0].replace('demo ', 'demo_c '), TWO[1]])
    assert m.event('guest-ready', guest='one')['protocol'] == '4.0-4.13'
    assert m.event('guest-ready', guest='two')['protocol'] == '3.1-3.19'
    m.expect('one> ')
    m.line('echo first')
    m.expect('^first$')
    m.line('reboot')
    m.event('guest-ready', guest='one', count=2)
    m.expect('one> ')
    m.line('mem')
    m.expect('0 words wrong, OK')
    end_both(m)


@pytest.mark.parametrize('drive', ['cd', 'disk'])
def test_image(machine, build, make_iso, drive):
    """By GRUB 2, which speaks multiboot 2, from a CD and from what a USB stick would hold."""
    image = make_iso(build, 'console=com1 when-idle=poweroff', ('one', 'demo', 'name=one'),
                     ('two', 'demo', 'name=two run=echo:from:the:image'))
    medium = {'cd': ['-cdrom', image], 'disk': ['-drive', f'file={image},format=raw,if=ide']}
    m = machine(build, medium=list(map(str, medium[drive])))
    m.event('boot')
    check_boot(m, build)
    m.wait_line(r'^\[two\] from the image$')
    m.expect('one> ')
    m.line('echo first')
    m.expect('^first$')
    end_both(m)


MACHINE_LINES = [
    r'cpu: GenuineIntel family 6 model 6 stepping 3, QEMU Virtual CPU version \S+; 32-bit '
    r'addresses; '
    r'uses fxsr sse pat hypervisor$',
    r'mm: firmware says: usable 0-9fbff, reserved 9fc00-9ffff f0000-fffff, usable 100000-7fdffff, '
    r'reserved 7fe0000-7ffffff fffc0000-ffffffff$',
    r'mm: \d+ MB usable, \d+ MB of it low$',
    r'irq: 1 CPU; local APIC 0 \(xapic\); 1 I/O APIC with 24 lines, ISA lines moved: 1$',
    r'time: clock tsc; the TSC runs at [\d.]+ MHz by hpet, \d+ ppm off by pmtimer$',
    r'time: timers by the local APIC, whose counter runs at [\d.]+ MHz$',
    r'pci: 00:00\.0 8086:1237 class 060000: no driver$',
]


def test_machine(machine, release):
    """A line each, and one only, for what the machine is made of."""
    m = machine(release)
    m.wait_poweroff()
    for pattern in MACHINE_LINES:
        found = [line for line in m.lines
                 if re.search(rf'^\[ *\d+\.\d{{6}}\] cpu0 {pattern}', line)]
        assert len(found) == 1, pattern


def test_cpu_without_pae(machine, build):
    """One clear line, and the machine stands still."""
    m = machine(build, TWO, cpu='486')
    m.expect(r'^umbra: this CPU has no PAE .*$')
    m.run_on(0.5)
    assert len([line for line in m.lines if line]) == 1
    assert m.ask('query-status')['running']


def test_no_guests(machine, build):
    """Nothing to run counts as idle."""
    m = machine(build)
    m.wait_poweroff()


def test_idle_stay(machine, release):
    """With when-idle=stay the machine goes on, and takes commands."""
    m = machine(release, TWO[:1], options='when-idle=stay')
    m.expect('one> ')
    m.line('poweroff')
    assert m.event('idle')['action'] == 'stay'
    m.type('guests\r')
    m.expect('no +name')
    m.key(':poweroff\r')
    assert m.wait_end() == (0, 'guest-shutdown')


def test_idle_reboot(machine, release):
    m = machine(release, ['demo guest=one kernel mem=4M -- run=poweroff'],
                options='when-idle=reboot')
    assert m.wait_end() == (0, 'guest-reset')
    assert m.events('idle')[0]['action'] == 'reboot'


def test_idle_halt(machine, release):
    m = machine(release, ['demo guest=one kernel mem=4M -- run=poweroff'], options='when-idle=halt')
    assert m.event('idle')['action'] == 'halt'
    m.wait_rest()


# --- both run --------------------------------------------------------------------------



@pytest.mark.parametrize('weights', [(100, 100), (300, 100)])
def test_preemptive(machine, release, weights):
    """Two guests that never wait share the processor by their weights."""
    modules = [f'demo guest={name} kernel mem=4M weight={weight} -- name={name} run=spin:4,poweroff'
               for name, weight in zip(('one', 'two'), weights)]
    m = machine(release, modules, extra=ICOUNT)
    for name in 'one', 'two':
        m.event('guest-exit', guest=name, reason='poweroff')
    m.wait_poweroff()
    ready = [float(event['at']) for event in m.events('guest-ready')]
    ends = {event['guest']: float(event['at']) for event in m.events('guest-exit')}
    times = {event['guest']: int(event['run'][:-2]) for event in m.events('guest-exit')}
    # Side by side, not one after the other.
    assert max(ends.values()) - min(ready) < 6
    assert max(ready) - min(ready) < 1
    ratio = times['one'] / times['two']
    wanted = weights[0] / weights[1]
    assert 0.75 * wanted < ratio < 1.3 * wanted, times
    rounds = [int(match[1]) for line in m.lines
              if (match := re.search(r'spun (\d+) thousand', line))]
    assert len(rounds) >= 2 and min(rounds) > 0


@pytest.mark.parametrize('cpu', ['athlon,+syscall', 'max'])
@pytest.mark.parametrize('attack', ['fast-calls', 'flags-storm'])
def test_firmware_leaves_doors_open(machine, build, tmp_path, cpu, attack):
    """
    Flags of all kinds are set, and SYSCALL is enabled, also on a CPU that has EFER without NX: no
    guest gets to ring 0 by that, and none keeps what is Umbra's (SMAP) from working.
    """
    firmware = tmp_path / 'firmware.bin'
    source = pathlib.Path(__file__).with_name('firmware.asm')
    subprocess.run(['nasm', '-f', 'bin', '-o', firmware, source], check=True, timeout=60)
    bad = f'{build.guest("hostile")} guest=bad kernel mem=8M -- attack={attack} seconds=1'
    # The 32-bit QEMU has no SYSCALL.
    m = machine(build, program='qemu-system-x86_64', cpu=cpu,
                medium=['-kernel', str(firmware), '-append', 'console=com1 when-idle=poweroff',
                        '-initrd', f'{build.umbra} umbra,{bad}'])
    m.wait_line(f'PASS {attack}')
    m.event('guest-exit', guest='bad', reason='poweroff')
    m.wait_poweroff()
