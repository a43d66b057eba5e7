/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as Umbra presents it: memory, command line, state at entry, and
 * the ways to end. May be called in any context.
 */
#ifndef UMBRA_GUEST_RUNTIME_MACHINE_H
#define UMBRA_GUEST_RUNTIME_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Registers as found at entry; filled by start.asm, whose layout this is. */
struct entry_state {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp, eflags;
	uint32_t cs, ds, es, ss, fs, gs;
};
extern const struct entry_state entry_state;

/* Bytes of memory, from the only e820 entry; also the address of the device page. */
uint32_t machine_memory(void);

/* A field of boot_params (enum lguest_boot_params). */
uint8_t machine_boot_u8(uint32_t offset);
uint16_t machine_boot_u16(uint32_t offset);
uint32_t machine_boot_u32(uint32_t offset);

/* The whole command line. */
const char *machine_command_line(void);

/* Whether a word stands on the command line. */
bool machine_has_word(const char *word);

/*
 * The value of the first word key=value, cut to size - 1 characters. False, and
 * value is "", when there is none.
 */
bool machine_word(const char *key, char *value, uint32_t size);

/* The same as a number (decimal or 0x...), or otherwise when there is none. */
uint32_t machine_number(const char *key, uint32_t otherwise);

/* End: an ordered power-off, a restart, or a crash with a text like printf's. */
void __attribute__((noreturn)) machine_poweroff(void);
void __attribute__((noreturn)) machine_restart(void);
void __attribute__((noreturn, format(printf, 1, 2))) machine_panic(const char *format, ...);

#endif
