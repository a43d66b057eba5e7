#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# No cycles: a header and the source of its name are one thing, and what a thing
# includes must not include it in turn, by however many steps.  Takes the sources
# and headers; prints each cycle as tsort(1) finds it.

loops=$(awk '
	FNR == 1 { unit = FILENAME; sub(/\.[ch]$/, "", unit) }
	/^#include "/ {
		split($0, quoted, "\"")
		other = quoted[2]
		if (sub(/\.h$/, "", other) && other != unit)
			print other, unit
	}' "$@" | tsort 2>&1 >/dev/null)
[ -z "$loops" ] && exit
echo "files that include one another, by however many steps:" >&2
echo "$loops" | sed -n 's/^tsort: -: input contains a loop:$/--/; s/^tsort: //p' >&2
exit 1
