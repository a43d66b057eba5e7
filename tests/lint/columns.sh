#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# No line of a source is longer than 100 columns, where a tab goes on to the next multiple of 8.
# Patches and the settings of Linux are not asked: their lines are as Linux has them.

here=$(dirname "$0")
# shellcheck disable=SC2016 # the dollars are awk's
"$here/sources.sh" | grep -v -e '\.patch$' -e '\.config$' | LC_ALL=C xargs awk '
	function columns(line, at) {
		gsub(/[\200-\277]/, "", line)	# of a character in UTF-8 the first byte counts
		while ((at = index(line, "\t")) > 0)
			line = substr(line, 1, at - 1) substr("        ", 1 + (at - 1) % 8) \
				substr(line, at + 1)
		return length(line)
	}
	columns($0) > 100 {
		print substr(FILENAME, 3) ":" FNR ": " columns($0) " columns, at most 100"
		failed = 1
	}
	END { exit failed }'
