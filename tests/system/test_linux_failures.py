# SPDX-License-Identifier: GPL-2.0-only
"""
What comes of a bug in a guest's kernel: an oops ends the process that met it, with all its text
on the console, and the guest goes on; where it cannot, in an interrupt or because it has been told
to stop at an oops, the guest's end is a crash, and its cause is what the kernel panicked of.
"""

import pytest

from linux_guest import LIMIT, SHELL, command, guest_modules

KERNELS = [pytest.param('6.1', 'no-pae', id='6.1'), pytest.param('6.12', 'pae', id='6.12-pae')]
# What the shell says of a process that the kernel has ended: with SIGKILL after a page fault,
# with SIGSEGV after all else.
KILLED, FAULTED = 128 + 9, 128 + 11
# What the kernel says of each, and how the process that asks for it ends.
GOES_ON = [
    ('null', r'BUG: kernel NULL pointer dereference, address: 00000000$', KILLED),
    ('bug', r'kernel BUG at .*failing\.c:\d+!$', FAULTED),
    ('warn', r'WARNING: .*failing\.c:\d+ ', 0),
]


def fail(m, way):
    """In a process of its own."""
    m.line(f"sh -c 'echo {way} > /proc/failing'; echo status $?")


@pytest.mark.parametrize('version, pages', KERNELS)
def test_failures(machine, release, version, pages):
    names = 'one', 'two'
    m = machine(release, [module for name in names
                          for module in guest_modules(release, version, pages, name)],
                memory='384M')
    for name in names:
        m.event('focus', guest=name, timeout=LIMIT)
        m.expect(SHELL, timeout=LIMIT)
        command(m, 'insmod /failing.ko; dmesg -n 8; echo there', '^there$')
        if name == 'one':
            check_going_on(m)
            m.line('echo 1 > /proc/sys/kernel/panic_on_oops')
            fail(m, 'null')
            cause = 'Fatal exception'
        else:
            fail(m, 'interrupt')
            cause = 'Fatal exception in interrupt'
        m.event('guest-exit', guest=name, reason='crash', cause=cause)
    m.wait_poweroff()


def check_going_on(m):
    """Each leaves its trace and nothing else: the guest goes on."""
    for way, text, status in GOES_ON:
        fail(m, way)
        m.expect(text)
        m.expect('Call Trace:$')
        m.expect(r' failing_write\+')
        m.expect(rf'^status {status}$')
        m.expect(SHELL)
    # It has died of oopses, and warned (Linux, admin-guide/tainted-kernels.rst: bits 7 and 9).
    tainted = int(command(m, 'cat /proc/sys/kernel/tainted', r'^(\d+)$')[1])
    assert tainted & (1 << 7 | 1 << 9) == 1 << 7 | 1 << 9
    command(m, 'usertest process.', r'^TOTAL \d+ passed, 0 failed, 0 skipped$', LIMIT)
