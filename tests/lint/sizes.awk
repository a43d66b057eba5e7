# SPDX-License-Identifier: GPL-2.0-only
# How many lines, comments included, each room has.  Reads the sources and headers of
# Umbra; goes behind rooms.awk.

{ lines[room(FILENAME)]++ }

END {
	for (i = 1; i <= rooms_count; i++) {
		count = lines[ordered[i]]
		printf "%8d  %s\n", count, ordered[i]
		total += count
		if (ordered[i] ~ /^drivers\//)
			drivers += count
	}
	printf "%8d  in all, %d of them not in drivers/\n", total, total - drivers
}
