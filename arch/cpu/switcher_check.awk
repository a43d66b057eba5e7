# SPDX-License-Identifier: GPL-2.0-only
#
# Holds the Switcher as it was assembled and linked against its two lists of
# instructions that load segments, flags or control registers: those that load
# what a guest chose, which switcher_fault knows (guest_value in
# arch/cpu/switcher.asm), and those that do not (own_value).  Fails when such an
# instruction is in neither list or in both, when an entry names anything else,
# and when an operand in memory is not reached through SS, whose segment is flat.
#
# Input, in this order:  nm umbra.elf;  od -An -v -w4 -tx4 of the section .switcher;
# the same of .switcher_own;  objdump -D of .switcher.  Variables: page, the address of
# the section, eight digits.

function fail(text) {
	print "arch/cpu/switcher.asm: " text > "/dev/stderr"
	failed = 1
}

# The offset in the page that an address of eight digits has.
function offset(hex,	i, n) {
	if (length(hex) != 8 || substr(hex, 1, 5) != substr(page, 1, 5))
		fail(hex " is not in the page")
	for (i = 6; i <= 8; i++)
		n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

FNR == 1 { input++ }

input == 1 && $3 ~ /^switcher_faults/ { symbol[$3] = offset($1) }

input == 2 { word[4 * (FNR - 1)] = $1 }

input == 3 { list[offset($1)] = list[offset($1)] "own" }

# The places of guest_value: pairs of address and kind.
input == 4 && FNR == 1 {
	for (at = symbol["switcher_faults"]; at < symbol["switcher_faults_end"]; at += 8) {
		place = offset(word[at])
		list[place] = list[place] "guest"
		kind[place] = word[at + 4] + 0
	}
}

input == 4 && /^ *[0-9a-f]+:\t/ {
	split($0, column, "\t")
	gsub(/[ :]/, "", column[1])
	if (offset(column[1]) < symbol["switcher_faults"] && column[3] != "")
		judge(offset(column[1]), column[3])
}

# What loads a segment register, CS included, a control or system register, or all of EFLAGS.
function loads(text) {
	return text ~ /^(iret|lret|popf|lcall|ljmp|l[defgs]s |lgdt|lidt|lldt|ltr|sysexit|sysret)/ ||
	       text ~ /^(wrmsr|fxrstor|rep)/ || text ~ /^pop[lw]? +%[cdefgs]s$/ ||
	       text ~ /^mov[lw]? .*,%([cdefgs]s|[cd]r[0-7]|db[0-7])$/
}

function judge(place, text,	mended, operands) {
	sub(/ +$/, "", text)
	seen[place] = 1
	if (text ~ /^\(bad\)|^\.byte/)
		fail(sprintf("%x is no instruction", place))
	if (loads(text) && list[place] != "own" && list[place] != "guest")
		fail(sprintf("%x: '%s' is in %s", place, text,
			     list[place] == "" ? "no list" : "two lists"))
	if (!loads(text) && list[place] != "")
		fail(sprintf("%x: '%s' needs no list", place, text))
	mended = text ~ /^iret/ ? 1 : text ~ /^pop[lw]? +%[defg]s$/ ? 0 : -1
	if (list[place] == "guest" && kind[place] != mended)
		fail(sprintf("%x: '%s' cannot be mended as its entry says", place, text))
	operands = text
	gsub(/\$0x[0-9a-f]+/, "", operands)
	if (text !~ /^(j|call|rep|nop|lea|xchg +%ax,%ax)/ && operands ~ /0x[0-9a-f]+|\(/ &&
	    operands !~ /%ss:|\(%e[bs]p/)
		fail(sprintf("%x: '%s' reaches memory through another segment than SS", place,
			     text))
	count++
}

END {
	for (place in list)
		if (!(place in seen))
			fail(sprintf("an entry of a list is at no instruction: %x", place))
	if (count < 500)
		fail("there is no listing to check")
	exit failed
}
