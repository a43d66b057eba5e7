# SPDX-License-Identifier: GPL-2.0-only
"""
How long Umbra's work for one guest keeps interrupts off, in instructions: the
guest has tables, address spaces and entries in the worst numbers and places
(guest/hostile/longest.c), and times each of its faults and calls.
"""

import pytest

from test_hostile import judge, results
from test_memory import lazy, need_host_memory

COUNTED = ['-icount', 'shift=0,sleep=off']      # a tick of the TSC is an instruction
MOST = 300000
ATTACKS = ['long-eviction', 'long-flush', 'long-spaces', 'long-chain']


def run(machine, build, name, words, megabytes, timeout, **options):
    attacker = f'attack={name} most={MOST} {words}'
    m = machine(build, ['demo guest=keeper kernel mem=4M -- name=keeper',
                        f'hostile guest=bad1 kernel mem={megabytes}M -- {attacker}'], **options)
    end = m.event('guest-exit', guest='bad1', timeout=timeout)
    assert judge(name, end, results(m)) is None, results(m)
    return [line for line in results(m) if line.startswith('longest: ')]


@pytest.mark.parametrize('name, words', [('long-eviction', ''), ('long-flush', 'pae'),
                                         ('long-spaces', 'pae'), ('long-chain', '')])
def test_longest(machine, release, name, words):
    """With the largest budget for shadow tables that a guest gets unasked."""
    assert run(machine, release, name, words, 256, 60, memory='384M', extra=COUNTED)


@pytest.mark.long
@pytest.mark.parametrize('words', ['', 'pae'])
@pytest.mark.parametrize('name', ATTACKS)
def test_longest_of_3g(machine, release, name, words):
    """The largest guest."""
    need_host_memory(4000)
    board = lazy('6G')
    board['extra'] += COUNTED
    assert run(machine, release, name, words, 3070, 1200, **board)
