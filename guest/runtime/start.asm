; SPDX-License-Identifier: GPL-2.0-only
;
; The first instructions of a guest. Umbra enters here in ring 1 with linear =
; physical, ESI = boot_params, all other registers 0 and no stack; the image is
; linked GUEST_KERNEL_BASE higher, so data is reached through PHYS. Owns the boot
; stack and the boot page tables of both formats; ends in runtime_start (C).

bits 32

%define PHYS(address) ((address) - GUEST_KERNEL_BASE)

HYPERCALL	equ 0x1F
LGUEST_INIT	equ 1
NEW_PGTABLE	equ 4

COMMAND_LINE	equ 0x228		; boot_params: hdr.cmd_line_ptr

TABLE_FLAGS	equ 0x67		; present, writable, user, accessed, dirty
PAGE_FLAGS	equ 0x63		; the same without user
PAE_TOP_FLAGS	equ 0x01

BOOT_PAGES	equ 512			; 2 MB: what the smallest guest has

extern lguest_data
extern runtime_start
extern early_hook:weak			; void early_hook(void), at low addresses
extern generation_a_call:weak		; there: makes the call INIT in generation A's way

global guest_entry
global entry_state
global boot_is_pae

section .text

guest_entry:
	; What Umbra promises about the state at entry is a test of the ABI guest.
	mov	[PHYS(entry_state.eax)], eax
	mov	[PHYS(entry_state.ebx)], ebx
	mov	[PHYS(entry_state.ecx)], ecx
	mov	[PHYS(entry_state.edx)], edx
	mov	[PHYS(entry_state.esi)], esi
	mov	[PHYS(entry_state.edi)], edi
	mov	[PHYS(entry_state.ebp)], ebp
	mov	[PHYS(entry_state.esp)], esp
	mov	eax, cs
	mov	[PHYS(entry_state.cs)], eax
	mov	eax, ds
	mov	[PHYS(entry_state.ds)], eax
	mov	eax, es
	mov	[PHYS(entry_state.es)], eax
	mov	eax, ss
	mov	[PHYS(entry_state.ss)], eax
	mov	eax, fs
	mov	[PHYS(entry_state.fs)], eax
	mov	eax, gs
	mov	[PHYS(entry_state.gs)], eax
	mov	esp, PHYS(boot_stack_top)
	pushfd
	pop	dword [PHYS(entry_state.eflags)]

	; A guest may have something to do before INIT.
	mov	eax, early_hook
	test	eax, eax
	jz	.init
	sub	eax, GUEST_KERNEL_BASE
	call	eax

.init:	mov	eax, LGUEST_INIT
	mov	ebx, PHYS(lguest_data)
	mov	ecx, generation_a_call
	test	ecx, ecx
	jz	.call
	sub	ecx, GUEST_KERNEL_BASE
	call	ecx
	jmp	.words
.call:	int	HYPERCALL

.words:	; The word "pae" on the command line chooses the format of all page tables.
	mov	esi, [esi + COMMAND_LINE]
.word:	mov	eax, [esi]
	cmp	eax, "pae "
	je	.pae
	cmp	eax, "pae"		; with the NUL behind it
	je	.pae
.skip:	lodsb
	test	al, al
	jz	.two_level
	cmp	al, " "
	jne	.skip
	jmp	.word

.pae:	mov	byte [PHYS(boot_is_pae)], 1
	mov	ebx, PHYS(boot_pae_top)
	jmp	.paging

.two_level:
	mov	ebx, PHYS(boot_directory)
.paging:
	mov	eax, generation_a_call
	test	eax, eax
	jnz	.high			; Umbra has made the first page tables
	mov	eax, NEW_PGTABLE
	int	HYPERCALL
.high:	mov	esp, boot_stack_top
	xor	ebp, ebp		; ends call chains
	mov	eax, runtime_start
	jmp	eax			; leaves the low addresses

section .data

; Both formats map the first 2 MB at 0 and at GUEST_KERNEL_BASE.
align 4096
boot_directory:
	dd	PHYS(boot_table) + TABLE_FLAGS
	times (GUEST_KERNEL_BASE >> 22) - 1 dd 0
	dd	PHYS(boot_table) + TABLE_FLAGS
	times 1023 - (GUEST_KERNEL_BASE >> 22) dd 0
boot_table:
%assign page 0
%rep BOOT_PAGES
	dd	page * 4096 + PAGE_FLAGS
%assign page page + 1
%endrep
	times 1024 - BOOT_PAGES dd 0
boot_pae_top:
	dd	PHYS(boot_pae_directory) + PAE_TOP_FLAGS, 0, 0, 0, 0, 0
	dd	PHYS(boot_pae_directory) + PAE_TOP_FLAGS, 0
align 4096
boot_pae_directory:
	dd	PHYS(boot_pae_table) + TABLE_FLAGS, 0
	times 511 dq 0
boot_pae_table:
%assign page 0
%rep BOOT_PAGES
	dd	page * 4096 + PAGE_FLAGS, 0
%assign page page + 1
%endrep

section .bss
alignb 4
; struct entry_state (machine.h)
entry_state:
.eax:	resd 1
.ebx:	resd 1
.ecx:	resd 1
.edx:	resd 1
.esi:	resd 1
.edi:	resd 1
.ebp:	resd 1
.esp:	resd 1
.eflags: resd 1
.cs:	resd 1
.ds:	resd 1
.es:	resd 1
.ss:	resd 1
.fs:	resd 1
.gs:	resd 1
boot_is_pae: resb 1

alignb 4096
	resb 16384
boot_stack_top:
