// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/config/config.h. */
#include "hv/config/config.h"
#include "lib/trace_record.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct config_problems problems;
static struct umbra_options options;
static struct module_line module;
static struct create_line create;

static void parse_umbra(const char *line)
{
	problems = (struct config_problems){ 0 };
	config_parse_umbra(line, true, &options, &problems);
}

/* From a loader that puts no file name in front. */
static void parse_umbra_words(const char *line)
{
	problems = (struct config_problems){ 0 };
	config_parse_umbra(line, false, &options, &problems);
}

static void parse_module(const char *line)
{
	problems = (struct config_problems){ 0 };
	config_parse_module(line, 3, &module, &problems);
}

/* Exactly one problem, with that word, and with that text in its cause. */
static void assert_problem(const char *word, const char *cause)
{
	assert_int_equal(problems.found, 1);
	assert_string_equal(problems.list[0].word, word);
	assert_non_null(strstr(problems.list[0].cause, cause));
}

static void test_umbra_defaults(void **state)
{
	static const char *const lines[] = { NULL, "", "  \t ", "/boot/umbra.elf", "umbra.elf " };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse_umbra(lines[i]);
		assert_int_equal(problems.found, 0);
		assert_int_equal(options.consoles, CONSOLE_COM1 | CONSOLE_SCREEN);
		assert_int_equal(options.log, LOG_INFO);
		assert_int_equal(options.when_idle, IDLE_STAY);
		assert_int_equal(options.on_panic, PANIC_HALT);
		assert_int_equal(options.clock, CLOCK_AUTO);
		assert_true(options.apic);
		assert_int_equal(options.max_cpus, 32);
		assert_int_equal(options.watchdog_s, 0);
		assert_int_equal(options.nmi_storm_us, 0);
		assert_true(options.smt);
		assert_true(options.mitigations);
		assert_int_equal(options.trace_kinds, 0);
	}
}

/* A bare word is a mistake like any other, where no file name stands in front. */
static void test_umbra_first_word(void **state)
{
	(void)state;
	parse_umbra_words("quiet log=debug");
	assert_problem("quiet", "unknown word");
	assert_int_equal(options.log, LOG_DEBUG);
	parse_umbra_words("log");
	assert_problem("log", "needs a value");
	parse_umbra_words("log=debug quiet");
	assert_problem("quiet", "unknown word");
	parse_umbra_words("/boot/umbra.elf log=debug");
	assert_int_equal(problems.found, 0);
	parse_umbra("quiet log=debug");
	assert_int_equal(problems.found, 0);
}

static void test_umbra_words(void **state)
{
	(void)state;
	parse_umbra("umbra.elf console=com2,com1 log=debug when-idle=poweroff on-panic=reboot");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.consoles, CONSOLE_COM1 | CONSOLE_COM2);
	assert_int_equal(options.log, LOG_DEBUG);
	assert_int_equal(options.when_idle, IDLE_POWEROFF);
	assert_int_equal(options.on_panic, PANIC_REBOOT);
	parse_umbra("clock=tsc apic=off watchdog=10");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.clock, CLOCK_TSC);
	assert_false(options.apic);
	assert_int_equal(options.watchdog_s, 10);
	parse_umbra("watchdog=3600 apic=on clock=hpet nmi-storm=20");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.nmi_storm_us, 20);
	assert_int_equal(options.clock, CLOCK_HPET);
	assert_true(options.apic);
	assert_int_equal(options.watchdog_s, 3600);
	parse_umbra("mitigations=off smt=off");
	assert_int_equal(problems.found, 0);
	assert_false(options.smt);
	assert_false(options.mitigations);
	parse_umbra("mitigations=auto smt=on");
	assert_int_equal(problems.found, 0);
	assert_true(options.smt);
	assert_true(options.mitigations);
	parse_umbra("clock=pmtimer");
	assert_int_equal(options.clock, CLOCK_PM_TIMER);
	/* A file name may hold an equals sign behind its directory. */
	parse_umbra("/srv/a=b/umbra.elf log=error console=vga on-panic=poweroff when-idle=halt");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.log, LOG_ERROR);
	assert_int_equal(options.consoles, CONSOLE_SCREEN);
	assert_int_equal(options.when_idle, IDLE_HALT);
	assert_int_equal(options.on_panic, PANIC_POWEROFF);
	assert_int_equal(options.power_button, 10);
	parse_umbra("gdb=com2 on-panic=gdb");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.gdb, 2);
	assert_int_equal(options.on_panic, PANIC_GDB);
	parse_umbra("console=com2 gdb=com1");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.gdb, 1);
	parse_umbra("power-button=firmware");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.power_button, CONFIG_POWER_BUTTON_FIRMWARE);
	parse_umbra("console=com2,screen power-button=0");
	assert_int_equal(options.power_button, 0);
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.consoles, CONSOLE_COM2 | CONSOLE_SCREEN);
}

static void test_uplinks(void **state)
{
	(void)state;
	parse_umbra("uplink=net0 log=warn uplink=net12:dmz uplink=net3:a.b-c_9");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.uplink_count, 3);
	assert_string_equal(options.uplinks[0].port, "net0");
	assert_string_equal(options.uplinks[0].net, "lan");
	assert_string_equal(options.uplinks[1].port, "net12");
	assert_string_equal(options.uplinks[1].net, "dmz");
	assert_string_equal(options.uplinks[2].net, "a.b-c_9");
	parse_umbra("");
	assert_int_equal(options.uplink_count, 0);
}

static void test_uplink_problems(void **state)
{
	static const char *const forms[] = {
		"uplink=", "uplink=:", "uplink=net0:", "uplink=:lan", "uplink=net0:none",
		"uplink=net0:LAN",
		"uplink=net0:a:b", "uplink=Net0", "uplink=net0,net1", "uplink=net0123456789012",
		"uplink=net0:net01234567890123",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		parse_umbra(forms[i]);
		assert_problem(forms[i], "net0 or net0:lan");
		assert_int_equal(options.uplink_count, 0);
	}
	parse_umbra("log=warn uplink");
	assert_problem("uplink", "net0 or net0:lan");
	parse_umbra("uplink=net0 uplink=net0:b");
	assert_problem("uplink=net0:b", "the port is the uplink of a network already");
	parse_umbra("uplink=net0:lan uplink=net1");
	assert_problem("uplink=net1", "the network has an uplink already");
	assert_int_equal(options.uplink_count, 1);
	parse_umbra("uplink=net0:a uplink=net1:b uplink=net2:c uplink=net3:d uplink=net4:e");
	assert_problem("uplink=net4:e", "more than 4");
	assert_int_equal(options.uplink_count, 4);
}

static void test_umbra_problems(void **state)
{
	(void)state;
	parse_umbra("log=loud on-panic=reboot");
	assert_problem("log=loud", "error, warn, info, debug");
	assert_string_equal(problems.list[0].module, "umbra");
	assert_int_equal(options.log, LOG_INFO);
	assert_int_equal(options.on_panic, PANIC_REBOOT);
	parse_umbra("console=com1,,vga");
	assert_problem("console=com1,,vga", "com1, com2, screen");
	parse_umbra("console=");
	assert_problem("console=", "com1, com2, screen");
	parse_umbra("console=com11");
	assert_problem("console=com11", "com1, com2, screen");
	parse_umbra("power-button=3601");
	assert_problem("power-button=3601", "0 to 3600");
	parse_umbra("power-button=soon");
	assert_problem("power-button=soon", "0 to 3600");
	assert_int_equal(options.power_button, 10);
	parse_umbra("maxcpus=0");
	assert_problem("maxcpus=0", "1 to 32");
	parse_umbra("maxcpus=33");
	assert_problem("maxcpus=33", "1 to 32");
	assert_int_equal(options.max_cpus, 32);
	parse_umbra("trace-to=com3");
	assert_problem("trace-to=com3", "com1, com2");
	parse_umbra("trace-to=com1");
	assert_problem("trace-to=com1", "a console already");
	assert_int_equal(options.trace_port, 0);
	parse_umbra("trace-to=com2 console=com2");
	assert_problem("trace-to=com2", "a console already");
	parse_umbra("console=screen trace-to=com1");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.trace_port, 1);

	parse_umbra("trace=exits,fault");
	assert_problem("trace=exits,fault", "the kinds are all, or some of entries, exits");
	parse_umbra("trace=exits:63");
	assert_problem("trace=exits:63", "64 to 32768");
	parse_umbra("trace=exits:32769");
	assert_problem("trace=exits:32769", "64 to 32768");
	parse_umbra("trace=:64");
	assert_problem("trace=:64", "the kinds are");
	parse_umbra("trace=exits:100");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.trace_records, 100);
	assert_int_equal(options.trace_kinds, 1u << TRACE_TURN | 1u << TRACE_EXIT);
	parse_umbra("trace=locks");
	assert_int_equal(options.trace_records, CONFIG_TRACE_DEFAULT);

	parse_umbra("maxcpus=1");
	assert_int_equal(problems.found, 0);
	assert_int_equal(options.max_cpus, 1);
	parse_umbra("speed=9");
	assert_problem("speed=9", "unknown word");
	parse_umbra("umbra.elf quiet");
	assert_problem("quiet", "unknown word");
	parse_umbra("umbra.elf log");
	assert_problem("log", "needs a value");
	parse_umbra("log=warn log=error");
	assert_problem("log=error", "given twice");
	assert_int_equal(options.log, LOG_WARN);
	parse_umbra("when-idle=sleep");
	assert_problem("when-idle=sleep", "stay");
	parse_umbra("gdb=com2 console=com1,com2");
	assert_problem("gdb=com2", "console already");
	assert_int_equal(options.gdb, 0);
	parse_umbra("gdb=screen");
	assert_problem("gdb=screen", "com1, com2");
	parse_umbra("on-panic=gdb");
	assert_problem("on-panic=gdb", "no line");
	assert_int_equal(options.on_panic, PANIC_HALT);
	parse_umbra("on-panic=stay");
	assert_problem("on-panic=stay", "halt");

	parse_umbra("clock=quartz");
	assert_problem("clock=quartz", "pmtimer");
	parse_umbra("apic=no");
	assert_problem("apic=no", "off");
	assert_true(options.apic);
	parse_umbra("mitigations=on");
	assert_problem("mitigations=on", "one of auto, off");
	assert_true(options.mitigations);
	parse_umbra("smt=auto");
	assert_problem("smt=auto", "one of on, off");
	parse_umbra("watchdog=0");
	assert_problem("watchdog=0", "1 to 3600");
	parse_umbra("watchdog=3601");
	assert_problem("watchdog=3601", "1 to 3600");
	assert_int_equal(options.watchdog_s, 0);
	parse_umbra("nmi-storm=19");
	assert_problem("nmi-storm=19", "20 to 50000");
	parse_umbra("nmi-storm=50001");
	assert_problem("nmi-storm=50001", "20 to 50000");
	assert_int_equal(options.nmi_storm_us, 0);
	parse_umbra("=x");
	assert_problem("=x", "unknown word");
}

static void test_kernel_line(void **state)
{
	(void)state;
	parse_module("/guests/bzImage  guest=web\tkernel mem=128M shadow=2M weight=300 cap=20 "
		     "--  console=hvc0 kernel mem=1 -- x ");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "/guests/bzImage");
	assert_string_equal(module.guest, "web");
	assert_true(module.guest_given);
	assert_int_equal(module.role, ROLE_KERNEL);
	assert_int_equal(module.options.mem_bytes, 128 << 20);
	assert_int_equal(module.options.shadow_bytes, 2 << 20);
	assert_int_equal(module.options.weight, 300);
	assert_int_equal(module.options.cap, 20);
	assert_string_equal(module.options.command_line, "console=hvc0 kernel mem=1 -- x ");
}

static void test_module_defaults(void **state)
{
	(void)state;
	parse_module("kernel");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "module3");
	assert_string_equal(module.guest, "");
	assert_false(module.guest_given);
	assert_int_equal(module.options.mem_bytes, 64 << 20);
	assert_int_equal(module.options.shadow_bytes, 0);
	assert_int_equal(module.options.weight, 100);
	assert_int_equal(module.options.cap, CONFIG_CAP_NONE);
	assert_string_equal(module.options.command_line, "");
	parse_module("kernel --");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.options.command_line, "");
	parse_module("guest=a initrd");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.role, ROLE_INITRD);
}

static void test_cpus(void **state)
{
	static const struct {
		const char *line;
		uint32_t cpus;
	} rows[] = {
		{ "kernel", UINT32_MAX },
		{ "kernel cpus=0", 1 },
		{ "kernel cpus=31", 1u << 31 },
		{ "kernel cpus=0-31", UINT32_MAX },
		{ "kernel cpus=1-3,0,8-8", 0x10F },
		{ "kernel cpus=3,2-4", 0x1C },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse_module(rows[i].line);
		assert_int_equal(problems.found, 0);
		assert_int_equal(module.options.cpus, rows[i].cpus);
	}
}

static void test_file_names(void **state)
{
	static const struct {
		const char *line;
		const char *file;
		enum module_role role;
	} rows[] = {
		{ "vmlinux kernel", "vmlinux", ROLE_KERNEL },
		{ "kernel guest=a kernel", "kernel", ROLE_KERNEL },
		{ "initrd kernel", "initrd", ROLE_KERNEL },
		{ "kernel guest=a -- kernel", "module3", ROLE_KERNEL },
		{ "kernel -- initrd", "module3", ROLE_KERNEL },
		{ "guest=a kernel", "module3", ROLE_KERNEL },
		{ "/a=b/c kernel", "/a=b/c", ROLE_KERNEL },
		{ "initrd guest=a", "module3", ROLE_INITRD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse_module(rows[i].line);
		assert_int_equal(problems.found, 0);
		assert_string_equal(module.file, rows[i].file);
		assert_int_equal(module.role, rows[i].role);
	}
}

static void test_long_file_name(void **state)
{
	char line[400];

	(void)state;
	memset(line, 'd', sizeof(line));
	memcpy(line + 190, "/bzImage kernel", sizeof("/bzImage kernel"));
	parse_module(line);
	assert_int_equal(problems.found, 0);
	assert_int_equal(strlen(module.file), CONFIG_FILE_SIZE - 1);
	assert_string_equal(module.file + CONFIG_FILE_SIZE - 1 - 8, "/bzImage");
}

static void test_bad_values(void **state)
{
	static const char *const bad[] = {
		"guest=", "guest=Web", "guest=a/b", "guest=abcdefghijklmnop", "guest=a:b",
		"mem=", "mem=0", "mem=1023K", "mem=4097K1", "mem=1048577", "mem=3145732K",
		"mem=4G", "mem=lots", "mem=-1M", "mem=99999999999999999999G",
		"shadow=255K", "shadow=65M", "shadow=1000001", "shadow=x",
		"weight=0", "weight=1001", "weight=-1", "weight=ten", "weight=",
		"cpus=", "cpus=32", "cpus=-1", "cpus=1-", "cpus=2-1", "cpus=1,", "cpus=,1",
		"cpus=1;2",
		"cpus=0-32", "cpus=99999999999", "cpus=all",
		"cap=0", "cap=101", "cap=-1", "cap=50%", "cap=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[64] = "f kernel ";

		strcat(line, bad[i]);
		parse_module(line);
		assert_problem(bad[i], "");
		assert_string_equal(problems.list[0].module, "f");
		assert_string_equal(module.guest, "");
		assert_int_equal(module.options.mem_bytes, CONFIG_MEM_DEFAULT);
		assert_int_equal(module.options.weight, CONFIG_WEIGHT_DEFAULT);
		assert_int_equal(module.options.cap, CONFIG_CAP_NONE);
	}
}

static void test_limits_of_values(void **state)
{
	(void)state;
	parse_module("kernel guest=abcdefghijklmno mem=1M shadow=256K weight=1 cap=1");
	assert_int_equal(problems.found, 0);
	parse_module("kernel guest=0-9_.z mem=3070M shadow=64M weight=1000 cap=100");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.options.mem_bytes, 0xBFE00000);
	parse_module("kernel mem=1028K");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.options.mem_bytes, 1028 << 10);
}

static void test_module_problems(void **state)
{
	(void)state;
	parse_module("f guest=a");
	assert_problem("", "no role");
	parse_module(NULL);
	assert_problem("", "no role");
	assert_string_equal(problems.list[0].module, "module3");
	parse_module("f guest=a kernel floppy");
	assert_problem("floppy", "no role that Umbra knows");
	parse_module("f guest=a kernel disk");
	assert_problem("disk", "names a role already");
	parse_module("f guest=a disk=ro disk");
	assert_problem("disk", "names a role already");
	parse_module("f guest=a kernel initrd");
	assert_problem("initrd", "names a role already");
	parse_module("f guest=a kernel root=/dev/vda");
	assert_problem("root=/dev/vda", "unknown word");
	parse_module("f guest=a guest=b kernel");
	assert_problem("guest=b", "given twice");
	assert_string_equal(module.guest, "a");
	parse_module("f guest=a kernel mem");
	assert_problem("mem", "needs a value");
	parse_module("f guest=a floppy");
	assert_problem("floppy", "no role that Umbra knows");
	parse_module("f guest=a kernel=ro");
	assert_int_equal(problems.found, 2);
	assert_string_equal(problems.list[0].cause, "unknown word");
	parse_module("f guest=a disk=rw");
	assert_problem("disk=rw", "disk=ro");
	parse_module("f guest=a disk=");
	assert_problem("disk=", "disk=ro");
}

static void test_host_disks(void **state)
{
	(void)state;
	parse_module("f guest=a kernel disk=ahci0p2 disk=virtio0,ro");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.role, ROLE_KERNEL);
	assert_int_equal(module.disk_count, 2);
	assert_string_equal(module.disks[0].name, "ahci0p2");
	assert_false(module.disks[0].read_only);
	assert_string_equal(module.disks[1].name, "virtio0");
	assert_true(module.disks[1].read_only);
	/* Neither a role nor a reason to take the first word for a file. */
	parse_module("kernel guest=a disk=ahci0");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "module3");
	parse_module("f guest=a kernel disk=ahci0,rw");
	assert_problem("disk=ahci0,rw", "disk=ahci0p2,ro");
	parse_module("f guest=a kernel disk=,ro");
	assert_problem("disk=,ro", "disk=ahci0p2,ro");
	parse_module("f guest=a kernel disk=a/b");
	assert_problem("disk=a/b", "disk=ahci0p2,ro");
	parse_module("f guest=a kernel disk=sixteen-letters-");
	assert_problem("disk=sixteen-letters-", "disk=ahci0p2,ro");
	parse_module("f guest=a initrd disk=ahci0,ro");
	assert_problem("disk=ahci0,ro", "go on a kernel's line");
	parse_module(
		"f guest=a kernel disk=a disk=b disk=c disk=d disk=e disk=f disk=g disk=h disk=i");
	assert_problem("disk=i", "not so many disks");
	assert_int_equal(module.disk_count, CONFIG_DISKS_MAX);
}

static void test_disk_line(void **state)
{
	(void)state;
	parse_module("/guests/root.img guest=web disk");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "/guests/root.img");
	assert_int_equal(module.role, ROLE_DISK);
	assert_false(module.read_only);
	parse_module("disk=ro guest=web");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "module3");
	assert_int_equal(module.role, ROLE_DISK);
	assert_true(module.read_only);
	/* A file may be called so. */
	parse_module("disk guest=web disk=ro");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.file, "disk");
	assert_true(module.read_only);
	parse_module("f guest=a disk mem=64M");
	assert_problem("mem", "kernel's line");
	parse_module("f guest=a disk=ro -- root=/dev/vda");
	assert_problem("--", "kernel's line");
}

static void test_network(void **state)
{
	static const uint8_t mac[] = { 0x02, 0xAB, 0xcd, 0x00, 0x09, 0xFF };

	(void)state;
	parse_module("f guest=a kernel");
	assert_string_equal(module.options.net, CONFIG_NET_DEFAULT);
	assert_false(module.options.mac_given);
	parse_module("f guest=a kernel net=dmz-1 mac=02:AB:cd:00:09:fF");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.options.net, "dmz-1");
	assert_true(module.options.mac_given);
	assert_memory_equal(module.options.mac, mac, sizeof(mac));
	assert_false(module.options.mac_spoof);
	parse_module("f guest=a kernel mac-spoof=allow");
	assert_int_equal(problems.found, 0);
	assert_true(module.options.mac_spoof);
	assert_false(module.options.mac_given);
	parse_module("f guest=a kernel mac-spoof=deny net=none");
	assert_int_equal(problems.found, 0);
	assert_false(module.options.mac_spoof);
	parse_module("f guest=a kernel net=none");
	assert_int_equal(problems.found, 0);
	assert_string_equal(module.options.net, "");
}

static void test_when_parked(void **state)
{
	(void)state;
	parse_module("f guest=a kernel");
	assert_int_equal(module.options.when_parked, PARKED_STAY);
	parse_module("f guest=a kernel when-parked=end");
	assert_int_equal(module.options.when_parked, PARKED_END);
	parse_module("f guest=a kernel when-parked=restart");
	assert_int_equal(module.options.when_parked, PARKED_RESTART);
	parse_module("f guest=a kernel when-parked=stay");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.options.when_parked, PARKED_STAY);
	parse_module("f guest=a kernel when-parked=halt");
	assert_problem("when-parked=halt", "stay, end, restart");
	parse_module("f guest=a disk when-parked=end");
	assert_problem("when-parked", "kernel's line");
}

static void test_bad_networks(void **state)
{
	static const char *const bad[] = {
		"mac=", "mac=02:00:00:00:00", "mac=02:00:00:00:00:01:", "mac=02:00:00:00:00:01:02",
		"mac=2:0:0:0:0:1", "mac=02-00-00-00-00-01", "mac=02:00:00:00:00:0g",
		"mac=00:00:00:00:00:00", "mac=01:00:5e:00:00:01", "mac=ff:ff:ff:ff:ff:ff",
		"mac=020000000001",
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "f guest=a kernel %s", bad[i]);
		parse_module(line);
		assert_problem(bad[i], "xx:xx:xx:xx:xx:xx");
	}
	parse_module("f guest=a kernel net=");
	assert_problem("net=", "1 to 15");
	parse_module("f guest=a kernel net=a/b");
	assert_problem("net=a/b", "1 to 15");
	parse_module("f guest=a kernel net=0123456789abcdef");
	assert_problem("net=0123456789abcdef", "1 to 15");
	parse_module("f guest=a kernel net=none mac=02:00:00:00:00:01");
	assert_problem("mac", "no network");
	parse_module("f guest=a kernel net=none mac-spoof=allow");
	assert_problem("mac-spoof=allow", "no network");
	parse_module("f guest=a kernel mac-spoof=yes");
	assert_problem("mac-spoof=yes", "allow or deny");
	parse_module("f guest=a kernel mac-spoof");
	assert_problem("mac-spoof", "needs a value");
	parse_module("f guest=a disk mac-spoof=allow");
	assert_problem("mac-spoof", "kernel's line");
	parse_module("f guest=a initrd net=x");
	assert_problem("net", "kernel's line");
}

static void test_kernel_words_on_initrd(void **state)
{
	(void)state;
	parse_module("f guest=a initrd mem=64M");
	assert_problem("mem", "kernel's line");
	parse_module("f guest=a weight=5 initrd");
	assert_problem("weight", "kernel's line");
	parse_module("f guest=a cap=5 initrd");
	assert_problem("cap", "kernel's line");
	parse_module("f shadow=1M guest=a initrd");
	assert_problem("shadow", "kernel's line");
	parse_module("f guest=a initrd -- quiet");
	assert_problem("--", "kernel's line");
	parse_module("f guest=a initrd --");
	assert_int_equal(problems.found, 0);
}

static void test_long_command_line(void **state)
{
	static char line[CONFIG_COMMAND_LINE_SIZE + 32] = "kernel -- ";
	size_t start = strlen(line);

	(void)state;
	memset(line + start, 'x', CONFIG_COMMAND_LINE_SIZE - 1);
	parse_module(line);
	assert_int_equal(problems.found, 0);
	line[start + CONFIG_COMMAND_LINE_SIZE - 1] = 'x';
	parse_module(line);
	assert_problem("--", "longer than 2047");
}

static void test_problem_texts(void **state)
{
	char line[700] = "f kernel mem=";

	(void)state;
	/* Nothing may break a log line, and nothing may overflow. */
	parse_module("f kernel a\"b\x01\xff=1");
	assert_problem("a'b?" "?=1", "unknown word");
	memset(line + strlen(line), '1', 600);
	parse_module(line);
	assert_int_equal(problems.found, 1);
	assert_int_equal(strlen(problems.list[0].word), CONFIG_WORD_SIZE - 1);
	assert_non_null(strstr(problems.list[0].cause, "too long"));
}

static void test_too_many_problems(void **state)
{
	char line[1024] = "f kernel";

	(void)state;
	for (int i = 0; i < CONFIG_PROBLEMS_MAX + 5; i++)
		strcat(line, " a=b");
	parse_module(line);
	assert_int_equal(problems.found, CONFIG_PROBLEMS_MAX + 5);
	assert_int_equal(problems.kept, CONFIG_PROBLEMS_MAX);
}

static bool parse_create(const char *line)
{
	problems = (struct config_problems){ 0 };
	return config_parse_create(line, &create, &problems);
}

static void test_create(void **state)
{
	(void)state;
	assert_true(parse_create("kernel=linux initrd=tools mem=128M weight=50 cpus=1 net=a "
				 "disk=ahci0p2,ro -- console=hvc0  x"));
	assert_string_equal(create.kernel, "linux");
	assert_string_equal(create.initrd, "tools");
	assert_int_equal(create.guest.options.mem_bytes, 128 << 20);
	assert_int_equal(create.guest.options.weight, 50);
	assert_int_equal(create.guest.options.cpus, 2);
	assert_string_equal(create.guest.options.net, "a");
	assert_int_equal(create.guest.disk_count, 1);
	assert_string_equal(create.guest.disks[0].name, "ahci0p2");
	assert_true(create.guest.disks[0].read_only);
	assert_string_equal(create.guest.options.command_line, "console=hvc0  x");
	assert_true(parse_create("kernel=k"));
	assert_string_equal(create.initrd, "");
	assert_string_equal(create.guest.options.net, "lan");
	assert_int_equal(create.guest.options.cap, 100);
}

static void test_bad_create(void **state)
{
	static const struct {
		const char *line, *word, *cause;
	} rows[] = {
		{ "", "", "names no kernel=IMAGE" },
		{ "mem=8M", "", "names no kernel=IMAGE" },
		{ "kernel=", "kernel=", "an image's name is" },
		{ "kernel=K", "kernel=K", "an image's name is" },
		{ "kernel=a-name-of-16-chr", "kernel=a-name-of-16-chr", "an image's name is" },
		{ "kernel=a kernel=b", "kernel=b", "given twice" },
		{ "kernel=a guest=b", "guest=b", "comes first, by itself" },
		{ "kernel=a mem=1", "mem=1", "memory is" },
		{ "kernel=a disk", "disk", "unknown word" },
		{ "kernel=a image=b", "image=b", "unknown word" },
		{ "kernel=a net=none mac=02:00:00:00:00:01", "mac", "no network" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(parse_create(rows[i].line));
		assert_problem(rows[i].word, rows[i].cause);
	}
	assert_false(parse_create("kernel"));
	assert_int_equal(problems.found, 1);
}

static void test_settings(void **state)
{
	struct guest_options old = { .weight = 100, .cap = 100, .cpus = 1 }, now = old;

	(void)state;
	problems = (struct config_problems){ 0 };
	assert_true(config_parse_settings("weight=7 cpus=0-1", &now, &problems));
	assert_int_equal(now.weight, 7);
	assert_int_equal(now.cap, 100);
	assert_int_equal(now.cpus, 3);
	now = old;
	assert_false(config_parse_settings("weight=7 mem=8M", &now, &problems));
	assert_problem("mem=8M", "can be changed");
	assert_memory_equal(&now, &old, sizeof(now));
	problems = (struct config_problems){ 0 };
	assert_false(config_parse_settings("cap=0", &now, &problems));
	assert_problem("cap=0", "the cap is");
}

static void test_images(void **state)
{
	(void)state;
	parse_module("/boot/linux image=linux");
	assert_int_equal(problems.found, 0);
	assert_int_equal(module.role, ROLE_IMAGE);
	assert_string_equal(module.image, "linux");
	assert_string_equal(module.file, "/boot/linux");
	parse_module("/boot/linux image=Linux");
	assert_problem("image=Linux", "an image's name is");
	parse_module("/boot/linux image");
	assert_problem("image", "no role that Umbra knows");
	parse_module("/boot/linux image=a kernel");
	assert_problem("kernel", "names a role already");
	parse_module("/boot/linux guest=a image=b");
	assert_problem("guest", "for no guest");
	parse_module("/boot/linux image=b mem=8M");
	assert_problem("mem", "kernel's line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_umbra_defaults),
		cmocka_unit_test(test_umbra_first_word),
		cmocka_unit_test(test_umbra_words),
		cmocka_unit_test(test_umbra_problems),
		cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_uplink_problems),
		cmocka_unit_test(test_kernel_line),
		cmocka_unit_test(test_module_defaults),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_long_file_name),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_limits_of_values),
		cmocka_unit_test(test_module_problems),
		cmocka_unit_test(test_disk_line),
		cmocka_unit_test(test_host_disks),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_when_parked),
		cmocka_unit_test(test_bad_networks),
		cmocka_unit_test(test_kernel_words_on_initrd),
		cmocka_unit_test(test_long_command_line),
		cmocka_unit_test(test_problem_texts),
		cmocka_unit_test(test_too_many_problems),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_bad_create),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
