# SPDX-License-Identifier: GPL-2.0-only
"""
What the machine's screen shows, seen from outside, and its keyboard pressed
from outside: by way of QEMU, past the serial line.
"""

import gzip
import os
import re
import struct

FONT = os.environ.get('UMBRA_FONT', '/usr/share/consolefonts/Unifont-APL8x16.psf.gz')
WIDTH, HEIGHT = 8, 16
TEXT_MEMORY = 0xB8000
TEXT_COLUMNS, TEXT_ROWS = 80, 25
LIGHT_GREY_ON_BLACK = 0x07

# How a US keyboard has what is no letter and no digit, by QEMU's names of keys (qapi/ui.json,
# QKeyCode).
KEYS = {
    ' ': 'spc', '\r': 'ret', '\n': 'ret', '.': 'dot', ',': 'comma', '-': 'minus', '/': 'slash',
    ';': 'semicolon', "'": 'apostrophe', '[': 'bracket_left', ']': 'bracket_right', '=': 'equal',
    ':': 'shift semicolon', '?': 'shift slash', '_': 'shift minus', '!': 'shift 1',
    '\x1d': 'ctrl bracket_right',
}


def press(machine, text):
    """Types on the machine's keyboard, at the pace of somebody who types fast."""
    for character in text:
        names = KEYS.get(character, character if character == character.lower()
                         else f'shift {character.lower()}')
        keys = [{'type': 'qcode', 'data': name} for name in names.split()]
        machine.run_on(0.05)
        machine.ask('send-key', keys=keys, **{'hold-time': 20})


def press_seen(machine, text):
    """
    The same to the guest in focus, who shows each character on the serial line before the next one
    is typed: a keyboard keeps no more than sixteen bytes while the host holds the machine up.
    """
    for character in text:
        press(machine, character)
        if character.isprintable():
            machine.expect(re.escape(character))


class Font:
    """A PC Screen Font, version 1 (kbd, psfopen(5)): which picture is which character."""

    def __init__(self, path=FONT):
        with gzip.open(path) as file:
            data = file.read()
        magic, mode, size = struct.unpack_from('<HBB', data)
        assert (magic, size) == (0x0436, HEIGHT) and mode & 2
        count = 512 if mode & 1 else 256
        self.glyphs = {}            # by character
        codes = struct.iter_unpack('<H', data[4 + count * HEIGHT:])
        for index in range(count):
            glyph = data[4 + index * HEIGHT:4 + (index + 1) * HEIGHT]
            wanted = True
            for code, in codes:
                if code == 0xFFFF:
                    break
                wanted = wanted and code != 0xFFFE
                if wanted:
                    self.glyphs.setdefault(chr(code), glyph)
        self.characters = {cell_of(self.glyphs[chr(code)]): chr(code) for code in range(0x20, 0x7F)}


# Of each colour of a pixel: black, the light grey of text as near as a mode has it, anything else.
BLACK, GREY, OTHER = b'\0', b'\1', b'\2'
KINDS = BLACK + b''.join(GREY if 0xA0 <= value <= 0xB4 else OTHER for value in range(1, 256))


class Picture:
    """A portable pixmap, as QEMU's `screendump` makes it, of black and light grey."""

    def __init__(self, path):
        data = path.read_bytes()
        kind, width, height, depth = data.split(maxsplit=4)[:4]
        assert (kind, depth) == (b'P6', b'255')
        self.width, self.height = int(width), int(height)
        pixels = data[-3 * self.width * self.height:].translate(KINDS)
        self.grey = pixels[::3]
        assert self.grey == pixels[1::3] == pixels[2::3] and OTHER not in self.grey, \
            'the screen has other colours than black and light grey'

    def cell(self, column, row):
        """A byte for each pixel."""
        start = row * HEIGHT * self.width + column * WIDTH
        return b''.join(self.grey[at:at + WIDTH]
                        for at in range(start, start + HEIGHT * self.width, self.width))


def cell_of(glyph):
    """A glyph as Picture.cell has it."""
    return b''.join(GREY if line >> (WIDTH - 1 - x) & 1 else BLACK
                    for line in glyph for x in range(WIDTH))


class Framebuffer:
    """A frame buffer: pixels are compared with the font's."""

    def __init__(self, machine, directory):
        self.machine = machine
        self.file = directory / 'screen.ppm'
        self.font = Font()
        # The cursor underlines what it is on; it is on blanks in all that is judged here.
        self.cursor = cell_of(bytes(HEIGHT - 2) + b'\xff\xff')

    def size(self):
        picture = self.look()
        return picture.width, picture.height

    def look(self):
        self.machine.ask('screendump', filename=str(self.file))
        return Picture(self.file)

    def lines(self):
        """
        The rows as text, without the blanks at their ends; the cursor is U+2581, and
        what is no character is U+FFFD.
        """
        picture = self.look()
        known = {**self.font.characters, self.cursor: '\u2581'}
        return [''.join(known.get(picture.cell(column, row), '\ufffd')
                        for column in range(picture.width // WIDTH)).rstrip()
                for row in range(picture.height // HEIGHT)]


class TextMode:
    """The VGA's text mode: its memory has characters and attributes."""

    def __init__(self, machine, directory):
        self.machine = machine
        self.file = directory / 'screen.bin'

    def lines(self):
        """The rows as text; none while the firmware's colours are still there."""
        size = 2 * TEXT_COLUMNS * TEXT_ROWS
        self.machine.ask('pmemsave', val=TEXT_MEMORY, size=size, filename=str(self.file))
        data = self.file.read_bytes()
        if set(data[1::2]) != {LIGHT_GREY_ON_BLACK}:
            return []
        text = data[::2].decode('cp437')
        return [text[i:i + TEXT_COLUMNS].rstrip() for i in range(0, len(text), TEXT_COLUMNS)]


def wait_row(machine, screen, text, count=1):
    """Waits until count rows of the screen are that text; the screen's rows."""
    found = []

    def shown():
        found[:] = screen.lines()
        return found.count(text) >= count
    machine.wait(shown, f'the row {text!r} on the screen', step=0.2)
    return found
