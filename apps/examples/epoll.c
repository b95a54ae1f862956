/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The echo server inside an epoll loop that is not its own.
 *
 *      epoll tap:tap0 10.0.0.7/24 tap:tap1 10.1.0.7/24
 *
 * rn_wait is enough for a program that does nothing but TCP. This one also has a clock that strikes each
 * second, signals that arrive as reads, and could have files, pipes or sockets of the kernel: all of them are
 * descriptors in one epoll set, and the stack with all its devices is one more.
 *
 *      rn_flush: sends what is owed, says when the stack is next due
 *      rn_fd:    arms the devices; its descriptor is readable when one of them has frames
 *      epoll_wait, no longer than until then
 *      rn_poll:  takes the frames in; then rn_next, as ever
 */
#include <runnel.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct server {
    struct rn_stack *net;
    int loop, clock, signals, stack; /* stack: -1 until it is in the loop */
    long long bytes;                 /* echoed since the clock struck */
};

static void watch(int loop, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
}

/* The descriptors that have nothing to do with the stack. */
static void open_loop(struct server *s)
{
    struct itimerspec each_second = {{1, 0}, {1, 0}};
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    s->loop = epoll_create1(EPOLL_CLOEXEC);
    s->signals = signalfd(-1, &ours, SFD_CLOEXEC);
    s->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    s->stack = -1;
    timerfd_settime(s->clock, 0, &each_second, NULL);
    watch(s->loop, s->signals);
    watch(s->loop, s->clock);
}

/* For how long the loop may sleep, in epoll's milliseconds, rounded up. Or a negative errno in *error. */
static int may_sleep(struct server *s, int *error)
{
    rn_time now = rn_now(), due = rn_flush(s->net, now);
    int fd = rn_fd(s->net);

    *error = fd < 0 && fd != -EAGAIN ? fd : 0;
    if (fd >= 0 && s->stack < 0) {
        s->stack = fd; /* it stays the same */
        watch(s->loop, fd);
    }
    if (fd == -EAGAIN || due <= now)
        return 0;
    if (due == RN_FOREVER || due - now > (rn_time)INT_MAX * 1000000)
        return -1;
    return (int)((due - now + 999999) / 1000000);
}

/* As in echo.c. */
static void serve(struct server *s)
{
    rn_poll(s->net, rn_now());
    for (struct rn_event ev; rn_next(s->net, &ev);)
        if (ev.mask & (RN_READABLE | RN_WRITABLE)) {
            ptrdiff_t n = rn_splice(s->net, ev.sock, ev.sock, RN_ALL);

            if (n == 0)
                rn_close(s->net, ev.sock);
            else if (n > 0)
                s->bytes += n;
        }
}

static void strike(struct server *s)
{
    unsigned long long times;

    if (read(s->clock, &times, sizeof times) != sizeof times || !s->bytes)
        return;
    printf("%lld bytes echoed\n", s->bytes);
    fflush(stdout);
    s->bytes = 0;
}

/* Until a signal (0) or an error. */
static int run(struct server *s)
{
    for (;;) {
        struct epoll_event got[8];
        int error, limit = may_sleep(s, &error);
        int n = error ? 0 : epoll_wait(s->loop, got, 8, limit);

        if (error || (n < 0 && errno != EINTR))
            return error ? error : -errno;
        for (int i = 0; i < n; i++) {
            if (got[i].data.fd == s->signals)
                return 0;
            if (got[i].data.fd == s->clock)
                strike(s);
        }
        serve(s); /* in any case: it may just be due */
    }
}

int main(int argc, char **argv)
{
    struct server s = {0};
    char err[RN_ERRBUF];
    int error;

    if (argc < 3 || argc % 2 == 0)
        return fprintf(stderr, "usage: epoll DEVICE ADDRESS/BITS ...\n"), 2;
    if (rn_open(&s.net, &(struct rn_options){.connections = 10000}, err) < 0)
        return fprintf(stderr, "epoll: %s\n", err), 1;
    for (int i = 1; i < argc; i += 2)
        if (rn_attach(s.net, argv[i], NULL, err) < 0 || rn_add_address(s.net, argv[i + 1], err) < 0)
            return fprintf(stderr, "epoll: %s\n", err), 1;
    if (rn_listen(s.net, RN_TCP, "0.0.0.0:7", err) < 0)
        return fprintf(stderr, "epoll: %s\n", err), 1;
    open_loop(&s);

    error = run(&s);
    if (error)
        fprintf(stderr, "epoll: %s\n", strerror(-error));
    rn_destroy(s.net);
    close(s.clock);
    close(s.signals);
    close(s.loop);
    return error != 0;
}
