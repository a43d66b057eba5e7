# SPDX-License-Identifier: GPL-2.0-only
"""
A real gdb at a machine's second serial line, driven as a person would: a command, and what it
prints up to the next prompt.
"""

import os
import re

import pexpect

from console import TIMEOUT

PROMPT = '{gdb is ready}'
SETTINGS = ['set pagination off', 'set confirm off', 'set width 0', 'set style enabled off',
            'set debuginfod enabled off', 'set editing off', 'set tcp connect-timeout 60',
            'set python print-stack full']
numbers = iter(range(1, 1 << 30))


def serial_line(directory):
    """QEMU's options for a second serial line, and the socket that it is."""
    path = directory / f'gdb{next(numbers)}.socket'
    chardev = f'socket,id=gdb,path={path},server=on,wait=off'
    return ['-chardev', chardev, '-serial', 'chardev:gdb'], path


class Debugger:
    def __init__(self, machine, symbols=None, before=()):
        """Starts gdb with the symbols of that file, and has it carry out `before`."""
        self.machine = machine
        self.text = ''
        self.process = pexpect.spawn('gdb', ['-q', '-nx', *([str(symbols)] if symbols else [])],
                                     timeout=TIMEOUT, encoding='latin-1', echo=False,
                                     env={**os.environ, 'TERM': 'dumb', 'HOME': '/nonexistent'})
        self.process.sendline(f'set prompt {PROMPT}')
        self.wait_prompt('its prompt')
        for line in [*SETTINGS, *before]:
            self.do(line)

    # The machine is read meanwhile, or its console would fill up and hold it up.
    def read(self):
        try:
            self.text += self.process.read_nonblocking(1 << 16, 0)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            self.machine.fail(f'gdb ended: {self.text}')

    def wait_text(self, pattern, what, timeout=TIMEOUT):
        """Waits until what gdb has printed since the last command has the pattern."""
        def has_text():
            self.read()
            return re.search(pattern, self.text)
        try:
            self.machine.wait(has_text, f'gdb: {what}', timeout)
        except AssertionError as error:
            raise AssertionError(f'{error}\nand gdb said:\n{self.text}') from error

    def wait_prompt(self, what, timeout=TIMEOUT):
        self.wait_text(re.escape(PROMPT), what, timeout)
        answer, _, self.text = self.text.partition(PROMPT)
        return answer.replace('\r', '')

    def do(self, line, pattern=None, timeout=TIMEOUT):
        """What gdb prints for a command; with a pattern, its match, which has to be there."""
        self.process.sendline(line)
        return self.check(line, self.wait_prompt(line, timeout), pattern)

    def begin(self, line, pattern='Continuing'):
        """Gives a command that lets the guest go on, and does not wait for its end."""
        self.process.sendline(line)
        self.wait_text(pattern, line)

    def finish(self, pattern=None, timeout=TIMEOUT):
        """What a command printed that was begun, once it has ended."""
        return self.check('the end', self.wait_prompt('the end', timeout), pattern)

    def check(self, line, answer, pattern):
        if pattern is None:
            return answer
        found = re.search(pattern, answer, re.MULTILINE)
        assert found, f'gdb on {line!r}: no /{pattern}/ in\n{answer}'
        return found

    def interrupt(self):
        self.process.sendintr()

    def close(self):
        self.process.close(force=True)
