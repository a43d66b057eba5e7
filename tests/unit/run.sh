#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs unit test programs, a line each; shows the output of those that fail,
# and fails itself if any did.  Called by unit.mk with the programs' paths.

passed=0
failed=0

# The number of tests that cmocka reports under that word in the log.
count() {
	sed -n "s/^\[  $1  \] \([0-9]*\) test(s).*/\1/p" "$2" | head -n 1
}

for program in "$@"; do
	name=${program##*/test_}
	log=$program.log
	timeout 900 "$program" >"$log" 2>&1
	status=$?
	good=$(count PASSED "$log")
	bad=$(count FAILED "$log")
	good=${good:-0}
	bad=${bad:-0}
	# A program that died did not get to its summary.
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ $((good + bad)) -eq 0 ]; then
		bad=1
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "unit $name: $good passed"
	else
		cat "$log"
		echo "unit $name: $good passed, $bad FAILED (status $status)"
	fi
done
echo "unit tests: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
