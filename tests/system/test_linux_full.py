# SPDX-License-Identifier: GPL-2.0-only
"""
Kernels with more options than the usual ones: config/full.config, which is what a distribution
expects, with swap, squashfs, a filter of packets, name spaces, control groups, layers of file
systems, probes, tracers, programs of BPF and the kernel's own counters; and
config/preempt.config, full preemption with the kernel's own checks of it. Each is a kernel of
its own to build, of ten minutes and more.
"""

import subprocess

import pytest

from conftest import ROOT
from linux_files import contents
from linux_guest import (FULL_ONLY, LIMIT, SHELL, SKIPS, SOURCES, check_log, check_results,
                         command, count_tests, guest_modules, passes, quiet, skips_of)

pytestmark = pytest.mark.long

FULL = 'guest/linux/config/full.config'
PREEMPT = 'guest/linux/config/preempt.config'
KERNELS = [pytest.param('6.1', 'no-pae', 'qemu32', id='6.1'),
           pytest.param('6.12', 'pae', 'qemu32,+pae,+nx', id='6.12-pae')]
COMPRESSIONS = ['gzip', 'xz', 'zstd']
# Of the guest's disks: one of each compression, and one to swap to.
LETTERS = 'abcdefgh'[:len(COMPRESSIONS) + 1]
SEED = 5
SECTOR = 512


def power_off(m):
    m.line('poweroff')
    m.event('guest-exit', guest='linux', reason='poweroff', timeout=LIMIT)
    m.wait_poweroff()


# --- what a distribution expects -----------------------------------------------------------------


def make_squashfs(directory, compression):
    """The tree of linux_files, as a whole number of sectors."""
    tree, image = directory / 'tree', directory / f'{compression}.img'
    for file, data in contents(SEED).items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_bytes(data)
    subprocess.run(['mksquashfs', tree, image, '-comp', compression, '-quiet', '-no-progress'],
                   check=True, timeout=120)
    with open(image, 'ab') as file:
        file.truncate(-(-file.tell() // SECTOR) * SECTOR)
    return image


def make_images(directory):
    """One of each compression, and at last 128 MB to swap to."""
    subprocess.run([ROOT / 'iso/deps.sh', 'full'], check=True, timeout=LIMIT)
    swap = directory / 'swap.img'
    with open(swap, 'wb') as file:
        file.truncate(128 << 20)
    return [make_squashfs(directory, compression) for compression in COMPRESSIONS] + [swap]


def virtio(images):
    """QEMU's options for disks of these."""
    return [word for i, image in enumerate(images) for word in (
        '-drive', f'if=none,id=d{i},file={image},format=raw,cache=unsafe',
        '-device', f'virtio-blk-pci,drive=d{i}')]


def check_swap(m, disk):
    """More in files of memory than the guest has; a part of it goes to the disk and comes back."""
    command(m, f'mkswap {disk} && swapon {disk} && mount -t tmpfs -o size=96m big /mnt && '
            'mkdir /mnt/tree && echo on', '^on$')
    passes(m, f'usertest write /mnt/tree {SEED}', 'kept.write')
    found = command(m, 'dd if=/dev/urandom of=/mnt/big bs=1M count=72 2>/dev/null; '
                    'md5sum /mnt/big; md5sum /mnt/big', r'^(\w{32})  /mnt/big$')[1]
    assert m.text.count(f'{found}  /mnt/big') == 2
    passes(m, f'usertest verify /mnt/tree {SEED}', 'kept.verify')
    used = command(m, 'grep -v Filename /proc/swaps', rf'^{disk}\s+partition\s+\d+\s+(\d+)\s')[1]
    assert int(used) > 16 << 10
    check_results(m, 'memory. cow.', count_tests(SOURCES / 'memory.c', SOURCES / 'cow.c'), SKIPS)
    command(m, f'rm /mnt/big && swapoff {disk} && echo off', '^off$')
    passes(m, f'usertest verify /mnt/tree {SEED}', 'kept.verify')


def check_modules(m):
    """Loaded by their names with what they need, and away again."""
    command(m, 'modprobe dummy && modprobe xts && ip link add probe type dummy && '
            'ip link show probe && echo there', '^there$')
    command(m, 'ip link del probe && modprobe -r dummy xts && ! grep -e dummy -e xts '
            '/proc/modules && echo away', '^away$')


@pytest.mark.parametrize('version, pages, cpu', KERNELS)
def test_full(machine, build, release, record_property, tmp_path, version, pages, cpu):
    images = make_images(tmp_path)
    disks = ' '.join(f'disk=virtio{i}' for i in range(len(images)))
    modules = guest_modules(release, version, pages, 'linux', f'mem=64M {disks}', config=FULL)
    m = machine(build, modules, cpu=cpu, memory='256M', extra=virtio(images))
    m.expect(SHELL, timeout=LIMIT)
    quiet(m)
    for letter in LETTERS[:-1]:
        command(m, f'mount -t squashfs /dev/vd{letter} /mnt && echo mounted', '^mounted$')
        passes(m, f'usertest verify /mnt {SEED}', 'kept.verify')
        command(m, 'umount /mnt; echo unmounted', '^unmounted$')
    check_swap(m, f'/dev/vd{LETTERS[-1]}')
    check_modules(m)
    check_log(m)
    skips = skips_of(pages) - FULL_ONLY
    record_property('checks', check_results(m, '', count_tests(*SOURCES.glob('*.c')), skips))
    power_off(m)


# --- full preemption -----------------------------------------------------------------------------


@pytest.mark.parametrize('version, pages, cpu', KERNELS)
def test_preempt(machine, build, release, record_property, version, pages, cpu):
    """All tests, and the kernel has found nothing wrong with its locks and flags."""
    modules = guest_modules(release, version, pages, 'linux', 'mem=128M', config=PREEMPT)
    m = machine(build, modules, cpu=cpu, memory='256M')
    m.expect(SHELL, timeout=LIMIT)
    check_log(m)
    quiet(m)
    wanted = count_tests(*SOURCES.glob('*.c'))
    record_property('checks', check_results(m, '', wanted, skips_of(pages)))
    m.line("dmesg | grep -e ' lock' -e 'scheduling while' -e 'sleeping function' -e 'Call Trace'; "
           'echo found: $?')
    m.expect('^found: 1$')
    power_off(m)
