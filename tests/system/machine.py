# SPDX-License-Identifier: GPL-2.0-only
"""
A physical machine for one test: a QEMU of its own, whose serial line is the
console.  Made by the fixtures of conftest.py.
"""

import itertools
import os
import signal
import time

import pexpect

from console import TIMEOUT, Console
from qmp import Qmp

QEMU = 'qemu-system-i386'
CLOCK_TICKS = os.sysconf('SC_CLK_TCK')

numbers = itertools.count(1)
started = []            # since the running test began; for the report when it fails


class Machine(Console):
    PROGRAM = 'QEMU'

    def __init__(self, build, modules=(), *, options='when-idle=poweroff', cpu='qemu32',
                 memory='128M', medium=None, extra=(), program=QEMU, directory):
        """
        Boots build's umbra.elf with these modules, each `file words`, where file
        is a path or the name of one of build's guests; or boots from medium, a
        list of QEMU options.  options are Umbra's own words, by
        default with console=com1.
        """
        super().__init__()
        name = directory / f'machine{next(numbers)}'
        self.log_file = name.with_suffix('.log')
        started.append(self)
        self.qmp = Qmp(name.with_suffix('.qmp'))
        arguments = ['-accel', 'tcg', '-cpu', cpu, '-m', memory, '-display', 'none', '-no-reboot',
                     '-nic', 'none', '-S', '-qmp', f'unix:{self.qmp.path}',
                     '-chardev', 'stdio,id=console,signal=off',
                     '-serial', 'chardev:console', *extra]
        arguments += medium or kernel_arguments(build, modules, options)
        self.process = pexpect.spawn(program, arguments, timeout=TIMEOUT, encoding='latin-1')
        self.fd = self.process.child_fd
        try:
            self.qmp.accept()
        except OSError:
            self.pump(1)
            self.fail(f'QEMU did not start: {program} {" ".join(arguments)}')
        self.ask('qmp_capabilities')
        self.ask('cont')

    # --- from outside --------------------------------------------------------------------

    def ask(self, name, /, **arguments):
        """Has QEMU carry out a command (QMP); what it returns."""
        self.qmp.send(name, **arguments)
        answer = self.wait(self.qmp.take_answer, f'the answer to {name}', step=0.001)
        if 'error' in answer:
            self.fail(f'QEMU on {name}: {answer["error"]["desc"]}')
        return answer['return']

    def cpu_seconds(self):
        """The host's processor time that QEMU has used (proc(5), stat, fields 14 and 15)."""
        with open(f'/proc/{self.process.pid}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def wait_rest(self, share=0.15):
        """
        Waits for two seconds in which QEMU uses so little of a processor.  A machine that
        does not rest never does; one that was held up has something left to do at first.
        """
        def rests():
            start, used = time.monotonic(), self.cpu_seconds()
            self.run_on(2)
            return self.cpu_seconds() - used < share * (time.monotonic() - start)
        self.wait(rests, 'rest')

    def wait_halted(self):
        """Waits until the machine's only processor has halted, as one without work does."""
        def halts():
            return 'HLT=1' in self.ask('human-monitor-command',
                                       **{'command-line': 'info registers'})
        self.wait(halts, 'a processor that halts')

    def wait_end(self, timeout=TIMEOUT):
        """Waits until QEMU has ended by itself; its status and the reason that QMP gave."""
        self.wait(lambda: not self.pump(0.05), 'the end of QEMU', timeout)
        self.process.wait()
        return self.process.exitstatus, self.qmp.end_reason()

    def wait_poweroff(self, timeout=TIMEOUT):
        """
        Waits for the good end: all guests gone, powered off through ACPI.  The
        status alone says nothing: a triple fault ends QEMU with 0 too.
        """
        status, reason = self.wait_end(timeout)
        last = self.seen[-1]['event'] if self.seen else None
        if (status, reason, last) != (0, 'guest-shutdown', 'idle'):
            self.fail(f'QEMU ended with status {status}, reason {reason}, '
                      f'the log with event={last}')

    def close(self):
        # Here, and for as long as it takes: on a busy host pexpect gives up too early.
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
            self.process.wait()
        self.process.close(force=True)
        self.qmp.close()
        self.log_file.write_text(self.text, encoding='latin-1')


def kernel_arguments(build, modules, options):
    """As QEMU itself loads Umbra and its modules, which is by multiboot 1."""
    words = options if 'console=' in options else f'console=com1 {options}'
    arguments = ['-kernel', str(build.umbra), '-append', words]
    lines = [build.module_line(module).replace(',', ',,') for module in modules]
    return arguments + (['-initrd', ','.join(lines)] if lines else [])
