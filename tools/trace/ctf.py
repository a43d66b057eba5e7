# SPDX-License-Identifier: GPL-2.0-only
"""
A trace in the Common Trace Format 1.8.3, for babeltrace2 and Trace Compass: a folder with the
description of the format, `metadata`, and a file for each CPU.  Times are nanoseconds of Umbra's
log.  A packet ends where records were lost, and the next one counts them.
"""

import pathlib
import struct
import uuid

from fields import KINDS, fields_of

MAGIC = 0xC1FC1FC1
PACKET_HEADER = struct.Struct('<I16sI')
# Begin, end, content and packet size in bits, records lost so far, CPU.
PACKET_CONTEXT = struct.Struct('<QQQQQI')
EVENT_HEADER = struct.Struct('<HQ')
EVENT_CONTEXT = struct.Struct('<H')     # and the guest's name
TYPES = {'hex': ('u32x', '<I'), 'int': ('u32', '<I'), 'ns': ('u64', '<Q'), 'text': ('string', None)}

METADATA = '''/* CTF 1.8 */
typealias integer {{ size = 16; align = 8; signed = false; }} := u16;
typealias integer {{ size = 32; align = 8; signed = false; }} := u32;
typealias integer {{ size = 32; align = 8; signed = false; base = x; }} := u32x;
typealias integer {{ size = 64; align = 8; signed = false; }} := u64;

trace {{
\tmajor = 1;
\tminor = 8;
\tuuid = "{uuid}";
\tbyte_order = le;
\tpacket.header := struct {{
\t\tu32 magic;
\t\tinteger {{ size = 8; align = 8; signed = false; }} uuid[16];
\t\tu32 stream_id;
\t}};
}};

env {{
\tdomain = "kernel";
\ttracer_name = "umbra";
}};

clock {{
\tname = umbra;
\tdescription = "Time since boot, as Umbra's log has it";
\tfreq = 1000000000;
}};

typealias integer {{
\tsize = 64; align = 8; signed = false; map = clock.umbra.value;
}} := u64_ns;

stream {{
\tid = 0;
\tpacket.context := struct {{
\t\tu64_ns timestamp_begin;
\t\tu64_ns timestamp_end;
\t\tu64 content_size;
\t\tu64 packet_size;
\t\tu64 events_discarded;
\t\tu32 cpu_id;
\t}};
\tevent.header := struct {{
\t\tu16 id;
\t\tu64_ns timestamp;
\t}};
\tevent.context := struct {{
\t\tu16 _guest;
\t\tstring _name;
\t}};
}};
'''

EVENT = '''
event {{
\tname = "{name}";
\tid = {id};
\tstream_id = 0;
\tfields := struct {{
{fields}
\t}};
}};
'''


def metadata(identity):
    text = METADATA.format(uuid=identity)
    for number, (name, fields) in KINDS.items():
        lines = '\n'.join(f'\t\t{TYPES[kind][0]} _{field};' for field, kind, _ in fields)
        text += EVENT.format(name=name, id=number, fields=lines)
    return text


def string(text):
    return text.encode('latin-1') + b'\0'


def encode(record, trace):
    parts = [EVENT_HEADER.pack(record.kind, record.ns), EVENT_CONTEXT.pack(record.guest),
             string(trace.name(record.guest))]
    for _, kind, value in fields_of(record, trace.clock):
        parts.append(string(value) if kind == 'text' else struct.pack(TYPES[kind][1], value))
    return b''.join(parts)


def packet(identity, cpu, records, lost, trace):
    """Of records of that CPU, at least one, before which `lost` were lost in all."""
    body = b''.join(encode(record, trace) for record in records)
    bits = 8 * (PACKET_HEADER.size + PACKET_CONTEXT.size + len(body))
    return (PACKET_HEADER.pack(MAGIC, identity.bytes, 0) +
            PACKET_CONTEXT.pack(records[0].ns, records[-1].ns, bits, bits, lost, cpu) + body)


def stream(identity, trace, cpu):
    """A packet for what lies between two losses; a loss counts from the next packet on."""
    waiting = sorted((loss for loss in trace.losses if loss.cpu == cpu), key=lambda loss: loss.ns)
    records, lost = [], 0
    for record in (each for each in trace.records if each.cpu == cpu):
        if waiting and waiting[0].ns <= record.ns:
            if records:
                yield packet(identity, cpu, records, lost, trace)
            records = []
            while waiting and waiting[0].ns <= record.ns:
                lost += waiting.pop(0).count
        records.append(record)
    if records:
        yield packet(identity, cpu, records, lost, trace)


def write(trace, folder):
    """Into a folder that is made, or is empty."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    identity = uuid.uuid4()
    (folder / 'metadata').write_text(metadata(identity), encoding='ascii')
    for cpu in sorted({record.cpu for record in trace.records}):
        (folder / f'cpu{cpu}').write_bytes(b''.join(stream(identity, trace, cpu)))
