# SPDX-License-Identifier: GPL-2.0-only
"""
A hand on the machine's buses from outside: QEMU's qtest socket (QEMU,
docs/devel/testing/qtest), which reads and writes physical addresses as a
device would.  For chips that nobody in the machine drives.
"""

import socket

TIMEOUT = 120


class Qtest:
    def __init__(self, directory):
        self.path = directory / 'qtest'
        self.connection = None

    def options(self):
        """For QEMU's command line."""
        return ['-qtest', f'unix:{self.path},server=on,wait=off', '-qtest-log', 'none']

    def ask(self, line):
        """The words of the answer."""
        if not self.connection:
            self.connection = socket.socket(socket.AF_UNIX)
            self.connection.settimeout(TIMEOUT)
            self.connection.connect(str(self.path))
        self.connection.sendall(line.encode() + b'\n')
        answer = b''
        while not answer.endswith(b'\n'):
            part = self.connection.recv(256)
            assert part, 'the qtest socket was closed'
            answer += part
        words = answer.decode().split()
        assert words[0] == 'OK', f'qtest: {line}: {answer}'
        return words[1:]

    def write32(self, address, value):
        self.ask(f'writel {address:#x} {value:#x}')

    def read32(self, address):
        return int(self.ask(f'readl {address:#x}')[0], 0)

    def close(self):
        if self.connection:
            self.connection.close()
