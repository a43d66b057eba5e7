# SPDX-License-Identifier: GPL-2.0-only
"""
Disks: what guests of our own read and write on either transport, over restarts
and next to each other, which modules can be one, and attacks on them.
"""

import array
import functools
import mmap
import random
import re
import subprocess

import pytest

from conftest import ROOT
from test_guests import ICOUNT, Results
from attacks import (ATTACK, WITNESSES, check_witnesses, judge, results, rounds,
                     wait_attackers, words_of)

GUESTS = ROOT / 'guest'
TEST = re.compile(r'^TEST\((\w+),\s*(\w+)\)', re.MULTILINE)
NAMES = ['.'.join(match) for file in sorted((GUESTS / 'disk').glob('*.c'))
         for match in TEST.findall(file.read_text())]
QUEUE_ATTACKS = ATTACK.findall((GUESTS / 'hostile/queues.c').read_text())
DISK_ATTACKS = ATTACK.findall((GUESTS / 'hostile_disk/disk.c').read_text())
TRANSPORTS = ['', '_c']         # how the guests for them are called: the device page, PCI
SECTOR = 512
SECTORS = {'vda': 4096, 'vdb': 128}
MEMORY = 48     # MB of a machine without attackers


BYSTANDER = random.Random(1).randbytes(1 << 17)


def pattern(sectors):
    """What guest/disk/pattern.h says is on a disk."""
    words = array.array('I')
    for sector in range(sectors):
        words.extend(sector * 0x9E3779B1 + i & 0xFFFFFFFF for i in range(SECTOR // 4))
    return words.tobytes()


@pytest.fixture(scope='session')
def images(tmp_path_factory):
    """The two disks of guest/disk, a file each."""
    directory = tmp_path_factory.mktemp('images')
    for name, sectors in SECTORS.items():
        (directory / name).write_bytes(pattern(sectors))
    return {name: directory / name for name in SECTORS}


def modules_of(images, guest, words='', name='disk', transport=''):
    return [f'{guest}{transport} guest={name} kernel mem=8M -- name={name} {words}',
            f'{images["vda"]} guest={name} disk', f'{images["vdb"]} guest={name} disk=ro']


def check_all(found):
    found.check_total()
    for name in NAMES:
        assert found.of(name), f'{name} did not report'


# --- what disks do -------------------------------------------------------------------------


@pytest.mark.parametrize('words', ['', 'pae'])
@pytest.mark.parametrize('transport', TRANSPORTS)
def test_disk(machine, build, images, record_property, transport, words):
    m = machine(build, modules_of(images, 'disk', words, transport=transport), extra=ICOUNT)
    found = Results(m, 'disk')
    check_all(found)
    record_property('checks', found.passed)


@pytest.mark.parametrize('transport', TRANSPORTS)
def test_restart(machine, build, images, transport):
    """A guest finds what it wrote before it restarted, and loses no memory on the way."""
    m = machine(build, modules_of(images, 'disk', 'persist=5', transport=transport) +
                ['demo guest=keeper kernel mem=4M -- name=keeper'])
    m.wait_line(r'\[?(disk)?\]? ?PASS persist')
    assert len(m.events('guest-exit', guest='disk', reason='reboot')) == 4
    m.event('guest-exit', guest='disk', reason='poweroff')
    assert not [line for line in m.lines if 'FAIL' in line]


def test_beside_each_other(machine, build, images):
    """Several guests with disks, whose modules lie next to each other, while another one spins."""
    m = machine(build, [module for number, transport in enumerate(TRANSPORTS * 2, 1)
                        for module in modules_of(images, 'disk', name=f'd{number}',
                                                 transport=transport)] +
                ['demo guest=spins kernel mem=4M -- run=spin:1000'], memory='256M')
    for number in range(1, 5):
        m.event('guest-exit', guest=f'd{number}', reason='poweroff')
    m.key(':kill spins\r')
    m.wait_poweroff()
    assert not [line for line in m.lines if 'FAIL' in line]
    totals = [int(match[1]) for line in m.lines
              if (match := re.search(r'TOTAL (\d+) passed', line))]
    assert len(totals) >= 4 and len(set(totals)) == 1, totals


@pytest.mark.parametrize('transport', TRANSPORTS)
def test_eight(machine, release, images, transport):
    """As many disks as there can be, beside the console."""
    m = machine(release, modules_of(images, 'disk', 'only=disk.reads', transport=transport) +
                [f'{images["vdb"]} guest=disk disk'] * 6)
    Results(m, 'disk').check_total()


def test_image(machine, release, images, tmp_path):
    """On an image for GRUB, made by iso/make-iso."""
    image = tmp_path / 'umbra.iso'
    subprocess.run([ROOT / 'iso/make-iso', '-o', image, '-u', release.umbra,
                    '-w', 'console=com1 when-idle=poweroff',
                    '-g', 'other', '-k', release.guest('demo'), '-d', images['vdb'], '-m', '4M',
                    '-a', 'run=poweroff', '-g', 'disk', '-k', release.guest('disk'),
                    '-d', images['vda'], '-r', images['vdb'], '-m', '8M', '-a', 'name=disk'],
                    check=True, timeout=120)
    m = machine(release, medium=['-cdrom', str(image), '-boot', 'd'])
    check_all(Results(m, 'disk'))


# --- which modules can be a disk ---------------------------------------------------------------


@pytest.mark.parametrize('size, lines, module, word, cause', [
    (513, ['guest=a disk'], 'image', 'disk', 'a disk is a multiple of 512 bytes, unlike these 513'),
    (512, ['guest=a disk=rw'], 'image', 'disk=rw',
     'a module is disk or disk=ro; disks of the machine, disk=ahci0 '
     "or disk=ahci0p2,ro, go on a kernel's line"),
    (512, ['guest=b disk'], 'image', 'disk', 'guest b has no kernel'),
    (512, ['guest=a disk'] * 9, 'image', 'disk', 'guest a has more than 8 disks'),
    (512, ['guest=a disk -- x'], 'image', '--', "the command line belongs on the kernel's line"),
])
def test_refused(machine, release, tmp_path, size, lines, module, word, cause):
    """One clear line; the guest it is about is not started, another one is."""
    image = tmp_path / 'image'
    image.write_bytes(bytes(size))
    m = machine(release, ['demo guest=a kernel mem=4M -- run=poweroff',
                          'demo guest=c kernel mem=4M -- run=poweroff'] +
                [f'{image} {line}' for line in lines])
    m.event('guest-exit', guest='c', reason='poweroff')
    m.wait_poweroff()
    error, = m.events('module-error')
    assert error['module'].endswith(module)
    assert (error['word'], error['cause']) == (word, cause)
    assert bool(m.events('guest-start', guest='a')) == ('guest=b' in lines[0])


# --- attacks ------------------------------------------------------------------------------------


@pytest.fixture(scope='session')
def blanks(tmp_path_factory):
    """Disks for attackers, and one for somebody who does not touch it."""
    directory = tmp_path_factory.mktemp('blanks')
    sizes = {'vda': 1 << 21, 'vdb': 1 << 16}
    for name, size in sizes.items():
        (directory / name).write_bytes(bytes(size))
    (directory / 'bystander').write_bytes(BYSTANDER)
    return {name: directory / name for name in ('vda', 'vdb', 'bystander')}


def start(machine, build, blanks, *attackers, transport='', **options):
    """Each attacker has its disks; behind those of the first seven lies one of the bystander's."""
    modules = [*WITNESSES, f'{blanks["bystander"]} guest=keeper disk=ro']
    for number, words in enumerate(attackers, 1):
        modules += modules_of(blanks, 'hostile_disk', words, f'bad{number}', transport)
        if number <= 7:
            modules.append(f'{blanks["bystander"]} guest=keeper disk=ro')
    m = machine(build, modules, memory=f'{MEMORY + 16 * len(attackers)}M', **options)
    m.event('guest-ready', guest='keeper')
    return m


def check_bystander(machine, path, attackers=1):
    """In the machine's memory the bystander's disks are what they were."""
    dump = path / 'memory'
    machine.ask('pmemsave', val=0, size=MEMORY + 16 * attackers << 20, filename=str(dump))
    with open(dump, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        found = re.findall(re.escape(BYSTANDER), memory)
    dump.unlink()
    assert len(found) == 1 + min(attackers, 7)


def words_for(build, name):
    queue = ' device=2 queue=0' if name in QUEUE_ATTACKS else ''
    return words_of(build, name) + queue


@pytest.fixture(scope='session')
def frames_left(build, blanks, session_machine):
    """frames_left(transport): the frames free in the end when the attacker did nothing."""
    @functools.cache
    def measure(transport):
        m = start(session_machine, build, blanks, 'attack=list', transport=transport)
        wait_attackers(m)
        return check_witnesses(m)
    return measure


def test_list(machine, release, blanks):
    """The guest has the attacks that its sources have, so none goes untested."""
    m = start(machine, release, blanks, 'attack=list')
    wait_attackers(m)
    listed = re.findall(r'ATTACK (\S+) ', ''.join(results(m)))
    assert sorted(listed) == sorted(QUEUE_ATTACKS + DISK_ATTACKS)


@pytest.mark.parametrize('build', ['release'], indirect=True)
@pytest.mark.parametrize('transport', TRANSPORTS)
@pytest.mark.parametrize('name', QUEUE_ATTACKS + DISK_ATTACKS)
def test_attack(machine, build, blanks, frames_left, tmp_path, transport, name):
    m = start(machine, build, blanks, words_for(build, name), transport=transport)
    end, = wait_attackers(m)
    assert judge(name, end, results(m)) is None
    check_bystander(m, tmp_path)
    assert check_witnesses(m) == frames_left(transport)


@pytest.mark.parametrize('build', ['debug'], indirect=True)
@pytest.mark.parametrize('transport', TRANSPORTS)
@pytest.mark.parametrize('names', [QUEUE_ATTACKS, DISK_ATTACKS[:11], DISK_ATTACKS[11:]],
                         ids=['queue', 'disk-1', 'disk-2'])
def test_together(machine, build, blanks, tmp_path, transport, names):
    """Attacks side by side."""
    m = start(machine, build, blanks, *(words_for(build, name) for name in names),
              transport=transport)
    ends = wait_attackers(m, len(names))
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    check_bystander(m, tmp_path, len(names))
    check_witnesses(m)


@pytest.mark.parametrize('transport', TRANSPORTS)
@pytest.mark.parametrize('name', ['disk-chain-noise', 'disk-header-noise'])
def test_seeds(machine, build, blanks, tmp_path, transport, name):
    """What is random, several times, side by side."""
    m = start(machine, build, blanks, *(f'attack={name} seed={seed}' for seed in range(2, 8)),
              transport=transport)
    for number, end in enumerate(wait_attackers(m, 6), 1):
        assert judge(name, end, results(m, number)) is None
    check_bystander(m, tmp_path, 6)
    check_witnesses(m)


@pytest.mark.parametrize('name', ['disk-storm', 'disk-long-chains', 'disk-reset-storm'])
def test_fair(machine, release, blanks, name):
    """The victim gets its share of the time, by instructions."""
    m = start(machine, release, blanks, f'attack={name} seconds=1',
              extra=['-icount', 'shift=3,sleep=off'])
    end, = wait_attackers(m)
    took = float(end['at']) - float(m.event('guest-ready', guest='bad1')['at'])
    m.wait(lambda: rounds(m) > 0, 'a round of the victim')
    assert rounds(m) >= 0.5 * took / 0.1 - 1
