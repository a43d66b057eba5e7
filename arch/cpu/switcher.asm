; SPDX-License-Identifier: GPL-2.0-only
;
; The Switcher.  This page of code, a guest's registers page and this CPU's
; state page are all that a guest's page tables map of Umbra, and every way
; into a guest and out of it leads through here.
;
; What a guest can do to this code, and why that does it no good:
;   - its kernel can read it and the state page: neither contains a secret;
;   - its kernel can jump into it: every instruction here that could do harm is
;     privileged, and the others do only what the guest could do anyway;
;   - its kernel can write the registers page: Umbra uses only values that were
;     pushed onto it after the guest stopped running;
;   - it can leave segment registers whose descriptors it has removed, a CS or SS
;     that `iret` refuses, or an EIP behind the limit of CS.  Each instruction that
;     loads such a value is marked `guest_value`, and its fault arrives at
;     switcher_fault, below.
;
; Every other instruction that loads a segment, a stack of flags or a control
; register is marked `own_value`, and every operand in memory is reached through
; SS, which is flat at ring 0.  arch/cpu/switcher_check.awk compares the assembled
; page with both lists and fails the build where one of them is wrong.
;
; The way out of a guest and back in:
;
;   guest    a trap or an interrupt: the CPU takes the gate and the stack from the guest's
;     |      state page, and pushes ss, esp, eflags, cs, eip onto the registers page
;     v
;   switcher_stubs      pushes the error code, unless the CPU did, and the vector
;   exit_exception      an exception at ring 0 is one of the Switcher's own: switcher_fault
;   exit_guest          pushes the segment and general registers
;   leave_guest         CR3 := host_cr3: Umbra's world; ESP := host_esp; "returns" from
;     |                 switcher_enter
;     v
;   run_guest           serves what ended the turn (hv/run/run_guest.c), and calls again
;     |
;     v
;   switcher_enter      saves ESP as host_esp; ESP := the frame; CR3 := guest_cr3: the guest's
;     |                 world; pops all registers; iret
;     v
;   guest
;
; ESP points into the registers page around every load of CR3.  Both worlds map this page at the
; same address, so an NMI or a machine check finds a good stack at any instruction.
;
; The frame at the end of the registers page (struct trap_frame), with offsets in the page:
;
;   0xFFC   ss          by the CPU
;   0xFF8   esp
;   0xFF4   eflags
;   0xFF0   cs
;   0xFEC   eip
;   0xFE8   error code  by the CPU for vectors 8, 10 to 14 and 17, else by the stub
;   0xFE4   vector      by the stub
;   0xFE0   ds          by exit_guest
;   0xFDC   es
;   0xFD8   fs
;   0xFD4   gs
;   0xFD0   eax         by pusha
;   0xFCC   ecx
;   0xFC8   edx
;   0xFC4   ebx
;   0xFC0   -           what ESP was; not used
;   0xFBC   ebp
;   0xFB8   esi
;   0xFB4   edi         SWITCHER_FRAME: from here switcher_enter pops
;    ...    below     the stack of an NMI, and of a fault of the Switcher's last instructions

%include "offsets.inc"

bits 32
section .switcher_faults progbits alloc noexec nowrite align=4
section .switcher_own progbits noalloc noexec nowrite align=4
section .switcher progbits alloc exec nowrite align=4096

extern host_nmi, host_switcher_bug, __x86_indirect_thunk_ecx
extern switcher_faults, switcher_faults_end	; linker.ld: the table of guest_value
global switcher_enter, switcher_stubs, switcher_nmi

; How a fault of an instruction is handled.
BAD_SEGMENT	equ 0			; the guest gets the null selector
BAD_RETURN	equ 1			; the CPU cannot return to the guest: a trap of the guest

; guest_value BAD_SEGMENT|BAD_RETURN, instruction: loads a value that a guest chose.  When it
; faults, the top of the stack is that value (BAD_SEGMENT) or the guest's frame (BAD_RETURN).
%macro guest_value 2+
[section .switcher_faults]
	dd %%place, %1
__?SECT?__
%%place:
	%2
%endmacro

; own_value instruction: loads a value of Umbra's, so that its fault would be a bug.
%macro own_value 1+
[section .switcher_own]
	dd %%place
__?SECT?__
%%place:
	%1
%endmacro

; ---------------------------------------------------------------------------
; void switcher_enter(uint32_t guest_cr3 [eax], uint32_t *host_esp [edx])

switcher_enter:
	push ebp
	push ebx
	push esi
	push edi
	mov [ss:edx], esp		; kept in the guest's state page for the exit
	mov esp, SWITCHER_FRAME		; from here on a stack that both worlds map
	own_value mov cr3, eax		; the guest's world
	popa
	guest_value BAD_SEGMENT, pop gs
	guest_value BAD_SEGMENT, pop fs
	guest_value BAD_SEGMENT, pop es
	guest_value BAD_SEGMENT, pop ds
	add esp, 8			; vector and error code
	guest_value BAD_RETURN, iret

; ---------------------------------------------------------------------------
; Out of the guest.  Interrupts are off: every gate is an interrupt gate, which also
; clears TF, NT, RF and VM (SDM vol. 3, 6.12.1).  `cld` clears DF; hv/run/run_guest.c
; clears AC, before SMAP is enabled.

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
	own_value pop ds
	push ss
	own_value pop es
	cld
	mov eax, [ss:SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [ss:SWITCHER_STATE + STATE_HOST_ESP]
	own_value mov cr3, eax		; Umbra's world
	mov esp, edx
	pop edi
	pop esi
	pop ebx
	pop ebp
	pop ecx				; switcher_enter returns to its caller, but not by
	jmp __x86_indirect_thunk_ecx	; `ret`: the return stack is the guest's

	; Virtual-8086 mode.  A guest cannot enter it on a real CPU: `iret` obeys VM at
	; ring 0 alone (SDM vol. 2, IRET).  An emulator that lets other rings do it
	; (QEMU's TCG) pushes es, ds, fs and gs above ss on the way out, so the frame lies
	; 16 bytes too low: it is moved up, over those four.  The vector is kept: the event
	; that ended the guest's turn must be served.
exit_vm86:
	add dword [esp], IN_VM86
	push ds				; null, as the CPU leaves them then
	push es
	push fs
	push gs
	pusha
	push ss
	own_value pop ds
	push ss
	own_value pop es
	lea esi, [esp + FRAME_SIZE - 4]
	lea edi, [esi + 16]
	mov ecx, FRAME_SIZE / 4
	std				; downwards, since the two overlap
	own_value rep movsd
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

; An exception can also be the Switcher's own: one of the last instructions of switcher_enter,
; or of switcher_nmi, loaded a bad value of the guest.

exit_exception:
	test byte [esp + 12], 3		; vector, error, eip, cs
	jnz exit_guest
	test dword [esp + 16], FLAG_VM	; where cs is no selector
	jnz exit_vm86

; Stack: vector, error, eip, cs, eflags, and then what ESP pointed to when the
; instruction at eip faulted.  All registers may be the guest's.
switcher_fault:
	cmp dword [esp], 1
	je .watched
	cmp dword [esp], 11		; #NP, #SS and #GP are what a bad value causes
	jb .bug
	cmp dword [esp], 13
	ja .bug
	push esi
	push eax
	mov eax, [esp + 16]		; eip
	mov esi, switcher_faults
.look:	cmp [ss:esi], eax
	je .found
	add esi, 8
	cmp esi, switcher_faults_end
	jb .look
	pop eax
	pop esi
	jmp .bug
.found:	cmp dword [ss:esi + 4], BAD_RETURN
	pop eax
	pop esi
	je .bad_return

	; A segment register: the guest gets the null selector, with which the
	; next use faults in the guest.
	mov dword [esp + 20], 0
	add esp, 8
	own_value iret			; runs the pop again

	; CS, SS or EIP.  All other registers are the guest's already, and the frame of
	; its own lies intact above that of the fault: it becomes a trap of the guest's.
	; The error code goes to the place just below the guest's eip, the vector with
	; BAD_IRET below that.
.bad_return:
	add dword [esp], BAD_IRET
	pop dword [esp + 8]
	pop dword [esp + 8]
	add esp, 4
	jmp exit_guest

	; A debugger watches the guest's memory (hv/debug/), and `mov ss` or `pop ss` of the guest
	; read it: its #DB waits for the end of the next instruction, which has led here.
.watched:
	add esp, 8
	own_value iret

	; The instruction must not fault: this is a bug of Umbra's.
.bug:
	push ss
	own_value pop ds
	push ss
	own_value pop es
	mov esi, esp
	mov eax, [ss:SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [ss:SWITCHER_STATE + STATE_NMI_ESP]
	own_value mov cr3, eax
	mov eax, esi			; the frame lies in the registers page
	mov esp, edx
	call host_switcher_bug		; does not return

; ---------------------------------------------------------------------------
; NMI, from anywhere: guest, Switcher or Umbra, on whatever stack and tables
; there were.  It is handled on a stack of its own and returns to the interrupted
; code, or leaves the guest that it interrupted, if host_nmi says so.  DS may be
; anything; SS is flat at ring 0.
;
; Its `iret` can fail if it interrupted a guest: behind an instruction that ends at
; the limit of CS, the EIP that the CPU pushed is no longer in the segment.  The
; frame is then the guest's own, on its registers page.

switcher_nmi:
	pusha
	push ds
	push es
	mov eax, cr3
	push eax
	mov ebx, esp			; struct nmi_frame (arch/cpu/trap_frame.h)
	push ss
	own_value pop ds
	push ss
	own_value pop es
	cld
	mov eax, [ss:SWITCHER_STATE + STATE_HOST_CR3]
	mov edx, [ss:SWITCHER_STATE + STATE_NMI_ESP]
	own_value mov cr3, eax
	mov esp, edx
	mov eax, ebx
	call host_nmi			; (frame): true if the guest must be left
	mov esp, ebx
	mov ecx, eax
	pop eax
	own_value mov cr3, eax
	test cl, cl			; nothing from here on changes the flags
	guest_value BAD_SEGMENT, pop es
	guest_value BAD_SEGMENT, pop ds
	popa
	jnz .leave
	guest_value BAD_RETURN, iret

	; As if vector 2 had a stub.  The CPU holds NMIs back until the next `iret`, so
	; one is done here.
.leave:
	push byte 0
	push strict dword 2
	pushf
	push cs
	push strict dword .unblocked
	own_value iret
.unblocked:
	jmp exit_guest
