/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stack where there is an operating system: memory and random bytes to begin with, then rounds of
 *
 *      flush -> sleep on all devices until the first deadline -> clock -> poll
 *
 * which end when the application has something to do. The stack knows no clock and no sleep, devices know
 * no stack: here they meet, and nothing is decided here but when to sleep.
 *
 * These are the public rn_open, rn_wait, rn_fd and rn_now; devices.c has the rest of run/.
 */
#include "dev/error.h"
#include "host/posix.h"
#include "stack/stack.h"

#include <runnel.h>

#include <errno.h>

/* The host's release hook: rn_destroy's last act. */
static void unmap(void *context, void *memory, size_t bytes)
{
    (void)context;
    posix_unmap(memory, bytes);
}

int rn_open(struct rn_stack **net, const struct rn_options *options, char *err)
{
    struct rn_host host = {.release = unmap};
    size_t bytes = rn_need(options);
    void *memory;
    int error;

    /* An option out of range: rn_init looks at the options first and knows which. */
    if (bytes == 0) {
        error = rn_init(net, options, NULL, 0, &host, err);
        return error < 0 ? error : -EINVAL;
    }
    error = posix_random(host.seed, sizeof host.seed);
    if (error < 0)
        return error_line(err, error, "no random bytes from the system: getrandom failed (%d)", -error);
    memory = posix_map(bytes);
    if (!memory)
        return error_line(err, -ENOMEM,
                          "no address space for %zu bytes: ask for fewer connections, or raise ulimit -v",
                          bytes);
    error = rn_init(net, options, memory, bytes, &host, err);
    if (error < 0)
        posix_unmap(memory, bytes);
    return error;
}

rn_time rn_now(void)
{
    return posix_now();
}

/* Sleeps until a device has something or the time has come; not at all when one has something already.
 * 0, -EINTR, or another negative errno. */
static int sleep_on_devices(struct rn_stack *net, rn_time now, rn_time until)
{
    struct rn_dev *devices[STACK_DEVICES];
    struct pollfd fds[STACK_DEVICES];
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
    ready = posix_sleep(fds, n, until);
    return ready < 0 ? ready : 0;
}

/* With traffic about, that is frames in the last round or events that the application has not fetched, a
 * round looks without sleeping. What the last round owes is sent before the application hears of the limit;
 * before events it is not, so that an ACK can ride on the answer. */
int rn_wait(struct rn_stack *net, rn_time limit)
{
    rn_time now = posix_now();
    rn_time end = limit < RN_FOREVER - now ? now + limit : RN_FOREVER;
    bool busy = stack_events(net) > 0;

    for (;;) {
        rn_time next = rn_flush(net, now);
        int error = busy ? 0 : sleep_on_devices(net, now, next < end ? next : end);

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

    if (stack_devices(net, devices) != 1 || devices[0]->fd < 0)
        return -ENOSYS;
    return devices[0]->fd;
}
