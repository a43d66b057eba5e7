# SPDX-License-Identifier: GPL-2.0-only
"""
What a user does: `make run` as README.md says, on a terminal, and what it says
when it cannot do what it was asked for.
"""

import os
import re
import shutil
import subprocess

import pexpect
import pytest

from conftest import ROOT

ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith('MAKE')}


def make_run(build, *settings):
    """`make run` on a terminal of its own."""
    return pexpect.spawn('make', [f'O={build.directory}', 'run', *settings], cwd=ROOT,
                         env=ENVIRONMENT, timeout=300, encoding='latin-1')


def refused(*settings):
    """What make says, having refused at once."""
    done = subprocess.run(['make', 'run', *settings], cwd=ROOT, env=ENVIRONMENT, check=False,
                          timeout=300, capture_output=True, text=True)
    assert done.returncode == 2
    return done.stderr.splitlines()[0]


def end(terminal):
    """All guests have ended: QEMU ends by itself, with status 0."""
    terminal.expect('event=idle action=poweroff')
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


@pytest.mark.parametrize('boot', ['grub', 'direct'])
def test_run(release, boot):
    """Two guests; the focus moves; the machine ends with the last of them."""
    terminal = make_run(release, f'BOOT={boot}')
    for name in 'alpha', 'beta':
        terminal.expect(f'event=focus guest={name}')
        terminal.expect(f'{name}> ')
        terminal.send('\r')
        terminal.expect(f'{name}> ')
        terminal.send('echo one two\r')
        terminal.expect('one two\r+\none two')
        if name == 'alpha':
            terminal.send('\x1dn')
    terminal.send('poweroff\r')
    terminal.expect('event=guest-exit guest=beta reason=poweroff')
    terminal.expect('event=focus guest=alpha')
    terminal.send('poweroff\r')
    terminal.expect('event=guest-exit guest=alpha reason=poweroff')
    end(terminal)


@pytest.mark.parametrize('boot', ['grub', 'direct'])
def test_run_own_kernel(release, tmp_path, boot):
    """File names and command lines with characters that mean something to shells and loaders."""
    kernel = tmp_path / "a 'b$c\" & (d).elf"
    shutil.copy(release.guest('demo'), kernel)
    words = 'name=own run=echo:$x&|;<>*#,poweroff'
    terminal = make_run(release, f'BOOT={boot}', f'KERNEL={kernel}', 'MEM=5M',
                        f'APPEND={words}', 'GUEST=it',
                        'GUEST_WORDS=weight=50 cap=90')
    terminal.expect('event=guest-start guest=it mem=5120K kind=elf weight=50 cap=90')
    terminal.expect(r'own> echo \$x&\|;<>\*#\r+\n\$x&\|;<>\*#\r')
    end(terminal)


@pytest.mark.parametrize('settings, answer', [
    (['DISK=Makefile'], 'make: INITRD, DISK, APPEND and GUEST_WORDS need a KERNEL'),
    (['KERNEL=Makefile', 'DISK=/none'], "make: there is no file '/none'"),
    (['KERNEL=/none at all'], "make: there is no file '/none at all'"),
    (['KERNEL=Makefile', 'INITRD=/none'], "make: there is no file '/none'"),
    (['KERNEL=/tmp'], "make: there is no file '/tmp'"),
    (['GUEST_WORDS=cap=9'], 'make: INITRD, DISK, APPEND and GUEST_WORDS need a KERNEL'),
    (['BOOT=pxe'], "make: BOOT is grub or direct, not 'pxe'"),
    (['MEM=128 M'], "make: MEM is like 128M, not '128 M'"),
    (['APPEND=console=hvc0'], 'make: INITRD, DISK, APPEND and GUEST_WORDS need a KERNEL'),
])
def test_refused(settings, answer):
    """One clear line, before anything is installed or built."""
    assert refused(*settings) == answer


@pytest.mark.parametrize('options, answer', [
    (['-k', 'a'], '-k belongs behind the -g of its guest'),
    (['-g', 'Web'], "a guest's name is 1 to 15 of a-z, 0-9, '-', '_', '.', unlike 'Web'"),
    (['-g', 'a', '-k', 'Makefile', '-g', 'a'], "two guests are called 'a'"),
    (['-v', '1024x768x8'], "a screen's mode is like 1024x768x32 or auto, unlike '1024x768x8'"),
    (['-g', 'a'], 'guest a has no kernel'),
    (['-g', 'a', '-k', 'none'], "kernel of guest a: there is no file 'none'"),
    (['-g', 'a', '-k', 'lib'], "kernel of guest a: 'lib' is not a file"),
    (['-g', 'a', '-k', '/dev/null'], "kernel of guest a: '/dev/null' is not a file"),
    (['-g', 'a', '-k', 'Makefile', '-i', 'none'], "initrd of guest a: there is no file 'none'"),
    (['-g', 'a', '-k', 'Makefile', '-d', 'none'], "disk of guest a: there is no file 'none'"),
    (['-g', 'a', '-k', 'Makefile', '-r', 'lib'], "disk of guest a: 'lib' is not a file"),
    (['-g', 'a', '-k', 'Makefile', '-d', '.gitignore'],
     "disk of guest a: the size of '.gitignore' is no multiple of 512 bytes"),
    (['-g', 'a', '-k', 'Makefile', '-m', '1 2'],
     "guest a: a size of memory is like 128M, unlike '1 2'"),
    (['-g', 'a', '-k', 'Makefile', '-a', 'x="y z"'],
     'the command line of guest a must hold no quotes and no backslashes, which GRUB changes: '
     'x="y z"'),
    (['-g', 'a', '-k', 'Makefile', '-a', 'two\nlines'],
     'the command line of guest a must be plain ASCII, in one line'),
])
def test_image_refused(tmp_path, options, answer):
    """The maker of images says what it will not do, and makes nothing."""
    image = tmp_path / 'image'
    done = subprocess.run(['iso/make-iso', '-o', image, '-u', 'linker.ld', *options], cwd=ROOT,
                          check=False, timeout=300, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f'make-iso: {answer}\n'
    assert not image.exists()


def test_kernels_of_bench_linux(tmp_path):
    """Both kernels of `make bench-linux` are built from the same archive, and in turn: only one of
    two that run at a time may unpack it."""
    archive = tmp_path / 'linux.tar.xz'
    archive.touch()
    done = subprocess.run(['make', '-n', 'bench-linux', f'O={tmp_path}',
                           f'LINUX_TARBALL={archive}'],
                          cwd=ROOT, env=ENVIRONMENT, check=True, timeout=300, capture_output=True,
                          text=True)
    calls = re.findall(r'guest/linux/build-linux (.*)', done.stdout.replace('\\\n', ' '))
    assert [call.split()[:4] for call in calls[:2]] == [
        ['6.1', str(archive), f'{tmp_path}/linux/6.1', name]
        for name in ('no-pae', 'native-no-pae')]
    rules = subprocess.run(['make', '-p', '-n', 'help', f'O={tmp_path}'], cwd=ROOT, env=ENVIRONMENT,
                           check=True, timeout=300, capture_output=True, text=True).stdout
    [order] = re.findall(r'^\S+/native-no-pae/bzImage:.*\| (.*)', rules, re.M)
    assert f'{tmp_path}/linux/6.1/no-pae/bzImage' in order.split()


@pytest.mark.parametrize('target, source', [
    ('offsets.inc', None), ('lib/string.o', 'lib/string.c'),
    ('arch/cpu/switcher.asm.o', 'arch/cpu/switcher.asm'),
    ('guest/obj/guest/abi/instructions.asm.o', 'guest/abi/instructions.asm'),
    ('guest/obj/guest/abi/halt.o', 'guest/abi/halt.c')])
def test_file_that_has_moved(tmp_path, target, source):
    """
    A tree that was built when sources were somewhere else; only what an object is called after
    cannot move without it.
    """
    command = ['make', '-s', f'O={tmp_path}', f'{tmp_path}/{target}']
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, timeout=300)
    lists = list(tmp_path.rglob('*.d'))
    assert lists
    for file in lists:
        file.write_text(re.sub(r'(?<![\w/.-])((arch|lib|guest|drivers)/[\w/.]+)',
                               lambda found: found[1] if found[1] == source else f'old/{found[1]}',
                               file.read_text()))
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, timeout=300)
