# SPDX-License-Identifier: GPL-2.0-only
"""
What guests do a second: `top`, in its place until a key ends it, and `stats` of one guest.  Time
counts instructions here, so that shares are what the scheduler gives.
"""

import re

COUNTED = ['-icount', 'shift=0,sleep=off']
ONE = 'demo guest=one kernel mem=4M -- name=one'
ROW = re.compile(r'^(\S+) +(\w+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +(\d+) +(\d+) +(\d+) +(\d+) '
                 r'+(\d+)$')
HOME = '\x1b[H'


def pictures(machine):
    """What was drawn so far, each as its lines without the terminal's sequences."""
    drawn = machine.text.split(HOME)[1:]
    return [re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', each).split('\n') for each in drawn]


def rows(picture):
    """By name: the columns behind it."""
    return {match[1]: match.groups()[1:] for line in picture if (match := ROW.match(line))}


def watch(machine, count):
    """Waits for so many pictures with guests in them."""
    machine.key(':top\r')
    machine.wait(lambda: len([each for each in pictures(machine) if rows(each)]) > count,
                 f'{count} pictures')
    return [each for each in pictures(machine) if rows(each)][:-1]


def test_shares(machine, release):
    """Two guests that want all of one CPU get it by weight; the third waits."""
    spinning = 'demo guest=w{0} kernel mem=4M weight={0} -- run=spin:9999'
    m = machine(release, [ONE, *map(spinning.format, (100, 300))], extra=COUNTED)
    m.expect('one> ')
    for name in ('w100', 'w300'):
        m.event('guest-ready', guest=name)
    picture = watch(m, 3)[-1]
    found = rows(picture)
    assert list(found) == ['w300', 'w100', 'one'], picture
    assert all(len(line) < 80 for line in picture)
    for name, run, stolen in (('w300', 75, 25), ('w100', 25, 75), ('one', 0, 0)):
        _, _, guest, umbra, others, exits, cost, *_ = map(float, ('0', *found[name][1:]))
        assert abs(guest + umbra - run) < 6 and abs(others - stolen) < 6, picture
        assert (exits > 0 and cost > 0) == (run > 0), picture
    assert found['w300'][0] == 'running' and found['one'][0] == 'waiting'


def test_a_key_ends_it(machine, build):
    """What came meanwhile is shown then, and keys go to the guest again."""
    m = machine(build, [ONE, 'demo guest=two kernel mem=4M -- name=two run=lines:3'],
                extra=['-smp', '2'])
    m.expect('one> ')
    m.event('guest-ready', guest='two')
    watch(m, 1)
    seen = len(m.lines)
    m.type('q')
    m.expect(re.escape('\x1b[?1049l'))
    m.line('echo again')
    m.expect('^again$')
    assert seen < len(m.lines)
    drawn = len(pictures(m))
    m.line('count 3')
    m.expect('^3$')
    assert len(pictures(m)) == drawn


def test_events_wait(machine, release):
    """The log goes on behind the picture, and the machine's end is told all the same."""
    m = machine(release, [ONE], options='power-button=0')
    m.expect('one> ')
    watch(m, 1)
    m.ask('system_powerdown')
    m.wait_end()
    assert m.events('power-button')


def test_the_busiest_that_fit(machine, release):
    """Of more guests than fit, those that are busy."""
    guests = [f'demo guest=g{i} kernel mem=2M -- name=g{i} run=spin:{9999 if i in (3, 21) else 0}'
              for i in range(24)]
    m = machine(release, guests, memory='256M', extra=COUNTED)
    for i in range(24):
        m.event('guest-ready', guest=f'g{i}')
    picture = watch(m, 2)[-1]
    found = list(rows(picture))
    assert len(found) == 20 and set(found[:2]) == {'g3', 'g21'}
    assert picture[0].startswith('top: 24 guests on 1 CPUs: ')


def test_stats_of_a_second(machine, debug):
    m = machine(debug, [ONE, 'demo guest=spins kernel mem=4M -- run=spin:9999'], extra=COUNTED)
    m.expect('one> ')
    m.event('guest-ready', guest='spins')
    match = m.command('stats spins', r'spins in this second: in the guest ([\d.]+) %, in Umbra '
                      r'([\d.]+) %, stolen ([\d.]+) %, waiting ([\d.]+) %\n'
                      r'exits a second: (\d+), of (\d+) ns each; .*interrupts (\d+), (\d+) ns')
    guest, umbra, stolen, waiting, exits, cost, interrupts, _ = map(float, match.groups())
    assert 90 < guest <= 100 and umbra < 5 and abs(guest + umbra + stolen + waiting - 100) < 0.3
    assert exits >= interrupts > 10 and cost > 100
    m.command('stats one', r'one in this second: in the guest 0\.0 %, in Umbra 0\.0 %, '
              r'stolen 0\.0 %, waiting 100\.0 %')
