/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assembly of the ABI guest: hypercalls with every register chosen, and ring-3
 * stubs for one instruction each.
 */
#ifndef UMBRA_GUEST_ABI_INSTRUCTIONS_H
#define UMBRA_GUEST_ABI_INSTRUCTIONS_H

#include <stdint.h>

struct abi_registers {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, eflags;
};

/* Load all registers, execute the instruction, store what it left. */
void abi_int(struct abi_registers *registers);          /* int 0x1f */
void abi_vmcall(struct abi_registers *registers);       /* 0f 01 c1 */
void abi_vmmcall(struct abi_registers *registers);      /* 0f 01 d9 */

/* The instruction itself, 3 bytes. */
extern const uint8_t abi_vmcall_code[], abi_vmmcall_code[];

/*
 * Load a selector into the register, LOAD_TLS three descriptors (guest-physical)
 * that take its own away, and return what the register holds then.
 */
uint32_t abi_vanish_ds(uint32_t selector, uint32_t descriptors);
uint32_t abi_vanish_es(uint32_t selector, uint32_t descriptors);
uint32_t abi_vanish_fs(uint32_t selector, uint32_t descriptors);
uint32_t abi_vanish_gs(uint32_t selector, uint32_t descriptors);

/* Ring-3 stubs (section .user): the instruction, then USER_CALL_EXIT. */
extern const char abi_user_int1f[], abi_user_vmcall[], abi_user_int3[], abi_user_into[];
extern const char abi_user_bound[], abi_user_ud2[], abi_user_divide[], abi_user_icebp[];
extern const char abi_user_int5[], abi_user_int13[], abi_user_int14[], abi_user_int20[];
extern const char abi_user_int90[], abi_user_in[], abi_user_out[], abi_user_cli[];
extern const char abi_user_sti[], abi_user_hlt[], abi_user_rdmsr[], abi_user_wrmsr[];
extern const char abi_user_mov_cr0[], abi_user_mov_cr3[], abi_user_mov_dr7[], abi_user_clts[];
extern const char abi_user_lgdt[], abi_user_invlpg[], abi_user_sysenter[], abi_user_syscall[];
extern const char abi_user_fpu[], abi_user_load_gs[];

/* The same, leaving a value: rdtsc works; ecx = EFLAGS; ecx = dword at gs:ebx. */
extern const char abi_user_rdtsc[], abi_user_pushf[], abi_user_read_gs[];

/* Loads EFLAGS from ebx by popf; ecx = EFLAGS afterwards. */
extern const char abi_user_popf[];

/* A system call with eax = 1, and ecx = EFLAGS after it. */
extern const char abi_user_system_call[];

#endif
