/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pointers from many threads to one, in a ring whose cells count: nobody ever waits, and a full ring is an
 * answer. And the two words by which the reader goes to sleep without missing what comes meanwhile.
 *
 *      cell i is empty for turn n          turn == i + n * size
 *      cell i holds the n-th message       turn == i + n * size + 1
 *
 * A writer claims a place by moving `tail`, writes, and says so in the cell's turn; the reader looks at one
 * cell alone. A writer that is interrupted in between holds up what came after it, and nobody else.
 *
 * Sleep: the reader says "asleep", then looks once more; a writer writes, then asks who is asleep. One of the
 * two sees the other, and exactly one writer is told to wake it.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox_cell {
    uint32_t turn;
    void *message;
};

struct mailbox {
    struct mailbox_cell *cells;
    uint32_t mask; /* cells - 1 */
    uint32_t head; /* the reader's alone */
    uint32_t tail; /* claimed by writers */
    bool asleep;
};

/* cells: a power of two of them, at least 2. */
void mailbox_init(struct mailbox *m, struct mailbox_cell *cells, uint32_t count);

/* From any thread. False: it is full. *wake: the reader sleeps, and it is this caller's to wake it. */
bool mailbox_put(struct mailbox *m, void *message, bool *wake);

/* The reader's thread alone, as all below. False: there is none. */
bool mailbox_take(struct mailbox *m, void **message);

/* Something can be taken. */
bool mailbox_any(const struct mailbox *m);

/* How many there are, those included that are just being put in. */
uint32_t mailbox_count(const struct mailbox *m);

/* The reader is about to sleep. False: it must not, something has come. */
bool mailbox_sleeps(struct mailbox *m);

/* The reader is up. True: somebody was told to wake it, once since it said that it would sleep. */
bool mailbox_is_up(struct mailbox *m);

#endif
