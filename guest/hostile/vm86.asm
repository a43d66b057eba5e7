; SPDX-License-Identifier: GPL-2.0-only
;
; `iret` with the flag VM in its image, by ring 3 and by ring 1.

bits 32

global user_iret_vm86
global kernel_iret_vm86

; Frame of an iret to virtual-8086 mode (SDM vol. 2, IRET): edx is every segment, cs included,
; ebx eip, ecx eflags, esi esp.
%macro iret_vm86 0
	push	edx			; gs
	push	edx			; fs
	push	edx			; ds
	push	edx			; es
	push	edx			; ss
	push	esi
	push	ecx
	push	edx
	push	ebx
	iretd
%endmacro

section .user progbits alloc exec nowrite align=16

user_iret_vm86:
	iret_vm86

section .text

; uint32_t kernel_iret_vm86(uint32_t frame): the address of ebx, ecx, edx and esi
kernel_iret_vm86:
	mov	eax, [esp + 4]
	mov	ebx, [eax]		; fault_in restores what C wants kept
	mov	ecx, [eax + 4]
	mov	edx, [eax + 8]
	mov	esi, [eax + 12]
	iret_vm86
