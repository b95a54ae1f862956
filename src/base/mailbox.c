/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A bounded ring for many writers and one reader. What is written in one thread and read in another goes
 * through a cell's `turn`: stored with release when the message is in place, or when the place is free again,
 * and loaded with acquire. `tail` only hands out places. The sleeper's two words need one order that all
 * threads see, so they are the strongest there are; they are met once a round, not once a message.
 *
 * The stack's rn_post puts in, its rn_next takes out; how a sleeper is woken is the host's.
 */
#include "mailbox.h"

void mailbox_init(struct mailbox *m, struct mailbox_cell *cells, uint32_t count)
{
    *m = (struct mailbox){.cells = cells, .mask = count - 1};
    for (uint32_t i = 0; i < count; i++)
        cells[i] = (struct mailbox_cell){.turn = i};
}

/* A place of the caller's own; NULL: the one that would be next still holds a message. */
static struct mailbox_cell *claim(struct mailbox *m, uint32_t *place)
{
    uint32_t at = __atomic_load_n(&m->tail, __ATOMIC_RELAXED);

    for (;;) {
        struct mailbox_cell *cell = &m->cells[at & m->mask];
        int32_t ahead = (int32_t)(__atomic_load_n(&cell->turn, __ATOMIC_ACQUIRE) - at);

        if (ahead < 0)
            return NULL;
        *place = at;
        if (ahead > 0) /* another writer has it */
            at = __atomic_load_n(&m->tail, __ATOMIC_RELAXED);
        else if (__atomic_compare_exchange_n(&m->tail, &at, at + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return cell;
    }
}

bool mailbox_put(struct mailbox *m, void *message, bool *wake)
{
    uint32_t place;
    struct mailbox_cell *cell = claim(m, &place);

    if (!cell)
        return false;
    cell->message = message;
    __atomic_store_n(&cell->turn, place + 1, __ATOMIC_SEQ_CST);
    *wake = __atomic_load_n(&m->asleep, __ATOMIC_SEQ_CST) &&
            __atomic_exchange_n(&m->asleep, false, __ATOMIC_SEQ_CST);
    return true;
}

__attribute__((hot)) bool mailbox_take(struct mailbox *m, void **message)
{
    struct mailbox_cell *cell = &m->cells[m->head & m->mask];

    if (!mailbox_any(m))
        return false;
    *message = cell->message;
    m->head++;
    __atomic_store_n(&cell->turn, m->head + m->mask, __ATOMIC_RELEASE);
    return true;
}

__attribute__((hot)) bool mailbox_any(const struct mailbox *m)
{
    return __atomic_load_n(&m->cells[m->head & m->mask].turn, __ATOMIC_SEQ_CST) == m->head + 1;
}

uint32_t mailbox_count(const struct mailbox *m)
{
    return __atomic_load_n(&m->tail, __ATOMIC_RELAXED) - m->head;
}

__attribute__((hot)) bool mailbox_sleeps(struct mailbox *m)
{
    __atomic_store_n(&m->asleep, true, __ATOMIC_SEQ_CST);
    return !mailbox_any(m);
}

__attribute__((hot)) bool mailbox_is_up(struct mailbox *m)
{
    return !__atomic_exchange_n(&m->asleep, false, __ATOMIC_SEQ_CST);
}
