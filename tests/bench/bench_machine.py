# SPDX-License-Identifier: GPL-2.0-only
"""The machine that benchmark guests run on: its time-stamp counter counts executed
instructions, so that a figure is the same wherever it is measured."""
import re
import subprocess
import sys
import threading

TIME_OUT = 300
ESCAPE = "\x1d"          # Ctrl-], the console's escape key
COUNTED = ["-accel", "tcg", "-icount", "shift=0,sleep=off"]
DISK_SIZE = 8 << 20


def slow_disk(answer_us):
    """
    QEMU's words for a virtio disk that answers after so many microseconds of the host's time. It is
    to be later than whoever asked has gone to sleep: a disk that answers while the machine is still
    at work interrupts it wherever it happens to be, and no figure comes again.
    """
    return ["-blockdev", f"driver=null-co,node-name=d0,read-zeroes=on,size={DISK_SIZE},"
                         f"latency-ns={1000 * answer_us}",
            "-device", "virtio-blk-pci,ioeventfd=off,drive=d0"]


class BenchMachine:
    """QEMU with Umbra and guests on it; `with` ends it."""

    def __init__(self, qemu, build, modules, *, memory=256, clock=COUNTED, words="", extra=(),
                 kernel=None):
        """`kernel` is what is started in the place of Umbra, with `words` alone for its line."""
        line = words if kernel else f"console=com1 {words}"
        command = [
            qemu, *clock, "-m", f"{memory}M", "-display", "none", "-nic", "none", "-no-reboot",
            "-serial", "stdio", "-monitor", "none", *extra,
            "-kernel", kernel or f"{build}/umbra.elf", "-append", line,
        ]
        if modules:
            command += ["-initrd", ",".join(modules)]
        self.log = ""
        self.seen = 0
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.clock = threading.Timer(TIME_OUT, self.process.kill)
        self.clock.start()

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.clock.cancel()
        self.process.kill()
        self.process.communicate()

    def wait_from(self, start, pattern):
        while not (match := re.compile(pattern).search(self.log, start)):
            piece = self.process.stdout.read1()
            if not piece:
                sys.exit("bench: the guest did not come to its end:\n" + self.log[-2000:])
            self.log += piece.decode("latin-1")
        return match

    def wait(self, pattern):
        """The next match in what the console shows."""
        match = self.wait_from(self.seen, pattern)
        self.seen = match.end()
        return match

    def type(self, keys):
        self.process.stdin.write(keys.encode("latin-1"))
        self.process.stdin.flush()

    def command(self, text, answer):
        """
        The part of the answer of a command of Umbra's that matches. A guest that has not been
        waited for yet may write lines before it, between two answers too: wait() still finds them.
        """
        start = len(self.log)
        self.type(f"{ESCAPE}:{text}\r")
        return self.wait_from(start, answer)
