/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A small nc: connects, sends what it reads, prints what comes back, and ends when both sides have finished.
 *
 *      client tap:tap0 10.0.0.7/24 10.0.0.1:80 request.txt      (or no file: standard input)
 *
 * Nothing is copied on the way: rn_reserve lends room, which read(2) fills; rn_peek lends what came, which
 * write(2) takes. Two things have to be waited for, the stack and the input, so this is not rn_wait's loop
 * but that of rn_flush, rn_fd, poll(2), rn_poll; epoll.c and uv.c do the same with more of them. The input is
 * asked for only while the stack has room: that is all there is to back-pressure.
 */
#define _GNU_SOURCE 1 /* ppoll */
#include <runnel.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static void on_signal(int signal)
{
    (void)signal; /* its work is done when it has ended the sleep */
}

/* Sleeps until the stack or the input has something, or the stack is due. 1: the input is readable, else 0;
 * -EINTR: a signal came, which is let through only here, so that none is slept over; or a device's error. */
static int sleep_on(struct rn_stack *net, int input)
{
    rn_time now = rn_now(), due = rn_flush(net, now), left = due > now ? due - now : 0;
    struct pollfd fds[2] = {{.fd = rn_fd(net), .events = POLLIN}, {.fd = input, .events = POLLIN}};
    struct timespec limit;
    sigset_t all_through;

    if (fds[0].fd == -EAGAIN) /* there is something already */
        left = 0;
    else if (fds[0].fd < 0)
        return fds[0].fd;
    limit = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    sigemptyset(&all_through);
    if (ppoll(fds, 2, due == RN_FOREVER && fds[0].fd >= 0 ? NULL : &limit, &all_through) < 0)
        return -errno;
    return fds[1].revents != 0;
}

/* A read of the input goes out. False: no more of it now, since there is no room or it has ended. */
static bool send_some(struct rn_stack *net, rn_sock sock, int input)
{
    void *room;
    ptrdiff_t n = rn_reserve(net, sock, CHUNK, &room);

    if (n <= 0)
        return false; /* RN_WRITABLE will come */
    n = read(input, room, (size_t)n);
    if (n > 0)
        return rn_commit(net, sock, (size_t)n) > 0;
    rn_shutdown(net, sock); /* our side has finished; theirs may go on */
    return false;
}

/* Prints all that is there. False: it cannot be printed. */
static bool print_all(struct rn_stack *net, rn_sock sock)
{
    const void *data;
    ptrdiff_t n;

    while ((n = rn_peek(net, sock, &data)) > 0) {
        n = write(STDOUT_FILENO, data, (size_t)n);
        if (n < 0)
            return false;
        rn_consume(net, sock, (size_t)n);
    }
    return true;
}

/* Until both sides have finished: 0, else a negative errno. */
static int talk(struct rn_stack *net, rn_sock sock, int input)
{
    bool may_send = false;
    struct rn_event ev;
    int readable;

    while ((readable = sleep_on(net, may_send ? input : -1)) >= 0) {
        if (readable)
            may_send = send_some(net, sock, input);
        rn_poll(net, rn_now());
        while (rn_next(net, &ev)) {
            if (ev.mask & RN_FAILED)
                return ev.error;
            if (ev.mask & RN_WRITABLE) /* with RN_CONNECTED, and when there is room again */
                may_send = true;
            if (ev.mask & RN_READABLE && !print_all(net, sock))
                return -errno;
            if (ev.mask & RN_CLOSED)
                return 0;
        }
    }
    return readable;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    char err[RN_ERRBUF];
    struct rn_stack *net;
    sigset_t ours;
    rn_sock sock = 0;
    int input, error;

    if (argc < 4 || argc > 5)
        return fprintf(stderr, "usage: client DEVICE ADDRESS/BITS TO:PORT [FILE]\n"), 2;
    input = argc == 5 ? open(argv[4], O_RDONLY) : STDIN_FILENO;
    if (input < 0)
        return perror(argv[4]), 1;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    if (rn_open(&net, NULL, err) < 0 || rn_attach(net, argv[1], NULL, err) < 0 ||
        rn_add_address(net, argv[2], err) < 0 || (sock = rn_connect(net, RN_TCP, argv[3], NULL, err)) < 0)
        return fprintf(stderr, "client: %s\n", err), 1;
    error = talk(net, sock, input);
    if (error)
        fprintf(stderr, "client: %s\n", strerror(-error));
    rn_abort(net, sock);     /* a RST, if it is still there: a closed one's number is stale */
    rn_flush(net, rn_now()); /* the last word: that, or an ACK */
    rn_destroy(net);
    return error != 0;
}
