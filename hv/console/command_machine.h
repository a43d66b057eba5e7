/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands about the machine; all run on the boot CPU and answer with answer_print.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_MACHINE_H
#define UMBRA_HV_CONSOLE_COMMAND_MACHINE_H

void command_list_cpus(const char *argument);
void command_list_locks(const char *argument);
void command_show_memory(const char *argument);
void command_list_pci(const char *argument);
void command_list_disks(const char *argument);
void command_set_log(const char *argument);
void command_power_off(const char *argument);
void command_reset(const char *argument);

#endif
