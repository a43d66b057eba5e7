#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of a short path go: runs Umbra and modules to an instruction of a guest,
then steps from there, one instruction after the other, and prints how many there were in each
function of Umbra (and of the guest, all together), in the order in which they came.

    step_profile.py BUILD ADDRESS SELECTOR COUNT [--skip N] MODULE...

ADDRESS is the guest's, SELECTOR what CS is there (61 in its kernel), both in hexadecimal; --skip
leaves out so many arrivals there first.
"""
import argparse
import itertools
import pathlib
import tempfile

from bench_machine import BenchMachine
from gdb_stub import GdbStub
from symbols import Symbols


def name_of(symbols, address, selector):
    return f"guest, ring {selector & 3}" if selector & 3 else symbols.name(address)


def steps(stub, symbols, count):
    for _ in range(count):
        registers = stub.registers()[1]
        yield name_of(symbols, registers["eip"], registers["cs"])
        stub.ask("s")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("address", type=lambda text: int(text, 16))
    parser.add_argument("selector", type=lambda text: int(text, 16))
    parser.add_argument("count", type=int)
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--keys", default="", help="to type as soon as the machine runs")
    parser.add_argument("--qemu", default="qemu-system-i386")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="umbra-step-") as folder:
        path = f"{folder}/gdb"
        extra = ["-S", "-gdb", f"unix:{path},server=on,wait=off"]
        with BenchMachine(options.qemu, options.build, options.modules, memory=512,
                          extra=extra) as machine:
            machine.type(options.keys)
            stub = GdbStub(path)
            for _ in range(options.skip + 1):
                stub.run_to(options.address, options.selector)
                stub.ask("s")
            names = list(steps(stub, Symbols(options.build / "umbra.elf"), options.count))
    for name, run in itertools.groupby(names):
        print(f"{len(list(run)):6} {name}")


if __name__ == "__main__":
    main()
