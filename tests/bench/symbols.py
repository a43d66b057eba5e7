# SPDX-License-Identifier: GPL-2.0-only
"""Which function of a program an address belongs to, for profiles."""
import bisect
import subprocess


class Symbols:
    """Functions of a program by address; the Switcher's own labels are none."""

    def __init__(self, elf, otherwise="unknown"):
        """Without a program everything is called `otherwise`."""
        self.addresses, self.names = [0], [otherwise]
        if not elf:
            return
        text = subprocess.run(["nm", "-n", elf], check=True, capture_output=True, text=True).stdout
        rows = [line.split() for line in text.splitlines()]
        rows = [row for row in rows if row[1] in "tTW" and not row[2].startswith("..@")]
        self.addresses = [int(row[0], 16) for row in rows]
        self.names = [row[2] for row in rows]

    def name(self, address):
        return self.names[max(0, bisect.bisect(self.addresses, address) - 1)]

    def address(self, name):
        return self.addresses[self.names.index(name)]
