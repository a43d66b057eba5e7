# SPDX-License-Identifier: GPL-2.0-only
"""
Clones: guests that go on where another one is, and share its memory until somebody writes.
"""

import re

import pytest

from test_fleet import guests
from test_lifecycle import settled_frames
from test_linux import BOOT_LIMIT, KERNELS, SHELL, linux    # noqa: F401 (a fixture)

KEEPER = 'demo guest=keeper kernel mem=4M -- name=keeper'
PARENT = 'demo guest=one kernel mem=8M net=none -- name=one'


def number(m, name):
    """The guest's number, by which the console's keys have it."""
    guests(m)
    text = m.text[m.text.rindex('umbra> guests'):]
    return re.search(rf'(?m)^(\d+) +{name} ', text).group(1)


def focus(m, name):
    """The console's focus: only a change of it is told."""
    if m.events('focus')[-1]['guest'] == name:
        return
    before = len(m.events('focus', guest=name))
    m.key(number(m, name))
    m.event('focus', guest=name, count=before + 1)


def ask(m, name, line, answer):
    """Types a line to the guest and waits for its answer."""
    focus(m, name)
    before = len(re.findall(rf'(?m)^{answer}', m.text))
    m.line(line)
    m.wait_line(answer, count=before + 1)


def clone(m, line, *names):
    before = len(m.events('clones'))
    m.key(f':clone {line}\r')
    for name in names:
        m.event('guest-clone', guest=name, of=line.split()[0])
    assert m.event('clones', count=before + 1)['made'] == str(len(names))


def fill(m, name, value):
    ask(m, name, f'fill {value}', f'filled with {value}')


def check(m, name, value):
    ask(m, name, f'check {value}', r'check: \d+ KB of 8192 KB checked, 0 words wrong, OK')


@pytest.mark.parametrize('cpus', [1, 2])
def test_isolation(machine, build, cpus):
    """What one writes no other one sees, whoever it was cloned from."""
    m = machine(build, [PARENT], extra=['-smp', str(cpus)])
    m.expect('one> ')
    fill(m, 'one', 1)
    clone(m, 'one c 2', 'c1', 'c2')
    check(m, 'c1', 1)
    fill(m, 'c1', 2)
    check(m, 'one', 1)
    fill(m, 'one', 3)
    check(m, 'c2', 1)
    check(m, 'c1', 2)
    # A clone of a clone, and of one that has been a parent.
    clone(m, 'c1 d', 'd')
    check(m, 'd', 2)
    fill(m, 'd', 4)
    check(m, 'c1', 2)
    check(m, 'one', 3)
    # Those that are left do not notice who goes.
    m.key(':destroy one\r')
    m.event('guest-exit', guest='one')
    m.key(':destroy c1\r')
    m.event('guest-exit', guest='c1')
    check(m, 'c2', 1)
    check(m, 'd', 4)


# --- Linux ----------------------------------------------------------------------------------------


@pytest.mark.parametrize('version, pages', KERNELS)
def test_linux(machine, build, linux, version, pages):      # noqa: F811
    """Clones of a booted Linux all have a shell, memory and files of their own."""
    m = machine(build, linux(version, pages, 'one', 'mem=128M'), memory='384M')
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('echo parent > /name')
    m.expect(SHELL)
    clone(m, 'one c 3', 'c1', 'c2', 'c3')
    for name in 'c1', 'c2', 'c3', 'one':
        focus(m, name)
        m.line(f'echo {name} >> /name; cat /name | tr "\\n" -')
        m.expect(rf'parent-{name}-')
        m.line("dmesg -r | grep '^<[0-4]>'; echo found: $?")
        m.expect('found: 1')
    assert not m.events('guest-exit')
