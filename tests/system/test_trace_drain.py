# SPDX-License-Identifier: GPL-2.0-only
"""
The trace on its way out of the machine: what the stream holds, and what the tool makes of it for
viewers; CTF is read by babeltrace2.
"""

import collections
import json
import re
import subprocess
import xml.etree.ElementTree

import pytest

import trace_stream
from trace_stream import convert, of_kind, read, trace_format as tf

ONE, TWO = (f'demo guest={name} kernel mem=4M -- name={name}' for name in ('one', 'two'))


def run(machine, build, stream, trace, *guests, cpus=1, calls=300):
    """The guests make that many hypercalls each, and power off."""
    m = machine(build, guests, options=f'when-idle=poweroff trace-to=com2 trace={trace}',
                extra=['-smp', str(cpus), *trace_stream.port(stream)])
    m.expect('one> ')
    for number, guest in enumerate(guests, 1):
        m.event('guest-ready', guest=guest.split()[1].partition('=')[2])
        m.key(str(number))
        m.line(f'calls {calls}')
        m.expect(f'^made {calls} hypercalls$')
        m.line('poweroff')
    m.wait_poweroff()
    return read(stream)


@pytest.fixture(scope='module')
def everything(session_machine, release, tmp_path_factory):
    """A trace of all that happens while two guests run on two CPUs, and the file it is in."""
    stream = tmp_path_factory.mktemp('trace') / 'stream'
    return stream, run(session_machine, release, stream, 'all:32768', ONE, TWO, cpus=2)


def test_hypercalls(machine, build, tmp_path):
    """Each one that was made, with its arguments, and none twice."""
    trace = run(machine, build, tmp_path / 'stream', 'hypercalls:8192', ONE, calls=1000)
    assert (trace.losses, trace.missing, trace.skipped) == ([], 0, 0)
    calls = [record.words for record in of_kind(trace, tf.HYPERCALL, 'one')
             if record.words[4] == 0x600D]
    assert calls == [(0, i, 3 * i, i ^ 0xFFFFFFFF, 0x600D) for i in range(1000)]
    assert {record.kind for record in trace.records} == {tf.TURN, tf.HYPERCALL}


def test_each_exit_has_its_entry(everything):
    """On each CPU, between the turns of guests, the two take turns; and times go on."""
    _, trace = everything
    assert (trace.losses, trace.missing) == ([], 0)
    state = {}
    for record in trace.records:
        if record.kind in (tf.ENTRY, tf.EXIT):
            assert state.get(record.cpu) != record.kind, record
            state[record.cpu] = record.kind
            assert record.words[3] > 0 or record.kind == tf.EXIT
    assert {tf.TURN_END, tf.IDLE, tf.IRQ, tf.DELIVERY, tf.REQUEST, tf.FAULT, tf.SPACE} <= {
        record.kind for record in trace.records}
    exits = of_kind(trace, tf.EXIT)
    assert sum(record.words[3] == 0 for record in exits) == 0
    # By the reasons that are known of each guest, as many records of what was done.
    for guest in ('one', 'two'):
        reasons = collections.Counter(tf.exit_reason(record.words)
                                      for record in of_kind(trace, tf.EXIT, guest))
        assert reasons['#PF'] == len(of_kind(trace, tf.FAULT, guest)) > 0
        made = collections.Counter(tf.hypercall_name(record.words[0])
                                   for record in of_kind(trace, tf.HYPERCALL, guest))
        assert made['HALT'] == reasons['HALT'] > 0
        # 300, and one more call drained the ring; half of them by the ring, without an exit.
        assert (made['FLUSH_ASYNC'], reasons['FLUSH_ASYNC']) == (301, 151)


def test_chrome(everything, tmp_path):
    """Guests are processes, CPUs threads, and spans of a thread lie within each other."""
    stream, trace = everything
    _, losses = convert('chrome', stream, tmp_path / 'trace.json')
    assert losses == ''
    events = json.loads((tmp_path / 'trace.json').read_text())['traceEvents']
    names = {event['args']['name'] for event in events if event['name'] == 'process_name'}
    assert names == {'umbra', 'one', 'two'}
    threads = collections.defaultdict(list)
    for event in events:
        if event['ph'] == 'X':
            threads[event['pid'], event['tid']].append(event)
    for spans in threads.values():
        spans.sort(key=lambda event: (event['ts'], -event['dur']))
        open_until = []
        for event in spans:
            end = event['ts'] + event['dur']
            while open_until and open_until[-1] <= event['ts'] + 0.001:
                open_until.pop()
            assert not open_until or end <= open_until[-1] + 0.002, event
            open_until.append(end)
    guests = [event for event in events if event['ph'] == 'X' and event['name'] == 'guest']
    exits = [event for event in events if event['ph'] == 'X' and 'reason' in event['args']]
    assert len(exits) == len(of_kind(trace, tf.EXIT)) == len(guests)


def test_svg(everything, tmp_path):
    """A picture of the whole: a row for each guest on each CPU, and bars within it."""
    stream, trace = everything
    begin, end = trace.records[0].ns / 1e6, trace.records[-1].ns / 1e6
    convert('svg', stream, tmp_path / 'p.svg', '--begin', str(begin), '--length', str(end - begin))
    root = xml.etree.ElementTree.parse(tmp_path / 'p.svg').getroot()
    kind = '{http://www.w3.org/2000/svg}'
    texts = [each.text for each in root.iter(f'{kind}text')]
    assert {text.split(',')[0] for text in texts if ', cpu' in text} == {'umbra', 'one', 'two'}
    bars = list(root.iter(f'{kind}rect'))
    assert len(bars) > 30
    assert all(0 <= float(bar.get('x', 0)) and float(bar.get('width')) > 0 and
               float(bar.get('x', 0)) + float(bar.get('width')) <= float(root.get('width'))
               for bar in bars)


def babeltrace(folder):
    """The events that babeltrace2 reads, and how many it was told are missing."""
    result = subprocess.run(['babeltrace2', folder], capture_output=True, text=True, timeout=300,
                            check=True)
    lost = sum(map(int, re.findall(r'discarded (\d+) event', result.stderr)))
    assert 'ERROR' not in result.stderr
    return result.stdout.splitlines(), lost


def test_ctf(everything, tmp_path):
    stream, trace = everything
    convert('ctf', stream, tmp_path / 'ctf')
    lines, lost = babeltrace(tmp_path / 'ctf')
    assert (len(lines), lost) == (len(trace.records), 0)
    calls = [line for line in lines if '"two" }, { call = "FLUSH_ASYNC"' in line
             and 'arg4 = 0x600D' in line]
    assert len(calls) == 300
    assert re.search(r'hypercall: \{ cpu_id = \d \}, \{ guest = 2, name = "two" \}, \{ '
                     r'call = "FLUSH_ASYNC", arg1 = 0x12B, arg2 = 0x381, arg3 = 0xFFFFFED4, ',
                     calls[-1]), calls[-1]


def test_lost(machine, release, tmp_path):
    """More than goes out in time: what is missing is counted, and what comes is in order."""
    stream = tmp_path / 'stream'
    trace = run(machine, release, stream, 'hypercalls:64', ONE, calls=3000)
    lost = sum(loss.count for loss in trace.losses)
    calls = [record.words[1] for record in of_kind(trace, tf.HYPERCALL, 'one')
             if record.words[4] == 0x600D]
    assert lost > 1000 and trace.missing == 0
    assert calls == sorted(calls) and len(calls) < 3000
    assert calls[-1] == 2999 and len(calls) + lost >= 3000
    convert('ctf', stream, tmp_path / 'ctf')
    assert babeltrace(tmp_path / 'ctf')[1] == lost
    assert f'{lost} records were overwritten' in convert('text', stream)[1]


def test_after_a_panic(machine, build, tmp_path):
    """What was not sent yet is sent then."""
    stream = tmp_path / 'stream'
    m = machine(build, [ONE], options='on-panic=poweroff trace-to=com2 trace=hypercalls,exits',
                extra=trace_stream.port(stream))
    m.may_panic = True
    m.expect('one> ')
    m.line('calls 200')
    m.expect('^made 200 hypercalls$')
    m.key(':end panic\r')
    m.event('panic')
    assert m.wait_end() == (0, 'guest-shutdown')
    calls = [record.words[1] for record in of_kind(read(stream), tf.HYPERCALL, 'one')
             if record.words[4] == 0x600D]
    assert calls == list(range(200))


def test_port_is_a_console(machine, release):
    m = machine(release, [ONE], options='trace-to=com1 when-idle=poweroff')
    event = m.event('option-error')
    assert (event['word'], event['cause']) == ('trace-to=com1', 'the port is a console already')


def test_no_port(machine, release):
    m = machine(release, [ONE], options='trace-to=com2 when-idle=poweroff')
    m.expect('there is no com2 for trace-to=')
