; SPDX-License-Identifier: GPL-2.0-only
;
; Instructions that the ABI guest executes with everything around them under
; control (contracts in instructions.h).

bits 32

; struct abi_registers
EAX_	equ 0
EBX_	equ 4
ECX_	equ 8
EDX_	equ 12
ESI_	equ 16
EDI_	equ 20
EBP_	equ 24
FLAGS_	equ 28

section .text

; void name(struct abi_registers *registers) around the bytes given.
%macro around 2+
global %1, %1_code
%1:
	pushad
	mov	eax, [esp + 36]		; registers
	push	eax
	push	dword [eax + FLAGS_]
	mov	ebx, [eax + EBX_]
	mov	ecx, [eax + ECX_]
	mov	edx, [eax + EDX_]
	mov	esi, [eax + ESI_]
	mov	edi, [eax + EDI_]
	mov	ebp, [eax + EBP_]
	mov	eax, [eax + EAX_]
	popfd
%1_code:
	%2
	pushfd
	push	eax
	mov	eax, [esp + 8]		; registers
	mov	[eax + EBX_], ebx
	mov	[eax + ECX_], ecx
	mov	[eax + EDX_], edx
	mov	[eax + ESI_], esi
	mov	[eax + EDI_], edi
	mov	[eax + EBP_], ebp
	pop	dword [eax + EAX_]
	pop	dword [eax + FLAGS_]
	add	esp, 4
	popad
	cld
	ret
%endmacro

	around	abi_int, int 0x1F
	around	abi_vmcall, db 0x0F, 0x01, 0xC1
	around	abi_vmmcall, db 0x0F, 0x01, 0xD9

; uint32_t abi_vanish_XX(uint32_t selector, uint32_t descriptors)
%macro vanish 1
global abi_vanish_%1
abi_vanish_%1:
	push	ebx
	push	%1
	mov	edx, [esp + 12]		; selector
	mov	ebx, [esp + 16]		; descriptors
	mov	eax, 16			; LGUEST_LOAD_TLS
	mov	%1, edx
	int	0x1F
	mov	eax, %1
	pop	%1
	pop	ebx
	ret
%endmacro

	vanish	ds
	vanish	es
	vanish	fs
	vanish	gs

section .user

user_exit:
	mov	eax, 0			; USER_CALL_EXIT
	int	0x80

; One ring-3 stub: the instruction, then the way out.
%macro user 2+
global %1
%1:
	%2
	jmp	user_exit
%endmacro

	user	abi_user_int1f, int 0x1F
	user	abi_user_vmcall, db 0x0F, 0x01, 0xC1
	user	abi_user_int3, int3
	user	abi_user_into, into
	user	abi_user_bound, bound ecx, [ebx]
	user	abi_user_ud2, ud2
	user	abi_user_divide, div ecx
	user	abi_user_icebp, db 0xF1
	user	abi_user_int5, int 5
	user	abi_user_int13, int 13
	user	abi_user_int14, int 14
	user	abi_user_int20, int 0x20
	user	abi_user_int90, int 0x90
	user	abi_user_in, in al, 0x70
	user	abi_user_out, out 0x80, al
	user	abi_user_cli, cli
	user	abi_user_sti, sti
	user	abi_user_hlt, hlt
	user	abi_user_rdmsr, rdmsr
	user	abi_user_wrmsr, wrmsr
	user	abi_user_mov_cr0, mov eax, cr0
	user	abi_user_mov_cr3, mov cr3, eax
	user	abi_user_mov_dr7, mov eax, dr7
	user	abi_user_clts, clts
	user	abi_user_lgdt, lgdt [ebx]
	user	abi_user_invlpg, invlpg [ebx]
	user	abi_user_sysenter, sysenter
	user	abi_user_syscall, syscall
	user	abi_user_fpu, fnstsw ax
	user	abi_user_load_gs, mov gs, ecx
	user	abi_user_rdtsc, rdtsc

global abi_user_pushf, abi_user_popf, abi_user_read_gs, abi_user_system_call

abi_user_pushf:
	pushfd
	pop	ecx
	jmp	user_exit

abi_user_popf:
	push	ebx
	popfd
	jmp	abi_user_pushf

abi_user_read_gs:
	mov	ecx, [gs:ebx]
	jmp	user_exit

abi_user_system_call:
	mov	eax, 1
	int	0x80
	jmp	abi_user_pushf
