; SPDX-License-Identifier: GPL-2.0-only
;
; The first instructions of every CPU but the first.  A CPU that gets a startup
; interrupt begins in real mode at the start of a page below 1 MB, to which the
; AP_CODE_SIZE bytes from ap_start on are copied.  They need no other memory
; below 1 MB: they only enter protected mode and jump to the rest at its physical
; address in the image.

%include "offsets.inc"

%define PHYSICAL(label) ((label) - DIRECT_MAP_BASE)

CODE_SELECTOR	equ 8
DATA_SELECTOR	equ 16
CR0_PE		equ 1
CR0_PG_WP	equ 1 << 31 | 1 << 16
CR0_CD_NW	equ 3 << 29
CR4_PAE		equ 1 << 5

extern ap_tables, ap_offered, ap_main
global ap_start

; --- to be copied; runs at offset 0 of its segment -----------------------------

section .rodata

bits 16
ap_start:
	cli
	o32 lgdt [cs:ap_gdtr - ap_start]
	mov eax, cr0
	or al, CR0_PE
	mov cr0, eax
	jmp dword CODE_SELECTOR:ap_protected

	align 4
ap_gdtr:
	dw ap_gdt_end - ap_gdt - 1
	dd ap_gdt
	times AP_CODE_SIZE - ($ - ap_start) db 0

; --- at its physical address, like boot/start.asm -------------------------------

section .boot progbits alloc exec nowrite align=16

bits 32
ap_gdt:
	dq 0
	dq 0x00CF9B000000FFFF		; flat code and data, accessed already
	dq 0x00CF93000000FFFF
ap_gdt_end:

ap_protected:
	mov ax, DATA_SELECTOR
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, cr4
	or eax, CR4_PAE
	mov cr4, eax
	mov eax, [PHYSICAL(ap_tables)]
	mov cr3, eax
	mov eax, cr0
	and eax, ~CR0_CD_NW
	or eax, CR0_PG_WP
	mov cr0, eax
	mov ecx, ap_high
	jmp ecx

; --- at the linked address -------------------------------------------------------

section .text

; A CPU that comes when nothing is offered, since the boot CPU has given it up, has no stack.
ap_high:
	xor eax, eax
	xchg eax, [ap_offered]		; locked without a prefix
	test eax, eax
	jz .late
	mov esp, [eax + CPU_PAGES]
	add esp, PAGES_STACK_END
	xor ebp, ebp			; the end of every backtrace
	call ap_main			; (cpu), does not return
.late:
	cli
	hlt
	jmp .late
