/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One side of a transfer that late_reader.sh watches, on tap0, with Runnel's TCP:
 *
 *      late give ADDRESS FILE                  to each client on port 7 the whole file in one rn_send, and
 *                                              rn_close behind it, before a byte was acknowledged
 *      late take ADDRESS SERVER MS FILE        from SERVER's port 7, with a window of 4 KB, of which nothing
 * is read for so many milliseconds; then all of it, into the file
 *
 * It says "serves on" when the tap is there. take ends with code 0 when the end was read, 1 when the
 * connection failed; give goes on until it is ended.
 */
#include <runnel.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4096, FILE_MAX = 4 << 20 };
#define MS INT64_C(1000000)

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "late: %s: %s\n", what, why);
    exit(1);
}

static struct rn_stack *open_on_tap(const struct rn_options *options, const char *address)
{
    char err[RN_ERRBUF];
    struct rn_stack *net;

    if (rn_open(&net, options, err) < 0 || rn_attach(net, "tap:tap0", NULL, err) < 0 ||
        rn_add_address(net, address, err) < 0)
        fail(address, err);
    return net;
}

static void say_so(const char *address)
{
    printf("late: serves on %s\n", address);
    fflush(stdout);
}

static char *read_file(const char *name, size_t *len)
{
    char *bytes = malloc(FILE_MAX);
    FILE *f = fopen(name, "rb");

    if (!bytes || !f)
        fail(name, strerror(errno));
    *len = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    return bytes;
}

static int give(const char *address, const char *name)
{
    const struct rn_options options = {.send_bytes = FILE_MAX, .send_bytes_max = FILE_MAX};
    struct rn_stack *net = open_on_tap(&options, address);
    char err[RN_ERRBUF];
    size_t len;
    char *bytes = read_file(name, &len);

    if (rn_listen(net, RN_TCP, "0.0.0.0:7", err) < 0)
        fail("port 7", err);
    say_so(address);
    while (rn_wait(net, RN_FOREVER) >= 0)
        for (struct rn_event ev; rn_next(net, &ev);)
            if (ev.mask & RN_ACCEPTED) {
                if (rn_send(net, ev.sock, bytes, len) != (ptrdiff_t)len)
                    fail(name, "it was not taken whole");
                rn_close(net, ev.sock);
            }
    fail("tap0", "it has gone");
}

/* Waits for that long, whatever comes; a failure of the connection ends all. */
static void let_pass(struct rn_stack *net, rn_time span)
{
    rn_time until = rn_now() + span;

    for (rn_time now = rn_now(); now < until; now = rn_now()) {
        rn_wait(net, until - now);
        for (struct rn_event ev; rn_next(net, &ev);)
            if (ev.mask & (RN_FAILED | RN_CLOSED))
                fail("the connection", strerror(-ev.error));
    }
}

/* All that comes from now on. */
static void read_all(struct rn_stack *net, rn_sock sock, FILE *f)
{
    char bytes[WINDOW];

    for (;;) {
        ptrdiff_t n = rn_recv(net, sock, bytes, sizeof bytes);

        if (n == 0)
            return;
        if (n == -EAGAIN)
            let_pass(net, MS);
        else if (n < 0)
            fail("rn_recv", strerror((int)-n));
        else if (fwrite(bytes, 1, (size_t)n, f) != (size_t)n)
            fail("writing", strerror(errno));
    }
}

static int take(const char *address, const char *server, rn_time late, const char *name)
{
    const struct rn_options options = {.receive_bytes = WINDOW, .receive_bytes_max = WINDOW};
    struct rn_stack *net = open_on_tap(&options, address);
    char err[RN_ERRBUF], to[64];
    FILE *f = fopen(name, "wb");
    rn_sock sock;

    say_so(address);
    snprintf(to, sizeof to, "%s:7", server);
    sock = rn_connect(net, RN_TCP, to, NULL, err);
    if (sock < 0 || !f)
        fail(to, sock < 0 ? err : strerror(errno));
    while (!(rn_ready(net, sock) & RN_WRITABLE)) /* it stands */
        let_pass(net, MS);
    let_pass(net, late);
    read_all(net, sock, f);
    rn_close(net, sock);
    let_pass(net, 100 * MS); /* our FIN, and what answers it */
    rn_destroy(net);
    return fclose(f) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "give") == 0)
        return give(argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "take") == 0)
        return take(argv[2], argv[3], atoi(argv[4]) * MS, argv[5]);
    return fprintf(stderr, "usage: late give ADDRESS FILE | take ADDRESS SERVER MS FILE\n"), 2;
}
