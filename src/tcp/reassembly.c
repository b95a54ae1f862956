/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every segment is cut to what no island holds yet, piece by piece from the left: a piece before an island,
 * then on behind it. A piece that begins where an island ends is appended to it, else it becomes an island
 * of its own; two islands that meet become one by handing chunks over.
 */
#include "reassembly.h"

static seq32 end_of(const struct conn_island *i)
{
    return seq_add(i->seq, i->bytes.bytes);
}

static void remove_island(struct conn_active *a, unsigned i)
{
    a->islands--;
    memmove(&a->island[i], &a->island[i + 1], (a->islands - i) * sizeof a->island[0]);
}

/* Puts from behind to. Small pieces are copied together, so that many of them cannot cost a chunk each. */
static void join(struct conns *s, struct queue *to, struct queue *from)
{
    queue_move(to, from, &s->queues, from->bytes);
    if (from->bytes)
        queue_concat(to, from, &s->queues);
}

/* The island that a piece at seq belongs to: one that ends there, or a new one before island i. */
static struct conn_island *place(struct conn_active *a, unsigned i, seq32 seq)
{
    if (i > 0 && seq_eq(end_of(&a->island[i - 1]), seq))
        return &a->island[i - 1];
    if (a->islands == CONN_ISLANDS)
        return NULL;
    memmove(&a->island[i + 1], &a->island[i], (a->islands - i) * sizeof a->island[0]);
    a->islands++;
    a->island[i] = (struct conn_island){.seq = seq};
    return &a->island[i];
}

/* Joins neighbours that touch, and forgets islands that got no byte. */
static void tidy(struct conns *s, struct conn_active *a)
{
    unsigned i = 0;

    while (i < a->islands) {
        if (a->island[i].bytes.bytes == 0) {
            remove_island(a, i);
        } else if (i + 1 < a->islands && seq_eq(end_of(&a->island[i]), a->island[i + 1].seq)) {
            join(s, &a->island[i].bytes, &a->island[i + 1].bytes);
            remove_island(a, i + 1);
        } else {
            i++;
        }
    }
}

/* Puts a piece that ends where an island begins in front of it: no new island is needed. */
static enum drop grow_left(struct conns *s, struct conn_island *island, const uint8_t *bytes, uint32_t len)
{
    struct queue piece = {0};

    if (queue_append(&piece, &s->queues, bytes, len) < len) {
        queue_clear(&piece, &s->queues);
        return DROP_BUDGET;
    }
    island->seq = seq_add(island->seq, -len);
    join(s, &piece, &island->bytes);
    island->bytes = piece;
    return DROP_NONE;
}

enum drop reassembly_keep(struct conns *s, struct conn *c, seq32 seq, const uint8_t *bytes, uint32_t len)
{
    struct conn_active *a = conn_memory_is_short(s) ? NULL : conn_activate(s, c);
    enum drop result = DROP_NONE;
    unsigned i = 0;

    if (!a)
        return DROP_BUDGET;
    while (len > 0 && result == DROP_NONE) {
        uint32_t piece = len, skip;
        struct conn_island *island;

        while (i < a->islands && seq_le(end_of(&a->island[i]), seq))
            i++;
        if (i < a->islands && seq_le(a->island[i].seq, seq)) {
            /* These are held already: go on behind them. */
            skip = (uint32_t)seq_diff(end_of(&a->island[i]), seq);
            piece = skip < len ? skip : len;
        } else {
            if (i < a->islands && seq_diff(a->island[i].seq, seq) < (int32_t)len)
                piece = (uint32_t)seq_diff(a->island[i].seq, seq);
            island = place(a, i, seq);
            if (!island && i < a->islands && seq_eq(seq_add(seq, piece), a->island[i].seq))
                result = grow_left(s, &a->island[i], bytes, piece);
            else if (!island)
                result = DROP_REASSEMBLY;
            else if (queue_append(&island->bytes, &s->queues, bytes, piece) < piece)
                result = DROP_BUDGET;
        }
        seq = seq_add(seq, piece);
        bytes += piece;
        len -= piece;
    }
    tidy(s, a);
    return result;
}

uint32_t reassembly_reached(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);
    seq32 next = c->rcv_nxt;
    uint32_t got = 0;

    while (a && a->islands && seq_le(a->island[0].seq, next)) {
        struct conn_island *first = &a->island[0];
        uint32_t held = first->bytes.bytes, known = (uint32_t)seq_diff(next, first->seq);

        if (known >= held) {
            queue_clear(&first->bytes, &s->queues);
        } else {
            queue_consume(&first->bytes, &s->queues, known, NULL);
            join(s, &a->recv, &first->bytes);
            next = seq_add(next, held - known);
            got += held - known;
        }
        remove_island(a, 0);
    }
    return got;
}
