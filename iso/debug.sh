#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Starts gdb on Umbra in a QEMU that talks to it through standard input and
# output.  Called by `make debug`, with job control on (bash -m): Ctrl-C at the
# prompt is for gdb, not for make.
# Usage: debug.sh UMBRA.ELF 'QEMU OPTION...'

gdb=$(command -v gdb-multiarch || command -v gdb)
"$gdb" -q "$1" \
	-ex 'set confirm off' \
	-ex 'set architecture i386' \
	-ex "target remote | exec $2" \
	-ex 'hbreak boot_main' \
	-ex 'echo Stopped before the firmware; "continue" runs to boot_main.\n'
