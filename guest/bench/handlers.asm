; SPDX-License-Identifier: GPL-2.0-only
;
; Handlers and ring-3 loops of the benchmark guest (contracts in handlers.h).

bits 32

global bench_system_call, bench_page_fault
global bench_user_calls, bench_user_reads, bench_user_nothing

section .text

bench_system_call:
	iretd

bench_page_fault:
	add	esp, 4			; error code
	add	dword [esp], 2		; eip
	iretd

section .user

; A loop of ecx rounds around the instruction; esi = ticks at the end.
%macro rounds 2+
%1:
	push	ecx
	rdtsc
	mov	esi, eax
	pop	ecx
.again:
	%2
	dec	ecx
	jnz	.again
	rdtsc
	sub	eax, esi
	mov	esi, eax
	ud2
%endmacro

	rounds	bench_user_calls, int 0x80
	rounds	bench_user_reads, mov eax, [ebx]
	rounds	bench_user_nothing, nop
