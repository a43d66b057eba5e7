/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a processor does with one access through one directory entry and one
 * page-table entry: a model written from the manual (Intel SDM volume 3,
 * sections 4.6, 4.7 and 4.8), knowing nothing of shadow tables.
 */
#ifndef UMBRA_GUEST_ACCESS_MODEL_H
#define UMBRA_GUEST_ACCESS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum access_kind {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_EXECUTE,
	ACCESS_KINDS
};

/* One case: the bits P W U A D of both entries (others clear), and who does what. */
struct access_case {
	uint32_t directory;
	uint32_t page;
	enum access_kind kind;
	bool user;
};

struct access_outcome {
	bool faults;
	uint32_t error;                 /* of the fault */
	uint32_t directory;             /* the entries afterwards */
	uint32_t page;
};

/* CR0.WP is set, SMEP and SMAP are off, NX is not in use. */
struct access_outcome model_predict(const struct access_case *access);

#endif
