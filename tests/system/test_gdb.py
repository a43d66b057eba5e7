# SPDX-License-Identifier: GPL-2.0-only
"""
A debugger at Umbra's serial line (gdb=com2): guests are its processes, and so is Umbra.  All but
the attacks on the line drive a real gdb.
"""

import re
import socket
import subprocess

import pytest

from conftest import ROOT
from debugger import Debugger, serial_line

ICOUNT = ['-icount', 'shift=4,sleep=off']
ONE = 'demo guest=one kernel mem=4M -- name=one'
TWO = 'demo guest=two kernel mem=4M -- name=two'
WORKER = 'worker guest=worker kernel mem=4M -- from=4000000000 to=4100000000 tick=20'


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
    # What comes next is where it is, which can be anywhere.
    g.do(f'attach {number_of(g, name)}', r'^Attaching to .*process \d+')


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


@pytest.mark.parametrize('cpus', [1, 3])
def test_own_traps(debug, build, cpus):
    """
    Every trap that is the guest's own reaches it while a debugger has attached, with a breakpoint
    and a watchpoint that are set: `int3`, TF, all of what guest/abi tests.
    """
    m, g = debug(build, ['demo guest=one kernel mem=4M -- name=one',
                         'abi guest=abi kernel mem=16M -- wait'],
                 extra=['-smp', str(cpus), *ICOUNT], guest='abi')
    m.expect('one> ')
    attach(g, 'abi')
    g.do('monitor restart abi')
    g.do('catch exec')
    go_on(g)
    g.finish(r"Catchpoint 1 \(exec'd abi\)")
    g.do(f'file {build.guest("abi")}')
    g.do('hbreak guest_main')
    go_on(g)
    g.finish(r'Breakpoint 2, guest_main')
    # The time that the guest stands still is time for it, so it stands still no more.
    g.do('break machine_panic')
    g.do('watch *(int *)0xc0000100')
    go_on(g)
    g.finish(r'Inferior 1 \(process \d+\) exited normally', timeout=400)
    m.wait_line(r'TOTAL \d+ passed, 0 failed$')


# --- several guests -----------------------------------------------------------------------------


def test_one_of_two(debug, release):
    """One stands still while the other, attached to as well, goes on: non-stop mode."""
    m, g = debug(release, [ONE, TWO], before=['set non-stop on'])
    m.expect('one> ')
    g.do('attach 1')
    g.do('add-inferior')
    g.do('inferior 2')
    g.do(f'file {release.guest("demo")}')
    g.do('attach 2')
    g.do('info threads', r'(?s)"one".*"two"')
    g.do('inferior 2')
    g.do('break command_echo')
    g.do('continue &')
    m.type('\x1dn')
    m.event('focus', guest='two')
    m.line('echo hit')
    g.do('echo ready\\n', 'ready')
    m.wait(lambda: 'hit' in g.do('backtrace 1'), 'the breakpoint')
    g.do('delete')
    g.do('continue &')
    m.expect('^hit')
    m.line('echo running')
    m.expect('^running')
    g.do('monitor guests', r'(?m)^1 +one +paused .*\n2 +two +(waiting|running) ')
    g.do('detach inferior 1')
    g.do('monitor guests', r'(?m)^1 +one +waiting ')


def test_all_stop(debug, release):
    """In all-stop mode the stop of one is that of both, when both were let go on."""
    m, g = debug(release, [ONE, TWO, WORKER], before=['set schedule-multiple on'])
    m.expect('one> ')
    g.do('attach 1')
    g.do('add-inferior')
    g.do('inferior 2')
    g.do(f'file {release.guest("demo")}')
    g.do('attach 2')
    g.do('break command_echo')
    go_on(g)
    m.line('echo hit')
    g.finish(r'Breakpoint 1(.1)?, command_echo')
    # Nobody has attached to the third.
    g.do('monitor guests', r'(?m)^1 +one +paused .*\n2 +two +paused .*\n3 +worker +running ')
    g.do('delete')
    go_on(g)
    m.expect('^hit')
    g.interrupt()
    g.finish('SIGINT')


# --- the lives of guests --------------------------------------------------------------------


def test_ends(debug, build):
    m, g = debug(build, [ONE, TWO])
    m.expect('one> ')
    attach(g, 'one')
    go_on(g)
    m.line('poweroff')
    g.finish(r'\[Inferior 1 \(process 1\) exited normally\]')
    m.event('guest-exit', guest='one', reason='poweroff')
    g.do('attach 1', 'failed|E02|Attaching')
    g.do(f'attach {number_of(g, "two")}')
    g.do('kill', r'\[Inferior 1 \(process 2\) killed\]')
    m.event('guest-exit', guest='two', reason='killed', cause='killed by a debugger')
    m.wait_poweroff()


def test_restart(debug, build):
    """A restart is told, and the guest stands before its first instruction."""
    m, g = debug(build, [ONE])
    m.expect('one> ')
    attach(g, 'one')
    g.do('catch exec')
    go_on(g)
    m.line('reboot')
    g.finish(r"Catchpoint 1 \(exec'd one\)")
    m.event('guest-start', 2, guest='one')
    assert len(m.events('guest-ready', guest='one')) == 1
    g.do(f'file {build.guest("demo")}')
    g.do('print $pc', r'0x10[0-9a-f]{4}$')
    # The kernel's addresses are not mapped yet: memory has no place for breakpoints there.
    g.do('break command_echo')
    go_on(g)
    g.finish('Cannot insert breakpoint 2')
    g.do('delete')
    g.do('hbreak command_echo')
    go_on(g)
    m.event('guest-ready', 2, guest='one')
    m.line('echo again')
    g.finish(r'command_echo')
    g.do('kill')


def test_monitor(debug, build):
    m, g = debug(build, [ONE])
    m.expect('one> ')
    g.do('monitor help', r'(?s)^help .*\nguests .*\nreboot ')
    g.do('monitor dump one c0100000 16', r'^c0100000  ([0-9a-f]{2} ){16}')
    g.do('monitor nonsense', r"^no command is called 'nonsense'")
    g.do('monitor set one weight=50')
    g.do('monitor guests', r'^1 +one +waiting +4096 K +50 ')
    assert 'no command is called' not in m.text


# --- Umbra itself --------------------------------------------------------------------------------


def test_umbra(debug, build):
    m, g = debug(build, [ONE], guest=None)
    m.expect('one> ')
    g.do('attach 1000')
    g.do('print gdb.selected', r'= 1000$')
    g.do('backtrace', r'(?s)gdb_serve.*run_forever')
    g.do('print options.gdb', r'= 2$')
    # What is nowhere mapped, a guest's memory, a device's registers.
    for address in ('0xff000000', '0x1000', '0xfe000000', '0xf8000000'):
        g.do(f'x/x {address}', 'Cannot access memory')
    g.do('set var options.gdb = 1', 'Cannot access memory|Could not')
    g.do('stepi &')
    g.interrupt()
    m.line('echo undisturbed')
    m.expect('^undisturbed')


@pytest.mark.parametrize('cpus, way, function', [(1, 'panic', 'command_end'),
                                                  (3, 'fault', 'command_end'),
                                                  (1, 'stack', 'overflow_stack')])
def test_panic(debug, build, cpus, way, function):
    m, g = debug(build, [ONE], guest=None, options='on-panic=gdb', extra=['-smp', str(cpus)])
    m.may_panic = True
    m.expect('one> ')
    g.do('attach 1000')
    go_on(g)
    m.key(f':end {way}\r')
    m.event('panic')
    g.finish('SIGABRT')
    g.do('backtrace 8', function)
    g.do('print panicking_cpu', r'= 0$')
    g.do('info threads', r'(?s)umbra cpu0.*umbra cpu2' if cpus == 3 else 'umbra cpu0')
    g.do('monitor guests', 'Umbra has panicked, and has no commands')
    g.do('x/x 0xff000000', 'Cannot access memory')


# --- the line ------------------------------------------------------------------------------------


class Wire:
    """The bytes of the line, without a gdb."""

    def __init__(self, machine, path):
        self.machine = machine
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self.input = b''

    def read(self):
        try:
            self.input += self.socket.recv(1 << 16)
        except BlockingIOError:
            pass
        return self.input

    def send(self, data):
        """All of it, however slowly it is taken."""
        def sent():
            nonlocal data
            self.read()
            try:
                data = data[self.socket.send(data):]
            except BlockingIOError:
                pass
            return not data
        self.machine.wait(sent, 'the line to take its bytes')

    def ask(self, content, ack=b'+'):
        """A packet, and what the next one contains."""
        self.read()
        self.input = b''
        self.send(b'$%s#%02x' % (content, sum(content) & 0xFF))
        self.machine.wait(lambda: re.search(rb'\$[^#]*#..', self.read()), f'an answer to {content}')
        self.send(ack)
        return re.search(rb'\$([^#]*)#..', self.input)[1]


@pytest.fixture
def wire(machine, tmp_path):
    def start(build, modules, extra=()):
        line, path = serial_line(tmp_path)
        m = machine(build, modules, options='when-idle=poweroff gdb=com2', extra=[*line, *extra])
        m.event('gdb', line='com2')
        m.expect('one> ')
        return m, Wire(m, path)
    return start


REQUESTS = [b'm0,ffffffff', b'mffffffff,ffffffff', b'mc0100000,7fffffff', b'M0,10:00', b'X0,4:}',
            b'Z0,0,0', b'Z9,0,0', b'Z2,ffffffff,8', b'Z2,c0100000,ffffffff', b'z0,c0100000,1',
            b'P100=0', b'Pa=00000000', b'P8=', b'pffffffff', b'p', b'g', b'G00', b'vCont;x',
            b'vCont;C', b'vCont;c:pz', b'vAttach;0', b'vAttach;ffffffff', b'vAttach;3', b'vKill;7',
            b'Hgp1.7', b'Hgp-1.-1', b'Hg', b'T',
            b'qXfer:features:read:target.xml:ffffffff,ffffffff',
            b'qXfer:features:read:target.xml:z', b'qRcmd,6', b'qRcmd,zz', b'qRcmd,' + b'41' * 400,
            b'vRun;x', b'vFile:open:2f', b'QNonStop:7', b'QNonStop:0', b'D;9', b'?', b'', b'v',
            b'q', b'k' * 5000]


def test_hostile_wire(wire, build):
    """Garbage, packets that are too long or nonsense, no acknowledgments: no guest notices."""
    m, w = wire(build, [ONE, TWO])
    w.send(bytes(range(256)) * 64 + b'$' * 3000 + b'#' * 3000 + b'-' * 500 + b'\x03' * 500)
    w.send(b'$' + b'm' * 100000 + b'#00$#' + b'}' * 9000)
    w.send(b''.join(b'$%s#%02x' % (each, sum(each) & 0xFF) for each in REQUESTS * 3))
    m.line('echo undisturbed')
    m.expect('^undisturbed')
    # None was acknowledged; whoever comes now is answered as ever.
    m.wait(lambda: w.ask(b'qSupported', b'').startswith(b'PacketSize='), 'the first answer')
    m.run_on(0.1)
    w.read()
    assert w.ask(b'qSupported').startswith(b'PacketSize=')
    assert w.ask(b'vAttach;1') == b'T00thread:p1.1;'
    for each in REQUESTS:
        if each and len(each) < 1000 and b'}' not in each and not each.startswith(
                (b'k', b'vCont;C', b'D;')):
            w.ask(each)
    assert w.ask(b'D;1') == b'OK'
    m.line('echo still')
    m.expect('^still')
    assert not m.events('guest-exit')


def test_new_debugger(wire, release):
    """One that begins where another one vanished finds nothing attached."""
    m, w = wire(release, [ONE])
    w.ask(b'qSupported')
    assert w.ask(b'QStartNoAckMode') == b'OK'
    assert w.ask(b'vAttach;1', b'') == b'T00thread:p1.1;'
    assert w.ask(b'Z0,c0100000,1', b'') == b'OK'
    w.send(b'+')
    assert w.ask(b'qSupported').startswith(b'PacketSize=')
    assert b'+' in w.input
    assert w.ask(b'?') == b'W00'
    m.line('echo on')
    m.expect('^on')


@pytest.mark.parametrize('words, cause', [
    ('gdb=com3', 'the value is one of com1, com2'), ('gdb=com1', 'the port is a console already'),
    ('on-panic=gdb', 'there is no line for a debugger, as gdb=com2'),
    ('gdb=com2 trace-to=com2', 'the trace goes to that port already'),
])
def test_bad_words(machine, release, words, cause):
    m = machine(release, [ONE], options=words)
    m.event('option-error', cause=cause)
    assert not m.events('gdb')


def test_make(release, tmp_path):
    """`make gdb-guest` boots, and has gdb attached to the guest that was named."""
    script = tmp_path / 'script.gdb'
    script.write_text('backtrace\nmonitor guests\ndetach\n')
    answer = subprocess.run(['make', 'gdb-guest', 'GUEST=beta', f'GDB_SCRIPT={script}',
                             f'O={release.directory}', 'WORDS=when-idle=poweroff'], cwd=ROOT,
                            check=True, timeout=300, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL).stdout
    assert re.search(r'(?s)irq_wait.*guest_main', answer)
    assert re.search(r'(?m)^\d +alpha +waiting ', answer)
    assert re.search(r'(?m)^\d +beta +paused ', answer)
