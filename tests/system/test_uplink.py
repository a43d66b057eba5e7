# SPDX-License-Identifier: GPL-2.0-only
"""
Networks that are joined to a wire: guests of our own (guest/net), cards as QEMU has
them, and this test at the wire's other end.
"""

import itertools
import socket
import time

import pytest

from qtest import Qtest
from test_faults import EDU_RAISE, find_device
from test_guests import Results, names_in
from wire import (ANYBODY, ECHO, ECHO_ANSWER, NOISE, TYPE_IPV4, TYPE_TAG, TYPE_TEST, Peer, Wire,
                  frame, mac, type_of)

US, OTHER = mac('06:00:00:00:00:01'), mac('06:00:00:00:00:02')
PEER = mac('02:00:00:00:00:0e')
OWN = '52:54:00:12:34:56'       # of QEMU's first card

# A board of QEMU, its card, the card's options, and who drives it.
CARDS = {
    'virtio': ('pc', 'virtio-net-pci', '', 'virtio-net'),
    'virtio-modern': ('q35', 'virtio-net-pci', ',disable-legacy=on,iommu_platform=on',
                      'virtio-net'),
    'virtio-line': ('pc', 'virtio-net-pci', ',vectors=0', 'virtio-net'),
    'e1000': ('pc', 'e1000', '', 'e1000'),
    'e1000e': ('q35', 'e1000e', '', 'e1000e'),
}

ONE_OF_EACH = ['virtio', 'e1000', 'e1000e']


@pytest.fixture(params=list(CARDS))
def card(request):
    return request.param


class Network:
    """Cards of one machine, with a wire each, and the machine."""

    def __init__(self, machine, directory):
        self.start_machine, self.directory = machine, directory
        self.wires = []
        self.arguments = []

    def plug(self, card, place=''):
        board, device, options, _ = CARDS[card]
        wire = Wire(self.directory, device, f'card{len(self.wires)}', options + place)
        self.arguments += wire.arguments if self.wires else ['-machine', board, *wire.arguments]
        self.wires.append(wire)
        return wire

    def start(self, build, *guests, words='uplink=net0', up='net0', extra=()):
        m = self.start_machine(build, guests, options=f'when-idle=poweroff {words}',
                               extra=[*self.arguments, *extra])
        if up:
            m.event('link', port=up, state='up')
        return m


@pytest.fixture
def net(machine, tmp_path):
    network = Network(machine, tmp_path)
    yield network
    for wire in network.wires:
        wire.close()


def peer(words='', name='e', address='02:00:00:00:00:0e', guest='net'):
    return (f'{guest} guest={name} kernel mem=8M mac={address} {words} '
            '-- role=peer accept=csum,tso,mrg')


def wait_peers(m, others=''):
    """The first guest has the focus, and the others their names in front."""
    m.wait_line('^peer: ready$')
    for name in others:
        m.wait_line(rf'^\[{name}\] peer: ready$')


def ask(wire, length, number=1, to=PEER, sender=US, tag=b''):
    """Has a guest answer a test frame; returns the answer that there has to be."""
    body = number.to_bytes(4, 'little') + bytes(i * 7 & 0xFF for i in range(length - 20 - len(tag)))
    wire.send(to + sender + tag + frame(b'', b'', TYPE_TEST, bytes([ECHO, 0]) + body))
    return frame(sender, to, TYPE_TEST, bytes([ECHO_ANSWER, 0]) + body)


def echo(m, wire, length, number=1, **options):
    answer = ask(wire, length, number, **options)
    assert wire.expect(m, lambda data: type_of(data) == TYPE_TEST
                       and data[14] == ECHO_ANSWER) == answer


def echo_behind_flood(m, wire):
    """
    The guest's queue is still full of the flood, so the first questions may be lost; it
    is asked twice a second until it answers.
    """
    answers, times = [], []

    def answered():
        if not times or time.monotonic() >= times[-1] + 0.5:
            answers.append(ask(wire, 60, len(times)))
            times.append(time.monotonic())
        return wire.take(lambda data: data in answers)
    m.wait(answered, 'an answer behind the flood', step=0.002)


def counters(m):
    """What `:net` says of the wire and of the card."""
    row = m.command('net',
                    r'(?m)^ +wire +(\d+) frames out, (\d+) in, (\d+) dropped, (\d+) too long, '
                    r'(\d+) damaged\n +card +(\d+) interrupts, (\d+) pauses, (\d+) resets\n')
    return dict(zip(('sent', 'received', 'dropped', 'long', 'damaged', 'interrupts', 'pauses',
                     'resets'), map(int, row.groups())))


# --- frames --------------------------------------------------------------------------------------


def test_sizes(net, build, card):
    """Frames of every size go in and out as they are."""
    wire = net.plug(card)
    m = net.start(build, peer())
    uplink = m.event('uplink')
    assert (uplink['port'], uplink['net'], uplink['mac'], uplink['driver']) == \
        ('net0', 'lan', OWN, CARDS[card][3])
    wait_peers(m)
    for length in list(range(60, 90)) + list(range(90, 1500, 23)) + list(range(1500, 1515)):
        echo(m, wire, length, length)
    m.command('net', rf'(?m)^  net0 +{OWN}, {CARDS[card][3]}, the link is up\n')
    seen = counters(m)
    assert seen['sent'] == seen['received'] > 100
    assert seen['interrupts'] > 0
    assert not any(seen[key] for key in ('dropped', 'long', 'damaged', 'resets'))


@pytest.mark.parametrize('card', ONE_OF_EACH)
def test_offloads(net, build, card, record_property):
    """Checksums and cutting that guests leave to others are done; no frame is too long."""
    wire = net.plug(card)
    station = Peer(wire, US)
    m = net.start(build, f'net guest=t kernel mem=8M -- role=test peer={US.hex(":")} only=offloads')
    m.wait(lambda: station.serve() or m.events('guest-exit'), 'the end of the tests',
           step=0.002)
    m.wait_poweroff()
    found = Results(m, 't')
    assert not found.lines.get('FAIL'), found.lines['FAIL']
    assert not station.wrong
    for name in names_in('net'):
        if name.startswith('offloads'):
            assert [line for line in found.of(name) if line[0] == 'PASS'], f'{name} did not report'
    assert max(station.lengths) == 1514
    record_property('checks', found.passed)


@pytest.mark.parametrize('card', ONE_OF_EACH)
def test_stations(net, build, card):
    """Two guests and two stations: who hears what, and that nothing comes back."""
    wire = net.plug(card)
    second = mac('02:00:00:00:00:0f')
    m = net.start(build, peer(), peer(name='f', address=second.hex(':')))
    wait_peers(m, 'f')
    # To all: each answers once, and hears the other's answer to nobody.
    answers = {frame(US, each, TYPE_TEST)[:14] for each in (PEER, second)}
    ask(wire, 60, to=ANYBODY)
    for _ in answers.copy():
        answers.remove(wire.expect(m, lambda data: data[:6] == US)[:14])
    # A tag makes a frame four bytes longer.  Guests make nothing of it, so it must not be answered.
    tagged = ask(wire, 1518, to=ANYBODY, tag=TYPE_TAG.to_bytes(2, 'big') + b'\0\5')
    # In a guest's name, to a bridge, and for the station itself: not let in.
    wire.send(frame(second, PEER, TYPE_TEST, bytes([ECHO]).ljust(46, b'\0')))
    wire.send(frame(mac('01:80:c2:00:00:00'), US, TYPE_TEST, bytes([ECHO]).ljust(46, b'\0')))
    wire.send(frame(US, OTHER, TYPE_TEST, bytes([ECHO]).ljust(46, b'\0')))
    echo(m, wire, 1000, sender=OTHER)
    # All that came out were the answers, and nothing came twice.
    m.run_on(0.2)
    wire.pump()
    assert not wire.received and tagged
    row = m.command('net', r'(?m)^ +sent +(\d+) frames, \d+ bytes, (\d+) more refused, (\d+) of '
                           r'them forged\n +received (\d+)')
    assert tuple(map(int, row.groups())) == (4, 1, 1, 3)
    forged = m.event('net-forged')
    assert (forged['port'], forged['net'], forged['mac'], forged['count']) == \
        ('net0', 'lan', PEER.hex(':'), '1')
    m.command('net', r'(?m)^  f .*\n +sent +1 frames, .*\n +received 2 frames')


@pytest.mark.parametrize('words', ['', 'mac-spoof=allow'])
def test_takeover(net, build, words):
    """A guest in the gateway's name: the others still reach the gateway, and are reached."""
    wire = net.plug('virtio')
    m = net.start(build, peer(), f'hostile guest=bad kernel mem=8M {words} -- attack=net-takeover '
                  f'seconds=2 spoofs={int(bool(words))}')

    def reach(number):
        answer = ask(wire, 60, number)
        wire.expect(m, lambda data: data == answer)
    wait_peers(m)
    reach(0)
    m.event('net-forged', guest='bad')
    number = 1
    for life in itertools.count(1):
        while not m.events('guest-exit', guest='bad')[life - 1:]:
            reach(number)
            number += 1
        assert m.event('guest-exit', guest='bad', count=life)['reason'] == 'poweroff'
        m.wait_line('PASS net-takeover', count=life)
        if number > 1:
            break
        # A busy host let the attack end before somebody had been reached: once more.
        m.key(':start bad\r')
    reach(number)


@pytest.mark.parametrize('card', ONE_OF_EACH)
def test_tags(net, build, card):
    """A guest's tagged frame of 1518 bytes goes out; one of 1515 without a tag does not."""
    wire = net.plug(card)
    m = net.start(build, 'net guest=t kernel mem=8M -- role=lengths')
    found = [wire.expect(m, lambda data: data[14] == NOISE or type_of(data) == TYPE_TAG)
             for _ in range(4)]
    assert [(len(data), type_of(data)) for data in found] == \
        [(60, TYPE_TEST), (1514, TYPE_TEST), (60, TYPE_TAG), (1518, TYPE_TAG)]
    # What pads a short frame is nobody's.
    assert found[0][20:] == bytes(40) and found[2][20:] == bytes(40)
    m.event('guest-exit')
    assert not wire.take(lambda data: True)


def test_last_frames(net, build):
    """What a guest sent before it went off is on the wire before the machine goes off."""
    wire = net.plug('virtio', ',tx=timer,x-txtimer=300000000')
    m = net.start(build, 'net guest=t kernel mem=8M -- role=lengths')
    m.wait_poweroff()
    wire.pump()
    assert [len(data) for data in wire.received if type_of(data) in (TYPE_TEST, TYPE_TAG)] == \
        [60, 1514, 60, 1518]


def test_dhcp(machine, build, card, tmp_path):
    """On QEMU's own network a guest gets an address, and a file."""
    data = bytes(i * i >> 3 & 0xFF for i in range(70000))
    (tmp_path / 'file').write_bytes(data)
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    board, device, options, _ = CARDS[card]
    m = machine(build, ['net guest=d kernel mem=8M -- role=dhcp file=/file'],
                options='uplink=net0 when-idle=poweroff',
                extra=['-machine', board, '-netdev', f'user,id=n,tftp={tmp_path}',
                       '-device', f'{device},netdev=n{options}'])
    m.wait_poweroff()
    m.wait_line('^DHCP 10.0.2.15 from 10.0.2.2$')
    m.wait_line(f'^FILE 70000 bytes, sum {total:x}$')


def test_contents(net, build, card):
    """A frame with a wrong checksum inside goes in, since that is its receiver's affair."""
    wire = net.plug(card)
    m = net.start(build, peer())
    wait_peers(m)
    body = bytes.fromhex('45000028000100004006' 'ffff' '0a0000010a000002'
                         '0050005000000001000000005000'
                         '0400' '1234' '0000')
    wire.send(frame(PEER, US, TYPE_IPV4, body.ljust(46, b'\0')))
    echo(m, wire, 60)
    assert counters(m)['damaged'] == 0
    m.command('net', r'(?m)^  e .*\n +sent +1 frames, .*\n +received 2 frames')


# --- the link -------------------------------------------------------------------------------------


def test_link(net, build, card):
    """While the link is down guests send into nothing, which is counted; then all is as before."""
    wire = net.plug(card)
    m = net.start(build, peer(), 'net guest=l kernel mem=8M -- role=listen seconds=1000')
    wait_peers(m)
    echo(m, wire, 60)
    m.ask('set_link', name=wire.name, up=False)
    m.event('link', port='net0', state='down')
    before = counters(m)
    m.wait(lambda: counters(m)['dropped'] > before['dropped'] + 3, 'frames that are dropped',
           step=0.1)
    m.command('net', r'(?m)^  net0 .*, the link is down\n')
    wire.pump()
    wire.received.clear()
    m.ask('set_link', name=wire.name, up=True)
    m.event('link', port='net0', state='up', count=2)
    echo(m, wire, 1514)
    assert counters(m)['resets'] == 0


# --- words ----------------------------------------------------------------------------------------


def test_words(net, release):
    wire = net.plug('virtio')
    other = net.plug('virtio')
    m = net.start(release, peer(), peer(name='f', words='net=b'),
                  words='uplink=net0 uplink=net0:c uplink=net1 uplink=net2:d uplink=net1:b uplink '
                  'uplink=net1:none uplink=:x uplink=net1:B')
    errors = {(event['word'], event['cause']) for event in m.events('option-error')}
    form = 'the value is a port of the machine, and perhaps a network: net0 or net0:lan'
    assert errors == {
        ('uplink=net0:c', 'the port is the uplink of a network already'),
        ('uplink=net1', 'the network has an uplink already'),
        ('uplink=net2:d', 'the machine has no such network port'),
        ('uplink', form), ('uplink=net1:none', form), ('uplink=:x', form), ('uplink=net1:B', form),
    }
    assert [(event['port'], event['net']) for event in m.events('uplink')] == \
        [('net0', 'lan'), ('net1', 'b')]
    wait_peers(m, 'f')
    # Two networks are as apart on the wires as they are in the machine.
    ask(wire, 60, to=ANYBODY)
    wire.expect(m, lambda data: data[:6] == US)
    m.run_on(0.1)
    other.pump()
    wire.pump()
    assert not other.received and not wire.received
    echo(m, other, 60)


def test_unused(net, release):
    """A card that nobody asked for stays silent."""
    wire = net.plug('e1000')
    m = net.start(release, 'net guest=l kernel mem=8M -- role=listen seconds=1', words='', up=None)
    wire.send(frame(ANYBODY, US, TYPE_TEST, bytes(46)))
    assert m.event('guest-exit')['cause'].endswith('heard 0')
    wire.pump()
    assert not wire.received
    assert not m.events('link') and not m.events('uplink')


# --- trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize('card', ONE_OF_EACH)
@pytest.mark.parametrize('length', [60, 1514])
def test_flood(net, build, card, length):
    """Frames without end for everybody: guests still understand each other, and compute."""
    wire = net.plug(card)
    m = net.start(build, f'net guest=t kernel mem=8M -- role=test only=frames.conversation '
                  f'peer={PEER.hex(":")}', peer())
    m.event('guest-exit', guest='t')
    with wire.flood(frame(ANYBODY, US, TYPE_TEST, bytes([NOISE]).ljust(length - 14, b'\0'))):
        m.wait(lambda: counters(m)['received'] > 2000, 'a flood', step=0.1)
        m.key(':start t\r')
        m.event('guest-exit', count=2, guest='t')
    assert counters(m)['resets'] == 0
    echo_behind_flood(m, wire)
    m.wait_line('TOTAL 1 passed, 0 failed$', count=2)


@pytest.mark.parametrize('card', ONE_OF_EACH)
def test_cpus(net, debug, card):
    """Guests on two CPUs send at once, while frames come in."""
    wire = net.plug(card)
    station = Peer(wire, US)
    m = net.start(debug, f'net guest=t kernel mem=8M -- role=test peer={US.hex(":")} only=offloads',
                  peer(), extra=['-smp', '2'])
    asked = []

    def serve():
        station.serve()
        if len(asked) <= len(station.others) + 3:
            asked.append(ask(wire, 60 + len(asked), len(asked), sender=OTHER))
        return m.events('guest-exit', guest='t') and len(station.others) > 10
    m.wait_line(r'^\[e\] peer: ready$')
    m.wait(serve, 'the end of the tests', step=0.002)
    assert not station.wrong
    assert set(station.others) <= set(asked)
    m.key(':kill e\r')
    found = Results(m, 't')
    assert found.passed > 10 and not found.failed


@pytest.mark.long
def test_storm(net, build, tmp_path):
    """Another device keeps the card's line raised: the line is masked, and the card polled."""
    wire = net.plug('e1000', ',addr=4')
    hand = Qtest(tmp_path)
    m = net.start(build, peer(), extra=['-device', 'edu,addr=8', *hand.options()])
    wait_peers(m)
    hand.write32(find_device(m, 0x1234, 0x11e8)['regions'][0]['address'] + EDU_RAISE, 1)
    m.wait_line('irq: line .* interrupts without end')
    m.command('net', r'(?m)^  net0 .*, the link is up, polled$')
    for length in 60, 700, 1514:
        echo(m, wire, length)
    for count, state in enumerate(('down', 'up'), 1):
        m.ask('set_link', name=wire.name, up=state == 'up')
        m.event('link', port='net0', state=state, count=count)
    echo(m, wire, 1000)
    hand.close()


def test_silence(machine, build, tmp_path):
    """A card that sends nothing is reset, then given up; guests still have each other."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / 'deaf'))
    listener.listen(1)
    m = machine(build,
                [peer(), f'net guest=f kernel mem=8M -- role=flood to={US.hex(":")} length=1514'],
                options='uplink=net0',
                extra=['-netdev',
                       f'stream,id=w,server=off,addr.type=unix,addr.path={tmp_path / "deaf"}',
                       '-device', 'virtio-net-pci,netdev=w'])
    lost = m.event('net-lost', port='net0')
    assert lost['cause'] == 'it does not send'
    assert len([line for line in m.lines if 'net0: it does not send: reset' in line]) == 2
    m.command('net', r'(?m)^  net0 .*, lost\n')
    before = counters(m)
    m.wait(lambda: counters(m)['dropped'] > before['dropped'], 'frames that are dropped', step=0.1)
    listener.close()
