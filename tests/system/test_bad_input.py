# SPDX-License-Identifier: GPL-2.0-only
"""
Mistakes in what a user gives to the boot loader.  Each costs one clear line,
which names the module and the word; the other guest starts and works.
"""

import dataclasses
import re

import pytest

import images

GOOD = 'demo guest=good kernel mem=4M -- name=good'
LAST = 'demo guest=last kernel mem=4M -- run=poweroff'


@dataclasses.dataclass
class Case:
    name: str
    modules: list           # their lines; a file in braces is one of FILES
    word: str               # that the event names
    cause: str              # a pattern for all of it
    module: str = 'demo.elf'    # how the event's module ends


FILES = {
    'text': b'These are not the bytes of a kernel.\n' * 200,
    'tiny': b'x',
    'elf64': images.elf(images.UD2 + images.LGUEST_TEXT, bits=64),
    'elf_cut': images.elf(images.UD2 + images.LGUEST_TEXT)[:60],
    'elf_nowhere': images.elf(images.UD2 + images.LGUEST_TEXT, entry=0xC0100000),
    'no_lguest': images.elf(images.UD2 + bytes(64)),
    'bzimage_cut': images.bzimage(bytes(1000), size=100000),
    'bzimage_header': images.bzimage(bytes(64))[:0x250],
    'bzimage_old': images.bzimage(bytes(1000), version=0x206),
    'zimage': images.bzimage(bytes(1000), loadflags=0),
}

CASES = [
    # The file.
    Case('text', ['{text} guest=bad kernel'], 'kernel',
         'the file is not a kernel, neither a bzImage nor ELF',
         'text'),
    Case('tiny', ['{tiny} guest=bad kernel'], 'kernel', 'the file is not a kernel.*', 'tiny'),
    Case('elf64', ['{elf64} guest=bad kernel'], 'kernel',
         'the file is a 64-bit ELF image; lguest guests are 32-bit', 'elf64'),
    Case('elf_cut', ['{elf_cut} guest=bad kernel'], 'kernel', 'the ELF .* truncated.*', 'elf_cut'),
    Case('elf_nowhere', ['{elf_nowhere} guest=bad kernel'], 'kernel',
         ".*entry 0xc0100000 is not a physical.*",
         'elf_nowhere'),
    Case('no_lguest', ['{no_lguest} guest=bad kernel'], 'kernel',
         r'the kernel has no lguest support \(CONFIG_LGUEST_GUEST=y\)', 'no_lguest'),
    Case('bzimage_cut', ['{bzimage_cut} guest=bad kernel'], 'kernel',
         r'the bzImage is truncated: 2024 bytes of 101024', 'bzimage_cut'),
    Case('bzimage_header', ['{bzimage_header} guest=bad kernel'], 'kernel',
         'the bzImage is truncated.*', 'bzimage_header'),
    Case('bzimage_old', ['{bzimage_old} guest=bad kernel'], 'kernel',
         'the kernel\'s boot protocol 2.06 is older than 2.07.*', 'bzimage_old'),
    Case('zimage', ['{zimage} guest=bad kernel'], 'kernel', 'the file is a zImage, not a bzImage',
         'zimage'),
    # Memory.
    Case('mem_less_than_image', ['demo guest=bad kernel mem=1M'], 'kernel',
         'an ELF segment, .* does not fit into the guest\'s 1 MB'),
    Case('mem_too_small', ['demo guest=bad kernel mem=512K'], 'mem=512K', 'memory is 1M to .*'),
    Case('mem_too_large', ['demo guest=bad kernel mem=4G'], 'mem=4G', 'memory is 1M to .*'),
    Case('mem_odd', ['demo guest=bad kernel mem=5000000'], 'mem=5000000', '.*a multiple of 4K'),
    Case('mem_malformed', ['demo guest=bad kernel mem=lots'], 'mem=lots', 'memory is 1M to .*'),
    Case('mem_negative', ['demo guest=bad kernel mem=-4M'], 'mem=-4M', 'memory is 1M to .*'),
    Case('mem_empty', ['demo guest=bad kernel mem='], 'mem=', 'memory is 1M to .*'),
    Case('mem_bare', ['demo guest=bad kernel mem'], 'mem', 'the word needs a value'),
    Case('mem_overflow', ['demo guest=bad kernel mem=99999999999999999999M'],
         'mem=99999999999999999999M', 'memory is 1M to .*'),
    Case('mem_not_there', ['demo guest=bad kernel mem=1G'], 'mem=1024M',
         r'no memory left for guest bad: \d+ MB are free, \d+ of them low'),
    Case('shadow', ['demo guest=bad kernel mem=4M shadow=1K'], 'shadow=1K',
         'shadow memory is .*'),
    Case('shadow_too_large', ['demo guest=bad kernel mem=4M shadow=1G'], 'shadow=1G',
         'shadow memory is .*'),
    Case('weight', ['demo guest=bad kernel mem=4M weight=0'], 'weight=0', 'the weight is .*'),
    Case('cap', ['demo guest=bad kernel mem=4M cap=101'], 'cap=101', 'the cap is .*'),
    # The words.
    Case('unknown_word', ['demo guest=bad kernel mem=4M colour=red'], 'colour=red', 'unknown word'),
    Case('unknown_role', ['demo guest=bad karnel mem=4M'], 'karnel',
         'no role that Umbra knows: kernel, initrd, disk or image=NAME.*'),
    Case('twice', ['demo guest=bad kernel mem=4M mem=8M'], 'mem=8M', 'the word is given twice'),
    Case('roles_clash', ['demo guest=bad kernel initrd mem=4M'], 'initrd',
         'the line names a role already'),
    Case('no_role', ['demo guest=bad'], '',
         'the line names no role: kernel, initrd, disk or image=NAME'),
    Case('name', ['demo guest=Bad! kernel mem=4M'], 'guest=Bad!',
         "a guest's name is 1 to 15 of .*"),
    Case('name_long', ['demo guest=abcdefghijklmnop kernel mem=4M'], 'guest=abcdefghijklmnop',
         "a guest's name is 1 to 15 of .*"),
    Case('quotes', ['demo guest=bad kernel mem=4M "quoted"'], "'quoted'",
         'no role that Umbra knows.*'),
    # Modules that do not belong together.
    Case('second_kernel', ['demo guest=bad kernel mem=4M', 'victim guest=bad kernel mem=4M'],
         'kernel',
         'guest bad has a kernel already, .*demo.elf', 'victim.elf'),
    Case('second_initrd', ['demo guest=bad kernel mem=4M', '{text} guest=bad initrd',
                           '{tiny} guest=bad initrd'], 'initrd',
         'guest bad has an initrd already, .*text', 'tiny'),
    Case('initrd_alone', ['{text} guest=bad initrd'], 'initrd', 'guest bad has no kernel', 'text'),
    Case('initrd_nameless', ['{text} initrd'], '', 'the line does not name its guest: guest=NAME',
         'text'),
    Case('initrd_mem', ['demo guest=bad kernel mem=4M', '{text} guest=bad initrd mem=4M'], 'mem',
         "the word belongs on the kernel's line", 'text'),
    Case('initrd_command_line',
         ['demo guest=bad kernel mem=4M', '{text} guest=bad initrd -- quiet'],
         '--', "the command line belongs on the kernel's line", 'text'),
]


def write_files(directory, lines):
    """The lines with paths to files that hold what FILES says."""
    for name, data in FILES.items():
        (directory / name).write_bytes(data)
    return [line.format(**{name: directory / name for name in FILES}) for line in lines]


def check_good(machine):
    """The other guest works."""
    machine.expect('good> ')
    machine.line('echo as if nothing were')
    machine.expect('^as if nothing were$')
    machine.line('poweroff')
    machine.wait_poweroff()


def problems(machine):
    return machine.events('module-error') + machine.events('option-error')


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_module(machine, release, tmp_path, case):
    """The mistake stands between two good guests."""
    m = machine(release, [GOOD, *write_files(tmp_path, case.modules), LAST])
    check_good(m)
    event, = problems(m)
    assert event['event'] == 'module-error'
    assert event['module'].endswith(case.module) and event['word'] == case.word, event
    assert re.fullmatch(case.cause, event['cause']), event
    assert sorted(start['guest'] for start in m.events('guest-start')) == ['good', 'last']
    assert m.events('guest-exit', guest='last', reason='poweroff')


@pytest.mark.parametrize('code', [images.UD2, images.READ_CR3], ids=['ud2', 'cr3'])
@pytest.mark.parametrize('kind', ['elf', 'bzimage'])
def test_no_lguest_by_first_act(machine, build, tmp_path, kind, code):
    """What an image does not show, the kernel's first privileged instruction does."""
    make = getattr(images, kind)
    (tmp_path / 'kernel').write_bytes(make(code + images.LGUEST_TEXT + bytes(2000)))
    m = machine(build, [GOOD, f'{tmp_path}/kernel guest=bad kernel mem=4M'])
    end = m.event('guest-exit', guest='bad')
    assert end['reason'] == 'killed' and end['eip'] == '00100000'
    assert re.fullmatch(r'not an lguest guest: trap (6 \(#UD, invalid opcode|'
                        r'13 \(#GP, general protection)\) at 00100000 before any hypercall; '
                        r'the kernel needs CONFIG_LGUEST_GUEST=y', end['cause'])
    assert not problems(m)
    check_good(m)


@pytest.mark.parametrize('word, cause', [
    ('frobnicate=1', 'unknown word'),
    ('frobnicate', 'unknown word'),
    ('log=chatty', 'the log level is one of .*'),
    ('when-idle=party', 'the value is one of .*'),
    ('on-panic=never', 'the value is one of .*'),
    ('on-panic', 'the word needs a value'),
    ('console=lpt1', 'the word is given twice|a console is one of .*'),
])
def test_umbra_word(machine, release, word, cause):
    """A mistake in Umbra's own words costs that word only."""
    options = word if word.startswith('when-idle') else f'when-idle=poweroff {word}'
    m = machine(release, [GOOD], options=options)
    m.event('guest-ready', guest='good')
    event, = problems(m)
    assert (event['event'], event['module'], event['word']) == ('option-error', 'umbra', word)
    assert re.fullmatch(cause, event['cause'])
    if options == word:
        m.expect('good> ')
        m.line('poweroff')
        assert m.event('idle')['action'] == 'stay'
    else:
        check_good(m)


def test_everything_wrong(machine, build, tmp_path):
    """All mistakes at once: a line for each, in their order, and the good guest works."""
    cases = [case for case in CASES if len(case.modules) == 1]
    lines = [line.replace('guest=bad', f'guest=bad{number}')
             for number, case in enumerate(cases) for line in write_files(tmp_path, case.modules)]
    m = machine(build, lines[:31] + [GOOD])
    check_good(m)
    assert len(problems(m)) == 31


def test_many_modules(machine, release):
    """More modules than there is room for."""
    m = machine(release, [GOOD] + ['demo guest=bad karnel'] * 70, memory='256M')
    check_good(m)
    assert 60 <= len(problems(m)) <= 72
