/* SPDX-License-Identifier: BSD-2-Clause
 *
 * link -> listen -> { wait, serve } until a signal -> stop -> { wait, serve } for at most two seconds ->
 * reset the rest -> summary. Every step that fails says why in one line, which the stack has written.
 *
 * Called by runnel.c and picotcp_netmap.c.
 */
#include "serve.h"
#include "echo.h"
#include "figures.h"
#include "signals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CONNECTIONS = 10000 };
static const rn_time grace = 2000000000, pause_between_looks = 10000000;

#define AT(field) offsetof(struct serve_options, field)

const struct option serve_rows[] = {
    {"--udp", NULL, "echoes UDP datagrams as well, but for those from a port below 1024 or its own", NULL,
     AT(udp), 0, 0},
    {"--keep-alive", "SECONDS", "a silent client is asked after so long whether it is still there",
     args_number, AT(keep_alive_s), 1, 86400},
    {"--connections", "N", "how many there can be at once; 10000 unless said", args_number, AT(connections),
     1, 1 << 20},
    {"--budget", "KIB", "how much memory all connections share", args_number, AT(budget_kib), 64, 1 << 26},
    {"--spin", "US", "looks for more for so many microseconds before it sleeps, for which a processor is spent",
     args_number, AT(spin_us), 1, 1000000},
    {"--busy-poll", NULL, "on xdp: each look for frames has the kernel look after the card, which need not interrupt; goes "
                          "with --spin",
     NULL, AT(link.busy_poll), 0, 0},
    {"--no-window-scale", NULL, "does without this TCP option", NULL, AT(no_window_scale), 0, 0},
    {"--no-timestamps", NULL, "and this", NULL, AT(no_timestamps), 0, 0},
    {"--no-sack", NULL, "and this", NULL, AT(no_sack), 0, 0},
    {0}};

struct serve {
    const char *program;
    struct rn_stack *net;
    struct echo echo;
    struct figures figures;
    bool refused; /* another host has our address */
};

/* Listens with everything that was asked for. 0 or a negative errno with err. */
static int listen_all(struct echo *e, const struct serve_options *o, char *err)
{
    bool version4 = false, version6 = false;
    struct rn_address own;
    char where[32];
    int rc = 0;

    for (int i = 0; rn_address(e->net, i, &own) == 0; i++)
        *(strchr(own.text, ':') ? &version6 : &version4) = true;
    for (int six = 0; six < 2; six++) {
        snprintf(where, sizeof where, "%s:%u", six ? "[::]" : "0.0.0.0", (unsigned)o->port);
        if (!(six ? version6 : version4))
            continue;
        if (rc == 0)
            rc = echo_listen(e, RN_TCP, where, err);
        if (rc == 0 && o->udp)
            rc = echo_listen(e, RN_UDP, where, err);
    }
    return rc;
}

/* Acts on all events. */
static __attribute__((hot)) void act(struct serve *s)
{
    struct rn_event ev;

    while (rn_next(s->net, &ev)) {
        if (!(ev.mask & (RN_ADDRESS | RN_LINK)))
            echo_serve(&s->echo, &ev);
        else if (!link_event(s->program, s->net, &ev))
            s->refused = true;
    }
}

static rn_time show_figures(struct serve *s)
{
    struct rn_stats stats;

    rn_stats(s->net, &stats);
    return figures_show(&s->figures, s->echo.count, "connections", stats.rx_bytes, stats.tx_bytes, rn_now());
}

/* What is held of a pool; that of a cache is no matter. */
static bool is_held(const struct rn_use *u)
{
    return u->used && strcmp(u->name, "neighbours") != 0;
}

/* Connections that the stack still holds, closing ones among them. */
static bool is_busy(struct rn_stack *net)
{
    struct rn_stats s;

    rn_stats(net, &s);
    return strcmp(s.use[0].name, "connections") == 0 && s.use[0].used;
}

/* Lets connections finish; a second signal cuts it short. */
static void finish(struct serve *s)
{
    rn_time until = rn_now() + grace;

    echo_stop(&s->echo);
    while (is_busy(s->net) && rn_now() < until && signals_count() < 2) {
        int n = rn_wait(s->net, pause_between_looks);

        if (n < 0 && n != -EINTR)
            break;
        act(s);
    }
}

/* Resets what is left, which may take a round or two, and lets go of what only time would end. True: nothing
 * is held any more. */
static bool reset_rest(struct serve *s)
{
    struct rn_cursor cursor = {.looks = UINT32_MAX};
    rn_time until = rn_now() + 10 * pause_between_looks;
    struct rn_stats stats;
    bool held = false;

    echo_close(&s->echo);
    rn_forget(s->net, &cursor);
    do
        rn_wait(s->net, pause_between_looks / 10);
    while (is_busy(s->net) && rn_now() < until);
    rn_stats(s->net, &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        held = held || is_held(&stats.use[i]);
    return !held;
}

/* One line: what came, what went, what was not wanted, what is still taken. */
static void sum_up(const struct serve *s)
{
    struct rn_stats stats;
    uint64_t drops = 0;
    const char *comma = " (";

    rn_stats(s->net, &stats);
    for (int i = 0; i < RN_DROPS; i++)
        drops += stats.drops[i];
    printf("%s: %" PRIu64 " connections, %" PRIu64 " bytes and %" PRIu64 " datagrams echoed, %" PRIu64
           " drops",
           s->program, stats.opened_passive, s->echo.bytes, s->echo.datagrams, drops);
    for (int i = 0; i < RN_DROPS; i++) {
        if (!stats.drops[i])
            continue;
        printf("%s%s %" PRIu64, comma, rn_drop_name(i), stats.drops[i]);
        comma = ", ";
    }
    printf("%s, %" PRIu64 " evicted; in use:", drops ? ")" : "", stats.evicted);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        printf("%s %s %" PRIu64 "/%" PRIu64, i ? "," : "", stats.use[i].name, stats.use[i].used,
               stats.use[i].limit);
    printf("\n");
    fflush(stdout);
}

/* Serves until a signal, until the device fails or until the address turns out to be another's. The exit
 * code. */
static int serve(struct serve *s, const struct link_options *link)
{
    int n = 0;

    while (!signals_count() && !s->refused && (n >= 0 || n == -EINTR)) {
        n = rn_wait(s->net, s->figures.on ? show_figures(s) : RN_FOREVER);
        act(s);
    }
    figures_close(&s->figures);
    if (signals_count())
        finish(s);
    else if (!s->refused)
        fprintf(stderr, "%s: device %s failed: %s\n", s->program, link->device, strerror(-n));
    return signals_count() ? 0 : ARGS_EXIT_WORLD;
}

int serve_run(const char *program, const struct serve_options *o)
{
    uint32_t connections = o->connections ? o->connections : CONNECTIONS;
    struct rn_options options = {.connections = connections,
                                 .budget_bytes = (size_t)o->budget_kib * 1024,
                                 .keep_alive = o->keep_alive_s > 0,
                                 .keep_idle = (rn_time)o->keep_alive_s * 1000000000,
                                 .spin = (rn_time)o->spin_us * 1000,
                                 .no_window_scale = o->no_window_scale,
                                 .no_timestamps = o->no_timestamps,
                                 .no_sack = o->no_sack};
    struct serve s = {.program = program};
    struct rn_address own = {.text = ""};
    char err[RN_ERRBUF] = "out of memory";
    int status = ARGS_EXIT_WORLD;

    signals_catch();
    s.net = link_open(program, &options, &o->link, &status);
    if (!s.net)
        return status;
    if (echo_open(&s.echo, s.net, connections) < 0 || listen_all(&s.echo, o, err) < 0) {
        fprintf(stderr, "%s: %s\n", program, err);
        echo_close(&s.echo);
        return rn_destroy(s.net), ARGS_EXIT_WORLD;
    }
    rn_address(s.net, 0, &own);
    printf("%s: echoes on %s port %u, device %s, link address %s; Ctrl-C ends it\n", program,
           own.text, (unsigned)o->port, o->link.device,
           o->link.mac ? o->link.mac : "its own");
    fflush(stdout);
    figures_open(&s.figures);

    status = serve(&s, &o->link);
    if (!reset_rest(&s)) {
        fprintf(stderr,
                "%s: something is still in use: see the line below; that is a fault of this program\n",
                program);
        status = ARGS_EXIT_WORLD;
    }
    sum_up(&s);
    rn_destroy(s.net);
    return status;
}
