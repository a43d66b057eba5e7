; SPDX-License-Identifier: GPL-2.0-only
;
; Text before INIT: the early console of generation C needs nothing but ports.
; start.asm calls early_hook first of all, at low addresses, with ESI =
; boot_params and a stack.

bits 32

%define PHYS(address) ((address) - GUEST_KERNEL_BASE)

CONSOLE		equ 0x80000800		; bus 0, device 1
CAPABILITIES	equ 0x34
TYPE_CONFIG	equ 4
TYPE_ACCESS	equ 5
EMERGENCY_WRITE	equ 8			; in the console's configuration

global early_hook

section .text

early_hook:
	pushad
	mov	bl, TYPE_CONFIG
	call	find
	lea	ebx, [eax + 8]		; the offset in the window that it names
	call	read
	lea	edi, [eax + EMERGENCY_WRITE]
	mov	bl, TYPE_ACCESS
	call	find
	mov	ebp, eax
	lea	ebx, [ebp + 12]		; length
	mov	eax, 4
	call	write
	lea	ebx, [ebp + 8]		; offset
	mov	eax, edi
	call	write
	mov	esi, PHYS(text)
.next:	movsx	eax, byte [esi]
	inc	esi
	test	eax, eax
	jz	.done
	lea	ebx, [ebp + 16]		; data
	call	write
	jmp	.next
.done:	popad
	ret

; eax = offset of the capability of type bl; there is one
find:	push	ebx
	mov	ebx, CAPABILITIES
	call	read
	pop	ecx
.next:	movzx	ebx, al
	push	ecx
	call	read
	pop	ecx
	mov	edx, eax
	shr	edx, 24
	cmp	dl, cl
	je	.found
	mov	al, ah			; the next one
	jmp	.next
.found:	mov	eax, ebx
	ret

; eax = dword at offset ebx
read:	lea	eax, [ebx + CONSOLE]
	mov	edx, 0xCF8
	out	dx, eax
	mov	edx, 0xCFC
	in	eax, dx
	ret

; dword at offset ebx = eax
write:	push	eax
	lea	eax, [ebx + CONSOLE]
	mov	edx, 0xCF8
	out	dx, eax
	mov	edx, 0xCFC
	pop	eax
	out	dx, eax
	ret

section .rodata
text:	db	"text from before INIT", 13, 10, 0
