#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An account of one operation of guest/linux/bench/ in a Linux guest, such as one fork+exit: what
each exit was for, how many instructions of Umbra's it took, and in which functions these were.
Works with any build of Umbra and any kernel, since QEMU writes the trace: instruction by
instruction, from where the operation's function is entered to where it returns, or from one of its
calls that read the disk to the next.

    exit_account.py BUILD --guest KERNEL --initrd INITRD --program PROGRAM OPERATION

PROGRAM is the one in INITRD, OPERATION one of its functions bench_*. With --symbols VMLINUX the
functions of the guest's kernel are listed too.
"""
import argparse
import collections
import pathlib
import re
import tempfile
import threading

from bench_machine import BenchMachine, slow_disk
from gdb_stub import GdbStub, connect
from symbols import Symbols

PROGRAM_CS = 0x73       # Linux's __USER_CS, natively and in a guest
# An operation that prepares more than it does: what it calls in each round.
CALL_OF = {"block_4k": "pread", "block_1m": "pread"}
WARM_UP = 20            # rounds of such an operation
ANSWER_US = 20000       # of the disk: a machine that is traced is slow
SOAK = "soak"           # the program's thread that computes while the operation waits
STUB_SIZE = 12          # SWITCHER_STUB_SIZE in arch/cpu/switcher.h
HYPERCALL_VECTOR = 0x1F
PAGE_FAULT = 14
# hv/hypercall/hypercall.c: one function for each call.
CALLS = ("flush_async init shutdown new_pgtable flush_tlb load_idt_entry set_stack task_switched "
         "set_clockevent halt set_pmd set_pgd load_tls notify load_gdt_entry send_interrupts "
         "steal_time kick flush_writable map_page").split()
SET_PTE = "shadow_set_pte"      # which has none
# Of the trace: the instruction's address, and flags whose lowest two bits are the ring.
LINE = re.compile(r"Trace \d+: \S+ \[\w+/(\w+)/(\w+)/")


class Monitor:
    """QEMU's own command line."""

    def __init__(self, path):
        self.socket = connect(path)
        self.answer()

    def answer(self):
        text = ""
        while not text.endswith("(qemu) "):
            text += self.socket.recv(4096).decode("latin-1")
        return text

    def ask(self, command):
        self.socket.sendall(f"{command}\n".encode())
        return self.answer()

    def trace_to(self, path):
        """From now on every instruction is written down."""
        self.ask(f"logfile {path}")
        if "unknown command" in self.ask("one-insn-per-tb on"):     # QEMU before 8.1
            self.ask("singlestep on")
        self.ask("log exec,nochain")


def press_keys(machine, operation):
    """Up to where the operation's own rounds begin; its function has then run once to warm up."""
    name = None
    while name != operation:
        name = machine.wait(r"(?:START (\w+) \d+|BENCH (?!boot)\w+ \d+)\r")[1]
        machine.type(" ")


def run_to_next(stub, address):
    """As run_to, also where the machine is there now."""
    stub.ask("s")
    stub.run_to(address, PROGRAM_CS)


def run_to_round(stub, program, operation):
    """Goes to the start of what is traced; the address at which that ends."""
    start = program.address(f"bench_{operation}")
    stub.run_to(start, PROGRAM_CS)
    run_to_next(stub, start)
    if operation in CALL_OF:
        call = program.address(CALL_OF[operation])
        for _ in range(WARM_UP):
            run_to_next(stub, call)
        return call
    stack = stub.registers()[1]["esp"]
    stub.write_word(stack + 4, 1)       # the only argument: how many rounds
    return stub.read_word(stack)


def record(options, program, folder):
    """A trace of one round of the operation; the path of the file."""
    gdb, monitor, trace = (f"{folder}/{name}" for name in ("gdb", "monitor", "trace"))
    modules = [f"{options.guest} guest=linux kernel mem=128M disk=virtio0 -- console=hvc0",
               f"{options.initrd} guest=linux initrd"]
    extra = ["-S", "-gdb", f"unix:{gdb},server=on,wait=off", "-monitor",
             f"unix:{monitor},server=on,wait=off", *slow_disk(ANSWER_US)]
    with BenchMachine(options.qemu, options.build, modules, memory=512, extra=extra) as machine:
        stub = GdbStub(gdb)
        threading.Thread(target=press_keys, args=(machine, options.operation), daemon=True).start()
        end = run_to_round(stub, program, options.operation)
        Monitor(monitor).trace_to(trace)
        run_to_next(stub, end)
    return trace


class Exit:
    """Umbra's instructions from the way out of the guest to the way in."""

    def __init__(self):
        self.functions = collections.Counter()
        self.calls = []         # hypercalls, those of the ring first

    def add(self, name, is_first):
        self.functions[name] += 1
        # MAP_PAGE calls what SET_PTE calls, for some pages.
        told = self.calls and self.calls[-1] == "map_page"
        if is_first and (name in CALLS or name == SET_PTE and not told):
            self.calls.append(name)

    def from_ring(self):
        return max(0, len(self.calls) - 1)

    def kind(self, vector):
        if vector == HYPERCALL_VECTOR:
            last = self.calls[-1] if self.calls else "unknown"
            ring = ", and the ring" if self.from_ring() else ""
            return f"hypercall {last.removeprefix('shadow_').upper()}{ring}"
        if vector == PAGE_FAULT:
            if "vpci_bus_write_memory" in self.functions:
                return "write to a device's register"
            if "vpci_bus_read_memory" in self.functions:
                return "read of a device's register"
            if "guest_reflect_page_fault" in self.functions:
                return "page fault, the guest's own"
            return "page fault, entry filled"
        return f"vector {vector}"


def read_trace(trace, umbra, kernel, program):
    """Exits with their vectors, and the guest's instructions by function."""
    exits, guest, current, vector = [], collections.Counter(), None, 0
    stubs, first = umbra.address("switcher_stubs"), set(umbra.addresses)
    with open(trace, encoding="ascii") as file:
        for match in filter(None, map(LINE.match, file)):
            address, ring = int(match[1], 16), int(match[2], 16) & 3
            if ring == 0:
                if current is None:
                    current, vector = Exit(), (address - stubs) // STUB_SIZE
                current.add(umbra.name(address), address in first)
                continue
            if current:
                exits.append((vector, current))
                current = None
            name = program.name(address) if ring == 3 else kernel.name(address)
            if ring != 3 or name != SOAK:
                guest[name] += 1
    return exits, guest


def show(title, counter, limit):
    print(f"\n{title}")
    for name, count in counter.most_common(limit):
        print(f"{count:9}  {name}")


def report(operation, exits, guest):
    kinds = collections.defaultdict(lambda: [0, 0, 0])
    functions = collections.Counter()
    for vector, one in exits:
        row = kinds[one.kind(vector)]
        for index, more in enumerate((1, sum(one.functions.values()), one.from_ring())):
            row[index] += more
        functions.update(one.functions)
    umbra = sum(functions.values())
    print(f"One {operation}: {umbra + sum(guest.values())} instructions, {umbra} of them Umbra's, "
          f"in {len(exits)} exits\n")
    print(f"{'exits':>9} {'instructions':>12} {'of one':>7}  what for (calls from the ring)")
    for kind, (count, taken, ring) in sorted(kinds.items(), key=lambda item: -item[1][1]):
        print(f"{count:9} {taken:12} {taken // count:7}  {kind}{f' ({ring})' if ring else ''}")
    show("Umbra's, by function:", functions, 30)
    show("The guest's:", guest, 30)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("operation")
    parser.add_argument("--guest", type=pathlib.Path, required=True)
    parser.add_argument("--initrd", type=pathlib.Path, required=True)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--symbols", type=pathlib.Path)
    parser.add_argument("--qemu", default="qemu-system-i386")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="umbra-account-") as folder:
        program = Symbols(options.program)
        trace = record(options, program, folder)
        found = read_trace(trace, Symbols(options.build / "umbra.elf"),
                           Symbols(options.symbols, "the guest's kernel"), program)
    report(options.operation, *found)


if __name__ == "__main__":
    main()
