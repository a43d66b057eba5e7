# SPDX-License-Identifier: GPL-2.0-only
"""
Linux's own tests of x86, in a guest and, for comparison, in a kernel of the same sources without
Umbra: what each comes to is in guest/linux/selftests/expected.txt, with the causes of what differs.
"""

import fcntl
import re
import subprocess

import pytest

from conftest import ROOT
from linux_guest import guest_lines

EXPECTED = ROOT / 'guest/linux/selftests/expected.txt'
BUILD_LIMIT = 3600      # seconds, where no kernel is there yet, on a busy host
LIMIT = 400
RESULT = re.compile(r'^SELFTEST (\w+) (.*)$')


def read_expected(column):
    """What is expected of each, natively or in a guest; one that differs says why."""
    expected, said = {}, {}
    for line in EXPECTED.read_text().splitlines():
        if line and line[0] not in '#\t':
            name = line
            said[name] = {}
        elif line.startswith('\t'):
            key, _, text = line.strip().partition(' ')
            said[name][key] = text.strip()
    for name, words in said.items():
        assert set(words) in ({'both'}, {'native', 'guest', 'why'}), f'{EXPECTED}: {name}'
        expected[name] = words.get('both') or words[column]
    return expected


@pytest.fixture(scope='session')
def built(release):
    """built(target) makes it, and is the folder of its kernels."""
    def build(target):
        with open(release.directory / 'linux-test.lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            subprocess.run(['make', target, f'O={release.directory}'], cwd=ROOT, check=True,
                           timeout=BUILD_LIMIT)
        return release.directory / 'linux/6.1'
    return build


def check_results(m, column, record_property):
    """The machine runs them all and ends."""
    m.expect('^SELFTESTS done$', timeout=LIMIT)
    found = dict(match.groups() for line in guest_lines(m.lines)
                 if (match := RESULT.match(line)))
    assert found == read_expected(column)
    record_property('checks', len(found))


def test_guest(machine, build, built, record_property):
    folder = built('linux-selftests') / 'no-pae'
    m = machine(build, [f'{folder}/bzImage guest=linux kernel mem=96M -- console=hvc0 loglevel=4 '
                        'rdinit=/bin/run-selftests',
                        f'{folder}/selftests-initrd.gz guest=linux initrd'],
                memory='256M')
    check_results(m, 'guest', record_property)
    m.event('guest-exit', guest='linux', reason='poweroff')
    m.wait_poweroff()


@pytest.mark.long
def test_native(machine, release, built, record_property):
    """The same without Umbra, which is what the expectations are about."""
    folder = built('linux-native')
    m = machine(release, medium=[
        '-kernel', f'{folder}/native-selftests/bzImage', '-initrd',
        f'{folder}/no-pae/selftests-initrd.gz',
        '-append', 'console=ttyS0 loglevel=4 rdinit=/bin/run-selftests'])
    check_results(m, 'native', record_property)
