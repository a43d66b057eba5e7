# SPDX-License-Identifier: GPL-2.0-only
"""
Runs every test that needs no special hardware, and adds up.  The last line is
`N passed, N failed`, with `, N skipped` when there were such; what was skipped,
and why, stands above it.  Called by `make test`.

Usage: run.py BUILD-DIRECTORY [OPTIONS-FOR-PYTEST]
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

RELEASE = sys.argv[1]
DEBUG = RELEASE + '-debug'
PYTEST_EXTRA = shlex.split(' '.join(sys.argv[2:]))
JOBS = f'-j{os.cpu_count() or 1}'
LIMIT = 5400            # seconds for one part, against what hangs; a busy host takes its time
# Linux as it is booted by the system tests: version, with PAE.
LINUX = [('6.1', 0), ('6.12', 1)]
REPORT = f'{RELEASE}/system-tests.xml'


class Part:
    """What came of one part of the run."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.skips = []         # a line each
        self.trouble = None     # why there is no count

    def fail(self, trouble):
        self.failed += 1
        self.trouble = trouble
        return self

    def line(self, seconds):
        counts = self.passed + self.failed
        text = f'{self.passed} passed, {self.failed} failed' if counts else 'done'
        if self.skips:
            text += f', {len(self.skips)} skipped'
        if self.trouble:
            text += f' ({self.trouble})'
        return f'{self.name + ":":15}{text} [{seconds:.0f} s]'


def run(command, **environment):
    """Shows the command's output as it comes; its status (None: out of time) and its last lines."""
    print('+', shlex.join(command), flush=True)
    lines = []
    late = threading.Event()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace',
                          start_new_session=True, env={**os.environ, **environment}) as process:
        def stop():
            late.set()
            os.killpg(process.pid, signal.SIGKILL)
        timer = threading.Timer(LIMIT, stop)
        timer.start()
        for line in process.stdout:
            print(line, end='', flush=True)
            lines = lines[-20:] + [line.rstrip()]
        process.wait()
        timer.cancel()
    return None if late.is_set() else process.returncode, lines


def build(directory, debug):
    part = Part('build, debug' if debug else 'build')
    # The image of the release build is what `make run` boots.
    targets = ['all'] if debug else ['all', f'{directory}/umbra.iso']
    status, _ = run(['make', JOBS, f'O={directory}', f'DEBUG={int(debug)}', *targets])
    return part if status == 0 else part.fail('make failed')


def linux(version, pae):
    """Builds Linux from Debian's package, which is installed first if it is not there."""
    part = Part(f'Linux {version}{", PAE" if pae else ""}')
    status, lines = run(['make', f'O={RELEASE}', 'linux', f'LINUX={version}', f'LINUX_PAE={pae}'])
    if status == 0:
        return part
    # Whoever stops says why, with its name in front; make's own stars say only where.
    reasons = [line for line in lines if re.match(r'(deps|linux|make): (?!\*)', line)]
    return part.fail('out of time' if status is None else reasons[-1] if reasons else 'make failed')


def counted(name, target, pattern):
    """A part whose own last line says how many passed and failed."""
    part = Part(name)
    status, lines = run(['make', JOBS, f'O={RELEASE}', target])
    counts = [match for line in lines if (match := re.fullmatch(pattern, line))]
    if not counts:
        return part.fail('make failed' if status is not None else 'out of time')
    part.passed, part.failed = map(int, counts[-1].groups())
    if status != 0 and part.failed == 0:
        return part.fail(f'status {status}')
    return part


def has_xdist():
    return subprocess.run([sys.executable, '-c', 'import xdist'], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def add_cases(part):
    """Counts what pytest wrote into its report."""
    for case in xml.etree.ElementTree.parse(REPORT).iter('testcase'):
        skipped = case.find('skipped')
        if skipped is not None:
            part.skips.append(f'{case.get("name")}: {skipped.get("message", "no reason given")}')
        elif case.find('failure') is not None or case.find('error') is not None:
            part.failed += 1
        else:
            part.passed += 1


def system_tests():
    part = Part('system tests')
    if os.path.exists(REPORT):
        os.remove(REPORT)
    side_by_side = ['-n', str(os.cpu_count() or 1)] if has_xdist() else []
    status, _ = run([sys.executable, '-m', 'pytest', '-q', f'--junitxml={REPORT}', *side_by_side,
                     'tests/system', *PYTEST_EXTRA],
                    UMBRA_BUILD=RELEASE, UMBRA_DEBUG_BUILD=DEBUG)
    if os.path.exists(REPORT):
        add_cases(part)
    if status is None:
        return part.fail('out of time')
    # 1 says that tests failed, which is counted already.
    if status not in (0, 1) or part.passed + part.failed == 0:
        return part.fail(f'pytest ended with status {status}')
    return part


def main():
    parts = []
    lines = []

    def add(function, *arguments):
        start = time.monotonic()
        parts.append(function(*arguments))
        lines.append(parts[-1].line(time.monotonic() - start))
        return parts[-1].failed == 0

    # What cannot be built cannot be tested, but the unit tests build on their own.
    built = all([add(build, RELEASE, False), add(build, DEBUG, True)])
    add(counted, 'unit tests', 'unit', r'unit tests: (\d+) passed, (\d+) failed')
    add(counted, 'fuzzers', 'fuzz', r'fuzzers: (\d+) passed, (\d+) failed')
    for version, pae in LINUX:
        add(linux, version, pae)
    if built:
        add(system_tests)
    print()
    for line in lines:
        print(line)
    skips = [f'skipped: {skip}' for part in parts for skip in part.skips]
    if not built:
        skips.append('skipped: the system tests, since the build failed')
    for skip in skips:
        print(skip)
    passed, failed = (sum(getattr(part, what) for part in parts) for what in ('passed', 'failed'))
    print(f'{passed} passed, {failed} failed' + (f', {len(skips)} skipped' if skips else ''))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
