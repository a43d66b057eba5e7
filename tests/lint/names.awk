# SPDX-License-Identifier: GPL-2.0-only
# Old names: the words of the glossary's last column (docs/architecture.md) appear
# nowhere in Umbra's sources, neither as words nor as parts of names.  Reads that
# document first, and then the sources.

function complain(text) {
	print FILENAME ":" FNR ": " text
	failed = 1
}

# The glossary is the table behind its title; its third column has words between backquotes.
FILENAME ~ /\.md$/ {
	if (/^## /)
		in_glossary = /^## Glossary/
	if (in_glossary && /^\|/) {
		split($0, column, "|")
		count = split(column[4], quoted, "`")
		for (i = 2; i <= count; i += 2)
			refused[tolower(quoted[i])] = 1
	}
	next
}

{
	line = tolower($0)
	gsub(/[^a-z0-9]+/, " ", line)
	line = " " line " "
	for (name in refused)
		if (index(line, " " name " "))
			complain("the glossary has another name for \"" name "\"")
}

END {
	if (length(refused) == 0) {
		print "docs/architecture.md: the glossary refuses nothing"
		failed = 1
	}
	exit failed
}
