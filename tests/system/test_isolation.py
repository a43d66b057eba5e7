# SPDX-License-Identifier: GPL-2.0-only
"""
No guest ever sees what another one had in its memory.  From inside: a guest
that looks for it; from outside: the machine's memory, searched by QEMU's side.
"""

import pathlib
import struct
import subprocess

import images

PAGE = 4096
PATTERN_PAGES = 256     # of guest/victim
MEMORY = 64 << 20
SCAN_MEMORY = 8 << 20
RESTARTS = 12


def scanner(directory):
    """The guest of scan.asm, built."""
    source = pathlib.Path(__file__).with_name('scan.asm')
    subprocess.run(['nasm', '-f', 'bin', f'-DMEMORY={SCAN_MEMORY}', '-o', directory / 'scan.bin',
                    source], check=True, timeout=60)
    kernel = directory / 'scan.elf'
    kernel.write_bytes(images.elf((directory / 'scan.bin').read_bytes()))
    return kernel


def test_memory_comes_zeroed(machine, build, tmp_path):
    """Guests that restart take over each other's frames, several times over."""
    kernel = scanner(tmp_path)
    names = ['scan1', 'scan2', 'scan3']
    m = machine(build,
                [f'{kernel} guest={name} kernel mem={SCAN_MEMORY >> 10}K' for name in names] +
                ['demo guest=fills kernel mem=6M -- run=mem,reboot'], memory=f'{MEMORY >> 20}M')
    for name in names:
        m.event('guest-exit', guest=name, reason='reboot', count=RESTARTS)
    # Together they had the machine's memory more than once.
    assert len(names) * RESTARTS * SCAN_MEMORY > 2 * MEMORY
    assert not m.events('guest-exit', reason='crash')
    assert not m.events('guest-exit', reason='killed')


def test_nothing_is_zeroed_by_luck(machine, release, tmp_path):
    """The guest of the test above finds what is there: an initrd, at the end of its memory."""
    kernel = scanner(tmp_path)
    (tmp_path / 'initrd').write_bytes(b'not zero')
    m = machine(release, [f'{kernel} guest=scan kernel mem={SCAN_MEMORY >> 10}K',
                          f'{tmp_path}/initrd guest=scan initrd'])
    end = m.event('guest-exit', guest='scan')
    assert (end['reason'], end['cause']) == ('crash', 'memory was not zero')


# --- from outside ----------------------------------------------------------------------


def pattern(seed):
    """The pages of a victim with that seed, as guest/victim/main.c fills them."""
    word = seed | 1
    words = []
    for _ in range(PATTERN_PAGES * PAGE // 4):
        word ^= word << 13 & 0xFFFFFFFF
        word ^= word >> 17
        word ^= word << 5 & 0xFFFFFFFF
        words.append(word)
    data = struct.pack(f'<{len(words)}I', *words)
    return [data[at:at + PAGE] for at in range(0, len(data), PAGE)]


def physical_memory(machine, directory):
    file = directory / 'memory'
    machine.ask('pmemsave', val=0, size=MEMORY, filename=str(file))
    data = file.read_bytes()
    file.unlink()
    assert len(data) == MEMORY
    return data


def frames_of(memory, pages):
    """Which frames hold these pages, in the order of the pages; each must be there once."""
    places = {page: [] for page in pages}
    for at in range(0, len(memory), PAGE):
        places.get(memory[at:at + PAGE], []).append(at)
    assert all(len(found) == 1 for found in places.values())
    return [found[0] for found in places.values()]


def check_nowhere_else(memory, pages, frames):
    """Not even a piece of a page stands outside the frames."""
    for page, frame in list(zip(pages, frames))[::16]:
        piece = page[1024:1056]
        assert memory.count(piece) == 1 and memory.find(piece) == frame + 1024


DIRECT_MAP, DIRECT_MAP_SIZE = 0xC0000000, 896 << 20
LARGE = 2 << 20
PRESENT, LARGE_PAGE = 1, 0x80
FRAME = 0x000FFFFFFFFFF000


def direct_map(memory, build):
    """Frames below MEMORY in the direct map of Umbra's boot CPU, found as the CPU does."""
    symbols = subprocess.run(['nm', build.umbra], check=True, capture_output=True, text=True).stdout
    pages, = (int(line.split()[0], 16) for line in symbols.splitlines()
              if line.endswith(' boot_cpu_pages'))

    def table(address):
        return struct.unpack_from('<512Q', memory, address)

    # struct cpu_pages: the directory of the top GB comes behind two state pages.
    directory = table(pages - DIRECT_MAP + 2 * PAGE)
    frames = set()
    for i, entry in enumerate(directory[:MEMORY // LARGE]):
        if not entry & PRESENT:
            continue
        if entry & LARGE_PAGE:
            reached = range(entry & FRAME & -LARGE, (entry & FRAME & -LARGE) + LARGE, PAGE)
        else:
            reached = [small & FRAME for small in table(entry & FRAME) if small & PRESENT]
        assert all(i * LARGE <= frame < (i + 1) * LARGE for frame in reached)
        frames.update(reached)
    return frames


def test_frames(machine, build, tmp_path):
    """
    Each guest's pattern stands in its own frames and nowhere else, also when one has ended;
    and Umbra's direct map reaches none of them, until they are nobody's.
    """
    seeds = {'victim1': 1001, 'victim2': 2002}
    m = machine(build, [f'victim guest={name} kernel mem=8M -- seed={seed}'
                        for name, seed in seeds.items()], memory=f'{MEMORY >> 20}M')
    m.wait_line('^victim: round 3 checksum OK')
    m.wait_line(r'^\[victim2\] victim: round 3 checksum OK')
    memory = physical_memory(m, tmp_path)
    pages = {name: pattern(seed) for name, seed in seeds.items()}
    frames = {name: frames_of(memory, pages[name]) for name in seeds}
    assert not set(frames['victim1']) & set(frames['victim2'])
    for name in seeds:
        check_nowhere_else(memory, pages[name], frames[name])
    reached = direct_map(memory, build)
    assert 0x100000 in reached
    assert not reached & set(frames['victim1'] + frames['victim2'])
    # All of their 8 MB each, not only what the pattern fills; and the page below the stack.
    assert MEMORY // PAGE - len(reached) >= 2 * (8 << 20) // PAGE + 1
    m.key(':kill victim1\r')
    m.event('guest-exit', guest='victim1')
    m.wait_line(r'victim: round 6 checksum OK')
    memory = physical_memory(m, tmp_path)
    assert frames_of(memory, pages['victim2']) == frames['victim2']
    check_nowhere_else(memory, pages['victim2'], frames['victim2'])
    reached = direct_map(memory, build)
    assert reached >= set(frames['victim1'])
    assert not reached & set(frames['victim2'])
    assert not [line for line in m.lines if 'BAD' in line]
