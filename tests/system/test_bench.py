# SPDX-License-Identifier: GPL-2.0-only
"""What `make bench` makes of its figures: the page of pictures, drawn here without gnuplot."""

import pathlib
import re
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'bench'))
import page  # noqa: E402


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
