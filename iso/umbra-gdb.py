# SPDX-License-Identifier: GPL-2.0-only
"""
A command for gdb at Umbra's line (docs/debugging.md): `source iso/umbra-gdb.py`.
"""

import gdb  # pylint: disable=import-error


class UmbraAttach(gdb.Command):
    """umbra-attach NAME
Attaches to the guest of that name; `info os processes` lists the guests."""

    def __init__(self):
        super().__init__('umbra-attach', gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        for line in gdb.execute('info os processes', to_string=True).splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[2] == argument:
                gdb.execute(f'attach {fields[0]}', from_tty)
                return
        raise gdb.GdbError(f"no guest is called '{argument}'; 'info os processes' lists them")


UmbraAttach()
