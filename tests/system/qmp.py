# SPDX-License-Identifier: GPL-2.0-only
"""
QEMU's control socket, as far as the tests use it (QEMU, docs/interop/qmp-spec).

QEMU connects to us, so the socket is there before QEMU is.  Nothing in here
waits for an answer: QEMU may not answer before somebody reads its console.
"""

import json
import socket

TIMEOUT = 120


class Qmp:
    def __init__(self, path):
        self.path = path
        self.events = []
        self.answers = []
        self.rest = b''
        self.connection = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(TIMEOUT)

    def accept(self):
        """Takes QEMU's connection; OSError when there is none."""
        self.connection, _ = self.listener.accept()
        self.connection.setblocking(False)

    def send(self, name, /, **arguments):
        command = {'execute': name, 'arguments': arguments}
        self.connection.sendall(json.dumps(command).encode() + b'\n')

    def receive(self):
        """Sorts what has come into answers and events."""
        try:
            while data := self.connection.recv(1 << 16):
                self.rest += data
        except (BlockingIOError, ConnectionResetError):
            pass
        *lines, self.rest = self.rest.split(b'\n')
        for message in map(json.loads, lines):
            if 'event' in message:
                self.events.append(message)
            elif 'QMP' not in message:
                self.answers.append(message)

    def take_answer(self):
        """An answer, whole; None when none has come."""
        self.receive()
        return self.answers.pop(0) if self.answers else None

    def end_reason(self):
        """Why QEMU ended, once it has: guest-shutdown, guest-reset, host-qmp-quit..."""
        self.receive()
        reasons = [event['data']['reason'] for event in self.events
                   if event['event'] == 'SHUTDOWN']
        return reasons[-1] if reasons else None

    def close(self):
        self.listener.close()
        if self.connection:
            self.connection.close()
