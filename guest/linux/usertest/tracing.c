// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel watched from within: probes, at a function's beginning, at its end and in its
 * midst, and both tracers of functions. They change the kernel's code while it runs; what they
 * saw is in the files of tracefs (Linux, trace/ftrace.rst and trace/kprobetrace.rst). All that
 * is watched is the function that opens files. Only in guests: the machine that this program is
 * built on is not to be traced.
 */
#include "guest/linux/usertest/kernel_files.h"
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHED "do_filp_open"
#define TRACE_SIZE (256u << 10)
/* Where in the function an instruction may begin that no branch has passed over yet. */
#define LEAST_OFFSET 5u /* behind the call of the tracer's */
#define MOST_OFFSET 24u

static char *trace;

/* tracefs as the working directory, empty and off; false, and the test skipped or failed. */
static bool enter_tracefs(void)
{
	if (!kernel_is_umbra()) {
		test_skip("this machine is not to be traced");
		return false;
	}
	if (!mount_own("tracefs", NULL, test_directory)) {
		test_skip("no tracefs: %s", strerror(errno));
		return false;
	}
	trace = private_memory(TRACE_SIZE);
	CHECK_BOOL(chdir(test_directory) == 0 && file_put("current_tracer", "nop") &&
			   file_put("trace", ""),
		   "tracefs: %s", strerror(errno));
	return true;
}

static bool open_something(void)
{
	int file = open("/proc/self/exe", O_RDONLY);

	CHECK_BOOL(file >= 0, "/proc/self/exe: %s", strerror(errno));
	close(file);
	return true;
}

/* How often a text is in what has been traced. */
static unsigned traced(const char *text)
{
	unsigned count = 0;

	if (!file_get("trace", trace, TRACE_SIZE))
		test_fail("trace: %s", strerror(errno));
	for (const char *at = trace; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

/* --- probes ---------------------------------------------------------------------------------- */

/* Probes m5, m6 and so on, wherever an instruction begins; how many there are. */
static unsigned probe_midst(void)
{
	unsigned count = 0;
	char line[64];

	for (unsigned offset = LEAST_OFFSET; offset <= MOST_OFFSET; offset++) {
		snprintf(line, sizeof(line), "p:umbra/m%u " WATCHED "+%u", offset, offset);
		count += file_add("kprobe_events", line);
	}
	return count;
}

static bool add_probes(unsigned *midst)
{
	CHECK_BOOL(file_add("kprobe_events", "p:umbra/begin " WATCHED) &&
			   file_add("kprobe_events", "r:umbra/end " WATCHED),
		   "the probes: %s", strerror(errno));
	*midst = probe_midst();
	CHECK_BOOL(*midst >= 3, "%u instructions in " WATCHED, *midst);
	return true;
}

TEST(tracing, probes)
{
	unsigned midst = 0, hits;

	if (!enter_tracefs())
		return;
	if (access("kprobe_events", F_OK) != 0) {
		test_skip("no probes: %s", strerror(errno));
		return;
	}
	if (!add_probes(&midst))
		return;
	CHECK(file_put("events/umbra/enable", "1"), "turned on: %s", strerror(errno));
	if (!open_something())
		return;
	CHECK(file_put("events/umbra/enable", "0"), "turned off: %s", strerror(errno));
	CHECK(traced(" begin: (" WATCHED "+0x0/") >= 1, "no beginning in:\n%s", trace);
	CHECK(traced(" end: (") >= 1 && traced(" <- " WATCHED ")") >= 1, "no end");
	hits = traced(": (" WATCHED "+0x") - traced(" begin: (" WATCHED "+0x");
	CHECK(hits >= midst && hits % midst == 0, "%u probes in its midst were hit %u times", midst,
	      hits);
	/* One by its name, the rest by the emptying of their list. */
	CHECK(file_add("kprobe_events", "-:umbra/begin") && file_put("kprobe_events", ""),
	      "their end: %s", strerror(errno));
	hits = traced(" begin: ");
	CHECK(open_something() && traced(" begin: ") == hits, "a probe goes on after its end");
}

/* --- tracers --------------------------------------------------------------------------------- */

static bool has_tracer(const char *name)
{
	char tracers[256] = "";

	if (file_get("available_tracers", tracers, sizeof(tracers)) && strstr(tracers, name))
		return true;
	test_skip("no tracer '%s' among '%s'", name, tracers);
	return false;
}

/* One after the other, so that what opens a file is called often. */
static void start_processes(void)
{
	for (unsigned n = 0; n < 20 * test_storm; n++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(open_something() ? 0 : 1);
		CHECK(pid > 0 && child_wait(pid) == 0, "a process failed");
	}
}

static bool trace_with(const char *tracer)
{
	CHECK_BOOL(file_put("trace", "") && file_put("current_tracer", tracer), "tracer %s: %s",
		   tracer, strerror(errno));
	start_processes();
	CHECK_BOOL(file_put("tracing_on", "0"), "%s", strerror(errno));
	return true;
}

static void end_trace(void)
{
	CHECK(file_put("current_tracer", "nop") && file_put("set_ftrace_filter", "") &&
		      file_put("tracing_on", "1"),
	      "the tracer's end: %s", strerror(errno));
}

TEST(tracing, function)
{
	if (!enter_tracefs() || !has_tracer("function"))
		return;
	CHECK(file_put("set_ftrace_filter", WATCHED), "the filter: %s", strerror(errno));
	if (trace_with("function"))
		CHECK(traced(WATCHED " <-") >= 20, "only %u calls", traced(WATCHED " <-"));
	end_trace();
}

TEST(tracing, graph)
{
	if (!enter_tracefs() || !has_tracer("function_graph"))
		return;
	CHECK(file_put("set_ftrace_filter", WATCHED), "the filter: %s", strerror(errno));
	if (trace_with("function_graph"))
		CHECK(traced(" us ") >= 20 && traced(WATCHED "();") >= 20, "only %u calls",
		      traced(WATCHED "();"));
	end_trace();
}

/* Thousands of places in the kernel's code are changed, and changed back: faults, interrupts ... */
TEST(tracing, many_functions)
{
	static const char *const names[] = { "do_*", "*page*", "*fault*", "*irq*", "*sched*" };
	static const char *const tracers[] = { "function", "function_graph" };

	if (!enter_tracefs() || !has_tracer("function_graph"))
		return;
	for (unsigned i = 0; i < 2 && !test_failed(); i++) {
		for (unsigned n = 0; n < 5; n++)
			CHECK(file_add("set_ftrace_filter", names[n]), "%s: %s", names[n],
			      strerror(errno));
		if (trace_with(tracers[i]))
			CHECK(traced("\n") >= 1000, "%s: only %u lines", tracers[i], traced("\n"));
		end_trace();
	}
}
