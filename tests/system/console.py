# SPDX-License-Identifier: GPL-2.0-only
"""
The console of a machine under test: what it shows, in lines and events, and the
keys that go to it.  Everything that waits has a time-out, and stops at once when
the machine ends or Umbra panics.  Made by machine.py for QEMU, and by
tests/bochs/bochs_machine.py.
"""

import os
import re
import select
import time

from events import parse_event, plain

TIMEOUT = 120           # seconds; what has come is not waited for, so it costs nothing
TAIL_LINES = 60
ESCAPE = '\x1d'         # Ctrl-], the console's escape key


class MachineError(AssertionError):
    """What was waited for did not come."""


class Console:
    PROGRAM = 'the machine'     # what ends when the console does
    PATIENCE = 1                # time-outs are so many times longer

    def __init__(self):
        """A derived class sets fd, where the console is, before anything is waited for."""
        self.fd = None
        self.pieces = []        # all that the console showed
        self.cursor = 0         # behind what expect() found last
        self.lines = []         # the same text in lines, without what only terminals see
        self.rest = ''          # the line that is not complete
        self.seen = []          # the events
        self.may_panic = False

    # --- what comes out ---------------------------------------------------------------

    @property
    def text(self):
        """All that the console showed."""
        self.pieces = [''.join(self.pieces)]
        return self.pieces[0]

    def pump(self, seconds=0):
        """Takes in what the console shows within that time; False when the machine has ended."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            text = os.read(self.fd, 1 << 16).decode('latin-1')
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
        timeout *= self.PATIENCE
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
                self.fail(f'{self.PROGRAM} ended while the test waited for {what}')
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
        data = text.encode('latin-1')
        while data:
            data = data[os.write(self.fd, data):]

    def paste(self, text, timeout=TIMEOUT):
        """Types as fast as the line takes it, reading what comes back meanwhile."""
        data = memoryview(text.encode('latin-1'))
        end = time.monotonic() + timeout
        os.set_blocking(self.fd, False)
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                pass
            self.pump(0.01)
            if time.monotonic() > end:
                self.fail(f'{len(data)} bytes of a paste were not taken within {timeout} s')
        os.set_blocking(self.fd, True)

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

    # --- what is wrong ------------------------------------------------------------------

    def tail(self):
        return '\n'.join([*self.lines, self.rest][-TAIL_LINES:])

    def fail(self, why):
        raise MachineError(why)
