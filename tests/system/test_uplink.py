# SPDX-License-Identifier: GPL-2.0-only
"""
Networks that are joined to a wire: a guest of our own (guest/net), a card as QEMU
has it, and this test at the wire's other end.
"""

import pytest

from wire import ECHO, ECHO_ANSWER, TYPE_TEST, Wire, frame, mac

US = mac('06:00:00:00:00:01')
PEER = mac('02:00:00:00:00:0e')

# A board of QEMU, its card, and the card's options.
CARDS = {
    'virtio': ('pc', 'virtio-net-pci', ''),
    'virtio-modern': ('q35', 'virtio-net-pci', ',disable-legacy=on'),
    'e1000': ('pc', 'e1000', ''),
    'e1000e': ('q35', 'e1000e', ''),
}
DRIVERS = {'virtio': 'virtio-net', 'virtio-modern': 'virtio-net', 'e1000': 'e1000', 'e1000e': 'e1000e'}


@pytest.fixture(params=list(CARDS))
def card(request):
    return request.param


@pytest.fixture
def plug(tmp_path):
    """plug(card) is a wire with that card."""
    wires = []

    def make(card):
        board, device, options = CARDS[card]
        wires.append(Wire(tmp_path, device, name=f'w{len(wires)}', options=options,
                          board=('-machine', board)))
        return wires[-1]
    yield make
    for each in wires:
        each.close()


def peer(words='', accept='csum,tso,mrg', guest='net'):
    return f'{guest} guest=e kernel mem=8M mac=02:00:00:00:00:0e {words} -- role=peer accept={accept}'


def start(machine, build, wire, *guests, options='', ready=1):
    m = machine(build, guests, options=f'uplink=net0 when-idle=poweroff {options}',
                extra=wire.arguments)
    m.event('link', port='net0', state='up')
    m.wait_line('peer: ready', count=ready)
    return m


def echo(machine, wire, length, number=1):
    """Has the guest answer a test frame of that length; every byte is judged."""
    body = number.to_bytes(4, 'little') + bytes(i * 7 & 0xFF for i in range(length - 20))
    wire.send(frame(PEER, US, TYPE_TEST, bytes([ECHO, 0]) + body))
    answer = wire.expect(machine, lambda data: data[:6] == US)
    assert answer == frame(US, PEER, TYPE_TEST, bytes([ECHO_ANSWER, 0]) + body)


def test_sizes(machine, build, card, plug):
    """Frames of every size go in and out as they are."""
    wire = plug(card)
    m = start(machine, build, wire, peer())
    uplink = m.event('uplink')
    assert (uplink['port'], uplink['net'], uplink['driver']) == ('net0', 'lan', DRIVERS[card])
    for length in range(60, 1515, 3):
        echo(m, wire, length, length)
    m.command('net', r'(?m)^  net0 +52:54:00:12:34:56, [\w-]+, the link is up\n'
              r' +wire +(\d+) frames out, \1 in, 0 dropped, 0 too long, 0 damaged\n')
