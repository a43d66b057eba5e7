# SPDX-License-Identifier: GPL-2.0-only
# Which room calls which, by what the linker resolves: an object uses functions and
# data of its own room or of lower ones, whatever headers say.  Reads `nm -A` of all
# objects, O=folder being where they are; goes behind rooms.awk.

{
	split($1, place, ":")
	object = substr(place[1], length(O) + 2)
}

object !~ /\// { next }		# made by make: the table of symbols

$2 == "U" {
	uses[object, $3] = 1
	next
}

$2 ~ /^[ABDRTVW]$/ { defined[$3] = object }

END {
	for (use in uses) {
		split(use, of, SUBSEP)
		there = defined[of[2]]
		if (there != "" && !may_use(room(of[1]), room(there))) {
			print of[1] " must not use " of[2] " of " there
			failed = 1
		}
	}
	exit failed
}
