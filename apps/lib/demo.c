/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      client 10.7.0.1 --- pair of devices --- server 10.7.0.7:7, echo
 *
 * One thread drives both stacks in turns: poll, act, flush; the wire between them is memory. The bytes are a
 * pure function of their place in the stream, so that the receiving side can make them again and compare.
 *
 * Called by runnel.c; the server's side is echo.c.
 */
#include "demo.h"
#include "args.h"
#include "echo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 16384 };
static const rn_time patience = 10000000000; /* without a byte coming back */

/* A stream of made-up bytes, a chunk at a time. */
struct stream {
    uint64_t at; /* how many are done */
    uint64_t words[CHUNK / 8];
};

struct demo {
    struct rn_stack *client, *server;
    struct echo echo;
    rn_sock sock;
    uint64_t bytes; /* to be sent */
    struct stream out, in;
    const char *failed; /* why it is over, NULL: it is not or it went well */
    bool done;
};

/* Steele, Lea and Flood's splitmix64: each place has its word. */
static uint64_t word_at(uint64_t place)
{
    uint64_t z = place * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The bytes that come next; *len: how many lie there. */
static const uint8_t *look(struct stream *s, size_t *len)
{
    size_t used = s->at % CHUNK;

    if (used == 0)
        for (size_t i = 0; i < CHUNK / 8; i++)
            s->words[i] = word_at(s->at / 8 + i);
    *len = CHUNK - used;
    return (const uint8_t *)s->words + used;
}

static void send_more(struct demo *d)
{
    while (d->out.at < d->bytes) {
        size_t len;
        const uint8_t *data = look(&d->out, &len);
        ptrdiff_t n =
            rn_send(d->client, d->sock, data, len < d->bytes - d->out.at ? len : d->bytes - d->out.at);

        if (n < 0) {
            d->failed = n == -EAGAIN ? NULL : strerror((int)-n);
            return;
        }
        d->out.at += (uint64_t)n;
    }
    rn_shutdown(d->client, d->sock);
}

static void compare_more(struct demo *d)
{
    uint8_t got[CHUNK];
    ptrdiff_t n;

    for (;;) {
        size_t len;
        const uint8_t *want = look(&d->in, &len);

        n = rn_recv(d->client, d->sock, got, len);
        if (n <= 0)
            break;
        if (memcmp(got, want, (size_t)n) != 0) {
            d->failed = "a byte came back changed";
            return;
        }
        d->in.at += (uint64_t)n;
    }
    if (n == 0) {
        rn_close(d->client, d->sock);
        d->done = true;
        d->failed = d->in.at == d->bytes ? NULL : "the end came back too early";
    } else if (n != -EAGAIN)
        d->failed = strerror((int)-n);
}

static void act(struct demo *d)
{
    struct rn_event ev;

    while (!d->failed && !d->done && rn_next(d->client, &ev)) {
        if (ev.mask & RN_FAILED)
            d->failed = strerror(-ev.error);
        else if (ev.mask & RN_CLOSED)
            d->failed = "the connection closed too early";
        if (!d->failed && ev.mask & (RN_CONNECTED | RN_WRITABLE))
            send_more(d);
        if (!d->failed && ev.mask & RN_READABLE)
            compare_more(d);
    }
}

/* Both stacks in turns, until all is back or nothing moves. */
static void drive(struct demo *d)
{
    rn_time now = rn_now(), moved = now;
    struct rn_event ev;

    while (!d->done && !d->failed) {
        uint64_t before = d->in.at;

        rn_poll(d->client, now);
        act(d);
        rn_flush(d->client, now);
        rn_poll(d->server, now);
        while (rn_next(d->server, &ev))
            echo_serve(&d->echo, &ev);
        rn_flush(d->server, now);

        now = rn_now();
        if (d->in.at != before)
            moved = now;
        else if (now - moved > patience)
            d->failed = "nothing came back for 10 s";
    }
}

/* One stack on one end of the wire, which it owns from here on, whatever happens. */
static struct rn_stack *open_end(struct rn_dev *end, const char *address, char *err)
{
    struct rn_stack *net;

    if (rn_open(&net, &(struct rn_options){.conflict = RN_CONFLICT_OFF}, err) < 0) {
        end->ops->close(end);
        return NULL;
    }
    if (rn_add_device(net, end, err) < 0) {
        end->ops->close(end);
        rn_destroy(net);
        return NULL;
    }
    if (rn_add_address(net, address, err) < 0) {
        rn_destroy(net);
        return NULL;
    }
    return net;
}

/* Two stacks, the server listening, the client connecting. False with a line in err. */
static bool join(struct demo *d, char *err)
{
    struct rn_pair_options pair = {0};
    struct rn_dev *ends[2];

    if (rn_dev_pair(ends, &pair, err) < 0)
        return false;
    d->client = open_end(ends[0], "10.7.0.1/24", err);
    d->server = open_end(ends[1], "10.7.0.7/24", err);
    if (!d->client || !d->server || echo_open(&d->echo, d->server, 16) < 0 ||
        echo_listen(&d->echo, RN_TCP, "0.0.0.0:7", err) < 0)
        return false;
    d->sock = rn_connect(d->client, RN_TCP, "10.7.0.7:7", NULL, err);
    return d->sock > 0;
}

int demo_run(const char *program, uint64_t bytes)
{
    static struct demo d; /* the two streams' chunks are large for a stack */
    char err[RN_ERRBUF] = "out of memory";
    rn_time start;
    double seconds;

    d = (struct demo){.bytes = bytes};
    printf("%s: client 10.7.0.1 --- pair --- server 10.7.0.7:7, two stacks in one process\n", program);
    fflush(stdout);
    start = rn_now();
    if (join(&d, err))
        drive(&d);
    else
        d.failed = err;
    seconds = (double)(rn_now() - start) / 1e9;

    if (d.failed)
        fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " bytes came back right, then: %s\n", program, d.in.at,
                bytes, d.failed);
    else
        printf("%s: %" PRIu64
               " bytes sent, echoed and compared: all the same; %.2f s, %.0f MB/s there and back\n",
               program, bytes, seconds, (double)bytes / 1e6 / seconds);
    if (d.echo.net)
        echo_close(&d.echo);
    rn_destroy(d.client);
    rn_destroy(d.server);
    return d.failed ? ARGS_EXIT_WORLD : 0;
}
