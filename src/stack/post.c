/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages from other threads: the one door into a stack that they may use. rn_post puts a pointer into a
 * mailbox, rn_next hands it to the application as an event; the stack never looks at what it points to.
 *
 *      other thread    rn_post:  put ---------------------------> asleep? then host.wake(true)
 *      stack's thread  rn_flush: "asleep", look again    (sleep)    rn_poll: "up", host.wake(false)
 *
 * A flush says that the stack may sleep, because it is the last that comes before a sleep, in rn_wait as in a
 * loop of the program's own; a poll says that it is up. Each writer who found it asleep wakes it once, and
 * that is counted: what woke the host is taken back exactly as often, even if it comes late, so that its
 * descriptor does not stay readable for nothing.
 */
#include "room.h"

#include <errno.h>

int rn_post(struct rn_stack *net, void *message)
{
    bool wake;

    if (!net)
        return -EINVAL;
    if (!mailbox_put(&net->posts, message, &wake)) {
        __atomic_fetch_add(&net->posts_refused, 1, __ATOMIC_RELAXED);
        return -EAGAIN;
    }
    if (wake)
        net->host.wake(net->host.context, true);
    return 0;
}

/* No longer asleep; who woke the host, or is about to, is counted. */
static void get_up(struct rn_stack *net)
{
    if (net->may_sleep && mailbox_is_up(&net->posts))
        net->wakes++;
    net->may_sleep = false;
}

__attribute__((hot)) void post_is_up(struct rn_stack *net)
{
    unsigned came;

    net->posts_left = net->posts.mask + 1;
    if (!net->host.wake)
        return;
    get_up(net);
    if (!net->wakes)
        return;
    came = net->host.wake(net->host.context, false);
    net->wakes -= came < net->wakes ? came : net->wakes;
}

__attribute__((hot)) bool post_may_sleep(struct rn_stack *net)
{
    if (!net->host.wake)
        return !mailbox_any(&net->posts);
    get_up(net);
    net->may_sleep = true;
    if (mailbox_sleeps(&net->posts))
        return true;
    get_up(net);
    return false;
}

__attribute__((hot)) bool post_next(struct rn_stack *net, struct rn_event *ev)
{
    void *message;

    if (!net->posts_left || !mailbox_take(&net->posts, &message))
        return false;
    net->posts_left--;
    *ev = (struct rn_event){.user = message, .mask = RN_POSTED};
    return true;
}
