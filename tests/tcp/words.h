/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What came of a call, in words that a table can hold.
 */
#ifndef WORDS_H
#define WORDS_H

#include "trace.h"

#include <stddef.h>

struct words {
    char text[200];
    size_t len;
};

/* Puts more behind what is there. */
void words_say(struct words *w, const char *format, ...) TRACE_LIKE(2);
/* Of enum rn_mask: "READABLE,WRITABLE". */
void words_mask(struct words *w, uint32_t mask);
/* "7", "-EAGAIN", or with mask what words_mask says of it. */
void words_result(struct words *w, ptrdiff_t result, bool mask);

#endif
