; SPDX-License-Identifier: GPL-2.0-only
;
; Attacks before INIT, when a guest has no gates yet. start.asm calls early_hook
; first of all, at low addresses, with ESI = boot_params and a stack; without a
; word early=NAME on the command line it returns at once. Expected:
;
;     early=call        a hypercall before INIT: killed, "before INIT"
;     early=ud2         an invalid instruction: killed, "not an lguest guest"
;     early=cr0         a privileged instruction: killed, "not an lguest guest"
;     early=fault       an address outside memory: killed, "page fault"
;     early=init-far    INIT with a structure outside memory: killed, "INIT"
;     early=init-odd    INIT with a structure of no known layout: killed, "INIT"
;     early=stack       an invalid instruction with a wild stack: killed
;     early=spin        never says anything: others run on
;     early=halt        hlt before INIT: parked for ever, or killed

bits 32

%define PHYS(address) ((address) - GUEST_KERNEL_BASE)

COMMAND_LINE	equ 0x228		; boot_params: hdr.cmd_line_ptr
HYPERCALL	equ 0x1F

global early_hook

section .text

early_hook:
	push	esi
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

; Two characters tell the names apart.
.found:	mov	ax, [esi + 6]
	mov	dl, [esi + 6 + 5]	; the letter behind "init-"
	cmp	ax, "ca"
	je	.call
	cmp	ax, "ud"
	je	.ud2
	cmp	ax, "cr"
	je	.cr0
	cmp	ax, "fa"
	je	.fault
	cmp	ax, "in"
	je	.init
	cmp	ax, "st"
	je	.stack
	cmp	ax, "sp"
	je	.spin
	cmp	ax, "ha"
	je	.halt
	jmp	.none

.call:	xor	eax, eax		; FLUSH_ASYNC
	int	HYPERCALL
	jmp	.none
.cr0:	mov	eax, cr0
	jmp	.none
.fault:	mov	eax, [0xF0000000]
	jmp	.none
.init:	mov	ebx, 0xFFFFF000		; "far"
	cmp	dl, "f"
	je	.first
	mov	ebx, PHYS(odd_data)
.first:	mov	eax, 1			; LGUEST_INIT
	int	HYPERCALL
	jmp	.none
.stack:	mov	esp, 0xFFE00000
.ud2:	ud2
.spin:	jmp	.spin
.halt:	hlt
	jmp	.halt

section .bss
alignb 16
odd_data: resb 2048
