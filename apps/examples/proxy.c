/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A proxy: whoever connects to LISTEN is connected onward to TO, by the same stack.
 *
 *      proxy 0.0.0.0:80 10.2.0.1:8080 tap:tap0 10.1.0.7/24 tap:tap1 10.2.0.7/24
 *
 *      client <---> sock[0]  pair  sock[1] <---> server
 *
 * Each pair has two directions that know nothing of each other. rn_splice moves what came on one socket to
 * the other, as far as there is room; what stays unread closes the window of whoever sends too fast, and
 * RN_WRITABLE says when to go on. The end of one direction is passed on as a half-close, a failure of either
 * side as a reset. So the two ends see each other as if nobody stood between them.
 */
#include <runnel.h>

#include <signal.h>
#include <stdio.h>

enum { PAIRS = 1000 };
static const rn_time a_second = 1000000000;

struct pair {
    rn_sock sock[2]; /* 0: from whom it came, 1: onward; a closed one is stale, and harmless to close again */
    bool connected;  /* onward, too */
    bool ended[2];   /* what this one sends has been moved to its end */
    struct pair *next_free;
};

struct proxy {
    struct rn_stack *net;
    const char *to;
    struct pair pairs[PAIRS], *free;
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
    stop = signal;
}

static void give_back(struct proxy *p, struct pair *pair)
{
    *pair = (struct pair){.next_free = p->free};
    p->free = pair;
}

/* Both at once, by RST; a socket that has gone already is a stale number. */
static void cut(struct proxy *p, struct pair *pair)
{
    rn_abort(p->net, pair->sock[0]);
    rn_abort(p->net, pair->sock[1]);
    give_back(p, pair);
}

/* Somebody came: connect onward. Until that stands, what he sends waits in his own window. */
static void begin(struct proxy *p, rn_sock sock)
{
    struct pair *pair = p->free;
    char err[RN_ERRBUF];
    rn_sock onward = pair ? rn_connect(p->net, RN_TCP, p->to, NULL, err) : 0;

    if (onward <= 0) {
        fprintf(stderr, "proxy: %s\n", pair ? err : "too many connections");
        rn_abort(p->net, sock);
        return;
    }
    p->free = pair->next_free;
    *pair = (struct pair){.sock = {sock, onward}};
    rn_set_user(p->net, sock, pair);
    rn_set_user(p->net, onward, pair);
}

/* Moves what can be moved, both ways. Errors need no care: -EAGAIN will be an event, and a failure, too. */
static void pump(struct proxy *p, struct pair *pair)
{
    for (int i = 0; i < 2; i++)
        if (!pair->ended[i] && rn_splice(p->net, pair->sock[i], pair->sock[!i], RN_ALL) == 0) {
            pair->ended[i] = true;
            rn_shutdown(p->net, pair->sock[!i]); /* after what is queued */
        }
    if (pair->ended[0] && pair->ended[1]) {
        rn_close(p->net, pair->sock[0]); /* both finish by themselves */
        rn_close(p->net, pair->sock[1]);
        give_back(p, pair);
    }
}

static void serve(struct proxy *p)
{
    for (struct rn_event ev; rn_next(p->net, &ev);) {
        struct pair *pair = ev.user;

        if (ev.mask & RN_FAILED) {
            if (pair)
                cut(p, pair);
            continue;
        }
        if (ev.mask & RN_ACCEPTED)
            begin(p, ev.sock);
        if (ev.mask & RN_CONNECTED)
            pair->connected = true;
        if (pair && pair->connected)
            pump(p, pair);
    }
}

/* DEVICE ADDRESS pairs from the command line. */
static int attach_all(struct rn_stack *net, char **words, char *err)
{
    int error = 0;

    for (; *words && error >= 0; words += 2) {
        error = rn_attach(net, words[0], NULL, err);
        if (error >= 0)
            error = rn_add_address(net, words[1], err);
    }
    return error;
}

int main(int argc, char **argv)
{
    static struct proxy p;
    char err[RN_ERRBUF];

    if (argc < 5 || argc % 2 == 0)
        return fprintf(stderr, "usage: proxy LISTEN:PORT TO:PORT DEVICE ADDRESS/BITS ...\n"), 2;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    for (int i = PAIRS; i-- > 0;)
        give_back(&p, &p.pairs[i]);
    p.to = argv[2];
    if (rn_open(&p.net, &(struct rn_options){.connections = 2 * PAIRS}, err) < 0 ||
        attach_all(p.net, argv + 3, err) < 0 || rn_listen(p.net, RN_TCP, argv[1], err) < 0)
        return fprintf(stderr, "proxy: %s\n", err), 1;

    /* A signal ends the sleep; one that comes just before it is seen a second later. */
    while (!stop && rn_wait(p.net, a_second) >= 0)
        serve(&p);
    for (int i = 0; i < PAIRS; i++)
        cut(&p, &p.pairs[i]);
    rn_flush(p.net, rn_now()); /* the resets */
    rn_destroy(p.net);
    return 0;
}
