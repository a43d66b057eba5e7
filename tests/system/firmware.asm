; SPDX-License-Identifier: GPL-2.0-only
;
; A firmware and boot loader in one that leaves what it should not: SYSCALL enabled
; (EFER, STAR), as on a K7, and all kinds of flags.  It is started as a multiboot
; kernel, finds Umbra in the first of its modules, and passes the others on.
; Assembled by test_boot.py.

bits 32
BASE		equ 0x4000000		; out of Umbra's way, which is loaded at 1 MB
org BASE

MULTIBOOT	equ 0x1BADB002
FLAGS		equ 1 << 16 | 3		; the addresses are in the header
EFER		equ 0xC0000080
STAR		equ 0xC0000081
SYSCALL_ENABLE	equ 1
RING0_SEGMENTS	equ 0x50 << 16		; Umbra's own
BAD_FLAGS	equ 1 << 18 | 1 << 14 | 1 << 10	; AC, NT, DF

header:
	dd MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)
	dd header, BASE, end, end, start

; Multiboot 0.6.96, 3.3: the list of modules, 16 bytes each.
MODULES		equ 20
MODULE_LIST	equ 24

; System V ABI for the 386, "Object Files": the header and the table of segments.
ELF_ENTRY	equ 24
ELF_TABLE	equ 28
ELF_COUNT	equ 44
LOAD		equ 1

start:
	cld
	mov esp, stack_end
	mov ebp, [ebx + MODULE_LIST]
	mov ebp, [ebp]			; Umbra's file
	dec dword [ebx + MODULES]
	add dword [ebx + MODULE_LIST], 16

	mov edx, ebp
	add edx, [ebp + ELF_TABLE]
	movzx eax, word [ebp + ELF_COUNT]
.segment:
	cmp dword [edx], LOAD
	jne .next
	mov esi, ebp
	add esi, [edx + 4]		; offset in the file
	mov edi, [edx + 12]		; physical address
	mov ecx, [edx + 16]		; bytes in the file
	rep movsb
	mov ecx, [edx + 20]		; and in memory
	sub ecx, [edx + 16]
	push eax
	xor eax, eax
	rep stosb
	pop eax
.next:	add edx, 32
	dec eax
	jnz .segment

	mov ecx, EFER
	rdmsr
	or eax, SYSCALL_ENABLE
	wrmsr
	rdmsr
	test eax, SYSCALL_ENABLE	; without it this test would tell nothing
	jz .stop
	mov ecx, STAR
	mov edx, RING0_SEGMENTS
	mov eax, header
	wrmsr

	push dword BAD_FLAGS | 2
	popfd
	mov eax, 0x2BADB002
	jmp [ebp + ELF_ENTRY]
.stop:	hlt
	jmp .stop

	align 4
	times 256 db 0
stack_end:
end:
