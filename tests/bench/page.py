# SPDX-License-Identifier: GPL-2.0-only
"""
A page of pictures: what operations of Linux cost beside native, lguest and Xen, and each figure of
`make bench` beside the committed one. The pictures are gnuplot's, and are part of the page, so that
it is one file. What others need is read from the tables of docs/performance.md.
"""
import html
import re
import subprocess

from document import DOCUMENT

# A figure belongs to the first group whose pattern its name begins with.
GROUPS = [
    ("Memory and image, in bytes", r"memory_|image_"),
    ("Start in instructions; a fixed work of one, two and four guests in thousands of them",
     r"boot|scaling_"),
    ("Exits", r"exits_|\w+_exits$"),
    ("Disks: instructions of a request", r"(\w+_)?block_|\w+_interrupt_disk"),
    ("Network: instructions of a frame, or of 64 KB", r"(\w+_)?net_"),
    ("Processor and tables, three levels (PAE): instructions", r"pae_"),
    ("Processor and tables, two levels: instructions", r""),
]

STYLE = """
body { font: 15px/1.4 sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; } td, th { padding: 1px 1em; text-align: right; }
td:first-child { text-align: left; font-family: monospace; }
.better { color: #060; } .worse { color: #a00; }
"""

PLOT = """
set terminal svg size 1000,{height} font 'sans,11' background 'white'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set xtics rotate by -40 font 'monospace,10' noenhanced
set ytics nomirror
set grid ytics lc rgb '#cccccc'
set key outside top center horizontal noenhanced
set logscale y
set datafile missing '-'
{settings}
$data << end
{data}
end
plot {columns}
"""
COLOURS = ["#3465a4", "#babdb6", "#f57900", "#c17d11", "#75507b"]


def draw(series, rows, settings="", height=420):
    """
    An SVG image: `rows` are a name and a number for each of `series`, or None where there is none.
    """
    data = "\n".join(f'"{name}" ' + " ".join("-" if number is None else str(number)
                                             for number in numbers) for name, numbers in rows)
    columns = ", ".join(f"$data using {i + 2}{':xtic(1)' if i == 0 else ''} title '{name}' "
                        f"lc rgb '{COLOURS[i]}'" for i, name in enumerate(series))
    script = PLOT.format(height=height, settings=settings, data=data, columns=columns)
    drawn = subprocess.run(["gnuplot"], input=script, check=True, capture_output=True, text=True)
    return drawn.stdout[drawn.stdout.index("<svg"):]


def ratio(cell):
    """Of `2.3` or, the middle of it, of `2 to 2.6`; None of an empty cell."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", cell)]
    return sum(numbers) / len(numbers) if numbers else None


def table_beside_others(document):
    """The names of its columns, and of each row the operation and its ratios."""
    lines = iter(document.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if re.match(r"\| operation \|.*under lguest", line):
            break
    else:
        raise ValueError(f"{document} has no table with what others take")
    names = [cell.strip() for cell in line.split("|")[2:-1]]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        if found := re.match(r"\| `(\w+)` \|(.*)\|$", line):
            rows.append((found[1], [ratio(cell) for cell in found[2].split("|")]))
    return names, rows


def group_of(name):
    return next(title for title, pattern in GROUPS if re.match(pattern, name))


def in_groups(figures):
    groups = {title: [] for title, _ in reversed(GROUPS)}
    for name in figures:
        groups[group_of(name)].append(name)
    return {title: names for title, names in groups.items() if names}


def change(now, before):
    if not now or not before:
        return "", ""
    percent = 100 * (now / before - 1)
    kind = "worse" if percent >= 0.05 else "better" if percent <= -0.05 else ""
    return kind, f"{percent:+.1f} %" if kind else ""


def table(names, now, committed):
    rows = ["<tr><th></th><th>now</th><th>committed</th><th></th></tr>"]
    for name in names:
        kind, words = change(now.get(name), committed.get(name))
        numbers = (now.get(name, "-"), committed.get(name, "-"))
        rows.append(f"<tr><td>{html.escape(name)}</td><td>{numbers[0]}</td><td>{numbers[1]}</td>"
                    f"<td class='{kind}'>{words}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def page(now, committed, document=DOCUMENT):
    """The page as text, of the figures by name as measured now and as committed."""
    names, rows = table_beside_others(document)
    parts = [
        "<!DOCTYPE html><html lang='en'><meta charset='utf-8'>"
        "<title>Umbra: what things cost</title>"
        f"<style>{STYLE}</style><h1>Umbra: what things cost</h1>",
        "<h2>Operations of Linux, as multiples of what they take natively</h2>",
        draw(names, rows,
             "set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb 'black'\n"
             "set yrange [0.4:20]\nset ytics (0.5, 1, 2, 4, 8, 16)"),
        "<p>The line at 1 is the bare machine. How these were measured, and what Xen's are, is in "
        "docs/performance.md.</p>",
    ]
    for title, group in in_groups(now | committed).items():
        bars = [(name, (now.get(name) or None, committed.get(name) or None)) for name in group]
        parts += [f"<h2>{html.escape(title)}</h2>",
                  draw(["now", "committed"], bars), table(group, now, committed)]
    return "\n".join(parts) + "</html>\n"
