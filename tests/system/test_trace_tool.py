# SPDX-License-Identifier: GPL-2.0-only
"""
The reader of the trace's stream by itself: streams that were damaged, and its tables of names,
which are those of the sources.
"""

import re
import struct
import subprocess
import zlib

import pytest

from conftest import ROOT
from trace_stream import TOOL, trace_format as tf


def frame(kind, sequence, payload):
    crc = zlib.crc32(bytes((kind, sequence)) + payload)
    return tf.FRAME.pack(tf.MAGIC, kind, sequence, crc, payload)


def clock(sequence=0, version=tf.FORMAT):
    return frame(tf.FRAME_CLOCK, sequence, tf.CLOCK.pack(version, 2000000, 1000, 500, 1, 0))


def record(sequence, tsc, kind=tf.HYPERCALL, words=(0, 1, 2, 3, 4)):
    return frame(tf.FRAME_RECORD, sequence, tf.RECORD.pack(tsc, kind, 0, 1, *words))


def turn(sequence, tsc, name):
    words = struct.unpack('<4I', name.ljust(16, b'\0'))
    return record(sequence, tsc, tf.TURN, (*words, 2))


def test_times_and_names():
    trace = tf.Trace(clock() + turn(1, 3000, b'alpha') + record(2, 5000))
    assert [each.ns for each in trace.records] == [1500, 2500]
    assert trace.name(1) == 'alpha' and trace.name(0) == 'umbra' and trace.name(2) == 'guest2'


def test_begins_and_ends_anywhere():
    whole = clock(5) + record(6, 3000) + record(7, 4000)
    trace = tf.Trace(b'GRUB loading\r\n' + whole + clock(8)[:30])
    assert (len(trace.records), trace.skipped, trace.missing) == (2, 14 + 30, 0)
    # A record before the first clock has its time all the same.
    assert len(tf.Trace(record(4, 2000) + whole).records) == 3


def test_damage():
    damaged = bytearray(record(1, 3000))
    damaged[20] ^= 1
    trace = tf.Trace(clock() + bytes(damaged) + record(2, 4000))
    assert (len(trace.records), trace.skipped, trace.missing) == (1, tf.FRAME.size, 1)
    trace = tf.Trace(clock() + record(255, 3000) + record(0, 4000))
    assert (len(trace.records), trace.missing) == (2, 254)


def test_the_magic_within_a_record():
    words = struct.unpack('<5I', (tf.MAGIC * 10))
    trace = tf.Trace(clock() + record(1, 3000, words=words) + record(2, 4000))
    assert trace.records[0].words == words and trace.skipped == 0


@pytest.mark.parametrize('stream, message', [
    (b'', 'not a trace'), (b'nothing of this\xd7\x54', 'not a trace'),
    (record(0, 1), 'not a trace'), (clock(), 'there is no record in it'),
    (clock(version=2) + record(1, 1), 'the trace is of format 2'),
])
def test_refused(tmp_path, stream, message):
    (tmp_path / 'stream').write_bytes(stream)
    result = subprocess.run([TOOL, 'text', tmp_path / 'stream'], capture_output=True, text=True)
    assert result.returncode == 1 and message in result.stderr and 'Traceback' not in result.stderr


def enumerators(path, name):
    """{number: name} of an enum in a header."""
    body = re.search(rf'enum {name} \{{(.*?)\}}', (ROOT / path).read_text(), re.DOTALL)[1]
    body = re.sub(r'/\*.*?\*/', '', body, flags=re.DOTALL)
    found, number = {}, 0
    for entry in filter(None, (entry.strip() for entry in body.split(','))):
        key, _, value = (part.strip() for part in entry.partition('='))
        number = int(value) if value else number
        found[number] = key
        number += 1
    return found


def test_names():
    calls = enumerators('guest/lguest_abi.h', 'lguest_hypercall')
    assert tf.HYPERCALLS == {number: name.removeprefix('LGUEST_') for number, name in calls.items()
                             if name != 'LGUEST_HYPERCALL_COUNT'}
    locks = list(enumerators('arch/cpu/spinlock.h', 'lock_rank').values())[:-1]
    assert tf.LOCKS == [name.removeprefix('LOCK_').lower().replace('_', '-') for name in locks]
    kinds = list(enumerators('lib/trace_record.h', 'trace_kind').values())[:-1]
    assert [getattr(tf, name.removeprefix('TRACE_')) for name in kinds] == list(range(len(kinds)))
    states = enumerators('hv/guest/guest.h', 'guest_state').values()
    assert tf.STATES == [name.removeprefix('GUEST_').lower() for name in states]
    assert len(tf.SAMPLES) == len(enumerators('lib/trace_record.h', 'trace_sample'))
    assert len(tf.FAULTS) == len(enumerators('lib/trace_record.h', 'trace_fault'))
