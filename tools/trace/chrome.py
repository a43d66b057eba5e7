# SPDX-License-Identifier: GPL-2.0-only
"""
A trace as JSON for Perfetto (ui.perfetto.dev) and Chrome's about:tracing: guests are processes, the
CPUs that they run on are threads.  A guest's row shows its turns; in these, when it ran and what
Umbra did for it, by reason.  What a CPU does for no guest is in the process `umbra`.

The format is "Trace Event Format": X is a span, i a moment, M a name; times are microseconds.
"""

import json

import trace_format as tf
from fields import kind_name, plain_fields


def event(phase, record, name, **more):
    return {'ph': phase, 'pid': record.guest, 'tid': record.cpu, 'name': name, **more}


def span(record, name, begin, end, **args):
    """From begin to end, in ns."""
    return event('X', record, name, ts=begin / 1000, dur=max(0, end - begin) / 1000, args=args)


class CpuRow:
    """What one CPU is at while its records are read."""

    def __init__(self, clock):
        self.clock = clock
        self.turn = self.entry = None       # the records that began what is going on

    def _close_turn(self, record):
        """The turn that this record ends; also one whose end was not recorded."""
        turn, self.turn, self.entry = self.turn, None, None
        if turn:
            yield span(turn, 'turn', turn.ns, record.ns)

    def take(self, record):
        """The events that a record makes."""
        args = plain_fields(record, self.clock)
        took = self.clock.span
        if record.kind in (tf.TURN, tf.TURN_END):
            yield from self._close_turn(record)
            if record.kind == tf.TURN:
                self.turn = record
        elif record.kind == tf.ENTRY:
            self.entry = record
        elif record.kind == tf.EXIT:
            if self.entry:
                yield span(self.entry, 'guest', self.entry.ns, record.ns, eip=args['eip'])
            self.entry = None
            yield span(record, args['reason'], record.ns, record.ns + took(record.words[3]), **args)
        elif record.kind == tf.IDLE:
            slept = took(record.words[1] << 32 | record.words[0])
            yield span(record, 'idle', record.ns - slept, record.ns)
        elif record.kind in (tf.IRQ, tf.LOCK):
            name = f'irq {record.words[0]}' if record.kind == tf.IRQ else f'lock {args["rank"]}'
            yield span(record, name, record.ns - took(record.words[1]), record.ns, **args)
        elif record.kind != tf.STACK:
            name = args.get('call') or args.get('device') or kind_name(record)
            yield event('i', record, name, ts=record.ns / 1000, s='t', args=args)

    def finish(self, record):
        yield from self._close_turn(record)


def events(trace):
    rows = {}
    seen = set()
    for record in trace.records:
        seen.add((record.guest, record.cpu))
        yield from rows.setdefault(record.cpu, CpuRow(trace.clock)).take(record)
    for row in rows.values():
        yield from row.finish(trace.records[-1])
    for loss in trace.losses:
        yield {'ph': 'i', 'pid': 0, 'tid': loss.cpu, 's': 'g', 'ts': loss.ns / 1000,
               'name': f'{loss.count} records lost'}
        seen.add((0, loss.cpu))
    for guest in {guest for guest, _ in seen}:
        yield {'ph': 'M', 'pid': guest, 'name': 'process_name', 'args': {'name': trace.name(guest)}}
    for guest, cpu in sorted(seen):
        yield {'ph': 'M', 'pid': guest, 'tid': cpu, 'name': 'thread_name',
               'args': {'name': f'cpu{cpu}'}}


def write(trace, file):
    json.dump({'displayTimeUnit': 'ns', 'traceEvents': list(events(trace))}, file)
    file.write('\n')
