/* SPDX-License-Identifier: BSD-2-Clause
 *
 * open -> attach -> address -> listen -> { wait, serve } until a signal -> stop -> { wait, serve } for at
 * most a second -> summary. Every step that fails says why in one line, which the stack has written.
 *
 * A signal that comes between the look at the flag and the sleep inside rn_wait would be slept over. So the
 * handler also sets an alarm, whose signal comes a second later, and again, until somebody was awake to see
 * it.
 *
 * Called by runnel.c and picotcp_netmap.c.
 */
#include "serve.h"
#include "args.h"
#include "echo.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 10000 };
static const rn_time grace = 1000000000, pause_between_looks = 10000000;

/* How many times somebody asked us to stop. A handler can reach nothing but a variable of its file. */
static volatile sig_atomic_t stops;

static void note_signal(int signal)
{
    if (signal != SIGALRM && stops < 2)
        stops++;
    alarm(1);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal}; /* without SA_RESTART: a sleep shall end */

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

/* From nothing to a listening server. NULL with the line in err. */
static struct rn_stack *open_server(const struct serve_options *o, struct echo *e, char *err)
{
    uint32_t connections = o->connections ? o->connections : CONNECTIONS;
    struct rn_options options = {.connections = connections,
                                 .budget_bytes = (size_t)o->budget_kib * 1024,
                                 .keep_alive = o->keep_alive_s > 0,
                                 .keep_idle = (rn_time)o->keep_alive_s * 1000000000,
                                 .no_window_scale = o->no_window_scale,
                                 .no_timestamps = o->no_timestamps,
                                 .no_sack = o->no_sack};
    struct rn_attach_options attach = {.mac = o->mac, .fault = o->fault};
    struct rn_stack *net;
    char where[32];

    if (rn_open(&net, &options, err) < 0)
        return NULL;
    snprintf(where, sizeof where, "0.0.0.0:%u", (unsigned)o->port);
    if (rn_attach(net, o->device, &attach, err) < 0 || rn_add_address(net, o->address, err) < 0 ||
        echo_open(e, net, where, connections, err) < 0) {
        rn_destroy(net);
        return NULL;
    }
    return net;
}

/* Connections that the stack still holds, closing ones among them. */
static uint64_t open_connections(struct rn_stack *net)
{
    struct rn_stats s;

    rn_stats(net, &s);
    for (int i = 0; i < RN_POOLS && s.use[i].name; i++)
        if (strcmp(s.use[i].name, "connections") == 0)
            return s.use[i].used;
    return 0;
}

/* Lets connections finish, for a second at most; a second signal cuts it short. */
static void finish(struct rn_stack *net, struct echo *e)
{
    rn_time until = rn_now() + grace;

    echo_stop(e);
    while (open_connections(net) && rn_now() < until && stops < 2) {
        int n = rn_wait(net, pause_between_looks);

        if (n < 0 && n != -EINTR)
            break;
        echo_serve(e);
    }
}

/* One line: what came, what went, what was not wanted, what is still taken. */
static void sum_up(const char *program, struct rn_stack *net, uint64_t bytes)
{
    struct rn_stats s;
    uint64_t drops = 0;
    const char *comma = " (";

    rn_stats(net, &s);
    for (int i = 0; i < RN_DROPS; i++)
        drops += s.drops[i];
    printf("%s: %" PRIu64 " connections, %" PRIu64 " bytes echoed, %" PRIu64 " drops", program,
           s.opened_passive, bytes, drops);
    for (int i = 0; i < RN_DROPS; i++) {
        if (!s.drops[i])
            continue;
        printf("%s%s %" PRIu64, comma, rn_drop_name(i), s.drops[i]);
        comma = ", ";
    }
    printf("%s, %" PRIu64 " evicted; in use:", drops ? ")" : "", s.evicted);
    for (int i = 0; i < RN_POOLS && s.use[i].name; i++)
        printf("%s %s %" PRIu64 "/%" PRIu64, i ? "," : "", s.use[i].name, s.use[i].used, s.use[i].limit);
    printf("\n");
    fflush(stdout);
}

int serve_run(const struct serve_options *o)
{
    char err[RN_ERRBUF] = "out of memory";
    struct echo e;
    struct rn_stack *net;
    uint64_t bytes;
    int n = 0;

    catch_signals();
    net = open_server(o, &e, err);
    if (!net)
        return fprintf(stderr, "%s: %s\n", o->program, err), ARGS_EXIT_WORLD;
    printf("%s: echoes on %s port %u, device %s, link address %s; Ctrl-C ends it\n", o->program, o->address,
           (unsigned)o->port, o->device, o->mac ? o->mac : "its own");
    fflush(stdout);

    while (!stops && (n >= 0 || n == -EINTR)) {
        n = rn_wait(net, RN_FOREVER);
        echo_serve(&e);
    }
    bytes = e.bytes;
    if (stops)
        finish(net, &e);
    else
        fprintf(stderr, "%s: device %s failed: %s\n", o->program, o->device, strerror(-n));
    echo_close(&e);
    rn_flush(net, rn_now()); /* the resets, if any */
    sum_up(o->program, net, bytes);
    rn_destroy(net);
    return stops ? 0 : ARGS_EXIT_WORLD;
}
