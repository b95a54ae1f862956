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
 * Behind the stack's memory lies what is kept here, which is what ends a sleep: an epoll set of the devices,
 * of an eventfd by which rn_post wakes a sleeper, of a timer, and of those who read the report. A program
 * with a loop of its own gets that set from rn_fd. The timer is set anew only for what is sooner: it may ring
 * in vain then, but whoever is woken by a frame leaves it alone, since to stop one is what costs.
 *
 * These are the public rn_open, rn_wait, rn_fd, rn_now and rn_report; devices.c, attach.c, made.c and
 * defaults.c have the rest of run/.
 */
#include "report.h"
#include "dev/error.h"
#include "host/posix.h"
#include "stack/stack.h"

#include <runnel.h>

#include <errno.h>

enum { RUN_ALIGN = 64 };

struct run {
    int all;                 /* epoll of the rest, and of the devices */
    int woken;               /* eventfd */
    int timer;               /* timerfd ... */
    rn_time rings_at;        /* ... set for then; RN_FOREVER: it is not */
    rn_time worked_at;       /* the last time that there was something */
    int devices;             /* so many of them are in the set */
    bool out[STACK_DEVICES]; /* ... for free slots, too */
    struct report *report;   /* NULL: nobody asked for it */
};

static size_t run_offset(size_t stack_bytes)
{
    return (stack_bytes + RUN_ALIGN - 1) & ~(size_t)(RUN_ALIGN - 1);
}

static void close_all(const struct run *run)
{
    posix_close(run->all);
    posix_close(run->woken);
    posix_close(run->timer);
}

/* The bell and the timer, in the set. 0, or a negative errno with nothing open. */
static int open_all(struct run *run)
{
    int error;

    run->rings_at = RN_FOREVER;
    run->all = posix_set();
    run->woken = posix_bell();
    run->timer = posix_timer();
    error = run->all < 0 ? run->all : run->woken < 0 ? run->woken : run->timer < 0 ? run->timer : 0;
    if (error == 0)
        error = posix_watch(run->all, run->woken, false, true);
    if (error == 0)
        error = posix_watch(run->all, run->timer, false, true);
    if (error < 0)
        close_all(run);
    return error;
}

/* The host's release hook: rn_destroy's last act. */
static void let_go(void *context, void *memory, size_t bytes)
{
    struct run *run = context;

    report_close(run->report);
    close_all(run);
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
    error = open_all(run);
    if (error < 0) {
        posix_unmap(*memory, *mapped);
        return error_line(err, error, "no three descriptors for what ends a sleep (%d): raise ulimit -n",
                          -error);
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

__attribute__((hot)) rn_time rn_now(void)
{
    return posix_now();
}

/* The stack's devices and whether each lacks free slots, armed. Their number; -EAGAIN: one has something
 * already. */
static __attribute__((hot)) int arm_devices(struct rn_stack *net, struct rn_dev *devices[STACK_DEVICES],
                                            bool tx[STACK_DEVICES])
{
    int n = stack_devices(net, devices);

    for (int i = 0; i < n; i++) {
        tx[i] = stack_wants_tx(net, i);
        if (devices[i]->ops->arm(devices[i], true, tx[i]) == -EAGAIN)
            return -EAGAIN;
    }
    return n;
}

/* Puts devices into the set that are not in it yet, and looks for free slots of those that lack them. 0 or a
 * negative errno. */
static __attribute__((hot)) int watch_devices(struct run *run, struct rn_dev *const *devices, int n,
                                              const bool *tx)
{
    for (int i = 0; i < n; i++) {
        bool fresh = i >= run->devices;
        int error = 0;

        if (devices[i]->fd >= 0 && (fresh || run->out[i] != tx[i]))
            error = posix_watch(run->all, devices[i]->fd, tx[i], fresh);
        if (error == 0 && fresh && devices[i]->beside)
            error = posix_watch(run->all, devices[i]->beside, false, true);
        if (error < 0)
            return error;
        run->out[i] = tx[i];
        if (fresh)
            run->devices = i + 1;
    }
    return 0;
}

static void ring_at(struct run *run, rn_time when)
{
    posix_ring_at(run->timer, when);
    run->rings_at = when;
}

/* What has ended the sleep, but for devices and posts, for which the round looks by itself. */
static __attribute__((hot)) void look_what_woke(struct rn_stack *net, struct run *run, const int *ready,
                                                int n)
{
    struct report *report = run->report;
    bool told = false, rang = false;
    rn_time now;

    for (int i = 0; i < n; i++) {
        told |= report && ready[i] == report_fd(report);
        rang |= ready[i] == run->timer;
    }
    if (rang)
        ring_at(run, RN_FOREVER);
    if (!report || !(told || rang))
        return;
    now = posix_now();
    if (told || now >= report_next(report))
        report_serve(report, net, now, true);
}

/* A stack that was made by rn_init: its devices alone, which have no set. */
static int sleep_without_set(struct rn_dev *const *devices, int n, const bool *tx, rn_time until)
{
    struct pollfd fds[2 * STACK_DEVICES];
    int ready;

    for (int i = 0; i < n; i++) { /* poll(2) passes over one that is negative */
        fds[i] = (struct pollfd){.fd = devices[i]->fd, .events = tx[i] ? POLLIN | POLLOUT : POLLIN};
        fds[n + i] = (struct pollfd){.fd = devices[i]->beside ? devices[i]->beside : -1, .events = POLLIN};
    }
    ready = posix_sleep(fds, 2 * n, until);
    return ready < 0 ? ready : 0;
}

/* Sleeps until a device has something, somebody posts, or the time has come; not at all when a device has
 * something already. Who reads the report may end the sleep, too, and is served. 0, -EINTR, or another
 * negative errno. */
static __attribute__((hot)) int sleep_on_devices(struct rn_stack *net, rn_time now, rn_time until)
{
    struct rn_dev *devices[STACK_DEVICES];
    bool tx[STACK_DEVICES];
    struct run *run = run_of(net);
    int ready[POSIX_READY], n, error;

    if (until <= now)
        return 0;
    n = arm_devices(net, devices, tx);
    if (n < 0)
        return 0;
    if (!run)
        return sleep_without_set(devices, n, tx, until);
    error = watch_devices(run, devices, n, tx);
    if (error < 0)
        return error;
    if (run->report && report_next(run->report) < until)
        until = report_next(run->report);
    if (until < run->rings_at)
        ring_at(run, until);
    n = posix_wait(run->all, ready);
    if (n < 0)
        return n;
    stack_woken(net);
    look_what_woke(net, run, ready, n);
    return 0;
}

/* A round that does not sleep: who reads the report has his turn. */
static void report_awake(struct rn_stack *net, rn_time now)
{
    const struct run *run = run_of(net);

    if (run && run->report)
        report_serve(run->report, net, now, false);
}

/* There was something just now, or so short a time ago that it is worth to look for more. */
static __attribute__((hot)) bool looks_on(const struct rn_stack *net, bool busy, rn_time now)
{
    rn_time spin = stack_spin(net);
    struct run *run;

    if (busy && !spin)
        return true;
    run = spin ? run_of(net) : NULL; /* a stack of rn_init has nobody to remember it */
    if (run && busy)
        run->worked_at = now;
    return busy || (run && now - run->worked_at < spin);
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

        if (looks_on(net, busy, now))
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
    if (!run && (n != 1 || devices[0]->beside))
        return -ENOSYS;
    if (run && run->report)
        report_serve(run->report, net, posix_now(), true);
    if (arm_devices(net, devices, tx) < 0)
        return -EAGAIN;
    if (!run)
        return devices[0]->fd;
    if (run->rings_at < RN_FOREVER)
        ring_at(run, RN_FOREVER); /* the program's loop has its own */
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
    error = posix_watch(run->all, report_fd(report), false, true);
    if (error < 0) {
        report_close(report);
        return error_line(err, error, "no descriptor for the report (%d): raise ulimit -n", -error);
    }
    run->report = report;
    return 0;
}
