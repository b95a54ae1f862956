/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams in memory and on their way out. Nobody here knows sockets: socket.c keeps these lists, and stack/
 * sends what stands in the one of those to be sent.
 */
#include "datagram.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/udp.h"

_Static_assert((int)DATAGRAM_HEADER == UDP_LEN && (int)DATAGRAM_HEADER == ICMP_LEN,
               "both headers are as long");

void datagram_init(struct datagrams *m, struct slabs *slabs, struct queue_pools *queues)
{
    slab_pool(&m->records, slabs, DATAGRAM_BYTES);
    m->queues = queues;
}

uint32_t datagram_take(struct datagrams *m, const struct datagram *what, struct view payload)
{
    uint32_t id = slab_take(&m->records);
    struct datagram *d;

    if (!id)
        return 0;
    d = datagram_at(m, id);
    *d = *what;
    d->next = 0;
    d->payload = (struct queue){0};
    if (payload.len &&
        queue_append(&d->payload, m->queues, payload.at, (uint32_t)payload.len) < payload.len) {
        datagram_give(m, id);
        return 0;
    }
    return id;
}

void datagram_give(struct datagrams *m, uint32_t id)
{
    queue_clear(&datagram_at(m, id)->payload, m->queues);
    slab_give(&m->records, id);
}

void datagram_push(const struct datagrams *m, struct datagram_list *l, uint32_t id)
{
    datagram_at(m, id)->next = 0;
    if (l->count++)
        datagram_at(m, l->last)->next = id;
    else
        l->first = id;
    l->last = id;
}

uint32_t datagram_pop(const struct datagrams *m, struct datagram_list *l)
{
    uint32_t id = l->first;

    if (!l->count)
        return 0;
    l->count--;
    l->first = datagram_at(m, id)->next;
    return id;
}

void datagram_join(const struct datagrams *m, struct datagram_list *to, struct datagram_list *from)
{
    if (!from->count)
        return;
    datagram_at(m, from->last)->next = to->count ? to->first : 0;
    to->last = to->count ? to->last : from->last;
    to->first = from->first;
    to->count += from->count;
    *from = (struct datagram_list){0};
}

void datagram_encode(const struct datagrams *m, const struct datagram *d, uint8_t *at)
{
    uint32_t len = d->payload.bytes;
    struct icmp echo = {.kind = ICMP_ECHO_REQUEST, .id = d->local_port, .sequence = d->sequence};
    struct udp udp = {.src_port = d->local_port, .dst_port = d->peer_port};
    uint32_t sum = sum_fold_total(queue_copy_sum(&d->payload, m->queues, 0, at + DATAGRAM_HEADER, len, NULL));

    if (d->protocol == IP_UDP)
        udp_encode(at, &udp, &d->local, &d->peer, len, sum);
    else if (d->protocol == IP_ICMP6)
        icmp6_encode(at, &echo, &d->local, &d->peer, len, sum);
    else
        icmp4_encode(at, &echo, sum);
}
