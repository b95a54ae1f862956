/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server on tap0 that says what becomes of its address, for conflict.sh and route.sh:
 *
 *      address ADDRESS/LEN quick|full|off [GATEWAY [PEER:PORT]]
 *
 * By the gateway it reaches everybody; it connects to the peer, if there is one, and echoes there too. It
 * says "serves on" when the tap is there, then "used", "taken by MAC" or "also used by MAC". It ends with
 * code 1 when its address is taken, or the connection has failed, and with 0 when that has closed.
 */
#include <runnel.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "address: %s: %s\n", what, why);
    exit(1);
}

static enum rn_conflict way_of(const char *word)
{
    if (strcmp(word, "full") == 0)
        return RN_CONFLICT_FULL;
    return strcmp(word, "off") == 0 ? RN_CONFLICT_OFF : RN_CONFLICT_QUICK;
}

static void tell_address(struct rn_stack *net, const struct rn_event *ev)
{
    struct rn_address a;

    rn_address(net, ev->address, &a);
    if (!ev->error)
        printf("used\n");
    else
        printf("%s by %02x:%02x:%02x:%02x:%02x:%02x\n", a.use == RN_ADDRESS_TAKEN ? "taken" : "also used",
               a.other[0], a.other[1], a.other[2], a.other[3], a.other[4], a.other[5]);
    fflush(stdout);
    if (a.use == RN_ADDRESS_TAKEN)
        exit(1);
}

static void serve(struct rn_stack *net, rn_sock ours)
{
    while (rn_wait(net, RN_FOREVER) >= 0)
        for (struct rn_event ev; rn_next(net, &ev);) {
            if (ev.mask & RN_ADDRESS)
                tell_address(net, &ev);
            else if (ev.mask & RN_FAILED && ev.sock == ours)
                fail("the connection", strerror(-ev.error));
            else if (ev.mask & RN_CLOSED && ev.sock == ours)
                return;
            else if (ev.mask & (RN_READABLE | RN_WRITABLE) && rn_splice(net, ev.sock, ev.sock, RN_ALL) == 0)
                rn_shutdown(net, ev.sock);
        }
    fail("tap0", "it has gone");
}

int main(int argc, char **argv)
{
    char err[RN_ERRBUF];
    struct rn_stack *net;
    rn_sock sock = 0;

    if (argc < 3 || argc > 5)
        return fprintf(stderr, "usage: address ADDRESS/LEN quick|full|off [GATEWAY [PEER:PORT]]\n"), 2;
    if (rn_open(&net, &(struct rn_options){.conflict = way_of(argv[2])}, err) < 0 ||
        rn_attach(net, "tap:tap0", &(struct rn_attach_options){.mac = "02:00:00:00:00:07"}, err) < 0 ||
        rn_add_address(net, argv[1], err) < 0 || rn_listen(net, RN_TCP, "0.0.0.0:7", err) < 0 ||
        (argc > 3 && rn_add_route(net, "0.0.0.0/0", argv[3], err) < 0) ||
        (argc > 4 && (sock = rn_connect(net, RN_TCP, argv[4], NULL, err)) < 0))
        fail(argv[1], err);
    printf("address: serves on %s\n", argv[1]);
    fflush(stdout);
    serve(net, sock);
    rn_destroy(net);
    return 0;
}
