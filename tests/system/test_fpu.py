# SPDX-License-Identifier: GPL-2.0-only
"""
FPU and SSE registers, which are switched only when somebody uses them.
"""

import re

import pytest

ROUNDS = 20
CPUS = ['pentium3', 'qemu32', 'max']


@pytest.mark.parametrize('cpu', CPUS)
def test_patterns(machine, build, cpu):
    """Guests that keep different patterns in the registers, and one that looks for them."""
    modules = [f'victim guest=victim{seed} kernel mem=4M -- seed={seed} rounds={ROUNDS} busy'
               for seed in (1, 2, 3)]
    m = machine(build,
                modules + ['hostile guest=snoop kernel mem=4M -- attack=fpu-snoop seconds=2'],
                cpu=cpu)
    m.wait_poweroff(60)
    results = [re.sub(r'^\[\w+\] ', '', line) for line in m.lines]
    for number in range(1, ROUNDS + 1):
        assert results.count(f'victim: round {number} checksum OK') >= 3
    assert not [line for line in results if re.search('BAD|FAIL', line)]
    assert 'PASS fpu-snoop' in results


def test_after_a_restart(machine, release):
    """A guest that starts again finds the registers as after a reset, whoever ran before."""
    m = machine(release, ['victim guest=victim kernel mem=4M -- seed=5 busy',
                          'demo guest=restarts kernel mem=4M -- run=reboot',
                          'hostile guest=late kernel mem=4M -- attack=fpu-snoop seconds=3'])
    m.event('guest-exit', guest='restarts', reason='reboot', count=10)
    m.event('guest-exit', guest='late', reason='poweroff')
    assert '[late] PASS fpu-snoop' in m.lines
    assert not [line for line in m.lines if 'BAD' in line]


def test_nobody_pays_who_does_not_use_it(machine, release):
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one run=spin:1',
                          'demo guest=two kernel mem=4M -- run=spin:1'])
    m.expect('spun .*\n')
    for name in 'one', 'two':
        m.command(f'stats {name}', 'FPU switches 0,')
