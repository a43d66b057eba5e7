# SPDX-License-Identifier: GPL-2.0-only
"""
What bochs.py boots: test guests and groups of attacks, each with and without PAE,
with NMIs at any instruction and without, on one CPU and on four, in both builds. And
some on a processor that has MSRs against speculation, which QEMU's have not. And Linux.
"""

import dataclasses
import itertools

from attacks import groups, words_for

ATTACKER_MB = 8
MODULE_MB = 1           # its file, and what Umbra keeps of it
OTHERS_MB = 144

# From one NMI to the next: 2500 instructions at the speed that bochs_machine.py chooses.
NMI_STORM_US = 50
NMIS_MIN = 1000

# These need more than the second that others go on for: it takes many NMIs until one meets the last
# instruction of a segment.
SECONDS = {'cs-edge-kernel': 5, 'cs-edge-user': 5}

GUESTS = ['abi', 'abi_c', 'access']

# Of guest/linux/usertest: what depends on the limits and rights of segments, on an iret's checks,
# on exceptions of SSE.
LINUX_TESTS = ('tls. frames. context. instructions. fpu. stacks. trap_flag. ptrace. ldt. syscalls. '
               'cow. process.')


PROCESSOR = 'core2_penryn_t9600'
MITIGATED = 'corei7_icelake_u'          # IA32_ARCH_CAPABILITIES and IA32_PRED_CMD


@dataclasses.dataclass(frozen=True)
class Run:
    guest: str
    attacks: tuple          # of that guest; none: its own tests are run
    part: int
    build: str
    pae: bool
    cpus: int
    nmis: bool
    model: str = PROCESSOR

    @property
    def name(self):
        """The words that pick it."""
        return ' '.join([self.guest, *([f'part{self.part}'] if self.attacks else []), self.build,
                         'pae' if self.pae else 'no-pae', f'cpus={self.cpus}',
                         'nmis' if self.nmis else 'no-nmis',
                         *([self.model] if self.model != PROCESSOR else [])])

    @property
    def words(self):
        return 'pae' if self.pae else ''

    def options(self):
        storm = f' watchdog=10 nmi-storm={NMI_STORM_US}' if self.nmis else ''
        return 'when-idle=poweroff' + storm

    def memory(self):
        if self.guest == 'linux':
            return '256M'
        return f'{OTHERS_MB + (ATTACKER_MB + MODULE_MB) * max(len(self.attacks), 1)}M'

    def attack_words(self, name):
        longer = f'seconds={SECONDS[name]} ' if name in SECONDS else ''
        return longer + words_for(self.build, name)

    def modules(self):
        return [f'{self.guest} guest=bad{number} kernel mem={ATTACKER_MB}M -- '
                f'{self.attack_words(name)} {self.words}'
                for number, name in enumerate(self.attacks, 1)]


# Build, PAE, CPUs, NMIs. What Bochs is for does not depend on the number of CPUs, and a machine
# with four is as slow as four machines: so that is not combined with everything.
BUILDS = ['release', 'debug']
ONE_CPU = [(build, pae, 1, True) for build, pae in itertools.product(BUILDS, [False, True])]
WITHOUT_NMIS = [('release', True, 1, False), ('debug', False, 1, False)]
FOUR_CPUS = [(build, pae, 4, True) for build, pae in itertools.product(BUILDS, [False, True])]


def runs():
    for guest in GUESTS:
        yield from (Run(guest, (), 0, *way) for way in ONE_CPU + WITHOUT_NMIS)
    yield from (Run('abi', (), 0, build, False, 1, False, MITIGATED) for build in BUILDS)
    yield from (Run('linux', (), 0, build, False, 1, False) for build in BUILDS)
    for number, (guest, names, part) in enumerate(groups()):
        ways = ONE_CPU + WITHOUT_NMIS + [FOUR_CPUS[number % 4], FOUR_CPUS[3 - number % 4]]
        yield from (Run(guest, names, part, *way) for way in ways)
