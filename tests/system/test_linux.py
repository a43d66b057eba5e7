# SPDX-License-Identifier: GPL-2.0-only
"""
Linux from Debian's source packages, as `make linux` builds it: it comes to user space without
a warning, has its devices, and its ends are the events that they should be.  run.py builds
the kernels before the system tests; where one is missing, its tests fail.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pexpect
import pytest

from conftest import ROOT
from test_make import ENVIRONMENT
from test_memory import lazy, need_host_memory

KERNELS = [pytest.param('6.1', 'no-pae', id='6.1'), pytest.param('6.12', 'pae', id='6.12-pae')]
SHELL = r'^/ # '
BOOT_LIMIT = 120        # seconds, on a busy host
# Time passes with instructions, and an idle machine's at once.
ICOUNT = ['-icount', 'shift=4,sleep=off']
TROUBLE = re.compile(r'WARNING:|BUG:|Call Trace|Oops|nstable')


@pytest.fixture(scope='session')
def linux(release):
    """linux(version, pages, name, words, append) are the modules of a guest of that name."""
    def modules(version, pages, name='linux', words='mem=64M', append=''):
        folder = release.directory / 'linux' / version / pages
        for file in folder / 'bzImage', folder / 'initrd.gz':
            if not file.exists():
                pytest.fail(f'there is no {file}; `make linux LINUX={version} '
                            f'LINUX_PAE={int(pages == "pae")}` builds it')
        return [f'{folder}/bzImage guest={name} kernel {words} -- console=hvc0 {append}',
                f'{folder}/initrd.gz guest={name} initrd']
    return modules


def command(m, text, pattern):
    """Types a command at the shell's prompt, and waits for a line that it writes; the match."""
    m.line(text)
    found = m.expect(pattern)
    m.expect(SHELL)
    return found


def check_user_space(m, version, clock='tsc'):
    """At the shell's prompt: it is that kernel, it has all devices, and nothing to complain of."""
    command(m, 'uname -r', rf'^{re.escape(version)}\.\d+-umbra$')
    command(m, 'grep -c umbra /proc/interrupts', '^4$')
    command(m, 'head -c 16 /dev/hwrng | wc -c', '^16$')
    command(m, 'cat /sys/devices/system/clocksource/*/current_clocksource', f'^{clock}$')
    # Lines of the kernel's that are warnings or worse: grep finds none.
    command(m, "dmesg -r | grep '^<[0-4]>'; echo found: $?", '^found: 1$')


@pytest.mark.parametrize('version, pages', KERNELS)
@pytest.mark.parametrize('cpus', [1, 3])
def test_user_space(machine, build, linux, cpus, version, pages):
    """To the shell and through power-off; on three CPUs two of them side by side."""
    names = ['one', 'two'][:1 if cpus == 1 else 2]
    m = machine(build, [module for name in names for module in linux(version, pages, name)],
                memory='384M', extra=['-smp', str(cpus)])
    for name in names:
        m.event('focus', guest=name, timeout=BOOT_LIMIT)
        m.expect(SHELL, timeout=BOOT_LIMIT)
        check_user_space(m, version)
        m.line('poweroff')
        m.event('guest-exit', guest=name, reason='poweroff', cause='Power down')
    m.wait_poweroff()
    assert not TROUBLE.search(m.text)


@pytest.mark.parametrize('version, pages', KERNELS)
def test_ends(machine, release, linux, version, pages):
    """A reboot and a panic; power-off is above."""
    m = machine(release, linux(version, pages), memory='256M')
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('reboot')
    m.event('guest-exit', guest='linux', reason='reboot')
    m.expect(r'\] Linux version ', timeout=BOOT_LIMIT)
    m.expect(SHELL, timeout=BOOT_LIMIT)
    m.line('echo c > /proc/sysrq-trigger')
    end = m.event('guest-exit', guest='linux', reason='crash')
    assert 'sysrq triggered crash' in end['cause']
    m.wait_poweroff()


@pytest.mark.parametrize('version, pages, word, clock, load, idle', [
    pytest.param('6.1', 'no-pae', 'auto', 'tsc', 60, 3600, id='6.1'),
    pytest.param('6.12', 'pae', 'auto', 'tsc', 5, 3600, id='6.12-pae'),
    # Where Umbra has no use for the TSC, the kernel has a clock in memory.
    pytest.param('6.1', 'no-pae', 'pmtimer', 'umbra', 5, 600, id='memory')])
def test_clock(machine, release, linux, version, pages, word, clock, load, idle):
    """
    After a minute of load and an idle hour the guest's time is Umbra's, and the guest has found
    nothing to complain of its clock.
    """
    m = machine(release, linux(version, pages), options=f'when-idle=poweroff clock={word}',
                memory='256M', extra=ICOUNT)
    m.expect(SHELL, timeout=BOOT_LIMIT)
    check_user_space(m, version, clock)
    m.line(f"timeout {load} sh -c 'while :; do :; done'; sleep {idle}; cat /proc/uptime; reboot -f")
    uptime = float(m.expect(r'^(\d+\.\d+) \d+\.\d+$', timeout=2 * BOOT_LIMIT)[1])
    end = m.event('guest-exit', guest='linux', reason='reboot')
    passed = float(end['at']) - float(m.event('guest-ready', guest='linux')['at'])
    assert load + idle < uptime < passed < uptime + 1
    assert not TROUBLE.search(m.text)


def processor_times(m):
    """Hundredths of seconds that the guest worked, and that it was kept from it (proc(5))."""
    times = command(m, 'head -n 1 /proc/stat', r'^cpu +([\d ]+)$')[1].split()
    user, nice, system, _, _, hard, soft, steal = map(int, times[:8])
    return user + nice + system + hard + soft, steal


@pytest.mark.parametrize('version, pages', KERNELS)
def test_steal_time(machine, release, linux, version, pages):
    """A guest with a quarter of the CPU sees in /proc/stat that it lacks the rest, and no more."""
    m = machine(release, linux(version, pages, words='mem=64M cap=25'), memory='256M', extra=ICOUNT)
    m.expect(SHELL, timeout=BOOT_LIMIT)
    worked, stolen = processor_times(m)
    command(m, "timeout 4 sh -c 'while :; do :; done'; echo over", '^over$')
    worked, stolen = (now - then for now, then in zip(processor_times(m), (worked, stolen)))
    assert 380 < worked + stolen < 500
    assert abs(stolen / (worked + stolen) - 0.75) < 0.05
    # Who sleeps is not kept from anything.
    worked, stolen = processor_times(m)
    command(m, 'sleep 4; echo over', '^over$')
    assert processor_times(m)[1] - stolen < 20


@pytest.mark.parametrize('version, pages', KERNELS)
def test_least_memory(machine, release, linux, version, pages):
    m = machine(release, linux(version, pages, words='mem=16M'))
    m.expect(SHELL, timeout=BOOT_LIMIT)
    check_user_space(m, version)


@pytest.mark.long
@pytest.mark.parametrize('megabytes', [896, 900, 2048, 3070])
@pytest.mark.parametrize('version, pages', KERNELS)
def test_most_memory(machine, release, linux, version, pages, megabytes):
    """Up to 3 GB, of which the most is high memory, and about where that begins."""
    need_host_memory(megabytes + 930)
    m = machine(release, linux(version, pages, words=f'mem={megabytes}M'), **lazy('6G'))
    # It takes QEMU minutes to clear so much.
    m.event('guest-ready', timeout=600)
    m.expect(SHELL, timeout=BOOT_LIMIT)
    check_user_space(m, version)
    total = int(command(m, 'grep MemTotal /proc/meminfo', r'MemTotal: +(\d+) kB')[1])
    assert total > megabytes * 96 // 100 << 10
    # All of it: what is not there cannot be written.
    count = megabytes * 85 // 100
    m.line(f'mount -t tmpfs -o size=90% big /mnt; dd if=/dev/zero of=/mnt/big bs=1M count={count}')
    m.expect(rf'^{count}\+0 records out$', timeout=600)


def test_run_linux(release, linux):
    """Three of them on two CPUs, on the network that QEMU is the router of, each by itself."""
    linux('6.1', 'no-pae')      # is there, or else this would build it
    arguments = [f'O={release.directory}', 'run-linux', 'SMP=2', 'GUESTS=3']
    terminal = pexpect.spawn('make', arguments, cwd=ROOT, env=ENVIRONMENT, timeout=BOOT_LIMIT,
                             encoding='latin-1')
    terminal.str_last_chars = 8000      # what a failure shows
    for name in 'linux1', 'linux2', 'linux3':
        terminal.expect(f'event=focus guest={name}')
        terminal.expect('/ # ')
        terminal.send('until ip route | grep default; do sleep 1; done\r')
        terminal.expect('default via 10.0.2.2 dev eth0')
        terminal.send('ping -c 1 10.0.2.2; poweroff\r')
        terminal.expect('1 packets received')
        terminal.expect(f'event=guest-exit guest={name} reason=poweroff')
    terminal.expect('event=idle action=poweroff')
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


# --- how it is built -------------------------------------------------------------------------


def build_linux(*arguments):
    return subprocess.run([ROOT / 'guest/linux/build-linux', *arguments], cwd=ROOT, check=False,
                          capture_output=True, text=True, timeout=BOOT_LIMIT)


def test_misfit(tmp_path):
    """Sources that an edit does not fit: one line, which names the hunk."""
    kbuild = tmp_path / 'Kbuild'
    kbuild.write_text('obj-y += something/else/\n')
    with tarfile.open(tmp_path / 'linux.tar.xz', 'w:xz') as archive:
        archive.add(kbuild, 'linux-source-6.1/arch/x86/Kbuild')
    done = build_linux('6.1', tmp_path / 'linux.tar.xz', tmp_path / 'out', 'no-pae',
                       'guest/linux/config/base.config')
    assert done.returncode == 1
    assert re.search(r'^  LINUX   unpacking .*\(.*half a minute\)$', done.stdout, re.MULTILINE)
    [line] = done.stderr.splitlines()
    assert 'edits/6.1.patch does not fit' in line
    assert 'arch/x86/Kbuild, hunk 1' in line
    assert 'there is no arch/x86/mm/tlb.c' in line


def make_linux(release, *settings, target='linux'):
    return subprocess.run(['make', f'O={release.directory}', target, *settings], cwd=ROOT,
                          check=False, env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=BOOT_LIMIT)


@pytest.mark.parametrize('settings, answer', [
    (['LINUX=6.5'], "make: LINUX is 6.1 or 6.12, not '6.5'"),
    (['LINUX=6.1 6.12'], "make: LINUX is 6.1 or 6.12, not '6.1 6.12'"),
    (['LINUX_PAE=yes'], "make: LINUX_PAE is 0 or 1, not 'yes'"),
    (['LINUX_CONFIG=/none'], "make: there is no file '/none'"),
    (['LINUX_CONFIG=lib'], "make: there is no file 'lib'"),
    (["LINUX_CONFIG=my own's"], "make: LINUX_CONFIG is a file whose path has letters, digits, '.', "
                                "'_', '+' and '-', not 'my own's'"),
    (['GUESTS=33'], "make: GUESTS is 1 to 32, not '33'"),
    (['MEM=much'], "make: MEM is like 128M, not 'much'"),
    (['DISK=/none'], "make: there is no file '/none'"),
    (['BOOT=pxe'], "make: BOOT is grub or direct, not 'pxe'"),
])
def test_refused(release, settings, answer):
    """One clear line, before anything is installed or built."""
    done = make_linux(release, *settings, target='run-linux')
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == answer
    assert done.stdout == ''


def test_option_not_taken(release, linux, tmp_path):
    """Options that this Linux has not, or that no guest can have, are named before it is built."""
    folder = pathlib.Path(linux('6.1', 'no-pae')[0].split()[0]).parent
    file = tmp_path / 'refused.config'
    for text, lost in [('CONFIG_NOBODY_HAS=y\n', 'CONFIG_NOBODY_HAS=y'),
                       ('CONFIG_SMP=y\n', 'CONFIG_UMBRA_GUEST=y (no guest can have something that '
                                          'is asked for; see arch/x86/umbra/Kconfig)')]:
        file.write_text(text)
        done = make_linux(release, f'LINUX_CONFIG={file}')
        assert done.returncode == 2
        assert done.stderr.splitlines()[0] == f'linux: Linux 6.1 does not take: {lost}'
    shutil.rmtree(folder.with_name('no-pae-refused'))
    folder.with_name('no-pae-refused.log').unlink()


@pytest.mark.parametrize('version, pages', KERNELS)
def test_nothing_to_do(release, linux, version, pages):
    """The second time nothing is built and nothing is said."""
    image = linux(version, pages)[0].split()[0]
    before = os.stat(image).st_mtime_ns
    done = make_linux(release, f'LINUX={version}', f'LINUX_PAE={int(pages == "pae")}')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert os.stat(image).st_mtime_ns == before


@pytest.mark.parametrize('version', ['6.1', '6.12'])
def test_checkpatch(release, version):
    """Linux's own check of style finds nothing in our files and edits."""
    words = ['make', f'O={release.directory}', 'linux-checkpatch', f'LINUX={version}']
    done = subprocess.run(words, cwd=ROOT, check=False, env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=BOOT_LIMIT)
    assert done.returncode == 0, done.stdout
    assert re.search(rf'^checkpatch: \d+ files and edits/{re.escape(version)}.patch: clean$',
                     done.stdout, re.MULTILINE)
