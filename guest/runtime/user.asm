; SPDX-License-Identifier: GPL-2.0-only
;
; Ring-3 stubs that every guest has (contracts in user.h). Position independent:
; they are linked in the kernel and run at USER_CODE.

bits 32

global user_nothing, user_read, user_write, user_execute, user_spin

section .user progbits alloc exec nowrite align=16

user_nothing:
user_exit:
	mov	eax, 0			; USER_CALL_EXIT
	int	0x80

user_read:
	mov	ecx, [ebx]
	jmp	user_exit

user_write:
	mov	[ebx], ecx
	jmp	user_exit

user_execute:
	call	ebx
	jmp	user_exit

user_spin:
	dec	ecx
	jnz	user_spin
	jmp	user_exit
