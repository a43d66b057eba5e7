# SPDX-License-Identifier: GPL-2.0-only
"""
A debugger at Umbra's serial line (gdb=com2): guests are its processes, and so is Umbra.  All but
the attacks on the line drive a real gdb.
"""

import re
import socket

import pytest

from debugger import Debugger, serial_line

ONE = 'demo guest=one kernel mem=4M -- name=one'
TWO = 'demo guest=two kernel mem=4M -- name=two'
WORKER = 'worker guest=worker kernel mem=4M -- from=0 to=4000000000 tick=20'


@pytest.fixture
def debug(machine, tmp_path):
    """Boots a machine, and starts a gdb that is connected to it: both of them."""
    debuggers = []

    def start(build, modules, *, options='when-idle=poweroff', extra=(), guest='demo', before=()):
        line, path = serial_line(tmp_path)
        m = machine(build, modules, options=f'{options} gdb=com2', extra=[*line, *extra])
        m.event('gdb', line='com2')
        g = Debugger(m, build.guest(guest) if guest else build.umbra, before)
        debuggers.append(g)
        g.do(f'target extended-remote {path}')
        return m, g
    yield start
    for each in debuggers:
        each.close()


def number_of(g, name):
    """The number of a guest, as `monitor guests` has it."""
    return g.do('monitor guests', rf'^(\d+) +{name} ')[1]


def attach(g, name):
    g.do(f'attach {number_of(g, name)}', rf'^0x[0-9a-f]+ in |^[a-z_]+ \(')


def go_on(g):
    g.begin('continue')


@pytest.mark.parametrize('cpus', [1, 3])
def test_attach(debug, build, cpus):
    """Registers and memory of a guest, which stands still meanwhile, and another one does not."""
    m, g = debug(build, [ONE, TWO], extra=['-smp', str(cpus)])
    m.expect('one> ')
    m.event('guest-ready', guest='two')
    g.do('info os processes', r'^\d+ +guest +one +\n\d+ +guest +two +\n1000 +umbra +umbra')
    attach(g, 'one')
    g.do('monitor guests', r'^1 +one +paused ')
    g.do('backtrace', r'(?s)irq_wait.*console_key.*line_read.*guest_main')
    g.do('info threads', r'"one"')
    g.do('print $cs', r'= 97$')
    g.do('print $eflags', r'= \[.* IF .*\]')
    g.do('print/x $cr0', r'= 0x80010031$')
    g.do('print/x $cs_limit', r'= 0x[0-9a-f]+$')
    g.do('print/x $fctrl', r'= 0x37f$')
    # By the guest's own tables; what is not mapped cannot be read.
    g.do('x/s prompt', r'"one> "$')
    g.do('x/4x 0x20000000', r'Cannot access memory')
    g.do('x/4x 0xfffff000', r'Cannot access memory')
    g.do('set var prompt[0] = 79')
    g.do('x/s prompt', r'"One> "$')
    g.do('set $edi = 0x12345678')
    g.do('print/x $edi', r'= 0x12345678$')
    g.do('set $edi = 80')
    # A ring in which no guest may be, and a CR that it does not have.
    g.do('set $cs = 8', r'Could not write register "cs"')
    g.do('set $cr0 = 0', r'Could not write register "cr0"')
    # The one that stands still takes no keys; the other one does.
    m.type('x')
    m.type('\x1dn')
    m.event('focus', guest='two')
    m.line('echo undisturbed')
    m.expect('^undisturbed')
    assert not re.search(r'one> x', m.text)
    g.do('detach', r'Detaching from program|\[Inferior 1 .* detached\]')
    m.type('\x1dn')
    m.wait_line(r'One> x$|one> x$')
    g.do('monitor guests', r'^1 +one +waiting ')


# --- break- and watchpoints, steps -----------------------------------------------------------


def test_breakpoint(debug, build):
    m, g = debug(build, [ONE])
    m.expect('one> ')
    attach(g, 'one')
    g.do('break command_echo')
    go_on(g)
    m.line('echo first')
    g.finish(r'^Breakpoint 1, command_echo \(arguments=0x[0-9a-f]+ "first"\)')
    g.do('backtrace', r'(?s)#0 +command_echo.*#1.*guest_main')
    g.do('x/8xb $pc', r'^0x[0-9a-f]+ <command_echo[^:]*>:\t(?!.*0xcc)')
    # Instructions one by one, lines, and back to the caller.
    before = int(g.do('print/x $pc', r'= (0x[0-9a-f]+)$')[1], 16)
    g.do('stepi')
    assert 1 <= int(g.do('print/x $pc', r'= (0x[0-9a-f]+)$')[1], 16) - before <= 15
    g.do('stepi 3')
    g.do('info symbol $pc', r'^(command_echo|print)')
    g.do('finish', 'Run till exit')
    m.expect('^first')
    # Twice, and not any more when it is gone.
    go_on(g)
    m.line('echo second')
    g.finish(r'Breakpoint 1, command_echo \(.*"second"\)')
    g.do('delete')
    go_on(g)
    m.expect('^second')
    m.line('echo third')
    m.expect('^third')
    g.interrupt()
    g.finish(r'SIGINT')
    g.do('print clock_ms()', r'^\$\d+ = [1-9]\d*$')
    g.do('detach')
    m.line('echo fourth')
    m.expect('^fourth')


def test_step_over_calls(debug, build):
    """`next` over a call that prints, by a hypercall and with interrupts that come meanwhile."""
    m, g = debug(build, [ONE])
    m.expect('one> ')
    attach(g, 'one')
    g.do('break command_uptime')
    go_on(g)
    m.line('uptime')
    g.finish('Breakpoint 1')
    for _ in range(6):
        if 'command_uptime' not in g.do('info symbol $pc'):
            break
        g.do('next')
    m.expect(r'^up \d+\.\d+ s')
    g.do('info symbol $pc', 'commands_execute|line_read|guest_main|print')


def test_watchpoint(debug, build):
    m, g = debug(build, [WORKER], guest='worker')
    m.event('guest-ready', guest='worker')
    attach(g, 'worker')
    g.do('watch rounds', 'Hardware watchpoint 1: rounds')
    values = []
    for _ in range(3):
        go_on(g)
        found = g.finish(r'Hardware watchpoint 1: rounds\n\nOld value = (\d+)\nNew value = (\d+)')
        values.append((int(found[1]), int(found[2])))
    assert all(new == old + 1 for old, new in values) and values[0][1] == values[1][0]
    g.do('delete')
    g.do('awatch tick_due')
    go_on(g)
    g.finish(r'Hardware access .*watchpoint 2: tick_due')
    g.do('delete')
    g.do('hbreak tick')
    go_on(g)
    g.finish(r'^(Thread.* hit )?Breakpoint 3, tick')
    # There are four debug registers, and each of these takes two.
    for name in ('latest', 'tick_due', 'start_ns'):
        g.do(f'watch {name}', 'Hardware watchpoint')
    go_on(g)
    g.finish('Could not insert hardware (watch|break)point')
    g.do('delete')
    g.do('detach')
    assert not m.events('guest-exit')
