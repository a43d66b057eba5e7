# SPDX-License-Identifier: GPL-2.0-only
"""
Linux from Debian's source packages, as `make linux` builds it: it comes to a shell, has its
devices, and its ends are the events that they should be.  Building takes minutes, and needs
Debian's packages.
"""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = [('6.1', 0), ('6.12', 1)]
BUILD_LIMIT = 3600      # seconds, on a machine that has much else to do
SHELL = r'^/ # '


@pytest.fixture(scope='session')
def modules(release):
    """modules(version, pae, name) is what boots a guest of that name."""
    def build(version, pae, name='linux'):
        subprocess.run(['make', 'linux', f'LINUX={version}', f'LINUX_PAE={pae}', f'O={release.directory}'],
                       cwd=ROOT, check=True, timeout=BUILD_LIMIT)
        folder = release.directory / 'linux'
        image = folder / version / ('pae' if pae else 'no-pae') / 'bzImage'
        return [f'{image} guest={name} kernel mem=96M -- console=hvc0',
                f'{folder}/initrd.gz guest={name} initrd']
    return build


@pytest.mark.long
@pytest.mark.parametrize('version, pae', KERNELS)
def test_shell(machine, release, modules, version, pae):
    """To the shell and through its ends: a reboot, a panic, and power-off after that."""
    m = machine(release, modules(version, pae), memory='384M')
    m.expect(SHELL, timeout=120)
    m.line('uname -r')
    m.expect(rf'^{re.escape(version)}\.\d+-umbra$')
    m.line('grep -c umbra /proc/interrupts; head -c 16 /dev/hwrng | wc -c')
    m.expect('^4$')
    m.expect('^16$')
    assert not re.search(r'WARNING:|BUG:|Call Trace', m.text)
    m.line('reboot')
    m.event('guest-exit', guest='linux', reason='reboot', timeout=60)
    m.event('guest-start', guest='linux', count=2, timeout=60)
    m.expect(SHELL, timeout=120)
    m.line('poweroff')
    m.event('guest-exit', guest='linux', reason='poweroff', timeout=60)
    m.wait_poweroff()


@pytest.mark.long
@pytest.mark.parametrize('version, pae', KERNELS)
def test_panic(machine, release, modules, version, pae):
    m = machine(release, modules(version, pae), memory='384M')
    m.expect(SHELL, timeout=120)
    m.line('echo c > /proc/sysrq-trigger')
    end = m.event('guest-exit', guest='linux', reason='crash', timeout=60)
    assert 'sysrq triggered crash' in end['cause']
    m.wait_poweroff()
