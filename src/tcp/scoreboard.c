/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The spans stand in an array in the order of the sequence space. Everything that happens to bytes is done to
 * whole spans, after cutting at most two of them at the edges; what has come to the same fate and touches is
 * joined again. When there is no memory for a cut, the reading that cannot do harm is taken: what would have
 * been SACKed only in part is not SACKed, what would have gone again in part counts as gone whole and can be
 * found lost later.
 *
 * Of joined spans the later time counts and no round trip is read: for spans that were SACKed or are lost
 * nobody asks for either, so those are always joined.
 */
#include "scoreboard.h"

static const struct array_kind spans_kind = {sizeof(struct span), SCOREBOARD_OWN};

static struct span *spans_of(const struct scoreboard *b, const struct array_pools *p)
{
    return array_at(&b->spans, p, (void *)(uintptr_t)b->own);
}

/* a was sent later than b. */
static bool is_later(uint32_t a_us, uint32_t b_us)
{
    return (int32_t)(a_us - b_us) > 0;
}

void scoreboard_init(struct scoreboard *b, seq32 una)
{
    b->spans = (struct array){0};
    b->una = b->nxt = una;
    b->sacked = b->lost = 0;
}

void scoreboard_clear(struct scoreboard *b, struct array_pools *p)
{
    if (b->spans.item)
        array_clear(&b->spans, p, &spans_kind);
    b->spans.count = 0;
    b->una = b->nxt;
    b->sacked = b->lost = 0;
}

/* Where span i begins. */
static seq32 start_of(const struct scoreboard *b, const struct span *spans, unsigned i)
{
    return i ? spans[i - 1].end : b->una;
}

static uint32_t len_of(const struct scoreboard *b, const struct span *spans, unsigned i)
{
    return (uint32_t)seq_diff(spans[i].end, start_of(b, spans, i));
}

/* The span that holds seq, una <= seq < nxt. */
static unsigned find(const struct scoreboard *b, const struct array_pools *p, seq32 seq)
{
    const struct span *spans = spans_of(b, p);
    unsigned low = 0, high = b->spans.count - 1u;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (seq_lt(seq, spans[middle].end))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Cuts so that a span begins at seq, una < seq < nxt. Returns its index; where there is no memory for it,
 * that of the span that holds seq, and *cut is false. */
static unsigned cut_at(struct scoreboard *b, struct array_pools *p, seq32 seq, bool *cut)
{
    unsigned i = find(b, p, seq);

    *cut = seq_eq(start_of(b, spans_of(b, p), i), seq);
    if (*cut)
        return i;
    *cut = array_insert(&b->spans, p, &spans_kind, b->own, i);
    if (!*cut)
        return i;
    spans_of(b, p)[i] = spans_of(b, p)[i + 1];
    spans_of(b, p)[i].end = seq;
    return i + 1;
}

static bool alike(const struct span *x, const struct span *y)
{
    if (x->flags & y->flags & (SPAN_SACKED | SPAN_LOST))
        return true;
    return x->flags == y->flags && x->sent_us == y->sent_us && x->sends == y->sends;
}

/* Joins what is alike among spans from..to and their neighbours. */
static void join(struct scoreboard *b, struct array_pools *p, unsigned from, unsigned to)
{
    unsigned i = from ? from - 1 : 0;

    while (i + 1 < b->spans.count && i <= to) {
        struct span *x = &spans_of(b, p)[i], *y = x + 1;

        if (!alike(x, y)) {
            i++;
            continue;
        }
        if (is_later(x->sent_us, y->sent_us))
            y->sent_us = x->sent_us;
        if (x->sends > y->sends)
            y->sends = x->sends;
        if (x->flags != y->flags || x->flags & (SPAN_SACKED | SPAN_LOST))
            y->flags |= x->flags | SPAN_UNTIMED;
        array_remove(&b->spans, p, &spans_kind, b->own, i, 1);
        to = to ? to - 1 : 0;
    }
}

/* ---- what was sent ------------------------------------------------------------------------------------ */

/* No memory for a span of its own: the bytes go with those before them. */
static __attribute__((noinline)) void extend_last(struct scoreboard *b, struct array_pools *p, uint32_t len,
                                                  uint32_t now_us)
{
    unsigned i = b->spans.count - 1u;
    struct span *last = &spans_of(b, p)[i];

    if (last->flags & SPAN_SACKED)
        b->sacked -= len_of(b, spans_of(b, p), i);
    if (last->flags & SPAN_LOST)
        b->lost -= len_of(b, spans_of(b, p), i);
    last->flags = SPAN_UNTIMED | (last->flags & SPAN_AGAIN);
    last->end = seq_add(last->end, len);
    last->sent_us = now_us;
}

void scoreboard_add_span(struct scoreboard *b, struct array_pools *p, uint32_t len, uint32_t now_us)
{
    unsigned n = b->spans.count;
    struct span *last = n ? &spans_of(b, p)[n - 1] : NULL;

    if (last && last->sent_us == now_us && !last->flags)
        last->end = b->nxt;
    else if (array_insert(&b->spans, p, &spans_kind, b->own, n))
        spans_of(b, p)[n] = (struct span){.end = b->nxt, .sent_us = now_us, .sends = 1};
    else
        extend_last(b, p, len, now_us);
}

void scoreboard_sent_again(struct scoreboard *b, struct array_pools *p, seq32 seq, uint32_t len,
                           uint32_t now_us)
{
    seq32 end = seq_add(seq, len);
    unsigned first = 0, i;
    bool cut = true;

    if (!seq_eq(seq, b->una))
        first = cut_at(b, p, seq, &cut);
    if (!seq_eq(end, b->nxt))
        cut_at(b, p, end, &cut);
    for (i = first; i < b->spans.count && seq_lt(start_of(b, spans_of(b, p), i), end); i++) {
        struct span *s = &spans_of(b, p)[i];

        if (s->flags & SPAN_SACKED)
            continue;
        if (s->flags & SPAN_LOST)
            b->lost -= len_of(b, spans_of(b, p), i);
        s->flags = (uint8_t)((s->flags & ~SPAN_LOST) | SPAN_AGAIN);
        s->sent_us = now_us;
        if (s->sends < UINT8_MAX)
            s->sends++;
    }
    join(b, p, first, i);
}

/* ---- what arrived ------------------------------------------------------------------------------------- */

/* Bytes start..end of a span are newly known to have arrived. */
static void deliver(const struct span *s, seq32 start, seq32 end, uint32_t now_us,
                    struct scoreboard_news *news)
{
    bool first = !news->any;

    news->delivered += (uint32_t)seq_diff(end, start);
    news->highest = first ? end : seq_max(news->highest, end);
    news->any = true;
    if (!(s->flags & SPAN_AGAIN) && (!news->lowest_known || seq_lt(start, news->lowest))) {
        news->lowest = start;
        news->lowest_known = true;
    }
    if (!first && (is_later(news->newest_us, s->sent_us) ||
                   (news->newest_us == s->sent_us && seq_lt(end, news->newest_end))))
        return;
    news->newest_us = s->sent_us;
    news->newest_end = end;
    news->newest_again = s->flags & SPAN_AGAIN;
    news->timed = !(s->flags & (SPAN_AGAIN | SPAN_UNTIMED));
    news->rtt_us = now_us - s->sent_us;
}

/* Span by span up to ack. */
void scoreboard_take_spans(struct scoreboard *b, struct array_pools *p, seq32 ack, uint32_t now_us,
                           struct scoreboard_news *news)
{
    struct span *spans = spans_of(b, p);
    unsigned i = 0;
    seq32 start = b->una;

    news->acked += (uint32_t)seq_diff(ack, b->una);
    while (i < b->spans.count && seq_lt(start, ack)) {
        seq32 end = seq_min(spans[i].end, ack);
        uint32_t len = (uint32_t)seq_diff(end, start);

        if (spans[i].flags & SPAN_SACKED)
            b->sacked -= len;
        else
            deliver(&spans[i], start, end, now_us, news);
        if (spans[i].flags & SPAN_LOST)
            b->lost -= len;
        start = end;
        if (seq_lt(end, spans[i].end))
            break;
        i++;
    }
    b->una = ack;
    array_remove(&b->spans, p, &spans_kind, b->own, 0, i);
}

uint32_t scoreboard_sacked(struct scoreboard *b, struct array_pools *p, seq32 left, seq32 right,
                           uint32_t now_us, struct scoreboard_news *news)
{
    uint32_t before = b->sacked;
    unsigned first = 0, i;
    bool cut = true;

    left = seq_max(left, b->una);
    right = seq_min(right, b->nxt);
    if (!seq_lt(left, right))
        return 0;
    if (!seq_eq(left, b->una))
        first = cut_at(b, p, left, &cut);
    if (!cut)
        first++; /* a part of it only: not SACKed */
    if (!seq_eq(right, b->nxt))
        cut_at(b, p, right, &cut);
    for (i = first; i < b->spans.count && seq_le(spans_of(b, p)[i].end, right); i++) {
        struct span *s = &spans_of(b, p)[i];
        uint32_t len = len_of(b, spans_of(b, p), i);

        if (s->flags & SPAN_SACKED)
            continue;
        deliver(s, start_of(b, spans_of(b, p), i), s->end, now_us, news);
        if (s->flags & SPAN_LOST)
            b->lost -= len;
        b->sacked += len;
        s->flags = (uint8_t)((s->flags & ~SPAN_LOST) | SPAN_SACKED);
    }
    join(b, p, first, i);
    return b->sacked - before;
}

/* ---- what is lost ------------------------------------------------------------------------------------- */

bool scoreboard_next_lost(const struct scoreboard *b, const struct array_pools *p, seq32 *seq, uint32_t *len)
{
    const struct span *spans = spans_of(b, p);

    if (!b->lost)
        return false;
    for (unsigned i = 0; i < b->spans.count; i++) {
        if (!(spans[i].flags & SPAN_LOST))
            continue;
        *seq = start_of(b, spans, i);
        *len = len_of(b, spans, i);
        return true;
    }
    return false;
}

/* Returns the bytes newly marked. */
static uint32_t lose(struct scoreboard *b, struct array_pools *p, unsigned i)
{
    struct span *s = &spans_of(b, p)[i];
    uint32_t len = len_of(b, spans_of(b, p), i);

    if (s->flags & (SPAN_SACKED | SPAN_LOST))
        return 0;
    s->flags |= SPAN_LOST;
    b->lost += len;
    return len;
}

uint32_t scoreboard_lose_first(struct scoreboard *b, struct array_pools *p, uint32_t len)
{
    seq32 end = seq_add(b->una, len);
    uint32_t marked = 0;
    unsigned i;
    bool cut;

    if (!b->spans.count || !len)
        return 0;
    if (seq_lt(end, b->nxt))
        cut_at(b, p, end, &cut);
    for (i = 0; i < b->spans.count && seq_lt(start_of(b, spans_of(b, p), i), end); i++)
        marked += lose(b, p, i);
    join(b, p, 0, i);
    return marked;
}

void scoreboard_lose_all(struct scoreboard *b, struct array_pools *p)
{
    for (unsigned i = 0; i < b->spans.count; i++)
        lose(b, p, i);
    join(b, p, 0, b->spans.count);
}

uint32_t scoreboard_detect(struct scoreboard *b, struct array_pools *p, uint32_t newest_us, seq32 newest_end,
                           uint32_t wait_us, uint32_t now_us, uint32_t *remain_us)
{
    uint32_t marked = 0, most = 0;

    for (unsigned i = 0; i < b->spans.count; i++) {
        const struct span *s = &spans_of(b, p)[i];
        uint32_t age = now_us - s->sent_us;

        if (s->flags & (SPAN_SACKED | SPAN_LOST) || is_later(s->sent_us, newest_us) ||
            (s->sent_us == newest_us && !seq_lt(s->end, newest_end)))
            continue;
        if (age >= wait_us)
            marked += lose(b, p, i);
        else if (wait_us - age > most)
            most = wait_us - age;
    }
    if (marked)
        join(b, p, 0, b->spans.count);
    *remain_us = most;
    return marked;
}

void scoreboard_forget_sacked(struct scoreboard *b, struct array_pools *p)
{
    for (unsigned i = 0; i < b->spans.count; i++)
        spans_of(b, p)[i].flags &= (uint8_t)~SPAN_SACKED;
    b->sacked = 0;
}

bool scoreboard_reneged(const struct scoreboard *b, const struct array_pools *p)
{
    return b->sacked && spans_of(b, p)[0].flags & SPAN_SACKED;
}

bool scoreboard_first(const struct scoreboard *b, const struct array_pools *p, uint32_t *sent_us,
                      unsigned *sends)
{
    const struct span *s = spans_of(b, p);

    if (!b->spans.count)
        return false;
    *sent_us = s->sent_us;
    *sends = s->sends;
    return true;
}
