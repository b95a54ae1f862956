/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looks after the connections of a world from time to time: who stands still for longer than its timers can
 * explain is stuck; who only waits for a peer that has gone without being heard gives up, as applications do,
 * since TCP has no timer for that. Called by world.c.
 */
#include "sim.h"

#include <errno.h>

enum { FORSAKEN_S = 130 };

/* Nothing of its own is under way: so it has no timer that would tell it of a peer that has gone. */
static bool waits_only(const struct world *w, const struct endpoint *e)
{
    struct rn_info info;

    return rn_info(w->net[e->stack], e->sock, &info) == 0 && info.unsent + info.unacked == 0;
}

/* Its peer has gone, or was never there, and it waits for it. */
static bool is_forsaken(const struct world *w, const struct connection *c, const struct endpoint *e)
{
    if (e->done || !e->sock || !e->up)
        return false;
    return (c->orphan || (e->side == CLIENT && !c->end[SERVER].up) ||
            app_evicted_behind(w, &c->end[1 - e->side])) &&
           waits_only(w, e);
}

bool watch_is_forsaken(const struct world *w, const struct connection *c)
{
    return is_forsaken(w, c, &c->end[CLIENT]) || is_forsaken(w, c, &c->end[SERVER]) ||
           (c->end[CLIENT].done && !c->end[SERVER].up);
}

/* A side whose peer has gone, or was never there, and which has nothing to send, may wait for ever: TCP has
 * no timer for that, applications have. */
static void give_up(struct world *w, struct endpoint *e)
{
    if (e->connection->orphan || e->connection->end[SERVER].up)
        w->totals->idle++;
    else
        w->totals->never_heard++;
    rn_abort(w->net[e->stack], e->sock);
    e->connection->orphan = true;
    app_finish(w, e);
}

static void look_after(struct world *w, struct connection *c)
{
    rn_time stood = w->now - c->progress;
    struct endpoint *client = &c->end[CLIENT], *server = &c->end[SERVER];

    if (!server->up && !server->done && client->done) {
        w->totals->never_heard += !c->orphan;
        app_finish(w, server); /* there will be none */
    }
    for (int side = 0; side < 2; side++) {
        struct endpoint *e = &c->end[side];

        if (stood >= FORSAKEN_S * TIME_S && is_forsaken(w, c, e))
            give_up(w, e);
    }
    stood = w->now - c->progress;
    if (stood > draw_stall_bound(w->plan) && !(client->done && server->done)) {
        struct endpoint *e = client->done ? server : client;
        struct rn_info info = {0};

        if (e->sock)
            rn_info(w->net[e->stack], e->sock, &info);
        app_broken(w, e, VERDICT_STUCK, rn_state_name(info.state), (long long)(stood / TIME_S));
    }
}

void watch_all(struct world *w)
{
    for (uint32_t i = 0; i < w->plan->connections && w->verdict == VERDICT_GOOD; i++)
        if (w->connection[i].started)
            look_after(w, &w->connection[i]);
}
