# SPDX-License-Identifier: GPL-2.0-only
"""
The stream that Umbra sends with trace-to=, taken apart: lib/trace_frame.h and lib/trace_record.h
say what it is made of.  Whatever is not a frame (text of a boot loader, bytes that were lost) is
skipped and counted; a stream may begin and end anywhere.
"""

import dataclasses
import struct
import zlib

MAGIC = b'\xd7\x54'
FRAME = struct.Struct('<2sBBI32s')
CLOCK = struct.Struct('<IIQQII')
RECORD = struct.Struct('<QBBH5I')
LOST = struct.Struct('<QII16x')
FORMAT = 1

FRAME_CLOCK, FRAME_RECORD, FRAME_LOST = range(3)
(TURN, TURN_END, IDLE, ENTRY, EXIT, HYPERCALL, FAULT, SPACE, IRQ, DELIVERY, REQUEST, LOCK,
 SAMPLE, STACK) = range(14)

# guest/lguest_abi.h, hv/guest/guest.h, arch/cpu/spinlock.h, lib/trace_record.h
HYPERCALLS = {
    0: 'FLUSH_ASYNC', 1: 'INIT', 2: 'SHUTDOWN', 4: 'NEW_PGTABLE', 5: 'FLUSH_TLB',
    6: 'LOAD_IDT_ENTRY', 7: 'SET_STACK', 8: 'TS', 9: 'SET_CLOCKEVENT', 10: 'HALT', 13: 'SET_PMD',
    14: 'SET_PTE', 15: 'SET_PGD', 16: 'LOAD_TLS', 17: 'NOTIFY', 18: 'LOAD_GDT_ENTRY',
    19: 'SEND_INTERRUPTS', 20: 'STEAL_TIME', 21: 'KICK', 22: 'FLUSH_WRITABLE', 23: 'MAP_PAGE',
}
HYPERCALL_VECTOR = 0x1F
EXCEPTIONS = {
    0: '#DE', 1: '#DB', 2: 'NMI', 3: '#BP', 4: '#OF', 5: '#BR', 6: '#UD', 7: '#NM', 8: '#DF',
    10: '#TS', 11: '#NP', 12: '#SS', 13: '#GP', 14: '#PF', 16: '#MF', 17: '#AC', 18: '#MC',
    19: '#XM', 20: '#VE', 21: '#CP',
}
STATES = ['delayed', 'starting', 'running', 'halted', 'parked', 'ended', 'ending']
LOCKS = ['guests', 'networks', 'network', 'net', 'volumes', 'disk', 'pci', 'console', 'entropy',
         'heap', 'users', 'direct-map', 'frames', 'cpu-calls', 'irq', 'log']
FAULTS = ['filled', "the guest's own", "a device's", 'ended the guest', 'to be repeated']
SAMPLES = ['guest', 'umbra, for an exit', 'umbra, between turns', 'asleep', 'umbra, its code']


class TraceError(Exception):
    """The stream is no trace, or of another format."""


@dataclasses.dataclass
class Record:
    """One thing that happened; ns is the time of Umbra's log."""
    ns: int
    kind: int
    cpu: int
    guest: int
    words: tuple


@dataclasses.dataclass
class Lost:
    """So many records of a CPU are missing from here on."""
    ns: int
    cpu: int
    count: int


class Clock:
    """Ticks as nanoseconds; measured at the first clock frame, so that times do not jump."""

    def __init__(self, khz, tsc, ns):
        self.khz, self.tsc, self.ns_then = khz, tsc, ns

    def at(self, tsc):
        return self.ns_then + (tsc - self.tsc) * 1000000 // self.khz

    def span(self, ticks):
        return ticks * 1000000 // self.khz


class Trace:
    """A whole stream: its records in the order of their times, each CPU's in its own order."""

    def __init__(self, data):
        self.clock = None
        self.cpus = 0
        self.records, self.losses = [], []
        self.skipped = 0            # bytes that belong to no frame
        self.missing = 0            # frames, by their sequence numbers: at least so many
        frames = list(self._frames(data))
        for kind, payload in frames:
            if kind == FRAME_CLOCK:
                self._take_clock(payload)
                break
        else:
            raise TraceError('there is no frame with the clock: not a trace, or too short')
        for kind, payload in frames:
            self._take(kind, payload)
        self.records.sort(key=lambda record: record.ns)
        self.names = {record.guest: name_of(record) for record in self.records
                      if record.kind == TURN}

    def _frames(self, data):
        at, expected = 0, None
        while (found := data.find(MAGIC, at)) >= 0 and found + FRAME.size <= len(data):
            _, kind, sequence, crc, payload = FRAME.unpack_from(data, found)
            if zlib.crc32(bytes((kind, sequence)) + payload) != crc:
                self.skipped += found + 1 - at
                at = found + 1
                continue
            self.skipped += found - at
            at = found + FRAME.size
            if expected is not None:
                self.missing += (sequence - expected) % 256
            expected = (sequence + 1) % 256
            yield kind, payload
        self.skipped += len(data) - at

    def _take_clock(self, payload):
        version, khz, tsc, ns, cpus, _ = CLOCK.unpack(payload)
        if version != FORMAT:
            raise TraceError(f'the trace is of format {version}, this tool reads {FORMAT}')
        self.cpus = cpus
        self.clock = Clock(khz, tsc, ns)

    def _take(self, kind, payload):
        if kind == FRAME_RECORD:
            tsc, what, cpu, guest, *words = RECORD.unpack(payload)
            self.records.append(Record(self.clock.at(tsc), what, cpu, guest, tuple(words)))
        elif kind == FRAME_LOST:
            tsc, cpu, count = LOST.unpack(payload)
            self.losses.append(Lost(self.clock.at(tsc), cpu, count))

    def name(self, guest):
        """Of a guest by its number; of Umbra itself for 0."""
        if guest == 0:
            return 'umbra'
        return self.names.get(guest, f'guest{guest}')


def text_of(words):
    """Bytes of words, up to a NUL."""
    return struct.pack(f'<{len(words)}I', *words).split(b'\0')[0].decode('latin-1')


def name_of(turn):
    return text_of(turn.words[:4])


def one_of(names, number):
    return names[number] if number < len(names) else str(number)


def hypercall_name(number):
    return HYPERCALLS.get(number, f'hypercall {number}')


def exit_reason(words):
    """Why a guest came out, in a word or two."""
    vector = words[0] & 0xFF
    if vector == HYPERCALL_VECTOR:
        return hypercall_name(words[2])
    if vector < 32:
        return EXCEPTIONS.get(vector, f'exception {vector}')
    return f'vector {vector}'
