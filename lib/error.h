/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The error codes of Umbra.  A function that can fail returns 0 (or a count)
 * on success and a negated code otherwise: `return -E_NOMEM;`.
 */
#ifndef UMBRA_LIB_ERROR_H
#define UMBRA_LIB_ERROR_H

enum error_code {
	E_INVAL = 1,	/* a value makes no sense */
	E_RANGE,	/* a value lies outside its limits */
	E_NOMEM,	/* no memory, or no frame, is left */
	E_NOENT,	/* what was named does not exist */
	E_EXIST,	/* what was to be made exists already */
	E_NOSPC,	/* a table or a buffer is full */
	E_IO,		/* a device failed */
	E_TRUNCATED,	/* an image ends before it should */
	E_UNSUPPORTED,	/* well formed, but nothing that Umbra does */
};

/*
 * What the code means, as a clause to stand behind a colon in a message; 0 and unknown numbers have
 * a clause, too.  error may be negated or not.  Any context.  Where the caller knows better what
 * went wrong, it says that instead.
 */
const char *error_words(int error);

#endif
