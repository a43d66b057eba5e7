#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What paths of Linux's kernel cost in a guest of Umbra, beside the same sources and options built
for a machine of their own: instructions of one operation, exits of 1000, and the ratio. Both run in
QEMU, whose time-stamp counter counts executed instructions; guest/linux/bench/ is the program.

Prints a table and fails where a figure got worse than the committed one by more than its tolerance,
or is missing, or is new. With --update it writes the figures down instead: commit them with the
change that explains them.
"""
import argparse
import contextlib
import os
import pathlib
import re
import sys
import tempfile

from bench_machine import BenchMachine, slow_disk
from document import write_numbers
from gdb_stub import GdbStub

TOLERANCE = 0.03
ANSWER_US = 200                     # of the disk
# While the disk is waited for the host decides how many timer interrupts come.
LOOSE = {"block_4k": 0.06, "block_1m": 0.06}
# Exits are not compared below so many of 1000 operations: timer interrupts come in between.
FEW_EXITS = 20
FIGURES = pathlib.Path(__file__).with_name("linux_figures.txt")
GUEST_MB = 128
ENTRY = 0x100000                    # of the protected-mode part of a bzImage
SERIAL_LINE = "interrupt, vector 36"
GUEST_CS, NATIVE_CS = 0x61, 0x10    # docs/protocol.md; Linux's Documentation/x86/boot.rst
ROLES = ("client", "server")
# Over the loopback interface of one kernel: what is measured of two guests is set beside that.
LOOPBACK = {"guests_echo": "tcp_echo", "guests_stream_64k": "tcp_stream_64k"}
STOP = r"(?:START (?!{0} )(\w+) (\d+)|BENCH (?!{1} )(\w+) (\d+)|BENCH failed: (.*))\r"


class Linux:
    """A machine on which the program of guest/linux/bench/ runs, Umbra or none."""

    def __init__(self, options, folder):
        self.options = options
        self.gdb = f"{folder}/gdb"

    def extra(self):
        return ["-S", "-gdb", f"unix:{self.gdb},server=on,wait=off", *slow_disk(ANSWER_US)]

    def guest(self):
        kernel = (f"{self.options.guest} guest=linux kernel mem={GUEST_MB}M disk=virtio0 "
                  "-- console=hvc0")
        return BenchMachine(self.options.qemu, self.options.build,
                            [kernel, f"{self.options.initrd} guest=linux initrd"],
                            memory=2 * GUEST_MB + 256, extra=self.extra())

    def guests(self):
        """Two guests on one network, the one that measures first, so that it has the keys."""
        modules = []
        for role in ROLES:
            modules += [f"{self.options.guest} guest={role} kernel mem={GUEST_MB}M net=lan "
                        f"-- console=hvc0 role={role}",
                        f"{self.options.initrd} guest={role} initrd"]
        return BenchMachine(self.options.qemu, self.options.build, modules,
                            memory=3 * GUEST_MB + 256)

    def native(self):
        """
        Told what Umbra tells its guests: the rate of the TSC, which counts as a clock; and with a
        source of entropy, as its guests have one.  Without it Linux mixes its pool anew for each
        random number, which costs more than making a file does.
        """
        return BenchMachine(self.options.qemu, None, [str(self.options.initrd)], memory=GUEST_MB,
                            kernel=str(self.options.native),
                            extra=[*self.extra(), "-device", "virtio-rng-pci"],
                            words="console=ttyS0 tsc=reliable tsc_early_khz=1000000")

    def start(self, selector):
        """The time stamp at the kernel's first instruction."""
        stub = GdbStub(self.gdb)
        os.unlink(self.gdb)     # so that the next machine's is not taken for there already
        stub.run_to(ENTRY, selector)
        now = stub.time_stamp()
        stub.leave()
        return now


def exits_so_far(machine, guests=("linux",)):
    """But for interrupts of the serial line, by which the answers to this question go out."""
    exits = []
    for guest in guests:
        text = machine.command(f"counters {guest}", r"(?s)exits by .*address spaces:")[0]
        exits += re.findall(r"exits by ([^:\n]*): (\d+)", text)
    return sum(int(count) for name, count in exits if name != SERIAL_LINE)


def operations(machine, count):
    """
    What the program does, one after the other: name, rounds, instructions of one, and what `count`
    said before and after.
    """
    name, rounds, before = "", 0, None
    while True:
        # The line is shown again below an answer: the same one is nothing new.
        match = machine.wait(STOP.format(name, name if rounds == 0 else ""))
        if match[5]:
            sys.exit(f"bench-linux: the program failed: {match[5]}")
        if match[3] == "end":
            return
        now = count(machine)
        if match[1]:
            name, rounds = match[1], int(match[2])
        else:
            yield name, rounds, int(match[4]), before, now
            rounds = 0
        before = now
        machine.type(" ")


def measure(machine, start, exits):
    """By operation: instructions, and exits of 1000. `exits` says how many there were so far."""
    boot = int(machine.wait(r"BENCH boot (\d+)\r")[1]) - start
    found, silence = {"boot": (boot, 1000 * exits(machine))}, 0
    for name, rounds, taken, before, after in operations(machine, exits):
        if name == "nothing":
            silence = after - before
        else:
            found[name] = taken, max(0, round(1000 * (after - before - silence) / rounds))
    return found


def run(options):
    """Rows of name, instructions natively, in a guest, exits of 1000."""
    with (tempfile.TemporaryDirectory(prefix="umbra-bench-") as folder,
          contextlib.ExitStack() as stack):
        linux = Linux(options, folder)
        with linux.native() as machine:
            native = measure(machine, linux.start(NATIVE_CS), lambda _: 0)
        with linux.guest() as machine:
            guest = measure(machine, linux.start(GUEST_CS), exits_so_far)
        with linux.guests() as machine:
            both = measure(machine, 0, lambda machine: exits_so_far(machine, ROLES))
    del both["boot"]
    guest.update(both)
    native.update({name: native[LOOPBACK[name]] for name in both})
    return {name: (native[name][0], *guest[name]) for name in native}


def read_committed():
    if not FIGURES.exists():
        return {}
    rows = [line.split() for line in FIGURES.read_text(encoding="ascii").splitlines()]
    return {name: tuple(map(int, row)) for name, *row in rows if name != "#"}


def write_down(figures):
    lines = ["# operation, instructions natively, in a guest, exits of 1000"]
    lines += [f"{name} {native} {guest} {exits}"
              for name, (native, guest, exits) in figures.items()]
    FIGURES.write_text("\n".join(lines) + "\n", encoding="ascii")
    write_numbers({name: in_document(*row) for name, row in figures.items()})


def in_document(native, guest, exits):
    """A row of the table of these figures, and of the one beside others, with the ratio last."""
    ratio = f"{guest / native:.2f}"
    return {4: [native, guest, ratio, f"{exits / 1000:.2f}"], 3: [ratio]}


def verdict(name, now, before):
    """Nothing, or what is wrong with a row beside the committed one."""
    if now is None:
        return "is not measured any more"
    if before is None:
        return "is new: --update"
    limit = 1 + LOOSE.get(name, TOLERANCE)
    _, guest, exits = now
    if guest > before[1] * limit:
        return f"worse by {100 * (guest / before[1] - 1):.1f} %"
    if exits > before[2] * limit + FEW_EXITS:
        return f"more exits: {before[2] / 1000:.2f} before"
    return ""


def compare(figures, committed):
    """Prints the table; returns how many rows are not as they should be."""
    worse = 0
    print(f"{'':16} {'native':>10} {'guest':>10} {'ratio':>6} {'exits':>9} {'committed':>10}")
    for name in [*figures, *(committed.keys() - figures.keys())]:
        now, before = figures.get(name), committed.get(name)
        native, guest, exits = now or before
        found = verdict(name, now, before)
        worse += bool(found)
        print(f"{name:16} {native:>10} {guest:>10} {guest / native:>6.2f} {exits / 1000:>9.2f} "
              f"{before[1] if before else '-':>10}  {found}".rstrip())
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="the build directory of the release build")
    parser.add_argument("--guest", type=pathlib.Path, required=True,
                        help="Linux as a guest, a bzImage")
    parser.add_argument("--native", type=pathlib.Path, required=True, help="the same for a machine")
    parser.add_argument("--initrd", type=pathlib.Path, required=True,
                        help="with the benchmark program")
    parser.add_argument("--qemu", default="qemu-system-i386")
    parser.add_argument("--update", action="store_true", help="write the figures down")
    options = parser.parse_args()

    figures = run(options)
    if options.update:
        write_down(figures)
    worse = compare(figures, read_committed())
    print(f"bench-linux: {len(figures) - worse} passed, {worse} failed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
