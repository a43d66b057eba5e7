/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options on Umbra's own command line and on the lines of its boot modules,
 * parsed into structures.  Pure: what is wrong with an option is handed back as a
 * list of problems, and the caller logs it.  Called once, at boot.
 */
#ifndef UMBRA_HV_CONFIG_CONFIG_H
#define UMBRA_HV_CONFIG_CONFIG_H

#include "arch/board/clock.h"
#include "arch/cpu/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lengths of texts, the final NUL included. */
#define CONFIG_NAME_SIZE 16
#define CONFIG_FILE_SIZE 64
#define CONFIG_WORD_SIZE 48
#define CONFIG_CAUSE_SIZE 128

/* Linux copies 2048 bytes of its command line, the final NUL included. */
#define CONFIG_COMMAND_LINE_SIZE 2048

#define CONFIG_PROBLEMS_MAX 64

/* Limits of mem=; the guest window of 3 GB has the guest's device pages too. */
#define CONFIG_MEM_DEFAULT (64u << 20)
#define CONFIG_MEM_MIN (1u << 20)
#define CONFIG_MEM_MAX ((3u << 30) - (2u << 20))

/* Limits of watchdog=, in seconds. */
#define CONFIG_WATCHDOG_MAX 3600

/*
 * Limits of nmi-storm=, in microseconds: the least leaves Umbra time to run, the most is what the
 * 8254 can count.
 */
#define CONFIG_NMI_STORM_MIN 20
#define CONFIG_NMI_STORM_MAX 50000

/* Limits of the number of records in trace=. */
#define CONFIG_TRACE_MIN 64
#define CONFIG_TRACE_MAX 32768
#define CONFIG_TRACE_DEFAULT 4096

/* Limits of shadow=; 0 stands for "not given". */
#define CONFIG_SHADOW_MIN (256u << 10)
#define CONFIG_SHADOW_MAX (64u << 20)

/* The network without net=; net=none stands for no network, an empty name in what is parsed. */
#define CONFIG_NET_DEFAULT "lan"
#define CONFIG_MAC_SIZE 6
#define CONFIG_POWER_BUTTON_DEFAULT 10
#define CONFIG_POWER_BUTTON_MAX 3600
#define CONFIG_POWER_BUTTON_FIRMWARE UINT32_MAX	/* left to the firmware */

/* Ports of the machine that networks are joined to. */
#define CONFIG_UPLINKS_MAX 4

/* Disks of a guest, boot modules and disks of the machine together. */
#define CONFIG_DISKS_MAX 8	/* each takes one of the guest's 15 lines for devices */

#define CONFIG_WEIGHT_DEFAULT 100
#define CONFIG_WEIGHT_MAX 1000

/* cap= is in per cent of one CPU; all of it is no cap. */
#define CONFIG_CAP_NONE 100

/* cpus= and maxcpus=: numbers of Umbra's, 0 is the boot CPU. */
#define CONFIG_CPUS_MAX 32
#define CONFIG_CPUS_ALL UINT32_MAX

/* One thing that is wrong; printable, without double quotes, cut where it was too long. */
struct config_problem {
	char module[CONFIG_FILE_SIZE];	/* file name, or "module3"; "umbra" for its own line */
	char word[CONFIG_WORD_SIZE];	/* the offending word; empty when a word is missing */
	char cause[CONFIG_CAUSE_SIZE];	/* one clause, without a full stop */
};

/* Problems beyond the list's size are counted but not kept. */
struct config_problems {
	size_t kept;
	size_t found;
	struct config_problem list[CONFIG_PROBLEMS_MAX];
};

/* Adds one problem to the list; the texts may be anything, cause is a format. */
void config_add_problem(struct config_problems *problems, const char *module, const char *word,
			const char *cause, ...) __attribute__((format(printf, 4, 5)));

enum console_set { CONSOLE_COM1 = 1, CONSOLE_COM2 = 2, CONSOLE_SCREEN = 4 };
enum idle_action { IDLE_STAY, IDLE_POWEROFF, IDLE_HALT, IDLE_REBOOT };
enum parked_action { PARKED_STAY, PARKED_END, PARKED_RESTART };
enum panic_action { PANIC_HALT, PANIC_REBOOT, PANIC_POWEROFF, PANIC_GDB };

/* uplink=PORT:NET; without :NET it is the default network. */
struct uplink_option {
	char port[CONFIG_NAME_SIZE];	/* which need not exist */
	char net[CONFIG_NAME_SIZE];
};

struct umbra_options {
	unsigned consoles;		/* of enum console_set; default com1 and the screen */
	enum log_level log;		/* default info */
	enum idle_action when_idle;	/* when the last guest has ended; default stay */
	uint32_t power_button;		/* seconds for the guests, default 10; or _FIRMWARE */
	enum panic_action on_panic;	/* default halt */
	unsigned gdb;			/* COM1 or COM2, which is no console; 0: no debugger */
	enum clock_source clock;	/* default: what is right for the machine */
	bool apic;			/* use the APICs, if there are; default true */
	uint32_t max_cpus;		/* how many are started at most, 1-32 */
	bool smt;			/* use all threads of a core; default true */
	bool mitigations;		/* of speculation (arch/cpu/barrier.h); default true */
	uint32_t watchdog_s;		/* a CPU that stands still so long is a panic; 0: never */
	uint32_t nmi_storm_us;		/* between the watchdog's NMIs; 0: it chooses */
	uint32_t trace_kinds;		/* traced from boot on: bits of enum trace_kind; 0: none */
	uint32_t trace_records;		/* on each CPU, CONFIG_TRACE_MIN to _MAX */
	unsigned trace_port;		/* 1 or 2: what is traced goes out by COM1 or COM2; 0: no */
	struct uplink_option uplinks[CONFIG_UPLINKS_MAX];	/* no port and no network twice */
	unsigned uplink_count;
};

/*
 * Parses Umbra's command line; NULL counts as empty.  With has_file_name the loader is one
 * that puts the name of the file it loaded in front (boot/boot_info.h); without, only a
 * first word with a slash in it is taken for one.  A word that is unknown,
 * has a bad value or comes twice is added to problems and otherwise ignored,
 * so *options is always usable.
 */
void config_parse_umbra(const char *line, bool has_file_name, struct umbra_options *options,
			struct config_problems *problems);

enum module_role { ROLE_NONE, ROLE_KERNEL, ROLE_INITRD, ROLE_DISK, ROLE_IMAGE };

/* A disk of the machine, as disk=NAME or disk=NAME,ro asks for it. */
struct host_disk_option {
	char name[CONFIG_NAME_SIZE];
	bool read_only;
};

/* The options of a guest, from its kernel's line. */
struct guest_options {
	uint32_t mem_bytes;
	uint32_t shadow_bytes;		/* 0: Umbra chooses */
	uint32_t weight;
	uint32_t cap;			/* per cent of a CPU */
	uint32_t cpus;			/* bit n: CPU n, which need not exist, may run it */
	char net[CONFIG_NAME_SIZE];	/* empty: no network */
	bool mac_given;
	uint8_t mac[CONFIG_MAC_SIZE];
	bool mac_spoof;			/* it may send from other addresses too */
	enum parked_action when_parked;	/* when nothing can wake it any more; default stay */
	const char *command_line;	/* what follows `--`, inside the line itself; never NULL */
};

/* A module's line. */
struct module_line {
	char file[CONFIG_FILE_SIZE];	/* as the boot loader named it, or "module3" */
	char guest[CONFIG_NAME_SIZE];	/* empty when not given or not valid */
	bool guest_given;		/* there was a guest= with some value */
	enum module_role role;
	bool read_only;			/* of a disk that is a module */
	char image[CONFIG_NAME_SIZE];	/* of an image: its name, image=NAME */
	struct host_disk_option disks[CONFIG_DISKS_MAX];	/* of a kernel */
	unsigned disk_count;
	struct guest_options options;	/* of a kernel; what is not given has its default */
};

/*
 * Parses the line of the module with that number (from 1, for its name in
 * messages) and says in problems what is wrong with the line taken by itself:
 * unknown words, bad values, words that come twice or do not belong to the
 * role, a missing role.  *module is filled in as far as the line is right, and
 * keeps pointing into line, which may be NULL for empty.
 */
void config_parse_module(const char *line, unsigned number, struct module_line *module,
			 struct config_problems *problems);

/* What the command `create` says of a new guest, beside its name. */
struct create_line {
	struct module_line guest;	/* all that a kernel's line can say, but for guest= */
	char kernel[CONFIG_NAME_SIZE];	/* names of images; not empty */
	char initrd[CONFIG_NAME_SIZE];	/* empty: none */
};

/*
 * Parses `kernel=IMAGE [initrd=IMAGE] WORDS [-- COMMAND LINE]`.  False when a problem was found.
 * *line points into text.
 */
bool config_parse_create(const char *text, struct create_line *line,
			 struct config_problems *problems);

/*
 * Parses the words of the command `set`: weight=, cap= and cpus= go into *options, where the others
 * stay as they are.  False, and nothing changed, when a problem was found.
 */
bool config_parse_settings(const char *text, struct guest_options *options,
			   struct config_problems *problems);

#endif
