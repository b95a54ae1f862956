/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A walk over all that is open, in pieces. The records of each kind lie in an array, of which a part was
 * never used; the cursor is a place in these arrays, one behind the other, and each look at a record costs
 * one of the looks that the caller has given. So nobody can make a round long, neither a stack with millions
 * of records nor one that had millions and has none any more.
 *
 *      BITS    MEANING
 *      63-32   which array
 *      31-0    index of the record
 *
 * Called by run/report.c and the application.
 */
#include "room.h"
#include "tcp/call.h"

#include <errno.h>

/* Each array: how many records of it may be in use, and what is told of one; false: that one is not in use.
 */
struct kind {
    uint32_t (*count)(const struct rn_stack *net);
    bool (*tell)(const struct rn_stack *net, uint32_t index, struct rn_info *info);
    void (*forget)(struct rn_stack *net, uint32_t index);
};

static uint32_t count_listeners(const struct rn_stack *net)
{
    return net->listeners.limit;
}

static bool tell_listener(const struct rn_stack *net, uint32_t index, struct rn_info *info)
{
    const struct listener *l = &net->listeners.listeners[index];

    if (!l->used)
        return false;
    info_of_listener(net, l, info);
    return true;
}

static uint32_t count_datagrams(const struct rn_stack *net)
{
    return net->sockets.fresh;
}

static bool tell_datagrams(const struct rn_stack *net, uint32_t index, struct rn_info *info)
{
    const struct socket *k = &net->sockets.list[index];

    if (!k->used)
        return false;
    datagrams_info(net, k, info);
    return true;
}

static uint32_t count_conns(const struct rn_stack *net)
{
    return net->conns.fresh;
}

static bool tell_conn(const struct rn_stack *net, uint32_t index, struct rn_info *info)
{
    const struct conn *c = conn_at(&net->conns, index);

    if (c->state == CONN_CLOSED && c->flags & CONN_ORPHAN)
        return false;
    info_of_conn(net, c, info);
    return true;
}

static void forget_conn(struct rn_stack *net, uint32_t index)
{
    struct conn *c = conn_at(&net->conns, index);

    if (c->flags & CONN_ORPHAN && c->state != CONN_CLOSED)
        call_abort(&net->conns, c);
}

/* What a record says that is no connection. */
static bool tell_key(const struct rn_stack *net, const struct table_key *key, int state, struct rn_info *info)
{
    memset(info, 0, sizeof *info);
    addr_print(info->local, &net->addresses.list[key->local].addr, key->local_port);
    addr_print(info->peer, &key->remote, key->remote_port);
    info->state = state;
    info->protocol = RN_TCP;
    info->congestion = info->limited_by = "";
    return true;
}

static uint32_t count_syns(const struct rn_stack *net)
{
    return net->listeners.syn_fresh;
}

static bool tell_syn(const struct rn_stack *net, uint32_t index, struct rn_info *info)
{
    const struct listen_syn *y = &net->listeners.syns[index];

    return y->queue != LISTEN_FREE && tell_key(net, &y->key, CONN_SYN_RECEIVED, info);
}

static uint32_t count_waits(const struct rn_stack *net)
{
    return net->timewaits.fresh;
}

static bool tell_wait(const struct rn_stack *net, uint32_t index, struct rn_info *info)
{
    return timewait_is_used(&net->timewaits, index) &&
           tell_key(net, &net->timewaits.records[index].key, CONN_TIME_WAIT, info);
}

static void forget_wait(struct rn_stack *net, uint32_t index)
{
    if (timewait_is_used(&net->timewaits, index))
        timewait_let_go(&net->timewaits, &net->conns, index);
}

static const struct kind kinds[] = {
    {count_listeners, tell_listener, NULL},
    {count_datagrams, tell_datagrams, NULL},
    {count_conns, tell_conn, forget_conn},
    {count_syns, tell_syn, NULL},
    {count_waits, tell_wait, forget_wait},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Moves the cursor past the next record that may be in use. Its kind; -ENOENT: there is none; -EAGAIN. */
static int step(const struct rn_stack *net, struct rn_cursor *cursor, uint32_t *index)
{
    uint64_t kind = cursor->at >> 32;

    while (kind < KINDS && (uint32_t)cursor->at >= kinds[kind].count(net))
        cursor->at = ++kind << 32;
    if (kind >= KINDS)
        return -ENOENT;
    if (!cursor->looks)
        return -EAGAIN;
    cursor->looks--;
    *index = (uint32_t)cursor->at++;
    return (int)kind;
}

int rn_next_socket(struct rn_stack *net, struct rn_cursor *cursor, struct rn_info *info)
{
    uint32_t index;
    int kind;

    if (!net || !cursor || !info)
        return -EINVAL;
    while ((kind = step(net, cursor, &index)) >= 0)
        if (kinds[kind].tell(net, index, info))
            return 1;
    return kind == -ENOENT ? 0 : kind;
}

int rn_forget(struct rn_stack *net, struct rn_cursor *cursor)
{
    uint32_t index;
    int kind;

    if (!net || !cursor)
        return -EINVAL;
    while ((kind = step(net, cursor, &index)) >= 0)
        if (kinds[kind].forget)
            kinds[kind].forget(net, index);
    return kind == -ENOENT ? 0 : kind;
}
