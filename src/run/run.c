/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stack where there is an operating system: memory and random bytes to begin with, then rounds of
 *
 *      flush -> sleep on all devices until the first deadline -> clock -> poll
 *
 * which end when the application has something to do. The stack knows no clock and no sleep, devices know
 * no stack: here they meet, and nothing is decided here but when to sleep.
 *
 *      memory of rn_open:   | the stack's, as rn_need says | struct run |
 *
 * Behind the stack's memory lies what is kept here: two descriptors, and who reads its report. One is an
 * eventfd by which rn_post wakes a sleeper; the other is an epoll set of it and of the devices, made when a
 * program first asks for rn_fd.
 *
 * These are the public rn_open, rn_wait, rn_fd, rn_now and rn_report; devices.c has the rest of run/.
 */
#include "report.h"
#include "dev/error.h"
#include "host/posix.h"
#include "stack/stack.h"

#include <runnel.h>

#include <errno.h>

enum { RUN_ALIGN = 64 };

struct run {
    int woken;               /* eventfd */
    int all;                 /* epoll of it and of the devices, -1: not made yet */
    int devices;             /* so many of them are in it */
    bool out[STACK_DEVICES]; /* ... for free slots, too */
    struct report *report;   /* NULL: nobody asked for it */
};

static size_t run_offset(size_t stack_bytes)
{
    return (stack_bytes + RUN_ALIGN - 1) & ~(size_t)(RUN_ALIGN - 1);
}

/* The host's release hook: rn_destroy's last act. */
static void let_go(void *context, void *memory, size_t bytes)
{
    struct run *run = context;

    report_close(run->report);
    posix_close(run->woken);
    posix_close(run->all);
    posix_unmap(memory, bytes);
}

/* The host's wake hook. */
static unsigned wake(void *context, bool on)
{
    const struct run *run = context;

    if (!on)
        return posix_taken(run->woken);
    posix_ring(run->woken);
    return 0;
}

/* What rn_open has put behind a stack; NULL: rn_init made it. */
static struct run *run_of(const struct rn_stack *net)
{
    const struct rn_host *host = stack_host(net);

    return host->release == let_go ? host->context : NULL;
}

/* Memory, random bytes and a bell for a stack of that many bytes. 0 or a negative errno. */
static int lend(struct rn_host *host, size_t bytes, void **memory, size_t *mapped, char *err)
{
    int error = posix_random(host->seed, sizeof host->seed);
    struct run *run;

    if (error < 0)
        return error_line(err, error, "no random bytes from the system: getrandom failed (%d)", -error);
    *mapped = run_offset(bytes) + sizeof *run;
    *memory = *mapped > bytes ? posix_map(*mapped) : NULL;
    if (!*memory)
        return error_line(err, -ENOMEM,
                          "no address space for %zu bytes: ask for fewer connections, or raise ulimit -v",
                          bytes);
    run = (struct run *)(void *)((char *)*memory + run_offset(bytes));
    run->all = -1;
    run->woken = posix_bell();
    if (run->woken < 0) {
        error = run->woken;
        posix_unmap(*memory, *mapped);
        return error_line(err, error, "no descriptor for rn_post (%d): raise ulimit -n", -error);
    }
    host->context = run;
    return 0;
}

int rn_open(struct rn_stack **net, const struct rn_options *options, char *err)
{
    struct rn_host host = {.release = let_go, .wake = wake};
    size_t bytes = rn_need(options), mapped = 0;
    void *memory = NULL;
    int error;

    /* An option out of range: rn_init looks at the options first and knows which. */
    if (bytes == 0) {
        error = rn_init(net, options, NULL, 0, &host, err);
        return error < 0 ? error : -EINVAL;
    }
    error = lend(&host, bytes, &memory, &mapped, err);
    if (error < 0)
        return error;
    error = rn_init(net, options, memory, mapped, &host, err);
    if (error < 0)
        let_go(host.context, memory, mapped);
    return error;
}

rn_time rn_now(void)
{
    return posix_now();
}

/* Sleeps until a device has something, somebody posts, or the time has come; not at all when a device has
 * something already. Who reads the report may end the sleep, too, and is served; the bell stands in its set
 * then, so that there is one descriptor beside the devices'. 0, -EINTR, or another negative errno. */
static __attribute__((hot)) int sleep_on_devices(struct rn_stack *net, rn_time now, rn_time until)
{
    struct rn_dev *devices[STACK_DEVICES];
    struct pollfd fds[STACK_DEVICES + 1];
    const struct run *run = run_of(net);
    struct report *report = run ? run->report : NULL;
    int n, ready;

    if (until <= now)
        return 0;
    n = stack_devices(net, devices);
    for (int i = 0; i < n; i++) {
        bool tx = stack_wants_tx(net, i);

        if (devices[i]->ops->arm(devices[i], true, tx) == -EAGAIN)
            return 0;
        fds[i].fd = devices[i]->fd; /* poll(2) passes over one that is negative */
        fds[i].events = (short)(tx ? POLLIN | POLLOUT : POLLIN);
        fds[i].revents = 0;
    }
    if (run)
        fds[n++] = (struct pollfd){.fd = report ? report_fd(report) : run->woken, .events = POLLIN};
    if (report && report_next(report) < until)
        until = report_next(report);
    ready = posix_sleep(fds, n, until);
    if (ready > 0)
        stack_woken(net);
    if (report && (ready == 0 || (ready > 0 && fds[n - 1].revents)))
        report_serve(report, net, posix_now(), true);
    return ready < 0 ? ready : 0;
}

/* A round that does not sleep: who reads the report has his turn. */
static void report_awake(struct rn_stack *net, rn_time now)
{
    const struct run *run = run_of(net);

    if (run && run->report)
        report_serve(run->report, net, now, false);
}

/* With traffic about, that is frames in the last round or events that the application has not fetched, a
 * round looks without sleeping. What the last round owes is sent before the application hears of the limit;
 * before events it is not, so that an ACK can ride on the answer. */
__attribute__((hot)) int rn_wait(struct rn_stack *net, rn_time limit)
{
    rn_time now = posix_now();
    rn_time end = limit < RN_FOREVER - now ? now + limit : RN_FOREVER;
    bool busy;

    if (!net)
        return -EINVAL;
    busy = stack_events(net) > 0;
    for (;;) {
        rn_time next = rn_flush(net, now);
        int error = 0;

        if (busy)
            report_awake(net, now);
        else
            error = sleep_on_devices(net, now, next < end ? next : end);
        now = posix_now();
        if (error == 0)
            busy = rn_poll(net, now) > 0;
        if (stack_events(net) > 0)
            return stack_events(net);
        if (error == 0)
            error = stack_error(net);
        if (error < 0)
            return error;
        if (now >= end) {
            rn_flush(net, now);
            return 0;
        }
    }
}

/* Makes the epoll set if there is none, with the bell in it. 0 or a negative errno. */
static int make_set(struct run *run)
{
    int error;

    if (run->all >= 0)
        return 0;
    run->all = posix_set();
    if (run->all < 0)
        return run->all;
    error = posix_watch(run->all, run->woken, false, true);
    if (error == 0 && run->report)
        error = posix_watch(run->all, report_fd(run->report), false, true);
    if (error < 0) {
        posix_close(run->all);
        run->all = -1;
    }
    return error;
}

/* Puts devices into the set that are not in it yet, and looks for free slots of those that lack them. */
static int watch_devices(struct run *run, struct rn_dev *const *devices, int n, const bool *tx)
{
    for (int i = 0; i < n; i++) {
        bool fresh = i >= run->devices;
        int error = fresh || run->out[i] != tx[i] ? posix_watch(run->all, devices[i]->fd, tx[i], fresh) : 0;

        if (error < 0)
            return error;
        run->out[i] = tx[i];
        if (fresh)
            run->devices = i + 1;
    }
    return 0;
}

int rn_fd(struct rn_stack *net)
{
    struct rn_dev *devices[STACK_DEVICES];
    bool tx[STACK_DEVICES];
    struct run *run;
    int n, error;

    if (!net)
        return -EINVAL;
    n = stack_devices(net, devices);
    error = stack_error(net);
    run = run_of(net);
    if (error < 0)
        return error;
    for (int i = 0; i < n; i++)
        if (devices[i]->fd < 0)
            return -ENOSYS;
    if (!run && n != 1)
        return -ENOSYS;
    if (run && run->report)
        report_serve(run->report, net, posix_now(), true);
    for (int i = 0; i < n; i++) {
        tx[i] = stack_wants_tx(net, i);
        if (devices[i]->ops->arm(devices[i], true, tx[i]) == -EAGAIN)
            return -EAGAIN;
    }
    if (!run)
        return devices[0]->fd;
    error = make_set(run);
    if (error == 0)
        error = watch_devices(run, devices, n, tx);
    return error < 0 ? error : run->all;
}

int rn_report(struct rn_stack *net, const char *path, char *err)
{
    struct run *run = net ? run_of(net) : NULL;
    struct report *report;
    int error;

    if (!run)
        return error_line(err, net ? -ENOSYS : -EINVAL, "a report is served for a stack of rn_open alone");
    if (run->report)
        return error_line(err, -EALREADY, "this stack serves its report already");
    error = report_open(&report, path, err);
    if (error < 0)
        return error;
    error = posix_watch(report_fd(report), run->woken, false, true);
    if (error == 0 && run->all >= 0)
        error = posix_watch(run->all, report_fd(report), false, true);
    if (error < 0) {
        report_close(report);
        return error_line(err, error, "no descriptor for the report (%d): raise ulimit -n", -error);
    }
    run->report = report;
    return 0;
}
