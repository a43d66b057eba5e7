// SPDX-License-Identifier: GPL-2.0-only
/*
 * What containers are made of: name spaces, each of which hides what is outside of it, a control
 * group that limits processes, and a file system of layers. A kernel may lack any of it.
 */
#include "guest/linux/usertest/kernel_files.h"
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST_NAME "umbra-inside"
#define ABSTRACT_NAME "umbra-usertest"
#define SHARED_KEY 0x756d6272
#define MAY_BE_MISSING(error) ((error) == EPERM || (error) == EINVAL || (error) == ENOSYS)

/* --- name spaces ----------------------------------------------------------------------------- */

/* A socket of that name, which only one in a network can be. */
static bool bind_abstract(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0" ABSTRACT_NAME };
	int file = socket(AF_UNIX, SOCK_DGRAM, 0);

	return bind(file, (void *)&name, sizeof(name)) == 0;
}

/* The first process of its own: nothing of what its parent has made is there. */
static void look_around(void *data)
{
	char name[65] = "";

	(void)data;
	CHECK(getpid() == 1 && getppid() == 0, "it is process %d of %d", getpid(), getppid());
	CHECK(shmget(SHARED_KEY, 4096, 0) < 0 && errno == ENOENT, "shared memory is not its own");
	CHECK(bind_abstract(), "the network is not its own: %s", strerror(errno));
	CHECK(sethostname(HOST_NAME, strlen(HOST_NAME)) == 0 &&
		      gethostname(name, sizeof(name)) == 0 && strcmp(name, HOST_NAME) == 0,
	      "its name is '%s'", name);
}

/* A part of the test that leaves its name spaces behind it. */
static void in_name_spaces(void *data)
{
	const int kinds = CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID;
	pid_t pid;

	(void)data;
	if (unshare(kinds) != 0) {
		CHECK(MAY_BE_MISSING(errno), "unshare: %s", strerror(errno));
		test_skip("no name spaces: %s", strerror(errno));
		return;
	}
	pid = child_start(look_around, NULL);
	(void)child_join(&pid, 1);
}

TEST(container, name_spaces)
{
	int shared = shmget(SHARED_KEY, 4096, IPC_CREAT | 0600);
	char before[65] = "", after[65] = "";
	pid_t pid;

	CHECK(shared >= 0 && bind_abstract(), "%s", strerror(errno));
	gethostname(before, sizeof(before));
	pid = child_start(in_name_spaces, NULL);
	(void)child_join(&pid, 1);
	gethostname(after, sizeof(after));
	shmctl(shared, IPC_RMID, NULL);
	CHECK(strcmp(before, after) == 0, "outside the name is '%s' now", after);
}

TEST(container, users)
{
	uid_t outside = getuid();
	char map[32];

	if (unshare(CLONE_NEWUSER) != 0) {
		CHECK(MAY_BE_MISSING(errno) || errno == ENOSPC, "unshare: %s", strerror(errno));
		test_skip("no name spaces of users: %s", strerror(errno));
		return;
	}
	CHECK(getuid() != 7, "it is user 7 before it is said");
	snprintf(map, sizeof(map), "7 %u 1", outside);
	CHECK(file_put("/proc/self/uid_map", map), "the map of users: %s", strerror(errno));
	CHECK(getuid() == 7, "it is user %u", getuid());
}

/* --- a control group ------------------------------------------------------------------------- */

/* What a group of three processes may do: to have two children, and no more. */
static void fork_until_refused(void *procs)
{
	pid_t pids[8];
	unsigned count = 0;

	CHECK(file_put(procs, "0"), "it cannot enter the group: %s", strerror(errno));
	for (; count < 8; count++) {
		pids[count] = fork();
		if (pids[count] == 0) {
			pause();
			_exit(0);
		}
		if (pids[count] < 0)
			break;
	}
	CHECK(count == 2 && errno == EAGAIN, "%u children, then %s", count, strerror(errno));
	for (unsigned i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (unsigned i = 0; i < count; i++)
		(void)child_wait(pids[i]);
}

/* In a new group below the hierarchy's root, which is the working directory. */
static void limit_processes(void)
{
	char events[64] = "";
	pid_t pid;

	CHECK(file_put("cgroup.subtree_control", "+pids"), "+pids: %s", strerror(errno));
	CHECK(mkdir("umbra-usertest", 0700) == 0 && file_put("umbra-usertest/pids.max", "3"),
	      "the group: %s", strerror(errno));
	pid = child_start(fork_until_refused, (char[]){ "umbra-usertest/cgroup.procs" });
	(void)child_join(&pid, 1);
	CHECK(file_get("umbra-usertest/pids.events", events, sizeof(events)) &&
		      strncmp(events, "max 1", 5) == 0,
	      "its events are '%s'", events);
}

TEST(container, control_group)
{
	char controllers[256] = "";

	if (!mount_own("cgroup2", NULL, test_directory)) {
		test_skip("no control groups: %s", strerror(errno));
		return;
	}
	CHECK(chdir(test_directory) == 0, "%s", strerror(errno));
	if (!file_get("cgroup.controllers", controllers, sizeof(controllers)) ||
	    !strstr(controllers, "pids")) {
		test_skip("no control of processes there");
		return;
	}
	limit_processes();
	CHECK(rmdir("umbra-usertest") == 0 || errno == ENOENT, "its end: %s", strerror(errno));
}

/* --- layers ---------------------------------------------------------------------------------- */

static bool make_layers(void)
{
	return mkdir("lower", 0700) == 0 && mkdir("upper", 0700) == 0 && mkdir("work", 0700) == 0 &&
	       mkdir("all", 0700) == 0 && file_new("lower/changed", "below") &&
	       file_new("lower/removed", "below") && file_new("lower/kept", "below");
}

/* What is written, or taken away, is so in the upper layer alone. */
static void change_layers(void)
{
	char text[32] = "";
	struct stat found;

	CHECK(file_get("all/kept", text, sizeof(text)) && strcmp(text, "below") == 0,
	      "what is below reads '%s'", text);
	CHECK(file_put("all/changed", "above") && unlink("all/removed") == 0, "%s",
	      strerror(errno));
	CHECK(file_get("all/changed", text, sizeof(text)) && strcmp(text, "above") == 0,
	      "what has been written reads '%s'", text);
	CHECK(access("all/removed", F_OK) != 0 && errno == ENOENT, "what was removed is there");
	CHECK(file_get("lower/changed", text, sizeof(text)) && strcmp(text, "below") == 0,
	      "the lower layer reads '%s'", text);
	CHECK(access("lower/removed", F_OK) == 0, "it was removed from the lower layer");
	/* A device of number 0 (Linux, filesystems/overlayfs.rst: whiteouts). */
	CHECK(stat("upper/removed", &found) == 0 && S_ISCHR(found.st_mode) &&
		      found.st_rdev == makedev(0, 0),
	      "the upper layer does not say that it was removed");
}

TEST(container, layers)
{
	if (!mount_own("tmpfs", NULL, test_directory)) {
		test_skip("no mounts of its own: %s", strerror(errno));
		return;
	}
	CHECK(chdir(test_directory) == 0 && make_layers(), "%s", strerror(errno));
	if (mount("overlay", "all", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work")) {
		CHECK(errno == ENODEV || errno == EPERM, "overlay: %s", strerror(errno));
		test_skip("no layers: %s", strerror(errno));
		return;
	}
	change_layers();
	CHECK(umount("all") == 0, "umount: %s", strerror(errno));
}
