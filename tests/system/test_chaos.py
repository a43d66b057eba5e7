# SPDX-License-Identifier: GPL-2.0-only
"""
Many hostile guests at once, which are killed, started, looked at and typed to in an
order that a seed decides (chaos.py), with NMIs at any time.  In the end nobody else
has noticed anything, all frames are back, and the machine powers itself off.

What replays: the seed gives the guests, their attacks and the order of what is done.
On one CPU QEMU also records when everything from outside came, to the instruction
(its "record/replay"), and the recording runs again as it was: test_replay.  With more
CPUs, which then run side by side, only the order is the same.

Environment: CHAOS_SEED is the seed, or for test-long the first of many; CHAOS_EVENTS is
how many things are done with a seed; CHAOS_SECONDS is how long test-long goes on.
"""

import contextlib
import os
import re
import time

import pytest

import chaos
from attacks import WITNESSES, rounds
from console import MachineError
from test_lifecycle import settled_frames

SEED = int(os.environ.get('CHAOS_SEED', 1))
EVENTS = int(os.environ.get('CHAOS_EVENTS', 120))
SECONDS = int(os.environ.get('CHAOS_SECONDS', 3600))

ATTEMPTS = 15
ATTEMPT = 5             # seconds until what was typed is typed once more
ERASED = r'(?:\x1b\[K)?'     # what Ctrl-U makes of an empty line
SLABS = 7               # the heap's, of which each may be more or less full (mm/heap.c)
TYPED_AT_ONCE = 6       # of the 16 that a serial port keeps
MEMORY = '384M'
WORDS = 'when-idle=poweroff watchdog=10 nmi-storm=200'
NAMES = [f'bad{number}' for number in range(1, chaos.ATTACKERS + 1)]


class Chaos:
    """One machine and what is done to it."""

    def __init__(self, machine, build, seed, events, directory, extra):
        for name, _, size in chaos.DISKS:
            (directory / name).write_bytes(bytes(size))
        self.modules = WITNESSES + chaos.make_modules(seed, directory)
        self.actions = chaos.make_actions(seed, events)
        self.floods = 0
        self.m = machine(build, self.modules, memory=MEMORY, options=WORDS, extra=extra)

    def try_line(self, line, timeout):
        """Umbra's prompt, and the line behind it, no faster than it is shown."""
        start = self.m.cursor = len(self.m.text)
        self.m.key(':\x15')
        for end in range(TYPED_AT_ONCE, len(line) + TYPED_AT_ONCE, TYPED_AT_ONCE):
            self.m.type(line[end - TYPED_AT_ONCE:end])
            self.m.cursor = start
            self.m.expect(f'umbra> {ERASED}{re.escape(line[:end].rstrip())}', timeout)

    def type_line(self, line):
        """Once more where keys were lost: a machine that is kept busy may take them too late."""
        for attempt in range(ATTEMPTS):
            with contextlib.suppress(MachineError):
                self.try_line(line, timeout=ATTEMPT)
                return
        self.m.fail(f'the line {line} was typed {attempt + 1} times and never shown')

    def command(self, line):
        self.type_line(line)
        self.m.type('\r')

    def flood(self, text):
        """
        Keys that come too fast are lost, as on any serial line, and it may be those
        behind the flood: a word that was not there before is typed until it is shown.
        """
        self.m.paste(text)
        for attempt in range(ATTEMPTS):
            with contextlib.suppress(MachineError):
                self.floods += 1
                self.try_line(f'flood{self.floods}', timeout=2)
                self.m.type('\x03')
                return
        self.m.fail(f'no key came behind a flood, {attempt + 1} times')

    def guests(self):
        """Those that Umbra lists, the ones included that are only coming or going."""
        start = len(self.m.text)
        self.command('guests')
        self.command('help')
        self.m.expect('^reboot .*$')        # its last line: the list is complete
        return re.findall(r'^\d+ +(\S+) +\w+ +\d+ K ', self.m.text[start:], re.MULTILINE)

    def frames_of_nobody(self):
        """How many frames are free with the demo guest alone, and that new."""
        self.command('log info')
        for name in ['victim', *NAMES]:
            self.command(f'kill {name}')
        self.m.wait(lambda: self.guests() == ['keeper'], 'the end of all others')
        ready = len(self.m.events('guest-ready', guest='keeper'))
        self.command('restart keeper')
        self.m.event('guest-ready', guest='keeper', count=ready + 1)
        return settled_frames(self.m)

    def do(self, kind, argument):
        if kind == 'command':
            self.command(argument)
        elif kind == 'key':
            self.m.key(argument)
        elif kind == 'type':
            self.flood(argument)
        else:
            self.victim_round()

    def victim_round(self):
        """The victim, which numbers its rounds anew when it is started again, makes another one."""
        def made():
            rounds(self.m)      # for what it finds
            return sum('checksum OK' in line for line in self.m.lines)
        before = made()
        self.m.wait(lambda: made() > before, 'another round of the victim')

    def run(self):
        self.m.event('guest-ready', guest='keeper')
        before = self.frames_of_nobody()
        for name in ['victim', *NAMES]:
            self.command(f'start {name}')
        for done, action in enumerate(self.actions):
            try:
                self.do(*action)
            except AssertionError as error:
                raise AssertionError(f'action {done}, {action}: {error}') from error
        rounds(self.m)
        assert not self.m.events('guest-exit', guest='keeper', reason='crash')
        lost = before - self.frames_of_nobody()
        assert abs(lost) <= SLABS, f'{lost} frames are lost'
        self.end()

    def end(self):
        """The victim and the demo guest are well, and with them the machine ends."""
        self.command('start victim')
        self.victim_round()
        self.command('kill victim')
        self.m.key('2')
        self.m.line('echo yes')
        self.m.expect('^yes$')
        self.m.line('poweroff')
        self.m.wait_poweroff()


@contextlib.contextmanager
def told(build, seed, cpus, events):
    """Says with a failure how to have it again."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(
            f'{error}\nseed {seed}; again with: CHAOS_SEED={seed} CHAOS_EVENTS={events} '
            f'make test PYTEST_EXTRA="-k \'test_chaos and {build.name}-{cpus}\'"') from error


def recording(directory, mode='record'):
    return ['-icount', f'shift=3,rr={mode},rrfile={directory / "recording"}']


def run_seed(machine, build, seed, cpus, directory, events=EVENTS):
    extra = recording(directory) if cpus == 1 else ['-smp', str(cpus)]
    with told(build, seed, cpus, events):
        done = Chaos(machine, build, seed, events, directory, extra)
        done.run()
    done.m.close()
    return done.m


@pytest.mark.parametrize('cpus', [1, 4])
def test_chaos(machine, build, cpus, tmp_path):
    run_seed(machine, build, SEED, cpus, tmp_path)


def test_replay(machine, release, tmp_path):
    """A recording shows the same in the end as what was recorded, to the last character."""
    first = run_seed(machine, release, SEED, 1, tmp_path, events=20)
    again = machine(release, WITNESSES + chaos.make_modules(SEED, tmp_path), memory=MEMORY,
                    options=WORDS, extra=recording(tmp_path, 'replay'))
    again.wait_poweroff(timeout=300)
    assert again.text == first.text


@pytest.mark.long
def test_chaos_long(machine, release, debug, tmp_path):
    end = time.monotonic() + SECONDS
    seed = SEED
    while time.monotonic() < end:
        for build in release, debug:
            for cpus in 1, 4:
                run_seed(machine, build, seed, cpus, tmp_path).log_file.unlink()
        seed += 1
