/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every segment is cut to what no island holds yet, piece by piece from the left: a piece before an island,
 * then on behind it. A piece that begins where an island ends is appended to it, one that ends where an
 * island begins is put in front, else it becomes an island of its own; islands that meet become one by
 * handing chunks over. What an island already holds is never overwritten.
 */
#include "reassembly.h"

#include <string.h>

static const struct array_kind islands_kind = {sizeof(struct reassembly_island), 0};

/* One call's worth of context. */
struct work {
    struct reassembly *r;
    struct array_pools *arrays;
    struct queue_pools *queues;
};

static struct reassembly_island *island_at(const struct reassembly *r, const struct array_pools *arrays,
                                           unsigned i)
{
    return (struct reassembly_island *)array_at(&r->islands, arrays, NULL) + i;
}

static seq32 end_of(const struct reassembly_island *i)
{
    return seq_add(i->seq, i->bytes.bytes);
}

/* The first island that ends behind seq; their count if none does. */
static unsigned find(const struct reassembly *r, const struct array_pools *arrays, seq32 seq)
{
    unsigned low = 0, high = r->islands.count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (seq_lt(seq, end_of(island_at(r, arrays, middle))))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The island with that byte was added to: it is the first to be told of (RFC 2018 4). */
static void note_recent(struct reassembly *r, const struct array_pools *arrays, seq32 seq)
{
    unsigned here = find(r, arrays, seq), n = 0;
    seq32 kept[REASSEMBLY_RECENT];

    for (unsigned i = 0; i < r->recents && n < REASSEMBLY_RECENT - 1; i++)
        if (find(r, arrays, r->recent[i]) != here)
            kept[n++] = r->recent[i];
    r->recent[0] = seq;
    memcpy(&r->recent[1], kept, n * sizeof kept[0]);
    r->recents = (uint8_t)(n + 1);
}

/* Puts from behind to. Small pieces are copied together, so that many of them cannot cost a chunk each. */
static void join(const struct work *w, struct queue *to, struct queue *from)
{
    queue_move(to, from, w->queues, from->bytes);
    if (from->bytes)
        queue_concat(to, from, w->queues);
}

/* Islands i and i + 1 touch. */
static void join_next(const struct work *w, unsigned i)
{
    struct reassembly_island *left = island_at(w->r, w->arrays, i);

    join(w, &left->bytes, &left[1].bytes);
    array_remove(&w->r->islands, w->arrays, &islands_kind, NULL, i + 1, 1);
}

/* A piece that touches the island before it, and maybe the one behind it, too. */
static enum drop append(const struct work *w, unsigned i, const uint8_t *bytes, uint32_t len)
{
    struct reassembly_island *left = island_at(w->r, w->arrays, i);
    uint32_t took = queue_append(&left->bytes, w->queues, bytes, len);

    if (took < len)
        return DROP_BUDGET;
    if (i + 1u < w->r->islands.count && seq_eq(end_of(left), left[1].seq))
        join_next(w, i);
    return DROP_NONE;
}

/* A piece that ends where an island begins: no new island is needed. */
static enum drop prepend(const struct work *w, unsigned i, const uint8_t *bytes, uint32_t len)
{
    struct reassembly_island *island = island_at(w->r, w->arrays, i);
    struct queue piece = {0};

    if (queue_append(&piece, w->queues, bytes, len) < len) {
        queue_clear(&piece, w->queues);
        return DROP_BUDGET;
    }
    island->seq = seq_add(island->seq, 0u - len);
    join(w, &piece, &island->bytes);
    island->bytes = piece;
    return DROP_NONE;
}

/* A piece alone, before island i. */
static enum drop settle(const struct work *w, unsigned i, seq32 seq, const uint8_t *bytes, uint32_t len)
{
    struct queue piece = {0};

    if (w->r->islands.count >= REASSEMBLY_ISLANDS)
        return DROP_REASSEMBLY;
    queue_append(&piece, w->queues, bytes, len);
    if (!piece.bytes || !array_insert(&w->r->islands, w->arrays, &islands_kind, NULL, i)) {
        queue_clear(&piece, w->queues);
        return DROP_BUDGET;
    }
    *island_at(w->r, w->arrays, i) = (struct reassembly_island){.seq = seq, .bytes = piece};
    return piece.bytes < len ? DROP_BUDGET : DROP_NONE;
}

/* A piece between islands i - 1 and i, overlapping neither. */
static enum drop put(const struct work *w, unsigned i, seq32 seq, const uint8_t *bytes, uint32_t len)
{
    if (i > 0 && seq_eq(end_of(island_at(w->r, w->arrays, i - 1)), seq))
        return append(w, i - 1, bytes, len);
    if (i < w->r->islands.count && seq_eq(island_at(w->r, w->arrays, i)->seq, seq_add(seq, len)))
        return prepend(w, i, bytes, len);
    return settle(w, i, seq, bytes, len);
}

/* What the pools have given out so far: the difference over a call is what it cost. */
static size_t used(const struct queue_pools *queues)
{
    return queues->small.slabs->used_bytes;
}

enum drop reassembly_keep(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues,
                          seq32 seq, const uint8_t *bytes, uint32_t len, seq32 *dup, uint32_t *dup_len)
{
    const struct work w = {r, arrays, queues};
    seq32 at = seq, end = seq_add(seq, len);
    size_t before = used(queues);
    enum drop result = DROP_NONE;

    *dup_len = 0;
    while (!result && seq_lt(at, end)) {
        unsigned i = find(r, arrays, at);
        const struct reassembly_island *next = i < r->islands.count ? island_at(r, arrays, i) : NULL;
        seq32 stop = end;

        if (next && seq_le(next->seq, at)) { /* this island has it */
            stop = seq_min(end, end_of(next));
            if (!*dup_len) {
                *dup = at;
                *dup_len = (uint32_t)seq_diff(stop, at);
            }
        } else {
            if (next)
                stop = seq_min(end, next->seq);
            result = put(&w, i, at, bytes + (uint32_t)seq_diff(at, seq), (uint32_t)seq_diff(stop, at));
        }
        at = stop;
    }
    if (len && r->islands.count && find(r, arrays, seq) < r->islands.count &&
        seq_le(island_at(r, arrays, find(r, arrays, seq))->seq, seq))
        note_recent(r, arrays, seq);
    r->charged += (uint32_t)(used(queues) - before);
    return result;
}

uint32_t reassembly_reached(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues,
                            struct queue *recv, seq32 rcv_nxt)
{
    const struct work w = {r, arrays, queues};
    uint32_t added = 0, others = recv->charged;
    size_t before = used(queues);

    while (r->islands.count) {
        struct reassembly_island *first = island_at(r, arrays, 0);
        uint32_t passed, left;

        if (seq_lt(rcv_nxt, first->seq))
            break;
        passed = (uint32_t)seq_diff(rcv_nxt, first->seq);
        if (passed > first->bytes.bytes)
            passed = first->bytes.bytes;
        queue_consume(&first->bytes, queues, passed, NULL);
        left = first->bytes.bytes;
        if (left)
            join(&w, recv, &first->bytes);
        added += left;
        rcv_nxt = seq_add(rcv_nxt, left);
        array_remove(&r->islands, arrays, &islands_kind, NULL, 0, 1);
    }
    if (!r->islands.count)
        r->recents = 0;
    /* Modulo 2^32: what recv is charged more, and what was given back, is ours no more. */
    r->charged += (uint32_t)(used(queues) - before) - (recv->charged - others);
    return added;
}

static bool is_told(const struct tcp_sack_block *blocks, unsigned n, seq32 left)
{
    for (unsigned i = 0; i < n; i++)
        if (seq_eq(blocks[i].left, left))
            return true;
    return false;
}

unsigned reassembly_blocks(const struct reassembly *r, const struct array_pools *arrays,
                           struct tcp_sack_block *blocks, unsigned max)
{
    unsigned n = 0, i;

    for (i = 0; i < r->recents + (unsigned)r->islands.count && n < max; i++) {
        unsigned which = i < r->recents ? find(r, arrays, r->recent[i]) : i - r->recents;
        const struct reassembly_island *island;

        if (which >= r->islands.count)
            continue;
        island = island_at(r, arrays, which);
        if (i < r->recents && seq_lt(r->recent[i], island->seq))
            continue; /* that island has been reached */
        if (is_told(blocks, n, island->seq))
            continue;
        blocks[n].left = island->seq;
        blocks[n++].right = end_of(island);
    }
    return n;
}

void reassembly_clear(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues)
{
    for (unsigned i = 0; i < r->islands.count; i++)
        queue_clear(&island_at(r, arrays, i)->bytes, queues);
    array_clear(&r->islands, arrays, &islands_kind);
    r->charged = 0;
    r->recents = 0;
}
