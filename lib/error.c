// SPDX-License-Identifier: GPL-2.0-only
/* Error codes in words, for messages: people who read the log cannot look a number up. */
#include "lib/error.h"

const char *error_words(int error)
{
	switch (error < 0 ? -(unsigned)error : (unsigned)error) {
	case E_INVAL:
		return "a value makes no sense";
	case E_RANGE:
		return "a value lies outside its limits";
	case E_NOMEM:
		return "no memory is left";
	case E_NOENT:
		return "there is no such thing";
	case E_EXIST:
		return "it is taken already";
	case E_NOSPC:
		return "there is no room left for it";
	case E_IO:
		return "the device does not answer as it should";
	case E_TRUNCATED:
		return "it ends too early";
	case E_UNSUPPORTED:
		return "it is of a kind that Umbra does not support";
	default:
		return "for an unknown reason";
	}
}
