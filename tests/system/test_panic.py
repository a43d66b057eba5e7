# SPDX-License-Identifier: GPL-2.0-only
"""
A bug of Umbra itself, made to order: the log says what and where, and on-panic=
is obeyed.
"""

import re

import pytest

from screen import TextMode

GUEST = 'demo guest=one kernel mem=4M -- name=one'
FRAME = re.compile(r'  [0-9a-f]{8} (\w+)\+0x[0-9a-f]+')


def end_umbra(machine, build, way, on_panic='poweroff'):
    m = machine(build, [GUEST], options=f'on-panic={on_panic}')
    m.may_panic = True
    m.expect('one> ')
    m.key(f':end {way}\r')
    m.event('panic')
    m.expect('^cpu0 ran (one|no guest)$')
    return m


def backtrace(machine):
    start = machine.lines.index('backtrace:')
    return [match[1] for line in machine.lines[start:] if (match := FRAME.fullmatch(line))]


@pytest.mark.parametrize('way, cause, function', [
    ('panic', 'asked for at the console', 'command_end'),
    ('fault', 'page fault in Umbra at address [0-9a-f]{8}', 'command_end'),
    ('stack', r'double fault \(esp [0-9a-f]{8}\)', 'overflow_stack'),
])
def test_panic(machine, build, way, cause, function):
    m = end_umbra(machine, build, way)
    assert m.wait_end() == (0, 'guest-shutdown')
    event, = m.events('panic')
    assert re.fullmatch(cause, event['cause'])
    names = backtrace(m)
    assert function in names, names
    if way != 'stack':
        # The whole way from the run loop.
        assert {'command_execute', 'run_forever', 'boot_main'} <= set(names), names
    assert any(re.match('cr0 [0-9a-f]{8} cr2 ', line) for line in m.lines)
    if way != 'panic':
        assert any(re.match('vector (8|14) error ', line) for line in m.lines)


def test_reboot(machine, release):
    m = end_umbra(machine, release, 'panic', 'reboot')
    assert m.wait_end() == (0, 'guest-reset')


def test_halt(machine, release):
    """The log stays on the screen, and the processor rests."""
    m = end_umbra(machine, release, 'panic', 'halt')
    m.wait_rest()
    m.line('echo nobody')
    m.run_on(0.3)
    assert not m.lines[-1].endswith('nobody')


def test_unknown_way(machine, release):
    m = machine(release, [GUEST])
    m.expect('one> ')
    m.command('end well', '^the ways are panic, fault, stack and hang')
    m.line('poweroff')
    m.wait_poweroff()


def test_before_there_is_memory(machine, release, tmp_path):
    """A module fills all low memory: Umbra cannot start, and says so, on the screen as well."""
    disk = tmp_path / 'disk.img'
    with disk.open('wb') as file:
        file.truncate(894 << 20)
    m = machine(release, [GUEST, f'{disk} guest=one disk'], memory='1024M',
                options='console=com1,screen on-panic=halt')
    m.may_panic = True
    assert 'not enough memory below 896 MB' in m.event('panic')['cause']
    screen = TextMode(m, tmp_path)
    m.wait(lambda: any('not enough memory below 896 MB' in row for row in screen.lines()),
           'the cause')
