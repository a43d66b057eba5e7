# SPDX-License-Identifier: GPL-2.0-only
# Numbers in docs/performance.md are those of the committed figures. In tables whose rows begin with
# a figure's name in backquotes, and by how many cells stand behind the second, these are: one, of
# tests/bench/figures.txt; four, of tests/bench/linux_figures.txt, each of which has its row;
# three, the last of which is the ratio in the same file. Reads the figures, then the document.

function complain(text) {
	print FILENAME ":" FNR ": " text
	failed = 1
}

/^#/ && FILENAME ~ /\.txt$/ { next }
FILENAME ~ /linux_figures\.txt$/ {
	wanted[3, $1] = sprintf(" %.2f ", $3 / $2)
	wanted[4, $1] = sprintf(" %d | %d |%s| %.2f ", $2, $3, wanted[3, $1], $4 / 1000)
	linux[$1]
	next
}
FILENAME ~ /figures\.txt$/ {
	wanted[1, $1] = " " $2 " "
	next
}

/^\| `[a-z0-9_]+` \|/ {
	count = split($0, cells, "|") - 4
	if (count != 1 && count != 3 && count != 4)
		next
	name = substr(cells[2], 3, length(cells[2]) - 4)
	found = cells[count + 3]
	for (i = count + 2; count == 4 && i > 3; i--)
		found = cells[i] "|" found
	seen[count, name]
	if (!((count, name) in wanted))
		complain("there is no figure " name)
	else if (wanted[count, name] != found)
		complain(name " is" wanted[count, name] "and not" found)
}

END {
	for (name in linux)
		if (!((4, name) in seen))
			complain("there is no row of " name)
	exit failed
}
