/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue of bytes over chunks. Bytes enter at the tail's end and leave at the head's start, and a chunk that
 * holds none does not exist: so an empty queue costs nothing, and each chunk in the list has at least one
 * byte, which is what makes every walk here a short one.
 *
 *      OFFSET SIZE MEANING
 *       0      4   next chunk's id, 0: the last
 *       4      2   start: where its first byte lies, counted from the header's end
 *       6      2   end: where the next byte would go
 *       8      1   kind: small (256 bytes in all), large (2,048), lent (64, and it holds none)
 *       9      1   of a lent one: it is the last of its piece
 *      10      6   unused
 *      16          bytes; of a lent one the address of the first, where `start` counts from
 *
 * A connection's send queue is filled here by the application and read by tcp/out, at any offset and as often
 * as it has to be sent; its receive queue is filled by tcp/in, chunk by chunk from what waited out of order.
 * What the bytes mean, and their sequence numbers, are the caller's.
 */
#include "queue.h"
#include "sum.h"

#include <string.h>

enum { SMALL, LARGE, LENT };

struct chunk {
    uint32_t next;
    uint16_t start, end;
    uint8_t kind, last_of_piece, unused[6];
    uint8_t bytes[];
};
_Static_assert(sizeof(struct chunk) == QUEUE_HEADER, "a chunk's header is 16 bytes");

/* Lent bytes in one chunk: what start and end can count. */
enum { LENT_MAX = 65535 };

/* Content up to this is rather copied than handed over with its chunk: a peer that sends single bytes out of
 * order would otherwise have each charged as 256, and the copy is four cache lines at most. */
enum { COPY_MAX = 256 };

/* Both pools' ids name places in the same slabs: no need to know which pool an id is from. */
static inline struct chunk *chunk_at(const struct queue_pools *p, uint32_t id)
{
    return slab_at(p->small.slabs, id);
}

static inline uint32_t size_of(const struct chunk *c)
{
    return c->kind == SMALL ? QUEUE_SMALL : c->kind == LARGE ? QUEUE_LARGE : QUEUE_LENT;
}

static inline struct pool *pool_of(struct queue_pools *p, const struct chunk *c)
{
    return c->kind == SMALL ? &p->small : c->kind == LARGE ? &p->large : &p->lent;
}

static inline uint32_t held_in(const struct chunk *c)
{
    return (uint32_t)c->end - c->start;
}

/* Where its first byte lies. */
static inline const uint8_t *first_of(const struct chunk *c)
{
    const uint8_t *at = c->bytes;

    if (c->kind == LENT)
        memcpy(&at, c->bytes, sizeof at);
    return at + c->start;
}

/* Room at the end. What was consumed at the start is not used again: the rest would have to be moved down. */
static inline uint32_t room_in(const struct chunk *c)
{
    return c->kind == LENT ? 0 : size_of(c) - QUEUE_HEADER - c->end;
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
        chunk_at(p, q->tail)->next = id;
    else
        q->head = id;
    q->tail = id;
    q->charged += size;
}

/* Takes the head out of the list and returns its id; the chunk stays the caller's. */
static inline uint32_t unlink_head(struct queue *q, const struct chunk *head)
{
    const uint32_t id = q->head;

    q->head = head->next;
    if (q->head == 0)
        q->tail = 0;
    q->charged -= size_of(head);
    return id;
}

/* Takes the head out and gives it back. */
static inline void drop_head(struct queue *q, struct queue_pools *p, const struct chunk *head)
{
    struct pool *pool = pool_of(p, head);

    slab_give(pool, unlink_head(q, head));
}

/* An empty chunk of that kind at the end; NULL: there is none to be had. */
static inline struct chunk *add_kind(struct queue *q, struct queue_pools *p, struct pool *pool, uint8_t kind)
{
    uint32_t id = slab_take(pool);
    struct chunk *c;

    if (id == 0)
        return NULL;
    c = chunk_at(p, id);
    *c = (struct chunk){.kind = kind};
    link_chunk(q, p, id, pool->item_bytes);
    return c;
}

/* Adds an empty chunk for n more bytes: small if they all fit in it, or if no large one is to be had. */
static struct chunk *add_chunk(struct queue *q, struct queue_pools *p, uint32_t n)
{
    struct chunk *c = n > QUEUE_SMALL - QUEUE_HEADER ? add_kind(q, p, &p->large, LARGE) : NULL;

    return c ? c : add_kind(q, p, &p->small, SMALL);
}

/* Puts as many of n bytes in as there is room for. n is not 0: from may be NULL then. */
static inline uint32_t fill(struct chunk *c, const uint8_t *from, uint32_t n)
{
    uint8_t *at = c->bytes + c->end;

    n = least(n, room_in(c));
    c->end = (uint16_t)(c->end + n);
    memcpy(at, from, n);
    return n;
}

uint32_t queue_append(struct queue *q, struct queue_pools *p, const void *data, uint32_t len)
{
    const uint8_t *from = data;
    uint32_t done = 0;

    while (done < len) {
        struct chunk *c = q->tail != 0 ? chunk_at(p, q->tail) : NULL;

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
    struct queue before = *q;
    const uint8_t *from = data;
    uint32_t left = len;

    while (left > 0) {
        uint32_t n = least(left, LENT_MAX);
        struct chunk *c = add_kind(q, p, &p->lent, LENT);

        if (c == NULL) { /* takes back what was put in */
            struct queue cut = *q;

            cut.head = before.tail ? chunk_at(p, before.tail)->next : q->head;
            if (before.tail)
                chunk_at(p, before.tail)->next = 0;
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
    struct chunk *c = q->tail != 0 ? chunk_at(p, q->tail) : NULL;

    if (c == NULL || room_in(c) == 0)
        c = add_chunk(q, p, want);
    if (c == NULL)
        return NULL;
    *room = least(want, room_in(c));
    return c->bytes + c->end;
}

/* Takes the tail, which holds nothing, out again. */
static void drop_empty_tail(struct queue *q, struct queue_pools *p)
{
    uint32_t id = q->head, last = q->tail;

    q->charged -= size_of(chunk_at(p, last));
    if (id == last) {
        q->head = q->tail = 0;
    } else {
        while (chunk_at(p, id)->next != last)
            id = chunk_at(p, id)->next;
        chunk_at(p, id)->next = 0;
        q->tail = id;
    }
    slab_give(pool_of(p, chunk_at(p, last)), last);
}

void queue_commit(struct queue *q, struct queue_pools *p, uint32_t n)
{
    struct chunk *c = chunk_at(p, q->tail);

    c->end = (uint16_t)(c->end + n);
    q->bytes += n;
    if (held_in(c) == 0)
        drop_empty_tail(q, p);
}

uint32_t queue_consume(struct queue *q, struct queue_pools *p, uint32_t n, struct queue_cursor *cursor)
{
    uint32_t lent = 0;

    if (cursor != NULL && cursor->offset >= n)
        cursor->offset -= n;
    else if (cursor != NULL) /* its chunk will be gone, or be the head: both are what all zero says */
        *cursor = (struct queue_cursor){0};
    q->bytes -= n;
    while (n > 0) { /* a chunk goes with its last byte, even if it is the tail and has room */
        struct chunk *head = chunk_at(p, q->head);
        const uint32_t held = held_in(head);

        if (n < held) {
            head->start = (uint16_t)(head->start + n);
            return lent;
        }
        lent += head->last_of_piece;
        drop_head(q, p, head);
        n -= held;
    }
    return lent;
}

/* The place of the byte at offset, which is held, walking on from `at`, which is not behind it. */
static inline const struct chunk *walk_to(const struct queue_pools *p, uint32_t offset,
                                          struct queue_cursor *at)
{
    const struct chunk *c = chunk_at(p, at->chunk);

    while (offset - at->offset >= held_in(c)) {
        at->offset += held_in(c);
        at->chunk = c->next;
        c = chunk_at(p, at->chunk);
    }
    return c;
}

void queue_copy(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to, uint32_t len)
{
    struct queue_cursor at = {q->head, 0};
    uint8_t *out = to;

    while (len > 0) {
        const struct chunk *c = walk_to(p, offset, &at);
        const uint32_t skip = offset - at.offset, n = least(len, held_in(c) - skip);

        memcpy(out, first_of(c) + skip, n);
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
        const struct chunk *c = walk_to(p, offset + done, at);
        const uint32_t skip = offset + done - at->offset, n = least(len - done, held_in(c) - skip);
        const uint32_t part = sum_copy(to + done, first_of(c) + skip, n);

        sum = sum_fold(sum + (done & 1 ? sum_odd(part) : part));
        done += n;
    }
    return sum;
}

uint32_t queue_copy_sum(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to,
                        uint32_t len, struct queue_cursor *cursor)
{
    struct queue_cursor at = {q->head, 0}, unused;
    const struct chunk *c;

    if (len == 0)
        return 0;
    if (cursor == NULL)
        cursor = &unused;
    else if (cursor->chunk != 0 && cursor->offset <= offset)
        at = *cursor;
    c = walk_to(p, offset, &at);
    offset -= at.offset;
    *cursor = at;
    /* Nearly always: one segment out of one chunk. */
    if (len <= held_in(c) - offset)
        return sum_copy(to, first_of(c) + offset, len);
    return copy_pieces(p, at.offset + offset, to, len, cursor);
}

/* Moves the head, or its first n bytes if it has more. Returns how many: less only for lack of budget. */
static uint32_t move_head(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n)
{
    struct chunk *head = chunk_at(p, from->head);
    const uint32_t held = held_in(head);
    const uint32_t room = to->tail != 0 ? room_in(chunk_at(p, to->tail)) : 0;

    /* The two cases in which bytes are copied: the odd end, for which to may need a chunk and not get it, and
     * small content, for which it does not. */
    if (n < held || (held <= COPY_MAX && held <= room)) {
        n = queue_append(to, p, first_of(head), least(n, held));
        queue_consume(from, p, n, NULL);
        return n;
    }
    link_chunk(to, p, unlink_head(from, head), size_of(head));
    head->next = 0; /* still named what comes after it in from */
    to->bytes += held;
    from->bytes -= held;
    return held;
}

uint32_t queue_move(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n)
{
    uint32_t done = 0;

    if (n == from->bytes && to->head == 0) { /* all of it, to nothing: the list changes hands */
        *to = *from;
        *from = (struct queue){0};
        return n;
    }
    while (done < n) {
        const uint32_t moved = move_head(to, from, p, n - done);

        if (moved == 0)
            break;
        done += moved;
    }
    return done;
}

void queue_concat(struct queue *to, struct queue *from, const struct queue_pools *p)
{
    if (from->head == 0)
        return;
    if (to->tail != 0)
        chunk_at(p, to->tail)->next = from->head;
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
        struct chunk *head = chunk_at(p, q->head);

        lent += head->last_of_piece;
        drop_head(q, p, head);
    }
    q->bytes = 0;
    return lent;
}

uint32_t queue_room(const struct queue *q, const struct queue_pools *p)
{
    return q->tail != 0 ? room_in(chunk_at(p, q->tail)) : 0;
}

struct view queue_front(const struct queue *q, const struct queue_pools *p)
{
    const struct chunk *head;

    if (q->head == 0)
        return view_of(NULL, 0);
    head = chunk_at(p, q->head);
    return view_of(first_of(head), held_in(head));
}
