# SPDX-License-Identifier: GPL-2.0-only
"""
Guests of Linux that have guest/linux/usertest, a program of tests, and guest/linux/failing, a
module that lets the kernel fail, in their initial RAM disk: what they are started with, and
commands at their shell's prompt.
"""

import fcntl
import re
import subprocess

from conftest import ROOT

SOURCES = ROOT / 'guest/linux/usertest'
BUILD_LIMIT = 3600      # seconds, where no kernel is there yet, on a busy host
LIMIT = 400             # for all tests in one guest, on a busy host
SHELL = r'^/ # '
TROUBLE = re.compile(r'WARNING:|BUG:|Call Trace|Oops')
# What only config/full.config has.
FULL_ONLY = {'netfilter.drop', 'container.name_spaces', 'container.users',
             'container.control_group', 'container.layers', 'tracing.probes', 'tracing.function',
             'tracing.graph', 'tracing.many_functions', 'bpf.packets'}
# What may be skipped: QEMU raises no exceptions of SSE and checks no segments' limits; only a
# kernel with PAE has NX; and tmpfs, where files are written if nothing else is said, has no
# O_DIRECT.
SKIPS = {'fpu.sse_exception', 'tls.limits', 'memory.no_execute', 'files.direct'} | FULL_ONLY
# How Umbra's own lines begin.
UMBRA_SAYS = re.compile(r'event=\w|\[ *\d+\.\d+\] cpu\d')
RESULT = re.compile(r'^(PASS|FAIL|SKIP) (\S+) ?(.*)$')


def guest_modules(release, version, pages, name, words='mem=64M', append='', config=''):
    """
    The modules of a guest of that name, built first if they are not there: version of Linux,
    with or without PAE, a file of more options or none.
    """
    release.directory.mkdir(exist_ok=True)
    # Several tests may be at it at once.
    with open(release.directory / 'linux-test.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(['make', 'linux-test', f'LINUX={version}',
                        f'LINUX_PAE={int(pages == "pae")}', f'LINUX_CONFIG={config}',
                        f'O={release.directory}'], cwd=ROOT, check=True, timeout=BUILD_LIMIT)
    suffix = '-' + (ROOT / config).stem if config else ''
    folder = release.directory / 'linux' / version / (pages + suffix)
    return [f'{folder}/bzImage guest={name} kernel {words} -- console=hvc0 loglevel=4 {append}',
            f'{folder}/test-initrd.gz guest={name} initrd']


def skips_of(pages):
    """Tests of the program that may be skipped, for want of something, with PAE or without."""
    return SKIPS - {'memory.no_execute'} if pages == 'pae' else SKIPS


def command(m, text, pattern, timeout=120):
    """Types a command at the shell's prompt, and waits for a line that it writes; the match."""
    m.line(text)
    found = m.expect(pattern, timeout=timeout)
    m.expect(SHELL, timeout=timeout)
    return found


def passes(m, text, name):
    """The same for a command that says PASS or FAIL of one thing."""
    found = command(m, text, rf'^(PASS|FAIL) {re.escape(name)} ?(.*)$')
    assert found[1] == 'PASS', f'{text}: {found[2]}'


def guest_lines(lines):
    """
    Those of the guest's, once each: one that was not complete when Umbra had something to say
    stands there as far as it went, and behind Umbra's line from its beginning.
    """
    shown, interrupted = [], False
    for line in lines:
        if UMBRA_SAYS.match(line):
            interrupted = True
            continue
        if interrupted and shown and line.startswith(shown[-1]):
            shown.pop()
        shown.append(line)
        interrupted = False
    return shown


def check_results(m, words, wanted, skips=(), limit=LIMIT):
    """Runs the program; every result is PASS, but for skips; how many there were."""
    first = len(m.lines)
    total = command(m, f'usertest {words}', r'^TOTAL (\d+) passed, (\d+) failed, (\d+) skipped$',
                    limit)
    results = [match.groups() for line in guest_lines(m.lines[first:])
               if (match := RESULT.match(line))]
    bad = [' '.join(result) for result in results
           if result[0] == 'FAIL' or (result[0] == 'SKIP' and result[1] not in skips)]
    assert not bad
    assert len(results) == sum(map(int, total.groups())) == wanted
    return len(results)


def check_log(m):
    """Lines of the kernel's that are warnings or worse: there are none."""
    command(m, "dmesg -r | grep '^<[0-4]>'; echo found: $?", '^found: 1$')


def count_tests(*files):
    """How many the sources have."""
    return sum(len(re.findall(r'^TEST\(', file.read_text(), re.MULTILINE)) for file in files)


def quiet(m):
    """The kernel's remarks on signals would come between results; they stay in its log."""
    command(m, 'dmesg -n 1; echo quiet', '^quiet$')
