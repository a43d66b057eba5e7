// SPDX-License-Identifier: GPL-2.0-only
/* Processes that a test starts, and what came of them. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(void (*run)(void *data), void *data)
{
	pid_t pid = fork();

	if (pid == 0) {
		run(data);
		_exit(test_failed());
	}
	if (pid < 0)
		test_fail("fork: %s", strerror(errno));
	return pid;
}

int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

bool child_join(const pid_t *pids, unsigned count)
{
	bool good = true;

	for (unsigned i = 0; i < count; i++) {
		int status = pids[i] > 0 ? child_wait(pids[i]) : -1;

		if (status != 0) {
			test_fail("child %u of %u ended with status 0x%x", i, count, status);
			good = false;
		}
	}
	return good;
}

int child_signal_of(void (*run)(void *data), void *data)
{
	int status = child_wait(child_start(run, data));

	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
