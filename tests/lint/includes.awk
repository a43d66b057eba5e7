# SPDX-License-Identifier: GPL-2.0-only
# Which file may include which: a file of Umbra includes headers of its own room
# or of lower ones, and guests share one header with it.  Also: a header's guard is
# named for its path.  Reads sources and headers; goes behind rooms.awk.

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
		return top(from) != "tests"
	if (top(from) == "guest")
		return top(to) == "guest" &&
			(guest_folder(to) == "runtime" || guest_folder(to) == guest_folder(from) ||
			 # hostile_a, hostile_c and hostile_disk go with hostile
			 index(guest_folder(from), guest_folder(to) "_") == 1)
	if (to == "version.h")		# made by make
		return room(from) == "boot"
	if (to == "font_glyphs.inc")
		return room(from) == "drivers/console"
	return may_use(room(from), room(to))
}

FNR == 1 {
	guard = "UMBRA_" toupper(FILENAME)
	gsub(/[^A-Z0-9]/, "_", guard)
	is_header = FILENAME ~ /\.h$/
	guarded = 0
	if (top(FILENAME) != "tests" && top(FILENAME) != "guest" && !(room(FILENAME) in floor))
		complain("is in no room that the architecture knows")
}

/^#include "/ {
	split($0, quoted, "\"")
	if (top(FILENAME) != "tests" && !allowed(FILENAME, quoted[2]))
		complain("must not include " quoted[2])
}

is_header && /^#ifndef / && !guarded {
	guarded = 1
	if ($2 != guard)
		complain("the guard is " $2 ", not " guard)
}

END { exit failed }
