# SPDX-License-Identifier: GPL-2.0-only
"""
Guests of generation A (Linux 2.6.30-2.6.36), which start on page tables that
Umbra makes: seen from inside by a guest of our own, in both formats and for
each way to show which it is; where there is no room for them; and next to
guests of the other generations.
"""

import pathlib
import re
import struct

import pytest

from test_guests import ICOUNT, TEST, Results
from attacks import check_witnesses, start, wait_attackers

SOURCE = pathlib.Path(__file__).resolve().parents[2] / 'guest/abi_a/initial_tables.c'
NAMES = ['.'.join(match) for match in TEST.findall(SOURCE.read_text())]
WAYS = re.findall(r'^\t\{"(\w+)", way_|, \{"(\w+)", way_', SOURCE.read_text(), re.MULTILINE)
WAYS = [first or second for first, second in WAYS]
PAGE = 4096
MEMORY = 8 << 20
# For 8 MB: the top level, two tables of 4 MB, the PAE middle table, four tables of 2 MB.
TABLES = (1 + 2 + 1 + 4) * PAGE


def check_first(results):
    results.check_total()
    for name in NAMES:
        if name.startswith('first.'):
            assert [line for line in results.of(name)
                    if line[0] == 'PASS'], f'{name} did not report'


def test_ways():
    """The ways that the parameters below go are those that the guest knows."""
    assert WAYS == ['told', 'fault', 'page', 'flush', 'top', 'nothing']


@pytest.mark.parametrize('words', ['', ' pae'], ids=['two-level', 'pae'])
@pytest.mark.parametrize('way', WAYS)
def test_way(machine, build, way, words):
    """However the kernel shows its format, nothing is lost, and it may come back to the tables."""
    m = machine(build, [f'abi_a guest=abi kernel mem=8M -- only=first first={way}{words}'],
                extra=ICOUNT)
    check_first(Results(m, 'abi'))
    assert m.events('guest-ready')[0]['protocol'] == '2.6.30-3.0'
    text = m.lines.index('text on the initial page tables')
    assert text < m.lines.index('PASS first.pgdir')


@pytest.mark.parametrize('words', ['', ' pae'], ids=['two-level', 'pae'])
@pytest.mark.parametrize('memory, machine_memory',
                         [('2M', '128M'), ('6M', '128M'), ('300M', '512M')])
def test_memory(machine, release, memory, machine_memory, words):
    """The smallest guest; tables that are not full; so many that INIT takes several calls."""
    m = machine(release, [f'abi_a guest=abi kernel mem={memory} -- only=first first=fault{words}'],
                memory=machine_memory, extra=ICOUNT)
    check_first(Results(m, 'abi'))


def test_abi_pae(machine, build, record_property):
    """All tests of the protocol on tables of PAE format."""
    m = machine(build, ['abi_a guest=abi kernel mem=8M -- pae'], extra=ICOUNT)
    results = Results(m, 'abi')
    check_first(results)
    record_property('checks', results.passed)


# --- room ------------------------------------------------------------------------------


def image_end(file):
    """Where an ELF image's segments end in physical memory."""
    data = file.read_bytes()
    offset, = struct.unpack_from('<I', data, 0x1C)
    count, = struct.unpack_from('<H', data, 0x2C)
    headers = [struct.unpack_from('<8I', data, offset + 32 * i) for i in range(count)]
    return max(header[3] + header[5] for header in headers if header[0] == 1)


def with_initrd(machine, build, path, left):
    """Starts a guest whose kernel and initrd leave so many bytes of memory."""
    end = -(-image_end(build.guest('abi_a')) // PAGE) * PAGE
    (path / 'initrd').write_bytes(bytes(MEMORY - end - left))
    return machine(build, ['abi_a guest=abi kernel mem=8M -- only=first first=fault',
                           f'{path}/initrd guest=abi initrd'], extra=ICOUNT)


def test_below_initrd(machine, build, tmp_path):
    check_first(Results(with_initrd(machine, build, tmp_path, TABLES + 64 * PAGE), 'abi'))


@pytest.mark.parametrize('left', [TABLES - PAGE, PAGE, 0])
def test_no_room(machine, release, tmp_path, left):
    """The tables go neither over the kernel nor over the initrd."""
    m = with_initrd(machine, release, tmp_path, left)
    end = m.event('guest-exit', guest='abi')
    assert end['reason'] == 'killed' and 'no room for the first page tables' in end['cause']
    m.wait_poweroff()


EARLY = {
    'unaligned': 'not aligned to 4 MB',
    'high': "in the range that is not the guest's",
    'top': 'no room for the first page tables',
    'again': 'INIT twice',
}


@pytest.mark.parametrize('name', EARLY)
def test_early(machine, build, name):
    """INIT as it must not be, next to guests that do not notice."""
    m = start(machine, build, f'early={name}', guest='hostile_a')
    end, = wait_attackers(m)
    assert end['reason'] == 'killed' and EARLY[name] in end['cause'], end
    check_witnesses(m)


def test_seeds(machine, build):
    """Noise in the tables, several times, side by side."""
    m = start(machine, build, *(f'attack=first-noise seed={seed} rounds={rounds}'
                                for seed, rounds in [(2, 9), (3, 20), (4, 50), (5, 2000)]),
              guest='hostile_a')
    wait_attackers(m, 4)
    check_witnesses(m)


# --- company ---------------------------------------------------------------------------


def test_generations_side_by_side(machine, build):
    """Each generation has its own way to start, and none disturbs another's."""
    names = {'abi_a': '2.6.30-3.0', 'abi': '3.1-3.19', 'abi_c': '4.0-4.13'}
    m = machine(build, [f'{name} guest={name} kernel mem=8M -- only=paging{words}'
                        for name, words in zip(names, (' pae', '', ' pae'))], extra=ICOUNT)
    for name, protocol in names.items():
        assert m.event('guest-exit', guest=name)['reason'] == 'poweroff'
        m.wait_line(rf'(\[{name}\] )?TOTAL \d+ passed, 0 failed')
        assert m.events('guest-ready', guest=name)[0]['protocol'] == protocol
    m.wait_poweroff()
