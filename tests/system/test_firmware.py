# SPDX-License-Identifier: GPL-2.0-only
"""
Firmware that is wrong: tables that name CPUs, chips and ports that are not there, or that
are somebody else's.  Each costs a line of the log, and the machine comes up all the same.
"""

import pytest

import acpi_tables as acpi

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
        m.wait_line(rf'cpu: the CPU with APIC id {apic_id} is left out: there is another one of that id$')
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
    m.wait_line(r"irq: I/O APIC line 2 raises no NMIs, as the MADT says it does: it is the timer's$")
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
        m.wait_line(rf'acpi: the FADT puts {what} at port {port}, where it cannot be; it is left alone$')
    m.wait_poweroff()


def test_ports_of_nobody(firmware, release):
    """Where there is nothing, all bits are set: the power button is not pressed all the time."""
    m = firmware(release, [acpi.fadt(pm1a_event=0x5670)])
    m.wait_line('power: the power button cannot be watched: there is nothing at port 5670, where the '
                'firmware says it is')
    m.wait_poweroff()
