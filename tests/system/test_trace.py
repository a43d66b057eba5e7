# SPDX-License-Identifier: GPL-2.0-only
"""
The trace, as commands turn it on and show it: what is written, of whom, and what is lost.
"""

import re

import pytest

ONE, TWO = (f'demo guest={name} kernel mem=4M -- name={name}' for name in ('one', 'two'))
LINE = re.compile(r'^\[ *(\d+\.\d{9})\] cpu(\d+) (.*)$')
STATE = re.compile(r'^cpu(\d+): (\d+) records, room for (\d+), (\d+) overwritten$', re.MULTILINE)
CALL = re.compile(r'one hypercall FLUSH_ASYNC (\w{8}) (\w{8}) (\w{8}) 0000600d$')


def boot(machine, build, *guests, **options):
    m = machine(build, guests, **options)
    m.expect('one> ')
    for guest in guests:
        m.event('guest-ready', guest=guest.split()[1].partition('=')[2])
    return m


def ask(machine, command):
    """All lines that a command of Umbra's answers with; `cpus` comes behind them."""
    machine.key(f':{command}\r')
    machine.expect(f'^umbra> {re.escape(command)}$')
    machine.command('cpus', '^no +apic .*$')
    begin = max(i for i, line in enumerate(machine.lines) if line == f'umbra> {command}')
    end = max(i for i, line in enumerate(machine.lines) if re.match('no +apic ', line))
    return machine.lines[begin + 1:end]


def shown(machine, count=64):
    return [match for line in ask(machine, f'trace show {count}') if (match := LINE.match(line))]


def do(machine, line, answer):
    machine.line(line)
    machine.expect(answer)


@pytest.mark.parametrize('cpus', [1, 2])
def test_hypercalls(machine, build, cpus):
    """Exactly those that were made, directly and by the ring, in their order."""
    m = boot(machine, build, ONE, extra=['-smp', str(cpus)])
    assert ask(m, 'trace')[0] == 'nothing is traced, or was'
    ask(m, 'trace on hypercalls guest=one')
    do(m, 'calls 21', '^made 21 hypercalls$')
    ask(m, 'trace off')
    do(m, 'calls 5', '^made 5 hypercalls$')
    lines = shown(m)
    calls = [tuple(int(word, 16) for word in match.groups())
             for line in lines if (match := CALL.match(line[3]))]
    assert calls == [(i, 3 * i, i ^ 0xFFFFFFFF) for i in range(21)]
    times = [float(line[1]) for line in lines]
    assert times == sorted(times)
    # No other kind, but for the turns that tell the name.
    assert {line[3].split()[1] for line in lines} <= {'hypercall', 'gets'}
    ask(m, 'trace clear')
    assert shown(m) == []


def test_of_one_guest(machine, build):
    """With guest= no other guest leaves a record, nor a CPU without one."""
    m = boot(machine, build, ONE, TWO, extra=['-smp', '2'])
    ask(m, 'trace on all guest=two')
    do(m, 'calls 5', '^made 5 hypercalls$')
    m.key('2')
    do(m, 'calls 3', '^made 3 hypercalls$')
    lines = shown(m)
    assert lines and {line[3].split()[0] for line in lines} == {'two'}
    assert 'two hypercall FLUSH_ASYNC 00000002 00000006 fffffffd 0000600d' in [
        line[3] for line in lines]


def test_kinds(machine, release):
    """What the demo guest's fault and a key of the terminal do, in each kind of record."""
    m = boot(machine, release, ONE)
    ask(m, 'trace on faults,exits,entries')
    do(m, 'fault', 'handled$')
    text = '\n'.join(line[3] for line in shown(m))
    assert re.search(r'^one exit #PF, page fault, eip \w{8} cs 0073, took [1-9]\d* ns\n'
                     r"one fault at c0100000, error 7, eip \w{8}: the guest's own\n"
                     r'one entry, eip \w{8} cs 0061 esp \w{8}, [1-9]\d* ns after the exit$',
                     text, re.MULTILINE), text
    ask(m, 'trace on irqs,requests,sched')
    do(m, 'date', 'UTC$')
    text = '\n'.join(line[3] for line in shown(m))
    for pattern in (r'one request of console, queue 1 head \d+: \d+ bytes in, 0 out',
                    r'one gets its interrupt \d+, eip \w{8}', r'slept \d+ ns',
                    r'interrupt, vector \d+, took \d+ ns', 'one gets the CPU',
                    'one waits or ends'):
        assert re.search(f'^{pattern}$', text, re.MULTILINE), f'{pattern} is not in\n{text}'


def test_overwritten(machine, build):
    """A small ring from boot on: the newest records are there, the lost ones are counted."""
    m = boot(machine, build, ONE, options='when-idle=poweroff trace=hypercalls:100')
    do(m, 'calls 200', '^made 200 hypercalls$')
    ask(m, 'trace off')
    answer = '\n'.join(ask(m, 'trace'))
    assert answer.startswith('traced: nothing\n')
    cpu, records, room, overwritten = map(int, STATE.search(answer).groups())
    # A power of two, one of which is being written.
    assert (cpu, records, room) == (0, 63, 63) and overwritten > 200 - 63
    calls = [match for line in shown(m) if (match := CALL.match(line[3]))]
    assert int(calls[-1][1], 16) == 199


def test_after_a_panic(machine, build):
    m = boot(machine, build, ONE, options='on-panic=poweroff trace=hypercalls,exits')
    m.may_panic = True
    do(m, 'calls 40', '^made 40 hypercalls$')
    ask(m, 'trace off')
    m.key(':end panic\r')
    m.event('panic')
    assert m.wait_end() == (0, 'guest-shutdown')
    start = m.lines.index('trace:')
    lines = [LINE.match(line) for line in m.lines[start + 1:start + 17]]
    assert all(lines), m.lines[start:]
    kinds = {line[3].split()[1] for line in lines}
    assert {'hypercall', 'exit'} <= kinds and {line[3].split()[0] for line in lines} == {'guest1'}


@pytest.mark.parametrize('line, answer', [
    ('trace on', 'usage: trace on KINDS'), ('trace on exit', 'usage: trace on KINDS'),
    ('trace on exits guest=', 'usage: trace on KINDS'),
    ('trace on exits guest=one more', 'usage: trace on KINDS'),
    ('trace at', 'usage: trace on KINDS'), ('trace show', 'nothing was traced yet'),
    ('trace show 4097', 'a number of records, 1 to 4096'),
    ('trace show no', 'a number of records, 1 to 4096'),
    ('trace on exits guest=nobody', "no guest is called 'nobody' yet"),
])
def test_bad_words(machine, release, line, answer):
    m = boot(machine, release, ONE)
    m.command(line, answer)
