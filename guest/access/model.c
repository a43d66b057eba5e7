// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's rules for page permissions as one function. No state.
 */
#include "guest/access/model.h"

#define P 0x01u
#define W 0x02u
#define U 0x04u
#define A 0x20u
#define D 0x40u

#define ERROR_PRESENT 1u
#define ERROR_WRITE 2u
#define ERROR_USER 4u

/* A right exists when every level grants it. */
static bool granted(const struct access_case *access, uint32_t right)
{
	return (access->directory & access->page & right) != 0;
}

struct access_outcome model_predict(const struct access_case *access)
{
	struct access_outcome outcome = {false, 0, access->directory, access->page};
	bool write = access->kind == ACCESS_WRITE;

	outcome.error = (write ? ERROR_WRITE : 0) | (access->user ? ERROR_USER : 0);
	if (!granted(access, P)) {
		outcome.faults = true;
		return outcome;
	}
	if ((access->user && !granted(access, U)) || (write && !granted(access, W))) {
		outcome.faults = true;
		outcome.error |= ERROR_PRESENT;
		return outcome;
	}
	outcome.directory |= A;
	outcome.page |= A | (write ? D : 0);
	return outcome;
}
