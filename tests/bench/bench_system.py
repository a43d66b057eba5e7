# SPDX-License-Identifier: GPL-2.0-only
"""What Umbra itself takes: its image's size, its memory, the time that it needs to start."""
import os
import struct
import subprocess
import tempfile

# Of the start, in instructions: while counters count (arch/board/tsc.c).  The work that is done
# meanwhile is in it.
MEASURING = 20_000_000
MEMORY, MORE_MEMORY = 256, 1024     # MB


def boot_time(machine, guest):
    """Microseconds from Umbra's first instruction to the first hypercall of a guest of 4 MB."""
    with machine(f"{guest} guest=one kernel mem=4M") as m:
        ready = m.wait(r"event=guest-ready .* at=(\d+)\.(\d{6})")
    took = int(ready[1] + ready[2]) * 1000
    return {"boot": took, "boot_without_measuring": took - MEASURING}


def clone_cost(machine, guest):
    """
    Instructions for a clone of a guest of 128 MB without a network, to a thousand of them, and
    bytes of memory that it takes, while it only waits for keys.
    """
    clones = 8
    with machine(f"{guest} guest=one kernel mem=128M net=none") as m:
        m.wait("event=guest-ready .*")
        m.wait("demo> ")
        free = [int(m.command("mem", r"(\d+) of \d+ frames free")[1])]
        # The first one has the machine keep frames back, once.
        m.command("clone one c", "event=clones ")
        m.command(f"clone one c {clones}", "event=clones ")
        took = m.wait(rf"event=guest-clone guest=c{clones} .* took=(\d+)us")
        m.command("cpus", r"\n0 +\d+ +\d+ *\r")
        free.append(int(m.command("mem", r"(\d+) of \d+ frames free")[1]))
    return {"clone_128": int(took[1]) * 1000,
            "clone_128_memory": (free[0] - free[1] << 12) // (clones + 1)}


def usable_bytes(line):
    """What `usable 0-9fbff fc000-fdfff, reserved ...` comes to."""
    total = 0
    for part in line.split(", "):
        kind, *ranges = part.split()
        for first, last in (each.split("-") for each in ranges if kind == "usable"):
            total += int(last, 16) - int(first, 16) + 1
    return total


def memory_taken(machine, megabytes):
    """Of the memory that the firmware has to give, what no guest can have; image and all."""
    with machine(memory=megabytes) as m:
        usable = usable_bytes(m.wait(r"firmware says: (.*)\r")[1])
        m.wait("event=idle")
        free = int(m.command("mem", r"(\d+) of \d+ frames free")[1])
    return usable - (free << 12)


def image_sizes(umbra, objcopy):
    """Bytes of text and data, of memory that is 0 at first, and of the file without symbols."""
    data = umbra.read_bytes()
    offset, = struct.unpack_from("<I", data, 0x1C)
    count, = struct.unpack_from("<H", data, 0x2C)
    headers = [struct.unpack_from("<8I", data, offset + 32 * i) for i in range(count)]
    loaded = sum(header[4] for header in headers if header[0] == 1)
    in_memory = sum(header[5] for header in headers if header[0] == 1)
    with tempfile.NamedTemporaryFile(prefix="umbra-bench-") as stripped:
        subprocess.run([objcopy, "-S", umbra, stripped.name], check=True)
        size = os.path.getsize(stripped.name)
    return {"image_loaded": loaded, "image_zeroes": in_memory - loaded, "image_file": size}


def system_figures(machine, build, objcopy):
    taken, taken_of_more = (memory_taken(machine, size) for size in (MEMORY, MORE_MEMORY))
    return {
        **boot_time(machine, build / "guest/demo.elf"),
        **clone_cost(machine, build / "guest/demo.elf"),
        **image_sizes(build / "umbra.elf", objcopy),
        "memory_umbra": taken,
        "memory_umbra_per_mb": (taken_of_more - taken) // (MORE_MEMORY - MEMORY),
    }
