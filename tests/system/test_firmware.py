# SPDX-License-Identifier: GPL-2.0-only
"""
Firmware that is wrong: tables that name CPUs, chips and ports that are not there, or that
are somebody else's.  Each costs a line of the log, and the machine comes up all the same.
"""

import time

import pytest

import acpi_tables as acpi
from qtest import Qtest
from test_disks import answers, asks

HPET = 0xFED00000
COUNTS = ['demo guest=one kernel mem=4M -- run=count:2,poweroff']


@pytest.fixture
def firmware(machine, tmp_path):
    """firmware(build, tables, extra=, cpu=, words=) boots with these tables; Machine."""
    def boot(build, tables, *, extra=(), words='', **options):
        image = acpi.make_image(tmp_path, build, f'console=com1 when-idle=poweroff {words}', COUNTS,
                                tables)
        return machine(build, extra=extra, medium=['-cdrom', str(image)], **options)
    return boot



# --- CPUs -----------------------------------------------------------------------------------------


def test_cpus_that_are_all(firmware, build):
    """What is sent to the id 255 is sent to all: INIT would be the end of the boot CPU."""
    table = acpi.madt(acpi.cpu(0), acpi.cpu(1, uid=1), acpi.cpu(0xFF, uid=2), acpi.cpu(0xFF, uid=3),
                      acpi.x2apic_cpu(0xFFFFFFFF, uid=4), *acpi.lines())
    m = firmware(build, [table], extra=['-smp', '2'])
    assert m.event('cpus')['started'] == '2'
    assert m.events('cpus')[0]['found'] == '2'
    m.wait_poweroff()
    told = [line for line in m.lines if 'cpu: the CPU with APIC id' in line]
    assert len(told) == 3 and all('the id stands for all CPUs' in line for line in told)


@pytest.mark.parametrize('cpu', ['qemu32', 'max'])
def test_cpus_out_of_reach(firmware, release, cpu):
    """The same CPU twice, ids that only x2APIC mode could address, and one where nobody is."""
    table = acpi.madt(acpi.cpu(0), acpi.cpu(0, uid=7), acpi.cpu(1, uid=1), acpi.cpu(1, uid=8),
                      acpi.x2apic_cpu(1, uid=1), acpi.x2apic_cpu(0x100, uid=2),
                      acpi.x2apic_cpu(0xFF01, uid=3), *acpi.lines())
    m = firmware(release, [table], extra=['-smp', '2'], cpu=cpu)
    for apic_id in 0, 1:
        m.wait_line(rf'cpu: the CPU with APIC id {apic_id} is left out: there is another one of '
                    rf'that id$')
    # Not even QEMU's largest model has x2APIC under TCG.
    for apic_id in 0x100, 0xFF01:
        m.wait_line(rf'cpu: the CPU with APIC id {apic_id} is left out: '
                    "this machine's local APICs cannot address it$")
    assert m.event('cpus')['started'] == '2'
    m.wait_poweroff()


# --- chips and ports ------------------------------------------------------------------------------


def test_chips_that_are_memory(firmware, release):
    """Registers that are said to be where memory is, or nothing, are not written to."""
    tables = [acpi.madt(acpi.cpu(0), acpi.io_apic(0x2000000), acpi.io_apic(0xFEB00000, 24),
                        acpi.io_apic(0xFEC00008, 48), *acpi.lines(), acpi.io_apic(0xFEC00000, 100),
                        acpi.nmi_source(2), acpi.nmi_source(999)),
              acpi.hpet(0x2000000), acpi.mcfg(0x4000000)]
    m = firmware(release, tables)
    for place, line, cause in [('02000000', 0, 'there is no room left for it'),
                               ('feb00000', 24, 'the device does not answer as it should'),
                               ('fec00008', 48, 'a value makes no sense'),
                               ('fec00000', 100, 'it is taken already')]:
        m.wait_line(rf'irq: the I/O APIC at {place}, lines from {line}, is left out: {cause}$')
    m.wait_line(r"irq: I/O APIC line 2 raises no NMIs, as the MADT says it does: it is the "
                r"timer's$")
    m.wait_line(r'irq: I/O APIC line 999 raises no NMIs, .*: there is no such line$')
    m.wait_line(r'time: clock tsc; the TSC runs at [\d.]+ MHz by pmtimer$')
    m.wait_line(r'pci: no configuration space at 04000000, where the firmware says it is$')
    m.wait_poweroff()


def test_ports_of_others(firmware, release):
    """ACPI registers that are said to be where every PC has other chips."""
    table = acpi.fadt(pm_timer=0x40, pm1a_event=0x3FC, gpe0=0x20, smi=0x21, reset=0x70, century=0)
    m = firmware(release, [table])
    for what, port in [('the PM1a event block', '03fc'), ('a block of general events', '0020'),
                       ('the PM timer', '0040'), ('the SMI command port', '0021'),
                       ('the reset register', '0070')]:
        m.wait_line(rf'acpi: the FADT puts {what} at port {port}, where it cannot be; it is left '
                    rf'alone$')
    m.wait_poweroff()


def test_ports_of_nobody(firmware, release):
    """Where there is nothing, all bits are set: the power button is not pressed all the time."""
    m = firmware(release, [acpi.fadt(pm1a_event=0x5670)])
    m.wait_line('power: the power button cannot be watched: there is nothing at port 5670, where '
                'the '
                'firmware says it is')
    m.wait_poweroff()


# --- clocks and timers ----------------------------------------------------------------------------


def test_dead_pm_timer(firmware, release):
    """The PM timer is not there, and the only other clock is a TSC whose rate may change."""
    m = firmware(release, [acpi.fadt(pm_timer=0x5678)], cpu='qemu32,hypervisor=off',
                 extra=['-M', 'pc,hpet=off'])
    m.wait_line('time: the pmtimer at port 5678 is not used: it stands still$')
    m.wait_line(r'time: the TSC may change its rate, and there is no other clock$')
    m.wait_line(r'time: clock tsc; the TSC runs at [\d.]+ MHz by pit$')
    m.wait_poweroff()


# What a microvm has, what is measured by what, what the timers are, and how the interrupts come.
MICROVMS = {
    'all': ('pit=on,pic=on,rtc=on', r'[\d.]+ MHz by rtc$', 'timers by the local APIC'),
    'nothing': ('pit=off,pic=off,rtc=off', r'1000\.000 MHz by nobody$', 'timers by the local APIC'),
    'no-acpi': ('acpi=off,pit=on,pic=on,rtc=on', r'[\d.]+ MHz by rtc$', 'timers by the 8254$'),
}


@pytest.mark.parametrize('name', MICROVMS)
def test_microvm(machine, release, name):
    """Machines without most of what a PC has, where what is missing reads as all ones."""
    parts, rate, timers = MICROVMS[name]
    m = machine(release, COUNTS, extra=['-M', f'microvm,{parts}'])
    if name == 'nothing':
        m.wait_line('time: there is no timer to measure the TSC by: it is taken for 1 GHz, and '
                    'times '
                    'will be wrong$')
        m.wait_line('time: there is no battery clock; the wall clock starts in 1970$')
    m.wait_line(f'time: clock tsc; the TSC runs at {rate}')
    m.wait_line(f'time: {timers}')
    m.event('guest-exit', reason='poweroff')
    m.wait_line('power: the machine cannot be powered off by Umbra; halted, switch it off by hand$')


@pytest.mark.parametrize('parts, cause', [
    ('acpi=off,pit=off,pic=off,rtc=off',
     'no interrupt controller can be used: no MADT, and no pair of 8259 answers'),
    ('acpi=off,pit=off,pic=on,rtc=off',
     "no timer of this machine goes off: neither the local APIC's, "
     'if it has one, nor the 8254'),
])
def test_microvm_without(machine, release, parts, cause):
    """Where nothing at all is left, one line says what."""
    m = machine(release, COUNTS, extra=['-M', f'microvm,{parts}'], options='on-panic=halt')
    m.may_panic = True
    assert m.event('panic')['cause'] == cause


def stop_hpet(qtest):
    qtest.write32(HPET + 0x10, 0)


@pytest.mark.parametrize('words, cpu, other', [
    ('clock=hpet', 'qemu32', 'pmtimer'),
    ('', 'pentium3,-hypervisor', 'pmtimer'),
])
def test_clock_stops(machine, release, tmp_path, words, cpu, other):
    """The HPET is turned off from outside while it is the clock: another one goes on."""
    qtest = Qtest(tmp_path)
    began = time.monotonic()
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one'], cpu=cpu,
                extra=qtest.options(),
                options=f'when-idle=poweroff {words}')
    m.wait_line('time: clock hpet;')
    m.expect('one> ')
    m.line('count 2')
    m.expect('^2$')
    stop_hpet(qtest)
    m.line('count 3')
    m.wait_line(f'time: the clock hpet is given up: it stands still; the clock is {other} from now '
                'on$')
    m.expect('^3$')
    # It wraps around more than twice as often as what it stands in for.
    before = float(m.event('guest-ready')['at'])
    m.line('count 7')
    m.expect('^7$')
    m.line('poweroff')
    gone = float(m.event('guest-exit')['at']) - before
    assert 6 < gone < time.monotonic() - began + 1
    m.wait_poweroff()
    qtest.close()


# --- PCI ------------------------------------------------------------------------------------------


@pytest.mark.parametrize('board, bridges', [
    ('pc', ['pxb,id=other,bus_nr=128']),
    ('q35', ['pxb-pcie,id=root,bus_nr=128', 'pcie-root-port,id=other,bus=root,chassis=9']),
])
def test_other_host_bridge(machine, release, tmp_path, board, bridges):
    """A disk on a bus that begins at a host bridge of its own, which only AML names."""
    image = tmp_path / 'disk'
    image.write_bytes(bytes(64 << 9))
    m = machine(release, [asks('w1,v1,w63,v63', 'disk=virtio0')],
                extra=['-machine', board,
                       *(word for bridge in bridges for word in ('-device', bridge)),
                       '-drive', f'file={image},format=raw,if=none,id=disk,cache=unsafe',
                       '-device', 'virtio-blk-pci,bus=other,drive=disk,disable-legacy=on'])
    m.wait_line(r'pci: 81:00\.0 1af4:1042 class 010000: virtio-blk, msi-x$')
    assert m.event('disk')['disk'] == 'virtio0'
    m.event('guest-exit', reason='poweroff')
    assert answers(m) == dict.fromkeys(['w1', 'v1', 'w63', 'v63'], '0')
    m.wait_poweroff()
    assert not [line for line in m.lines if 'raises no interrupts' in line]


# --- the boot loader's words ----------------------------------------------------------------------


@pytest.mark.parametrize('command', ['multiboot', 'multiboot2'])
def test_first_word(machine, release, tmp_path, command):
    """GRUB 2 puts no file name in front of Umbra's words: a bare one is a mistake, and told."""
    image = acpi.make_image(tmp_path, release, 'quiet console=com1 when-idle=poweroff', COUNTS, [],
                            command)
    m = machine(release, medium=['-cdrom', str(image)])
    error = m.event('option-error')
    assert (error['word'], error['cause']) == ('quiet', 'unknown word')
    m.wait_poweroff()
    assert len(m.events('option-error')) == 1
