# SPDX-License-Identifier: GPL-2.0-only
"""
ACPI tables made by hand, right in form and wrong in what they say, and images whose
boot loader puts them in the place of the firmware's own (GRUB's command acpi).
Offsets are those of ACPI 6.4, chapter 5; the numbers are QEMU's, of its machine pc.
"""

import shutil
import struct
import subprocess

HEADER = '<4sIBB6s8sI4sI'
QEMU_SCI = 9


def table(signature, body, revision):
    """The table with its header, whose bytes add up to 0."""
    length = struct.calcsize(HEADER) + len(body)
    data = bytearray(struct.pack(HEADER, signature, length, revision, 0, b'UMBRA ', b'TESTS   ',
                                 1, b'TEST', 1) + body)
    data[9] = -sum(data) & 0xFF
    return bytes(data)


# --- the MADT -------------------------------------------------------------------------------


def cpu(apic_id, uid=0, flags=1):
    return struct.pack('<BBBBI', 0, 8, uid, apic_id, flags)


def x2apic_cpu(apic_id, uid=0, flags=1):
    return struct.pack('<BBHIII', 9, 16, 0, apic_id, flags, uid)


def io_apic(address=0xFEC00000, first_line=0):
    return struct.pack('<BBBBII', 1, 12, 0, 0, address, first_line)


def override(source, line, flags=0):
    return struct.pack('<BBBBIH', 2, 10, 0, source, line, flags)


def nmi_source(line, flags=0):
    return struct.pack('<BBHI', 3, 8, flags, line)


def local_nmi(uid=0xFF, lint=1):
    return struct.pack('<BBBHB', 4, 6, uid, 0, lint)


def madt(*entries):
    return table(b'APIC', struct.pack('<II', 0xFEE00000, 1) + b''.join(entries), 3)


def lines():
    """How the interrupt lines of QEMU's machines are wired."""
    level_high = 0xD
    return [io_apic(), override(0, 2), local_nmi(),
            *(override(line, line, level_high) for line in (5, 9, 10, 11))]


# --- others -------------------------------------------------------------------------------------


def fadt(*, pm_timer=0x608, pm1a_event=0x600, pm1a_control=0x604, sci=QEMU_SCI, smi=0xB2,
         gpe0=0xAFE0, century=0x32, reset=None):
    """That of ACPI 1.0; of 2.0 with reset, the port of a reset register."""
    body = struct.pack('<IIBBHIBBBBIIIIIIII', 0, 0, 1, 0, sci, smi, 0xF1, 0xF0, 0, 0,
                       pm1a_event, 0, pm1a_control, 0, 0, pm_timer, gpe0, 0)
    flags = 0x80A5 | (reset is not None) << 10
    body += struct.pack('<8B4H5BHBI', 4, 2, 0, 4, 4, 0, 0, 0, 0xFFF, 0xFFF, 0, 0, 0, 0, 0, 0,
                        century, 0, 0, flags)
    if reset is not None:
        body += struct.pack('<BBBBQB', 1, 8, 0, 1, reset, 0x0F) + bytes(3) + bytes(112)
    return table(b'FACP', body, 1 if reset is None else 3)


def hpet(address):
    return table(b'HPET', struct.pack('<IBBBBQBHB', 0x8086A201, 0, 64, 0, 0, address, 0, 100, 0), 1)


def mcfg(base, last_bus=255):
    return table(b'MCFG', bytes(8) + struct.pack('<QHBBI', base, 0, 0, last_bus, 0), 1)


# --- images ---------------------------------------------------------------------------------------


def make_image(directory, build, words, modules, tables, command='multiboot2'):
    """An image with GRUB: Umbra with these words, modules as for Machine, and the tables."""
    root = directory / 'root'
    (root / 'boot/grub').mkdir(parents=True)
    shutil.copy(build.umbra, root / 'umbra.elf')
    menu = ['set timeout=0', "menuentry 'Umbra' {"]
    for number, data in enumerate(tables):
        (root / f'table{number}').write_bytes(data)
    if tables:
        names = ','.join(data[:4].decode() for data in tables)
        files = ' '.join(f'/table{number}' for number in range(len(tables)))
        menu.append(f'acpi --exclude={names} {files}')
    menu.append(f'{command} /umbra.elf {words}')
    for number, module in enumerate(modules):
        file, _, line = module.partition(' ')
        shutil.copy(build.guest(file), root / f'module{number}')
        menu.append(f'{command.replace("multiboot", "module")} /module{number} {line}')
    (root / 'boot/grub/grub.cfg').write_text('\n'.join([*menu, '}', '']))
    image = directory / 'firmware.iso'
    subprocess.run(['grub-mkrescue', '-o', image, root], check=True, timeout=120,
                   capture_output=True)
    return image
