/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The other side of udp.sh, on tap0:
 *
 *      udp echo ADDRESS                  sends each datagram to port 7 back, until SIGTERM
 *      udp ask ADDRESS PEER:PORT         sends "what?" there and says what is read: a datagram or an error
 *      udp ping ADDRESS PEER N           N echo requests of 1,000 bytes, one each 50 ms, and what is read
 *
 * It says "serves on" when the tap is there, and in its last line what is still in use of each pool.
 */
#include <runnel.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "udp: %s: %s\n", what, why);
    exit(1);
}

static void nothing(int number)
{
    (void)number;
}

static struct rn_stack *open_on_tap(const char *address)
{
    char err[RN_ERRBUF];
    struct rn_stack *net;

    signal(SIGTERM, nothing);
    if (rn_open(&net, NULL, err) < 0 || rn_attach(net, "tap:tap0", NULL, err) < 0 ||
        rn_add_address(net, address, err) < 0)
        fail(address, err);
    printf("udp: serves on %s\n", address);
    fflush(stdout);
    return net;
}

static int finish(struct rn_stack *net, rn_sock sock, int code)
{
    struct rn_stats stats;

    rn_close(net, sock);
    rn_flush(net, rn_now());
    rn_stats(net, &stats);
    printf("in use:");
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        printf("%s %s %llu", i ? "," : "", stats.use[i].name, (unsigned long long)stats.use[i].used);
    printf("\n");
    rn_destroy(net);
    return code;
}

static int echo(const char *address)
{
    static char data[65536];
    char err[RN_ERRBUF];
    struct rn_stack *net = open_on_tap(address);
    rn_sock sock = rn_listen(net, RN_UDP, "0.0.0.0:7", err);
    struct rn_datagram d;
    ptrdiff_t n;

    if (sock < 0)
        fail("port 7", err);
    while (rn_wait(net, RN_FOREVER) >= 0)
        for (struct rn_event ev; rn_next(net, &ev);)
            while ((n = rn_recv_from(net, ev.sock, data, sizeof data, &d)) >= 0)
                rn_send_to(net, ev.sock, data, (size_t)n, &d);
    return finish(net, sock, 0);
}

/* Reads what there is and says it. True when there was something. */
static bool say(struct rn_stack *net, rn_sock sock)
{
    static char data[65536];
    struct rn_datagram d;
    ptrdiff_t n = rn_recv_from(net, sock, data, sizeof data, &d);

    if (n == -EAGAIN)
        return false;
    if (n < 0)
        printf("%s, type %d, code %d, from %d.%d.%d.%d\n", strerror((int)-n), d.icmp_type, d.icmp_code,
               d.router[12], d.router[13], d.router[14], d.router[15]);
    else
        printf("%td bytes from %d.%d.%d.%d, sequence %d, ttl %d: %.5s\n", n, d.peer[12], d.peer[13],
               d.peer[14], d.peer[15], d.sequence, d.ttl, data);
    return true;
}

/* Waits for an event; which one does not matter, with a single socket. False: on a signal. */
static bool something(struct rn_stack *net, rn_time limit)
{
    int n = rn_wait(net, limit);

    for (struct rn_event ev; rn_next(net, &ev);)
        ;
    return n >= 0;
}

/* Asks once, and waits: the kernel's side of the tap needs a while, for which the datagram waits, too. */
static int ask(const char *address, const char *peer)
{
    char err[RN_ERRBUF];
    struct rn_stack *net = open_on_tap(address);
    rn_sock sock = rn_connect(net, RN_UDP, peer, NULL, err);
    bool heard = false;

    if (sock < 0)
        fail(peer, err);
    rn_send(net, sock, "what?", 5);
    for (int waits = 0; !heard && waits < 100 && something(net, 100 * MS); waits++)
        heard = say(net, sock);
    return finish(net, sock, heard ? 0 : 1);
}

static int ping(const char *address, const char *peer, int times)
{
    static char data[1000];
    char err[RN_ERRBUF];
    struct rn_stack *net = open_on_tap(address);
    rn_sock sock = rn_connect(net, RN_ICMP, peer, NULL, err);
    int heard = 0;

    if (sock < 0)
        fail(peer, err);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)('a' + i % 26);
    for (int i = 0; i < times; i++) {
        rn_time until = rn_now() + 50 * MS;

        rn_send(net, sock, data, sizeof data);
        while (rn_now() < until && something(net, until - rn_now()))
            heard += say(net, sock);
    }
    for (int waits = 0; heard < times && waits < 50 && something(net, 100 * MS); waits++)
        heard += say(net, sock);
    return finish(net, sock, heard == times ? 0 : 1);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "echo") == 0)
        return echo(argv[2]);
    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "ping") == 0)
        return ping(argv[2], argv[3], atoi(argv[4]));
    fprintf(stderr, "udp: see the head of udp.c\n");
    return 2;
}
