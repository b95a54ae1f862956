/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A checked view of bytes that belong to somebody else. Decoders take from its front; a take that does not
 * fit gives NULL and leaves the view as it was, and nobody else compares lengths.
 */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include <stddef.h>
#include <stdint.h>

struct view {
    const uint8_t *at;
    size_t len;
};

static inline struct view view_of(const void *at, size_t len)
{
    return (struct view){(const uint8_t *)at, len};
}

/* The first n bytes, which the view then no longer holds; NULL when there are fewer. (Of a view of NULL, no
 * bytes are NULL too.) */
static inline const uint8_t *view_take(struct view *v, size_t n)
{
    const uint8_t *at = v->at;

    if (n > v->len)
        return NULL;
    v->at = at + n;
    v->len -= n;
    return at;
}

/* Cuts the view to at most n bytes. */
static inline void view_trim(struct view *v, size_t n)
{
    if (n < v->len)
        v->len = n;
}

#endif
