; SPDX-License-Identifier: GPL-2.0-only
;
; How kernels of generation A make their calls. start.asm makes INIT so, and
; takes the symbol as a sign that Umbra makes the first page tables.

bits 32

global generation_a_call

section .text

generation_a_call:
	db	0x0F, 0x01, 0xC1	; vmcall
	ret
