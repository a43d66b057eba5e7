# SPDX-License-Identifier: GPL-2.0-only
"""
The samples of a profile as folded stacks: a line for each stack, its frames from the outermost on
with semicolons between, and how often it was seen.  Programs that draw flame graphs read that.

The outermost frame is the guest.  What Umbra does for it is below a frame `umbra`, by the reason of
the exit; what CPUs do for no guest is below `umbra` alone.  Samples of Umbra's code, which NMIs
take beside those of the timer, are below `umbra (by NMI)`: they count on their own.
"""

import collections

import trace_format as tf

SAMPLE_GUEST, SAMPLE_EXIT, SAMPLE_LOOP, SAMPLE_IDLE, SAMPLE_CODE = range(5)
IN_SAMPLE = 2           # callers in the sample itself; the others come in records of their own
USER_RING = 3


def samples(trace):
    """(sample, callers) of each, the innermost caller first."""
    waiting = {}        # by CPU: a sample whose callers are not complete
    for record in trace.records:
        if record.kind == tf.SAMPLE:
            if record.cpu in waiting:
                yield waiting.pop(record.cpu)
            waiting[record.cpu] = record, list(record.words[3:3 + IN_SAMPLE])
        elif record.kind == tf.STACK and record.cpu in waiting:
            waiting[record.cpu][1].extend(record.words)
    yield from waiting.values()


def frame(address, symbols, call=True):
    """A return address is behind the call, which may be its function's last instruction."""
    name = symbols.name(address - 1 if call else address) if symbols else None
    return name or f'{address:#x}'


def known_frames(record, callers, symbols):
    """Of a guest, and of Umbra's code."""
    if record.words[1] & 3 == USER_RING:
        return ['[program]']
    count = record.words[2] & 0xFFFF
    frames = [frame(record.words[0], symbols, call=False)]
    frames += [frame(address, symbols) for address in callers[:count] if address]
    return frames[::-1]


def stack(trace, record, callers, symbols):
    """The frames of a sample, outermost first; None for a CPU that slept."""
    where = record.words[2] >> 16
    name = trace.name(record.guest)
    if where == SAMPLE_IDLE:
        return None
    if where == SAMPLE_LOOP:
        return ['umbra', 'between turns']
    if where == SAMPLE_EXIT:
        return [name, 'umbra', tf.exit_reason((record.words[3], 0, record.words[4]))]
    if where == SAMPLE_CODE:
        return ['umbra (by NMI)', *known_frames(record, callers, symbols.get('umbra'))]
    return [name, *known_frames(record, callers, symbols.get(name))]


def write(trace, file, symbols, idle):
    """symbols: by guest; idle: also how often CPUs slept."""
    counts = collections.Counter()
    for record, callers in samples(trace):
        frames = stack(trace, record, callers, symbols)
        if frames is None and idle:
            frames = ['umbra', 'asleep']
        if frames:
            counts[';'.join(frames)] += 1
    for folded, count in sorted(counts.items()):
        file.write(f'{folded} {count}\n')
