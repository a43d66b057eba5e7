#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots Umbra and its guests in QEMU, and starts gdb at the serial line that Umbra has for it
# (docs/debugging.md), with the symbols of one guest and attached to that.  QEMU ends with gdb.
# Called by `make gdb-guest`, with job control on (bash -m): Ctrl-C is for gdb, not for QEMU.
# Usage: gdb-guest.sh FOLDER GUEST SYMBOLS COMMAND...  where FOLDER gets sockets and the log
set -euo pipefail

folder=$1 guest=$2 symbols=$3
shift 3
console=$folder/gdb-guest.console line=$folder/gdb-guest.gdb log=$folder/gdb-guest.log
rm -f "$console" "$line" "$log"
"$@" -chardev "socket,id=com1,path=$console,server=on,wait=off,logfile=$log" -serial chardev:com1 \
	-chardev "socket,id=gdb,path=$line,server=on,wait=off" -serial chardev:gdb </dev/null &
qemu=$!
trap 'kill "$qemu" 2>/dev/null' EXIT
echo "The guests' console is $console, and its log $log."
until grep -qs "event=guest-ready guest=$guest " "$log"; do
	kill -0 "$qemu" 2>/dev/null || { echo "gdb-guest: QEMU has ended; see $log" >&2; exit 1; }
	sleep 0.1
done
# With a file of commands gdb carries them out and ends.
gdb_options=()
if [ -n "${GDB_SCRIPT:-}" ]; then
	gdb_options=(-batch -x "$GDB_SCRIPT")
fi
gdb=$(command -v gdb || command -v gdb-multiarch)
"$gdb" -q -iex "add-auto-load-safe-path $(realpath "$(dirname "$symbols")")" "$symbols" \
	-ex 'set confirm off' -ex "source iso/umbra-gdb.py" \
	-ex "target extended-remote $line" -ex "umbra-attach $guest" "${gdb_options[@]}"
