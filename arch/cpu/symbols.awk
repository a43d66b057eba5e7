# SPDX-License-Identifier: GPL-2.0-only
#
# Turns the sorted output of nm into the symbol table that a backtrace uses:
# `symbol_count`, then pairs of (address, name), text symbols only.  Symbols
# come out in ascending order, as arch/cpu/symbols.c expects them.
BEGIN {
	print "section .symbols"
	print "global symbol_count, symbol_table"
}
$2 ~ /^[tT]$/ && $3 !~ /^\.\.@/ {
	addresses[count] = $1
	names[count++] = $3
}
END {
	print "symbol_count: dd " count + 0
	print "symbol_table:"
	for (i = 0; i < count; i++)
		print "dd 0x" addresses[i] ", name" i
	for (i = 0; i < count; i++)
		print "name" i ": db \"" names[i] "\", 0"
}
