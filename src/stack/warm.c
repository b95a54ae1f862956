/* SPDX-License-Identifier: BSD-2-Clause
 *
 * After a sleep nothing that a round needs is in the processor's caches: about 200 lines of the program and 80 of
 * memory, on 40 pages, each of which it would wait for when it comes to it. Here all are asked for at once, so that
 * they are under way together, some of them while the device is asked for the frame.
 *
 *      (sleep) -> ask for all, wait for none -> rn_poll -> application -> rn_flush
 *
 * It changes nothing but the time that a round takes, and knows of each line only where it lies: what it
 * misses, or asks for in vain, costs what it would have cost anyway. Called by run/ when a sleeper was woken.
 */
#include "room.h"

enum { LINE = 64, LONGEST_CALL = 512 };

static inline void ask_for(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch((const char *)from + at);
}

/* So many bytes of a function's text. A function is no object, but lies somewhere just the same. */
#define ASK_FOR_TEXT(function, bytes) ask_for((const void *)(uintptr_t)(function), bytes)

/* The calls of the first device, which is the only one mostly. */
static inline void ask_for_device(const struct room_device *d)
{
    const struct rn_dev_ops *ops = d->dev->ops;

    ASK_FOR_TEXT(ops->burst, LONGEST_CALL);
    ASK_FOR_TEXT(ops->reserve, LONGEST_CALL);
    ASK_FOR_TEXT(ops->commit, LONGEST_CALL);
    ASK_FOR_TEXT(ops->sync, LONGEST_CALL);
}

/* What every round looks at, and what the first frame of a burst goes through. */
static inline void ask_for_memory(const struct rn_stack *net)
{
    ask_for(&net->now, sizeof net->now);
    ask_for(net->devices, 2 * LINE);
    ask_for(&net->device_count, sizeof net->device_count);
    ask_for(net->addresses.list, LINE);
    ask_for(net->neighbours.list, LINE);
    ask_for(&net->conns, offsetof(struct conns, settings) + LINE);
    ask_for(&net->conns.counts, sizeof net->conns - offsetof(struct conns, counts));
    ask_for(&net->listeners, LINE);
    ask_for(&net->timewaits, LINE);
    ask_for(&net->posts, 2 * LINE);
    ask_for(&net->reply_count, 2 * LINE);
    ask_for(net->frames, LINE);
    ask_for(net->slots, LINE);
    ask_for(net->segments, 3 * LINE);
    ask_for(net->conns.fifos.chunks, 2 * LINE);
}

__attribute__((hot)) void stack_woken(const struct rn_stack *net)
{
    ASK_FOR_TEXT(rn_poll, 1024);
    if (net->device_count)
        ask_for_device(&net->devices[0]);
    ask_for_memory(net);
    ASK_FOR_TEXT(input_burst, 1280);
    ASK_FOR_TEXT(input_segments, 2688);
    ASK_FOR_TEXT(rn_next, 512);
    ASK_FOR_TEXT(rn_splice, 1024);
    ASK_FOR_TEXT(rn_flush, 5376);
}
