#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# No circles: what a file calls does not call it in turn, by however many steps.  Where
# the processor comes in, which is assembly, calls count in one direction only.  Reads
# `nm -A` of all objects; prints each circle as tsort(1) finds it.

loops=$(awk '
	{ split($1, place, ":") }
	$2 == "U" && $1 !~ /\.asm\.o:/ { uses[place[1], $3] = 1 }
	$2 ~ /^[ABDRTVW]$/ { defined[$3] = place[1] }
	END {
		for (use in uses) {
			split(use, of, SUBSEP)
			there = defined[of[2]]
			if (there != "" && there != of[1])
				print of[1], there
		}
	}' | sort | tsort 2>&1 >/dev/null)
[ -z "$loops" ] && exit
echo "files that call one another, by however many steps:" >&2
echo "$loops" | sed 's/^tsort: -: input contains a loop:$/--/; s/^tsort: //' >&2
exit 1
