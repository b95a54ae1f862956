/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The echo server inside libuv, beside whatever else its loop serves: here signals, and a timer that reports.
 *
 *      uv tap:tap0 10.0.0.7/24 tap:tap1 10.1.0.7/24
 *
 * A turn of uv_run is prepare, sleep, check, with the timers between the turns. That is what the stack needs:
 *
 *      prepare   rn_flush, and the timer `due` is set to what it says; rn_fd arms the devices
 *      (sleep)   ends when the poll handle on that descriptor has something, or the timer has run out
 *      check     rn_poll, rn_next
 *
 * The callbacks of the poll handle and of `due` therefore have nothing to do but to end the sleep.
 */
#include <runnel.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <uv.h>

struct server {
    struct rn_stack *net;
    uv_loop_t loop;
    uv_prepare_t before;
    uv_check_t after;
    uv_poll_t frames;
    uv_timer_t due, report;
    uv_signal_t interrupted, terminated;
    bool polls; /* frames is in the loop */
    long long bytes;
    int error;
};

static void on_frames(uv_poll_t *handle, int status, int events)
{
    (void)handle;
    (void)status;
    (void)events;
}

static void on_due(uv_timer_t *handle)
{
    (void)handle;
}

static void on_report(uv_timer_t *handle)
{
    struct server *s = handle->data;

    if (s->bytes)
        printf("%lld bytes echoed\n", s->bytes);
    fflush(stdout);
    s->bytes = 0;
}

static void on_signal(uv_signal_t *handle, int signal)
{
    (void)signal;
    uv_stop(handle->loop);
}

/* The last thing before the loop sleeps. */
static void prepare(uv_prepare_t *handle)
{
    struct server *s = handle->data;
    rn_time now = rn_now(), due = rn_flush(s->net, now);
    int fd = rn_fd(s->net);

    if (fd < 0 && fd != -EAGAIN) {
        s->error = fd;
        uv_stop(&s->loop);
        return;
    }
    if (fd >= 0 && !s->polls) { /* it is the same each time */
        uv_poll_init(&s->loop, &s->frames, fd);
        uv_poll_start(&s->frames, UV_READABLE, on_frames);
        s->polls = true;
    }
    uv_update_time(&s->loop); /* a timer counts from there */
    if (fd == -EAGAIN || due <= now)
        uv_timer_start(&s->due, on_due, 0, 0);
    else if (due == RN_FOREVER)
        uv_timer_stop(&s->due);
    else
        uv_timer_start(&s->due, on_due, (uint64_t)(due - now + 999999) / 1000000, 0);
}

/* The first thing after it has slept. As in echo.c. */
static void check(uv_check_t *handle)
{
    struct server *s = handle->data;

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

static void start(struct server *s)
{
    uv_loop_init(&s->loop);
    uv_prepare_init(&s->loop, &s->before);
    uv_check_init(&s->loop, &s->after);
    uv_timer_init(&s->loop, &s->due);
    uv_timer_init(&s->loop, &s->report);
    uv_signal_init(&s->loop, &s->interrupted);
    uv_signal_init(&s->loop, &s->terminated);
    s->before.data = s->after.data = s->report.data = s;
    uv_prepare_start(&s->before, prepare);
    uv_check_start(&s->after, check);
    uv_timer_start(&s->report, on_report, 1000, 1000);
    uv_signal_start(&s->interrupted, on_signal, SIGINT);
    uv_signal_start(&s->terminated, on_signal, SIGTERM);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    uv_close(handle, NULL);
}

/* The handles first: the descriptor of rn_fd is the stack's, and goes with it. */
static void finish(struct server *s)
{
    uv_walk(&s->loop, close_handle, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    rn_destroy(s->net);
}

int main(int argc, char **argv)
{
    static struct server s;
    char err[RN_ERRBUF];

    if (argc < 3 || argc % 2 == 0)
        return fprintf(stderr, "usage: uv DEVICE ADDRESS/BITS ...\n"), 2;
    if (rn_open(&s.net, &(struct rn_options){.connections = 10000}, err) < 0)
        return fprintf(stderr, "uv: %s\n", err), 1;
    for (int i = 1; i < argc; i += 2)
        if (rn_attach(s.net, argv[i], NULL, err) < 0 || rn_add_address(s.net, argv[i + 1], err) < 0)
            return fprintf(stderr, "uv: %s\n", err), 1;
    if (rn_listen(s.net, RN_TCP, "0.0.0.0:7", err) < 0)
        return fprintf(stderr, "uv: %s\n", err), 1;

    start(&s);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    if (s.error)
        fprintf(stderr, "uv: %s\n", uv_strerror(s.error));
    finish(&s);
    return s.error != 0;
}
