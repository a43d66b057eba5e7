; SPDX-License-Identifier: GPL-2.0-only
;
; A guest that looks for what others left in its memory, then leaves something
; itself in all of it and restarts.  Where it finds anything but zeroes it ends
; as a crash.  Assembled by test_isolation.py, which defines MEMORY, its bytes.

bits 32
org 0x100000

HYPERCALL	equ 0x1F
INIT		equ 1
SHUTDOWN	equ 2
POWEROFF	equ 1
RESTART		equ 2
LEFTOVERS	equ 0x5EC4E75E
IMAGE		equ 0x1000		; bytes of this image
FREE		equ 0xFF		; of a slot in the ring of calls

; Linear until the first page tables: addresses are physical.  boot_params and the
; command line lie below 0x2000.
%macro over_memory 1
	mov	edi, 0x2000
	mov	ecx, (0x100000 - 0x2000) / 4
	%1
	mov	edi, image_end
	mov	ecx, (MEMORY - 0x100000 - IMAGE) / 4
	%1
%endmacro

%macro look 0
	repe	scasd
	jne	found
%endmacro

%macro leave_something 0
	rep	stosd
%endmacro

start:
	cld
	mov	esp, start + IMAGE
	xor	eax, eax
	over_memory look
	mov	eax, LEFTOVERS
	over_memory leave_something
	call	init
	mov	ecx, RESTART
	jmp	shutdown

found:	call	init
	mov	ecx, POWEROFF		; with such a text it is a panic

shutdown:
	mov	eax, SHUTDOWN
	mov	ebx, text
	int	HYPERCALL

init:	mov	eax, INIT
	mov	ebx, lguest_data
	int	HYPERCALL
	ret

text:	db "memory was not zero", 0

; The shared structure of kernels 3.1 to 3.19; this word in it tells Umbra what we are.
	db "lguest", 0
align 16
lguest_data:
	times 24 db 0
	times 64 db FREE
	times 1384 - 24 - 64 db 0
	dd 0xC0000000			; kernel_address
	dd 0x80				; syscall_vec

	times IMAGE - ($ - $$) db 0
image_end:
