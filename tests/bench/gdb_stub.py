# SPDX-License-Identifier: GPL-2.0-only
"""
QEMU's stub for debuggers, as far as it takes to read the time-stamp counter of the machine at an
instruction: what a program that starts there has executed can then be told from what came before.
"""
import socket
import time

REGISTERS = "eax ecx edx ebx esp ebp esi edi eip eflags cs".split()
RDTSC = "0f31"


def connect(path):
    """To a socket of QEMU's, as soon as QEMU has made it, and listens to it."""
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.01)


class GdbStub:
    """A connection to `-gdb unix:path,server=on,wait=off`; the machine waits for it with -S."""

    def __init__(self, path):
        self.socket = connect(path)
        self.input = b""

    def ask(self, text):
        """One packet and its answer, without what is around both."""
        self.socket.sendall(f"${text}#{sum(text.encode()) & 0xFF:02x}".encode())
        return self.answer()

    def answer(self):
        while (end := self.input.find(b"#")) < 0 or len(self.input) < end + 3:
            if not (piece := self.socket.recv(4096)):
                raise EOFError("the machine has ended")
            self.input += piece
        start = self.input.index(b"$")
        packet, self.input = self.input[start + 1:end], self.input[end + 3:]
        self.socket.sendall(b"+")
        return packet.decode()

    def registers(self):
        """The raw answer, for writing them back, and those that are needed by name."""
        raw = self.ask("g")
        words = [int.from_bytes(bytes.fromhex(raw[i:i + 8]), "little") for i in range(0, 88, 8)]
        return raw, dict(zip(REGISTERS, words))

    def run_to(self, address, selector):
        """
        Goes on until the instruction at the address is the next, with this selector in CS, and its
        page can be read: a guest is there first before Umbra has mapped it, and then once more.
        """
        self.ask(f"Z1,{address:x},1")
        while True:
            self.ask("c")
            found = self.registers()[1]
            if ((found["eip"], found["cs"]) == (address, selector) and
                    not self.ask(f"m{address:x},1").startswith("E")):
                break
            self.ask("s")
        self.ask(f"z1,{address:x},1")

    def read_word(self, address):
        return int.from_bytes(bytes.fromhex(self.ask(f"m{address:x},4")), "little")

    def write_word(self, address, value):
        self.ask(f"M{address:x},4:{value.to_bytes(4, 'little').hex()}")

    def time_stamp(self):
        """Of here: executes an rdtsc in the place of what is next, and puts all back."""
        raw, before = self.registers()
        code = self.ask(f"m{before['eip']:x},2")
        self.ask(f"M{before['eip']:x},2:{RDTSC}")
        self.ask("s")
        after = self.registers()[1]
        self.ask(f"M{before['eip']:x},2:{code}")
        self.ask(f"G{raw}")
        return after["edx"] << 32 | after["eax"]

    def leave(self):
        """The machine goes on by itself."""
        self.ask("D")
        self.socket.close()
