/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A library that is looked for when it is needed, so that programs need not have it.
 */
#ifndef DEV_LIBRARY_H
#define DEV_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
    const char *name; /* NULL: the end of the list */
    size_t at;        /* where the pointer to the function stands in the table */
};

/* Opens the first of these names (NULL: their end) that is there and finds all functions in it. What library_close
 * takes; NULL: there is none, or one without them. */
void *library_open(const char *const names[], const struct library_symbol symbols[], void *table);

/* A function that not all versions of the library have. False: *function is NULL. */
bool library_find(void *library, const char *name, void *function);

/* NULL: nothing. */
void library_close(void *library);

#endif
