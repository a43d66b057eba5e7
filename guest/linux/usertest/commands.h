/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program does besides running its tests. Each takes the words behind its name, the
 * last one NULL, and returns the program's status.
 */
#ifndef UMBRA_GUEST_LINUX_USERTEST_COMMANDS_H
#define UMBRA_GUEST_LINUX_USERTEST_COMMANDS_H

/* serve PORT: answer connections, one after the other, until one says so (network.c). */
int command_serve(char **words);

/* talk ADDRESS PORT KILOBYTES: send so much to it, and compare what comes back (network.c). */
int command_talk(char **words);

/* write PATH SEED / verify PATH SEED: a tree of files, and whether it is there (kept.c). */
int command_write(char **words);
int command_verify(char **words);

/* started ...: the other half of tests of execve (started.c). */
int command_started(char **words);

#endif
