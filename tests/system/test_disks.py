# SPDX-License-Identifier: GPL-2.0-only
"""
Disks of the machine: PCI, the drivers of three kinds of controller, partitions,
who may have what, and disks that fail.
"""

import os
import re
import struct
import zlib

import pytest

from partition_model import Disk
from partition_tables import put_entry, put_gpt
from test_block import SECTORS, TRANSPORTS, check_all, pattern, words_for
from test_guests import Results
from attacks import WITNESSES, check_witnesses, judge, results, wait_attackers
from test_memory import lazy

SECTOR = 512

# How QEMU is told to have disk number n of each kind; the file comes first.
KINDS = {
    'virtio': ('pc', 'if=none', '-device virtio-blk-pci,drive=d{n}'),
    'ahci': ('q35', 'if=none', '-device ide-hd,drive=d{n},bus=ide.{n}'),
    'ide': ('pc', 'if=none', '-device ide-hd,drive=d{n},bus=ide.{bus},unit={unit}'),
}


# Flushing costs seconds on a busy machine; the tests that are about it say so themselves.
def drives(kind, *files, options='format=raw,cache=unsafe', shared=True):
    """
    QEMU's options for disks over these files, of which each may be (file, options).  Two IDE disks
    share a channel, or each has its own.
    """
    board, interface, device = KINDS[kind]
    arguments = ['-machine', board, '-nodefaults', '-vga', 'std']
    for n, file in enumerate(files):
        file, drive_options = file if isinstance(file, tuple) else (file, options)
        arguments += ['-drive', f'{interface},id=d{n},file={file},{drive_options}']
        arguments += device.format(n=n, bus=n // 2 if shared else n,
                                   unit=n % 2 if shared else 0).split()
    return arguments


@pytest.fixture(params=list(KINDS))
def kind(request):
    return request.param


def large_blocks(arguments, size=4096):
    """The same disks, with such blocks; of QEMU's disks only virtio has them."""
    return [f'{word},logical_block_size={size},physical_block_size={max(size, 4096)}'
            if word.startswith('virtio-blk-pci,') else word for word in arguments]


def write_image(path, *parts, sectors=None):
    """A disk with pieces (sector, bytes); what lies between is 0xA5."""
    end = max(sector * SECTOR + len(data) for sector, data in parts)
    image = bytearray(b'\xa5' * ((sectors or 0) * SECTOR or end))
    for sector, data in parts:
        image[sector * SECTOR:sector * SECTOR + len(data)] = data
    path.write_bytes(image)
    return path


def mbr(*entries):
    sector = bytearray(SECTOR)
    for i, (kind_of, first, sectors) in enumerate(entries):
        struct.pack_into('<B3sB3sII', sector, 446 + 16 * i, 0, b'', kind_of, b'', first, sectors)
    sector[510:] = b'\x55\xaa'
    return bytes(sector)


def gpt(sectors, *entries):
    """The pieces of a GPT with its copy; entries are (first, last)."""
    array = b''.join(b'Z' * 32 + struct.pack('<QQ', *entry) + bytes(80) for entry in entries)
    array = array.ljust(128 * 128, b'\0')

    def header(place, other, first):
        def pack(crc):
            return struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, crc, 0, place, other,
                               34, sectors - 34, b'G' * 16, first, 128, 128, zlib.crc32(array))
        return pack(zlib.crc32(pack(0))).ljust(SECTOR, b'\0')
    return [(0, mbr((0xEE, 1, 0xFFFFFFFF))), (1, header(1, sectors - 1, 2)), (2, array),
            (sectors - 33, array), (sectors - 1, header(sectors - 1, 1, sectors - 33))]


@pytest.fixture
def images(tmp_path):
    """The two disks of guest/disk."""
    return [write_image(tmp_path / name, (0, pattern(sectors)))
            for name, sectors in SECTORS.items()]


# --- the drivers ------------------------------------------------------------------------------


def test_pci(machine, build):
    """Each function has a line, behind a bridge too, by both ways to configuration space."""
    for board, way in ('pc', None), ('q35', 'configuration space at'):
        m = machine(build, options='when-idle=stay', extra=[
            '-machine', board, '-device', 'pci-bridge,id=b,chassis_nr=1', '-device',
            'virtio-rng-pci,bus=b,addr=5'])
        m.wait_line(r'pci: 00:00\.0 8086:[0-9a-f]{4} class 060000: no driver')
        m.wait_line(r'pci: 01:05\.0 1af4:1005 class 00ff00: no driver')
        assert bool(way) == any('configuration space at' in line for line in m.lines)
        m.key(':pci\r')
        m.wait_line(r'^01:05\.0 1af4:1005 class 00ff00 line +\d+: no driver')


@pytest.mark.parametrize('transport', TRANSPORTS)
def test_disk(machine, build, images, kind, record_property, transport):
    """All that a guest does with disks, on real ones."""
    before = images[0].read_bytes()
    m = machine(build, [f'disk{transport} guest=disk kernel mem=8M disk={kind}0 disk={kind}1,ro -- '
                        'name=disk later'],
                extra=drives(kind, *images))
    for n, sectors in enumerate(SECTORS.values()):
        assert m.event('disk', disk=f'{kind}{n}')['sectors'] == str(sectors)
    found = Results(m, 'disk')
    check_all(found)
    assert images[0].read_bytes() == before
    assert not [line for line in m.lines if 'raises no interrupts' in line]
    record_property('checks', found.passed)


@pytest.mark.parametrize('transport', TRANSPORTS)
def test_large_blocks(machine, build, images, transport):
    """
    Disks that only know blocks of 4 KB: the guest is told, and what it asks for in sectors, many at
    once and side by side in a block, is there all the same.
    """
    before = images[0].read_bytes()
    m = machine(build, [f'disk{transport} guest=disk kernel mem=8M disk=virtio0 disk=virtio1,ro '
                        '-- name=disk later block=4096'],
                extra=large_blocks(drives('virtio', *images)))
    for n, sectors in enumerate(SECTORS.values()):
        event = m.event('disk', disk=f'virtio{n}')
        assert (event['sectors'], event['block']) == (str(sectors), '4096')
    check_all(Results(m, 'disk'))
    assert images[0].read_bytes() == before
    assert not [line for line in m.lines if 'failed; errors so far' in line]


@pytest.mark.parametrize('table', ['mbr', 'gpt'])
def test_large_block_partitions(machine, build, tmp_path, table):
    """Tables count in blocks there, and partitions are where these say."""
    disk = Disk(16384, 4096)
    a, b, end = 256, 1200, 1200 + SECTORS['vdb'] // 8
    if table == 'mbr':
        names = 'p1', 'p5'
        put_entry(disk.sector(0), 0, 0x83, a, SECTORS['vda'] // 8)
        put_entry(disk.sector(0), 1, 5, b - 1, 100)
        put_entry(disk.sector(8 * (b - 1)), 0, 0x83, 1, SECTORS['vdb'] // 8)
    else:
        names = 'p1', 'p2'
        put_gpt(disk, [(a, a + SECTORS['vda'] // 8 - 1), (b, end - 1)])
    disk.write(8 * a, pattern(SECTORS['vda']))
    disk.write(8 * b, pattern(SECTORS['vdb']))
    image = tmp_path / 'image'
    image.write_bytes(disk.read(0, disk.sectors))
    before = image.read_bytes()
    m = machine(build,
                [f'disk guest=disk kernel mem=8M disk=virtio0{names[0]} disk=virtio0{names[1]},ro '
                        '-- name=disk later block=4096'],
                        extra=large_blocks(drives('virtio', image)))
    check_all(Results(m, 'disk'))
    assert image.read_bytes() == before


@pytest.mark.parametrize('kind, place, cd', [
    ('ahci', 'ahci: 00:1f.2 port 1', 'ide-cd,bus=ide.1'),
    ('ide', 'ide: 00:01.1 primary slave', 'ide-cd,bus=ide.0,unit=1'),
])
def test_cd_drive(machine, release, images, kind, place, cd):
    """A drive that is no disk is named by its place, and takes no name from the disks around it."""
    device = 'ide-hd,drive=d1,bus=ide.2' if kind == 'ahci' else 'ide-hd,drive=d1,bus=ide.1'
    extra = drives(kind, images[0]) + ['-device', cd, '-drive',
                                       f'if=none,id=d1,file={images[1]},format=raw',
                                       '-device', device]
    m = machine(release, [asks('r1', f'disk={kind}1,ro')], extra=extra)
    m.wait_line(re.escape(place) +
                ' cannot be used: it is a drive for CDs or other removable media$')
    for n, sectors in enumerate(SECTORS.values()):
        assert m.event('disk', disk=f'{kind}{n}')['sectors'] == str(sectors)
    assert answers(m) == {'r1': '0'}
    assert len([line for line in m.lines if 'cannot be used' in line]) == 1


def test_other_blocks(machine, release, images):
    """A disk with blocks of another size has one line and no name; the next disk has the first."""
    extra = large_blocks(drives('virtio', images[0]), 1024)
    extra += ['-drive', f'if=none,id=d1,file={images[1]},format=raw', '-device',
              'virtio-blk-pci,drive=d1']
    m = machine(release, [asks('r1', 'disk=virtio0')], extra=extra)
    m.wait_line(r'virtio: 00:03\.0: the disk cannot be used: its blocks have neither 512 nor 4096 '
                r'bytes$')
    m.wait_line(r'pci: 00:03\.0 1af4:1001 class 010000: no driver$')
    assert m.event('disk', disk='virtio0')['sectors'] == str(SECTORS['vdb'])
    assert answers(m) == {'r1': '0'}


# How a kind's interrupts come: QEMU's words for the device, Umbra's words, and what the log says.
WAYS = {
    'virtio': [('', '', 'msi-x'), ('', 'apic=off', r'line \d+'), ('vectors=0', '', r'line \d+'),
               ('vectors=0', 'apic=off', r'line \d+'),
               ('disable-legacy=on,iommu_platform=on', '', 'msi-x')],
    'ahci': [('', '', 'msi'), ('', 'apic=off', r'line \d+')],
    'ide': [('', '', 'isa lines'), ('', 'apic=off', 'isa lines')],
}


@pytest.mark.parametrize('kind, device, words, way', [
    pytest.param(kind, *row, id='-'.join(filter(None, [kind, *row[:2]])))
    for kind, rows in WAYS.items() for row in rows])
def test_interrupts(machine, build, images, kind, device, words, way):
    """Answers are told by interrupts, whichever way these come."""
    driver = 'virtio-blk' if kind == 'virtio' else kind
    extra = drives(kind, images[0])
    if device:
        extra[-1] += f',{device}'
    requests = ','.join(f'r{i}' for i in range(30))
    m = machine(build, [asks(requests, f'disk={kind}0')], options=f'when-idle=stay {words}',
                extra=extra)
    m.wait_line(rf'pci: \S+ \S+ class 01\d+: {driver}, {way}$')
    assert set(answers(m).values()) == {'0'}
    # On a busy host the timer, every 100 ms, is first now and then; without interrupts always.
    for life in range(1, 11):
        m.event('guest-exit', reason='poweroff', count=life)
        row = m.command('disks', rf'^{kind}0 +0 +\d+ ready +- +(\d+) +\d+ +(\d+)')
        commands, interrupts = map(int, row.groups())
        assert commands >= 30
        if interrupts >= 20:
            break
        m.key(':start one\r')
    assert interrupts >= 20
    assert not [line for line in m.lines if 'raises no interrupts' in line]


def test_high_memory(machine, build, images, kind):
    """Guests' memory above 4 GB: IDE does not reach it and copies, the others do not."""
    options = lazy('6G')
    options['extra'][-1] = f'{KINDS[kind][0]},memory-backend=ram'
    m = machine(build,
                [f'disk guest=disk kernel mem=8M disk={kind}0 disk={kind}1,ro -- name=disk later'],
                cpu=options['cpu'], memory=options['memory'], options='when-idle=stay',
                extra=options['extra'] + drives(kind, *images)[2:])
    m.wait_line(r'TOTAL \d+ passed, 0 failed')
    m.event('guest-exit', guest='disk')
    m.key(':disks\r')
    row = m.wait_line(rf'^{kind}0 +0 +4096 ready +- +(\d+) +(\d+)')
    commands, bounced = map(int, row.groups())
    assert bounced > commands // 2 if kind == 'ide' else bounced < commands // 10


@pytest.mark.parametrize('table', ['mbr', 'gpt', 'gpt-copy'])
def test_partitions(machine, build, kind, tmp_path, table):
    """The same on partitions; nothing beside them is touched."""
    sectors, a, b = 8192, 2048, 7000
    data = [(a, pattern(SECTORS['vda'])), (b, pattern(SECTORS['vdb']))]
    if table == 'mbr':
        names = 'p1', 'p5'
        parts = [(0, mbr((0x83, a, SECTORS['vda']), (5, b - 8, 1000))),
                 (b - 8, mbr((0x83, 8, SECTORS['vdb'])))]
    else:
        names = 'p1', 'p2'
        parts = gpt(sectors, (a, a + SECTORS['vda'] - 1), (b, b + SECTORS['vdb'] - 1))
        if table == 'gpt-copy':
            parts[2] = (2, b'damaged' * 100)
    image = write_image(tmp_path / 'image', *parts, *data, sectors=sectors)
    before = image.read_bytes()
    m = machine(build, [f'disk guest=disk kernel mem=8M disk={kind}0{names[0]} '
                        f'disk={kind}0{names[1]},ro -- name=disk later'], extra=drives(kind, image))
    found = Results(m, 'disk')
    check_all(found)
    assert image.read_bytes() == before
    assert not [line for line in m.lines if 'raises no interrupts' in line]
    assert (table == 'gpt-copy') == any('first copy of its partition table' in line
                                        for line in m.lines)


# Those of the attacks on disks that do not rest on answers coming at once.
NOISY = ['disk-chain-noise', 'disk-feeds-itself', 'disk-status-in-ring', 'disk-edges']


def test_attacks(machine, build, kind, tmp_path):
    """Hostile guests on neighbouring partitions change no sectors but their own."""
    size, gap = SECTORS['vda'], 8
    names = NOISY
    places = [64 + i * (size + SECTORS['vdb'] + 2 * gap) for i in range(len(names))]
    entries = []
    for place in places:
        entries += [(place, place + size - 1),
                    (place + size + gap, place + size + gap + SECTORS['vdb'] - 1)]
    sectors = places[-1] + size + SECTORS['vdb'] + 64
    image = write_image(tmp_path / 'image', *gpt(sectors, *entries), sectors=sectors)
    before = image.read_bytes()
    modules = [*WITNESSES]
    for i, name in enumerate(names):
        modules.append(f'hostile_disk guest=bad{i + 1} kernel mem=8M disk={kind}0p{2 * i + 1} '
                       f'disk={kind}0p{2 * i + 2},ro -- name=bad{i + 1} {words_for(build, name)}')
    m = machine(build, modules, extra=drives(kind, image))
    m.event('guest-ready', guest='keeper')
    ends = wait_attackers(m, len(names))
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    check_witnesses(m)
    after = bytearray(image.read_bytes())
    for place in places:
        own = slice(place * SECTOR, (place + size) * SECTOR)
        after[own] = before[own]
    assert bytes(after) == before


@pytest.mark.parametrize('name', ['disk-reset-flush', 'disk-reset-late-data'])
def test_resets(machine, build, kind, tmp_path, name):
    """
    A guest that resets its device with requests under way, over and over, has no port reset,
    and a neighbour on the same slow disk its answers.
    """
    size = SECTORS['vda']
    image = write_image(tmp_path / 'image',
                        *gpt(2 * size + 128, (64, 63 + size), (64 + size, 63 + 2 * size)),
                        sectors=2 * size + 128)
    requests = 'w10,f,v10,w20,f,v20'
    m = machine(build, [*WITNESSES, f'hostile_disk guest=bad1 kernel mem=8M disk={kind}0p1 -- '
                        f'attack={name} seconds=3', asks(requests, f'disk={kind}0p2')],
                extra=drives(kind, (image, 'format=raw,cache=unsafe,throttling.bps-total=8000000')))
    m.event('guest-ready', guest='keeper')
    assert set(answers(m).values()) == {'0'}
    end, = wait_attackers(m)
    assert judge(name, end, results(m)) is None
    row = m.command('disks', rf'^{kind}0 +0 +\d+ ready +-((?: +\d+)+)$')
    *_, errors, resets = row[1].split()
    assert (errors, resets) == ('0', '0')
    check_witnesses(m)


# --- who has which disk -------------------------------------------------------------------------


def asks(requests, words, name='one', transport=''):
    return f'disk{transport} guest={name} kernel mem=8M {words} -- name={name} ask={requests}'


@pytest.mark.parametrize('words, cause', [
    ('disk=ahci0', 'the machine has no disk ahci0'),
    ('disk=virtio0p3', 'the machine has no disk virtio0p3'),
    ('disk=virtio0p1', 'disk virtio0p1 is written to by guest first already'),
    ('disk=virtio0', 'disk virtio0 is written to by guest first already'),
    ('disk=virtio1', 'disk virtio1 can only be read; say disk=virtio1,ro'),
    ('disk=virtio0p2 disk=virtio0', 'disk virtio0 is written to by guest first already'),
])
def test_refused(machine, release, tmp_path, words, cause):
    """One clear line and no guest; the one before has its disk, the one behind another."""
    image = write_image(tmp_path / 'image', (0, mbr((0x83, 8, 100), (0x83, 108, 100))), sectors=256)
    other = write_image(tmp_path / 'other', (0, bytes(SECTOR * 64)))
    m = machine(release, [asks('w1,v1', 'disk=virtio0p1', 'first'), asks('r1', words, 'second'),
                          asks('r1', 'disk=virtio1,ro disk=virtio0p2', 'third')],
                extra=drives('virtio', image, (other, 'format=raw,readonly=on')))
    for name in 'first', 'third':
        assert m.event('guest-exit', guest=name)['reason'] == 'poweroff'
    m.wait_poweroff()
    error, = m.events('module-error')
    assert (error['word'], error['cause']) == ('disk', cause)
    assert not m.events('guest-start', guest='second')


def test_given_back(machine, release, tmp_path):
    """Somebody who reads may be there at any time; a writer that ended makes way."""
    image = write_image(tmp_path / 'image', (0, bytes(SECTOR * 64)))
    m = machine(release,
                [asks('w1,f', 'disk=virtio0', 'one'), asks('r1', 'disk=virtio0,ro', 'two')],
                extra=drives('virtio', image), options='when-idle=stay')
    for name in 'one', 'two':
        assert m.event('guest-exit', guest=name)['reason'] == 'poweroff'
    m.key(':disks\r')
    m.wait_line(r'^virtio0 +0 +64 ready +- ')


# --- disks that fail ------------------------------------------------------------------------------


def answers(m, name='one'):
    """What a guest's requests came to, as {request: status}."""
    m.wait_line(r'ASK end$')
    return dict(re.findall(r'ASK (\w+) (\w+)', '\n'.join(m.lines)))


@pytest.mark.parametrize('transport', TRANSPORTS)
def test_errors(machine, build, kind, tmp_path, transport):
    """Errors of the medium reach the guest as I/O errors, and nothing else suffers."""
    image = write_image(tmp_path / 'image', (0, bytes(SECTOR * 256)))
    rules = tmp_path / 'rules'
    rules.write_text('[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "77"\n'
                     '[inject-error]\nevent = "write_aio"\nerrno = "5"\nsector = "99"\n'
                     '[inject-error]\nevent = "flush_to_disk"\nerrno = "5"\nonce = "on"\n')
    drive = (f'blkdebug:{rules}:{image}', 'format=raw,werror=report,rerror=report')
    m = machine(build, [asks('w76,r77,v76,w99,w98,v98,f,w78,f,v78', f'disk={kind}0',
                             transport=transport)], extra=drives(kind, drive))
    assert answers(m) == {'w76': '0', 'r77': '1', 'v76': '0', 'w99': '1', 'w98': '0', 'v98': '0',
                          'f': '0', 'w78': '0', 'v78': '0'}
    assert 'ASK f 1' in '\n'.join(m.lines)
    m.wait_line(rf'disk: {kind}0: read of 512 bytes from sector 77 failed')
    m.wait_poweroff()


@pytest.mark.parametrize('kind', ['virtio', 'ide'])
def test_silence(machine, build, kind, images):
    """
    A disk that never answers is reset, and given up; its guest has errors, another one its disk.
    (An AHCI port that is reset has QEMU itself wait for the request.)
    """
    m = machine(build, [asks('r1,r2', f'disk={kind}0'), asks('r1', f'disk={kind}1,ro', 'other')],
                extra=drives(kind, (images[0], 'format=raw,throttling.bps-total=1'), images[1],
                             shared=False))
    lost = m.event('disk-lost', disk=f'{kind}0')
    assert lost['cause'] == 'it does not answer'
    assert len([line for line in m.lines if f'{kind}0 does not answer: reset' in line]) >= 2
    m.wait_line(r'ASK r2 1$')
    m.event('guest-exit', guest='other', reason='poweroff')


def test_killed(machine, build, kind, tmp_path):
    """What was flushed is in the file when the machine is gone the next moment."""
    image = write_image(tmp_path / 'image', (0, bytes(SECTOR * 256)))
    m = machine(build, [asks('w10,w200,f,r0', f'disk={kind}0')],
                extra=drives(kind, (image, 'format=raw')))
    m.wait_line(r'ASK f 0$')
    os.kill(m.process.pid, 9)
    data = image.read_bytes()
    for sector in 10, 200:
        assert data[sector * SECTOR:(sector + 1) * SECTOR] == \
            bytes((i * 7 + (i >> 8) * 3 + sector) & 0xFF | 0x80 for i in range(SECTOR))
