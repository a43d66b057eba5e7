# SPDX-License-Identifier: GPL-2.0-only
"""The tools of `make bench`: the page of pictures, drawn here without gnuplot; and what they read
on a machine's console, here that of a script."""

import pathlib
import re
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'bench'))
import bench_machine  # noqa: E402
import linux_bench  # noqa: E402
import page  # noqa: E402
from bench_machine import BenchMachine  # noqa: E402

# A machine whose client goes on while Umbra answers: its line stands between two answers.
HASTY = r"""#!{python}
import sys

def say(text):
    sys.stdout.write(text.replace('\n', '\r\n'))
    sys.stdout.flush()

def until(end):
    typed = ''
    while not typed.endswith(end):
        typed += sys.stdin.read(1)

def answer(name):
    until(f'counters {{name}}\r')
    say(f'exits by hypercall: 7\naddress spaces: none\n')

say('BENCH boot 5\n')
answer('client')
say('START nothing 1000\n')
answer('server')
for line in 'BENCH nothing 0', 'START one 4', 'BENCH one 30', 'BENCH end 0':
    answer('client')
    answer('server')
    until(' ')
    say(line + '\n')
"""


def test_table_beside_others():
    """The document has what the page reads from it: a ratio of each operation in each column."""
    names, rows = page.table_beside_others(page.DOCUMENT)
    assert names[0] == '3.11 under lguest' and names[-1] == '6.1 under Umbra'
    assert all(len(numbers) == len(names) and numbers[-1] > 0 for _, numbers in rows)
    assert dict(rows)['ring_8'][0] == 16.5


def test_page(monkeypatch):
    drawn = []
    monkeypatch.setattr(page, 'draw', lambda series, rows, *_: drawn.append((series, rows)) or '')
    exits = 'virtio_block_read_4k_exits'
    text = page.page({'set_pte': 110, 'pae_set_pte': 90, exits: 3, 'new': 5},
                     {'set_pte': 100, 'pae_set_pte': 100, exits: 3, 'old': 7})
    assert re.search(r'>set_pte</td><td>110</td><td>100</td><td class=.worse.>\+10\.0 %<', text)
    assert re.search(r'>pae_set_pte</td><td>90</td><td>100</td><td class=.better.>-10\.0 %<', text)
    assert re.search(r'>new</td><td>5</td><td>-</td><td class=..><', text)
    assert re.search(r'>old</td><td>-</td><td>7</td><td class=..><', text)
    groups = [[name for name, _ in rows] for series, rows in drawn
              if series == ['now', 'committed']]
    assert groups == [['set_pte', 'new', 'old'], ['pae_set_pte'], ['virtio_block_read_4k_exits']]


@pytest.mark.parametrize('text', ['', '| operation | Xen |\n'])
def test_document_without_table(tmp_path, text):
    document = tmp_path / 'performance.md'
    document.write_text(text)
    with pytest.raises(ValueError, match='has no table'):
        page.table_beside_others(document)


def test_line_between_two_answers(tmp_path, monkeypatch):
    """A run of two guests once waited for ever for a line that it had read past."""
    script = tmp_path / 'machine'
    script.write_text(HASTY.format(python=sys.executable))
    script.chmod(0o755)
    monkeypatch.setattr(bench_machine, 'TIME_OUT', 20)
    with BenchMachine(str(script), tmp_path, []) as machine:
        found = linux_bench.measure(
            machine, 0, lambda machine: linux_bench.exits_so_far(machine, ('client', 'server')))
    assert found == {'boot': (5, 14000), 'one': (30, 0)}
