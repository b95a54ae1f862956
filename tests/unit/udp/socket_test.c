/* SPDX-License-Identifier: BSD-2-Clause
 *
 * udp/socket: who a datagram is for, lists with their limits, events that come once and are taken back, what
 * becomes of datagrams whose neighbour does not answer, and numbers that come again in another generation.
 */
#include "udp/socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BUDGET = 1 << 20, POOLS = 4, SOCKETS = 40, NEIGHBOURS = 4, LIMIT = 2000 };

struct rig {
    struct slabs slabs;
    struct queue_pools queues;
    struct sockets s;
    void *memory, *buckets;
};

static const struct addr PEER = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
static const struct addr OTHER = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2}};
static const struct addr OWN = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}};

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    size_t bytes = bucket_count_for(SOCKETS) * sizeof(struct bucket);

    assert_non_null(r);
    r->memory = aligned_alloc(64, slab_need(BUDGET, POOLS));
    r->buckets = aligned_alloc(64, bytes);
    r->s.list = calloc(SOCKETS, sizeof *r->s.list);
    r->s.waiting = calloc(NEIGHBOURS, sizeof *r->s.waiting);
    r->s.hop_uses = calloc(NEIGHBOURS, sizeof *r->s.hop_uses);
    assert_true(r->memory && r->buckets && r->s.list && r->s.waiting && r->s.hop_uses);
    memset(r->buckets, 0, bytes);
    slab_init(&r->slabs, r->memory, BUDGET, POOLS);
    queue_pools_init(&r->queues, &r->slabs);
    datagram_init(&r->s.datagrams, &r->slabs, &r->queues);
    bucket_init(&r->s.table, r->buckets, bucket_count_for(SOCKETS));
    r->s.hash_key = (struct hash_key){{1, 2, 3, 4}};
    r->s.limit = SOCKETS;
    r->s.receive_bytes = r->s.send_bytes = LIMIT;
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    for (uint32_t i = 0; i < r->s.fresh; i++)
        if (r->s.list[i].used)
            socket_close(&r->s, i);
    assert_int_equal(r->slabs.used_bytes, 0);
    assert_int_equal(r->s.used, 0);
    assert_int_equal(r->s.telling, 0);
    assert_int_equal(r->s.table.entries, 0);
    for (int i = 0; i < NEIGHBOURS; i++)
        assert_int_equal(r->s.hop_uses[i], 0);
    free(r->memory);
    free(r->buckets);
    free(r->s.list);
    free(r->s.waiting);
    free(r->s.hop_uses);
    free(r);
    return 0;
}

static struct socket_key bound(uint16_t local, uint16_t port)
{
    return (struct socket_key){.local = local, .local_port = port, .protocol = IP_UDP};
}

static struct socket_key connected(const struct addr *peer, uint16_t port)
{
    return (struct socket_key){
        .remote = *peer, .remote_port = 9, .local = 0, .local_port = port, .protocol = IP_UDP};
}

static int open_bound(struct rig *r, uint16_t local, uint16_t port)
{
    struct socket_key key = bound(local, port);

    return socket_open(&r->s, &key);
}

static int open_connected(struct rig *r, const struct addr *peer, uint16_t port)
{
    struct socket_key key = connected(peer, port);

    return socket_open(&r->s, &key);
}

static int find(struct rig *r, const struct addr *peer, uint16_t local, uint16_t port)
{
    struct socket_key key = connected(peer, port);

    key.local = local;
    return socket_find(&r->s, &key);
}

static bool receive(struct rig *r, int socket, size_t len)
{
    static const uint8_t bytes[LIMIT + 3000];

    return socket_receive(&r->s, (uint32_t)socket, &(struct datagram){.peer = PEER}, view_of(bytes, len));
}

static int send_through(struct rig *r, int socket, uint16_t hop, size_t len)
{
    static const uint8_t bytes[LIMIT + 3000];
    struct datagram d = {.peer = PEER, .local = OWN, .hop = hop};

    return socket_send(&r->s, (uint32_t)socket, &d, view_of(bytes, len));
}

/* The next event is that socket's and exactly this; -1: there is none. */
static void event(struct rig *r, int socket, unsigned wanted)
{
    unsigned events = 0;

    assert_int_equal(socket_pop_event(&r->s, &events), socket);
    assert_int_equal(events, wanted);
}

/* ---- who a datagram is for ----------------------------------------------------------------------------- */

static void the_nearest_socket_gets_it(void **state)
{
    struct rig *r = *state;
    int all = open_bound(r, SOCKET_ANY, 53), one = open_bound(r, 1, 53), peer = open_connected(r, &PEER, 53);

    assert_int_equal(find(r, &PEER, 0, 53), peer);
    assert_int_equal(find(r, &OTHER, 0, 53), all);
    assert_int_equal(find(r, &PEER, 1, 53), one);
    assert_int_equal(find(r, &PEER, 2, 53), all);
    assert_int_equal(find(r, &PEER, 0, 54), -1);
    socket_close(&r->s, (uint32_t)peer);
    assert_int_equal(find(r, &PEER, 0, 53), all);
    socket_close(&r->s, (uint32_t)all);
    assert_int_equal(find(r, &PEER, 0, 53), -1);
    assert_int_equal(find(r, &PEER, 1, 53), one);
}

static void families_and_protocols_do_not_meet(void **state)
{
    struct rig *r = *state;
    struct socket_key key = bound(SOCKET_ANY, 53);
    int socket = socket_open(&r->s, &key);

    assert_int_equal(socket_find(&r->s, &key), socket);
    key.version6 = 1;
    assert_int_equal(socket_find(&r->s, &key), -1);
    key.version6 = 0;
    key.protocol = IP_ICMP4;
    assert_int_equal(socket_find(&r->s, &key), -1);
}

static void a_key_is_used_once(void **state)
{
    struct rig *r = *state;
    int first = open_bound(r, SOCKET_ANY, 53);

    assert_int_equal(open_bound(r, SOCKET_ANY, 53), -EADDRINUSE);
    assert_true(open_bound(r, 0, 53) >= 0);
    assert_true(open_connected(r, &PEER, 53) >= 0);
    assert_int_equal(open_connected(r, &PEER, 53), -EADDRINUSE);
    assert_true(open_connected(r, &OTHER, 53) >= 0);
    socket_close(&r->s, (uint32_t)first);
    assert_true(open_bound(r, SOCKET_ANY, 53) >= 0);
}

static void there_are_so_many_and_each_time_another_generation(void **state)
{
    struct rig *r = *state;
    uint32_t generation;

    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(open_bound(r, 0, (uint16_t)(1000 + i)), i);
    assert_int_equal(open_bound(r, 0, 1), -ENOSPC);
    assert_int_equal(r->s.full, 1);
    assert_int_equal(r->s.peak, SOCKETS);
    generation = r->s.list[17].generation;
    socket_close(&r->s, 17);
    assert_int_equal(open_bound(r, 0, 1), 17);
    assert_int_equal(r->s.list[17].generation, generation + 1);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* The list may be charged LIMIT; a datagram is let in as long as it is not. One is always. */
static void unread_datagrams_have_a_limit_at_true_size(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53), n = 0;

    while (receive(r, socket, 1))
        n++;
    assert_int_equal(n, 6); /* of 384 bytes each */
    assert_int_equal(r->s.list[socket].unread_bytes, 6);
    for (; n > 0; n--)
        socket_was_read(&r->s, (uint32_t)socket);
    assert_null(socket_front(&r->s, &r->s.list[socket]));
    assert_int_equal(r->slabs.used_bytes, 0);
    assert_true(receive(r, socket, LIMIT + 2000));
    assert_false(receive(r, socket, 0));
    socket_was_read(&r->s, (uint32_t)socket);
    while (receive(r, socket, 0))
        n++;
    assert_int_equal(n, 16); /* of 128 bytes each: empty ones are not for nothing */
}

static void readable_comes_again_while_others_are_unread(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53);

    receive(r, socket, 1);
    receive(r, socket, 2);
    assert_int_equal(r->s.telling, 1);
    event(r, socket, SOCKET_READABLE);
    event(r, -1, 0);
    assert_int_equal(socket_front(&r->s, &r->s.list[socket])->payload.bytes, 1);
    socket_was_read(&r->s, (uint32_t)socket);
    event(r, socket, SOCKET_READABLE);
    assert_int_equal(socket_front(&r->s, &r->s.list[socket])->payload.bytes, 2);
    socket_was_read(&r->s, (uint32_t)socket);
    event(r, -1, 0);
}

static void what_was_read_already_is_not_told(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53), other = open_bound(r, 0, 54);

    receive(r, socket, 1);
    receive(r, other, 1);
    socket_was_read(&r->s, (uint32_t)socket);
    assert_int_equal(r->s.telling, 1);
    event(r, other, SOCKET_READABLE);
    receive(r, socket, 1); /* it stands in the list no more, or again */
    event(r, socket, SOCKET_READABLE);
    event(r, -1, 0);
}

/* Its record is used again when its place in the list of events has been passed. */
static void a_closed_socket_tells_nothing(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53), other;

    receive(r, socket, 1);
    socket_close(&r->s, (uint32_t)socket);
    assert_int_equal(r->s.telling, 0);
    other = open_bound(r, 0, 53);
    assert_int_not_equal(other, socket);
    receive(r, other, 1);
    event(r, other, SOCKET_READABLE);
    assert_int_equal(open_bound(r, 0, 54), socket);
    event(r, -1, 0);
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static uint32_t next_out(struct rig *r)
{
    return datagram_pop(&r->s.datagrams, &r->s.out);
}

static void a_full_socket_is_told_when_there_is_room(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53);

    for (int i = 0; i < 6; i++)
        assert_int_equal(send_through(r, socket, 1, 1), 0);
    assert_int_equal(send_through(r, socket, 1, 1), -EAGAIN);
    assert_int_equal(r->s.hop_uses[1], 6);
    assert_int_equal(r->s.list[socket].unsent_bytes, 6);
    event(r, -1, 0);
    socket_was_sent(&r->s, next_out(r)); /* 1,920 are left, and a byte below the limit is room */
    event(r, socket, SOCKET_WRITABLE);
    for (int i = 0; i < 5; i++)
        socket_was_sent(&r->s, next_out(r));
    event(r, -1, 0);
    assert_int_equal(next_out(r), 0);
    assert_int_equal(r->s.sent, 6);
}

static void what_a_closed_socket_gave_is_still_sent(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53);

    send_through(r, socket, 1, 1);
    socket_close(&r->s, (uint32_t)socket);
    assert_int_equal(open_bound(r, 0, 53), socket); /* another one, which is not charged for it */
    assert_int_equal(r->s.out.count, 1);
    socket_was_sent(&r->s, next_out(r));
    assert_int_equal(r->s.list[socket].unsent_charged, 0);
}

static void those_that_wait_go_in_their_order(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53);
    uint32_t first, second, third;

    send_through(r, socket, 1, 1);
    send_through(r, socket, 1, 2);
    send_through(r, socket, 2, 3);
    socket_waits(&r->s, first = next_out(r));
    socket_waits(&r->s, second = next_out(r));
    third = r->s.out.first;
    socket_wake(&r->s, 2); /* nobody waits for that one */
    socket_wake(&r->s, 1);
    assert_int_equal(next_out(r), first);
    assert_int_equal(next_out(r), second);
    assert_int_equal(next_out(r), third);
    socket_was_sent(&r->s, first);
    socket_was_sent(&r->s, second);
    socket_was_sent(&r->s, third);
}

static void not_more_than_sixteen_wait_for_a_neighbour(void **state)
{
    struct rig *r = *state;
    int socket = open_bound(r, 0, 53);

    r->s.send_bytes = 100000;
    for (int i = 0; i < 20; i++) {
        send_through(r, socket, 1, (size_t)i + 1);
        socket_waits(&r->s, next_out(r));
    }
    assert_int_equal(r->s.waiting[1].count, 16);
    assert_int_equal(r->s.unsent, 4);
    assert_int_equal(datagram_at(&r->s.datagrams, r->s.waiting[1].first)->payload.bytes, 5);
    socket_unanswered(&r->s, 1, 0);
    assert_int_equal(r->s.unsent, 20);
    event(r, -1, 0); /* a bound one has nobody to be told of */
}

static void a_connected_socket_reads_that_nobody_answered(void **state)
{
    struct rig *r = *state;
    int socket = open_connected(r, &PEER, 53);
    const struct datagram *d;

    send_through(r, socket, 1, 100);
    socket_waits(&r->s, next_out(r));
    socket_unanswered(&r->s, 1, 77);
    event(r, socket, SOCKET_READABLE);
    d = socket_front(&r->s, &r->s.list[socket]);
    assert_int_equal(d->error, -EHOSTUNREACH);
    assert_int_equal(d->icmp_type, 3);
    assert_int_equal(d->icmp_code, 1);
    assert_true(addr_eq(&d->peer, &PEER));
    assert_true(addr_eq(&d->router, &OWN));
    assert_int_equal(d->stamp, 77);
    assert_int_equal(r->slabs.used_bytes, 128); /* what was in it has gone */
    assert_int_equal(r->s.list[socket].unsent_charged, 0);
    socket_was_read(&r->s, (uint32_t)socket);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_nearest_socket_gets_it),
        CASE(families_and_protocols_do_not_meet),
        CASE(a_key_is_used_once),
        CASE(there_are_so_many_and_each_time_another_generation),
        CASE(unread_datagrams_have_a_limit_at_true_size),
        CASE(readable_comes_again_while_others_are_unread),
        CASE(what_was_read_already_is_not_told),
        CASE(a_closed_socket_tells_nothing),
        CASE(a_full_socket_is_told_when_there_is_room),
        CASE(what_a_closed_socket_gave_is_still_sent),
        CASE(those_that_wait_go_in_their_order),
        CASE(not_more_than_sixteen_wait_for_a_neighbour),
        CASE(a_connected_socket_reads_that_nobody_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
