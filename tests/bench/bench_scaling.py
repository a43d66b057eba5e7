# SPDX-License-Identifier: GPL-2.0-only
"""
Guests that compute on several CPUs.  All CPUs share one count of instructions, so
a figure is all that is executed until the last guest is done, which would be the
same for any number of CPUs if having more of them cost nothing.
"""
GUESTS = 8
WORK = 200_000          # rounds, of about 200 instructions each
WALL_WORK = 10 * WORK
CPUS = [1, 2, 4]
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
