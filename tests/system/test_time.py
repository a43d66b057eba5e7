# SPDX-License-Identifier: GPL-2.0-only
"""
Time as guests see it, and the time that Umbra takes for itself.
"""

import calendar
import re
import time

import pytest

SECONDS = 10
# Time goes by instructions, 2^shift ns each, so that no load of the host's shows.
ICOUNT = ['-icount', 'shift=4,sleep=off']


def span(machine, guest):
    """Seconds from the guest's INIT to its end, by the log."""
    return (float(machine.event('guest-exit', guest=guest)['at']) -
            float(machine.event('guest-ready', guest=guest)['at']))


@pytest.mark.parametrize('others', [0, 3])
def test_count(machine, build, others):
    """A guest that sleeps a second between numbers takes seconds, also when others compute."""
    modules = [f'demo guest=counts kernel mem=4M -- run=count:{SECONDS + 1},poweroff']
    modules += [f'demo guest=spins{i} kernel mem=4M -- run=spin:{SECONDS},poweroff'
                for i in range(others)]
    m = machine(build, modules, extra=ICOUNT)
    m.wait_poweroff(60)
    assert SECONDS * 0.999 <= span(m, 'counts') <= SECONDS * (1.05 if others else 1.01)
    for i in range(others):
        assert SECONDS * 0.99 <= span(m, f'spins{i}') <= SECONDS * 1.05


def between(read):
    """What read() returned, behind the host's time before that and in front of that after it."""
    before = time.monotonic()
    return before, read(), time.monotonic()


def uptime(machine):
    machine.line('uptime')
    return float(machine.expect(r'^up (\d+\.\d+) s')[1])


def test_count_by_the_host(machine, release):
    """The same against the host's clock, however long it takes until somebody looks."""
    m = machine(release, ['demo guest=one kernel mem=4M -- name=one'])
    m.expect('one> ')
    began, first, start = between(lambda: uptime(m))
    m.line('count 5')
    m.expect('^5$')
    end, last, after = between(lambda: uptime(m))
    assert last - first >= 4
    assert (end - start) * 0.98 - 0.01 <= last - first
    assert last - first <= (after - began) * 1.02 + 0.01


def wall_clock(machine):
    machine.line('date')
    text = machine.expect(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$')[0]
    return calendar.timegm(time.strptime(text, '%Y-%m-%d %H:%M:%S UTC'))


@pytest.mark.parametrize('cpu', ['pentium3', 'qemu32', 'max'])
def test_date(machine, build, cpu):
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one'], cpu=cpu)
    m.expect('one> ')
    for _ in range(2):
        before = time.time()
        assert before - 3 <= wall_clock(m) <= time.time() + 3
        m.run_on(1.5)


@pytest.mark.parametrize('start, shown', [
    ('2099-12-31T23:59:58', r'2100-01-01 00:00:0\d UTC|2099-12-31 23:59:5\d UTC'),
    ('2028-02-29T12:00:00', r'2028-02-29 12:00:0\d UTC'),
])
def test_calendar(machine, release, start, shown):
    """Days that clocks get wrong."""
    m = machine(release, ['demo guest=one kernel mem=4M -- run=date,poweroff'],
                extra=['-rtc', f'base={start},clock=vm', *ICOUNT])
    m.wait_poweroff()
    dates = [line for line in m.lines if re.fullmatch(r'\d{4}-\S+ \S+ UTC', line)]
    assert len(dates) == 1 and re.fullmatch(shown, dates[0]), dates


def test_idle_costs_little(machine, build):
    """While every guest waits, the processor does too."""
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one', 'demo guest=two kernel mem=4M'])
    m.expect('one> ')
    m.wait_line(r'^\[two\] This is')
    m.wait_rest()


def test_ticks_cost_little(machine, release):
    """So they do while guests sleep a tenth of a second at a time."""
    m = machine(release, ['victim guest=victim kernel mem=2M -- rounds=5',
                          'demo guest=one kernel mem=4M -- name=one run=count:1000'])
    m.event('guest-exit', guest='victim', reason='poweroff')
    m.wait_rest()
