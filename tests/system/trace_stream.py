# SPDX-License-Identifier: GPL-2.0-only
"""
What comes out of a machine's second serial port with trace-to=com2, and the tool that reads it.
"""

import importlib
import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parents[2] / 'tools/trace'
TOOL = TOOLS / 'umbra-trace'

sys.path.insert(0, str(TOOLS))
trace_format = importlib.import_module('trace_format')


def port(path):
    """QEMU's words for the port."""
    return ['-serial', f'file:{path}']


def read(path):
    return trace_format.Trace(path.read_bytes())


def convert(form, stream, *out):
    """Runs the tool; its standard output, and what it says of losses."""
    result = subprocess.run([TOOL, form, stream, *out], capture_output=True, text=True,
                            timeout=120, check=True)
    return result.stdout, result.stderr


def of_kind(trace, kind, guest=None):
    return [record for record in trace.records if record.kind == kind and
            (guest is None or trace.name(record.guest) == guest)]
