#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every file that somebody wrote names its licence in its first lines. What is
# data or prose for people (documents, the corpus of the fuzzers) does not.

find . \( -name .git -o -path './build*' -o -path ./tests/fuzz/corpus -o -name __pycache__ \
	-o -name .cache \) -prune -o -type f ! -name '*.md' ! -name '*.txt' ! -name LICENSE ! -name .gitignore \
	! -name compile_commands.json ! -name config.mk ! -name '*.pyc' -print | sort | {
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
