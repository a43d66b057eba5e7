# SPDX-License-Identifier: GPL-2.0-only
"""
Names for addresses: from an ELF file with a symbol table, or from a System.map of Linux's.
"""

import bisect
import pathlib
import re
import struct

ELF_HEADER = struct.Struct('<16sHHIIIIIHHHHHH')
SECTION = struct.Struct('<10I')
SYMBOL = struct.Struct('<IIIBBH')
SECTION_SYMBOLS = 2         # SHT_SYMTAB
FUNCTION, NO_TYPE = 2, 0    # STT_FUNC, STT_NOTYPE
MAP_LINE = re.compile(r'^([0-9a-f]{8}) [tTwW] (\S+)', re.MULTILINE)
FAR = 1 << 20               # no function is so long


class SymbolError(Exception):
    """The file has no symbols that are understood."""


def text_at(data, offset):
    return data[offset:data.index(b'\0', offset)].decode('latin-1')


def elf_symbols(data):
    """(address, name) of functions, and of labels of an assembler."""
    header = ELF_HEADER.unpack_from(data)
    if header[0][4:6] != b'\x01\x01':
        raise SymbolError('an ELF file, but not of 32 bits and little endian')
    offset, size, count = header[6], header[11], header[12]
    sections = [SECTION.unpack_from(data, offset + i * size) for i in range(count)]
    for section in sections:
        if section[1] != SECTION_SYMBOLS:
            continue
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], SYMBOL.size):
            name, value, _, info, _, place = SYMBOL.unpack_from(data, at)
            if info & 0xF in (FUNCTION, NO_TYPE) and 0 < place < 0xFF00:
                text = text_at(data, names + name)
                # NASM makes labels of its own within macros, ..@5.name.
                if text and not text.startswith('.'):
                    yield value, text


class Symbols:
    """The functions of one file."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        try:
            found = list(elf_symbols(data)) if data[:4] == b'\x7fELF' else [
                (int(address, 16), name)
                for address, name in MAP_LINE.findall(data.decode('latin-1'))]
        except (struct.error, IndexError, ValueError) as error:
            raise SymbolError(f'a broken ELF file: {error}') from error
        if not found:
            raise SymbolError('no symbols in it')
        found.sort()
        self.addresses = [address for address, _ in found]
        self.names = [name for _, name in found]

    def name(self, address):
        """Of the function that the address is in, or None."""
        index = bisect.bisect_right(self.addresses, address) - 1
        if index < 0 or address - self.addresses[index] > FAR:
            return None
        return self.names[index]
