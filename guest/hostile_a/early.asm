; SPDX-License-Identifier: GPL-2.0-only
;
; Attacks on INIT as generation A makes it. start.asm calls early_hook first of
; all, at low addresses, with ESI = boot_params and a stack; without a word
; early=NAME on the command line it returns at once. Expected, each time killed:
;
;     early=unaligned   a kernel address that no directory entry can begin at
;     early=high        a kernel address in the part that is Umbra's
;     early=top         the structure lies where the tables have to go
;     early=again       INIT twice

bits 32

%define PHYS(address) ((address) - GUEST_KERNEL_BASE)

COMMAND_LINE	equ 0x228		; boot_params: hdr.cmd_line_ptr
MEMORY_SIZE	equ 0x2D0 + 8		; boot_params: of the only e820 entry
KERNEL_ADDRESS	equ 1388		; in lguest_data
DATA_SIZE	equ 1396
LGUEST_INIT	equ 1

extern lguest_data
extern generation_a_call

global early_hook

section .text

early_hook:
	push	esi
	mov	edi, [esi + MEMORY_SIZE]
	mov	esi, [esi + COMMAND_LINE]
.find:	cmp	byte [esi], 0
	je	.none
	cmp	dword [esi], "earl"
	jne	.next
	cmp	word [esi + 4], "y="
	je	.found
.next:	inc	esi
	jmp	.find
.none:	pop	esi
	ret

.found:	mov	al, [esi + 6]
	mov	ebx, PHYS(lguest_data)
	cmp	al, "u"
	je	.unaligned
	cmp	al, "h"
	je	.high
	cmp	al, "t"
	je	.top
	call	generation_a_call_init
	jmp	.init
.unaligned:
	mov	dword [ebx + KERNEL_ADDRESS], 0xC0100000
	jmp	.init
.high:	mov	dword [ebx + KERNEL_ADDRESS], 0xFFC00000
	jmp	.init
.top:	mov	esi, ebx
	sub	edi, 4096
	mov	ebx, edi
	mov	ecx, DATA_SIZE
	rep movsb
.init:	call	generation_a_call_init
	jmp	.none

generation_a_call_init:
	mov	eax, LGUEST_INIT
	jmp	generation_a_call
