# SPDX-License-Identifier: GPL-2.0-only
"""
The attacks of the hostile guests: which there are, how they are started next to
two witnesses (a victim with a checksum in memory and in the FPU, and a demo guest
that answers), and what is to be seen in the end.  For tests in QEMU and in Bochs.
"""

import pathlib
import re

from console import TIMEOUT

SOURCES = pathlib.Path(__file__).resolve().parents[2] / 'guest'
ATTACK = re.compile(r'^ATTACK\(\w+,\s*"([^"]+)"', re.MULTILINE)


def attacks_of(*patterns):
    """The attacks of some files: a list for each file, by its name."""
    files = [file for pattern in patterns for file in sorted(SOURCES.glob(pattern))]
    return {file.stem: names for file in files if (names := ATTACK.findall(file.read_text()))}


# By guest (guest/guest.mk) and file; hostile_a and hostile_c speak the protocol of kernels before
# 2.6.37 and from 4.0.
FILES = {'hostile': attacks_of('hostile/*.c'),
         'hostile_a': attacks_of('hostile_a/*.c'),
         'hostile_c': attacks_of('hostile/queues.c', 'hostile/entropy.c', 'hostile/net.c',
                                   'hostile_c/*.c')}
ATTACKS = [(guest, name) for guest, files in FILES.items() for names in files.values()
           for name in names]
ENDLESS = {'fuzz-kernel'}       # noise as code in ring 1, which may hit the kernel's own
SIDE_BY_SIDE = 30       # attackers of one machine: Umbra has 32 guests at most

# These stop at the first case that kills the guest; tests of their own go on behind it.
PIECEWISE = {'edges', 'switcher-execute'}
# These print so much that lines of other guests in the background may be lost.
LOUD = {'text-storm', 'text-no-lines', 'console-storm', 'queue-buffer-all', 'notify-control',
        'notify-noise', 'page-scribble', 'queue-noise'}
FUZZ_ROUNDS = 2000      # in a debug build, which checks all tables each time

WITNESSES = ['victim guest=victim kernel mem=4M -- seed=77',
             'demo guest=keeper kernel mem=4M -- name=keeper']


def groups():
    """Attacks that can run side by side, in groups that fit one machine: guest, names, part."""
    for guest, files in FILES.items():
        names = [name for of_file in files.values() for name in of_file
                 if name not in PIECEWISE | LOUD]
        for part, first in enumerate(range(0, len(names), SIDE_BY_SIDE), 1):
            yield guest, tuple(names[first:first + SIDE_BY_SIDE]), part


def start(machine, build, *attackers, guest='hostile', module_words='', **options):
    """
    Attackers are command lines of that guest; they are called bad1, bad2 and so on.
    module_words are for Umbra, on the line of each.
    """
    modules = [f'{guest} guest=bad{number} kernel mem=8M {module_words} -- {words}'
               for number, words in enumerate(attackers, 1)]
    m = machine(build, WITNESSES + modules, memory='512M', **options)
    m.event('guest-ready', guest='keeper')
    return m


def rounds(machine):
    """How many rounds the victim has made; none may have found anything."""
    # A line is complete where its verdict is; other guests' lines may interrupt it before.
    made = [match for line in machine.lines
            if (match := re.search(r'victim: round (\d+) (checksum OK|BAD.*)', line))]
    bad = [match[0] for match in made if match[2] != 'checksum OK']
    assert not bad, bad
    return int(made[-1][1]) if made else 0


def check_witnesses(machine):
    """
    The victim goes on, the demo guest answers, the machine ends well.  Returns
    how many frames are free when only the demo guest is left.
    """
    before = rounds(machine)
    machine.wait(lambda: rounds(machine) >= before + 2, 'two more rounds of the victim')
    assert not machine.events('guest-exit', guest='victim')
    machine.key(':kill victim\r')
    machine.event('guest-exit', guest='victim')
    machine.event('focus', guest='keeper')
    machine.line('echo still here')
    machine.expect('^still here$')
    machine.expect('keeper> ')
    free = machine.free_frames()
    machine.line('poweroff')
    machine.wait_poweroff()
    return free


def wait_attackers(machine, count=1, timeout=TIMEOUT):
    return [machine.event('guest-exit', guest=f'bad{number}', timeout=timeout)
            for number in range(1, count + 1)]


def wait_group(machine, names, meanwhile=lambda: None, timeout=TIMEOUT):
    """
    The ends of attackers that run side by side.  One that may have destroyed what
    was to end it is killed when all others have ended.
    """
    def has_ended(number):
        return machine.events('guest-exit', guest=f'bad{number}')

    def others_ended():
        meanwhile()
        return all(has_ended(number) for number, name in enumerate(names, 1)
                   if name not in ENDLESS)
    machine.wait(others_ended, 'the end of all attackers', timeout, step=0.005)
    for number, name in enumerate(names, 1):
        if name in ENDLESS and not has_ended(number):
            machine.key(f':kill bad{number}\r')
    return wait_attackers(machine, len(names))


def results(machine, number=1):
    """The attacker's own lines behind its name."""
    prefix = f'[bad{number}] '
    return [line[len(prefix):] for line in machine.lines if line.startswith(prefix)]


def judge(name, end, lines):
    """What is wrong with the end of an attack, judged by its first line; or None."""
    announced = [line for line in lines if line.startswith(f'ATTACK {name} ')]
    if len(announced) != 1:
        return f'{name} was not announced'
    text = ''.join(lines)
    if failure := re.search(rf'FAIL {name} .{{0,100}}', text):
        return failure[0]
    expected = re.search(r'expects=(\w+)(?: cause="(.*)")?', announced[0])
    how = f'{end["reason"]}, {end["cause"]}'
    if expected[1] == 'killed' and not (end['reason'] == 'killed' and expected[2] in end['cause']):
        return f'{name} did not end as "{expected[2]}" but as {how}'
    if expected[1] == 'survives' and end['reason'] != 'poweroff':
        return f'{name} did not survive: {how}'
    if expected[1] == 'survives' and f'PASS {name}' not in text:
        return f'{name} did not say that it passed'
    return None


def words_of(build, name):
    return words_for(build.name, name)


def words_for(build_name, name):
    shorter = build_name == 'debug' and name.startswith('fuzz-')
    return f'attack={name} seconds=1' + (f' rounds={FUZZ_ROUNDS}' if shorter else '')
