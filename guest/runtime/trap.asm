; SPDX-License-Identifier: GPL-2.0-only
;
; Entry from every vector and the way back, the virtual iret with its window in
; which no interrupt may arrive, entry to ring 3, and the recovery point of
; fault_in. Called by the CPU and by trap.c and user.c.
;
; The frame (struct trap_frame in trap.h), lowest address first:
;
;    0 gs    4 fs    8 es    12 ds
;   16 edi  20 esi  24 ebp   28 unused  32 ebx  36 edx  40 ecx  44 eax
;   48 vector   52 error code
;   56 eip  60 cs   64 eflags
;   68 esp  72 ss                     (only when the trap came from ring 3)

bits 32

KERNEL_DATA equ 0x69			; LGUEST_SELECTOR_KERNEL_DATA

extern trap_dispatch
extern lguest_data			; irq_enabled is its first field

global trap_stubs, trap_system_call, trap_return
global noirq_start, noirq_end, noirq_iret, noirq_spin
global probe_enter, probe_recover
global user_enter, user_leave

; Where a load of a segment register on the way back faults, and where to go on.
%macro extable 2
[section .extable]
	dd %1, %2
__?SECT?__
%endmacro

; One stub a vector. The CPU pushes an error code for 8, 10-14 and 17 (and Umbra
; does the same); the others get a 0 so that all frames are alike.
%macro stub 1
stub_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17
	push	dword 0
%endif
	push	dword %1
	jmp	trap_common
%endmacro

section .text

%assign vector 0
%rep 64
	stub	vector
%assign vector vector + 1
%endrep

trap_system_call:
	push	dword 0
	push	dword 0x80

trap_common:
	pushad
	push	ds
	push	es
	push	fs
	push	gs
	mov	eax, KERNEL_DATA	; ring 3 may have left anything here
	mov	ds, eax
	mov	es, eax
	cld
	push	esp			; struct trap_frame *
	call	trap_dispatch
	add	esp, 4

; Expects esp at a frame. A selector in it may be bad by now: load 0 instead.
trap_return:
.gs:	pop	gs
.fs:	pop	fs
.es:	pop	es
.ds:	pop	ds
	popad
	add	esp, 8			; vector and error code
	push	eax
	mov	eax, [esp + 12]		; EFLAGS of the frame

; From here to noirq_end the virtual flag is already that of the code we return
; to, but the stack is not: Umbra delivers no interrupt while eip is in between.
noirq_start:
	mov	[ss:lguest_data], eax
	pop	eax
noirq_iret:
	iretd

; void noirq_spin(uint32_t rounds): burn time inside the window, for a test of it.
noirq_spin:
	mov	ecx, [esp + 4]
.again:	dec	ecx
	jnz	.again
noirq_end:
	ret

bad_gs:	mov	dword [esp], 0
	jmp	trap_return.gs
bad_fs:	mov	dword [esp], 0
	jmp	trap_return.fs
bad_es:	mov	dword [esp], 0
	jmp	trap_return.es
bad_ds:	mov	dword [ss:esp], 0
	jmp	trap_return.ds

	extable	trap_return.gs, bad_gs
	extable	trap_return.fs, bad_fs
	extable	trap_return.es, bad_es
	extable	trap_return.ds, bad_ds

; uint32_t probe_enter(uint32_t (*function)(uint32_t), uint32_t argument)
probe_enter:
	push	ebp
	push	ebx
	push	esi
	push	edi
	mov	eax, [esp + 20]		; function
	mov	ecx, [esp + 24]		; argument
	mov	[probe_esp], esp
	push	ecx
	call	eax
probe_recover:				; trap.c sends a caught fault here
	mov	esp, [probe_esp]
	pop	edi
	pop	esi
	pop	ebx
	pop	ebp
	ret

; void user_enter(struct trap_frame *frame): the frame stands at the top of the
; stack on which ring 3 traps arrive. Returns when user.c calls user_leave.
user_enter:
	push	ebp
	push	ebx
	push	esi
	push	edi
	mov	eax, [esp + 20]		; frame
	mov	[user_kernel_esp], esp
	mov	esp, eax
	jmp	trap_return

; noreturn void user_leave(void): on the trap stack, which is given up.
user_leave:
	mov	esp, [user_kernel_esp]
	xor	eax, eax
	mov	fs, eax
	mov	gs, eax
	pop	edi
	pop	esi
	pop	ebx
	pop	ebp
	ret

section .rodata
align 4
trap_stubs:
%assign vector 0
%rep 64
	dd	stub_%[vector]
%assign vector vector + 1
%endrep

section .bss
align 4
probe_esp:	resd 1
user_kernel_esp: resd 1
