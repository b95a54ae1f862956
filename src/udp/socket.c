/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets lie in one array and are found by a keyed hash of protocol, addresses and ports. A datagram is
 * looked up three times at most: for its peer, for its own address, for any own address. Lists have limits at
 * true size, so an unread socket holds no more memory with tiny datagrams than with large ones; a single one
 * is always taken, however large.
 *
 * Called by stack/, which knows addresses, neighbours and the budget.
 */
#include "socket.h"

#include <errno.h>

enum { UNREACHABLE4 = 3, HOST_UNREACHABLE4 = 1, UNREACHABLE6 = 1, ADDRESS_UNREACHABLE6 = 3 };

static const struct addr anybody;

/* ---- the table ---------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct sockets *s, const struct socket_key *key)
{
    uint64_t word[3];

    memcpy(word, key, sizeof word);
    return hash_tuple(&s->hash_key, word[0], word[1], word[2]);
}

/* The one with exactly that key. */
static int look_up(const struct sockets *s, const struct socket_key *key)
{
    struct bucket_cursor cursor = {0};
    uint64_t hash = hash_of(s, key);
    uint32_t id;
    uint8_t kind;

    while (bucket_find(&s->table, hash, &cursor, &id, &kind))
        if (memcmp(&s->list[id].key, key, sizeof *key) == 0)
            return (int)id;
    return -1;
}

int socket_find_connected(const struct sockets *s, const struct socket_key *key)
{
    return look_up(s, key);
}

int socket_find(const struct sockets *s, const struct socket_key *key)
{
    struct socket_key bound = *key;
    int i = look_up(s, key);

    if (i >= 0)
        return i;
    bound.remote = anybody;
    bound.remote_port = 0;
    i = look_up(s, &bound);
    if (i >= 0)
        return i;
    bound.local = SOCKET_ANY;
    return look_up(s, &bound);
}

/* ---- events ------------------------------------------------------------------------------------------- */

void socket_tells(struct sockets *s, uint32_t index, unsigned events)
{
    struct socket *k = &s->list[index];

    s->telling += k->events == 0;
    k->events |= (uint16_t)events;
    if (k->in_events)
        return;
    k->in_events = true;
    k->next = 0;
    if (s->last_event)
        s->list[s->last_event - 1].next = index + 1;
    else
        s->first_event = index + 1;
    s->last_event = index + 1;
}

/* These are no longer so. Without any it stays in the list until its turn comes. */
static void takes_back(struct sockets *s, struct socket *k, unsigned events)
{
    if (!k->events)
        return;
    k->events &= (uint16_t)~events;
    s->telling -= k->events == 0;
}

static void make_free(struct sockets *s, uint32_t index)
{
    s->list[index].next = s->free;
    s->free = index + 1;
}

int socket_pop_event(struct sockets *s, unsigned *events)
{
    while (s->first_event) {
        uint32_t index = s->first_event - 1;
        struct socket *k = &s->list[index];

        s->first_event = k->next;
        if (!s->first_event)
            s->last_event = 0;
        k->in_events = false;
        if (!k->used)
            make_free(s, index);
        if (!k->events)
            continue;
        *events = k->events;
        takes_back(s, k, k->events);
        return (int)index;
    }
    return -1;
}

/* ---- opening and closing ------------------------------------------------------------------------------ */

/* A free record; 0 is index + 1 of none. */
static uint32_t take(struct sockets *s)
{
    uint32_t number = s->free;

    if (number)
        s->free = s->list[number - 1].next;
    else if (s->fresh < s->limit)
        number = ++s->fresh;
    return number;
}

int socket_open(struct sockets *s, const struct socket_key *key)
{
    uint32_t number, generation;
    struct socket *k;

    if (look_up(s, key) >= 0)
        return -EADDRINUSE;
    number = take(s);
    if (!number || !bucket_insert(&s->table, hash_of(s, key), number - 1, 0)) {
        if (number)
            make_free(s, number - 1);
        s->full++;
        return -ENOSPC;
    }
    k = &s->list[number - 1];
    generation = k->generation;
    *k = (struct socket){.key = *key, .generation = generation, .used = true};
    if (++s->used > s->peak)
        s->peak = s->used;
    return (int)(number - 1);
}

void socket_close(struct sockets *s, uint32_t index)
{
    struct socket *k = &s->list[index];
    uint32_t id;

    bucket_remove(&s->table, hash_of(s, &k->key), index, 0);
    while ((id = datagram_pop(&s->datagrams, &k->unread)) != 0)
        datagram_give(&s->datagrams, id);
    takes_back(s, k, k->events);
    k->used = false;
    k->generation++;
    s->used--;
    if (!k->in_events)
        make_free(s, index);
}

/* ---- receiving ---------------------------------------------------------------------------------------- */

/* Puts a datagram that is there already behind what is unread. */
static void put_unread(struct sockets *s, uint32_t index, uint32_t id)
{
    const struct datagram *d = datagram_at(&s->datagrams, id);
    struct socket *k = &s->list[index];

    datagram_push(&s->datagrams, &k->unread, id);
    k->unread_charged += datagram_charge(d);
    k->unread_bytes += d->payload.bytes;
    socket_tells(s, index, SOCKET_READABLE);
}

bool socket_receive(struct sockets *s, uint32_t index, const struct datagram *what, struct view payload)
{
    uint32_t id = 0;

    if (s->list[index].unread_charged < s->receive_bytes)
        id = datagram_take(&s->datagrams, what, payload);
    if (!id)
        return false;
    s->in += !what->error;
    put_unread(s, index, id);
    return true;
}

const struct datagram *socket_front(const struct sockets *s, const struct socket *k)
{
    return k->unread.count ? datagram_at(&s->datagrams, k->unread.first) : NULL;
}

void socket_was_read(struct sockets *s, uint32_t index)
{
    struct socket *k = &s->list[index];
    uint32_t id = datagram_pop(&s->datagrams, &k->unread);
    const struct datagram *d = datagram_at(&s->datagrams, id);

    k->unread_charged -= datagram_charge(d);
    k->unread_bytes -= d->payload.bytes;
    datagram_give(&s->datagrams, id);
    if (k->unread.count)
        socket_tells(s, index, SOCKET_READABLE);
    else
        takes_back(s, k, SOCKET_READABLE);
}

/* ---- sending ------------------------------------------------------------------------------------------ */

int socket_send(struct sockets *s, uint32_t index, const struct datagram *what, struct view payload)
{
    struct socket *k = &s->list[index];
    struct datagram *d;
    uint32_t id;

    if (!socket_may_send(s, k)) {
        k->wants_to_send = true;
        return -EAGAIN;
    }
    id = datagram_take(&s->datagrams, what, payload);
    if (!id)
        return -ENOBUFS;
    d = datagram_at(&s->datagrams, id);
    d->socket = index;
    d->generation = k->generation;
    k->unsent_charged += datagram_charge(d);
    k->unsent_bytes += d->payload.bytes;
    s->hop_uses[d->hop]++;
    datagram_push(&s->datagrams, &s->out, id);
    return 0;
}

/* A datagram to be sent will not be that any more. Whose it is; NULL: it has been closed. */
static struct socket *leave(struct sockets *s, const struct datagram *d)
{
    struct socket *k = &s->list[d->socket];

    s->hop_uses[d->hop]--;
    if (!k->used || k->generation != d->generation)
        return NULL;
    k->unsent_charged -= datagram_charge(d);
    k->unsent_bytes -= d->payload.bytes;
    if (k->wants_to_send && socket_may_send(s, k)) {
        k->wants_to_send = false;
        socket_tells(s, d->socket, SOCKET_WRITABLE);
    }
    return k;
}

void socket_was_sent(struct sockets *s, uint32_t id)
{
    leave(s, datagram_at(&s->datagrams, id));
    datagram_give(&s->datagrams, id);
    s->sent++;
}

void socket_was_lost(struct sockets *s, uint32_t id)
{
    leave(s, datagram_at(&s->datagrams, id));
    datagram_give(&s->datagrams, id);
    s->unsent++;
}

/* It will not be sent: a connected socket gets it back as an error, without what was in it. */
static void refuse(struct sockets *s, uint32_t id, rn_time now)
{
    struct datagram *d = datagram_at(&s->datagrams, id);
    const struct socket *k = leave(s, d);
    bool version6 = !addr_is4(&d->peer);

    s->unsent++;
    if (!k || !socket_is_connected(k) || k->unread_charged >= s->receive_bytes) {
        datagram_give(&s->datagrams, id);
        return;
    }
    queue_clear(&d->payload, s->datagrams.queues);
    d->error = -EHOSTUNREACH;
    d->icmp_type = version6 ? UNREACHABLE6 : UNREACHABLE4;
    d->icmp_code = version6 ? ADDRESS_UNREACHABLE6 : HOST_UNREACHABLE4;
    d->router = d->local;
    d->stamp = now;
    put_unread(s, d->socket, id);
}

void socket_waits(struct sockets *s, uint32_t id)
{
    struct datagram_list *l = &s->waiting[datagram_at(&s->datagrams, id)->hop];

    datagram_push(&s->datagrams, l, id);
    if (l->count > SOCKET_WAITING)
        socket_was_lost(s, datagram_pop(&s->datagrams, l));
}

void socket_wake(struct sockets *s, unsigned hop)
{
    datagram_join(&s->datagrams, &s->out, &s->waiting[hop]);
}

void socket_unanswered(struct sockets *s, unsigned hop, rn_time now)
{
    uint32_t id;

    while ((id = datagram_pop(&s->datagrams, &s->waiting[hop])) != 0)
        refuse(s, id, now);
}
