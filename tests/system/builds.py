# SPDX-License-Identifier: GPL-2.0-only
"""Where `make` put what the tests boot.  For tests in QEMU and in Bochs."""

import pathlib


class Build:
    """A directory that `make` filled: the hypervisor and its guests."""

    def __init__(self, name, directory):
        self.name = name
        self.directory = pathlib.Path(directory).resolve()
        self.umbra = self.directory / 'umbra.elf'

    def guest(self, name):
        return self.directory / 'guest' / f'{name}.elf'

    def module_line(self, module):
        """`demo guest=a kernel` with the path of that guest in front."""
        file, _, words = module.partition(' ')
        path = file if '/' in file else self.guest(file)
        return f'{path} {words}'
