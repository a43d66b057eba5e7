# SPDX-License-Identifier: GPL-2.0-only
# Which file may include which: a file of Umbra includes headers of its own floor
# or below (docs/architecture.md), and guests share one header with it. Also: a
# header's guard is named for its path.

BEGIN {
	split("lib arch mm drivers hv boot", order, " ")
	for (i in order)
		floor[order[i]] = i + 0
}

# The folder of a path, and of a guest's the one below guest/.
function folder(path, parts, count) {
	count = split(path, parts, "/")
	return parts[1]
}

function guest_folder(path, parts) {
	split(path, parts, "/")
	return parts[2]
}

function complain(text) {
	print FILENAME ":" FNR ": " text
	failed = 1
}

function allowed(from, to) {
	if (to == "guest/lguest_abi.h")
		return folder(from) != "tests"
	if (folder(from) == "guest")
		return folder(to) == "guest" &&
			(guest_folder(to) == "runtime" || guest_folder(to) == guest_folder(from) ||
			 # hostile_a, hostile_c and hostile_disk go with hostile
			 index(guest_folder(from), guest_folder(to) "_") == 1)
	if (to == "version.h")		# made by make
		return folder(from) == "boot"
	if (to == "font_glyphs.inc")
		return folder(from) == "drivers"
	return folder(to) in floor && floor[folder(to)] <= floor[folder(from)]
}

FNR == 1 {
	guard = "UMBRA_" toupper(FILENAME)
	gsub(/[^A-Z0-9]/, "_", guard)
	is_header = FILENAME ~ /\.h$/
	guarded = 0
}

/^#include "/ {
	split($0, quoted, "\"")
	if (folder(FILENAME) != "tests" && !allowed(FILENAME, quoted[2]))
		complain("must not include " quoted[2])
}

is_header && /^#ifndef / && !guarded {
	guarded = 1
	if ($2 != guard)
		complain("the guard is " $2 ", not " guard)
}

END { exit failed }
