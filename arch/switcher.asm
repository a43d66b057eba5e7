; SPDX-License-Identifier: GPL-2.0-only
;
; The Switcher.  This page of code, a guest's registers page and this CPU's
; state page are all that a guest's page tables map of Umbra, and every way
; into a guest and out of it leads through here.
;
; What a guest can do to this code, and why it is not enough:
;   - its kernel can read it and the state page: there is nothing secret in them;
;   - its kernel can jump into it: every instruction here that matters is
;     privileged, and the others do only what the guest could do anyway;
;   - its kernel can write the registers page: whatever is believed of it has been
;     pushed after the guest stopped running;
;   - it can leave segment registers whose descriptors are gone, or a CS or SS
;     that `iret` refuses.  Those faults arrive at switcher_fault, below.
;
; ESP points into the registers page, which both worlds map at the same
; address, around every load of CR3: so an NMI or a machine check finds a good
; stack at any instruction.
;
; The frame (struct trap_frame), from the end of the page down:
;
;   ss esp eflags cs eip      pushed by the CPU
;   error vector              by the stub (the CPU pushes some error codes)
;   ds es fs gs               by exit_guest
;   eax ecx edx ebx - ebp esi edi    by pusha

%include "offsets.inc"

bits 32
section .switcher progbits alloc exec nowrite align=4096

extern host_nmi, host_switcher_bug, __x86_indirect_thunk_ecx
global switcher_enter, switcher_stubs, switcher_nmi

; ---------------------------------------------------------------------------
; void switcher_enter(uint32_t guest_cr3 [eax], uint32_t *host_esp [edx])

switcher_enter:
	push ebp
	push ebx
	push esi
	push edi
	mov [edx], esp			; the guest's state page remembers the way back
	mov esp, SWITCHER_FRAME		; from here on a stack that both worlds map
	mov cr3, eax			; the guest's world
	popa
restore_segments:			; what the guest left in these may be refused:
	pop gs				; each pop is in switcher_fault's range
	pop fs
	pop es
restore_ds:
	pop ds
	add esp, 8			; vector and error code
restore_iret:
	iret

; ---------------------------------------------------------------------------
; Out of the guest.  Interrupts are off: every gate is an interrupt gate.

exit_guest:
	test dword [esp + 16], FLAG_VM	; vector, error, eip, cs, eflags
	jnz exit_vm86
	push ds
	push es
	push fs
	push gs
	pusha
leave_guest:
	push ss				; SS is the host's: the CPU took it from the TSS
	pop ds
	push ss
	pop es
	cld
	mov eax, [SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [SWITCHER_STATE + STATE_HOST_ESP]
	mov cr3, eax			; Umbra's world
	mov esp, edx
	pop edi
	pop esi
	pop ebx
	pop ebp
	pop ecx				; switcher_enter returns to its caller, but not by
	jmp __x86_indirect_thunk_ecx	; `ret`: the return stack is the guest's

	; Virtual-8086 mode.  A guest has no way there: `iret` obeys VM at ring 0
	; alone (SDM vol. 2, IRET).  An emulator that lets ring 1 do it (QEMU's
	; TCG) pushes four segments more, so the frame lies elsewhere.  Nothing of
	; it is of use: only the vector is put where Umbra looks for it.
exit_vm86:
	mov dword [ss:SWITCHER_FRAME + FRAME_VECTOR], IN_VM86
	jmp leave_guest

; ---------------------------------------------------------------------------
; A stub for each vector, SWITCHER_STUB_SIZE bytes apart.

%macro stub 1
%%start:
%if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17
	push strict dword %1		; the CPU pushed an error code
	jmp strict near exit_exception
%else
	push byte 0
	push strict dword %1
%if %1 < 32 && %1 != HYPERCALL_VECTOR
	jmp strict near exit_exception
%else
	jmp strict near exit_guest
%endif
%endif
	times SWITCHER_STUB_SIZE - ($ - %%start) int3
%endmacro

	align 16, int3
switcher_stubs:
%assign vector 0
%rep 256
	stub vector
%assign vector vector + 1
%endrep

; An exception can also be our own: one of the last instructions of
; switcher_enter met what the guest left for it.

exit_exception:
	test byte [esp + 12], 3		; vector, error, eip, cs
	jnz exit_guest
	test dword [esp + 16], FLAG_VM	; where cs is no selector
	jnz exit_vm86

; Stack: vector, error, eip, cs, eflags, and then what ESP pointed to when the
; instruction at eip faulted.
switcher_fault:
	cmp dword [esp], 11		; #NP, #SS and #GP are what a bad segment causes
	jb .bug
	cmp dword [esp], 13
	ja .bug
	cmp dword [esp + 8], restore_iret
	je .bad_iret
	cmp dword [esp + 8], restore_segments
	jb .bug
	cmp dword [esp + 8], restore_ds
	ja .bug

	; A segment register: the guest gets the null selector, with which the
	; next use faults in the guest.
	mov dword [esp + 20], 0
	add esp, 8
	iret				; runs the pop again

	; CS or SS.  All other registers are the guest's already, and its frame
	; lies intact above ours: make it a trap of the guest's own, with a
	; vector that does not exist.  The error code goes to the place just
	; below the guest's eip, BAD_IRET below that.
.bad_iret:
	add esp, 4
	pop dword [esp + 8]
	add esp, 4
	mov dword [esp], BAD_IRET
	jmp exit_guest

	; No instruction that may fault: an error of Umbra's.
.bug:
	push ss
	pop ds
	push ss
	pop es
	mov esi, esp
	mov eax, [SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [SWITCHER_STATE + STATE_NMI_ESP]
	mov cr3, eax
	mov eax, esi			; the frame lies in the registers page
	mov esp, edx
	call host_switcher_bug		; does not return

; ---------------------------------------------------------------------------
; NMI, from anywhere: guest, Switcher or Umbra, on whatever stack and tables
; there were.  It is counted on a stack of its own and returns to where it
; came from.  DS may be anything; SS is flat at ring 0, so ESP-relative works.

switcher_nmi:
	pusha
	push ds
	push es
	mov eax, cr3
	push eax
	mov ebx, esp
	push ss
	pop ds
	push ss
	pop es
	cld
	mov eax, [SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [SWITCHER_STATE + STATE_NMI_ESP]
	mov ebp, [ebx + 44]		; eip, cs and ebp of what was interrupted
	mov esi, [ebx + 48]
	mov ecx, [ebx + 20]
	mov cr3, eax
	mov esp, edx
	mov eax, ebp
	mov edx, esi
	call host_nmi			; (eip, cs, ebp)
	mov esp, ebx
	pop eax
	mov cr3, eax
	pop es				; loaded before and unchanged since: they
	pop ds				; cannot fault
	popa
	iret
