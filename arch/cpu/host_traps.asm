; SPDX-License-Identifier: GPL-2.0-only
;
; Entry stubs for traps and interrupts that arrive while Umbra itself runs.
; No stack switch takes place, so the frame has no esp and ss.  FS and GS may
; hold a guest's selectors, which Umbra neither uses nor could reload: they are
; left alone, and DS and ES are the host's at all times.

%include "offsets.inc"

bits 32
section .text

extern host_trap
global host_stubs, msr_try_write, msr_try_write_instruction, msr_try_write_failed
global memory_try_read, memory_try_read_instruction, memory_try_read_failed

%macro stub 1
	align 16
%if !(%1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17)
	push byte 0
%endif
	push strict dword %1
	jmp strict near host_entry
%endmacro

	align 16
host_stubs:
%assign vector 0
%rep 256
	stub vector
%assign vector vector + 1
%endrep

host_entry:
	sub esp, 16			; gs, fs, es, ds
	pusha
	cld
	mov eax, esp
	mov ebx, esp
	and esp, -16			; as C has it: FXRSTOR refuses any other place
	call host_trap			; (frame)
	mov esp, ebx
	popa
	add esp, 24			; segments, vector and error code
	iret

; bool msr_try_write(uint32_t msr [eax], uint32_t low [edx]) (arch/cpu/entry_msrs.h)
; Of the two instructions of Umbra that are expected to fault one: host_trap then continues at
; msr_try_write_failed.
msr_try_write:
	mov ecx, eax
	mov eax, edx
	xor edx, edx
msr_try_write_instruction:
	wrmsr
	mov eax, 1
	ret
msr_try_write_failed:
	xor eax, eax
	ret

; bool memory_try_read(const uint8_t *from [eax], uint8_t *to [edx]) (arch/cpu/memory_try.h)
; The other one.
memory_try_read:
memory_try_read_instruction:
	mov al, [eax]
	mov [edx], al
	mov eax, 1
	ret
memory_try_read_failed:
	xor eax, eax
	ret
