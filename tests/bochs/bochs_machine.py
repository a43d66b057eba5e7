# SPDX-License-Identifier: GPL-2.0-only
"""
A machine of Bochs's for one test, whose serial line is the console, with what the
tests of tests/system ask of one.  It boots a CD with GRUB 2, as nothing else loads
Umbra there.  Used by bochs.py.
"""

import itertools
import os
import pathlib
import select
import shlex
import signal
import subprocess
import time

import pexpect

from console import TIMEOUT, Console

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Bochs reads its terminal's size, and its debugger (Debian builds it in) wants to be told to go on.
TERMINAL = (60, 160)
GO_ON = 'c\n'

# The ACPI power-off ends Bochs as a "panic", which is fatal here as any other.
SETTINGS = '''\
config_interface: textconfig
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model={model}, count={cpus}, ips=50000000, reset_on_triple_fault=0
memory: guest={memory}, host={memory}
ata0: enabled=1
ata0-master: type=cdrom, path={image}, status=inserted
boot: cdrom
com1: enabled=1, mode=term, dev={line}
sound: driver=dummy
speaker: enabled=0
log: {log}
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
'''

numbers = itertools.count(1)


class BochsMachine(Console):
    PROGRAM = 'Bochs'
    PATIENCE = 20       # it is slower than QEMU by that, and its clock is not the host's

    def __init__(self, build, modules, *, options='when-idle=poweroff', memory='128M', cpus=1,
                 model='core2_penryn_t9600', directory):
        """As QEMU's Machine, model as Bochs calls it; each module but a disk or initrd begins a
        guest, whose own follow it."""
        super().__init__()
        self.name = directory / f'bochs{next(numbers)}'
        self.fd, line = os.openpty()
        settings = self.name.with_suffix('.rc')
        settings.write_text(SETTINGS.format(
            image=self.make_image(build, modules, options), log=self.name.with_suffix('.log'),
            line=os.ttyname(line), memory=memory.rstrip('M'), cpus=cpus,
            model=model))
        self.process = pexpect.spawn('bochs', ['-q', '-f', str(settings)], dimensions=TERMINAL,
                                     encoding='latin-1')
        self.process.send(GO_ON)
        # Without anybody at the other end, the line would look like that of a machine that ended.
        self.wait(lambda: self.pieces, 'the first line')
        os.close(line)

    def make_image(self, build, modules, options):
        image = self.name.with_suffix('.iso')
        command = [ROOT / 'iso/make-iso', '-o', image, '-u',
                   self.strip(build.umbra), '-w', f'console=com1 {options}']
        for module in modules:
            file, words, arguments = self.take_apart(module)
            if 'disk' in words:
                command += ['-d', file]
            elif 'disk=ro' in words:
                command += ['-r', file]
            elif 'initrd' in words:
                command += ['-i', file]
            else:
                name, = (word[6:] for word in words if word.startswith('guest='))
                size, = (word[4:] for word in words if word.startswith('mem='))
                others = [word for word in words
                          if not word.startswith(('guest=', 'mem=')) and word != 'kernel']
                kernel = file if '/' in file else self.strip(build.guest(file))
                command += ['-g', name, '-k', kernel, '-m', size,
                            '-x', ' '.join(others), '-a', arguments]
        subprocess.run(command, check=True, timeout=300)
        return image

    @staticmethod
    def take_apart(module):
        """`file words -- arguments`: the file, a list of words, the arguments."""
        words, _, arguments = module.partition(' -- ')
        file, *words = shlex.split(words)
        return file, words, arguments

    def strip(self, file):
        """The file without what a BIOS need not read from a CD, byte by byte."""
        stripped = self.name.with_name(f'{self.name.name}.{file.name}')
        if not stripped.exists():
            subprocess.run(['objcopy', '--strip-debug', file, stripped], check=True)
        return stripped

    def pump(self, seconds=0):
        ready = select.select([self.fd, self.process.child_fd], [], [], seconds)[0]
        if self.process.child_fd in ready:
            try:
                os.read(self.process.child_fd, 1 << 16)     # the screen, which shows nothing
            except OSError:
                pass
        if self.fd in ready:
            return super().pump()
        return self.process.isalive() or super().pump(0.1)

    def wait_poweroff(self, timeout=TIMEOUT):
        """Waits for the good end: all guests gone, powered off."""
        self.wait(lambda: not self.pump(0.05), 'the end of Bochs', timeout)
        last = self.seen[-1] if self.seen else {}
        if (last.get('event'), last.get('action')) != ('idle', 'poweroff'):
            self.fail(f'Bochs ended after event={last.get("event")}')

    def close(self):
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
        self.process.close(force=True)
        os.close(self.fd)
