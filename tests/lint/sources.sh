#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Lists the files below this folder that somebody wrote as source, each with ./ in front: all but
# what make or an editor made, data (the corpus of the fuzzers) and prose for people.
find . \( -name .git -o -path './build*' -o -path ./tests/fuzz/corpus -o -name __pycache__ \
	-o -name .cache \) -prune -o -type f ! -name '*.md' ! -name '*.txt' ! -name LICENSE \
	! -name .gitignore ! -name compile_commands.json ! -name config.mk ! -name '*.pyc' \
	-print | sort
