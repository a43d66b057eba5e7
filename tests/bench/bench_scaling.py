# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that compute on several CPUs.  All CPUs share one count of instructions, so
a figure is all that is executed until the last guest is done, which would be the
same for any number of CPUs if having more of them cost nothing.  And a guest that forks
beside others on its CPU.
"""
GUESTS = 8
WORK = 200_000          # rounds, of about 200 instructions each
WALL_WORK = 10 * WORK
CPUS = [1, 2, 4]
NEIGHBOURS = [8, 64]    # guests together with the one that forks
END = r"event=guest-exit guest=w\d .* at=(\d+)\.(\d{6})"


def run(machine, worker, cpus, work=WORK, **options):
    """When the first guest was ready, and when each was done, in microseconds of Umbra's time."""
    modules = [f"{worker} guest=w{i} kernel mem=2M shadow=1M -- name=w{i} work={work}"
               for i in range(GUESTS)]
    with machine(*modules, extra=["-smp", str(cpus)], **options) as m:
        ready = m.wait(r"event=guest-ready .* at=(\d+)\.(\d{6})")
        ends = [m.wait(END) for _ in range(GUESTS)]
    return [int(match[1] + match[2]) for match in (ready, *ends)]


def scaling_figures(machine, worker):
    """For so many CPUs: thousands of instructions, and how far apart guests end, per mille."""
    figures = {}
    for cpus in CPUS:
        ready, first, *_, last = run(machine, worker, cpus)
        figures[f"scaling_{cpus}"] = last - ready
        figures[f"scaling_apart_{cpus}"] = 1000 * (last - first) // (last - ready)
    return figures


def show_wall_clock(machine, worker):
    """With a host thread for each CPU: depends on the host, so it is shown and not compared."""
    for cpus in CPUS:
        ready, *_, last = run(machine, worker, cpus, WALL_WORK,
                              clock=["-accel", "tcg,thread=multi"])
        print(f"{GUESTS} guests on {cpus} CPUs of this host: {(last - ready) / 1e6:.2f} s")


def fork_cost(machine, guests, other, count):
    """`fork_beside_1` of the last of so many guests; `other` is what is created for the others."""
    images = [f"{guests}/{name}.elf image={name}" for name in ("bench", "demo", "worker")]
    with machine(*images, memory=768) as m:
        m.wait("event=idle")
        for i in range(1, count):
            m.command(f"create o{i} {other}", f"event=guest-ready guest=o{i} ")
        # Half of the CPU, if the others want the rest.
        m.command(f"create bench kernel=bench mem=64M shadow=32M weight={count} -- forks",
                  "event=guest-ready guest=bench ")
        return int(m.wait(r"BENCH fork_beside_1 (\d+)\r")[1])


def fork_figures(machine, guests):
    """
    A fork beside guests that sleep, and beside such as compute for ever.  It is the best of some
    passes of 1.5 ms, so one that no turn of another guest interrupts.
    """
    small = "mem=2M shadow=1M weight=1"
    others = {"asleep": f"kernel=demo {small}",
              "busy": f"kernel=worker {small} -- from=600000 to=600001"}
    return {f"fork_{kind}_guests_{count}": fork_cost(machine, guests, other, count)
            for kind, other in others.items() for count in NEIGHBOURS}
