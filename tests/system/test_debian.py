# SPDX-License-Identifier: GPL-2.0-only
"""
Debian 12 with systemd, as `make debian` builds it, on each kind of disk that keeps what is
written: it comes to a login without a failed unit, its tools work, what it wrote is there
after power-off and a second boot, and the file system is clean.  Building takes some ten
minutes, and needs Debian's packages.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import ROOT
from test_disks import drives
from test_make import ENVIRONMENT

BUILD_LIMIT = 5400      # seconds, on a machine that has much else to do
BOOT_LIMIT = 600
COMMAND_LIMIT = 300
PROMPT = r"(?<!')debian# "        # and not where it is set
# The first card is Umbra's, for its uplink; there is a DHCP server behind it.
NETWORK = ['-netdev', 'user,id=up', '-device', 'virtio-net-pci,netdev=up']


def make_debian(directory, *settings, timeout=COMMAND_LIMIT, **options):
    """`make debian` into that directory, with the kernel that it has by itself."""
    return subprocess.run(['make', 'debian', f'O={directory}', 'LINUX_CONFIG=', *settings],
                          cwd=ROOT, env=ENVIRONMENT, timeout=timeout, **options)


@pytest.fixture(scope='session')
def debian(release):
    """The kernel, and a disk that nobody has booted; tests copy it."""
    built = release.directory / 'debian'
    image = built / 'test.img'
    make_debian(release.directory, f'DEBIAN_IMAGE={image}', check=True, timeout=BUILD_LIMIT)
    return release.directory / 'linux/6.1/no-pae-full/bzImage', image


@pytest.fixture
def disk(debian, tmp_path):
    copy = tmp_path / 'debian.img'
    subprocess.run(['cp', '--sparse=always', debian[1], copy], check=True, timeout=COMMAND_LIMIT)
    yield copy
    copy.unlink()


def start(machine, build, kernel, disk, kind):
    """Boots it, and logs in."""
    m = machine(build, [f'{kernel} guest=debian kernel mem=512M disk={kind}0 -- '
                        'console=hvc0 root=/dev/vda ro'],
                options='when-idle=poweroff uplink=net0', memory='768M',
                extra=drives(kind, disk, options='format=raw') + NETWORK)
    log_in(m)
    return m


def log_in(m):
    m.expect('debian login: ', timeout=BOOT_LIMIT)
    m.line('root')
    m.expect('root@debian:~# ', timeout=COMMAND_LIMIT)
    # This shell does not edit what is typed: it comes back as it was, however long.
    m.line("exec env PS1='debian# ' TERM=dumb PAGER=cat SYSTEMD_COLORS=0 sh")
    m.expect(PROMPT, timeout=COMMAND_LIMIT)


def run(m, command, timeout=COMMAND_LIMIT):
    """What a command in the guest says; it is to succeed."""
    m.line(f'{command}; echo "status=$?"')
    m.expect(r'echo "status=\$\?"\n')
    before = m.cursor
    found = m.expect(r'^(.*)status=(\d+)$', timeout)
    m.expect(PROMPT)
    said = m.text[before:found.start()] + found[1]
    if found[2] != '0':
        m.fail(f'{command} ended with status {found[2]}: {said}')
    return said.strip()


def check_system(m):
    """systemd has started everything, and the kernel has nothing to complain of."""
    m.line('systemctl is-system-running --wait; systemctl --failed --no-legend')
    assert m.expect(r'^(running|degraded|maintenance)$', BOOT_LIMIT)[1] == 'running', m.tail()
    m.expect(PROMPT)
    assert run(m, 'systemctl --failed --no-legend --plain') == ''
    assert run(m, "dmesg -r | grep '^<[0-4]>' || true") == ''
    assert run(m, 'journalctl -b -q -p err') == ''
    assert run(m, 'networkctl --no-legend list | '
                  'grep -c "ether *routable *configured"') == '1'


def check_tools(m):
    """A compiler, an interpreter, and the installing of packages, without asking the world."""
    run(m, r"printf '#include <stdio.h>\n#include <math.h>\nint main(int c, char **v)"
           r'''{ printf("%%.3f\\n", sqrt(c * 2.0)); return 0; }\n' > t.c''')
    assert run(m, 'gcc -O2 -Wall -o t t.c -lm && ./t') == '1.414'
    python = 'import ssl, ctypes; print(sum(x * x for x in range(1000)))'
    assert run(m, f'python3 -c "{python}"') == '332833500'
    assert re.search(r'%Cpu\(s\):.*\d\.\d st', run(m, 'top -b -n 1'))
    run(m, 'mkdir -p p/DEBIAN p/usr/bin && cp t p/usr/bin/umbra-t')
    run(m, r"printf 'Package: umbra-t\nVersion: 1\nArchitecture: i386\n"
           r"Maintainer: n <n@localhost>\nDescription: t\n' > p/DEBIAN/control")
    run(m, 'dpkg-deb -b p umbra-t.deb && apt-get install -y ./umbra-t.deb')
    assert run(m, 'umbra-t') == '1.414'
    run(m, 'apt-get check && dpkg --audit')


def check_files(disk):
    checked = subprocess.run([shutil.which('e2fsck', path='/usr/sbin:/sbin'), '-fn', disk],
                             check=False, capture_output=True, text=True, timeout=COMMAND_LIMIT)
    assert checked.returncode == 0, checked.stdout


def power_off(m, disk):
    """The guest ends by itself, and leaves a clean file system."""
    m.line('systemctl poweroff')
    m.event('guest-exit', guest='debian', reason='poweroff', timeout=BOOT_LIMIT)
    m.wait_poweroff(COMMAND_LIMIT)
    assert not re.search(r'WARNING:|BUG:|Call Trace|Failed to start', m.text)
    check_files(disk)


@pytest.mark.long
@pytest.mark.parametrize('kind', ['virtio', 'ahci'])
def test_debian(machine, release, debian, disk, kind):
    """Everything, and that it is there again after power-off; then a reboot from within."""
    m = start(machine, release, debian[0], disk, kind)
    check_system(m)
    check_tools(m)
    run(m, 'seq 100000 > kept && sha256sum kept > kept.sum')
    power_off(m, disk)

    m = start(machine, release, debian[0], disk, kind)
    assert run(m, 'sha256sum -c kept.sum') == 'kept: OK'
    assert run(m, 'umbra-t') == '1.414'
    assert int(run(m, 'journalctl -q -b -1 | wc -l')) > 100
    m.line('systemctl reboot')
    m.event('guest-exit', guest='debian', reason='reboot', timeout=BOOT_LIMIT)
    log_in(m)
    check_system(m)
    power_off(m, disk)


@pytest.mark.long
def test_newer_kernel(machine, release, debian, disk):
    """The same disk with Linux 6.12 and PAE, whose modules it does not have."""
    make_debian(release.directory, f'DEBIAN_IMAGE={debian[1]}', 'LINUX=6.12', 'LINUX_PAE=1',
                check=True, timeout=BUILD_LIMIT)
    m = start(machine, release, release.directory / 'linux/6.12/pae-full/bzImage', disk, 'virtio')
    assert run(m, 'uname -r').startswith('6.12.')
    check_system(m)
    check_tools(m)
    power_off(m, disk)


@pytest.mark.long
def test_debian_debug(machine, debug, debian, disk):
    """With every invariant of Umbra's asserted."""
    m = start(machine, debug, debian[0], disk, 'virtio')
    check_system(m)
    power_off(m, disk)


# --- make ------------------------------------------------------------------------------------


@pytest.mark.long
def test_kept(release, debian):
    """A disk that is there is never made anew, whatever is asked for."""
    def state():
        found = debian[1].stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    before = state()
    done = make_debian(release.directory, f'DEBIAN_IMAGE={debian[1]}', 'DEBIAN_SIZE=8G', check=True,
                       capture_output=True, text=True)
    assert done.stdout == ''
    assert state() == before


# In a name space of its own, where somebody who is nobody has user names to hand out: what
# is run, and the file that says so.
AS_NOBODY = '''
mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift &&
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
'''


def in_image(image, request):
    done = subprocess.run([shutil.which('debugfs', path='/usr/sbin:/sbin'), '-R', request, image],
                          check=True, capture_output=True, text=True, timeout=COMMAND_LIMIT)
    return done.stdout


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason='whoever is not root builds it that way anyway')
def test_without_root():
    """An image that a user makes has root's files, their modes and their capabilities."""
    with tempfile.TemporaryDirectory(prefix='umbra-debian-') as folder:
        names = pathlib.Path(folder, 'names')
        names.write_text('nobody:100000:65536\n')
        shutil.chown(folder, 65534, 65534)
        os.chmod(folder, 0o755)
        image = pathlib.Path(folder, 'debian.img')
        subprocess.run(['unshare', '--mount', 'sh', '-c', AS_NOBODY, 'sh', names, 'env',
                        f'HOME={folder}', 'guest/linux/debian/build-image', image, '2G', '', ''],
                       cwd=ROOT, check=True, timeout=BUILD_LIMIT)
        assert image.stat().st_uid == 65534
        check_files(image)
        assert re.search(r'Mode: +0644.*User: +0 +Group: +0 ',
                         in_image(image, 'stat /etc/passwd'), re.S)
        assert re.search(r'Mode: +04755.*User: +0 ', in_image(image, 'stat /usr/bin/su'), re.S)
        assert 'security.capability' in in_image(image, 'ea_list /usr/bin/ping')


@pytest.mark.parametrize('settings, answer', [
    (['DEBIAN_SIZE=4T'], "debian: DEBIAN_SIZE is like 4G or 3000M, unlike '4T'"),
    (['DEBIAN_SIZE=100M'], 'debian: DEBIAN_SIZE is 1G at least, not 100M'),
    (['DEBIAN_SIZE=1G; reboot'], "debian: DEBIAN_SIZE is like 4G or 3000M, unlike '1G; reboot'"),
    (["DEBIAN_MIRROR=it's"],
     "debian: DEBIAN_MIRROR is like http://deb.debian.org/debian, unlike 'it's'"),
    (['DEBIAN_PACKAGES=$(id)'], "debian: DEBIAN_PACKAGES are names of packages, unlike '$(id)'"),
    (['DEBIAN_IMAGE=lib'], "make: DEBIAN_IMAGE 'lib' is not a file"),
    (['DEBIAN_IMAGE=a b'],
     "make: DEBIAN_IMAGE is a file whose path has letters, digits, '.', '_', '+' and '-', "
     "not 'a b'"),
    (['LINUX=5.10'], "make: LINUX is 6.1 or 6.12, not '5.10'"),
    (['LINUX_CONFIG=/none'], "make: there is no file '/none'"),
])
def test_refused(tmp_path, settings, answer):
    """One clear line, before anything is installed or built, and nothing is left."""
    done = make_debian(tmp_path, *settings, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == answer
    assert list(tmp_path.iterdir()) == []


def test_no_mirror(tmp_path):
    """A mirror that does not answer (nobody listens at port 9): one line, and no image."""
    image = tmp_path / 'debian.img'
    done = subprocess.run(['guest/linux/debian/build-image', image, '4G',
                           'http://127.0.0.1:9/debian',
                           ''], cwd=ROOT, check=False, timeout=COMMAND_LIMIT, capture_output=True,
                          text=True)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith('debian: the packages of Debian 12 (bookworm) cannot be had from '
                           'http://127.0.0.1:9/debian (E: Failed to fetch')
    assert [file.name for file in tmp_path.iterdir()] == ['image.log']
