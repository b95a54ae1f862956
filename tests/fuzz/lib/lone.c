/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stack, the pair and the peer of lone.h. Nothing is drawn here: all that varies comes from the script.
 */
#include "lone.h"
#include "wire/eth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 40, BURST = 32 };

const uint8_t lone_peer_mac[6] = {2, 0, 0, 0, 0, 1}, lone_stack_mac[6] = {2, 0, 0, 0, 0, 7};
static _Alignas(64) uint8_t memory[1 << 20];

uint8_t script_byte(struct script *s)
{
    if (!s->left)
        return 0;
    s->left--;
    return *s->at++;
}

uint16_t script_word(struct script *s)
{
    uint16_t high = script_byte(s);

    return (uint16_t)(high << 8 | script_byte(s));
}

void lone_must(int64_t rc)
{
    if (rc < 0)
        abort();
}

struct addr lone_address(bool six, bool stack)
{
    struct addr a;
    bool ok = addr_parse(six ? (stack ? "fd00::7" : "fd00::1") : (stack ? "10.0.0.7" : "10.0.0.1"), &a);

    assert(ok);
    (void)ok;
    return a;
}

void lone_begin(struct lone *l, const struct rn_options *o, bool six)
{
    struct rn_host host = {.seed = {1, 2, 3}};
    size_t bytes = rn_need(o);

    l->six = six;
    l->now = 1000000;
    assert(bytes && bytes <= sizeof memory);
    memset(memory, 0, bytes);
    lone_must(rn_init(&l->net, o, memory, bytes, &host, NULL));
    lone_must(rn_dev_pair(l->ends, &(struct rn_pair_options){.slots = BURST, .buffer_bytes = 1536}, NULL));
    memcpy(l->ends[1]->mac, lone_stack_mac, 6);
    lone_must(rn_add_device(l->net, l->ends[1], NULL));
    lone_must(rn_add_address(l->net, "10.0.0.7/24", NULL));
    lone_must(rn_add_address(l->net, "fd00::7/64", NULL));
    lone_must(rn_add_neighbour(l->net, "10.0.0.1", "02:00:00:00:00:01", NULL));
    lone_must(rn_add_neighbour(l->net, "fd00::1", "02:00:00:00:00:01", NULL));
}

size_t lone_link_header(uint8_t *frame, uint16_t type)
{
    struct eth h = {.type = type};

    memcpy(h.dst, lone_stack_mac, 6);
    memcpy(h.src, lone_peer_mac, 6);
    return eth_encode(frame, &h);
}

void lone_put(struct lone *l, const struct rn_frame *frame)
{
    const struct rn_dev_ops *ops = l->ends[0]->ops;
    struct rn_frame slot;

    if (ops->reserve(l->ends[0], &slot, 1, l->now) != 1)
        return;
    slot.len = frame->len < slot.room ? frame->len : slot.room;
    slot.flags = frame->flags;
    slot.gso_size = frame->gso_size;
    memcpy(slot.data, frame->data, slot.len);
    ops->commit(l->ends[0], &slot, 1);
    ops->sync(l->ends[0], l->now);
}

static void hear_all(struct lone *l, void (*hear)(struct lone *l, const struct rn_frame *frame))
{
    const struct rn_dev_ops *ops = l->ends[0]->ops;
    struct rn_frame frames[BURST];
    int n = ops->burst(l->ends[0], frames, BURST, l->now);

    for (int i = 0; i < n; i++)
        hear(l, &frames[i]);
    if (n > 0)
        ops->release(l->ends[0], n);
}

void lone_settle(struct lone *l, void (*serve)(struct lone *l),
                 void (*hear)(struct lone *l, const struct rn_frame *frame))
{
    int rounds = 0, took;
    rn_time next;

    do {
        took = rn_poll(l->net, l->now);
        serve(l);
        next = rn_flush(l->net, l->now);
        hear_all(l, hear);
        l->ends[0]->ops->sync(l->ends[0], l->now);
    } while ((took > 0 || next <= l->now) && ++rounds < ROUNDS);
    assert(rounds < ROUNDS);
}

uint64_t lone_used(const struct lone *l, const char *pool)
{
    struct rn_stats stats;

    rn_stats(l->net, &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (strcmp(stats.use[i].name, pool) == 0)
            return stats.use[i].used;
    abort(); /* no such pool */
}

void lone_end(struct lone *l)
{
    rn_destroy(l->net);
    l->ends[0]->ops->close(l->ends[0]);
}
