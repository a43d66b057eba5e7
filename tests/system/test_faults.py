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
