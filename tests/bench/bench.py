#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What things cost, in executed instructions, against the committed figures.

Runs the benchmark guest (guest/bench) alone on a machine whose time-stamp
counter counts instructions, so that a figure is the same on every machine.
Prints a table and fails where a figure got worse than the committed one by
more than TOLERANCE, or is missing, or is new.  With --update it writes the
figures down instead: commit them with the change that explains them.
"""
import argparse
import pathlib
import re
import subprocess
import sys

TOLERANCE = 0.03
TIME_OUT = 300
FIGURES = pathlib.Path(__file__).with_name("figures.txt")

# Two-level and PAE tables; the second are told apart by their names.
RUNS = (("", ""), ("pae_", "pae"))


def run_guest(qemu, build, words):
    """The serial log of one run."""
    command = [
        qemu, "-accel", "tcg", "-icount", "shift=0,sleep=off", "-m", "256M",
        "-display", "none", "-nic", "none", "-no-reboot", "-serial", "stdio", "-monitor", "none",
        "-kernel", f"{build}/umbra.elf", "-append", "console=com1 when-idle=poweroff",
        "-initrd", f"{build}/guest/bench.elf guest=bench kernel mem=32M shadow=4M -- {words}",
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=TIME_OUT, check=False)
    return done.stdout.decode("latin-1")


def measure(qemu, build):
    figures = {}
    for prefix, words in RUNS:
        log = run_guest(qemu, build, words)
        found = re.findall(r"BENCH (\w+) (\d+)", log)
        if ("end", "0") not in found:
            sys.exit("bench: the guest did not come to its end:\n" + log[-2000:])
        figures.update({prefix + name: int(value) for name, value in found if name != "end"})
    return figures


def read_committed():
    lines = FIGURES.read_text(encoding="ascii").splitlines() if FIGURES.exists() else []
    return {name: int(value) for name, value in (line.split() for line in lines if line)}


def compare(figures, committed):
    """Prints the table; returns the names of what got worse."""
    worse = []
    print(f"{'instructions':28} {'now':>9} {'committed':>9}")
    for name in sorted(figures.keys() | committed.keys(), key=list(figures | committed).index):
        now, before = figures.get(name), committed.get(name)
        if now is None or before is None:
            verdict = "is not measured any more" if now is None else "is new: --update"
            worse.append(name)
        elif now > before * (1 + TOLERANCE):
            verdict = f"worse by {100 * (now / before - 1):.1f} %"
            worse.append(name)
        else:
            verdict = f"{100 * (now / before - 1):+.1f} %" if now != before else ""
        shown = ["-" if figure is None else figure for figure in (now, before)]
        print(f"{name:28} {shown[0]:>9} {shown[1]:>9}  {verdict}".rstrip())
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="the build directory of the release build")
    parser.add_argument("--qemu", default="qemu-system-i386")
    parser.add_argument("--update", action="store_true", help="write the figures down")
    options = parser.parse_args()

    figures = measure(options.qemu, options.build)
    if options.update:
        FIGURES.write_text("".join(f"{name} {value}\n" for name, value in figures.items()),
                           encoding="ascii")
    worse = compare(figures, read_committed())
    print(f"bench: {len(figures) - len(worse)} passed, {len(worse)} failed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
