; SPDX-License-Identifier: GPL-2.0-only
;
; Handlers and ring-3 loops of the benchmark guest (contracts in handlers.h).

bits 32

extern lguest_data			; irq_enabled is its first field

global bench_system_call, bench_page_fault
global bench_user_calls, bench_user_reads, bench_user_nothing
global bench_interrupt, bench_interrupt_next, bench_wait_interrupt

section .text

bench_system_call:
	iretd

bench_page_fault:
	add	esp, 4			; error code
	add	dword [esp], 2		; eip
	iretd

; eax is that of the loop below: what the counter showed last before the interrupt.
bench_interrupt:
	mov	ebx, eax
	rdtsc
	sub	eax, ebx
	mov	[interrupt_ticks], eax
	jmp	[bench_interrupt_next]

; uint32_t bench_wait_interrupt(void)
bench_wait_interrupt:
	push	ebx
	mov	dword [interrupt_ticks], 0
	mov	dword [lguest_data], 0x200
.again:	rdtsc
	cmp	dword [interrupt_ticks], 0
	je	.again
	mov	eax, [interrupt_ticks]
	pop	ebx
	ret

section .bss
interrupt_ticks:	resd 1
bench_interrupt_next:	resd 1

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
