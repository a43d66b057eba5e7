# SPDX-License-Identifier: GPL-2.0-only
"""
Small files that look like kernels, well made or not, for the loader to judge.
Offsets are those of the System V ABI for the 386 ("Object Files") and of "The
Linux/x86 Boot Protocol".
"""

import struct

LOAD_ADDRESS = 0x100000
SECTOR = 512
UD2 = b'\x0f\x0b'
READ_CR3 = b'\x0f\x20\xd8'
LGUEST_TEXT = b'lguest'         # what an image with lguest support has in it somewhere


def elf(code, entry=LOAD_ADDRESS, address=LOAD_ADDRESS, bits=32):
    """An executable of one segment; for 64 bits only as far as its first bytes."""
    header_bytes, segment_bytes = 52, 32
    offset = header_bytes + segment_bytes
    ident = b'\x7fELF' + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9)
    header = ident + struct.pack('<HHIIIIIHHHHHH', 2, 62 if bits == 64 else 3, 1, entry,
                                 header_bytes, 0, 0, header_bytes, segment_bytes, 1, 0, 0, 0)
    segment = struct.pack('<8I', 1, offset, address, address, len(code), len(code), 7, 4096)
    return header + segment + code


def bzimage(code, *, version=0x20C, size=None, loadflags=1):
    """One setup sector, then code; size is what the header says of the code's length."""
    image = bytearray(2 * SECTOR)
    size = len(code) if size is None else size
    image[0x1F1] = 1                                    # setup_sects
    struct.pack_into('<I', image, 0x1F4, -(-size // 16))    # syssize
    struct.pack_into('<H', image, 0x1FE, 0xAA55)
    image[0x200:0x202] = b'\xeb\x66'                    # the jump says where the header ends
    image[0x202:0x206] = b'HdrS'
    struct.pack_into('<H', image, 0x206, version)
    image[0x211] = loadflags
    struct.pack_into('<I', image, 0x214, LOAD_ADDRESS)  # code32_start
    struct.pack_into('<I', image, 0x230, 0x100000)      # kernel_alignment
    struct.pack_into('<I', image, 0x260, 0x10000)       # init_size
    struct.pack_into('<Q', image, 0x258, LOAD_ADDRESS)  # pref_address
    return bytes(image) + code
