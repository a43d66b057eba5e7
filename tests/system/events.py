# SPDX-License-Identifier: GPL-2.0-only
"""
The log's event lines, taken apart (docs/log.md lists them).

Only lines that begin with event= count: those of a guest in the background
begin with its name.  Used by machine.py.
"""

import re

FIELD = re.compile(r'([\w-]+)=(?:"([^"]*)"|(\S*))')
# What a terminal obeys and shows nothing of: colours, erasing to the line's end.
ESCAPES = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


def plain(line):
    """A line of the console as a person sees it."""
    return ESCAPES.sub('', line).strip('\x18')


def parse_event(line):
    """A dict of an event line's fields, its name under 'event'; None for other lines."""
    if not line.startswith('event='):
        return None
    return {key: quoted or bare for key, quoted, bare in FIELD.findall(line)}
