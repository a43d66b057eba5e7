# SPDX-License-Identifier: GPL-2.0-only
# What documents say of sources: a file that is named in backquotes, with its folder,
# exists; and the core route of docs/tour.md is at most MOST lines of source.  Reads the
# documents.

function complain(text) {
	print FILENAME ":" FNR ": " text
	failed = 1
}

# How many lines a file has; 0: there is none.
function lines(path, count, line) {
	while ((getline line < path) > 0)
		count++
	close(path)
	return count + 0
}

/^## / { on_core_route = FILENAME ~ /tour\.md$/ && /^## The core route/ }

{
	count = split($0, quoted, "`")
	for (i = 2; i <= count; i += 2) {
		path = quoted[i]
		if (path !~ /^(arch|boot|docs|drivers|guest|hv|iso|lib|mm|tests)\// ||
		    path ~ /[^a-zA-Z0-9_\/.-]/ ||
		    path !~ /\.(c|h|asm|awk|py|sh|mk|md|in)$/)
			continue
		size = lines(path)
		if (size == 0)
			complain("there is no " path)
		if (on_core_route && !(path in seen)) {
			seen[path] = 1
			route += size
		}
	}
}

END {
	if (route == 0 || route > MOST) {
		print "docs/tour.md: the core route is " route + 0 " lines of source, at most " MOST
		failed = 1
	}
	exit failed
}
