# SPDX-License-Identifier: GPL-2.0-only
"""
Linux from its user's side: a program of our own (guest/linux/usertest) tests processes,
signals, the FPU, memory, timers and more in a guest of it, files on disks of all kinds, and TCP
to another guest and to the host.
"""

import socket
import threading

import pytest

from linux_files import check_disk, make_disk
from linux_guest import (LIMIT, SHELL, SOURCES, TROUBLE, check_log, check_results, command,
                         count_tests, guest_lines, guest_modules, passes, quiet, skips_of)

SEED_BEFORE, SEED_AFTER = 5, 77
KILOBYTES = 1024        # that TCP takes there and back


@pytest.fixture(scope='session')
def linux(release):
    """linux(version, pages, name, words) are the modules of a guest that has the program."""
    return lambda version, pages, name, words='mem=64M': guest_modules(
        release, version, pages, name, words)


def test_guest_lines():
    """Umbra's lines come whenever they like; each of the guest's counts once and is whole."""
    assert guest_lines(['PASS a', 'PASS b', 'event=entropy bits=256 at=1.5', 'PASS b.c said',
                        'PASS d', '[    1.500000] cpu0 time: late', 'PASS d', 'PASS e']) == [
                            'PASS a', 'PASS b.c said', 'PASS d', 'PASS e']


# --- one guest ---------------------------------------------------------------------------------

KERNELS = [pytest.param('6.1', 'no-pae', 'qemu32', id='6.1'),
           pytest.param('6.12', 'pae', 'qemu32,+pae,+nx', id='6.12-pae')]
# Each of ten minutes and more to build.
OTHERS = [pytest.param('6.12', 'no-pae', 'qemu32', id='6.12', marks=pytest.mark.long),
          pytest.param('6.1', 'pae', 'qemu32,+pae,+nx', id='6.1-pae', marks=pytest.mark.long)]


@pytest.mark.parametrize('cpus', [1, 3])
@pytest.mark.parametrize('version, pages, cpu', KERNELS + OTHERS)
def test_user(machine, build, linux, record_property, version, pages, cpu, cpus):
    """All tests of the program, on both builds of Umbra."""
    skips = skips_of(pages)
    m = machine(build, linux(version, pages, 'linux'), cpu=cpu, memory='256M',
                extra=['-smp', str(cpus)])
    m.expect(SHELL, timeout=LIMIT)
    check_log(m)
    quiet(m)
    wanted = count_tests(*SOURCES.glob('*.c'))
    record_property('checks', check_results(m, '', wanted, skips))
    # Lines of the kernel's that are warnings or worse, but for what it says of signals.
    m.line('dmesg')
    m.expect(SHELL)
    assert not TROUBLE.search(m.text)
    m.line('poweroff')
    m.event('guest-exit', guest='linux', reason='poweroff')
    m.wait_poweroff()


@pytest.mark.long
@pytest.mark.parametrize('version, pages, cpu', KERNELS)
def test_storms(machine, build, linux, record_property, version, pages, cpu):
    """Twenty times as much of what is load."""
    m = machine(build, linux(version, pages, 'linux', 'mem=128M'), cpu=cpu, memory='384M',
                extra=['-smp', '2'])
    m.expect(SHELL, timeout=LIMIT)
    quiet(m)
    names = 'storm. fpu. cow. tls. futex. pipes. clocks. memory. signal.'
    files = [SOURCES / f'{name.rstrip(".")}.c' for name in names.split()]
    record_property('checks', check_results(m, f'storm=20 limit=1200 {names}', count_tests(*files),
                                            skips_of(pages), 7200))


# --- disks and networks ------------------------------------------------------------------------


def disk_arguments(disks):
    """One of each kind, as QEMU has it."""
    arguments = ['-device', 'ich9-ahci,id=ahci']
    places = {'virtio': 'virtio-blk-pci', 'ahci': 'ide-hd,bus=ahci.0', 'ide': 'ide-hd,bus=ide.0'}
    for kind, place in places.items():
        arguments += ['-drive', f'if=none,id={kind},file={disks[kind]},format=raw,cache=unsafe',
                      '-device', f'{place},drive={kind}']
    return arguments


class Answering:
    """The host's end of TCP returns every byte inverted (guest/linux/usertest/network.c)."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            while data := connection.recv(65536):
                connection.sendall(bytes(byte ^ 0xFF for byte in data))


def check_disks(m, kinds):
    """Each disk has what the host put there; files are tested, and some left for the host."""
    found = set()
    for letter in 'abcdef'[:len(kinds)]:
        kind = command(m, f'mount -t ext4 /dev/vd{letter} /mnt && echo "is $(cat /mnt/name)"',
                       r'^is (\w+)$')[1]
        found.add(kind)
        passes(m, f'usertest verify /mnt {SEED_BEFORE}', 'kept.verify')
        check_results(m, 'files. dir=/mnt', count_tests(SOURCES / 'files.c'))
        passes(m, f'usertest write /mnt {SEED_AFTER}', 'kept.write')
        passes(m, f'umount /mnt && mount -t ext4 /dev/vd{letter} /mnt && usertest verify /mnt '
                  f'{SEED_AFTER}',
               'kept.verify')
        command(m, 'umount /mnt; echo unmounted', '^unmounted$')
    assert found == set(kinds)


def address_of(m):
    """What DHCP gave to the guest in focus; it may still be under way."""
    return command(m, "until ip addr show eth0 | grep -q 'inet '; do usleep 100000; done; ip addr "
                      "show eth0",
                   r'inet ([\d.]+)/')[1]


def test_disks_and_networks(machine, release, linux, tmp_path):
    """Files on every kind of disk; TCP to another guest, and over the uplink to the host."""
    kinds = ['virtio', 'ahci', 'ide', 'ram']
    disks = {kind: make_disk(tmp_path / f'{kind}.img', kind, SEED_BEFORE) for kind in kinds}
    words = 'mem=64M disk=virtio0 disk=ahci0 disk=ide0'
    modules = [*linux('6.1', 'no-pae', 'one', words), f'{disks["ram"]} guest=one disk',
               *linux('6.1', 'no-pae', 'two')]
    host = Answering()
    m = machine(release, modules, options='when-idle=poweroff uplink=net0', memory='384M', extra=[
        '-smp', '2', *disk_arguments(disks), '-netdev', 'user,id=n', '-device',
        'virtio-net-pci,netdev=n'])
    m.expect(SHELL, timeout=LIMIT)
    quiet(m)
    check_disks(m, kinds)
    address_of(m)
    passes(m, f'usertest talk 10.0.2.2 {host.port} {KILOBYTES}', 'network.tcp')
    m.key('2')
    m.event('focus', guest='two')
    m.line('')
    m.expect(SHELL, timeout=LIMIT)
    other = address_of(m)
    m.line('usertest serve 7 &')
    m.expect('network: serving$')
    m.key('1')
    m.event('focus', guest='one', count=2)
    m.line('')
    m.expect(SHELL)
    passes(m, f'usertest talk {other} 7 {KILOBYTES}', 'network.tcp')
    for name in 'one', 'two':
        m.event('focus', guest=name)
        m.line('')
        m.expect(SHELL)
        m.line('poweroff')
        m.event('guest-exit', guest=name, reason='poweroff')
    m.wait_poweroff()
    for kind in kinds[:3]:
        check_disk(disks[kind], SEED_AFTER)
