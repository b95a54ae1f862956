/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One byte there and back through the kernel's sockets, both ends asleep in between: the client pauses before
 * each request, the server blocks in its read. bench/roundtrip.sh runs both, and puts Runnel in a server's
 * place.
 *
 *      roundtrip serve ADDRESS PORT                          echoes for one client after the other
 *      roundtrip ask PORT REQUESTS PAUSE_US ADDRESS ...      prints a line for each request of each server
 *      roundtrip calibrate                                   prints what an empty system call costs
 *
 * The servers are asked in turn, request by request, so that whatever else the machine does falls on all of
 * them alike. The line is "ADDRESS NANOSECONDS". The clock runs from before the client's write until after
 * its read: the pause is not in it, but all that waking costs is. Nothing of Runnel is in this program.
 */
#include "../lib/calibrate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 8, WARM = 30 /* requests before the first that counts */ };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "roundtrip: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A socket, and the address that the words mean. */
static int make_socket(struct sockaddr_in *where, const char *address, const char *port)
{
    int on = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *where = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (s < 0 || inet_pton(AF_INET, address, &where->sin_addr) != 1)
        fail(address);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

static void echo_until_end(int s)
{
    char data[4096];
    ssize_t n;

    while ((n = read(s, data, sizeof data)) > 0)
        if (write(s, data, (size_t)n) != n)
            break;
    close(s);
}

static void serve(const char *address, const char *port)
{
    struct sockaddr_in where;
    int s = make_socket(&where, address, port), client;

    if (bind(s, (struct sockaddr *)&where, sizeof where) < 0 || listen(s, 16) < 0)
        fail(address);
    printf("roundtrip: echoes on %s port %s\n", address, port);
    fflush(stdout);
    while ((client = accept(s, NULL, NULL)) >= 0)
        echo_until_end(client);
    fail("accept");
}

/* One request; nanoseconds. */
static int64_t ask_once(int s, char byte, long pause_us)
{
    struct timespec pause = {.tv_sec = pause_us / 1000000, .tv_nsec = pause_us % 1000000 * 1000};
    int64_t start;
    char back = 0;

    nanosleep(&pause, NULL);
    start = now_ns();
    if (write(s, &byte, 1) != 1 || read(s, &back, 1) != 1)
        fail("no answer");
    start = now_ns() - start;
    if (back != byte) {
        errno = EPROTO;
        fail("another byte came back");
    }
    return start;
}

/* Each of n servers, so many times. */
static void ask(const char *port, long requests, long pause_us, char **address, int n)
{
    int64_t *took = calloc((size_t)(requests * n), sizeof *took);
    int s[SERVERS_MAX];

    for (int i = 0; i < n; i++) {
        struct sockaddr_in where;

        s[i] = make_socket(&where, address[i], port);
        if (!took || connect(s[i], (struct sockaddr *)&where, sizeof where) < 0)
            fail(address[i]);
    }
    for (long r = -WARM; r < requests; r++)
        for (int i = 0; i < n; i++) {
            int64_t ns = ask_once(s[i], (char)r, pause_us);

            if (r >= 0)
                took[r * n + i] = ns;
        }
    for (long k = 0; k < requests * n; k++)
        printf("%s %lld\n", address[k % n], (long long)took[k]);
    for (int i = 0; i < n; i++)
        close(s[i]);
    free(took);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve(argv[2], argv[3]);
    else if (argc > 5 && argc <= 5 + SERVERS_MAX && strcmp(argv[1], "ask") == 0 && atol(argv[3]) > 0)
        ask(argv[2], atol(argv[3]), atol(argv[4]), argv + 5, argc - 5);
    else if (argc == 2 && strcmp(argv[1], "calibrate") == 0)
        printf("null syscall %.0f ns\n", calibrate().syscall_ns);
    else
        return fprintf(stderr, "usage: roundtrip serve ADDRESS PORT\n"
                               "       roundtrip ask PORT REQUESTS PAUSE_US ADDRESS ...\n"
                               "       roundtrip calibrate\n"),
               2;
    return 0;
}
