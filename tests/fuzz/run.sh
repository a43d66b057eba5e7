#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs fuzzers, as many at a time as there are CPUs, each that many times from a
# fixed seed; a line each, then the output of those that failed, and fails itself
# if any did.  What a fuzzer finds goes next to the program, never into the
# committed corpus.
# Usage: run.sh RUNS PROGRAM...

# One of them, for xargs below; PROGRAM.passed tells that it came to a good end.
run_one() {
	name=${2##*/fuzz_}
	if timeout 600 "$2" -runs="$1" -seed=1 -max_len=4096 -timeout=10 -artifact_prefix="$2." \
		"$2.found" "tests/fuzz/corpus/$name" >"$2.log" 2>&1; then
		: >"$2.passed"
		echo "fuzz $name: $1 runs passed"
	else
		echo "fuzz $name: FAILED, the input is $2.crash-* (or leak-, timeout-)"
	fi
}

if [ "$1" = one ]; then
	run_one "$2" "$3"
	exit
fi

# Large blocks come and go with every input.  Their shadow is cleared in place, which
# is cheaper than new pages each time.
export ASAN_OPTIONS="clear_shadow_mmap_threshold=16777216${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

runs=$1
shift
for program in "$@"; do
	rm -rf "$program.found" "$program.passed"
	mkdir -p "$program.found"
done
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" sh "$0" one "$runs"

passed=0
failed=0
for program in "$@"; do
	if [ -e "$program.passed" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "--- fuzz ${program##*/fuzz_}, the end of its output:"
		tail -n 60 "$program.log"
	fi
done
echo "fuzzers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
