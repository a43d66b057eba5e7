#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What paths of any kernel of the lguest protocol cost in a guest, beside the same on the bare
machine: instructions of one operation, exits, and with --plugin loads of CR3, page faults and
walks of page tables after a TLB miss, in all and by Umbra's own accesses (translation_counter.c has
the model).

    kernel_bench.py BUILD --guest IMAGE --native IMAGE --initrd INITRD [--plugin FILE --symbols ELF]

The two images may be the same one: a kernel with PARAVIRT runs on either. INITRD has the program of
guest/linux/bench/. Nothing is compared with committed figures.
"""
import argparse
import contextlib
import pathlib
import sys
import tempfile

from bench_machine import BenchMachine
from linux_bench import GUEST_MB, exits_so_far, operations
from symbols import Symbols

LAST = "exec"                       # what comes behind it needs disks
# Its program is started each time, and then looks at the clock, too: not two marks a measurement.
WHOLE = {"exec"}
KERNEL_START = "c0000000"           # Linux's own pages are global natively
# The first instruction of a machine's page-fault handler.
HANDLERS = ("asm_exc_page_fault", "page_fault")
STUB_SIZE, PAGE_FAULT = 12, 14      # SWITCHER_STUB_SIZE in arch/cpu/switcher.h


class Marks:
    """
    What the plugin wrote so far: loads, faults, walks and Umbra's walks at each end of what is
    measured.
    """

    def __init__(self, path):
        self.path = path

    def count(self):
        return len(self.read()) if self.path else 0

    def read(self):
        text = pathlib.Path(self.path).read_text(encoding="ascii")
        return [tuple(map(int, line.split())) for line in text.splitlines()]

    def between(self, first, end, whole):
        """The sum of what was counted within each pair of marks, or from the first to the last."""
        if not self.path:
            return (0, 0, 0, 0)
        rows = self.read()[first:end]
        if whole:
            rows = [rows[0], rows[-1]]
        return tuple(sum(after - before for before, after in zip(column[::2], column[1::2]))
                     for column in zip(*rows))


def plugin(options, marks, words):
    if not options.plugin:
        return []
    return ["-plugin", ",".join([str(options.plugin.resolve()), f"out={marks}", *words])]


def handler(symbols):
    for name in HANDLERS:
        with contextlib.suppress(ValueError):
            return symbols.address(name)
    return sys.exit(f"kernel-bench: the native kernel has no {' or '.join(HANDLERS)}")


def guest(options, marks):
    umbra = Symbols(options.build / "umbra.elf")
    fault = umbra.address("switcher_stubs") + PAGE_FAULT * STUB_SIZE
    leave = umbra.names.index("leave_guest")
    leave = f"leave={umbra.addresses[leave]:x}-{umbra.addresses[leave + 1]:x}"
    modules = [f"{options.guest} guest=linux kernel mem={GUEST_MB}M -- console=hvc0",
               f"{options.initrd} guest=linux initrd"]
    return BenchMachine(options.qemu, options.build, modules, memory=2 * GUEST_MB + 256,
                        extra=plugin(options, marks, [f"fault={fault:x}", leave]))


def native(options, marks):
    words = []
    if options.plugin:
        words = [f"fault={handler(Symbols(options.symbols)):x}", f"global={KERNEL_START}",
                 f"memory={GUEST_MB << 20:x}"]
    return BenchMachine(options.qemu, None, [str(options.initrd)], memory=GUEST_MB,
                        kernel=str(options.native), words="console=ttyS0 tsc=reliable",
                        extra=["-device", "virtio-rng-pci", *plugin(options, marks, words)])


def measure(machine, marks, exits):
    """By operation: instructions, exits, loads, faults, walks and Umbra's walks of one."""
    found, silence = {}, 0
    machine.wait(r"BENCH boot (\d+)\r")

    def count(machine):
        return exits(machine), marks.count()

    for name, rounds, taken, before, after in operations(machine, count):
        more = after[0] - before[0]
        if name == "nothing":
            silence = more
            continue
        # The program warms up before it says that it starts, so these marks are of the rounds.
        counted = marks.between(before[1], after[1], name in WHOLE)
        found[name] = (taken, max(0, more - silence) / rounds, *(n / rounds for n in counted))
        if name == LAST:
            return found
    return found


def show(natively, in_guest):
    print(f"{'':16} {'native':>8} {'guest':>8} {'ratio':>6} {'exits':>7} "
          f"{'CR3 loads':>13} {'page faults':>13} {'walks':>15} {'in Umbra':>8}")
    for name, (taken, exits, *counted) in in_guest.items():
        before, _, *counted_before = natively[name]
        pairs = [f"{a:.2f} {b:.2f}" for a, b in zip(counted_before, counted)]
        print(f"{name:16} {before:>8} {taken:>8} {taken / before:>6.2f} {exits:>7.2f} "
              f"{pairs[0]:>13} {pairs[1]:>13} {pairs[2]:>15} {counted[3]:>8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--guest", type=pathlib.Path, required=True)
    parser.add_argument("--native", type=pathlib.Path, required=True)
    parser.add_argument("--initrd", type=pathlib.Path, required=True)
    parser.add_argument("--plugin", type=pathlib.Path, help="translation_counter.so")
    parser.add_argument("--symbols", type=pathlib.Path, help="the native kernel's vmlinux")
    parser.add_argument("--qemu", default="qemu-system-i386")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="umbra-bench-") as folder:
        path = f"{folder}/marks" if options.plugin else None
        with native(options, path) as machine:
            natively = measure(machine, Marks(path), lambda _: 0)
        with guest(options, path) as machine:
            in_guest = measure(machine, Marks(path), exits_so_far)
    show(natively, in_guest)


if __name__ == "__main__":
    main()
