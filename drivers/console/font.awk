# SPDX-License-Identifier: GPL-2.0-only
# Picks the glyphs of code page 437 out of a console font of 8x16 pixels, in the
# PC Screen Font format, version 1: a head of 4 bytes (54, 4, mode, bytes a
# glyph), the glyphs, and for each the code points that it is for, in 16 bits,
# least byte first, ended by 65535.  Input: the bytes as decimal numbers, as
# `od -An -v -tu1` writes them.  Output: initialisers for drivers/console/font.c.

BEGIN {
	# The upper half of the code page; the lower one is ASCII.
	split("199 252 233 226 228 224 229 231 234 235 232 239 238 236 196 197 " \
	      "201 230 198 244 246 242 251 249 255 214 220 162 163 165 8359 402 " \
	      "225 237 243 250 241 209 170 186 191 8976 172 189 188 161 171 187 " \
	      "9617 9618 9619 9474 9508 9569 9570 9558 9557 9571 9553 9559 9565 9564 9563 9488 " \
	      "9492 9524 9516 9500 9472 9532 9566 9567 9562 9556 9577 9574 9568 9552 9580 9575 " \
	      "9576 9572 9573 9561 9560 9554 9555 9579 9578 9496 9484 9608 9604 9612 9616 9600 " \
	      "945 223 915 960 931 963 181 964 934 920 937 948 8734 966 949 8745 " \
	      "8801 177 8805 8804 8992 8993 247 8776 176 8729 183 8730 8319 178 9632 160",
	      upper, " ")
}

{
	for (i = 1; i <= NF; i++)
		byte[count++] = $i
}

function stop(text) {
	print "font.awk: " text > "/dev/stderr"
	failed = 1
	exit 1
}

# Which glyph each code point has.  Behind 65534 stand sequences, which are not for us.
function read_code_points(at, glyph, code, in_sequence) {
	for (; at + 1 < count && glyph < glyphs; at += 2) {
		code = byte[at] + 256 * byte[at + 1]
		if (code == 65535) {
			glyph++
			in_sequence = 0
		} else if (code == 65534) {
			in_sequence = 1
		} else if (!in_sequence && !(code in glyph_of)) {
			glyph_of[code] = glyph
		}
	}
}

function print_glyph(glyph, row, text) {
	for (row = 0; row < 16; row++)
		text = text " " byte[4 + glyph * 16 + row] ","
	print "\t{" text " },"
}

END {
	if (failed)
		exit 1
	if (byte[0] != 54 || byte[1] != 4 || byte[3] != 16 || int(byte[2] / 2) % 2 == 0)
		stop("this is no console font of 8x16 pixels with a table of code points")
	glyphs = byte[2] % 2 ? 512 : 256
	read_code_points(4 + glyphs * 16, 0)
	if (!(63 in glyph_of) || !(32 in glyph_of))
		stop("the font lacks ASCII")
	for (character = 0; character < 256; character++) {
		code = character < 128 ? character : upper[character - 127] + 0
		print_glyph(code in glyph_of ? glyph_of[code] : glyph_of[63])
	}
}
