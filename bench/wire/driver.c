/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asks a server over a device, and says what that costs the machine: forged clients (lib/clients.c), each with one
 * request of 64 bytes under way, of an echo server by TCP, or of a reflector, which gets the same frames and sends them
 * back as they are.
 *
 *      driver DEVICE MAC tcp|reflect CLIENTS MILLISECONDS PID
 *
 * MAC is the server's link address, PID its process. Printed in one line: requests, and nanoseconds of processor time
 * for each, of the server, of this program, and of both together. What the kernel does for a frame it does within one
 * of the two.
 */
#include "../lib/clients.h"

#include <runnel.h>
#include <runnel_dev.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 64, MOST = 1024, ETH = 14, IP = 20 };
#define WARM INT64_C(300000000)

struct driver {
    struct rn_dev *dev;
    struct clients clients;
    bool reflects;
    uint64_t requests;
    uint32_t queue[MOST], queued; /* clients whose turn it is */
};

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) << 16 | get16(at + 2);
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "driver: %s\n", what);
    exit(1);
}

/* ---- what comes ---------------------------------------------------------------------------------------- */

/* Whoever asks for a client is told its link address. */
static void answer_arp(struct driver *d, const uint8_t *frame)
{
    struct rn_frame f;
    uint8_t *at;

    if (get16(frame + 20) != 1 || get32(frame + 38) >> 16 != 0x0a01 || d->dev->ops->reserve(d->dev, &f, 1, rn_now()) != 1)
        return;
    at = f.data;
    memcpy(at, frame + 6, 6);
    memcpy(at + 6, (const uint8_t[]){2, 1}, 2);
    memset(at + 8, 0, 4);
    memcpy(at + 12, frame + 12, 8);
    memcpy(at + 20, (const uint8_t[]){0, 2}, 2);
    memcpy(at + 22, at + 6, 6);
    memcpy(at + 28, frame + 38, 4);
    memcpy(at + 32, frame + 22, 10);
    f.len = 42;
    d->dev->ops->commit(d->dev, &f, 1);
}

/* A segment of the server's: its client goes on from there. True: it is the answer to its request. */
static bool take_segment(struct client *c, const uint8_t *tcp, uint32_t len)
{
    uint32_t header = tcp[12] >> 4 << 2, payload = len - header, flags = tcp[13];

    if (flags & 4)
        fail("a connection was reset");
    if (header >= 32)
        c->ts_recent = get32(tcp + (flags & 2 ? 20 + 16 : 20 + 4));
    if (flags & 2)
        c->ack = get32(tcp + 4) + 1;
    else if (payload != CLIENTS_REQUEST || get32(tcp + 4) != c->ack)
        return false;
    else
        c->ack += payload;
    return true;
}

static void take(struct driver *d, const struct rn_frame *f)
{
    const uint8_t *ip = f->data + ETH, *tcp = ip + IP;
    uint32_t client;

    if (f->len >= 42 && get16(f->data + 12) == 0x0806)
        answer_arp(d, f->data);
    if (f->len < ETH + IP + 20 || get16(f->data + 12) != 0x0800 || ip[9] != 6)
        return;
    client = get16(tcp + (d->reflects ? 0 : 2)) - 1024;
    if (client >= d->clients.count)
        return;
    if (d->reflects || take_segment(&d->clients.all[client], tcp, get16(ip + 2) - IP))
        d->queue[d->queued++] = client;
}

/* ---- what goes ----------------------------------------------------------------------------------------- */

typedef uint32_t forge(struct clients *cs, uint32_t i, uint8_t *at);

/* All whose turn it is; as many as there is room for. */
static void ask(struct driver *d, forge *make)
{
    struct rn_frame out[BATCH];
    int n;

    while (d->queued && (n = d->dev->ops->reserve(d->dev, out, d->queued < BATCH ? (int)d->queued : BATCH, rn_now())) > 0) {
        for (int i = 0; i < n; i++)
            out[i].len = make(&d->clients, d->queue[--d->queued], out[i].data);
        d->dev->ops->commit(d->dev, out, n);
        d->requests += (uint64_t)n;
    }
}

/* Takes what there is; sleeps where there is nothing. */
static void go_round(struct driver *d, forge *make)
{
    struct pollfd p = {.fd = d->dev->fd, .events = POLLIN};
    struct rn_frame in[BATCH];
    int n;

    d->clients.ts_now = (uint32_t)(rn_now() / 1000000);
    n = d->dev->ops->burst(d->dev, in, BATCH, rn_now());
    for (int i = 0; i < n; i++)
        take(d, &in[i]);
    if (n > 0)
        d->dev->ops->release(d->dev, n);
    ask(d, make);
    d->dev->ops->sync(d->dev, rn_now());
    if (n == 0 && d->dev->ops->arm(d->dev, true, false) == 0)
        poll(&p, 1, 100);
}

/* Each connection is opened. */
static void connect_all(struct driver *d)
{
    rn_time end = rn_now() + INT64_C(5000000000), again = 0;
    uint32_t open = 0;

    while (open < d->clients.count) {
        if (rn_now() > end)
            fail("not all connections could be opened");
        if (rn_now() >= again) { /* the first may be lost to the server's question who we are */
            for (uint32_t i = 0; i < d->clients.count; i++)
                if (!d->clients.all[i].ack)
                    d->queue[d->queued++] = i;
            again = rn_now() + INT64_C(500000000);
            ask(d, clients_syn);
            d->dev->ops->sync(d->dev, rn_now());
        }
        go_round(d, clients_ack);
        open = 0;
        for (uint32_t i = 0; i < d->clients.count; i++)
            open += d->clients.all[i].ack != 0;
    }
}

static int64_t spent_by(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) < 0 ? 0 : t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void drive(struct driver *d, rn_time span)
{
    rn_time end = rn_now() + span;

    while (rn_now() < end)
        go_round(d, clients_request);
}

/* ---- the beginning ------------------------------------------------------------------------------------- */

static void measure(struct driver *d, rn_time span, int server)
{
    int64_t ours, theirs;
    clockid_t clock;

    if (clock_getcpuclockid(server, &clock) != 0)
        fail("there is no process of that number");
    for (uint32_t i = 0; i < d->clients.count; i++)
        d->queue[d->queued++] = i;
    ask(d, clients_request);
    d->dev->ops->sync(d->dev, rn_now());
    drive(d, WARM);
    d->requests = 0;
    ours = spent_by(CLOCK_PROCESS_CPUTIME_ID);
    theirs = spent_by(clock);
    drive(d, span);
    ours = spent_by(CLOCK_PROCESS_CPUTIME_ID) - ours;
    theirs = spent_by(clock) - theirs;
    if (d->requests < 1000)
        fail("the server does not answer");
    printf("%" PRIu64 " %.0f %.0f %.0f\n", d->requests, (double)theirs / (double)d->requests,
           (double)ours / (double)d->requests, (double)(ours + theirs) / (double)d->requests);
}

int main(int argc, char **argv)
{
    const struct rn_steer all = {.take = true};
    static struct client table[MOST];
    static struct driver d;
    char err[RN_ERRBUF] = "";
    unsigned mac[6];

    if (argc != 7 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6)
        return fprintf(stderr, "usage: driver DEVICE MAC tcp|reflect CLIENTS MILLISECONDS PID\n"), 2;
    d.clients = (struct clients){.all = table, .count = (uint32_t)atoi(argv[4]), .timestamps = true};
    if (d.clients.count < 1 || d.clients.count > MOST)
        fail("1 to 1,024 clients");
    for (int i = 0; i < 6; i++)
        d.clients.server_mac[i] = (uint8_t)mac[i];
    d.reflects = strcmp(argv[3], "reflect") == 0;
    if (rn_dev_open(&d.dev, argv[1], err) < 0)
        fail(err);
    d.dev->promiscuous = 1;
    if (d.dev->ops->steer(d.dev, &all, 1) < 0)
        fail("the device cannot be had for ourselves");
    if (!d.reflects)
        connect_all(&d);
    measure(&d, atoi(argv[5]) * INT64_C(1000000), atoi(argv[6]));
    d.dev->ops->close(d.dev);
    return 0;
}
