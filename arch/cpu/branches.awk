# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the disassembly of Umbra and fails on a branch that a guest could steer (see
# arch/cpu/thunks.asm): an indirect call or jump anywhere, or a near return in the
# Switcher, where the return stack still is the guest's.  Behind an exit that stack
# is shielded only where run_guest itself returns; so run_guest alone may call
# switcher_enter.

/^[0-9a-f]+ <.*>:$/	{ function_name = substr($2, 2, length($2) - 3) }
/^Disassembly of section /	{ section = $4 }

function complain(why) {
	print "umbra.elf: " function_name ": " why ": " $0 > "/dev/stderr"
	wrong = 1
}

{ lines++ }
/\t(call|jmp) +\*/	{ complain("an indirect branch") }
/\tlcall|\tljmp +\*/	{ complain("a far indirect branch") }
section == ".switcher:" && /\tret/	{ complain("a return in the Switcher") }
/\t(call|jmp) .*<(switcher_enter|SWITCHER_CODE)>$/ {	# two names of one address
	entries++
	if (function_name != "run_guest")
		complain("enters a guest, and is not run_guest")
}

END {
	if (lines < 1000 || entries == 0) {
		print "umbra.elf: this is no disassembly of Umbra" > "/dev/stderr"
		wrong = 1
	}
	exit wrong
}
