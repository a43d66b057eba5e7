# SPDX-License-Identifier: GPL-2.0-only
"""
Devices that go wrong while guests run: interrupts without end, disks that are
pulled out.  (Disks that report errors, or do not answer, are in test_disks.py.)
"""

import re

import pytest

from qtest import Qtest
from test_block import SECTORS, pattern
from test_disks import asks, drives, write_image

# QEMU's device for teaching (docs/specs/edu): its interrupt stays until it is acknowledged.
EDU_STATUS, EDU_RAISE = 0x24, 0x60


@pytest.fixture
def qtest(tmp_path):
    hand = Qtest(tmp_path)
    yield hand
    hand.close()


def find_device(m, vendor, device):
    """What QEMU knows of the PCI function with these numbers."""
    return next(each for bus in m.ask('query-pci') for each in bus['devices']
                if (each['id']['vendor'], each['id']['device']) == (vendor, device))


def go_on(m):
    """The guest in focus gets the CPU, and interrupts, as before."""
    m.line('spin 1')
    m.expect('^spun ')
    m.line('count 2')
    m.expect('^2$')


# --- interrupts without end ----------------------------------------------------------------------

# Umbra's words, the disk, and a place on the bus whose interrupt is on the disk's line.
STORMS = {
    'virtio': ('', 'virtio', '-device virtio-blk-pci,drive=d0,vectors=0,addr=4', '8'),
    'virtio-pic': ('apic=off', 'virtio', '-device virtio-blk-pci,drive=d0,vectors=0,addr=4', '8'),
    'ahci-pic': ('apic=off', 'ahci', '-device ide-hd,drive=d0,bus=ide.0', '4'),
}


@pytest.mark.parametrize('name', STORMS)
def test_storm(machine, build, tmp_path, qtest, name):
    """
    A device that nobody drives pulls the line of a disk and does not let go: the line is
    masked, the disk goes on without it, and guests do not notice.
    """
    words, kind, disk, place = STORMS[name]
    image = write_image(tmp_path / 'image', (0, pattern(SECTORS['vda'])))
    board = drives(kind, image)[:-2]
    m = machine(build, ['demo guest=demo kernel mem=4M -- name=demo',
                        asks('r1,r2', f'disk={kind}0', 'reads')], options=f'when-idle=stay {words}',
                extra=[*board, *disk.split(), '-device', f'edu,addr={place}', *qtest.options()])
    line = m.wait_line(r'pci: \S+ \S+ class 01\d{4}: [a-z-]+, line (\d+)')[1]
    m.event('guest-exit', guest='reads', reason='poweroff')
    m.command('pci', rf'^\S+ 1234:11e8 class \w+ line +{line}: no driver')
    edu = find_device(m, 0x1234, 0x11e8)['regions'][0]['address']
    qtest.write32(edu + EDU_RAISE, 1)
    warning = rf'irq: line {line} interrupts without end'
    m.wait_line(warning)
    go_on(m)
    m.key(':start reads\r')
    m.event('guest-exit', 2, guest='reads', reason='poweroff')
    m.wait_line('ASK r2 0', count=2)
    m.command('disks', rf'^{kind}0 +0 +\d+ polled ')
    assert qtest.read32(edu + EDU_STATUS) == 1      # it never let go
    assert len([each for each in m.lines if re.search(warning, each)]) == 1


# --- disks that are pulled out --------------------------------------------------------------------

ECAM = 0xB0000000       # where QEMU's q35 has it, with SeaBIOS
EXPRESS_CAPABILITY, SLOT_CONTROL, SLOT_OFF = 0x10, 0x18, 0x0700


def pull(m, qtest, port):
    """Switches off the slot of a root port of bus 0: QEMU then takes its device out."""
    def is_port(each):
        return each.get('qdev_id') == port
    slot = next(each for bus in m.ask('query-pci') for each in bus['devices']
                if is_port(each))['slot']
    registers = ECAM + (slot << 15)
    place = qtest.read32(registers + 0x34) & 0xFF
    while qtest.read32(registers + place) & 0xFF != EXPRESS_CAPABILITY:
        place = qtest.read32(registers + place) >> 8 & 0xFF
    qtest.write32(registers + place + SLOT_CONTROL, SLOT_OFF)


PULLED = {
    'virtio': ('-device virtio-blk-pci,drive=d0,bus=rp', '-device virtio-blk-pci,drive=d1'),
    'ahci': ('-device ich9-ahci,id=sata,bus=rp,addr=0 -device ide-hd,drive=d0,bus=sata.0',
             '-device virtio-blk-pci,drive=d1'),
}


def read_again(m):
    """Has the two guests, which are gone, read once more; what the first one's requests came to."""
    seen = len(m.lines)
    for name in 'reads', 'other':
        m.key(f':start {name}\r')
        m.event('guest-exit', 2, guest=name, reason='poweroff')
    return {match[1]: match[2] for line in m.lines[seen:]
            if (match := re.match(r'\[reads\] ASK (r\d) (\w+)', line))}


@pytest.mark.parametrize('kind', PULLED)
def test_pulled(machine, build, tmp_path, qtest, kind):
    """A controller taken out of the machine is given up; what it seems to say is ignored."""
    images = [write_image(tmp_path / name, (0, pattern(SECTORS['vda']))) for name in ('d0', 'd1')]
    extra = ['-machine', 'q35', '-nodefaults', '-device', 'pcie-root-port,id=rp,chassis=1']
    for n, image in enumerate(images):
        extra += ['-drive', f'if=none,id=d{n},file={image},format=raw,cache=unsafe',
                  *PULLED[kind][n].split()]
    # Bus 0 comes first, and the port is a bus of its own.
    disks = ['virtio1' if kind == 'virtio' else 'ahci0', 'virtio0']
    m = machine(build, ['demo guest=demo kernel mem=4M -- name=demo',
                        asks('r1,r2', f'disk={disks[0]}', 'reads'),
                        asks('r1,r2', f'disk={disks[1]}', 'other')],
                options='when-idle=stay', extra=[*extra, *qtest.options()])
    for name in 'reads', 'other':
        m.event('guest-exit', guest=name, reason='poweroff')
    pull(m, qtest, 'rp')
    assert read_again(m) == {'r1': '1', 'r2': '1'}
    m.event('disk-lost', disk=disks[0])
    m.wait_line(r'\[other\] ASK r2 0', count=2)
    assert len(m.events('disk-lost')) == 1
    go_on(m)


@pytest.mark.parametrize('kind', ['virtio', 'ahci', 'ide'])
def test_medium_gone(machine, build, tmp_path, kind):
    """The file behind a disk goes away while it runs: errors for its guest alone."""
    images = [write_image(tmp_path / name, (0, pattern(SECTORS['vda']))) for name in ('d0', 'd1')]
    m = machine(build, ['demo guest=demo kernel mem=4M -- name=demo',
                        asks('r1,r2', f'disk={kind}0', 'reads'),
                        asks('r1,r2', f'disk={kind}1', 'other')],
                options='when-idle=stay', extra=drives(kind, *images, shared=False))
    for name in 'reads', 'other':
        m.event('guest-exit', guest=name, reason='poweroff')
    m.ask('human-monitor-command', **{'command-line': 'drive_del d0'})
    assert read_again(m) == {'r1': '1', 'r2': '1'}
    m.wait_line(r'\[other\] ASK r2 0', count=2)
    go_on(m)
