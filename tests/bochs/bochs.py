# SPDX-License-Identifier: GPL-2.0-only
"""
A second opinion: boots test guests in Bochs, which checks what QEMU does not
(limits and rights of data segments, global pages over a load of CR3), and judges
their results by the serial log.  The last line is `bochs: N passed, N failed`.
Called by `make test-bochs`.

Usage: bochs.py BUILD-DIRECTORY [RUN...]
A run is GUEST, or GUEST:WORDS with a command line for the guest, which may hold attack=NAME; that
one runs under a storm of NMIs.  By default the guests abi, abi_c and access, and ATTACKS.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

import pexpect

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve()
ATTACKS = ['cs-edge-kernel', 'cs-edge-user']    # what QEMU does not check
RUNS = sys.argv[2:] or ['abi', 'abi_c', 'access',
                        *(f'hostile:attack={name} seconds=20' for name in ATTACKS)]
STORM = 'on-panic=poweroff watchdog=10 nmi-storm=200'
LIMIT = 900             # seconds for a guest
TAIL_LINES = 40

# Bochs reads its terminal's size, and its debugger (Debian builds it in) wants to be told to go on.
TERMINAL = (60, 160)
GO_ON = 'c\n'

# The ACPI power-off ends Bochs as a "panic", which is fatal here as any other.
SETTINGS = '''\
config_interface: textconfig
display_library: term
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model=core2_penryn_t9600, ips=50000000, reset_on_triple_fault=0
memory: guest=128, host=128
ata0: enabled=1
ata0-master: type=cdrom, path={image}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={log}
sound: driver=dummy
speaker: enabled=0
log: {directory}/bochs.log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
'''


def make_image(guest, words, directory):
    image = directory / 'umbra.iso'
    storm = f' {STORM}' if 'attack=' in words else ''
    subprocess.run([ROOT / 'iso/make-iso', '-o', image, '-u', BUILD / 'umbra.elf',
                    '-w', f'console=com1 when-idle=poweroff{storm}', '-g', guest,
                    '-k', BUILD / f'guest/{guest}.elf', '-m', '8M', '-a', words], check=True)
    return image


def boot(guest, words, directory):
    """The serial log of the whole run, in lines."""
    log = directory / 'serial.log'
    settings = directory / 'bochsrc'
    settings.write_text(SETTINGS.format(image=make_image(guest, words, directory), log=log,
                                        directory=directory))
    bochs = pexpect.spawn('bochs', ['-q', '-f', str(settings)], dimensions=TERMINAL,
                          encoding='latin-1')
    bochs.send(GO_ON)
    end = time.monotonic() + LIMIT
    while bochs.isalive() and time.monotonic() < end:
        try:
            bochs.read_nonblocking(1 << 16, timeout=1)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            break
    late = time.monotonic() >= end
    bochs.close(force=True)
    text = log.read_text('latin-1') if log.exists() else ''
    lines = text.replace('\r', '').split('\n')
    return lines + ([f'Bochs did not end within {LIMIT} s'] if late else [])


def judge(guest, lines):
    """How many of the guest's tests passed and failed; says what is wrong."""
    results = [match for line in lines
               if (match := re.match(r'\.*(PASS|FAIL) ([\w.]+)(.*)', line))]
    failed = {match[2]: match[3] for match in results if match[1] == 'FAIL'}
    passed = {match[2] for match in results if match[1] == 'PASS'} - set(failed)
    for name, why in failed.items():
        print(f'FAIL {guest}: {name}{why}')
    total = [tuple(map(int, match.groups())) for line in lines
             if (match := re.fullmatch(r'TOTAL (\d+) passed, (\d+) failed', line))]
    ended = [line for line in lines if line.startswith(f'event=guest-exit guest={guest} ')]
    good = len(total) == 1 and total[0] == (len(passed), len(failed)) and len(ended) == 1 and \
        ' reason=poweroff ' in ended[0] and 'event=idle action=poweroff' in '\n'.join(lines)
    if not good:
        print(f'FAIL {guest}: it did not come to its end, or its results do not add up to '
              f'{total}; the end of the log:', *lines[-TAIL_LINES:], sep='\n    ')
    return len(passed), len(failed) + (not good)


def judge_attack(guest, name, lines):
    """The same for an attack, which has to survive."""
    text = '\n'.join(lines)
    passed = f'PASS {name}' in text and 'event=panic' not in text and \
        re.search(rf'^event=guest-exit guest={guest} reason=poweroff ', text, re.MULTILINE)
    if not passed:
        print(f'FAIL {guest}: {name}; the end of the log:', *lines[-TAIL_LINES:], sep='\n    ')
    return int(bool(passed)), int(not passed)


def main():
    counts = []
    for run in RUNS:
        start = time.monotonic()
        guest, _, words = run.partition(':')
        attack = re.search(r'attack=(\S+)', words)
        with tempfile.TemporaryDirectory(prefix='umbra-bochs.') as directory:
            lines = boot(guest, words, pathlib.Path(directory))
        counts.append(judge_attack(guest, attack[1], lines) if attack else judge(guest, lines))
        print(f'{run}: {counts[-1][0]} passed, {counts[-1][1]} failed '
              f'[{time.monotonic() - start:.0f} s]', flush=True)
    passed, failed = map(sum, zip(*counts))
    print(f'bochs: {passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
