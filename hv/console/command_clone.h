/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command `clone`.  It goes on after its answer: clones are made one by one, between which
 * guests run, and each of them is told in the log.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_CLONE_H
#define UMBRA_HV_CONSOLE_COMMAND_CLONE_H

/* `clone NAME NEW [COUNT]`: words are what comes behind the first name.  Boot CPU. */
void command_clone(const char *name, const char *words);

/* A step of the command that goes on, if there is one.  Boot CPU, by housekeeping. */
void clone_work(void);

#endif
