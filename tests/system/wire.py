# SPDX-License-Identifier: GPL-2.0-only
"""
The other end of a network port's wire: QEMU sends each frame as a datagram, and
takes each datagram as a frame (-netdev dgram).  A test plays all stations there;
one of them can be a peer of guest/net.
"""

import collections
import contextlib
import socket
import struct
import threading
import time

from console import TIMEOUT

ANYBODY = b'\xff' * 6
TYPE_IPV4, TYPE_IPV6, TYPE_TAG = 0x0800, 0x86dd, 0x8100
TYPE_TEST = 0x88b5              # guest/net/talk.h says what follows it
ECHO, ECHO_ANSWER, REPORT, CLEAR, REPORT_ANSWER, NOISE = range(1, 7)
TCP, UDP, FRAGMENT = 6, 17, 44
FIRST_SEQUENCE = 0xfffff000     # guest/net/packet.c
BUFFER = 1 << 20                # of a socket


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def frame(to, sender, kind, payload=b''):
    return to + sender + struct.pack('>H', kind) + payload


def type_of(data):
    return int.from_bytes(data[12:14], 'big')


class Wire:
    """Its name is also that of the card, for QMP."""

    def __init__(self, directory, device, name, options=''):
        self.name = name
        self.theirs, self.ours = (str(directory / f'{name}-{end}') for end in ('qemu', 'test'))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for option in socket.SO_RCVBUF, socket.SO_SNDBUF:
            self.socket.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        self.socket.bind(self.ours)
        self.socket.setblocking(False)
        self.received = collections.deque()
        self.arguments = ['-netdev', f'dgram,id=to-{name},local.type=unix,local.path={self.theirs},'
                          f'remote.type=unix,remote.path={self.ours}',
                          '-device', f'{device},netdev=to-{name},id={name}{options}']

    def try_send(self, data):
        """False when QEMU has not taken the last ones yet."""
        try:
            self.socket.sendto(data, self.theirs)
        except BlockingIOError:
            return False
        return True

    def send(self, data, timeout=TIMEOUT):
        end = time.monotonic() + timeout
        while not self.try_send(data):
            assert time.monotonic() < end, 'QEMU takes no frames'
            time.sleep(0.001)

    @contextlib.contextmanager
    def flood(self, data):
        """Sends that frame as fast as QEMU takes it."""
        over = threading.Event()

        def run():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(0.5)
                while not over.is_set():
                    with contextlib.suppress(TimeoutError):
                        sender.sendto(data, self.theirs)
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def pump(self):
        """Takes in what has come."""
        try:
            while True:
                self.received.append(self.socket.recv(1 << 16))
        except BlockingIOError:
            pass

    def take(self, wanted):
        """The first frame for which wanted() holds, or None; those before it are dropped."""
        self.pump()
        while self.received:
            data = self.received.popleft()
            if wanted(data):
                return data
        return None

    def expect(self, machine, wanted, timeout=TIMEOUT):
        return machine.wait(lambda: self.take(wanted), 'a frame on the wire', timeout, step=0.002)

    def close(self):
        self.socket.close()


# --- a peer ------------------------------------------------------------------------------------


def sum_of(data, start=0):
    """The internet checksum's sum (RFC 1071): 0xffff where data has its checksum."""
    data += b'\0' * (len(data) % 2)
    total = start + sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pattern(place, length):
    return bytes(((place + i) * 5 + ((place + i) >> 8) * 3) & 0xff for i in range(length))


class Peer:
    """Answers as role=peer of guest/net does, and judges what it gets by itself."""

    def __init__(self, wire, address):
        self.wire, self.address = wire, address
        self.wrong = []             # what is wrong with frames, in words
        self.lengths = []
        self.others = []            # frames that are for somebody else
        self.clear()

    def clear(self):
        self.frames = self.bytes = self.fragments = self.foreign = 0
        self.datagram = b''

    def serve(self):
        """Looks at what came in; to be called again and again."""
        self.wire.pump()
        while self.wire.received:
            self.take(self.wire.received.popleft())

    def take(self, data):
        kind = type_of(data)
        self.lengths.append(len(data))
        if data[:6] not in (self.address, ANYBODY):
            self.foreign += kind == TYPE_TEST
            self.others.append(data)
        elif kind == TYPE_TEST:
            self.answer(data)
        else:
            self.judge(kind, data)

    def answer(self, data):
        answers = {ECHO: ECHO_ANSWER, REPORT: REPORT_ANSWER, CLEAR: REPORT_ANSWER}
        body = data[16:]
        if (asked := data[14]) not in answers:
            return
        if asked != ECHO:
            # struct packet_report of guest/net/packet.h; we agree to take nothing unfinished.
            report = struct.pack('<9I', self.frames, self.bytes, len(self.wrong), 0, 0,
                                 self.fragments, max(self.lengths), self.foreign, 0)
            body = data[16:20] + report + data[20 + len(report):]
        if asked == CLEAR:
            self.clear()
        self.wire.send(frame(data[6:12], self.address, TYPE_TEST,
                             bytes([answers[asked], 0]) + body))

    def judge(self, kind, data):
        self.frames += 1
        if len(data) > 1514:
            self.wrong.append(f'a frame of {len(data)} bytes')
        wrong = self.judge_ipv4(data[14:]) if kind == TYPE_IPV4 else self.judge_ipv6(data[14:])
        if wrong:
            self.wrong.append(wrong)

    def judge_ipv4(self, data):
        length, fragment = struct.unpack_from('>H2xH', data, 2)
        if sum_of(data[:20]) != 0xffff:
            return 'the checksum of IPv4'
        pseudo = data[12:20] + struct.pack('>H', data[9])
        return self.judge_rest(data[9], pseudo, data[20:length], fragment & 0x3fff,
                               (fragment & 0x1fff) * 8, fragment & 0x2000)

    def judge_ipv6(self, data):
        length, protocol = struct.unpack_from('>HB', data, 4)
        rest, fragment = data[40:40 + length], 0
        if protocol == FRAGMENT:
            protocol, fragment = rest[0], struct.unpack_from('>H', rest, 2)[0]
            rest = rest[8:]
            return self.judge_rest(protocol, data[8:40] + struct.pack('>H', protocol), rest, True,
                                   fragment & 0xfff8, fragment & 1)
        return self.judge_rest(protocol, data[8:40] + struct.pack('>H', protocol), rest, False, 0,
                               0)

    def judge_rest(self, protocol, pseudo, rest, is_fragment, offset, more):
        self.bytes += len(rest)
        if is_fragment:
            self.fragments += 1
            self.datagram = self.datagram if offset else b''
            if offset != len(self.datagram):
                return f'a fragment from {offset} after {len(self.datagram)} bytes'
            self.datagram += rest
            if more:
                return None
            rest = self.datagram
        header = 20 if protocol == TCP else 8
        if not is_fragment:
            self.bytes -= header
        if sum_of(rest, sum_of(pseudo + struct.pack('>H', len(rest)))) != 0xffff:
            return f'the checksum of protocol {protocol} over {len(rest)} bytes'
        place = 8
        if protocol == TCP:
            place = (struct.unpack_from('>I', rest, 4)[0] - FIRST_SEQUENCE) % (1 << 32)
        if rest[header:] != pattern(place, len(rest) - header):
            return f'the bytes of protocol {protocol} from {place}'
        return None
