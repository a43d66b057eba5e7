# SPDX-License-Identifier: GPL-2.0-only
"""
The other end of a network port's wire: QEMU sends each frame as a datagram, and
takes each datagram as a frame (-netdev dgram).  A test plays all stations there.
"""

import socket
import struct
import time

ANYBODY = b'\xff' * 6
TYPE_TEST = 0x88b5              # guest/net/talk.h has what follows it
ECHO, ECHO_ANSWER, REPORT, CLEAR, REPORT_ANSWER, NOISE = range(1, 7)
SIZE = 1 << 20                  # of a socket's buffer


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def frame(to, sender, kind, payload=b''):
    return to + sender + struct.pack('>H', kind) + payload


class Wire:
    def __init__(self, directory, device, name='w0', options='', board=()):
        """device as QEMU calls it, and its options; the machine gets `arguments`."""
        self.theirs, self.ours = (str(directory / f'{name}-{end}') for end in ('qemu', 'test'))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SIZE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SIZE)
        self.socket.bind(self.ours)
        self.socket.setblocking(False)
        self.received = []
        self.arguments = [*board, '-netdev',
                          f'dgram,id={name},local.type=unix,local.path={self.theirs},'
                          f'remote.type=unix,remote.path={self.ours}',
                          '-device', f'{device},netdev={name},id=nic{name}{options}']

    def send(self, data, timeout=10):
        """QEMU may have much else to do."""
        end = time.monotonic() + timeout
        while True:
            try:
                return self.socket.sendto(data, self.theirs)
            except BlockingIOError:
                assert time.monotonic() < end, 'QEMU takes no frames'
                time.sleep(0.001)

    def pump(self):
        """Takes in what has come."""
        try:
            while True:
                self.received.append(self.socket.recv(1 << 16))
        except BlockingIOError:
            pass

    def take(self, wanted):
        """The first frame for which wanted() holds, and everything before it goes; None when there is none."""
        self.pump()
        while self.received:
            data = self.received.pop(0)
            if wanted(data):
                return data
        return None

    def expect(self, machine, wanted, timeout=10):
        return machine.wait(lambda: self.take(wanted), 'a frame on the wire', timeout, step=0.002)

    def close(self):
        self.socket.close()
