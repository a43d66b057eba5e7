# SPDX-License-Identifier: GPL-2.0-only
"""
What happens in a chaos test, all of it from one number: which hostile guests there
are, and in which order they are killed, started again, looked at and typed to.
A plan is data and is made before the machine starts, so that the same seed means
the same plan; test_chaos.py carries it out.
"""

import pathlib
import random

from attacks import FILES, PIECEWISE, attacks_of

ATTACKERS = 20
DISK_ATTACKERS = 3      # of these; each has two disks, see DISKS
MEGABYTES = 8

DISK_FILES = attacks_of('hostile_disk/disk.c')
# Files of zeroes that test_chaos.py makes: name, role, bytes.
DISKS = [('vda', 'disk', 1 << 20), ('vdb', 'disk=ro', 1 << 16)]

# No Ctrl-] among them, and no letters that make a command of the demo guest's or of Umbra's.
TYPED = 'xyzq 0189\r\r\x03\x08\x1b[~\x7f\x15'
LOOKS = ['guests', 'cpus', 'mem', 'net', 'disks', 'pci', 'help', 'nonsense', '']


def pick_attack(rng, files):
    return rng.choice([name for names in files.values() for name in names if name not in PIECEWISE])


def extras(rng):
    """Words of a module's line that change how a guest is run; mostly none."""
    words = []
    if rng.random() < 0.3:
        words.append(f'shadow={rng.choice([256, 512, 1024])}K')
    if rng.random() < 0.2:
        words.append(f'cap={rng.randint(5, 90)}')
    if rng.random() < 0.2:
        words.append(f'weight={rng.choice([1, 30, 1000])}')
    return ' '.join(words)


def attacker(rng, number, directory):
    """The modules of one hostile guest."""
    if number <= DISK_ATTACKERS:
        guest, name = rng.choice(['hostile_disk', 'hostile_disk_c']), pick_attack(rng, DISK_FILES)
    else:
        guest = rng.choices(list(FILES), [4, 1, 2])[0]
        name = pick_attack(rng, FILES[guest])
    # The words of generation A's boot tables stand for themselves.
    words = f'attack={name} seconds={rng.choice([1, 5, 1000])} seed={rng.randint(1, 1 << 30)}'
    if guest != 'hostile_a' and rng.random() < 0.5:
        words += ' pae'
    modules = [f'{guest} guest=bad{number} kernel mem={MEGABYTES}M {extras(rng)} -- {words}']
    if number <= DISK_ATTACKERS:
        modules += [f'{pathlib.Path(directory) / file} guest=bad{number} {role}'
                    for file, role, _ in DISKS]
    return modules


def make_modules(seed, directory):
    rng = random.Random(f'modules {seed}')
    return [module for number in range(1, ATTACKERS + 1)
            for module in attacker(rng, number, directory)]


def make_action(rng):
    """One thing to do: its kind, and what that needs."""
    bad = f'bad{rng.randint(1, ATTACKERS)}'
    kind = rng.choices(['start', 'kill', 'restart', 'look', 'look-at', 'focus', 'type', 'round',
                        'log'],
                       [8, 4, 4, 3, 3, 4, 3, 2, 1])[0]
    if kind in ('start', 'kill', 'restart'):
        return 'command', f'{kind} {bad}'
    if kind == 'look':
        return 'command', rng.choice(LOOKS)
    if kind == 'look-at':
        return 'command', f'{rng.choice(["stats", "regs"])} {rng.choice([bad, "victim", "keeper"])}'
    if kind == 'focus':
        return 'key', rng.choice(['n', 'p', *'0123456789', '?', '\x1d'])
    if kind == 'type':
        return 'type', ''.join(rng.choices(TYPED, k=rng.choice([1, 10, 400])))
    if kind == 'log':
        return 'command', f'log {rng.choice(["warn", "info", "debug"])}'
    return 'round', None


def make_actions(seed, count):
    rng = random.Random(f'actions {seed}')
    return [make_action(rng) for _ in range(count)]
