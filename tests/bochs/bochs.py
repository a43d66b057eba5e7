# SPDX-License-Identifier: GPL-2.0-only
"""
A second opinion: boots guests in Bochs, which checks what QEMU does not (limits
and rights of segments, what an `iret` may load, global pages over a load of CR3).
Test guests are judged by their own results, attacks as in QEMU (attacks.py), in
all the ways of matrix.py.  The last line is `bochs: N passed, N failed`.  Called by
`make test-bochs`.

Usage: bochs.py RELEASE-BUILD DEBUG-BUILD [WORD...]
Each WORD picks those runs that have it in their name, as the lines of the output show.
"""

import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/system'))

# pylint: disable=wrong-import-position
import attacks  # noqa: E402
import matrix  # noqa: E402
from bochs_machine import BochsMachine  # noqa: E402
from builds import Build  # noqa: E402

GUEST_LIMIT = 60        # seconds for the tests of a guest, times Bochs's patience
NMIS_COUNTED = r'watchdog: (\d+) NMIs came from the interval timer'


class Counts:
    """Of one run."""

    def __init__(self):
        self.passed = self.failed = 0
        self.lines = []

    def note(self, run, name, trouble=None):
        """One result: it is good when there is no trouble."""
        if trouble:
            self.failed += 1
            self.lines.append(f'FAIL {run.name}: {name}: {trouble}')
        else:
            self.passed += 1


def judge_guest(machine, run, counts):
    """A test guest's own results."""
    results = [match for line in machine.lines
               if (match := re.match(r'\.*(PASS|FAIL) ([\w.]+)(.*)', line))]
    failed = {match[2]: match[3] for match in results if match[1] == 'FAIL'}
    passed = {match[2] for match in results if match[1] == 'PASS'} - set(failed)
    for name in passed:
        counts.note(run, name)
    for name, why in failed.items():
        counts.note(run, name, why or 'failed')
    totals = [tuple(map(int, match.groups())) for line in machine.lines
              if (match := re.fullmatch(r'TOTAL (\d+) passed, (\d+) failed', line))]
    if totals != [(len(passed), len(failed))]:
        machine.fail(f'its results do not add up to {totals}')


def run_guest(start, run, counts):
    m = start([f'{run.guest} guest={run.guest} kernel mem=8M -- {run.words}'])
    end = m.event('guest-exit', guest=run.guest, timeout=GUEST_LIMIT)
    if end['reason'] != 'poweroff':
        m.fail(f'it ended with {end}')
    m.wait_poweroff()
    judge_guest(m, run, counts)
    return m


def run_linux(start, run, counts):
    """Of the tests of Linux from its user's side those that segments and exceptions matter to."""
    folder = pathlib.Path(sys.argv[1]).resolve() / 'linux/6.1/no-pae'
    m = start([f'{folder}/bzImage guest=linux kernel mem=96M -- console=hvc0 loglevel=1',
               f'{folder}/test-initrd.gz guest=linux initrd'])
    m.expect('^/ # ', timeout=GUEST_LIMIT)
    m.line(f'usertest limit=300 {matrix.LINUX_TESTS}')
    total = m.expect(r'^TOTAL (\d+) passed, (\d+) failed, (\d+) skipped$', timeout=GUEST_LIMIT)
    m.expect('^/ # ')
    m.line('poweroff')
    m.wait_poweroff(GUEST_LIMIT)
    results = [match.groups() for line in m.lines
               if (match := re.match(r'(PASS|FAIL|SKIP) ([\w.]+)(.*)', line))]
    for verdict, name, why in results:
        counts.note(run, name, None if verdict == 'PASS' else f'{verdict}{why}')
    if sum(map(int, total.groups())) != len(results):
        m.fail(f'its results do not add up to {total[0]}')
    return m


def run_attacks(start, run, counts):
    """All attacks of the run side by side, next to the witnesses."""
    m = start(attacks.WITNESSES + run.modules())
    m.event('guest-ready', guest='keeper')
    if errors := m.events('module-error'):
        m.fail(f'not all attackers could start: {errors[0]}')
    ends = attacks.wait_group(m, run.attacks)
    for number, (name, end) in enumerate(zip(run.attacks, ends), 1):
        counts.note(run, name, attacks.judge(name, end, attacks.results(m, number)))
    attacks.check_witnesses(m)
    return m


def check_nmis(machine, run):
    """A run with NMIs has had some, and a good many."""
    if run.nmis:
        found = [int(match[1]) for line in machine.lines
                 if (match := re.search(NMIS_COUNTED, line))]
        if not found or found[0] < matrix.NMIS_MIN:
            machine.fail(f'only {found} NMIs came')


def check_speculation(machine, run):
    """IBPB is done where the processor has it, which is before each first entry to a guest."""
    done = machine.events('speculation')[0]['done'].split(',')
    if ('ibpb' in done) != (run.model == matrix.MITIGATED):
        machine.fail(f'against speculation is done: {done}')


def do(run, builds, directory):
    counts = Counts()
    began = time.monotonic()
    machines = []

    def start(modules):
        machines.append(BochsMachine(builds[run.build], modules, options=run.options(),
                                     memory=run.memory(), cpus=run.cpus, model=run.model,
                                     directory=directory))
        return machines[-1]
    try:
        way = run_attacks if run.attacks else run_linux if run.guest == 'linux' else run_guest
        machine = way(start, run, counts)
        check_nmis(machine, run)
        check_speculation(machine, run)
        counts.note(run, 'the end')
    except AssertionError as error:
        counts.note(run, 'the end', f'{error}; the end of the log:\n'
                    + ''.join(each.tail() for each in machines))
    finally:
        for each in machines:
            each.close()
    counts.lines.append(f'{run.name}: {counts.passed} passed, {counts.failed} failed '
                        f'[{time.monotonic() - began:.0f} s]')
    print(*counts.lines, sep='\n', flush=True)
    return counts


def do_in_directory(run, builds):
    with tempfile.TemporaryDirectory(prefix='umbra-bochs.') as directory:
        return do(run, builds, pathlib.Path(directory))


def main():
    builds = {'release': Build('release', sys.argv[1]), 'debug': Build('debug', sys.argv[2])}
    chosen = [run for run in matrix.runs()
              if all(word in run.name.split() for word in sys.argv[3:])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as side_by_side:
        counts = list(side_by_side.map(lambda run: do_in_directory(run, builds), chosen))
    passed = sum(each.passed for each in counts)
    failed = sum(each.failed for each in counts)
    print(f'bochs: {passed} passed, {failed} failed')
    return failed != 0 or passed == 0


if __name__ == '__main__':
    sys.exit(main())
