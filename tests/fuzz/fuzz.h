/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every fuzzer has: the function that libFuzzer calls, and a check that
 * ends the run with the place where it failed.
 */
#ifndef UMBRA_TESTS_FUZZ_FUZZ_H
#define UMBRA_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();							\
		}									\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
