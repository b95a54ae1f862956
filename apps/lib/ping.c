/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One socket of RN_ICMP: what is sent on it is the data of an echo request, and what is received that of a
 * reply, whose sequence number says which. When each of the last requests was sent is remembered in a ring.
 *
 *      wait until the address is ours -> { send when it is time, receive } -> wait for the last -> statistics
 *
 * The times are the stack's: from the round that sent to the round that took in. Called by runnel.c.
 */
#include "ping.h"
#include "signals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RING = 4096, BYTES_MAX = 65507, ECHO_HEADER = 8, IP4_HEADER = 20 };

#define AT(field) offsetof(struct ping_options, field)

const struct option ping_rows[] = {
    {"DEVICE", NULL, DEVICE_HELP, args_text, AT(link.device), 0, 0},
    {"ADDRESS", NULL, "the host to ask", args_host, AT(to), 0, 0},
    {"-c", "N", "ends after so many; unless said, Ctrl-C ends it", args_number, AT(count), 1, UINT32_MAX},
    {"-i", "SECONDS", "between two of them; 1 unless said", args_seconds, AT(interval), 1, 3600000},
    {"-s", "BYTES", "of data in each; 56 unless said", args_number, AT(bytes), 0, BYTES_MAX},
    {"-W", "SECONDS", "how long the last one is waited for while nobody has answered; 10 unless said",
     args_seconds, AT(timeout), 1, 3600000},
    {0}};

struct ping {
    const struct ping_options *o;
    const char *program;
    struct rn_stack *net;
    rn_sock sock;
    bool refused; /* our address is another host's */
    uint64_t sent, received, doubled, errors;
    rn_time began, last;   /* when the first and the last one were sent */
    rn_time min, max, sum; /* of the round trips */
    double squares;        /* of them, in microseconds */
    struct {
        rn_time sent;
        uint64_t number;
        bool answered;
    } ring[RING];
    uint8_t data[BYTES_MAX];
};

static const char *print_address(const uint8_t address[16], char text[INET6_ADDRSTRLEN])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool version4 = memcmp(address, mapped, sizeof mapped) == 0;

    return inet_ntop(version4 ? AF_INET : AF_INET6, version4 ? address + 12 : address, text,
                     INET6_ADDRSTRLEN);
}

static double ms(rn_time t)
{
    return (double)t / 1e6;
}

/* Newton's root, so that no library is needed for one line. */
static double root(double square)
{
    double x = square > 1 ? square : 1;

    for (int i = 0; square > 0 && i < 100; i++)
        x = (x + square / x) / 2;
    return square > 0 ? x : 0;
}

static void send_one(struct ping *p)
{
    uint64_t number = p->sent + 1;
    struct rn_datagram d = {.sequence = (uint16_t)number};
    ptrdiff_t n = rn_send_to(p->net, p->sock, p->data, p->o->bytes, &d);

    p->last = rn_now();
    if (!p->sent)
        p->began = p->last;
    p->sent++;
    p->ring[number % RING].sent = p->last;
    p->ring[number % RING].number = number;
    p->ring[number % RING].answered = false;
    if (n < 0)
        fprintf(stderr, "%s: icmp_seq=%u was not sent: %s\n", p->program, (unsigned)(uint16_t)number,
                strerror((int)-n));
}

/* The number of the request that a sequence number means: the last that had it. */
static uint64_t number_of(const struct ping *p, uint16_t sequence)
{
    return p->sent - (uint16_t)(p->sent - sequence);
}

static void note_reply(struct ping *p, const struct rn_datagram *d)
{
    uint64_t number = number_of(p, d->sequence);
    char text[INET6_ADDRSTRLEN];
    bool known = p->ring[number % RING].number == number && number, again;
    rn_time rtt = known ? d->stamp - p->ring[number % RING].sent : 0;

    again = known && p->ring[number % RING].answered;
    if (rtt < 0)
        rtt = 0;
    printf("%u bytes from %s: icmp_seq=%u ttl=%u", (unsigned)d->len + ECHO_HEADER,
           print_address(d->peer, text), (unsigned)d->sequence, (unsigned)d->ttl);
    if (known)
        printf(" time=%.*f ms", rtt < 100000000 ? rtt < 10000000 ? rtt < 1000000 ? 3 : 2 : 1 : 0, ms(rtt));
    printf("%s\n", again ? " (DUP!)" : "");
    fflush(stdout);
    p->doubled += again;
    if (!known || again) /* nobody asked that, or too long ago: it is no answer that could be missing */
        return;
    p->received++;
    p->ring[number % RING].answered = true;
    p->min = p->received == 1 || rtt < p->min ? rtt : p->min;
    p->max = rtt > p->max ? rtt : p->max;
    p->sum += rtt;
    p->squares += (double)rtt / 1e3 * ((double)rtt / 1e3);
}

static void note_error(struct ping *p, const struct rn_datagram *d, int error)
{
    char text[INET6_ADDRSTRLEN];

    p->errors++;
    printf("From %s icmp_seq=%u %s\n", print_address(d->router, text), (unsigned)d->sequence,
           error == -EHOSTUNREACH   ? "Destination Host Unreachable"
           : error == -ENETUNREACH  ? "Destination Net Unreachable"
           : error == -ECONNREFUSED ? "Destination Protocol Unreachable"
           : error == -EMSGSIZE     ? "Frag needed and DF set"
                                    : strerror(-error));
    fflush(stdout);
}

static void receive(struct ping *p)
{
    static uint8_t data[BYTES_MAX];
    struct rn_datagram d;
    ptrdiff_t n;

    while ((n = rn_recv_from(p->net, p->sock, data, sizeof data, &d)) != -EAGAIN && n != -EBADF) {
        if (n < 0)
            note_error(p, &d, (int)n);
        else if (n != p->o->bytes || memcmp(data, p->data, (size_t)n) != 0)
            printf("%u bytes with icmp_seq=%u came back changed\n", (unsigned)n, (unsigned)d.sequence);
        else
            note_reply(p, &d);
    }
}

/* Waits as long as that, or less, and takes in what comes. False: a signal, or the device has failed. */
static bool wait_for(struct ping *p, rn_time limit)
{
    struct rn_event ev;
    int n = rn_wait(p->net, limit);

    while (rn_next(p->net, &ev)) {
        if (ev.mask & (RN_ADDRESS | RN_LINK))
            p->refused = !link_event(p->program, p->net, &ev) || p->refused;
        else if (ev.mask & RN_READABLE)
            receive(p);
    }
    if (n < 0 && n != -EINTR)
        fprintf(stderr, "%s: device %s failed: %s\n", p->program, p->o->link.device, strerror(-n));
    return (n >= 0 || n == -EINTR) && !signals_count() && !p->refused;
}

/* Nobody may hear of us before the address is ours. False as wait_for. */
static bool wait_for_address(struct ping *p)
{
    struct rn_address a;

    for (int i = 0; rn_address(p->net, i, &a) == 0; i++)
        while (rn_address(p->net, i, &a) == 0 && a.use == RN_ADDRESS_TENTATIVE)
            if (!wait_for(p, RN_FOREVER))
                return false;
    return true;
}

/* How long the last request is waited for, as ping(8) does it. */
static rn_time patience(const struct ping *p)
{
    rn_time twice = 2 * p->max;

    if (!p->received)
        return p->o->timeout;
    return twice > p->o->interval ? twice : p->o->interval;
}

static bool is_done(const struct ping *p)
{
    return p->o->count && p->sent >= p->o->count && p->received + p->errors >= p->sent;
}

static void ask(struct ping *p)
{
    bool goes_on = wait_for_address(p);

    while (goes_on && !is_done(p)) {
        bool all_sent = p->o->count && p->sent >= p->o->count;
        rn_time next = p->sent ? p->last + (all_sent ? patience(p) : p->o->interval) : 0, now = rn_now();

        if (now < next)
            goes_on = wait_for(p, next - now);
        else if (all_sent)
            return;
        else
            send_one(p);
    }
}

static void sum_up(const struct ping *p)
{
    double n = (double)p->received, average = n > 0 ? ms(p->sum) / n : 0, mean = average * 1e3;

    printf("\n--- %s ping statistics ---\n%" PRIu64 " packets transmitted, %" PRIu64 " received", p->o->to,
           p->sent, p->received);
    if (p->doubled)
        printf(", +%" PRIu64 " duplicates", p->doubled);
    if (p->errors)
        printf(", +%" PRIu64 " errors", p->errors);
    printf(", %g%% packet loss, time %.0fms\n",
           p->sent ? (double)(p->sent - p->received) * 100 / (double)p->sent : 0, ms(p->last - p->began));
    if (p->received)
        printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", ms(p->min), average, ms(p->max),
               root(p->squares / n - mean * mean) / 1e3);
    fflush(stdout);
}

int ping_run(const char *program, const struct ping_options *o)
{
    static struct ping p; /* the ring and the data are large for a stack of calls */
    struct rn_options options = {.connections = 1};
    char err[RN_ERRBUF];
    int status = ARGS_EXIT_WORLD;

    p = (struct ping){.o = o, .program = program};
    for (uint32_t i = 0; i < o->bytes; i++)
        p.data[i] = (uint8_t)i;
    signals_catch();
    p.net = link_open(program, &options, &o->link, &status);
    if (!p.net)
        return status;
    p.sock = rn_connect(p.net, RN_ICMP, o->to, NULL, err);
    if (p.sock < 0) {
        fprintf(stderr, "%s: %s%s\n", program, err,
                p.sock == -ENETUNREACH ? " (--gateway says which)" : "");
        return rn_destroy(p.net), p.sock == -EINVAL ? ARGS_EXIT : ARGS_EXIT_WORLD;
    }
    if (strchr(o->to, ':'))
        printf("PING %s (%s) %u data bytes\n", o->to, o->to, (unsigned)o->bytes);
    else
        printf("PING %s (%s) %u(%u) bytes of data.\n", o->to, o->to, (unsigned)o->bytes,
               (unsigned)o->bytes + ECHO_HEADER + IP4_HEADER);
    fflush(stdout);
    ask(&p);
    sum_up(&p);
    rn_destroy(p.net);
    return p.received ? 0 : ARGS_EXIT_WORLD;
}
