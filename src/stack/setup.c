/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stack is made in one block of memory that the host gives: its parts are laid out one after another by
 * the same function that says how many bytes they need, so the two cannot disagree. Devices are added here;
 * nothing else is ever allocated.
 */
#include "room.h"
#include "base/ring.h"
#include "tcp/budget.h"
#include "tcp/isn.h"
#include "wire/eth.h"
#include "wire/vlan.h"

#include <errno.h>
#include <string.h>

/* Where the parts lie in the block. */
struct layout {
    size_t hot, cold, syns, waits, buckets, wheel, neighbours, neighbour_buckets, waiting, hop_uses,
        listeners, posts, fifos, slabs, sockets, socket_buckets, datagrams;
    size_t bytes;
};

static uint32_t within(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : value;
}

#define DEFAULT(field, value)                                                                                \
    if (!o->field)                                                                                           \
    o->field = (value)

/* Puts defaults where nothing was said. False: something is out of range. */
static bool complete(struct rn_options *o)
{
    DEFAULT(connections, 1024);
    DEFAULT(listeners, 16);
    DEFAULT(datagrams, 64);
    DEFAULT(half_open, within(o->connections / 4, 64, 65536));
    DEFAULT(time_wait, within(o->connections, 64, 1 << 20));
    DEFAULT(neighbours, 1024);
    DEFAULT(posts, 64);
    DEFAULT(budget_bytes, ((size_t)16 << 20) + (size_t)o->connections * 4096);
    DEFAULT(receive_bytes, 65536);
    DEFAULT(send_bytes, 65536);
    DEFAULT(receive_bytes_max, within(1 << 20, o->receive_bytes, 1 << 30));
    DEFAULT(send_bytes_max, within(1 << 20, o->send_bytes, 1 << 30));
    DEFAULT(congestion, "cubic");
    DEFAULT(keep_idle, 7200 * TIME_S);
    DEFAULT(keep_interval, 75 * TIME_S);
    DEFAULT(keep_count, 9);
    DEFAULT(r1, 3);
    DEFAULT(msl, 30 * TIME_S);
    DEFAULT(rto_initial, TIME_S);
    DEFAULT(rto_min, 200 * TIME_MS);
    DEFAULT(rto_max, 60 * TIME_S);
    DEFAULT(delayed_ack, 40 * TIME_MS);
    DEFAULT(syn_retries, 7);
    DEFAULT(data_retries, 15);
    DEFAULT(ttl, 64);
    return o->conflict <= RN_CONFLICT_OFF && o->connections <= 1u << 26 && o->listeners <= 4096 &&
           o->datagrams <= 65536 && o->half_open <= 1u << 24 && o->time_wait <= 1u << 26 &&
           o->neighbours < CONN_NO_HOP && o->posts <= 65536 && o->receive_bytes <= o->receive_bytes_max &&
           o->receive_bytes_max <= 1u << 30 && o->send_bytes <= o->send_bytes_max &&
           o->send_bytes_max <= 1u << 30 && o->msl > 0 && o->msl <= 3600 * TIME_S && o->rto_min > 0 &&
           o->rto_min <= o->rto_max && o->rto_initial > 0 && o->rto_max <= 3600 * TIME_S &&
           o->delayed_ack > 0 && o->delayed_ack < 500 * TIME_MS && o->spin >= 0 && o->spin <= TIME_S &&
           o->budget_bytes >= 1u << 16 &&
           o->budget_bytes / SLAB_BYTES < UINT32_MAX / SLAB_UNITS - 16;
}
#undef DEFAULT

enum { POOLS = 8, OTHER_QUEUES = 9 /* of connections: owing, events, held, and what a flush needs */ };

/* Counted in 64 bits, so that a machine of 32 sees when the whole does not fit. */
static size_t place(uint64_t *at, uint64_t bytes)
{
    size_t here = (size_t)*at;

    *at += (bytes + 63) & ~UINT64_C(63);
    return here;
}

/* Places for messages: a power of two. */
static uint32_t posts_for(const struct rn_options *o)
{
    return ring_size(o->posts < 2 ? 2 : o->posts);
}

static struct layout lay_out(const struct rn_options *o)
{
    struct layout l;
    uint64_t at = 0;
    uint32_t entries = o->connections + o->half_open + o->time_wait;

    place(&at, sizeof(struct rn_stack));
    l.listeners = place(&at, o->listeners * sizeof(struct listener));
    l.neighbours = place(&at, o->neighbours * sizeof(struct neighbour));
    l.neighbour_buckets = place(&at, bucket_count_for(o->neighbours) * sizeof(struct bucket));
    l.waiting = place(&at, o->neighbours * sizeof(struct fifo));
    l.sockets = place(&at, o->datagrams * sizeof(struct socket));
    l.socket_buckets = place(&at, bucket_count_for(o->datagrams) * sizeof(struct bucket));
    l.datagrams = place(&at, o->neighbours * sizeof(struct datagram_list));
    l.posts = place(&at, posts_for(o) * sizeof(struct mailbox_cell));
    l.fifos = place(&at, fifo_need(2 * o->connections, o->neighbours + OTHER_QUEUES));
    l.hop_uses = place(&at, o->neighbours * sizeof(uint32_t));
    l.buckets = place(&at, (uint64_t)bucket_count_for(entries) * sizeof(struct bucket));
    l.hot = place(&at, (uint64_t)o->connections * sizeof(struct conn));
    l.cold = place(&at, (uint64_t)o->connections * sizeof(struct conn_cold));
    l.syns = place(&at, (uint64_t)o->half_open * sizeof(struct listen_syn));
    l.waits = place(&at, (uint64_t)o->time_wait * sizeof(struct timewait));
    l.wheel = place(&at, wheel_need(CONN_WHEEL_ENTRIES * o->connections));
    l.slabs = place(&at, slab_need(o->budget_bytes, POOLS));
    l.bytes = at <= SIZE_MAX ? (size_t)at : 0;
    return l;
}

size_t rn_need(const struct rn_options *options)
{
    struct rn_options o = {0};

    if (options)
        o = *options;
    return complete(&o) ? lay_out(&o).bytes : 0;
}

static uint8_t scale_for(uint32_t bytes)
{
    uint8_t scale = 0;

    while (bytes >> scale > 65535)
        scale++;
    return scale;
}

static void set_up_conns(struct rn_stack *net, uint8_t *base, const struct layout *l)
{
    const struct rn_options *o = &net->options;
    struct conns *s = &net->conns;
    uint32_t entries = o->connections + o->half_open + o->time_wait;

    s->hot = (struct conn *)(void *)(base + l->hot);
    s->cold = (struct conn_cold *)(void *)(base + l->cold);
    s->limit = o->connections;
    s->slabs = &net->slabs;
    slab_init(&net->slabs, base + l->slabs, o->budget_bytes, POOLS);
    queue_pools_init(&s->queues, &net->slabs);
    array_pools_init(&s->arrays, &net->slabs);
    slab_pool(&s->actives, &net->slabs, CONN_ACTIVE_BYTES);
    fifo_init(&s->fifos, base + l->fifos, 2 * o->connections, o->neighbours + OTHER_QUEUES);
    bucket_init(&s->table.buckets, (struct bucket *)(void *)(base + l->buckets), bucket_count_for(entries));
    wheel_init(&s->wheel, base + l->wheel, CONN_WHEEL_ENTRIES * o->connections, 0);
    s->table.kinds[TABLE_CONN].records = base + l->hot;
    s->table.kinds[TABLE_CONN].bytes = sizeof(struct conn);
    s->table.kinds[TABLE_SYN].records = base + l->syns;
    s->table.kinds[TABLE_SYN].bytes = sizeof(struct listen_syn);
    s->table.kinds[TABLE_TIME_WAIT].records = base + l->waits;
    s->table.kinds[TABLE_TIME_WAIT].bytes = sizeof(struct timewait);
    s->config = (struct conn_config){
        .receive_bytes = o->receive_bytes,
        .send_bytes = o->send_bytes,
        .receive_bytes_max = o->receive_bytes_max,
        .send_bytes_max = o->send_bytes_max,
        .rto_initial_us = (uint32_t)(o->rto_initial / TIME_US),
        .rto_min_us = (uint32_t)(o->rto_min / TIME_US),
        .rto_max_us = (uint32_t)(o->rto_max / TIME_US),
        .msl = o->msl,
        .delayed_ack = o->delayed_ack,
        .rcv_scale = o->no_window_scale ? 0 : scale_for(o->receive_bytes_max),
        .no_window_scale = o->no_window_scale,
        .no_timestamps = o->no_timestamps,
        .no_sack = o->no_sack,
        .no_fast_path = o->no_fast_path,
    };
    budget_init(s);
}

static void set_up_sockets(struct rn_stack *net, uint8_t *base, const struct layout *l)
{
    const struct rn_options *o = &net->options;
    struct sockets *s = &net->sockets;

    s->list = (struct socket *)(void *)(base + l->sockets);
    s->limit = o->datagrams;
    s->waiting = (struct datagram_list *)(void *)(base + l->datagrams);
    s->hop_uses = net->conns.hop_uses;
    s->receive_bytes = o->receive_bytes;
    s->send_bytes = o->send_bytes;
    bucket_init(&s->table, (struct bucket *)(void *)(base + l->socket_buckets),
                bucket_count_for(o->datagrams));
    datagram_init(&s->datagrams, &net->slabs, &net->conns.queues);
}

/* Five keys from the host's bytes, by a hash of a label each. */
static void set_up_keys(struct rn_stack *net)
{
    struct hash_key master;
    struct hash_key *keys[] = {&net->conns.table.hash_key, &net->conns.secret, &net->neighbours.key,
                               &net->sockets.hash_key, &net->claims.key};

    memcpy(&master, net->host.seed, sizeof master);
    for (uint64_t i = 0; i < 5; i++) {
        for (uint64_t j = 0; j < 4; j++) {
            uint64_t label[3] = {i, j, master.k[2] ^ master.k[3]};

            keys[i]->k[j] = hash_sip(&master, label, sizeof label);
        }
    }
}

/* The settings that the options say; false: something is out of range. */
static bool first_settings(const struct rn_options *o, struct conn_settings *settings)
{
    const struct rn_settings s = {.congestion = o->congestion,
                                  .keep_idle = o->keep_idle,
                                  .keep_interval = o->keep_interval,
                                  .user_timeout = o->user_timeout,
                                  .linger = o->linger,
                                  .keep_alive = o->keep_alive,
                                  .keep_count = o->keep_count,
                                  .r1 = o->r1,
                                  .syn_retries = o->syn_retries,
                                  .data_retries = o->data_retries,
                                  .ttl = o->ttl,
                                  .dscp = o->dscp,
                                  .no_delay = o->no_delay,
                                  .no_delayed_ack = o->no_delayed_ack,
                                  .ecn = o->ecn,
                                  .soft_errors = o->soft_errors};

    return settings_read(&s, settings);
}

int rn_init(struct rn_stack **made, const struct rn_options *options, void *memory, size_t bytes,
            const struct rn_host *host, char *err)
{
    struct rn_stack *net = memory;
    struct rn_options o = {0};
    struct conn_settings settings;
    struct layout l;

    if (options)
        o = *options;
    if (!complete(&o) || !first_settings(&o, &settings))
        return ERROR_LINE(err, -EINVAL, "an option is out of range: see struct rn_options");
    if (!made || !host)
        return ERROR_LINE(err, -EINVAL, "a stack needs a host and a place for its handle");
    l = lay_out(&o);
    if (!l.bytes || bytes < l.bytes)
        return ERROR_LINE(err, -ENOMEM, "the memory is smaller than rn_need says");
    if (!memory || (uintptr_t)memory % 64)
        return ERROR_LINE(err, -EINVAL, "the memory is not aligned to 64 bytes");
    net->options = o;
    net->host = *host;
    net->memory = memory;
    net->bytes = bytes;
    net->listeners.listeners = (struct listener *)(void *)((uint8_t *)memory + l.listeners);
    net->listeners.limit = o.listeners;
    net->listeners.syns = (struct listen_syn *)(void *)((uint8_t *)memory + l.syns);
    net->listeners.syn_limit = o.half_open;
    net->timewaits.records = (struct timewait *)(void *)((uint8_t *)memory + l.waits);
    net->timewaits.limit = o.time_wait;
    net->neighbours.list = (struct neighbour *)(void *)((uint8_t *)memory + l.neighbours);
    net->neighbours.limit = o.neighbours;
    net->conns.hop_uses = (uint32_t *)(void *)((uint8_t *)memory + l.hop_uses);
    net->neighbours.uses = net->conns.hop_uses;
    net->waiting = (struct fifo *)(void *)((uint8_t *)memory + l.waiting);
    bucket_init(&net->neighbours.table, (struct bucket *)(void *)((uint8_t *)memory + l.neighbour_buckets),
                bucket_count_for(o.neighbours));
    mailbox_init(&net->posts, (struct mailbox_cell *)(void *)((uint8_t *)memory + l.posts), posts_for(&o));
    set_up_conns(net, memory, &l);
    set_up_sockets(net, memory, &l);
    net->conns.settings[0] = settings;
    net->conns.port_first = ISN_PORT_FIRST;
    net->conns.ports = ISN_PORTS;
    set_up_keys(net);
    *made = net;
    return 0;
}

void rn_destroy(struct rn_stack *net)
{
    struct rn_host host;

    if (!net)
        return;
    for (int i = 0; i < net->device_count; i++) {
        struct rn_dev *dev = net->devices[i].dev;

        dev->ops->close(dev);
    }
    host = net->host;
    if (host.release)
        host.release(host.context, net->memory, net->bytes);
}

int rn_add_device(struct rn_stack *net, struct rn_dev *dev, char *err)
{
    struct room_device *d;

    if (!net)
        return ERROR_LINE(err, -EINVAL, NO_STACK);
    if (!dev || dev->mtu < 68 || dev->mtu > 65535)
        return ERROR_LINE(err, -EINVAL, "a device needs an MTU of 68 to 65,535 bytes");
    if (dev->vlan && (dev->medium == RN_IP || dev->vlan > VLAN_LAST))
        return ERROR_LINE(err, -EINVAL, "a VLAN is 1 to 4094, and on Ethernet only");
    if (net->device_count == STACK_DEVICES)
        return ERROR_LINE(err, -ENFILE, "a stack takes at most 8 devices");
    d = &net->devices[net->device_count];
    memset(d, 0, sizeof *d);
    d->dev = dev;
    d->mtu = dev->mtu;
    d->fills_sums = dev->tx_csum;
    d->seen = dev->link;
    d->slots = d->slot = d->slots_end = net->slots[net->device_count];
    d->vlan = dev->vlan;
    d->link_len = dev->medium == RN_IP ? 0 : dev->vlan ? ETH_LEN + VLAN_LEN : ETH_LEN;
    memcpy(d->mac, dev->mac, 6);
    d->mac_first6 = eth_first6(
        (const uint8_t[8]){dev->mac[0], dev->mac[1], dev->mac[2], dev->mac[3], dev->mac[4], dev->mac[5]});
    memcpy(net->neighbours.own_macs[net->device_count], dev->mac, 6);
    return net->device_count++;
}

__attribute__((hot)) int stack_devices(struct rn_stack *net, struct rn_dev *devices[STACK_DEVICES])
{
    for (int i = 0; i < net->device_count; i++)
        devices[i] = net->devices[i].dev;
    return net->device_count;
}

__attribute__((hot)) int stack_events(const struct rn_stack *net)
{
    return (int)room_events(net) + mailbox_any(&net->posts) + claim_has_news(net) + net->link_news;
}

__attribute__((hot)) bool stack_wants_tx(const struct rn_stack *net, int device)
{
    return net->devices[device].full;
}

__attribute__((hot)) const struct rn_host *stack_host(const struct rn_stack *net)
{
    return &net->host;
}

rn_time stack_spin(const struct rn_stack *net)
{
    return net->options.spin;
}

int stack_error(const struct rn_stack *net)
{
    return net->error;
}
