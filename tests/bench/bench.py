#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What things cost: in executed instructions (names with `scaling` in thousands); in
exits of the guest from its CPU (names with `exits`; of the console and the network
for 1000 operations, of disks for one); in bytes of memory beyond the guest's own
(names with `memory`; `memory_umbra` is Umbra's) or of the image (`image`).  Figures
of disks are those of a RAM disk or, with virtio_, ahci_ and ide_ in front, of such
a disk of the machine.  Figures of frames are those from guest to guest on one switch
or, with virtio_, e1000_ and e1000e_ in front, out by one such port and in by another.
A processor's barriers count as few instructions, whatever time they take; and QEMU's
have only those that take no new microcode.

Prints a table, draws bench.html in the build directory (page.py), and fails where a figure got
worse than the committed one by more than its tolerance, or is missing, or is new.  With --update
it writes the figures down instead: commit them with the change that explains them.
"""
import argparse
import pathlib
import re
import sys
import tempfile

from bench_machine import BenchMachine
from bench_scaling import fork_figures, scaling_figures, show_wall_clock
from bench_system import system_figures
from document import write_numbers
from page import page

TOLERANCE = 0.03
# Two guests that share a CPU do not meet at the same instruction each time, nor does a disk
# of the machine answer after the same time, two requests at once or one by one.
LOOSE = {
    r"exits_net_|\w+_interrupt_disk|switch_barriers": 0.3,
    r"(virtio|ahci|ide)_block_\w+_exits": 0.5,
    r"scaling_apart_|virtio_net_(frame_alone|echo|segment)": 1,
}
FIGURES = pathlib.Path(__file__).with_name("figures.txt")
DISK_SIZE = 1 << 20
BENCH_MB = 32
BENCH = f"guest=bench kernel mem={BENCH_MB}M shadow=4M --"
DISKS = {
    "virtio": ["-device", "virtio-blk-pci,ioeventfd=off,drive=d0"],
    "ahci": ["-machine", "q35", "-device", "ide-hd,drive=d0,bus=ide.0"],
    "ide": ["-device", "ide-hd,drive=d0,bus=ide.0,unit=0"],
}
PORTS = {
    "virtio": ["-machine", "pc", "virtio-net-pci,ioeventfd=off"],
    "e1000": ["-machine", "pc", "e1000"],
    "e1000e": ["-machine", "q35", "e1000e"],
}
PEER = "02:00:00:00:00:0e"


class Bench:
    """All that is measured of one build."""

    def __init__(self, qemu, build, disk):
        self.qemu = qemu
        self.guests = f"{build}/guest"
        self.build = build
        self.disk = f"{disk} guest=bench disk"
        self.drive = ["-drive", f"if=none,id=d0,format=raw,cache=unsafe,file={disk}"]

    def machine(self, *modules, **options):
        return BenchMachine(self.qemu, self.build, modules, **options)

    def instructions(self, prefix, *modules, **options):
        """What the guest `bench` prints, and how it ended."""
        with self.machine(*modules, **options) as machine:
            end = machine.wait(r"event=guest-exit guest=bench .*\r")[0]
            found = re.findall(r"BENCH (\w+) (\d+)", machine.log)
        if ("end", "0") not in found:
            sys.exit("bench: the guest did not come to its end:\n" + machine.log[-2000:])
        return {prefix + name: int(value) for name, value in found if name != "end"}, end

    def disk_exits(self, prefix, *modules, **options):
        """By operation, how many exits it takes: Umbra's own counters before and after many."""
        figures = {}
        with self.machine(*modules, **options) as machine:
            name, rounds, before = None, 0, 0
            while name != "end":
                # The line is shown again below an answer: the same name is nothing new.
                match = machine.wait(rf"EXITS (?!{name} )(\w+) (\d+)\r")
                text = machine.command("counters bench", r"(?s).*address spaces:")[0]
                after = sum(map(int, re.findall(r"exits by [^:\n]*: (\d+)", text)))
                if name:
                    figures[f"{prefix}{name}_exits"] = round((after - before) / rounds)
                name, rounds, before = match[1], int(match[2]), after
                machine.type(" ")
        return figures

    def disks(self):
        """Of disks of the machine, a kind after the other."""
        figures = {}
        for kind, device in DISKS.items():
            extra = [*device, *self.drive]
            guest = f"{self.guests}/bench.elf {BENCH.replace('--', f'disk={kind}0 --')}"
            found, _ = self.instructions(f"{kind}_", f"{guest} disk", extra=extra)
            figures.update(found, **self.disk_exits(f"{kind}_", f"{guest} exits", extra=extra))
            # So that the guest is back from its request when the answer comes.
            slow = [*device, *self.drive[:-1], f"{self.drive[-1]},throttling.iops-total=100"]
            found, _ = self.instructions(f"{kind}_", f"{guest} disk slow", extra=slow)
            figures.update(found)
        return figures

    def forks(self):
        """Beside few and many address spaces, all of which have room in the shadow's budget."""
        figures = {}
        for prefix, word in ("", ""), ("pae_", "pae"):
            guest = f"{self.guests}/bench.elf guest=bench kernel mem=64M shadow=32M -- forks {word}"
            figures.update(self.instructions(prefix, guest)[0])
        return figures

    def interrupt_of_key(self):
        with self.machine(f"{self.guests}/bench.elf {BENCH} keys") as machine:
            while not (found := machine.wait(r"KEY\r\n|BENCH interrupt_key (\d+)\r"))[1]:
                machine.type(" ")
            return {"interrupt_key": int(found[1])}

    def console_exits(self):
        """Of 1000 single bytes and of 1000 lines of 64, by the difference to 1000 more."""
        figures = {}
        for kind in "bytes", "lines":
            fewer, more = (self.exits_of_output(f"{kind}={count}") for count in (1000, 2000))
            figures[f"exits_console_{kind}"] = more - fewer
        return figures

    def net_exits(self):
        """Of both guests together, for 1000 frames, by the difference to more of them."""
        figures = {}
        for size in 64, 1500:
            fewer, more = (self.exits_of_frames(f"size={size} passes={passes}")
                           for passes in (8, 24))
            figures[f"exits_net_frames_{size}"] = round(1000 * (more - fewer) / (16 * 256))
        return figures

    def exits_of_frames(self, words):
        exits = r"event=guest-exit .* exits=(\d+) "
        with self.machine(*self.pair(words)) as machine:
            return int(machine.wait(exits)[1]) + int(machine.command("kill peer", exits)[1])

    def pair(self, words, far=""):
        """The network's benchmark and its peer."""
        net = f"{self.guests}/net.elf"
        return (f"{net} guest=bench kernel mem=8M -- role=bench peer={PEER} {words}",
                f"{net} guest=peer kernel mem=8M mac={PEER} {far} -- role=peer "
                "accept=csum,,tso,,mrg")

    def switches(self, mitigated):
        """
        An echo, which is two switches between guests and what leads to them, without barriers of
        speculation; and what these cost at one switch.
        """
        found, _ = self.instructions("", *self.pair(""), words="mitigations=off")
        plain = found["net_echo_64"]
        return {"net_echo_64_unmitigated": plain, "switch_barriers": (mitigated - plain) // 2}

    def ports(self):
        """Of network ports, one kind at a time: two guests, two networks, a wire between."""
        figures = {}
        for kind, (*board, device) in PORTS.items():
            extra = board
            for port in "net0", "net1":
                extra += ["-netdev", f"hubport,id={port},hubid=0", "-device",
                          f"{device},netdev={port}"]
            found, _ = self.instructions(f"{kind}_", *self.pair("", "net=far"), extra=extra,
                                         words="uplink=net0 uplink=net1:far")
            figures.update(found)
        return figures

    def exits_of_output(self, words):
        with self.machine(f"{self.guests}/bench.elf {BENCH} output {words}") as machine:
            return int(machine.wait(r"event=guest-exit .* exits=(\d+) ")[1])

    def bytes_taken(self, megabytes):
        """Beyond its own memory, by a guest that waits: free frames before and after its end."""
        free = r"(\d+) of \d+ frames free"
        with self.machine(f"{self.guests}/demo.elf guest=one kernel mem={megabytes}M") as machine:
            machine.wait("demo> ")
            before = int(machine.command("mem", free)[1])
            machine.command("kill one", "event=idle")
            after = int(machine.command("mem", free)[1])
        return ((after - before) << 12) - (megabytes << 20)

    def memory(self, end_of_bench):
        """
        What a guest takes beyond its own memory: one of 4 MB in all, and a large one
        for each of its MB; both at rest.  And for each MB of the benchmark guest
        behind all its work, shadow tables included.
        """
        fixed = self.bytes_taken(4)
        shadow = int(re.search(r"shadow=(\d+)K", end_of_bench)[1]) << 10
        return {
            "memory_guest_4": fixed,
            "memory_empty_per_mb": self.bytes_taken(64) // 64,
            "memory_load_per_mb": (fixed + shadow) // BENCH_MB,
        }

    def everything(self, objcopy):
        alone, pci_alone = (f"{self.guests}/{name}.elf {BENCH}" for name in ("bench", "bench_c"))
        figures, _ = self.instructions("", alone, self.disk)
        pae, end = self.instructions("pae_", f"{alone} pae", self.disk)
        pci, _ = self.instructions("pci_", f"{pci_alone} disk", self.disk)
        net, _ = self.instructions("", *self.pair(""))
        for more in (pae, pci, net, self.forks(), self.switches(net["net_echo_64"]),
                     self.disk_exits("", f"{alone} exits", self.disk),
                     self.disk_exits("pci_", f"{pci_alone} exits", self.disk), self.disks(),
                     self.ports(), self.interrupt_of_key(), self.console_exits(), self.net_exits(),
                     self.memory(end), system_figures(self.machine, self.build, objcopy),
                     scaling_figures(self.machine, f"{self.guests}/worker.elf"),
                     fork_figures(self.machine, self.guests)):
            figures.update(more)
        return figures


def read_committed():
    lines = FIGURES.read_text(encoding="ascii").splitlines() if FIGURES.exists() else []
    return {name: int(value) for name, value in (line.split() for line in lines if line)}


def tolerance_of(name):
    return max([TOLERANCE] + [loose for names, loose in LOOSE.items() if re.match(names, name)])


def compare(figures, committed):
    """Prints the table; returns the names of what got worse."""
    worse = []
    print(f"{'':28} {'now':>9} {'committed':>9}")
    for name in sorted(figures.keys() | committed.keys(), key=list(figures | committed).index):
        now, before = figures.get(name), committed.get(name)
        if now is None or before is None:
            verdict = "is not measured any more" if now is None else "is new: --update"
            worse.append(name)
        elif now > before * (1 + tolerance_of(name)):
            verdict = f"worse by {100 * (now / before - 1):.1f} %"
            worse.append(name)
        else:
            verdict = f"{100 * (now / before - 1):+.1f} %" if now != before else ""
        shown = ["-" if figure is None else figure for figure in (now, before)]
        print(f"{name:28} {shown[0]:>9} {shown[1]:>9}  {verdict}".rstrip())
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="the build directory of the release build")
    parser.add_argument("--qemu", default="qemu-system-i386")
    parser.add_argument("--objcopy", default="objcopy")
    parser.add_argument("--update", action="store_true", help="write the figures down")
    options = parser.parse_args()

    with tempfile.NamedTemporaryFile(prefix="umbra-bench-") as disk:
        disk.truncate(DISK_SIZE)
        bench = Bench(options.qemu, options.build, disk.name)
        figures = bench.everything(options.objcopy)
        show_wall_clock(bench.machine, f"{bench.guests}/worker.elf")
    shown = options.build / "bench.html"
    shown.write_text(page(figures, read_committed()), encoding="utf-8")
    if options.update:
        FIGURES.write_text("".join(f"{name} {value}\n" for name, value in figures.items()),
                           encoding="ascii")
        write_numbers({name: {1: [value]} for name, value in figures.items()})
    worse = compare(figures, read_committed())
    print(f"The same in pictures: {shown}")
    print(f"bench: {len(figures) - len(worse)} passed, {len(worse)} failed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
