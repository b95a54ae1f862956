/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Very many clients of an echo server at once, by the kernel's sockets; crowd.sh runs it. Nothing of Runnel
 * is in it.
 *
 *      crowd play SERVER PORT CLIENTS BYTES       each client sends BYTES at a pace of its own and compares
 * what comes back. By its number it then closes, or half-closes first and reads to the end, or resets in the
 * middle crowd hold SERVER PORT COUNT FROM ...      so many connections, their addresses taken in turn from
 * those; each is answered twice, and all stand until all were
 *
 * A byte depends on the client and on where it stands, so one that is lost, doubled, or another client's is
 * seen. Exit code 0: all was right; 1 with a line that names the client.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_MAX = 16384, TIMEOUT_MS = 60000, AT_ONCE = 64 };
enum manner { CLOSES, HALF_CLOSES, RESETS, READS_LATE, MANNERS };

struct client {
    enum manner manner;
    uint32_t number, sent, back, piece;
    int pause_ms;       /* between two pieces */
    int64_t not_before; /* ms: the next piece, or the first look at what came back */
    bool half_closed, done;
};

static _Noreturn void fail(uint32_t number, const char *what)
{
    fprintf(stderr, "crowd: client %u: %s (%s)\n", number, what, strerror(errno));
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint8_t byte_of(uint32_t number, uint32_t at)
{
    uint32_t x = (number * 2654435761u) ^ (at * 2246822519u);

    return (uint8_t)(x ^ x >> 13 ^ x >> 24);
}

/* Connected, and not blocking from here on. from may be NULL. */
static int open_client(uint32_t number, const char *server, const char *port, const char *from)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct sockaddr_in own = {.sin_family = AF_INET};
    int on = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s < 0 || inet_pton(AF_INET, server, &to.sin_addr) != 1)
        fail(number, "socket");
    if (from) {
        setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (inet_pton(AF_INET, from, &own.sin_addr) != 1 || bind(s, (struct sockaddr *)&own, sizeof own) < 0)
            fail(number, from);
    }
    if (connect(s, (struct sockaddr *)&to, sizeof to) < 0)
        fail(number, "connect");
    return s;
}

/* ---- play */

static void send_piece(struct client *c, int s, uint32_t bytes, int64_t now)
{
    uint8_t data[PIECE_MAX];
    uint32_t n = bytes - c->sent < c->piece ? bytes - c->sent : c->piece;
    ssize_t put;

    for (uint32_t i = 0; i < n; i++)
        data[i] = byte_of(c->number, c->sent + i);
    put = send(s, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN)
        fail(c->number, "send");
    c->sent += put > 0 ? (uint32_t)put : 0;
    c->not_before = now + c->pause_ms;
    if (c->sent == bytes && c->manner == HALF_CLOSES) {
        shutdown(s, SHUT_WR);
        c->half_closed = true;
    }
}

static void take_back(struct client *c, int s, uint32_t bytes)
{
    uint8_t data[PIECE_MAX];
    ssize_t got = recv(s, data, sizeof data, MSG_DONTWAIT);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got < 0)
        fail(c->number, "recv");
    if (got == 0 && !(c->half_closed && c->back == bytes))
        fail(c->number, "the end came early");
    for (ssize_t i = 0; i < got; i++)
        if (data[i] != byte_of(c->number, c->back + (uint32_t)i))
            fail(c->number, "another byte came back");
    c->back += (uint32_t)got;
    c->done = c->half_closed ? got == 0 : c->back == bytes;
}

static void reset(int s)
{
    struct linger at_once = {.l_onoff = 1};

    setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(s);
}

/* What a client does next with what poll(2) says. */
static void turn(struct client *c, struct pollfd *p, uint32_t bytes, int64_t now)
{
    bool reads = c->manner != READS_LATE || c->sent == bytes || c->sent - c->back > bytes / 4;

    if (p->revents & (POLLIN | POLLERR | POLLHUP) && reads)
        take_back(c, p->fd, bytes);
    if (p->revents & POLLOUT && c->sent < bytes && now >= c->not_before)
        send_piece(c, p->fd, bytes, now);
    if (c->manner == RESETS && c->back >= bytes / 2)
        c->done = true;
    if (!c->done)
        return;
    if (c->manner == RESETS)
        reset(p->fd);
    else
        close(p->fd);
    p->fd = -1;
}

static int play(const char *server, const char *port, uint32_t count, uint32_t bytes)
{
    struct client *clients = calloc(count, sizeof *clients);
    struct pollfd *p = calloc(count, sizeof *p);
    int64_t end = now_ms() + TIMEOUT_MS;
    uint32_t left = count;

    for (uint32_t i = 0; i < count; i++) {
        clients[i] = (struct client){.manner = i % MANNERS,
                                     .number = i,
                                     .piece = 500 + i * 977 % (PIECE_MAX - 500),
                                     .pause_ms = (int)(i % 7)};
        p[i].fd = open_client(i, server, port, NULL);
    }
    while (left > 0) {
        int64_t now = now_ms();

        if (now > end)
            fail(left, "that many have not come to their end in time");
        for (uint32_t i = 0; i < count; i++)
            p[i].events = clients[i].sent < bytes && now >= clients[i].not_before ? POLLIN | POLLOUT : POLLIN;
        if (poll(p, count, 1) < 0)
            fail(left, "poll");
        left = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (!clients[i].done)
                turn(&clients[i], &p[i], bytes, now);
            left += !clients[i].done;
        }
    }
    free(clients);
    free(p);
    printf("crowd: %u clients, %u bytes each\n", count, bytes);
    return 0;
}

/* ---- hold */

/* A word of its own to each of n connections, then the answers. */
static void ask_all(const int *s, uint32_t first, uint32_t n, uint32_t round)
{
    uint8_t word[16], back[16];

    for (uint32_t i = first; i < first + n; i++) {
        for (uint32_t k = 0; k < sizeof word; k++)
            word[k] = byte_of(i, round * 16 + k);
        if (send(s[i], word, sizeof word, MSG_NOSIGNAL) != sizeof word)
            fail(i, "send");
    }
    for (uint32_t i = first; i < first + n; i++) {
        if (recv(s[i], back, sizeof back, MSG_WAITALL) != sizeof back)
            fail(i, "recv");
        for (uint32_t k = 0; k < sizeof back; k++)
            if (back[k] != byte_of(i, round * 16 + k))
                fail(i, "another byte came back");
    }
}

static int hold(const char *server, const char *port, uint32_t count, char **from, uint32_t addresses)
{
    struct rlimit files = {.rlim_cur = count + 64, .rlim_max = count + 64};
    int *s = calloc(count, sizeof *s);

    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        fail(count, "that many descriptors");
    for (uint32_t i = 0; i < count; i++)
        s[i] = open_client(i, server, port, from[i % addresses]);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t first = 0; first < count; first += AT_ONCE)
            ask_all(s, first, count - first < AT_ONCE ? count - first : AT_ONCE, round);
    free(s);
    printf("crowd: %u connections at once, each answered twice\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "play") == 0 && atoi(argv[4]) > 0 && atoi(argv[5]) > 0)
        return play(argv[2], argv[3], (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
    if (argc > 5 && strcmp(argv[1], "hold") == 0 && atoi(argv[4]) > 0)
        return hold(argv[2], argv[3], (uint32_t)atoi(argv[4]), argv + 5, (uint32_t)argc - 5);
    return fprintf(stderr, "usage: crowd play SERVER PORT CLIENTS BYTES\n"
                           "       crowd hold SERVER PORT COUNT FROM ...\n"),
           2;
}
