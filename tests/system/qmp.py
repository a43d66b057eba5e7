# SPDX-License-Identifier: GPL-2.0-only
"""
QEMU's control socket, as far as the tests use it (QEMU, docs/interop/qmp-spec).

QEMU connects to us, so the socket is there before QEMU is.
"""

import json
import socket

TIMEOUT = 30


class Qmp:
    def __init__(self, path):
        self.path = path
        self.events = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(TIMEOUT)
        self.stream = None

    def accept(self):
        """Takes QEMU's connection and ends the negotiation."""
        connection, _ = self.listener.accept()
        connection.settimeout(TIMEOUT)
        self.stream = connection.makefile('rw')
        self.stream.readline()
        self.command('qmp_capabilities')

    def command(self, name, **arguments):
        """Carries out one command; what it returns."""
        json.dump({'execute': name, 'arguments': arguments}, self.stream)
        self.stream.write('\n')
        self.stream.flush()
        while True:
            line = self.stream.readline()
            if not line:
                raise EOFError(f'QEMU ended instead of answering {name}')
            answer = json.loads(line)
            if 'event' in answer:
                self.events.append(answer)
            elif 'error' in answer:
                raise RuntimeError(f'QEMU on {name}: {answer["error"]["desc"]}')
            else:
                return answer['return']

    def end_reason(self):
        """Why QEMU ended, once it has: guest-shutdown, guest-reset, host-qmp-quit..."""
        for line in self.stream:
            self.events.append(json.loads(line))
        reasons = [event['data']['reason'] for event in self.events
                   if event.get('event') == 'SHUTDOWN']
        return reasons[-1] if reasons else None

    def close(self):
        self.listener.close()
        if self.stream:
            self.stream.close()
