/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue of bytes over chunks. Bytes enter at the tail's end and leave at the head's start, and a chunk that
 * holds none does not exist: so an empty queue costs nothing, and each chunk in the list has at least one
 * byte, which is what makes every walk here a short one. But for the tail while it is reserved: it goes when
 * something is put behind it, or when it alone is left.
 *
 * A connection's send queue is filled here by the application and read by tcp/out, at any offset and as often
 * as it has to be sent; its receive queue is filled by tcp/in, chunk by chunk from what waited out of order.
 * What the bytes mean, and their sequence numbers, are the caller's.
 */
#include "queue.h"
#include "sum.h"

#include <string.h>

/* Lent bytes in one chunk: what start and end can count. */
enum { LENT_MAX = 65535 };

/* Content up to this is rather copied than handed over with its chunk: a peer that sends single bytes out of
 * order would otherwise have each charged as 256, and the copy is four cache lines at most. */
enum { COPY_MAX = 256 };

static inline uint32_t size_of(const struct queue_chunk *c)
{
    return c->kind == QUEUE_IS_SMALL ? QUEUE_SMALL : c->kind == QUEUE_IS_LARGE ? QUEUE_LARGE : QUEUE_LENT;
}

/* Room at the end. What was consumed at the start is not used again: the rest would have to be moved down. */
static inline uint32_t room_in(const struct queue_chunk *c)
{
    return c->kind == QUEUE_IS_LENT ? 0 : size_of(c) - QUEUE_HEADER - c->end;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void queue_pools_init(struct queue_pools *p, struct slabs *s)
{
    slab_pool(&p->small, s, QUEUE_SMALL);
    slab_pool(&p->large, s, QUEUE_LARGE);
    slab_pool(&p->lent, s, QUEUE_LENT);
}

/* Puts a chunk, the last of its list, behind the tail. */
static inline void link_chunk(struct queue *q, const struct queue_pools *p, uint32_t id, uint32_t size)
{
    if (q->tail != 0)
        queue_chunk_at(p, q->tail)->next = id;
    else
        q->head = id;
    q->tail = id;
    q->charged += size;
}

/* Takes the head out of the list and returns its id; the chunk stays the caller's. */
static inline uint32_t unlink_head(struct queue *q, const struct queue_chunk *head)
{
    const uint32_t id = q->head;

    q->head = head->next;
    if (q->head == 0)
        q->tail = 0;
    q->charged -= size_of(head);
    return id;
}

/* Takes the head out and gives it back. */
static inline void drop_head(struct queue *q, struct queue_pools *p, const struct queue_chunk *head)
{
    struct pool *pool = queue_pool_of(p, head);

    slab_give(pool, unlink_head(q, head));
}

/* Takes the tail, which holds nothing, out again. */
static void drop_empty_tail(struct queue *q, struct queue_pools *p)
{
    uint32_t id = q->head, last = q->tail;

    q->charged -= size_of(queue_chunk_at(p, last));
    if (id == last) {
        q->head = q->tail = 0;
    } else {
        while (queue_chunk_at(p, id)->next != last)
            id = queue_chunk_at(p, id)->next;
        queue_chunk_at(p, id)->next = 0;
        q->tail = id;
    }
    slab_give(queue_pool_of(p, queue_chunk_at(p, last)), last);
}

/* What was reserved is no longer wanted. */
static inline void forget_reserved(struct queue *q, struct queue_pools *p)
{
    if (q->tail != 0 && queue_held_in(queue_chunk_at(p, q->tail)) == 0)
        drop_empty_tail(q, p);
}

/* An empty chunk of that kind at the end; NULL: there is none to be had. */
static inline struct queue_chunk *add_kind(struct queue *q, struct queue_pools *p, struct pool *pool,
                                           uint8_t kind)
{
    uint32_t id = slab_take(pool);
    struct queue_chunk *c;

    if (id == 0)
        return NULL;
    c = queue_chunk_at(p, id);
    *c = (struct queue_chunk){.kind = kind};
    link_chunk(q, p, id, pool->item_bytes);
    return c;
}

/* Adds an empty chunk for n more bytes: small if they all fit in it, or if no large one is to be had. */
static struct queue_chunk *add_chunk(struct queue *q, struct queue_pools *p, uint32_t n)
{
    struct queue_chunk *c = n > QUEUE_SMALL - QUEUE_HEADER ? add_kind(q, p, &p->large, QUEUE_IS_LARGE) : NULL;

    return c ? c : add_kind(q, p, &p->small, QUEUE_IS_SMALL);
}

/* Puts as many of n bytes in as there is room for. n is not 0: from may be NULL then. */
static inline uint32_t fill(struct queue_chunk *c, const uint8_t *from, uint32_t n)
{
    uint8_t *at = c->bytes + c->end;

    n = least(n, room_in(c));
    c->end = (uint16_t)(c->end + n);
    memcpy(at, from, n);
    return n;
}

uint32_t queue_append_more(struct queue *q, struct queue_pools *p, const void *data, uint32_t len)
{
    const uint8_t *from = data;
    uint32_t done = 0;

    while (done < len) {
        struct queue_chunk *c = q->tail != 0 ? queue_chunk_at(p, q->tail) : NULL;

        if (c == NULL || room_in(c) == 0)
            c = add_chunk(q, p, len - done);
        if (c == NULL)
            break;
        done += fill(c, from + done, len - done);
    }
    q->bytes += done;
    return done;
}

bool queue_append_lent(struct queue *q, struct queue_pools *p, const void *data, uint32_t len)
{
    const uint8_t *from = data;
    struct queue before;
    uint32_t left = len;

    forget_reserved(q, p);
    before = *q;
    while (left > 0) {
        uint32_t n = least(left, LENT_MAX);
        struct queue_chunk *c = add_kind(q, p, &p->lent, QUEUE_IS_LENT);

        if (c == NULL) { /* takes back what was put in */
            struct queue cut = *q;

            cut.head = before.tail ? queue_chunk_at(p, before.tail)->next : q->head;
            if (before.tail)
                queue_chunk_at(p, before.tail)->next = 0;
            *q = before;
            if (cut.head)
                queue_clear(&cut, p);
            return false;
        }
        memcpy(c->bytes, &from, sizeof from);
        c->end = (uint16_t)n;
        from += n;
        left -= n;
        c->last_of_piece = left == 0;
    }
    q->bytes += len;
    return true;
}

uint8_t *queue_reserve(struct queue *q, struct queue_pools *p, uint32_t want, uint32_t *room)
{
    struct queue_chunk *c = q->tail != 0 ? queue_chunk_at(p, q->tail) : NULL;

    if (c == NULL || room_in(c) == 0)
        c = add_chunk(q, p, want);
    if (c == NULL)
        return NULL;
    *room = least(want, room_in(c));
    return c->bytes + c->end;
}

void queue_commit(struct queue *q, struct queue_pools *p, uint32_t n)
{
    struct queue_chunk *c = queue_chunk_at(p, q->tail);

    c->end = (uint16_t)(c->end + n);
    q->bytes += n;
    forget_reserved(q, p);
}

uint32_t queue_consume_pieces(struct queue *q, struct queue_pools *p, uint32_t n, struct queue_cursor *cursor)
{
    uint32_t lent = 0;

    if (cursor != NULL && cursor->offset >= n)
        cursor->offset -= n;
    else if (cursor != NULL) /* its chunk will be gone, or be the head: both are what all zero says */
        *cursor = (struct queue_cursor){0};
    q->bytes -= n;
    while (n > 0) { /* a chunk goes with its last byte, even if it is the tail and has room */
        struct queue_chunk *head = queue_chunk_at(p, q->head);
        const uint32_t held = queue_held_in(head);

        if (n < held) {
            head->start = (uint16_t)(head->start + n);
            return lent;
        }
        lent += head->last_of_piece;
        drop_head(q, p, head);
        n -= held;
    }
    if (q->bytes == 0)
        forget_reserved(q, p);
    return lent;
}

/* The place of the byte at offset, which is held, walking on from `at`, which is not behind it. */
static inline const struct queue_chunk *walk_to(const struct queue_pools *p, uint32_t offset,
                                                struct queue_cursor *at)
{
    const struct queue_chunk *c = queue_chunk_at(p, at->chunk);

    while (offset - at->offset >= queue_held_in(c)) {
        at->offset += queue_held_in(c);
        at->chunk = c->next;
        c = queue_chunk_at(p, at->chunk);
    }
    return c;
}

void queue_copy(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to, uint32_t len)
{
    struct queue_cursor at = {q->head, 0};
    uint8_t *out = to;

    while (len > 0) {
        const struct queue_chunk *c = walk_to(p, offset, &at);
        const uint32_t skip = offset - at.offset, n = least(len, queue_held_in(c) - skip);

        memcpy(out, queue_first_of(c) + skip, n);
        out += n;
        offset += n;
        len -= n;
    }
}

/* Copies what lies in more than one chunk; the sum of a piece that begins at an odd byte has its bytes
 * swapped. */
static uint32_t copy_pieces(const struct queue_pools *p, uint32_t offset, uint8_t *to, uint32_t len,
                            struct queue_cursor *at)
{
    uint32_t sum = 0, done = 0;

    while (done < len) {
        const struct queue_chunk *c = walk_to(p, offset + done, at);
        const uint32_t skip = offset + done - at->offset, n = least(len - done, queue_held_in(c) - skip);
        const uint32_t part = sum_copy(to + done, queue_first_of(c) + skip, n);

        sum = sum_fold(sum + (done & 1 ? sum_odd(part) : part));
        done += n;
    }
    return sum;
}

uint64_t queue_copy_sum_pieces(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to,
                               uint32_t len, struct queue_cursor *cursor)
{
    struct queue_cursor at = {q->head, 0}, unused;
    const struct queue_chunk *c;

    if (cursor == NULL)
        cursor = &unused;
    else if (cursor->chunk != 0 && cursor->offset <= offset)
        at = *cursor;
    c = walk_to(p, offset, &at);
    offset -= at.offset;
    *cursor = at;
    if (len <= queue_held_in(c) - offset) /* one segment out of one chunk */
        return sum_copy_total(to, queue_first_of(c) + offset, len);
    return copy_pieces(p, at.offset + offset, to, len, cursor);
}

/* Moves the head, or its first n bytes if it has more. Returns how many: less only for lack of budget. */
static uint32_t move_head(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n)
{
    struct queue_chunk *head = queue_chunk_at(p, from->head);
    const uint32_t held = queue_held_in(head);
    const uint32_t room = to->tail != 0 ? room_in(queue_chunk_at(p, to->tail)) : 0;

    /* The two cases in which bytes are copied: the odd end, for which to may need a chunk and not get it, and
     * small content, for which it does not. Who drops a lent piece's last byte is told: it is handed over. */
    if (n < held || (held <= COPY_MAX && held <= room && head->kind != QUEUE_IS_LENT)) {
        n = queue_append(to, p, queue_first_of(head), least(n, held));
        queue_consume(from, p, n, NULL);
        return n;
    }
    link_chunk(to, p, unlink_head(from, head), size_of(head));
    head->next = 0; /* still named what comes after it in from */
    to->bytes += held;
    from->bytes -= held;
    return held;
}

uint32_t queue_move_pieces(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n)
{
    uint32_t done = 0;

    forget_reserved(to, p);
    while (done < n) {
        const uint32_t moved = move_head(to, from, p, n - done);

        if (moved == 0)
            break;
        done += moved;
    }
    if (from->bytes == 0)
        forget_reserved(from, p);
    return done;
}

void queue_concat(struct queue *to, struct queue *from, struct queue_pools *p)
{
    forget_reserved(to, p);
    if (from->head == 0)
        return;
    if (to->tail != 0)
        queue_chunk_at(p, to->tail)->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    to->bytes += from->bytes;
    to->charged += from->charged;
    *from = (struct queue){0};
}

uint32_t queue_clear(struct queue *q, struct queue_pools *p)
{
    uint32_t lent = 0;

    while (q->head != 0) {
        struct queue_chunk *head = queue_chunk_at(p, q->head);

        lent += head->last_of_piece;
        drop_head(q, p, head);
    }
    q->bytes = 0;
    return lent;
}

uint32_t queue_room(const struct queue *q, const struct queue_pools *p)
{
    return q->tail != 0 ? room_in(queue_chunk_at(p, q->tail)) : 0;
}

struct view queue_front(const struct queue *q, const struct queue_pools *p)
{
    const struct queue_chunk *head;

    if (q->head == 0)
        return view_of(NULL, 0);
    head = queue_chunk_at(p, q->head);
    return view_of(queue_first_of(head), queue_held_in(head));
}
