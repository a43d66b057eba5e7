# SPDX-License-Identifier: GPL-2.0-only
"""
The network between guests: frames and offloads between guests of our own
(guest/net) on both transports, who is on which network, and guests that do not
play along.
"""

import re

import pytest

from test_guests import ICOUNT, Results, names_in
from attacks import check_witnesses, judge, results, start, wait_attackers

PEER = '02:00:00:00:00:0e'
ASKER = '02:00:00:00:00:0f'     # where guest/hostile is to know it
NAMES = names_in('net')
ACCEPTS = ['', 'csum', 'csum,tso', 'csum,mrg', 'mrg', 'tso', 'csum,tso,mrg']
PAIRS = [('net', 'net', accept) for accept in ACCEPTS] + \
        [('net_c', 'net_c', accept) for accept in ACCEPTS] + \
        [('net', 'net_c', 'csum,tso'), ('net_c', 'net', 'csum,mrg'), ('net', 'net_c', '')]
TIMEOUT = 120


def asker(guest='net', words='', own=''):
    return f'{guest} guest=t kernel mem=8M {own} -- role=test peer={PEER} {words}'


def peer(guest='net', accept='csum,tso,mrg', words=''):
    return f'{guest} guest=e kernel mem=8M mac={PEER} {words} -- role=peer accept={accept}'


def kill(machine, *names):
    for name in names:
        machine.key(f':kill {name}\r')
        machine.event('guest-exit', guest=name, reason='killed')


def run_tests(machine, *others):
    """Waits for the tester, ends the others; what the tester reported."""
    machine.event('guest-exit', guest='t', timeout=TIMEOUT)
    kill(machine, *others)
    found = Results(machine, 't')
    assert not found.lines.get('FAIL'), found.lines['FAIL']
    assert found.failed == 0
    return found


def counters(machine, guest):
    """What `:net` says of a guest: frames sent, refused, forged, received, lost."""
    row = machine.command('net',
                          rf'(?m)^  {guest} +([0-9a-f:]{{17}}).*\n +sent +(\d+) frames, \d+ bytes, '
                          r'(\d+) more refused, (\d+) of them forged\n'
                          r' +received (\d+) frames, \d+ bytes, (\d+) more lost')
    return dict(zip(('sent', 'refused', 'forged', 'received', 'lost'), map(int, row.groups()[1:])))


# --- frames and offloads -----------------------------------------------------------------


@pytest.mark.parametrize('sender, receiver, accept', PAIRS)
def test_pair(machine, build, record_property, sender, receiver, accept):
    """All tests of guest/net, against a peer that accepts so much."""
    m = machine(build, [asker(sender), peer(receiver, accept)])
    found = run_tests(m, 'e')
    for name in NAMES:
        assert [line for line in found.of(name) if line[0] == 'PASS'], f'{name} did not report'
    record_property('checks', found.passed)


def test_counters(machine, build):
    """The command that shows the networks, and its figures."""
    m = machine(build, ['demo guest=keeper kernel mem=4M net=quiet', peer(),
                        asker(words='only=frames.sizes')], extra=ICOUNT)
    m.event('guest-exit', guest='t', reason='poweroff', timeout=TIMEOUT)
    m.command('net', rf'(?m)^quiet\n  keeper .*, not in use\n.*\n.*\nlan\n  e +{PEER}\n')
    # The peer may have been loaded after it was first asked; from here on it is known to listen.
    before = counters(m, 'e')
    m.key(':start t\r')
    m.event('guest-exit', count=2, guest='t', reason='poweroff', timeout=TIMEOUT)
    seen = {name: count - before[name] for name, count in counters(m, 'e').items()}
    assert seen['received'] == seen['sent'] >= 1514 - 60 + 1
    assert seen['lost'] == seen['refused'] == 0
    kill(m, 'e')
    assert 'lan' not in m.command('net', r'(?m)^quiet\n[^$]*?umbra>|^quiet\n(.*\n){3}')[0]
    m.line('poweroff')
    m.wait_poweroff()


# --- who is on which network ----------------------------------------------------------------


def test_isolation(machine, build):
    """Guests hear those on their own network and nobody else."""
    m = machine(build, ['demo guest=keeper kernel mem=4M net=none',
                        *(f'net guest={name} kernel mem=8M {words} -- role=listen seconds=1000'
                          for name, words in (('a1', 'net=a'), ('a2', 'net=a'), ('b', 'net=b'),
                                              ('c', ''), ('d', 'net=none')))])
    assert m.event('guest-exit', guest='d')['cause'] == 'Power down'
    assert m.wait_line(r'\[d\] listen: no network')
    for name in 'a1', 'a2', 'b', 'c':
        m.wait_line(rf'\[{name}\] listen: ready')

    def heard():
        seen = {name: counters(m, name) for name in ('a1', 'a2', 'b', 'c')}
        return seen if all(seen[name]['received'] > 0 for name in ('a1', 'a2')) and \
            all(each['sent'] > 1 for each in seen.values()) else None
    seen = m.wait(heard, 'all talk, and a1 and a2 hear each other')
    assert seen['b']['received'] == seen['c']['received'] == 0
    kill(m, 'a1', 'a2', 'b', 'c')
    assert [event['guest'] for event in m.events('guest-net')] == ['a1', 'a2', 'b', 'c']


def test_addresses(machine, build):
    """An address follows from the name, on every boot and after a reboot, unless it is given."""
    def boot():
        m = machine(build, ['net guest=a kernel mem=8M -- role=test only=frames.address '
                            'own=02:55:6d:0c:29:2c',
                            'net guest=b kernel mem=8M mac=06:11:22:33:44:55 -- '
                            'role=test only=frames.address own=06:11:22:33:44:55',
                            'demo guest=c kernel mem=4M -- run=reboot'])
        for name in 'a', 'b':
            m.event('guest-exit', guest=name, reason='poweroff')
            assert m.wait_line(r'(\[\w\] )?TOTAL 1 passed, 0 failed')
        m.event('guest-ready', guest='c', count=3)
        kill(m, 'c')
        m.wait_poweroff()
        found = {}
        for event in m.events('guest-net'):
            found.setdefault(event['guest'], set()).add(event['mac'])
        return found
    first = boot()
    assert first['a'] == {'02:55:6d:0c:29:2c'}
    assert first['b'] == {'06:11:22:33:44:55'}
    assert len(first['c']) == 1
    assert boot() == first


def test_bad_words(machine, release):
    m = machine(release, ['net guest=a kernel mac=01:00:00:00:00:01', 'net guest=b kernel net=A',
                          'net guest=c kernel mem=8M mac=02:00:00:00:00:01 -- role=listen '
                          'seconds=1',
                          'net guest=d kernel mac=02:00:00:00:00:01 -- role=listen'])
    m.wait_poweroff()
    words = [event['word'] for event in m.events('module-error')]
    assert words == ['mac=01:00:00:00:00:01', 'net=A', 'mac'], m.events('module-error')
    assert [event['guest'] for event in m.events('guest-exit')] == ['c']


def test_restarts(machine, build):
    """A guest that comes back takes as much as before, and leaves nothing when it goes."""
    keeper = 'demo guest=keeper kernel mem=4M -- name=keeper'
    m = machine(build, [keeper, 'demo guest=r kernel mem=8M -- name=r run=mem,poweroff'])
    m.event('guest-exit', guest='r')
    free = m.free_frames()
    m = machine(build, [keeper, 'demo guest=r kernel mem=8M -- name=r run=mem,reboot'])
    m.event('guest-ready', guest='r', count=6)
    kill(m, 'r')
    assert m.free_frames() == free
    m.line('poweroff')
    m.wait_poweroff()


# --- guests that do not play along --------------------------------------------------------------


def test_deaf(machine, build):
    """A guest that reads nothing loses its own frames; others lose none, and answer as ever."""
    deaf = '02:00:00:00:00:0d'
    m = machine(build, [asker(), peer(), f'net guest=deaf kernel mem=8M mac={deaf} -- role=deaf',
                        f'net guest=f kernel mem=8M -- role=flood to={deaf} length=1514'])
    m.wait_line(r'\[e\] peer: ready')
    before = counters(m, 'e')
    m.event('guest-exit', guest='t', timeout=TIMEOUT)
    lost = m.wait(lambda: (seen := counters(m, 'deaf'))['lost'] > 100 and seen['sent'] > 0 and seen,
                  'frames that the deaf guest loses, and one of its own')
    assert lost['received'] <= 256
    # What came before it listened is another matter.
    assert counters(m, 'e')['lost'] == before['lost']
    run_tests(m, 'e', 'deaf', 'f')


@pytest.mark.parametrize('length', [60, 1514])
def test_flood(machine, build, length):
    """While one guest sends to all as fast as it can, others still understand each other."""
    m = machine(build, [asker(words='only=frames.conversation'), peer(accept='csum'),
                        f'net guest=f kernel mem=8M -- role=flood length={length}'], extra=ICOUNT)
    m.event('guest-exit', guest='t', timeout=TIMEOUT)
    m.wait(lambda: counters(m, 'f')['sent'] > 200, 'a flood')
    run_tests(m, 'e', 'f')


# --- attacks --------------------------------------------------------------------------------------

EITHER_QUEUE = ['queue-loop', 'queue-long-loop', 'queue-next-outside', 'queue-head-outside',
                'queue-index-jumps', 'queue-buffer-outside', 'queue-buffer-huge',
                'queue-buffer-all',
                'queue-indirect', 'queue-wrong-direction', 'queue-buffer-is-ring', 'queue-noise']


@pytest.mark.parametrize('guest', ['hostile', 'hostile_c'])
def test_queues(machine, build, guest):
    """Attacks on both queues of a network device, side by side; others' frames keep arriving."""
    attackers = [f'attack={name} device=1 queue={queue} seconds=1 rounds=50'
                 for name in EITHER_QUEUE for queue in (0, 1)]
    m = start(machine, build, *attackers, guest=guest)
    ends = wait_attackers(m, len(attackers))
    names = [name for name in EITHER_QUEUE for _ in (0, 1)]
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)
             if name not in ('queue-noise', 'queue-buffer-all')]
    assert not any(wrong), list(filter(None, wrong))
    check_witnesses(m)


@pytest.mark.parametrize('seed', [2, 3])
def test_attacks_among_talkers(machine, build, seed):
    """Two guests on the attackers' network notice nothing but their frames."""
    attacks = ['net-headers', 'net-changing', 'net-lengths', 'net-resets', 'net-addresses',
               'net-reserved']
    m = machine(build, [asker(words='only=frames.conversation'), peer()] +
                [f'hostile guest=bad{number} kernel mem=8M -- attack={name} seed={seed} seconds=3'
                 for number, name in enumerate(attacks, 1)], extra=ICOUNT)
    run_tests(m, 'e')


TAKEOVERS = ['net-takeover', 'net-addresses', 'net-takeover mac-spoof=allow',
             'net-addresses mac-spoof=allow']


@pytest.mark.parametrize('guest', ['hostile', 'hostile_c'])
def test_takeover(machine, build, guest):
    """Frames forged in the names of two guests that talk: these talk on, and nobody listens."""
    attackers = [f'{guest} guest=bad{number} kernel mem=8M {words} -- attack={name} seconds=4 '
                 f'spoofs={int(bool(words))}'
                 for number, attack in enumerate(TAKEOVERS, 1)
                 for name, _, words in [attack.partition(' ')]]
    m = machine(build,
                [asker(words='only=frames.conversation', own=f'mac={ASKER}'), peer(), *attackers],
                extra=ICOUNT)
    m.event('guest-exit', guest='t', timeout=TIMEOUT)
    for number, (attack, end) in enumerate(zip(TAKEOVERS, wait_attackers(m, len(TAKEOVERS))), 1):
        assert judge(attack.split()[0], end, results(m, number)) is None
    for number in 1, 2, 3:
        first = m.events('net-forged', guest=f'bad{number}')[0]
        assert first['net'] == 'lan' and int(first['count']) > 0
    # Not one event a frame.
    assert len(m.events('net-forged')) <= 2 * len(TAKEOVERS)
    run_tests(m, 'e')


def test_forged(machine, build):
    """What is dropped is counted and shown, of the guest that sent it."""
    m = machine(build, [asker(words='only=frames.somebody'), peer()])
    m.wait_line(r'\[e\] peer: ready')
    m.event('guest-exit', guest='t', reason='poweroff', timeout=TIMEOUT)
    forged = m.event('net-forged')
    assert (forged['guest'], forged['mac'], forged['net']) == ('t', PEER, 'lan')
    assert len(m.events('net-forged')) == 1
    assert counters(m, 'e')['forged'] == 0
    run_tests(m, 'e')


@pytest.mark.parametrize('sender, receiver', [('net', 'net_c'), ('net_c', 'net')])
def test_bridges(machine, build, sender, receiver):
    """Guests that may use all addresses: the same tests, and they hear what is for nobody known."""
    m = machine(build, [asker(sender, 'only=frames bridges=1', own='mac-spoof=allow'),
                        f'{receiver} guest=e kernel mem=8M mac={PEER} mac-spoof=allow -- role=peer '
                        'accept=csum,tso,mrg'])
    m.wait_line(r'\[e\] peer: ready')
    m.command('net', rf'(?m)^  e +{PEER}, may use others$')
    run_tests(m, 'e')
