; SPDX-License-Identifier: GPL-2.0-only
;
; Thunks for Umbra's indirect branches, and the filling of the return stack.
;
; A guest can train the CPU's branch predictor to predict a wrong target for an
; indirect branch of Umbra's (Spectre v2).  IBRS does not help: to it, ring 1, where a guest's
; kernel runs, counts as supervisor just as ring 0 does.  So Umbra has no indirect
; branch: the compiler (-mindirect-branch=thunk-extern) and our own assembly jump
; to a thunk for the register that holds the target.  The thunk calls over a trap,
; puts the target in place of the return address and returns; what the CPU
; predicts for that return is the trap, from its return stack (RSB), which the call
; has just pushed.  Source: Intel, "Retpoline: A Branch Target Injection
; Mitigation", 2018.
;
; The traps are never executed for real: PAUSE and LFENCE stand there for the
; speculation that runs into them, and need not exist on this CPU.

bits 32
section .text

%macro trap 0
%%here:	pause
	lfence
	jmp short %%here
%endmacro

%macro thunk 1
global __x86_indirect_thunk_%1
	align 16, int3
__x86_indirect_thunk_%1:
	call %%go
	trap
%%go:	mov [esp], %1
	ret
%endmacro

	thunk eax
	thunk ecx
	thunk edx
	thunk ebx
	thunk esi
	thunk edi
	thunk ebp

; Pushes %1 traps on the return stack.

%macro push_trap 0
	call %%over
	trap
%%over:
%endmacro

%macro fill 1
%rep %1
	push_trap
%endrep
	lea esp, [esp + 4 * %1]		; flags stay as they are
	ret
%endmacro

; void return_stack_shield(void), void return_stack_fill(void)

global return_stack_shield, return_stack_fill

	align 16, int3
return_stack_shield:
	fill 8

	align 16, int3
return_stack_fill:
	fill 32				; the deepest there is; others wrap around
