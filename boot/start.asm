; SPDX-License-Identifier: GPL-2.0-only
;
; The first instructions.  The boot loader (multiboot 0.6.96 or 2.0) leaves
; 32-bit protected mode without paging, flat segments, a magic number in EAX
; and the address of its information in EBX.
;
; Everything here runs at its physical address until paging is on: labels of
; the image proper are 3 GB too high, and PHYSICAL() takes that off.

%include "offsets.inc"

bits 32

%define PHYSICAL(label) ((label) - DIRECT_MAP_BASE)

; --- headers, in the first 8 KB of the file ----------------------------------

section .multiboot progbits alloc noexec nowrite align=8

MULTIBOOT1_MAGIC	equ 0x1BADB002
MULTIBOOT1_FLAGS	equ 3			; modules on page borders, memory map

multiboot1_header:
	dd MULTIBOOT1_MAGIC
	dd MULTIBOOT1_FLAGS
	dd -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

MULTIBOOT2_MAGIC	equ 0xE85250D6

	align 8
multiboot2_header:
	dd MULTIBOOT2_MAGIC
	dd 0					; i386, protected mode
	dd multiboot2_end - multiboot2_header
	dd -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
	align 8
	dw 6, 0					; modules on page borders
	dd 8
	align 8
	dw 5, 1					; a frame buffer if there is no text mode,
	dd 20					; of any size and depth
	dd 0, 0, 0
	align 8
	dw 0, 0					; end
	dd 8
multiboot2_end:

; --- entry ---------------------------------------------------------------------

section .boot progbits alloc exec nowrite align=16

extern boot_main, boot_cpu_pages
global boot_entry, boot_pdpt, boot_tsc

EFLAGS_NONE	equ 1 << 1		; always set
EFLAGS_ID	equ 1 << 21
CPUID_PAE	equ 1 << 6
CR0_PG_WP	equ 1 << 31 | 1 << 16
CR4_PAE		equ 1 << 5
LARGE_PAGE	equ 0x83			; present, writable, 2 MB
PRESENT		equ 1

boot_entry:
	cli
	mov esp, PHYSICAL(boot_cpu_pages) + PAGES_STACK_END
	push byte EFLAGS_NONE		; the loader may have left any: NT, AC, DF, TF
	popfd
	mov edi, eax
	mov esi, ebx

	; CPUID and PAE are checked here: without PAE the rest of Umbra cannot run at all.
	pushfd
	pop eax
	mov ecx, eax
	xor eax, EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ecx
	test eax, EFLAGS_ID
	jz no_pae
	mov eax, 1
	cpuid
	test edx, CPUID_PAE
	jz no_pae

	; Every CPU with PAE has a TSC.  Time is counted from here.
	rdtsc
	mov [PHYSICAL(boot_tsc)], eax
	mov [PHYSICAL(boot_tsc) + 4], edx

	; One directory of large pages, at 0 and at the direct map.
	mov eax, LARGE_PAGE
	mov ebx, PHYSICAL(boot_directory)
	mov ecx, DIRECT_MAP_LARGE_PAGES
.map:	mov [ebx], eax
	add eax, 0x200000
	add ebx, 8
	loop .map
	mov eax, PHYSICAL(boot_directory) + PRESENT
	mov [PHYSICAL(boot_pdpt)], eax
	mov [PHYSICAL(boot_pdpt) + 24], eax

	mov eax, cr4
	or eax, CR4_PAE
	mov cr4, eax
	mov eax, PHYSICAL(boot_pdpt)
	mov cr3, eax
	mov eax, cr0
	or eax, CR0_PG_WP
	mov cr0, eax
	mov ecx, high
	jmp ecx

; --- a CPU that is too old -------------------------------------------------------

COM1		equ 0x3F8
LINE_STATUS	equ 5
LINE_EMPTY	equ 0x20
VGA_TEXT	equ 0xB8000
VGA_WHITE	equ 0x07
SERIAL_TRIES	equ 100000		; a port without a chip is never ready

no_pae:
	mov esi, no_pae_text
	mov edi, VGA_TEXT
.next:	lodsb
	test al, al
	jz .stop
	mov bl, al
	mov ah, VGA_WHITE
	stosw
	mov ecx, SERIAL_TRIES
	mov edx, COM1 + LINE_STATUS
.wait:	in al, dx
	test al, LINE_EMPTY
	jnz .send
	loop .wait
.send:	mov edx, COM1
	mov al, bl
	out dx, al
	jmp .next
.stop:	cli
	hlt
	jmp .stop

no_pae_text:
	db "umbra: this CPU has no PAE (physical address extension), which Umbra needs", 13, 10, 0

; --- at the linked address ---------------------------------------------------------

section .text

high:
	mov esp, boot_cpu_pages + PAGES_STACK_END
	xor ebp, ebp			; the end of every backtrace
	mov eax, edi
	mov edx, esi
	call boot_main			; (magic, information), does not return

section .bss

	alignb 4096
boot_directory:	resb 4096
boot_pdpt:	resb 32
boot_tsc:	resq 1
