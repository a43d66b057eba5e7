# SPDX-License-Identifier: GPL-2.0-only
"""The figures in docs/performance.md: rows of tables that begin with a figure's name in backquotes
and end with its numbers. They are written together with the committed figures, and
tests/lint/figures.awk compares the two.
"""
import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/performance.md"


def with_numbers(line, rows):
    """
    A row with its numbers of `rows`, by its name and by how many cells it has behind the second: as
    many of the last cells are written anew as there are strings in that list.  Other lines as they
    are.
    """
    name = re.match(r"\| `(\w+)` \|", line)
    cells = line.split("|")
    numbers = rows.get(name[1], {}).get(len(cells) - 4) if name else None
    if not numbers:
        return line
    return "|".join(cells[:-1 - len(numbers)] + [f" {number} " for number in numbers] + cells[-1:])


def write_numbers(rows, document=DOCUMENT):
    text = document.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    document.write_text("".join(with_numbers(line, rows) for line in lines), encoding="utf-8")
