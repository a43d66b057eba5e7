# SPDX-License-Identifier: GPL-2.0-only
"""
Partition numbers are Linux's: Umbra's reader, as a native program, against a model of
the kernel's rules on thousands of tables, and against sfdisk on those on which both
agree.  No machine is started.
"""

import os
import random
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import partition_tables
from conftest import ROOT
from partition_model import SECTOR, Disk, partitions
from partition_tables import put_entry

TABLES = 3000
TABLES_LONG = 60000
PORTION = 500
SFDISK = shutil.which('sfdisk', path=f'{os.environ["PATH"]}:/usr/sbin:/sbin') or 'sfdisk'


@pytest.fixture(scope='session')
def reader(tmp_path_factory):
    """Umbra's answers for some disks, each {number: (first, sectors)}."""
    out = tmp_path_factory.mktemp('reader')
    program = out / 'unit/read_partitions'
    subprocess.run(['make', '-s', f'O={out}', program], cwd=ROOT, check=True)

    def read(disks):
        answer = subprocess.run([program], input=b''.join(disk.packed() for disk in disks),
                                capture_output=True, check=True).stdout.decode()
        *tables, rest = re.split(r'^end .*\n', answer, flags=re.MULTILINE)
        assert rest == '' and len(tables) == len(disks)
        return [{int(number): (int(first), int(sectors)) for number, first, sectors
                 in map(str.split, table.splitlines())} for table in tables]
    return read


def compare(reader, seeds):
    disks = [partition_tables.table(random.Random(seed)) for seed in seeds]
    for seed, disk, found in zip(seeds, disks, reader(disks)):
        assert found == partitions(disk), f'table {seed}'
    return disks


def test_model(reader):
    """Thousands of tables; and they are not all empty, nor all whole."""
    some = none = 0
    for start in range(0, TABLES, PORTION):
        for disk in compare(reader, range(start, start + PORTION)):
            count = len(partitions(disk))
            some += count > 3
            none += count == 0
    assert some > TABLES // 4 and none > TABLES // 50


@pytest.mark.long
def test_model_long(reader):
    for start in range(TABLES, TABLES_LONG, PORTION):
        compare(reader, range(start, start + PORTION))


# --- sfdisk ---------------------------------------------------------------------------------


def sfdisk(image, script=None, *words):
    return subprocess.run([SFDISK, *words, image], input=script, text=True, capture_output=True,
                          check=True).stdout


def sfdisk_says(image):
    """{number: (first, sectors)} of the image's table, without extended partitions."""
    rows = re.findall(r'^\S*?(\d+) : start= *(\d+), size= *(\d+), type=(\S+?),?(?: |$)',
                      sfdisk(image, None, '-d'), re.MULTILINE)
    return {int(number): (int(first), int(size)) for number, first, size, kind in rows
            if kind.lower() not in ('5', 'f', '85')}


def write(path, disk):
    with open(path, 'wb') as file:
        file.truncate(disk.sectors * SECTOR)
        for sector, data in disk.data.items():
            file.seek(sector * SECTOR)
            file.write(data)
    return path


def load(path):
    """What an image has in it."""
    content = path.read_bytes()
    disk = Disk(len(content) // SECTOR)
    zero = bytes(SECTOR)
    for at in range(0, len(content), SECTOR):
        if content[at:at + SECTOR] != zero:
            disk.write(at // SECTOR, content[at:at + SECTOR])
    return disk


@pytest.mark.parametrize('kind', [partition_tables.orderly_mbr, partition_tables.orderly_gpt])
def test_sfdisk_reads(reader, tmp_path, kind):
    """Orderly tables of ours: three opinions, one answer."""
    for seed in range(40):
        disk = kind(random.Random(seed))
        expected = partitions(disk)
        assert reader([disk]) == [expected], f'table {seed}'
        assert sfdisk_says(write(tmp_path / 'image', disk)) == expected, f'table {seed}'


def sfdisk_makes(image, label, rng):
    """A table with partitions deleted, and others added in the gaps."""
    with open(image, 'wb') as file:
        file.truncate(32 << 20)
    lines = [f'label: {label}', 'start=2048, size=4096']
    if label == 'dos':
        lines.append('start=8192, size=55000, type=5')
    lines += [f'start={8192 + 2048 + 8192 * i}, size=2048' for i in range(6)]
    sfdisk(image, '\n'.join(lines), '-q')
    for _ in range(rng.randrange(1, 4)):
        number = rng.randrange(5, 8) if label == 'dos' else rng.randrange(2, 5)
        subprocess.run([SFDISK, '-q', '--delete', image, str(number)], check=False,
                       capture_output=True)
        start = 8192 + 2048 + 8192 * rng.randrange(6) + 4096
        subprocess.run([SFDISK, '-q', '--append', image], input=f'start={start}, size=1024\n',
                       text=True, check=False, capture_output=True)
    return image


@pytest.mark.parametrize('label', ['dos', 'gpt'])
def test_sfdisk_writes(reader, tmp_path, label):
    """Tables of sfdisk's own.  It sleeps at each change, so many are made at the same time."""
    with ThreadPoolExecutor(15) as pool:
        made = list(pool.map(lambda seed: sfdisk_makes(tmp_path / str(seed), label,
                                                       random.Random(seed)),
                             range(15)))
    for image in made:
        expected = sfdisk_says(image)
        disk = load(image)
        assert len(expected) >= 4
        assert partitions(disk) == expected and reader([disk]) == [expected], image


# --- cases by name ----------------------------------------------------------------------------


def mbr(*entries, block=SECTOR, sectors=65536):
    disk = Disk(sectors, block)
    for slot, entry in enumerate(entries):
        put_entry(disk.sector(0), slot, *entry)
    return disk


def links(disk, *sectors):
    """(place, entry...) for each link of a chain."""
    for place, *entries in sectors:
        for slot, entry in enumerate(entries):
            put_entry(disk.sector(place), slot, *entry)
    return disk


CASES = {
    'an entry of 0 sectors has no number': (links(
        mbr((5, 8192, 50000)), (8192, (0x83, 2048, 2048), (5, 8192, 8192)),
        (16384, (0x83, 0, 0), (5, 16384, 8192)), (24576, (0x83, 2048, 4096), (5, 24576, 8192)),
        (32768, (0x83, 2048, 5000))), {5: (10240, 2048), 6: (26624, 4096), 7: (34816, 5000)}),
    'a chain out of disk order': (links(
        mbr((5, 8192, 50000)), (8192, (0x83, 8, 8), (5, 30000, 8)),
        (38192, (0x83, 8, 9), (5, 100, 8)),
        (8292, (0x83, 8, 10))), {5: (8200, 8), 6: (38200, 9), 7: (8300, 10)}),
    'a circle': (links(
        mbr((5, 8192, 50000)), (8192, (0x83, 8, 8), (5, 100, 8)), (8292, (0x83, 8, 9), (5, 0, 8))),
        {5: (8200, 8), 6: (8300, 9)}),
    'another chain behind a circle': (links(
        mbr((5, 8192, 1000), (5, 20000, 1000)), (8192, (0x83, 8, 8), (5, 0, 8)),
        (20000, (0x83, 8, 9))),
        {5: (8200, 8)}),
    'all four slots of a link': (links(
        mbr((0x83, 10, 20), (15, 8192, 1000)),
        (8192, (5, 100, 100), (0x83, 8, 8), (0x83, 20, 8), (0x83, 990, 20)),
        (8292, (5, 0, 0), (0x83, 2, 3), (0, 5, 6), (0x83, 8, 100))),
        {1: (10, 20), 5: (8200, 8), 6: (8212, 8), 7: (8294, 3), 8: (8297, 6)}),
    'a partition without a type': (mbr((0, 100, 200), (0x83, 300, 0)), {1: (100, 200)}),
    'partitions beyond the end': (mbr(
        (0x83, 65535, 100), (0x83, 65536, 1), (0x83, 0xFFFFFFFF, 0xFFFFFFFF),
        (0x83, 0, 0xFFFFFFFF)),
        {1: (65535, 1), 4: (0, 65536)}),
    'two extended partitions': (links(
        mbr((5, 1000, 100), (0x85, 2000, 100), (5, 3000, 0)), (1000, (0x83, 1, 2)),
        (2000, (0x83, 3, 4))),
        {5: (1001, 2), 6: (2003, 4)}),
    'blocks of 4 KB': (links(
        mbr((0x83, 10, 20), (5, 100, 1000), block=4096), (800, (0x83, 1, 2), (5, 50, 10)),
        (1200, (0x83, 3, 4))), {1: (80, 160), 5: (808, 16), 6: (1224, 32)}),
    'a protective entry elsewhere': (mbr((0xEE, 2, 100), (0x83, 200, 100)), {}),
    'a protective entry without a GPT': (mbr((0x83, 200, 100), (0xEE, 1, 100)), {}),
    'code where the entries would be': (mbr((0x83, 200, 100, 0x33)), {}),
}


@pytest.mark.parametrize('name', CASES)
def test_case(reader, name):
    disk, expected = CASES[name]
    assert partitions(disk) == expected
    assert reader([disk]) == [expected]
