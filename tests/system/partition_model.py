# SPDX-License-Identifier: GPL-2.0-only
"""
Which partitions Linux has on a disk, and under which numbers: a model of the kernel's
rules (for MBR and GPT, as a kernel without PARTITION_ADVANCED knows them), written for
the tests and independent of Umbra's own reader.  A Disk holds a few sectors; all
others are zeroes.
"""

import struct
import zlib

SECTOR = 512
EXTENDED = 0x05, 0x0F, 0x85
PROTECTIVE = 0xEE
NUMBERS = 256           # DISK_MAX_PARTS: 1 to 255
EMPTY_LINKS = 100
ARRAY_BYTES = 4 << 20   # KMALLOC_MAX_SIZE
LINUX_TYPES = 0x82, 0x83, 0x8E, 0xFD, *EXTENDED


class Disk:
    """sectors of 512 bytes, in blocks of `block` bytes; data maps sector numbers to bytearrays."""

    def __init__(self, sectors, block=SECTOR):
        self.sectors = sectors
        self.block = block
        self.unit = block // SECTOR
        self.data = {}

    @property
    def last(self):
        """The last block."""
        return self.sectors // self.unit - 1

    def sector(self, number):
        """For the one who writes there."""
        return self.data.setdefault(number, bytearray(SECTOR))

    def read(self, number, count=1):
        """The bytes of some sectors; None beyond the end."""
        if number + count > self.sectors:
            return None
        return b''.join(bytes(self.data.get(number + i, bytes(SECTOR))) for i in range(count))

    def write(self, number, data):
        for i in range(0, len(data), SECTOR):
            self.sector(number + i // SECTOR)[:] = data[i:i + SECTOR].ljust(SECTOR, b'\0')

    def packed(self):
        """As tests/unit/read_partitions.c reads it."""
        return struct.pack('<QII', self.sectors, self.block, len(self.data)) + b''.join(
            struct.pack('<Q', number) + bytes(data) for number, data in self.data.items())


def entries(sector):
    """(first byte, type, first, count) of the four entries."""
    for at in range(446, 510, 16):
        boot, kind, first, count = struct.unpack_from('<BxxxBxxxII', sector, at)
        yield boot, kind, first, count


def signed(sector):
    return sector[510:512] == b'\x55\xaa'


def is_aix(disk, sector):
    if sector[:4] != b'\xc9\xc2\xd4\xc1' or any(e[1] in LINUX_TYPES for e in entries(sector)):
        return False
    return (disk.read(7) or b'')[:4] == b'_LVM'


def chain(disk, first, size, found, number):
    """
    The logical partitions of one extended partition go into found; the next free number.
    Where a chain comes round, Linux gives the same sectors number after number up to 255;
    Umbra stops there, and so does this, but no number is free then.
    """
    at, room, empty, seen = first, size, 0, set()
    while number < NUMBERS:
        empty += 1
        sector = disk.read(at)
        if at in seen:
            return NUMBERS
        if empty > EMPTY_LINKS or sector is None or not signed(sector):
            break
        link = None
        for i, (_, kind, offset, count) in enumerate(entries(sector)):
            offset, count = offset * disk.unit, count * disk.unit
            if count and kind in EXTENDED:
                link = link or (first + offset, count)
            elif count:
                start = at + offset
                odd = offset + count > room or start < first or start + count > first + size
                if i >= 2 and odd or number == NUMBERS:
                    continue
                found[number] = (start, count)
                number += 1
                empty = 0
                seen.add(at)
        if not link:
            break
        at, room = link
    return number


def read_mbr(disk, sector):
    if is_aix(disk, sector) or any(boot not in (0, 0x80) for boot, *_ in entries(sector)):
        return {}
    if any(kind == PROTECTIVE for _, kind, *_ in entries(sector)):
        return {}
    found, number = {}, 5
    for slot, (_, kind, first, count) in enumerate(entries(sector), 1):
        if not count:
            continue
        if kind in EXTENDED:
            number = chain(disk, first * disk.unit, count * disk.unit, found, number)
        else:
            found[slot] = (first * disk.unit, count * disk.unit)
    return found


def read_gpt(disk, block):
    """The table whose header is there; None when it is not a good one."""
    if block > disk.last:
        return None
    header = disk.read(block * disk.unit, disk.unit)
    (signature, _, length, crc, _, place, _, usable, usable_end, _, array, count, size,
     array_crc) = struct.unpack_from('<8sIIIIQQQQ16sQIII', header)
    if signature != b'EFI PART' or not 92 <= length <= disk.block:
        return None
    if zlib.crc32(header[:16] + bytes(4) + header[20:length]) != crc or place != block:
        return None
    if usable > disk.last or usable_end > disk.last or usable_end < usable:
        return None
    if size != 128 or not 0 < count * size <= ARRAY_BYTES or array > disk.last:
        return None
    data = disk.read(array * disk.unit, -(-count * size // SECTOR))
    if data is None or zlib.crc32(data[:count * size]) != array_crc:
        return None
    found = {}
    for i in range(min(count, NUMBERS - 1)):
        kind, first, last = struct.unpack_from('<16s16xQQ', data, i * size)
        # What ends before it begins would be a device of nonsense; Umbra leaves it out.
        if any(kind) and first <= last <= disk.last:
            found[i + 1] = (first * disk.unit, (last - first + 1) * disk.unit)
    return found


def partitions(disk):
    """{number: (first, sectors)}, without the extended partitions, which are none of use."""
    sector = disk.read(0)
    if not sector or not signed(sector):
        return {}
    found = {}
    if any(kind == PROTECTIVE and first == 1 for _, kind, first, _ in entries(sector)):
        # The second copy counts for Linux with its word gpt.
        found = read_gpt(disk, 1)
        found = read_gpt(disk, disk.last) or {} if found is None else found
    else:
        found = read_mbr(disk, sector)
    return {number: (first, min(count, disk.sectors - first))
            for number, (first, count) in found.items() if first < disk.sectors}
