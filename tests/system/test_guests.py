# SPDX-License-Identifier: GPL-2.0-only
"""
The guests that test the protocol from inside: guest/abi (every hypercall, trap
kind and flag; guest/abi_a and guest/abi_c the same for kernels before 2.6.37 and
from 4.0) and guest/access (every combination of page permissions).
"""

import functools
import pathlib
import re

import pytest

SOURCES = pathlib.Path(__file__).resolve().parents[2] / 'guest'
TEST = re.compile(r'^TEST\((\w+),\s*(\w+)\)', re.MULTILINE)
# Of guest/abi; what guest/abi_c does not take over (guest/guest.mk).
OLDER_ONLY = {'devices', 'generation_b', 'window'}


def names_in(folder, without=()):
    """The tests of a folder's sources, some files apart."""
    return ['.'.join(match) for file in sorted((SOURCES / folder).glob('*.c'))
            if file.stem not in without for match in TEST.findall(file.read_text())]


NAMES = {'abi': names_in('abi'), 'abi_a': names_in('abi', {'generation_b'}) + names_in('abi_a'),
         'abi_c': names_in('abi', OLDER_ONLY) + names_in('abi_c')}
ACCESS_GROUPS = 18      # three announcements, three kinds of access, two rings
TIMEOUT = 120
# Time goes by instructions: what the guest measures does not depend on the host's load.
ICOUNT = ['-icount', 'shift=4,sleep=off']


def is_cut(line, following):
    """Did another line come in between, so that this one was shown again, whole?"""
    return bool(following) and following[0].startswith(('event=', '[', 'umbra>')) and any(
        other.startswith(line) and other != line for other in following)


class Results:
    """What a guest that ends with a TOTAL line has reported."""

    def __init__(self, machine, guest):
        machine.event('guest-exit', guest=guest, timeout=TIMEOUT)
        self.end = machine.events('guest-exit', guest=guest)[0]
        machine.wait_poweroff()
        self.lines = {}
        for i, line in enumerate(machine.lines):
            # Tests of the console print dots.  A line that another one interrupted comes twice.
            match = re.match(r'\.*(PASS|FAIL|SKIP) ([\w.]+)(.*)', line)
            if match and not is_cut(line, machine.lines[i + 1:i + 10]):
                self.lines.setdefault(match[1], {})[match[2]] = match[3].strip()
        total = {match.groups() for line in machine.lines
                 if (match := re.fullmatch(r'TOTAL (\d+) passed, (\d+) failed', line))}
        assert len(total) == 1 and self.end['reason'] == 'poweroff', self.end
        self.passed, self.failed = map(int, total.pop())

    def check_total(self):
        """None is a failure, and every result was printed."""
        assert not self.lines.get('FAIL'), self.lines['FAIL']
        assert self.passed == len(self.lines['PASS']) and self.failed == 0

    def of(self, name):
        """The lines of a test, or of its rows: (PASS, FAIL or SKIP; row; why) each."""
        return [(result, line, why) for result, lines in self.lines.items()
                for line, why in lines.items() if line == name or line.startswith(name + '.')]


@pytest.fixture(scope='session')
def abi(build, session_machine):
    """abi(guest): its results; it runs once."""
    @functools.cache
    def run(guest):
        return Results(session_machine(build, [f'{guest} guest=abi kernel mem=8M'], extra=ICOUNT),
                       'abi')
    return run


@pytest.mark.parametrize('guest, name', [(guest, name) for guest in NAMES for name in NAMES[guest]])
def test_abi(abi, record_property, guest, name):
    """One test of the guest's sources, with all its rows."""
    lines = abi(guest).of(name)
    assert lines, f'{name} did not report'
    assert not [line for line in lines if line[0] == 'FAIL']
    record_property('checks', len(lines))
    if all(line[0] == 'SKIP' for line in lines):
        pytest.skip(lines[0][2])


@pytest.mark.parametrize('guest', NAMES)
def test_abi_total(abi, guest):
    results = abi(guest)
    results.check_total()
    assert results.passed >= len(NAMES[guest]) - len(results.lines.get('SKIP', {}))


@pytest.mark.parametrize('guest', NAMES)
@pytest.mark.parametrize('cpu', ['pentium3', 'n270', 'max'])
def test_abi_on_cpu(machine, build, record_property, cpu, guest):
    """The same on other processors than the fixture's."""
    m = machine(build, [f'{guest} guest=abi kernel mem=8M'], cpu=cpu, extra=ICOUNT)
    results = Results(m, 'abi')
    results.check_total()
    record_property('checks', results.passed)


def test_abi_beside_others(machine, build):
    """While other guests compute, print, and restart, nothing comes out differently."""
    m = machine(build, ['abi guest=abi kernel mem=8M', 'victim guest=victim kernel mem=4M -- busy',
                        'demo guest=restarts kernel mem=4M -- run=mem,reboot',
                        'demo guest=spins kernel mem=4M -- run=spin:1000'], extra=ICOUNT)
    m.event('guest-exit', guest='abi', reason='poweroff', timeout=TIMEOUT)
    for name in 'victim', 'restarts', 'spins':
        m.key(f':kill {name}\r')
        m.event('guest-exit', guest=name, reason='killed')
    results = Results(m, 'abi')
    # Lines of the others can cut one in two, so that its beginning looks like one more.
    assert not results.lines.get('FAIL') and results.failed == 0, results.lines
    assert results.passed <= len(results.lines['PASS'])
    assert not [line for line in m.lines if 'BAD' in line]


@pytest.mark.parametrize('cpu', ['qemu32', 'n270', 'max'])
def test_access(machine, build, record_property, cpu):
    """Every combination of permission bits, access and ring ends as the guest's model says."""
    m = machine(build, ['access guest=access kernel mem=8M'], cpu=cpu)
    results = Results(m, 'access')
    results.check_total()
    assert results.passed == ACCESS_GROUPS
    record_property('checks', results.passed)
