#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs fuzzers, a line each, that many times from a fixed seed; shows the
# output of those that fail, and fails itself if any did.  What a fuzzer finds
# goes next to the program, never into the committed corpus.
# Usage: run.sh RUNS PROGRAM...

runs=$1
shift
passed=0
failed=0

for program in "$@"; do
	name=${program##*/fuzz_}
	log=$program.log
	found=$program.found
	rm -rf "$found"
	mkdir -p "$found"
	if timeout 600 "$program" -runs="$runs" -seed=1 -max_len=4096 -timeout=10 \
		-artifact_prefix="$program." "$found" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "fuzz $name: $runs runs passed"
	else
		failed=$((failed + 1))
		tail -n 60 "$log"
		echo "fuzz $name: FAILED, the input is $program.crash-* (or leak-, timeout-)"
	fi
done
echo "fuzzers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
