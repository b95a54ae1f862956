/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Clients that stay, by the kernel's sockets; signals.sh and ss.sh run it. Nothing of Runnel is in it.
 *
 *      guest polite SERVER PORT        says hello, hears it, and closes when the server has closed
 *      guest stubborn SERVER PORT      the same, but then it goes on sending until it is reset
 *      guest silent N SERVER PORT      so many connections on which nothing is sent or read, until it is killed
 *      guest silent N PATH             the same with a UNIX socket
 *
 * It says "open" when it is connected, then "end" for the server's FIN and "reset". After 20 s it gives up: exit
 * code 1 with a line that says what did not happen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 20, BETWEEN_US = 50000, SENDS = PATIENCE_S * (1000000 / BETWEEN_US) };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void say(const char *word)
{
    printf("%s\n", word);
    fflush(stdout);
}

static int dial(int family, const void *to, socklen_t len)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int s = socket(family, SOCK_STREAM, 0);

    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        connect(s, to, len) < 0)
        fail("connect");
    return s;
}

static int dial_port(const char *server, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};

    if (inet_pton(AF_INET, server, &to.sin_addr) != 1)
        fail(server);
    return dial(AF_INET, &to, sizeof to);
}

static int dial_path(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    return dial(AF_UNIX, &to, sizeof to);
}

/* Sends until that is refused. */
static void insist(int s)
{
    for (int i = 0; i < SENDS; i++) {
        if (send(s, "more", 4, MSG_NOSIGNAL) < 0) {
            if (errno != ECONNRESET && errno != EPIPE)
                fail("send");
            say("reset");
            return;
        }
        usleep(BETWEEN_US);
    }
    fail("no reset");
}

static int visit(const char *server, const char *port, bool stubborn)
{
    char word[5];
    int s = dial_port(server, port);
    ssize_t n;

    if (send(s, "hello", 5, MSG_NOSIGNAL) != 5 || recv(s, word, 5, MSG_WAITALL) != 5)
        fail("hello");
    say("open");
    n = recv(s, word, 1, 0);
    if (n < 0 && errno != ECONNRESET)
        fail("no end");
    say(n == 0 ? "end" : n > 0 ? "bytes" : "reset");
    if (stubborn && n == 0)
        insist(s);
    return 0;
}

/* port NULL: to is a path. */
static int sit(int count, const char *to, const char *port)
{
    struct rlimit files = {.rlim_cur = (rlim_t)count + 64, .rlim_max = (rlim_t)count + 64};

    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        fail("that many descriptors");
    for (int i = 0; i < count; i++)
        port ? dial_port(to, port) : dial_path(to);
    say("open");
    pause();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && (strcmp(argv[1], "polite") == 0 || strcmp(argv[1], "stubborn") == 0))
        return visit(argv[2], argv[3], argv[1][0] == 's');
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "silent") == 0 && atoi(argv[2]) > 0)
        return sit(atoi(argv[2]), argv[3], argv[4]);
    fprintf(stderr, "guest: see the head of guest.c\n");
    return 2;
}
