# SPDX-License-Identifier: GPL-2.0-only
"""
The machine's own screen and keyboard, and with them every way to boot the one
image: BIOS and both kinds of UEFI, from a CD and as a USB stick.
"""

import shutil

import pytest

from screen import Framebuffer, TextMode, press, press_seen, wait_row

WORDS = 'console=com1,screen when-idle=poweroff'
GREETING = 'This is one, a guest of Umbra with 4096 KB of memory. Try help.'
QEMU64 = 'qemu-system-x86_64'

OVMF = '/usr/share/OVMF'
# The package for IA32 has a firmware of one kind only, which wants the flash to be guarded.
FIRMWARE = {
    'x64': (f'{OVMF}/OVMF_CODE_4M.fd', f'{OVMF}/OVMF_VARS_4M.fd', ['-machine', 'q35']),
    'ia32': (f'{OVMF}/OVMF32_CODE_4M.secboot.fd', f'{OVMF}/OVMF32_VARS_4M.fd',
             ['-machine', 'q35,smm=on',
              '-global', 'driver=cfi.pflash01,property=secure,value=on']),
}


def medium(kind, image):
    if kind == 'cd':
        return ['-boot', 'd', '-cdrom', str(image)]
    return ['-drive', f'if=none,id=stick,format=raw,readonly=on,file={image}',
            '-device', 'qemu-xhci', '-device', 'usb-storage,drive=stick,bootindex=1']


def uefi(kind, directory):
    """The options for that firmware, which writes into a copy of its variables."""
    code, variables, options = FIRMWARE[kind]
    own = directory / 'variables.fd'
    shutil.copy(variables, own)
    return [*options, '-drive', f'if=pflash,format=raw,readonly=on,file={code}',
            '-drive', f'if=pflash,format=raw,file={own}']


def check_screen(m, screen):
    """Log and guest are on both, screen and serial line; keys reach the guest and Umbra."""
    m.event('boot', timeout=240)
    m.expect('one> ')
    rows = wait_row(m, screen, GREETING)
    assert [row for row in rows if row.startswith('event=guest-ready guest=one ')]
    press_seen(m, 'echo Keys, 1-9: [ok]?\r')
    m.expect(r'^Keys, 1-9: \[ok\]\?$')
    wait_row(m, screen, 'Keys, 1-9: [ok]?')
    # The serial line's keys arrive as well.
    m.line('echo by wire')
    wait_row(m, screen, 'by wire')
    press(m, '\x1d?')
    m.expect('^umbra: guest 1 is one, in focus$')
    wait_row(m, screen, 'umbra: guest 1 is one, in focus')
    press_seen(m, 'poweroff\r')
    m.wait_poweroff()


@pytest.mark.parametrize('kind', ['cd', 'stick'])
def test_bios(machine, build, make_iso, tmp_path, kind):
    image = make_iso(build, WORDS, ('one', 'demo', 'name=one'))
    m = machine(build, medium=medium(kind, image))
    check_screen(m, TextMode(m, tmp_path))


@pytest.mark.parametrize('firmware, kind', [('x64', 'cd'), ('x64', 'stick'), ('ia32', 'cd'),
                                            ('ia32', 'stick')])
def test_uefi(machine, release, debug, make_iso, tmp_path, firmware, kind):
    """There is no text mode: the frame buffer is used."""
    build = release if kind == 'cd' else debug
    image = make_iso(build, WORDS, ('one', 'demo', 'name=one'))
    m = machine(build, program=QEMU64, cpu='qemu64', memory='256M',
                medium=uefi(firmware, tmp_path) + medium(kind, image))
    check_screen(m, Framebuffer(m, tmp_path))


@pytest.mark.parametrize('mode', ['1024x768x15', '1024x768x16', '800x600x24', '1280x1024x32'])
def test_depths(machine, release, make_iso, tmp_path, mode):
    image = make_iso(release, WORDS, ('one', 'demo', 'name=one'), mode=mode)
    m = machine(release, medium=medium('cd', image))
    screen = Framebuffer(m, tmp_path)
    m.event('guest-ready')
    assert 'x'.join(map(str, screen.size())) == mode.rpartition('x')[0]
    check_screen(m, screen)


def test_scrolling(machine, build, make_iso, tmp_path):
    """After more lines than the screen has, the last ones are there and nothing of the others."""
    image = make_iso(build, WORDS, ('one', 'demo', 'name=one'), mode='800x600x32')
    m = machine(build, medium=medium('cd', image))
    screen = Framebuffer(m, tmp_path)
    m.expect('one> ')
    for i in range(100):
        m.line(f'echo line {i}')
    m.expect('^line 99$')
    # On the way there the screen shows what came before.
    rows = m.wait(lambda: (rows := screen.lines())[-2:] == ['line 99', 'one> \u2581'] and rows,
                  'the last lines on the screen', step=0.2)
    assert len(rows) == 37
    texts = [text for i in range(100) for text in (f'one> echo line {i}', f'line {i}')]
    assert rows == [*texts[-36:], 'one> \u2581']


def test_panic(machine, build, make_iso, tmp_path):
    """What Umbra says last is on the screen, though nobody refreshes it any more."""
    image = make_iso(build, WORDS, ('one', 'demo', 'name=one'), mode='1024x768x32')
    m = machine(build, medium=medium('cd', image))
    m.may_panic = True
    m.expect('one> ')
    press(m, '\x1d:')
    press_seen(m, 'end panic\r')
    cause = m.event('panic')['cause']
    wait_row(m, Framebuffer(m, tmp_path), f'event=panic cause="{cause}"')


def test_screen_alone(machine, release, make_iso, tmp_path):
    """Without a serial line among the consoles."""
    image = make_iso(release, 'console=vga when-idle=poweroff', ('one', 'demo', 'name=one'))
    m = machine(release, medium=medium('cd', image))
    screen = TextMode(m, tmp_path)
    wait_row(m, screen, GREETING)
    press(m, 'echo here\r')
    wait_row(m, screen, 'here')
    press(m, 'poweroff\r')
    assert m.wait_end() == (0, 'guest-shutdown')
    assert 'event=' not in m.text


def test_no_keyboard_controller(machine, build):
    """A machine without an 8042 comes up as quickly, with its keys on the serial line."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one'],
                options='console=com1,screen when-idle=poweroff',
                extra=['-machine', 'pc,i8042=off'])
    m.expect('one> ')
    m.line('echo alive')
    m.expect('^alive$')
    m.line('poweroff')
    m.wait_poweroff()
