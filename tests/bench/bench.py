#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What things cost, in executed instructions, against the committed figures.

For disks, names that end in _exits say how often an operation leaves the guest.
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
import tempfile
import threading

TOLERANCE = 0.03
TIME_OUT = 300
FIGURES = pathlib.Path(__file__).with_name("figures.txt")

# Two-level and PAE tables, and disks on the PCI bus; the others are told apart by their names.
RUNS = (("", "bench", ""), ("pae_", "bench", "pae"), ("pci_", "bench_c", "disk"))
# Of what the exits of an operation are counted.
EXIT_RUNS = (("", "bench"), ("pci_", "bench_c"))
DISK_SIZE = 1 << 20
ESCAPE = "\x1d"          # Ctrl-], the console's escape key


def command_line(qemu, build, disk, guest, words):
    return [
        qemu, "-accel", "tcg", "-icount", "shift=0,sleep=off", "-m", "256M",
        "-display", "none", "-nic", "none", "-no-reboot", "-serial", "stdio", "-monitor", "none",
        "-kernel", f"{build}/umbra.elf", "-append", "console=com1 when-idle=poweroff",
        "-initrd", f"{build}/guest/{guest}.elf guest=bench kernel mem=32M shadow=4M -- {words},"
                   f"{disk} guest=bench disk",
    ]


def run_guest(command):
    """The serial log of one run."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=TIME_OUT, check=False)
    return done.stdout.decode("latin-1")


def read_until(process, pattern):
    """What the console shows up to the line that has the pattern in it, and the match."""
    text = ""
    for line in process.stdout:
        text += line
        if match := re.search(pattern, line):
            return text, match
    sys.exit("bench: the guest did not come to its end:\n" + text[-2000:])


def count_exits(command):
    """By operation, how many exits it takes: Umbra's own counters before and after many."""
    figures = {}
    before, after = None, 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1,
                          encoding="latin-1") as process:
        late = threading.Timer(TIME_OUT, process.kill)
        late.start()
        name = None
        while name != "end":
            _, match = read_until(process, r"EXITS (\w+) (\d+)")
            process.stdin.write(f"{ESCAPE}:stats bench\r")
            process.stdin.flush()
            text, _ = read_until(process, "address spaces:")
            after = sum(map(int, re.findall(r"exits through vector +\d+: (\d+)", text)))
            if name:
                figures[f"{name}_exits"] = round((after - before) / rounds)
            name, rounds, before = match[1], int(match[2]), after
            process.stdin.write(" ")
            process.stdin.flush()
        read_until(process, "BENCH end 0")
        process.wait()
        late.cancel()
    return figures


def measure(qemu, build, disk):
    figures = {}
    for prefix, guest, words in RUNS:
        log = run_guest(command_line(qemu, build, disk, guest, words))
        found = re.findall(r"BENCH (\w+) (\d+)", log)
        if ("end", "0") not in found:
            sys.exit("bench: the guest did not come to its end:\n" + log[-2000:])
        figures.update({prefix + name: int(value) for name, value in found if name != "end"})
    for prefix, guest in EXIT_RUNS:
        exits = count_exits(command_line(qemu, build, disk, guest, "exits"))
        figures.update({prefix + name: value for name, value in exits.items()})
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

    with tempfile.NamedTemporaryFile(prefix="umbra-bench-") as disk:
        disk.truncate(DISK_SIZE)
        figures = measure(options.qemu, options.build, disk.name)
    if options.update:
        FIGURES.write_text("".join(f"{name} {value}\n" for name, value in figures.items()),
                           encoding="ascii")
    worse = compare(figures, read_committed())
    print(f"bench: {len(figures) - len(worse)} passed, {len(worse)} failed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
