// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs for the kernel's own interpreter: a filter of system calls, and a program that counts
 * a socket's packets in a map and computes with 64 bits, as bpf(2) takes them.
 */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REFUSED_ERROR 77 /* none that a kernel gives by itself */

/* --- system calls ---------------------------------------------------------------------------- */

/* getppid is refused with an error of our own, sethostname is the process's end. */
static struct sock_filter calls[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | REFUSED_ERROR),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sethostname, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void call_refused(void *data)
{
	(void)data;
	syscall(SYS_sethostname, "x", 1);
}

TEST(bpf, system_calls)
{
	struct sock_fprog program = { .len = COUNT(calls), .filter = calls };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "%s", strerror(errno));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		CHECK(errno == EINVAL || errno == ENOSYS, "the filter: %s", strerror(errno));
		test_skip("no filters of system calls: %s", strerror(errno));
		return;
	}
	for (unsigned n = 0; n < 1000 * test_storm; n++) {
		CHECK(syscall(SYS_getppid) == -1 && errno == REFUSED_ERROR, "getppid: %s",
		      strerror(errno));
		CHECK(syscall(SYS_getpid) > 0, "getpid: %s", strerror(errno));
	}
	CHECK(child_signal_of(call_refused, NULL) == SIGSYS, "sethostname came back");
}

/* --- packets --------------------------------------------------------------------------------- */

/* Two numbers of 64 bits: how many packets, and what the program has computed of them. */
#define PACKETS 0
#define PRODUCT 1
#define FACTOR 0x100000003ull /* of the FNV hash, near enough; it needs more than 32 bits */

/* BPF_LD | BPF_DW | BPF_IMM, of which two are 0: the next instruction has the upper half. */
#define LOAD_NUMBER BPF_DW

static int call_bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make_map(void)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 1
	};

	return call_bpf(BPF_MAP_CREATE, &map);
}

static struct bpf_insn instruction(int code, unsigned to, unsigned from, int offset, int number)
{
	return (struct bpf_insn){ .code = (uint8_t)code,
				  .dst_reg = to & 0xFu,
				  .src_reg = from & 0xFu,
				  .off = (int16_t)offset,
				  .imm = number };
}

/*
 * One packet more; product = product * FACTOR + packets, by what the map holds. Linux,
 * bpf/standardization/instruction-set.rst (bpf/instruction-set.rst in 6.1) has the instructions.
 */
static int load_program(int map)
{
	const struct bpf_insn program[] = {
		instruction(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
		instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, -4),
		instruction(BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0),
		instruction(LOAD_NUMBER, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
		instruction(0, 0, 0, 0, 0),
		instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		instruction(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 9, 0),
		instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
		instruction(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 8 * PACKETS,
			    BPF_ADD),
		instruction(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 8 * PRODUCT, 0),
		instruction(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_0, 8 * PACKETS, 0),
		instruction(LOAD_NUMBER, BPF_REG_3, 0, 0, (int)(uint32_t)FACTOR),
		instruction(0, 0, 0, 0, (int)(FACTOR >> 32)),
		instruction(BPF_ALU64 | BPF_MUL | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0),
		instruction(BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0),
		instruction(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, 8 * PRODUCT, 0),
		instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 65535),
		instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (uintptr_t)program,
				.insn_cnt = COUNT(program),
				.license = (uintptr_t) "GPL" };

	return call_bpf(BPF_PROG_LOAD, &load);
}

static bool send_packets(const int *sockets, unsigned count)
{
	char byte;

	for (unsigned n = 0; n < count; n++)
		CHECK_BOOL(write(sockets[0], "u", 1) == 1 && read(sockets[1], &byte, 1) == 1,
			   "packet %u: %s", n, strerror(errno));
	return true;
}

TEST(bpf, packets)
{
	const unsigned count = 200 * test_storm;
	uint32_t key = 0;
	uint64_t found[2] = { 0 }, product = 0;
	int map = make_map(), program, sockets[2];
	union bpf_attr look = { .map_fd = (uint32_t)map,
				.key = (uintptr_t)&key,
				.value = (uintptr_t)found };

	if (map < 0 && (errno == ENOSYS || errno == EPERM)) {
		test_skip("no bpf(2): %s", strerror(errno));
		return;
	}
	CHECK(map >= 0, "the map: %s", strerror(errno));
	program = load_program(map);
	CHECK(program >= 0, "the program: %s", strerror(errno));
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) == 0 &&
		      setsockopt(sockets[1], SOL_SOCKET, SO_ATTACH_BPF, &program,
				 sizeof(program)) == 0,
	      "the socket: %s", strerror(errno));
	if (!send_packets(sockets, count))
		return;
	for (unsigned n = 1; n <= count; n++)
		product = product * FACTOR + n;
	CHECK(call_bpf(BPF_MAP_LOOKUP_ELEM, &look) == 0, "the map: %s", strerror(errno));
	CHECK(found[PACKETS] == count && found[PRODUCT] == product,
	      "%llu packets and %llx, not %u and %llx", (unsigned long long)found[PACKETS],
	      (unsigned long long)found[PRODUCT], count, (unsigned long long)product);
}
