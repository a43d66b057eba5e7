# SPDX-License-Identifier: GPL-2.0-only
"""
A physical machine for one test: a QEMU of its own, whose serial line is the
console.  Everything that waits has a time-out, and stops at once when QEMU ends
or Umbra panics.  Made by the fixtures of conftest.py.
"""

import itertools
import os
import re
import select
import signal
import time

import pexpect

from events import parse_event, plain
from qmp import Qmp

QEMU = 'qemu-system-i386'
TIMEOUT = 30
TAIL_LINES = 60
ESCAPE = '\x1d'         # Ctrl-], the console's escape key
CLOCK_TICKS = os.sysconf('SC_CLK_TCK')

numbers = itertools.count(1)
started = []            # since the running test began; for the report when it fails


class MachineError(AssertionError):
    """What was waited for did not come."""


class Machine:
    def __init__(self, build, modules=(), *, options='when-idle=poweroff', cpu='qemu32',
                 memory='128M', medium=None, extra=(), program=QEMU, directory):
        """
        Boots build's umbra.elf with these modules, each `file words`, where file
        is a path or the name of one of build's guests; or boots from medium, a
        list of QEMU options.  options are Umbra's own words, by
        default with console=com1.
        """
        name = directory / f'machine{next(numbers)}'
        self.log_file = name.with_suffix('.log')
        self.pieces = []        # all that the console showed
        self.cursor = 0         # behind what expect() found last
        self.lines = []         # the same text in lines, without what only terminals see
        self.rest = ''          # the line that is not complete
        self.seen = []          # the events
        self.may_panic = False
        started.append(self)
        self.qmp = Qmp(name.with_suffix('.qmp'))
        arguments = ['-accel', 'tcg', '-cpu', cpu, '-m', memory, '-display', 'none', '-no-reboot',
                     '-nic', 'none', '-S', '-qmp', f'unix:{self.qmp.path}',
                     '-chardev', 'stdio,id=console,signal=off',
                     '-serial', 'chardev:console', *extra]
        arguments += medium or kernel_arguments(build, modules, options)
        self.process = pexpect.spawn(program, arguments, timeout=TIMEOUT, encoding='latin-1')
        self.process.delaybeforesend = None
        try:
            self.qmp.accept()
        except OSError:
            self.pump(1)
            self.fail(f'QEMU did not start: {program} {" ".join(arguments)}')
        self.ask('qmp_capabilities')
        self.ask('cont')

    # --- what comes out ---------------------------------------------------------------

    @property
    def text(self):
        """All that the console showed."""
        self.pieces = [''.join(self.pieces)]
        return self.pieces[0]

    def pump(self, seconds=0):
        """Takes in what the console shows within that time; False when QEMU has ended."""
        if not select.select([self.process.child_fd], [], [], seconds)[0]:
            return True
        try:
            text = os.read(self.process.child_fd, 1 << 16).decode('latin-1')
        except OSError:         # how a pseudo-terminal says that its other end is closed
            return False
        text = text.replace('\r', '')      # the pseudo-terminal adds some of its own
        self.pieces.append(text)
        *lines, self.rest = (self.rest + text).split('\n')
        for line in map(plain, lines):
            self.lines.append(line)
            if event := parse_event(line):
                self.seen.append(event)
        return True

    def collect(self, seconds):
        """Takes in what comes within that time, whatever it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.pump(0.05):
            time.sleep(0.001)   # or it would come byte by byte

    def wait(self, condition, what, timeout=TIMEOUT, step=0.02):
        """Reads until condition() holds, looking every step seconds; what it returned."""
        end = time.monotonic() + timeout
        alive = True
        while True:
            before = time.monotonic()
            if result := condition():
                return result
            took = time.monotonic() - before
            if not self.may_panic and self.events('panic'):
                self.collect(1)
                self.fail(f'Umbra panicked while the test waited for {what}')
            if not alive:
                self.fail(f'QEMU ended while the test waited for {what}')
            if time.monotonic() > end:
                self.fail(f'{what} did not come within {timeout} s')
            # Where looking takes long, since much was shown, most of the time goes to reading.
            self.collect(5 * took)
            alive = self.pump(step)

    def run_on(self, seconds):
        """Lets the machine go on for so long."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= end, 'nothing to happen', seconds + 1)

    def expect(self, pattern, timeout=TIMEOUT):
        """Waits for the pattern behind what was expected before; the match."""
        compiled = re.compile(pattern, re.MULTILINE)
        whole = pattern.endswith('$')

        def find():
            # What has come of a line so far does not end where the line does.
            end = self.text.rfind('\n') + 1 if whole else len(self.text)
            return compiled.search(self.text, self.cursor, max(end, self.cursor))
        found = self.wait(find, f'/{pattern}/', timeout)
        self.cursor = found.end()
        return found

    def wait_line(self, pattern, count=1, timeout=TIMEOUT):
        """Waits for a line, wherever it stands, for the count-th one of its kind; the match."""
        compiled = re.compile(pattern)
        found = []
        looked = 0

        def find():
            nonlocal looked
            fresh = self.lines[looked:]
            looked += len(fresh)
            found.extend(match for line in fresh if (match := compiled.search(line)))
            return found[count - 1:count]
        return self.wait(find, f'line /{pattern}/ ({count})', timeout)[0]

    def events(self, name, **fields):
        """All events so far of that name and with these fields, in their order."""
        return [event for event in self.seen if event['event'] == name and
                all(event.get(key) == value for key, value in fields.items())]

    def event(self, name, count=1, timeout=TIMEOUT, **fields):
        """Waits for the event, for the count-th one of its kind; its fields."""
        words = ' '.join(f'{key}={value}' for key, value in fields.items())
        return self.wait(lambda: self.events(name, **fields)[count - 1:count],
                         f'event={name} {words} ({count})', timeout)[0]

    # --- what goes in ------------------------------------------------------------------

    def type(self, text):
        self.process.send(text)

    def paste(self, text, timeout=TIMEOUT):
        """Types as fast as the line takes it, reading what comes back meanwhile."""
        data = memoryview(text.encode('latin-1'))
        end = time.monotonic() + timeout
        os.set_blocking(self.process.child_fd, False)
        while data:
            try:
                data = data[os.write(self.process.child_fd, data):]
            except BlockingIOError:
                pass
            self.pump(0.01)
            if time.monotonic() > end:
                self.fail(f'{len(data)} bytes of a paste were not taken within {timeout} s')
        os.set_blocking(self.process.child_fd, True)

    def line(self, text):
        """Types a line to the guest in focus."""
        self.type(text + '\r')

    def key(self, key):
        """Types the escape key and what is to follow it."""
        self.type(ESCAPE + key)

    def command(self, line, answer):
        """Has Umbra carry out a command; the match of its answer."""
        self.key(f':{line}\r')
        self.expect(re.escape(f'umbra> {line}'))
        return self.expect(answer)

    def free_frames(self):
        return int(self.command('mem', r'^(\d+) of \d+ frames free')[1])

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

    def tail(self):
        return '\n'.join([*self.lines, self.rest][-TAIL_LINES:])

    def fail(self, why):
        raise MachineError(why)


def kernel_arguments(build, modules, options):
    """As QEMU itself loads Umbra and its modules, which is by multiboot 1."""
    words = options if 'console=' in options else f'console=com1 {options}'
    arguments = ['-kernel', str(build.umbra), '-append', words]
    lines = [build.module_line(module).replace(',', ',,') for module in modules]
    return arguments + (['-initrd', ','.join(lines)] if lines else [])
