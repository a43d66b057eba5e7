# SPDX-License-Identifier: GPL-2.0-only
"""
What Umbra says of the processor's speculation, and does: QEMU's processors have the
models' numbers, but none of the leaves and MSRs that microcode brought (those are
tests/unit/test_speculation.c's and test_barrier.c's).
"""

import os
import re
import subprocess

import pytest

from conftest import ROOT

TWO = ['demo guest=one kernel mem=4M -- name=one run=poweroff',
       'demo guest=two kernel mem=4M -- name=two run=poweroff']

SKYLAKE = 'meltdown,l1tf,mds,mmio,srbds,gds,spectre-v2,bhi,retbleed,ssb'
ZEN = 'div,spectre-v2,retbleed,srso,ssb'

# By QEMU's name of the processor: flaws, done, open, needs-microcode.
PROCESSORS = {
    'pentium3': ('meltdown,l1tf,mds,spectre-v2,bhi,ssb', 'rsb,retpoline', 'mds,spectre-v2,ssb',
                 'mds,spectre-v2'),
    'n270': ('none', 'retpoline', 'none', 'none'),
    'Skylake-Client': (SKYLAKE, 'rsb,retpoline', 'mds,mmio,srbds,spectre-v2,ssb',
                       'mds,mmio,srbds,spectre-v2'),
    'EPYC': (ZEN.replace('srso,', ''), 'rsb,div,retpoline', 'spectre-v2,retbleed,ssb',
             'spectre-v2'),
}


@pytest.mark.parametrize('cpu', PROCESSORS)
def test_processor(machine, build, cpu):
    """One line says what it has and what is done; and two guests run in turn all the same."""
    m = machine(build, TWO, cpu=cpu)
    said = m.event('speculation')
    assert (said['flaws'], said['done'], said['open'], said['needs-microcode']) == PROCESSORS[cpu]
    assert (said['cpu'], said['mitigations'], said['siblings']) == ('0', 'auto', '0')
    m.wait_poweroff()
    assert len(m.events('speculation')) == 1
    assert [end['reason'] for end in m.events('guest-exit')] == ['poweroff', 'poweroff']


def test_off(machine, build):
    """Only what is compiled in, and what is so by construction, is left."""
    m = machine(build, TWO, cpu='EPYC', options='when-idle=poweroff mitigations=off')
    said = m.event('speculation')
    assert (said['mitigations'], said['done']) == ('off', 'retpoline')
    assert said['open'] == 'div,spectre-v2,retbleed,ssb'
    assert said['needs-microcode'] == 'spectre-v2'
    m.wait_poweroff()


@pytest.mark.parametrize('smt', ['on', 'off'])
def test_siblings(machine, release, smt):
    """Two cores of two threads: with smt=off one thread of each runs."""
    m = machine(release, TWO, cpu='EPYC', options=f'when-idle=poweroff smt={smt}',
                extra=['-smp', '4,cores=2,threads=2'])
    said = m.event('speculation')
    cpus = m.event('cpus')
    assert (cpus['started'], cpus['found']) == ('4' if smt == 'on' else '2', '4')
    assert said['siblings'] == str(int(smt == 'on'))
    assert said['flaws'] == ZEN
    m.wait_poweroff()
    warnings = [line for line in m.lines if 'threads of one core' in line]
    assert len(warnings) == int(smt == 'on')


# --- the image ------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def disassembly(release):
    program = os.environ.get('OBJDUMP', 'objdump')
    return subprocess.run([program, '-d', '--no-show-raw-insn', '-j', '.text', '-j', '.switcher',
                           release.umbra], check=True, capture_output=True, text=True).stdout


def complaint(text):
    """Of the check that each build makes: its first line, None for none."""
    done = subprocess.run(['awk', '-f', ROOT / 'arch/cpu/branches.awk'], input=text, check=False,
                          capture_output=True, text=True)
    assert (done.returncode != 0) == bool(done.stderr)
    return done.stderr.splitlines()[0] if done.stderr else None


@pytest.mark.parametrize('pattern, instead, why', [
    (r'call   \S+ <memset>', 'call   *%eax', 'an indirect branch'),
    (r'call   \S+ <memset>', 'jmp    *0x8(%edx)', 'an indirect branch'),
    (r'call   \S+ <memset>', 'lcall  *(%eax)', 'a far indirect branch'),
    (r'\tiret', '\tret', 'a return in the Switcher'),
    (r'call   \S+ <memset>', 'call   ffe00000 <switcher_enter>', 'enters a guest'),
    (r'<(switcher_enter|SWITCHER_CODE)>$', '<nothing>', 'no disassembly of Umbra'),
])
def test_branches(disassembly, pattern, instead, why):
    """No branch that a guest could steer: there is none, and one would be noticed."""
    assert complaint(disassembly) is None
    spoilt, count = re.subn(pattern, instead, disassembly, flags=re.MULTILINE)
    assert count
    assert why in complaint(spoilt)
