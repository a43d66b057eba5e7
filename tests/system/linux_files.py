# SPDX-License-Identifier: GPL-2.0-only
"""
Disks with ext4 for tests of Linux: a tree of files as guest/linux/usertest/kept.c writes and
checks it, made and read on the host with e2fsprogs.
"""

import functools
import os
import subprocess

FILES = 24
SBIN = '/sbin:/usr/sbin'


def run(*command):
    """One of e2fsprogs' tools, which may not be on a user's path; what it wrote."""
    environment = {**os.environ, 'PATH': f'{os.environ["PATH"]}:{SBIN}'}
    done = subprocess.run([str(word) for word in command], env=environment, timeout=120, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, f'{command}: status {done.returncode}\n{done.stdout}'
    return done.stdout


@functools.cache
def pattern(size, seed):
    """As pattern_fill of guest/linux/usertest/machine.c."""
    return bytes((((i * 1664525 + seed * 1013904223) >> 16) ^ i) & 0xFF for i in range(size))


def contents(seed):
    """The whole tree: what kept.c writes, by path."""
    return {f'd{i % 5}/f{i}': pattern(i * i * 97 + i % 3 * 4095, seed + i) for i in range(FILES)}


def make_disk(path, name, seed, megabytes=16):
    """An ext4 file system with the tree, and the disk's name in a file."""
    tree = path.with_suffix('.tree')
    for file, data in contents(seed).items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_bytes(data)
    (tree / 'name').write_text(name + '\n')
    run('mke2fs', '-q', '-t', 'ext4', '-d', tree, path, f'{megabytes}M')
    return path


def check_disk(path, seed):
    """What a guest left on it: a whole file system, with the tree that it wrote."""
    run('e2fsck', '-f', '-n', path)
    tree = path.with_suffix('.found')
    tree.mkdir()
    run('debugfs', '-R', f'rdump / {tree}', path)
    for file, data in contents(seed).items():
        assert (tree / file).read_bytes() == data, f'{path.name}: {file} has other contents'
