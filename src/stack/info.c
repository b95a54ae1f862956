/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stack, a connection and a listener are told of themselves: copies, made when somebody asks, of what tcp/,
 * ip/ and udp/ count as they go. Called by api.c and list.c.
 */
#include "room.h"
#include "sock.h"
#include "tcp/rtt.h"

#include <string.h>

_Static_assert((int)DROP_COUNT <= RN_DROPS && (int)CONN_STATES <= RN_STATES, "statistics have room");

static void use(struct rn_use *u, const char *name, uint64_t used, uint64_t limit, uint64_t peak,
                uint64_t full)
{
    *u = (struct rn_use){.name = name, .used = used, .limit = limit, .peak = peak, .full = full};
}

void rn_stats(const struct rn_stack *net, struct rn_stats *stats)
{
    const struct conn_counts *k = &net->conns.counts;
    const struct conns *s = &net->conns;

    memset(stats, 0, sizeof *stats);
    for (int i = 0; i < net->device_count; i++) {
        const struct rn_dev *dev = net->devices[i].dev;

        stats->rx_frames += dev->rx_frames;
        stats->tx_frames += dev->tx_frames;
        stats->rx_bytes += dev->rx_bytes;
        stats->tx_bytes += dev->tx_bytes;
    }
    stats->segments_in = k->segments_in;
    stats->segments_out = k->segments_out;
    stats->retransmitted = k->retransmitted;
    stats->duplicate_acks_out = k->duplicate_acks_out;
    stats->resets_in = k->resets_in;
    stats->resets_out = k->resets_out;
    stats->opened_passive = k->opened_passive;
    stats->opened_active = k->opened_active;
    stats->closed = k->closed;
    stats->failed = k->failed;
    stats->timed_out = k->timed_out;
    stats->evicted = k->evicted;
    stats->islands_dropped = k->islands_dropped;
    stats->cookies_sent = net->listeners.cookies_sent;
    stats->cookies_taken = net->listeners.cookies_taken;
    stats->datagrams_in = net->sockets.in;
    stats->datagrams_out = net->sockets.sent;
    stats->datagrams_unsent = net->sockets.unsent;
    stats->unreachables_out = net->refused;
    for (int i = 0; i < CONN_STATES; i++)
        stats->entered[i] = k->entered[i];
    for (int i = 0; i < DROP_COUNT; i++)
        stats->drops[i] = net->drops[i];
    use(&stats->use[0], "connections", s->used, s->limit, s->peak, k->connections_full);
    use(&stats->use[1], "half_open", net->listeners.syn_used, net->listeners.syn_limit,
        net->listeners.syn_peak, net->listeners.forgotten);
    use(&stats->use[2], "time_wait", net->timewaits.used, net->timewaits.limit, net->timewaits.peak,
        net->timewaits.recycled);
    use(&stats->use[3], "budget_bytes", net->slabs.used_bytes, net->slabs.budget_bytes, net->slabs.peak_bytes,
        net->slabs.full);
    use(&stats->use[4], "table", s->table.buckets.entries, (uint64_t)s->table.buckets.count * BUCKET_WAYS,
        s->table.buckets.entries, s->table.buckets.full);
    use(&stats->use[5], "listeners", net->listeners.used, net->listeners.limit, net->listeners.used, 0);
    use(&stats->use[6], "neighbours", net->neighbours.used, net->neighbours.limit, net->neighbours.used,
        net->neighbours.full);
    use(&stats->use[7], "posts", mailbox_count(&net->posts), net->posts.mask + 1, 0,
        __atomic_load_n(&net->posts_refused, __ATOMIC_RELAXED));
    use(&stats->use[8], "datagrams", net->sockets.used, net->sockets.limit, net->sockets.peak,
        net->sockets.full);
}

const char *rn_drop_name(int drop)
{
#define X(name, text) text,
    static const char *const names[] = {DROP_LIST(X)};
#undef X

    return drop >= 0 && drop < DROP_COUNT ? names[drop] : NULL;
}

const char *rn_state_name(int state)
{
    return state >= 0 && state < CONN_STATES ? conn_facts[state].name : NULL;
}

static const char *limited_by(const struct conns *s, const struct conn *c, uint32_t unsent)
{
    const struct conn_active *a = conn_active(s, c);

    if (a && a->loss.phase != LOSS_OPEN)
        return "recovery";
    if (a && unsent)
        return conn_flight(c) + c->mss > c->snd_wnd ? "peer's window" : "network";
    if (!(c->flags & CONN_WANT_WRITE)) /* it would have more */
        return "application";
    return conn_queued(s, c) < conn_send_limit(s, c) ? "budget" : "send buffer";
}

void info_of_listener(const struct rn_stack *net, const struct listener *l, struct rn_info *info)
{
    memset(info, 0, sizeof *info);
    info->sock = sock_of_listener(net, (uint32_t)(l - net->listeners.listeners));
    addr_print(info->local, &l->address, l->port);
    info->state = CONN_LISTEN;
    info->congestion = cc_name_of(net->conns.settings[l->settings].cc);
    info->limited_by = "";
    info->protocol = RN_TCP;
}

void info_of_conn(const struct rn_stack *net, const struct conn *c, struct rn_info *info)
{
    const struct conns *s = &net->conns;
    uint32_t queued, flight;

    memset(info, 0, sizeof *info);
    info->sock = c->flags & CONN_ORPHAN ? 0 : sock_of(net, c);
    addr_print(info->local, &net->addresses.list[c->key.local].addr, c->key.local_port);
    addr_print(info->peer, &c->key.remote, c->key.remote_port);
    queued = conn_queued(s, c);
    flight = conn_flight(c);
    info->state = c->state;
    info->unread = conn_unread(s, c);
    info->unacked = flight < queued ? flight : queued;
    info->unsent = queued - info->unacked;
    info->mss = c->mss;
    info->cwnd_bytes = c->cwnd;
    info->ssthresh_bytes = conn_cold(s, c)->ssthresh;
    info->window_bytes = c->snd_wnd;
    info->srtt_us = c->srtt_us;
    info->rttvar_us = c->rttvar_us;
    info->rto_us = rtt_timeout_us(s, c);
    info->rtt_min_us = c->active ? conn_active(s, c)->loss.min_rtt_us : 0;
    info->pipe_bytes = c->active ? conn_pipe(conn_active(s, c)) : 0;
    info->retries = c->retries;
    info->retransmitted = conn_cold(s, c)->retransmitted;
    info->receive_limit = conn_receive_limit(s, c);
    info->send_limit = conn_send_limit(s, c);
    info->congestion = cc_name_of(conn_settings(s, c)->cc);
    info->timestamps = (c->flags & CONN_TIMESTAMPS) != 0;
    info->sack = (c->flags & CONN_SACK) != 0;
    info->ecn = (c->flags & CONN_ECN) != 0;
    info->wscale_sent = c->scale >> 4;
    info->wscale_received = c->scale & 15;
    info->limited_by = limited_by(s, c, info->unsent);
    info->protocol = RN_TCP;
}
