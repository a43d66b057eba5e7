# SPDX-License-Identifier: GPL-2.0-only
"""
Samples of where the time goes, from the machine and folded by the tool.  Time counts instructions
here, so that the samples fall alike on any host.
"""

import collections
import struct
import subprocess

import pytest

import trace_stream
from test_trace_tool import clock, record, turn
from trace_stream import TOOL, convert, read, trace_format as tf

COUNTED = ['-icount', 'shift=0,sleep=off']
ONE, TWO = (f'demo guest={name} kernel mem=4M -- name={name}' for name in ('one', 'two'))


def fold(stream, *words):
    """{stack: how often}"""
    result = subprocess.run([TOOL, 'folded', stream, *words], capture_output=True, text=True,
                            timeout=120, check=True)
    lines = (line.rpartition(' ') for line in result.stdout.splitlines())
    return {stack: int(count) for stack, _, count in lines}


def profile(machine, build, stream, on, line, answer, words=''):
    m = machine(build, [ONE, TWO], options=f'when-idle=poweroff trace-to=com2 {words}',
                extra=[*COUNTED, *trace_stream.port(stream)])
    m.expect('one> ')
    m.event('guest-ready', guest='two')
    m.command(f'profile on {on}', '')
    m.line(line)
    m.expect(answer)
    m.command('profile off', '')
    for number in (1, 2):
        m.key(str(number))
        m.line('poweroff')
    m.wait_poweroff()
    symbols = build.umbra.parent / 'guest/demo.elf'
    return fold(stream, '--symbols', f'one={symbols}', '--symbols', f'two={symbols}',
                '--symbols', f'umbra={build.umbra}')


def test_guest(machine, build, tmp_path):
    """Where a guest computes, with who called that; one sample for each of 1/997 s."""
    stacks = profile(machine, build, tmp_path / 'stream', 'hz=997 guest=one', 'spin 1', '^spun ')
    inside = {stack: count for stack, count in stacks.items()
              if stack.startswith('one;runtime_start;guest_main;')}
    assert 900 < sum(inside.values()) <= 1010, stacks
    # In a function's first instructions its caller's frame is not there yet.
    assert sum(count for stack, count in inside.items() if ';command_spin' in stack) > 300, stacks
    assert all(stack.startswith('one;') for stack in stacks)
    trace = read(tmp_path / 'stream')
    assert trace.losses == [] and {tf.SAMPLE, tf.TURN} <= {each.kind for each in trace.records}


def test_umbra(machine, release, tmp_path):
    """What Umbra does for a guest is told by the reason of the exit."""
    stacks = profile(machine, release, tmp_path / 'stream', 'hz=9999', 'calls 100000',
                     '^made 100000 hypercalls$')
    found = collections.Counter({stack: count for stack, count in stacks.items()
                                 if stack.startswith('one;umbra;')})
    assert found.most_common(1)[0][0] == 'one;umbra;FLUSH_ASYNC' and found.total() > 50, stacks


def test_umbras_code(machine, release, tmp_path):
    """With the watchdog's NMIs Umbra's functions are seen too, and the way to them."""
    stacks = profile(machine, release, tmp_path / 'stream', 'hz=997 guest=one', 'calls 100000',
                     '^made 100000 hypercalls$', words='watchdog=60 nmi-storm=500')
    code = {stack: count for stack, count in stacks.items() if stack.startswith('umbra (by NMI);')}
    inside = {stack: count for stack, count in code.items()
              if ';boot_main;run_forever;run_guest' in stack}
    assert sum(inside.values()) > 20, stacks
    assert any(';run_guest;' in stack for stack in inside), stacks
    # Nothing but Umbra's functions, all of which have names.
    assert not [stack for stack in code if '0x' in stack], code


@pytest.mark.parametrize('line, answer', [
    ('profile', 'usage: profile on'), ('profile off now', 'usage: profile on'),
    ('profile on hz=0', 'hz=N, 1 to 10000'), ('profile on hz=10001', 'hz=N, 1 to 10000'),
    ('profile on 100', 'hz=N, 1 to 10000'), ('profile on guest=', 'hz=N, 1 to 10000'),
])
def test_bad_words(machine, release, line, answer):
    m = machine(release, [ONE])
    m.expect('one> ')
    m.command(line, answer)


def sample(sequence, tsc, eip, callers, cs=0x61):
    words = (eip, cs, len(callers), *(callers + [0, 0])[:2])
    return record(sequence, tsc, tf.SAMPLE, words)


def test_folding(tmp_path):
    """Callers in records of their own, a System.map, programs, and addresses without a name."""
    (tmp_path / 'System.map').write_text('c0001000 T outer\nc0002000 t inner\nc0002800 d data\n'
                                         'c0003000 T leaf\n')
    callers = [0xC0002010, 0xC0001010, 0xC0001020, 0x12345678]
    whole = b''.join((
        clock(), turn(1, 10, b'alpha'),
        sample(2, 20, 0xC0003000, callers),
        record(3, 21, tf.STACK, (*callers[2:], 0, 0, 0)),
        sample(4, 30, 0x08048000, [0x08049000], cs=0x73),
        # A return address behind a function's last instruction belongs to that function.
        sample(5, 40, 0xC0002004, [0xC0002000]),
        record(6, 50, tf.SAMPLE, (0, 0, 1 << 16, 14, 0)),
        record(7, 60, tf.SAMPLE, (0, 0, 1 << 16, 0x1F, 14)),
        record(8, 70, tf.SAMPLE, (0, 0, 3 << 16, 0, 0))))
    (tmp_path / 'stream').write_bytes(whole)
    stacks = fold(tmp_path / 'stream', '--symbols', f'alpha={tmp_path}/System.map')
    assert stacks == {
        'alpha;0x12345678;outer;outer;inner;leaf': 1, 'alpha;[program]': 1,
        'alpha;outer;inner': 1, 'alpha;umbra;#PF': 1, 'alpha;umbra;SET_PTE': 1}
    assert fold(tmp_path / 'stream', '--idle')['umbra;asleep'] == 1
    assert 'sample where="umbra, for an exit"' in convert('text', tmp_path / 'stream')[0]


@pytest.mark.parametrize('content, message', [
    (b'', 'no symbols in it'), (b'c0001000 d data\n', 'no symbols in it'),
    (b'\x7fELF\x02\x01' + bytes(60), 'not of 32 bits'),
    (b'\x7fELF\x01\x01' + bytes(10), 'a broken ELF file'),
    (b'\x7fELF\x01\x01' + bytes(26) + struct.pack('<I', 1 << 30) + bytes(12) +
     struct.pack('<H', 9) + bytes(20), 'a broken ELF file'),
])
def test_bad_symbols(tmp_path, content, message):
    (tmp_path / 'symbols').write_bytes(content)
    (tmp_path / 'stream').write_bytes(clock() + record(1, 1))
    result = subprocess.run([TOOL, 'folded', tmp_path / 'stream', '--symbols',
                             f'one={tmp_path}/symbols'], capture_output=True, text=True)
    assert result.returncode == 1 and message in result.stderr
    assert 'Traceback' not in result.stderr
