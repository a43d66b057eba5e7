#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every file that somebody wrote names its licence in its first lines. What is
# data or prose for people (documents, the corpus of the fuzzers) does not.

tests/lint/sources.sh | {
	status=0
	while read -r file; do
		# A script has its interpreter in front.
		if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2\.0-only'; then
			echo "$file: no SPDX-License-Identifier: GPL-2.0-only in the first lines"
			status=1
		fi
	done
	exit $status
}
