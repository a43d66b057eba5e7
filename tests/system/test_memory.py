# SPDX-License-Identifier: GPL-2.0-only
"""
Machines with little memory, with more than 32-bit addresses reach, and with more
than Umbra uses.  QEMU takes a page from its host when it is first touched, so
that what a machine has costs nothing until somebody uses it.
"""

import re

import pytest

MB = 1 << 20
BOOKKEEPING = 8         # MB that the firmware and Umbra keep for themselves, at most
LOW = 896               # MB that the direct map reaches (arch/cpu/layout.h)
GUESTS = ['demo guest=one kernel mem=16M -- name=one run=mem',
          'demo guest=two kernel mem=16M -- name=two run=mem']


def lazy(size, cpu='pentium3'):
    """
    The machine's options for so much memory, whatever the host has; QEMU's
    ordinary processor has addresses of 32 bits only.
    """
    backend = f'memory-backend-ram,id=ram,size={size},reserve=off'
    return {'cpu': cpu, 'memory': size,
            'extra': ['-object', backend, '-machine', 'pc,memory-backend=ram']}


def need_host_memory(megabytes):
    with open('/proc/meminfo') as file:
        available = int(re.search(r'^MemAvailable: +(\d+) kB', file.read(), re.MULTILINE)[1]) >> 10
    if available < megabytes:
        pytest.skip(f'the host has {available} MB of memory to spare, and {megabytes} are needed')


def usable(machine):
    """Megabytes in all, as event=boot says."""
    return int(machine.event('boot')['mem'].rstrip('M'))


def low_free(machine):
    """Megabytes."""
    return int(machine.command('mem', r'^\d+ of \d+ frames free, (\d+) of them low')[1]) >> 8


def check_guests(machine):
    """The memory of both is theirs and holds what is written to it."""
    machine.wait_line(r'^mem: \d+ KB of 16384 KB checked, 0 words wrong, OK')
    machine.wait_line(r'^\[two\] mem: \d+ KB of 16384 KB checked, 0 words wrong, OK')


def memory_above_4g(machine, directory, size):
    file = directory / 'memory'
    machine.ask('pmemsave', val=1 << 32, size=size, filename=str(file))
    return file.read_bytes()


@pytest.mark.parametrize('size', [64, 512])
def test_small(machine, build, size):
    m = machine(build, GUESTS, memory=f'{size}M')
    assert size - BOOKKEEPING <= usable(m) <= size
    check_guests(m)


def test_too_small(machine, build):
    """The guest that does not fit is refused; the one that does runs."""
    m = machine(build, [GUESTS[0], 'demo guest=large kernel mem=64M'], memory='64M')
    assert m.event('module-error')['word'] == 'mem=64M'
    m.wait_line('^mem: .* OK')


def test_above_4g(machine, build, tmp_path):
    """All of 6 GB is used, and what 32-bit addresses reach is not what guests get first."""
    m = machine(build, GUESTS, **lazy('6G'))
    assert 6144 - BOOKKEEPING <= usable(m) <= 6144
    check_guests(m)
    assert low_free(m) > LOW - 2 * BOOKKEEPING
    assert b'This is %s, a guest of Umbra' in memory_above_4g(m, tmp_path, 64 * MB)


def test_addresses_of_32_bits(machine, build):
    """What the processor cannot reach is left alone."""
    m = machine(build, GUESTS, **lazy('6G', 'qemu32'))
    assert 2048 < usable(m) <= 4096
    check_guests(m)


@pytest.mark.long
@pytest.mark.parametrize('gigabytes', [20, 64])
def test_large(machine, build, tmp_path, gigabytes):
    """The bookkeeping is small and boot is not slow."""
    size = gigabytes << 10
    m = machine(build, GUESTS, program='qemu-system-x86_64', **lazy(f'{gigabytes}G', 'qemu64'))
    started = m.cpu_seconds()
    # QEMU leaves a hole below 4 GB, so that the last of 64 GB lies where Umbra does not go.
    hole = 1024 if gigabytes == 64 else 0
    assert size - hole - BOOKKEEPING <= usable(m) <= size - hole
    check_guests(m)
    assert low_free(m) > LOW - 2 * BOOKKEEPING
    assert b'This is %s, a guest of Umbra' in memory_above_4g(m, tmp_path, 64 * MB)
    assert m.cpu_seconds() - started < 10


@pytest.mark.long
def test_guest_of_3g(machine, release):
    """The largest guest: it finds all its memory, on both sides of 4 GB."""
    need_host_memory(4000)
    m = machine(release, ['demo guest=large kernel mem=3070M -- name=large run=mem,poweroff'],
                **lazy('6G'))
    # It takes QEMU minutes to clear so much.
    m.event('guest-ready', timeout=600)
    m.wait_line(r'^mem: 31\d{5} KB of 3143680 KB checked, 0 words wrong, OK', timeout=600)
    assert m.event('guest-exit')['reason'] == 'poweroff'
    m.wait_poweroff()
