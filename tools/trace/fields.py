# SPDX-License-Identifier: GPL-2.0-only
"""
The fields of each kind of record, by name: what the text, the JSON and the CTF have in common.
A field is (name, type, value); types are hex, int, ns and text.
"""

import trace_format as tf

# Of each kind: its name, and its fields as functions of the words and of the clock.
KINDS = {
    tf.TURN: ('turn', [('name', 'text', lambda w, c: tf.text_of(w[:4])),
                       ('state', 'text', lambda w, c: tf.one_of(tf.STATES, w[4]))]),
    tf.TURN_END: ('turn_end', [('state', 'text', lambda w, c: tf.one_of(tf.STATES, w[0])),
                               ('wants_more', 'int', lambda w, c: w[1])]),
    tf.IDLE: ('idle', [('slept', 'ns', lambda w, c: c.span(w[1] << 32 | w[0]))]),
    tf.ENTRY: ('entry', [('eip', 'hex', lambda w, c: w[0]), ('cs', 'hex', lambda w, c: w[1]),
                         ('esp', 'hex', lambda w, c: w[2]),
                         ('after', 'ns', lambda w, c: c.span(w[3]))]),
    tf.EXIT: ('exit', [('reason', 'text', lambda w, c: tf.exit_reason(w)),
                       ('vector', 'int', lambda w, c: w[0]), ('eip', 'hex', lambda w, c: w[1]),
                       ('detail', 'hex', lambda w, c: w[2]), ('cs', 'hex', lambda w, c: w[4]),
                       ('took', 'ns', lambda w, c: c.span(w[3]))]),
    tf.HYPERCALL: ('hypercall', [('call', 'text', lambda w, c: tf.hypercall_name(w[0])),
                                 *((f'arg{i}', 'hex', lambda w, c, i=i: w[i])
                                   for i in range(1, 5))]),
    tf.FAULT: ('fault', [('address', 'hex', lambda w, c: w[0]), ('error', 'hex', lambda w, c: w[1]),
                         ('eip', 'hex', lambda w, c: w[2]),
                         ('done', 'text', lambda w, c: tf.one_of(tf.FAULTS, w[3])),
                         ('took', 'ns', lambda w, c: c.span(w[4]))]),
    tf.SPACE: ('space', [('root', 'hex', lambda w, c: w[0]),
                         ('shadow_pages', 'int', lambda w, c: w[1]),
                         ('made', 'int', lambda w, c: w[2])]),
    tf.IRQ: ('irq', [('vector', 'int', lambda w, c: w[0]),
                     ('took', 'ns', lambda w, c: c.span(w[1]))]),
    tf.DELIVERY: ('delivery', [('line', 'int', lambda w, c: w[0]),
                               ('eip', 'hex', lambda w, c: w[1])]),
    tf.REQUEST: ('request', [('device', 'text', lambda w, c: tf.text_of(w[:2])),
                             ('queue', 'int', lambda w, c: w[2] >> 16),
                             ('head', 'int', lambda w, c: w[2] & 0xFFFF),
                             ('bytes_in', 'int', lambda w, c: w[3]),
                             ('bytes_out', 'int', lambda w, c: w[4])]),
    tf.LOCK: ('lock', [('rank', 'text', lambda w, c: tf.one_of(tf.LOCKS, w[0])),
                       ('waited', 'ns', lambda w, c: c.span(w[1])),
                       ('place', 'hex', lambda w, c: w[2])]),
    tf.SAMPLE: ('sample', [('where', 'text', lambda w, c: tf.one_of(tf.SAMPLES, w[2] >> 16)),
                           ('eip', 'hex', lambda w, c: w[0]), ('cs', 'hex', lambda w, c: w[1])]),
    tf.STACK: ('stack', [(f'caller{i}', 'hex', lambda w, c, i=i: w[i]) for i in range(5)]),
}


def kind_name(record):
    return KINDS[record.kind][0]


def fields_of(record, clock):
    """(name, type, value) of each field of the record."""
    return [(name, kind, value(record.words, clock)) for name, kind, value in
            KINDS[record.kind][1]]


def plain_fields(record, clock):
    """The same as text, by name."""
    shown = {'hex': '{:#x}', 'int': '{}', 'ns': '{} ns', 'text': '{}'}
    return {name: shown[kind].format(value) for name, kind, value in fields_of(record, clock)}


def text(trace):
    """A line for each record."""
    for record in trace.records:
        fields = ' '.join(f'{name}="{value}"' if ' ' in value and not value.endswith(' ns')
                          else f'{name}={value.removesuffix(" ns")}'
                          for name, value in plain_fields(record, trace.clock).items())
        seconds, ns = divmod(record.ns, 1000000000)
        yield (f'{seconds}.{ns:09} cpu{record.cpu} {trace.name(record.guest)} '
               f'{kind_name(record)} {fields}')
