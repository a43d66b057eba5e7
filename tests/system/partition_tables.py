# SPDX-License-Identifier: GPL-2.0-only
"""
Partition tables by chance: orderly ones, as tools write them, odd ones that are still
legal, and broken ones.  Each is a function of a generator of random numbers, so that a
seed is all that is needed to have a table again.
"""

import struct
import zlib

from partition_model import EXTENDED, SECTOR, Disk

DATA_TYPES = 0x83, 0x82, 0x07, 0x0C, 0xA5, 0x00, 0x8E
SIZES = 1, 2, 63, 64, 2047, 2048, 2049, 65536, 1 << 22, (1 << 32) - 1
HEADER = '<8sIIIIQQQQ16sQIII'
FIELDS = {      # offset and format of what may be wrong in a header
    'signature': (0, '<Q'), 'length': (12, '<I'), 'crc': (16, '<I'), 'place': (24, '<Q'),
    'usable': (40, '<Q'), 'usable_end': (48, '<Q'), 'array': (72, '<Q'), 'count': (80, '<I'),
    'size': (84, '<I'), 'array_crc': (88, '<I'),
}


def put_entry(sector, slot, kind, first, count, boot=0):
    struct.pack_into('<BxxxBxxxII', sector, 446 + 16 * slot, boot, kind, first & 0xFFFFFFFF,
                     count & 0xFFFFFFFF)
    sector[510:] = b'\x55\xaa'


# --- MBR ----------------------------------------------------------------------------------


def put_chain(rng, disk, first, size, links):
    """A chain as tools write it; where its links are is anybody's choice."""
    places = rng.sample(range(1, max(size // 8, links + 2)), links - 1) if links > 1 else []
    places = [0] + [8 * place for place in places]
    if rng.random() < 0.5:
        places.sort()
    for i, place in enumerate(places):
        sector = disk.sector((first + place) * disk.unit)
        put_entry(sector, 0, rng.choice(DATA_TYPES[:4]), rng.choice([1, 2, 4]),
                  rng.choice([1, 2, 4]))
        if i + 1 < len(places):
            put_entry(sector, 1, 5, places[i + 1], 8)


def orderly_mbr(rng, block=SECTOR):
    """Primary partitions and perhaps an extended one, side by side, and a chain with gaps in it."""
    disk = Disk(rng.randrange(4000, 60000) * block // SECTOR, block)
    blocks = disk.last + 1
    edges = sorted(rng.sample(range(8, blocks), 2 * rng.randrange(1, 5)))
    areas = list(zip(edges[::2], edges[1::2]))
    slots = rng.sample(range(4), len(areas))
    extended = rng.choice(slots) if rng.random() < 0.7 else None
    for (first, end), slot in zip(areas, slots):
        if slot == extended and end - first > 400:
            put_entry(disk.sector(0), slot, rng.choice(EXTENDED), first, end - first)
            put_chain(rng, disk, first, end - first, rng.randrange(1, 20))
        else:
            put_entry(disk.sector(0), slot, rng.choice(DATA_TYPES[:4]), first, end - first,
                      rng.choice([0, 0, 0x80]))
    return disk


def spoil_mbr(rng, disk):
    """One thing changes in the first sector or in a link."""
    sector = disk.sector(rng.choice(list(disk.data)))
    slot = rng.randrange(4)
    at = 446 + 16 * slot
    boot, kind, first, count = struct.unpack_from('<BxxxBxxxII', sector, at)
    what = rng.randrange(12)
    if what == 0:
        count = 0
    elif what == 1:
        kind = rng.choice([0, *EXTENDED, 0x83])
    elif what == 2:
        first = rng.choice([0, disk.last, disk.last + 1, 0xFFFFFFFF, *SIZES])
    elif what == 3:
        count = rng.choice([1, disk.last + 1, 0xFFFFFFFF, *SIZES])
    elif what == 4:
        other = 446 + 16 * rng.randrange(4)
        sector[at:at + 16], sector[other:other + 16] = sector[other:other + 16], sector[at:at + 16]
        return
    elif what == 5:         # leads to a link that there is
        kind, count = rng.choice(EXTENDED), rng.choice([1, 8, 60])
        first = rng.choice(list(disk.data)) // disk.unit
    elif what == 6:
        sector[at:at + 16] = rng.randbytes(16)
        return
    elif what == 7 and rng.random() < 0.2:
        sector[510] ^= 1
        return
    elif what == 8 and rng.random() < 0.2:
        boot = rng.choice([1, 0x7F, 0x81])
    elif what == 9 and rng.random() < 0.2:
        kind, first = 0xEE, rng.choice([0, 1, 2])
    elif what == 10 and rng.random() < 0.2:
        disk.sector(0)[:4] = b'\xc9\xc2\xd4\xc1'
        disk.sector(7)[:4] = rng.choice([b'_LVM', b'LVM_'])
        return
    else:
        kind, first, count = rng.choice(DATA_TYPES), rng.randrange(1, 64), rng.randrange(1, 64)
    put = sector[510:]
    put_entry(sector, slot, kind, first, count, boot)
    sector[510:] = put


def odd_mbr(rng, block=SECTOR):
    disk = orderly_mbr(rng, block)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        spoil_mbr(rng, disk)
    return disk


def long_chain(rng, block=SECTOR):
    """A chain with many links, of which few or most have a partition; it may lead back."""
    disk = Disk(100000 * block // SECTOR, block)
    links = rng.choice([90, 99, 100, 101, 102, 150, 240, 251, 252, 260, 300])
    share = rng.choice([0, 0.01, 0.02, 0.9, 1])
    put_entry(disk.sector(0), 0, 5, 100, 90000)
    for i in range(links):
        sector = disk.sector((100 + 8 * i) * disk.unit)
        back = rng.random() < 0.002
        put_entry(sector, 1, 5, 8 * (rng.randrange(i + 1) if back else i + 1), 8)
        if rng.random() < share:
            put_entry(sector, 0, 0x83, 1, 7)
    return disk


# --- GPT ----------------------------------------------------------------------------------


def seal(disk, block):
    """Puts the sums of the header there right, as far as they can be."""
    header = bytearray(disk.read(block * disk.unit, disk.unit))
    length, = struct.unpack_from('<I', header, 12)
    array, count, size = struct.unpack_from('<QII', header, 72)
    sectors = -(-count * size // SECTOR)
    data = disk.read(array * disk.unit, sectors) if sectors < 20000 else None
    struct.pack_into('<I', header, 88, zlib.crc32((data or b'')[:count * size]))
    struct.pack_into('<I', header, 16, 0)
    struct.pack_into('<I', header, 16, zlib.crc32(header[:min(length, len(header))]))
    disk.write(block * disk.unit, header)


def put_gpt(disk, entries, length=92, slot=0, protected=0xFFFFFFFF):
    """Both copies of a table; entries are (first, last) or None, length is the header's."""
    array = b''.join(struct.pack('<16sQQQQ80x', b'Z' * 16, i + 1, i + 1, *entry)
                     if entry else bytes(128)
                     for i, entry in enumerate(entries))
    blocks = -(-len(array) // disk.block)
    put_entry(disk.sector(0), slot, 0xEE, 1, protected)
    for place, other, at in (1, disk.last, 2), (disk.last, 1, disk.last - blocks):
        header = struct.pack(HEADER, b'EFI PART', 0x10000, length, 0, 0, place, other, blocks + 2,
                             disk.last - blocks - 1, b'G' * 16, at, len(entries), 128, 0)
        disk.write(place * disk.unit, header.ljust(disk.block, b'\0'))
        disk.write(at * disk.unit, array)
        seal(disk, place)


def orderly_gpt(rng, block=SECTOR):
    disk = Disk(rng.randrange(4000, 60000) * block // SECTOR, block)
    count = rng.choice([128, 128, 128, 1, 3, 4, 5, 56, 255, 256, 300])
    edges = sorted(rng.sample(range(100, disk.last - 100), 2 * rng.randrange(1, 9)))
    entries = [None] * count
    for first, end in zip(edges[::2], edges[1::2]):
        entries[rng.randrange(count)] = first, end - 1
    put_gpt(disk, entries, rng.choice([92, 92, 92, 93, 512, block]), rng.choice([0, 0, 0, 1, 2, 3]),
            rng.choice([disk.last, 0xFFFFFFFF, 1]))
    return disk


def spoil_gpt(rng, disk):
    block = rng.choice([1, 1, disk.last])
    header = disk.sector(block * disk.unit)
    what = rng.randrange(8)
    if what < 3:            # a field with a good sum, or without
        offset, layout = FIELDS[rng.choice(list(FIELDS))]
        value = rng.choice([0, 1, 2, 5, 34, 91, 92, 128, 129, 256, 512, 4096, 4097, disk.last,
                            disk.last + 1, 32768, 32769, 0xFFFFFFFF, (1 << 63) + 2, (1 << 64) - 1])
        struct.pack_into(layout, header, offset,
                         value & ((1 << 64) - 1 if layout == '<Q' else 0xFFFFFFFF))
        if offset not in (16, 88) and rng.random() < 0.8:
            seal(disk, block)
    elif what < 6:          # an entry
        array, = struct.unpack_from('<Q', header, 72)
        if array > disk.last:
            return
        sector = disk.sector(array * disk.unit)
        at = 128 * rng.randrange(4)
        values = 0, 33, 100, disk.last, disk.last + 1, 1 << 32, (1 << 63) + 5, (1 << 64) - 1
        struct.pack_into('<16sQQQQ', sector, at, rng.choice([bytes(16), b'Z' * 16]), 0, 0,
                         rng.choice(values), rng.choice(values))
        if rng.random() < 0.8:
            seal(disk, block)
    elif what == 6:         # entries of an MBR beside it
        put_entry(disk.sector(0), rng.randrange(4), rng.choice([0x83, 5, 0xEE]),
                  rng.choice([0, 1, 2, 100]), 100, rng.choice([0, 0x80, 1]))
    else:
        header[rng.randrange(SECTOR)] ^= 1 << rng.randrange(8)


def odd_gpt(rng, block=SECTOR):
    disk = orderly_gpt(rng, block)
    for _ in range(rng.choice([1, 1, 2, 3])):
        spoil_gpt(rng, disk)
    return disk


KINDS = orderly_mbr, odd_mbr, odd_mbr, odd_mbr, orderly_gpt, odd_gpt, odd_gpt


def table(rng):
    """Any of them, on disks with small blocks or large ones."""
    kind = long_chain if rng.random() < 0.02 else rng.choice(KINDS)
    return kind(rng, rng.choice([SECTOR, SECTOR, 4096]))
