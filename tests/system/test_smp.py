# SPDX-License-Identifier: GPL-2.0-only
"""
Several CPUs: all start, guests spread over them, move and keep what is theirs,
each CPU gets its interrupts, and the person at the console reaches a guest
wherever it is.  With one host thread a CPU, so that races show.  Time by counted
instructions, as elsewhere, is of no use here: QEMU before 8.1 lets the first CPU
starve the others then.  So shares are told by Umbra's own account of run time.
"""

import re

import pytest

from test_disks import drives, images  # noqa: F401, a fixture
from attacks import check_witnesses, judge, results, start, wait_attackers, words_of
from test_lifecycle import settled_frames
from test_net import asker, peer, run_tests

TOLERANCE = 0.15        # the host has other work for its processors too


def threads(cpus):
    return ['-smp', str(cpus), '-accel', 'tcg,thread=multi']


def spinner(name, words=''):
    """A guest that computes for as long as it is let."""
    return (f'worker guest={name} kernel mem=2M shadow=1M {words} '
            f'-- name={name} from=600000 to=600001')


def sleeper(name, words=''):
    """A guest that waits for keys, so that many CPUs of it cost the host nothing."""
    return f'demo guest={name} kernel mem=2M shadow=1M {words} -- name={name}'


def guests(machine):
    """What `:guests` says: for each guest its CPU and its run time in milliseconds."""
    start = len(machine.text)
    machine.key(':guests\r')
    machine.free_frames()       # the answer to this comes behind all of that
    rows = re.findall(r'^\d+ +(\S+) +\S+ +\d+ K +\d+ +\d+ +(\d+) +(\d+) ms$',
                      machine.text[start:], re.MULTILINE)
    return {name: (int(cpu), int(ran)) for name, cpu, ran in rows}


def homes(machine):
    return {name: cpu for name, (cpu, _) in guests(machine).items()}


def ran(machine):
    return {name: time for name, (_, time) in guests(machine).items()}


def passed(machine, guest, timeout=120):
    """How many tests a guest reports as passed, when none has failed."""
    end = machine.event('guest-exit', guest=guest, timeout=timeout)
    assert end['reason'] == 'poweroff', end
    total = machine.wait_line(r'TOTAL (\d+) passed, (\d+) failed')
    assert total[2] == '0', [line for line in machine.lines if 'FAIL' in line]
    return int(total[1])


# --- starting ----------------------------------------------------------------------------


@pytest.mark.parametrize('cpus', [1, 2, 4, 8])
def test_all_start(machine, build, cpus):
    """All CPUs of the MADT run guests, one each while there are enough."""
    names = [f'g{i}' for i in range(cpus)]
    m = machine(build, [sleeper(name) for name in names], extra=threads(cpus), options='')
    assert m.event('cpus') | {'started': str(cpus), 'found': str(cpus)} == m.event('cpus')
    for name in names:
        m.event('guest-ready', guest=name)
    assert sorted(homes(m).values()) == list(range(cpus))
    for cpu in range(cpus):
        # A debug build has more to say behind it.
        m.command('cpus', rf'(?m)^{cpu} +{cpu} +100( g\d)?(;.*)?$')
    if cpus > 1:
        m.wait_line(r'time: the TSCs of all CPUs agree$')


def test_maxcpus(machine, release):
    m = machine(release, [sleeper(name) for name in 'abc'], extra=threads(4), options='maxcpus=2')
    event = m.event('cpus')
    assert (event['started'], event['found']) == ('2', '4')
    for name in 'abc':
        m.event('guest-ready', guest=name)
    assert set(homes(m).values()) == {0, 1}


@pytest.mark.parametrize('options', ['apic=off', 'maxcpus=1'])
def test_one_of_many(machine, build, options):
    """The other CPUs stay as the firmware left them."""
    m = machine(build, ['demo guest=a kernel mem=4M'], extra=threads(4),
                options=f'{options} when-idle=poweroff')
    assert m.event('cpus')['started'] == '1'
    m.expect('demo> ')
    m.line('poweroff')
    m.wait_poweroff()


@pytest.mark.parametrize('cpu', ['qemu32', 'max', 'pentium3'])
def test_models(machine, debug, cpu):
    """Each with what else the model has: x2APIC ids, SMAP, no NX."""
    m = machine(debug, [sleeper('a'), 'abi guest=t kernel mem=8M cpus=1'], extra=threads(2),
                cpu=cpu, options='')
    assert passed(m, 't') > 190


def test_iso(machine, release, make_iso):
    """As people start it, from GRUB, whose memory map is another."""
    image = make_iso(release, 'console=com1 when-idle=poweroff', ('a', 'demo', ''),
                     ('b', 'demo', ''))
    m = machine(release, medium=['-cdrom', str(image)], extra=threads(2))
    assert m.event('cpus')['started'] == '2'
    for name in 'ab':
        m.expect(f'event=focus guest={name}')
        m.expect('demo> ')
        m.line('poweroff')
    m.wait_poweroff()


# --- where guests run ----------------------------------------------------------------------


def test_pins(machine, debug):
    """A guest runs where cpus= says, however busy it is there."""
    pins = {'a': '1', 'b': '1', 'c': '1', 'd': '0,2-3', 'e': '2'}
    m = machine(debug, [spinner(name, f'cpus={pin}') for name, pin in pins.items()],
                extra=threads(4), options='')
    for name in pins:
        m.event('guest-ready', guest=name)
    for _ in range(2):
        m.run_on(0.5)
        found = homes(m)
        assert [found[name] for name in 'abce'] == [1, 1, 1, 2]
        assert found['d'] in (0, 3)


def test_no_such_cpu(machine, release):
    m = machine(release, [sleeper('a', 'cpus=2-5'), sleeper('b', 'cpus=1-5'),
                          sleeper('c', 'cpus=2-1')], extra=threads(2), options='')
    errors = {event['word']: event['cause'] for event in m.events('module-error')}
    m.event('guest-ready', guest='b')
    errors = {event['word']: event['cause'] for event in m.events('module-error')}
    assert errors == {'cpus': 'none of these CPUs is there',
                      'cpus=2-1': 'CPUs are numbers below 32 and ranges: 1 or 0,2-3'}
    assert homes(m) == {'b': 1}


@pytest.mark.parametrize('cpus, weights', [
    (2, (100, 100, 100)),
    pytest.param(4, (100,) * 6, marks=pytest.mark.long),
])
def test_shares(machine, release, cpus, weights):
    """
    Guests get their shares of all CPUs together, though no CPU's queue could give
    them that.  How exactly, tests/unit/test_balance.c tells.
    """
    names = [f'w{i}' for i in range(len(weights))]
    m = machine(release,
                [spinner(name, f'weight={weight}') for name, weight in zip(names, weights)],
                extra=threads(cpus), options='')
    for name in names:
        m.event('guest-ready', guest=name)

    def fair():
        before = ran(m)
        m.run_on(4)
        after = ran(m)
        times = [after[name] - before[name] for name in names]
        return all(abs(ran_for / sum(times) / (weight / sum(weights)) - 1) < TOLERANCE
                   for ran_for, weight in zip(times, weights))
    # A guest whose CPU the host holds up in its turn runs for as long, as Umbra sees it.
    m.wait(fair, 'four seconds with fair shares')


def test_idle_cpu_takes_over(machine, release):
    """Of two guests on one CPU, one moves as soon as another CPU has nothing to do."""
    m = machine(release, [spinner('a', 'cpus=0'), spinner('b'), spinner('c')], extra=threads(2),
                options='')
    for name in 'abc':
        m.event('guest-ready', guest=name)
    m.command('kill a', r'event=guest-exit guest=a reason=killed')
    m.wait(lambda: sorted(homes(m).values()) == [0, 1], 'a guest on each CPU')


# --- what moves with a guest -------------------------------------------------------------------


@pytest.mark.parametrize('build, guest', [
    ('release', 'abi'), ('debug', 'abi_c'),
    pytest.param('release', 'abi_a', marks=pytest.mark.long),
    pytest.param('debug', 'abi', marks=pytest.mark.long),
], indirect=['build'])
def test_abi_on_the_move(machine, build, guest):
    """
    All of the protocol, FPU values and timers included, while three guests share
    two CPUs and so move all the time.
    """
    m = machine(build, [f'{guest} guest=t kernel mem=8M', spinner('a'), spinner('b')],
                extra=threads(2), options='')
    m.wait_line(r'PASS clock\.')
    moves = int(m.command('stats t', r'moves between CPUs (\d+)')[1])
    assert passed(m, 't') > 190
    assert moves + int(m.command('stats a', r'moves between CPUs (\d+)')[1]) > 3


@pytest.mark.parametrize('cpu', ['pentium3', 'max'])
def test_fpu_on_the_move(machine, debug, cpu):
    """FPU values go along, and none are left where another guest finds them."""
    seeds = 1, 2, 3, 4
    m = machine(debug, [f'victim guest=victim{seed} kernel mem=4M -- seed={seed} rounds=20 busy'
                        for seed in seeds] +
                ['hostile guest=snoop kernel mem=4M -- attack=fpu-snoop seconds=2'],
                cpu=cpu, extra=threads(2))
    m.wait_poweroff()
    results = [re.sub(r'^\[\w+\] ', '', line) for line in m.lines]
    assert results.count('victim: round 20 checksum OK') >= len(seeds)
    assert not [line for line in results if re.search('BAD|FAIL', line)]
    assert 'PASS fpu-snoop' in results


def test_time_on_the_move(machine, release):
    """Ticks come, and the clock goes on, wherever the guest is."""
    m = machine(release,
                ['worker guest=t kernel mem=2M shadow=1M -- name=t from=10000 to=15000 tick=10',
                        spinner('a'), spinner('b')], extra=threads(2), options='')
    ticks = int(m.wait_line(r't: rounds=\d+ ticks=(\d+)')[1])
    # Each is set when the one before has come, which is late by as long as the others run.
    assert 30 <= ticks <= 500


# --- guests that work together ---------------------------------------------------------------


@pytest.mark.parametrize('one, two', [('0', '1'), ('1', '2')])
def test_network_between_cpus(machine, debug, one, two):
    m = machine(debug, [asker('net', 'only=frames.sizes').replace(' --', f' cpus={one} --'),
                        peer('net_c', words=f'cpus={two}')], extra=threads(3))
    run_tests(m, 'e')


def test_console_of_other_cpus(machine, build):
    """Keys reach a guest on any CPU, and its output the console."""
    m = machine(build, [f'demo guest={name} kernel mem=4M cpus={cpu} -- name={name}'
                        for cpu, name in enumerate('abcd')], extra=threads(4))
    for name in 'abcd':
        m.expect(f'{name}> ')
        m.line('echo ' + name * 40)
        m.expect('^' + name * 40 + '$')
        m.key('n')
    for name in 'abcd':
        m.command(f'regs {name}', r'^eip [0-9a-f]{8} cs ')
        m.command(f'stats {name}', r'^exits by ')
    m.command('restart c', r'event=guest-exit guest=c reason=reboot')
    m.event('guest-ready', 2, guest='c')
    for name in 'abcd':
        m.command(f'kill {name}', rf'event=guest-exit guest={name} reason=killed')
    m.wait_poweroff()


@pytest.mark.parametrize('disks', ['virtio', 'ahci', 'ide'])
def test_disk_of_other_cpus(machine, build, images, disks):
    """The interrupts of a disk go to the boot CPU, its guest is elsewhere."""
    m = machine(build, [f'disk guest=disk kernel mem=8M cpus=1 disk={disks}0 disk={disks}1,ro -- '
                        'name=disk later'], extra=threads(2) + drives(disks, *images))
    assert passed(m, 'disk') > 10


# --- attacks ---------------------------------------------------------------------------------


@pytest.mark.parametrize('names', [
    ('fuzz-tables', 'queue-noise', 'console-storm'),
    pytest.param(('fuzz-calls', 'fuzz-user', 'fuzz-kernel', 'notify-noise', 'page-scribble'),
                 marks=pytest.mark.long),
])
def test_attacks(machine, debug, names):
    """Attackers on all CPUs at once: who works beside them notices nothing."""
    m = start(machine, debug, *(words_of(debug, name) for name in names), extra=threads(3))
    for number, (name, end) in enumerate(zip(names, wait_attackers(m, len(names))), 1):
        if name != 'console-storm':
            assert judge(name, end, results(m, number)) is None
    check_witnesses(m)


def test_restarts(machine, debug):
    """Guests start again all the time, on all CPUs: no frame is lost."""
    names = ['g0', 'g1', 'g2']
    m = machine(debug, ['demo guest=keeper kernel mem=4M -- name=keeper'] +
                [f'demo guest={name} kernel mem=4M -- name={name}' for name in names],
                extra=threads(4))
    m.expect('keeper> ')
    free = []
    for count in range(1, 7):
        for name in names:
            m.event('guest-ready', guest=name, count=count)
            m.wait_line(rf'^\[{name}\] This is {name},', count=count)
        if count in (2, 6):
            free.append(settled_frames(m))
        for name in names:
            m.key(f':restart {name}\r')
        for name in names:
            m.event('guest-exit', guest=name, count=count)
    assert free[0] == free[1]
    for name in names:
        m.command(f'kill {name}', f'event=guest-exit guest={name} reason=killed')
    m.line('poweroff')
    m.wait_poweroff()


def kill(m, name):
    """Until its name is free: another CPU says that it has ended just before that."""
    m.command(f'kill {name}', f'event=guest-exit guest={name} reason=killed')
    m.wait(lambda: name not in guests(m), f'{name} to be gone')


def test_kill_while_delayed(machine, build):
    """A guest that waits to restart on a busy CPU is killed; an idle CPU takes it apart."""
    m = machine(build, [sleeper('keeper', 'cpus=1 weight=1000'), spinner('busy', 'cpus=0'),
                        'demo guest=storm kernel mem=2M -- run=reboot'], extra=threads(2))
    m.event('guest-ready', guest='busy')
    kill(m, 'busy')
    # Where it starts now it is alone, so it stays.
    kill(m, 'storm')
    m.command('start storm', 'event=guest-ready guest=storm')
    assert homes(m)['storm'] == 0
    m.event('guest-delay', guest='storm', delay='1280ms')
    for _ in range(10):
        # Whoever looks too late finds it started again, maybe elsewhere; the delays grow.
        seen = len(m.events('guest-delay', guest='storm'))
        m.event('guest-delay', guest='storm', count=seen + 1)
        m.command('start busy', 'event=guest-ready guest=busy')
        state = m.command('guests', r'(?m)^\d+ +storm +(\w+)')[1]
        if state == 'delayed':
            break
        kill(m, 'busy')
    assert state == 'delayed'
    kill(m, 'storm')
    m.command('start storm', 'event=guest-ready guest=storm')


# --- panics and NMIs -------------------------------------------------------------------------


def test_panic_shows_all(machine, release):
    """Where each CPU was, guests and Umbra itself."""
    m = machine(release, [spinner('a', 'cpus=1'), spinner('b', 'cpus=2')], extra=threads(4),
                options='on-panic=poweroff')
    for name in 'ab':
        m.event('guest-ready', guest=name)
    m.may_panic = True
    m.key(':end panic\r')
    m.event('panic')
    m.expect(r'^cpu0 ran no guest$')
    # Most often in the guest, but an exit may be on its way.
    in_guest = r'  in the guest, eip c01[0-9a-f]{5} cs 0061$'
    m.expect(rf'^cpu1 ran a\n({in_guest}|backtrace:\n  )')
    m.expect(rf'^cpu2 ran b\n({in_guest}|backtrace:\n  )')
    m.expect(r'^cpu3 ran no guest\nbacktrace:\n(  .*\n)*.* run_forever')
    m.wait_end()


@pytest.mark.parametrize('cpu', [0, 3])
def test_watchdog(machine, release, cpu):
    """A CPU that stands still is noticed, whichever it is."""
    m = machine(release, [spinner('a', 'cpus=2')], extra=threads(4),
                options='on-panic=poweroff watchdog=5')
    m.event('guest-ready', guest='a')
    m.may_panic = True
    m.key(f':stall {cpu}\r')
    event = m.event('panic')
    assert event['cause'] == f'cpu{cpu} has not scheduled for 5 s'
    m.wait_end()
    assert re.search('^  [0-9a-f]{8} stand_still', m.text, re.MULTILINE)
    assert re.search('^cpu2 ran a\n', m.text, re.MULTILINE)


def test_watchdog_takes_a_guest_out(machine, build):
    """
    QEMU lets a guest turn interrupts off (guest/hostile/vm86.c), here on a CPU that the watchdog's
    own NMIs do not strike: it sends one there.
    """
    m = machine(build, ['victim guest=victim kernel mem=4M cpus=0 -- seed=3',
                        'hostile guest=bad kernel mem=4M cpus=1 -- attack=vm86-silent spin'],
                extra=threads(2), options='watchdog=5 when-idle=poweroff')
    m.event('guest-exit', guest='bad', reason='poweroff')
    m.wait_line('PASS vm86-silent')
    m.key(':kill victim\r')
    m.wait_poweroff()
    assert not m.events('nmi')


def test_watchdog_of_an_hour(machine, release):
    """The longest time that can be said is not a short one."""
    m = machine(release, ['demo guest=a kernel mem=4M cpus=0'], extra=threads(2),
                options='watchdog=3600 when-idle=poweroff')
    m.expect('demo> ')
    m.key(':stall 1\r')
    m.run_on(2)
    assert not m.events('panic')
    m.line('poweroff')
    m.wait_poweroff()


def test_watchdog_leaves_others_asleep(machine, release):
    """Its NMIs reach CPUs, too, that Umbra has not started."""
    m = machine(release, ['demo guest=a kernel mem=4M'], extra=threads(4),
                options='maxcpus=2 watchdog=4 when-idle=poweroff')
    m.expect('demo> ')
    m.run_on(4)
    m.line('poweroff')
    m.wait_poweroff()


def test_power_button(machine, debug):
    """It ends the guests of all CPUs."""
    m = machine(debug, [sleeper(name) for name in 'abcd'], extra=threads(4),
                options='power-button=1')
    for name in 'abcd':
        m.event('guest-ready', guest=name)
    m.ask('system_powerdown')
    for name in 'abcd':
        end = m.event('guest-exit', guest=name)
        assert end['cause'] == 'the power button was pressed'
    m.wait_poweroff()
