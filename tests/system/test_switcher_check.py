# SPDX-License-Identifier: GPL-2.0-only
"""
The check that every build makes of the Switcher's lists (arch/cpu/switcher_check.awk): it passes on
what was built, and on nothing in which an instruction or an entry is missing or wrong.
"""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ['nm', 'switcher', 'switcher_own', 'lst']


def check(files):
    return subprocess.run(['awk', '-v', 'page=ffe00000', '-f', ROOT / 'arch/cpu/switcher_check.awk',
                           *files], capture_output=True, encoding='utf-8', check=False)


@pytest.fixture
def parts(release):
    return {part: (release.directory / f'switcher.{part}').read_text('utf-8') for part in PARTS}


def verdict(parts, tmp_path):
    files = [tmp_path / part for part in PARTS]
    for file in files:
        file.write_text(parts[file.name], 'utf-8')
    return check(files)


def test_passes(parts, tmp_path):
    result = verdict(parts, tmp_path)
    assert result.returncode == 0, result.stderr


def test_no_entry_may_be_missing(parts, tmp_path):
    """Each entry of Umbra's own values in turn, and each of the guest's."""
    own = parts['switcher_own'].splitlines(keepends=True)
    assert len(own) > 10
    for i, entry in enumerate(own):
        result = verdict(parts | {'switcher_own': ''.join(own[:i] + own[i + 1:])}, tmp_path)
        assert result.returncode != 0 and entry.strip()[-3:].lstrip('0') in result.stderr
    words = parts['switcher'].splitlines(keepends=True)
    first, end = (int(re.search(rf'^ffe00(\w+) . {name}$', parts['nm'], re.MULTILINE)[1], 16) // 4
                  for name in ('switcher_faults', 'switcher_faults_end'))
    assert end - first == 2 * 8
    for i in range(first, end, 2):
        # Twice the entry before it, or the last one for the first.
        other = i - 2 if i > first else end - 2
        changed = words[:i] + words[other:other + 2] + words[i + 2:]
        assert verdict(parts | {'switcher': ''.join(changed)}, tmp_path).returncode != 0


@pytest.mark.parametrize('instruction', ['iret', 'pop    %fs', 'popf', 'mov    %eax,%ds',
                                         'mov    %eax,%cr4', 'lds    (%esp),%eax',
                                         'mov    (%eax),%eax', 'mov    0xffe02000,%eax'])
def test_new_instruction(parts, tmp_path, instruction):
    """In place of the first int3 of the listing."""
    listing = re.sub(r'\tint3', f'\t{instruction}', parts['lst'], count=1)
    assert listing != parts['lst']
    assert verdict(parts | {'lst': listing}, tmp_path).returncode != 0


def test_entry_that_is_stale(parts, tmp_path):
    """The instruction that it names has become another one."""
    listing = parts['lst'].replace('\tpop    %gs', '\tpop    %eax', 1)
    assert listing != parts['lst']
    assert verdict(parts | {'lst': listing}, tmp_path).returncode != 0


def test_no_listing(parts, tmp_path):
    assert verdict(parts | {'lst': ''}, tmp_path).returncode != 0
