/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device that fills in TCP's checksums is given what it needs for that. Here it adds up, in the plainest way, what
 * the stack says it should, and puts the sum where the stack says; the stack at the other end looks at every
 * checksum, as it does at those of strangers.
 *
 *      client --- a device of the test's --- pair --- echo server
 */
#include <runnel.h>
#include <runnel_dev.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { MESSAGES = 40 };
#define MS INT64_C(1000000)

static struct rn_dev *ends[2];
static struct rn_dev_ops ops;
static const struct rn_dev_ops *pair;
static uint32_t filled;
static struct rn_stack *client, *server;
static rn_time now;

/* RFC 1071, two bytes at a time. */
static void fill_in(const struct rn_frame *f)
{
    uint32_t sum = 0, at = (uint32_t)f->csum_start + f->csum_offset;

    assert_true(at + 2 <= f->len);
    for (uint32_t i = f->csum_start; i < f->len; i++)
        sum += (uint32_t)f->data[i] << ((i - f->csum_start) % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    f->data[at] = (uint8_t)(~sum >> 8);
    f->data[at + 1] = (uint8_t)~sum;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    for (int i = 0; i < n; i++) {
        struct rn_frame whole = slots[i];

        if (whole.flags & RN_CSUM_PARTIAL) {
            fill_in(&whole);
            filled++;
        }
        whole.flags = whole.csum_start = whole.csum_offset = 0; /* the other end is to believe nothing */
        pair->commit(dev, &whole, 1);
    }
    if (!n)
        pair->commit(dev, NULL, 0);
}

static struct rn_stack *start(struct rn_dev *dev, const char *address, const char *peer, const char *peers_mac)
{
    const struct rn_options options = {.connections = 4, .conflict = RN_CONFLICT_OFF, .budget_bytes = 1 << 20};
    struct rn_stack *net;

    assert_int_equal(rn_open(&net, &options, NULL), 0);
    assert_int_equal(rn_add_device(net, dev, NULL), 0);
    assert_int_equal(rn_add_address(net, address, NULL), 0);
    assert_int_equal(rn_add_neighbour(net, peer, peers_mac, NULL), 0);
    return net;
}

static void begin(bool six, uint16_t vlan, bool fills)
{
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    memcpy(ends[0]->mac, (uint8_t[]){2, 0, 0, 0, 0, 1}, 6);
    memcpy(ends[1]->mac, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
    ends[0]->vlan = ends[1]->vlan = vlan;
    pair = ends[0]->ops;
    ops = *pair;
    ops.commit = commit;
    ends[0]->ops = &ops;
    ends[0]->tx_csum = fills;
    filled = 0;
    now = MS;
    client = start(ends[0], six ? "fd00::1/64" : "10.0.0.1/24", six ? "fd00::2" : "10.0.0.2", "02:00:00:00:00:02");
    server = start(ends[1], six ? "fd00::2/64" : "10.0.0.2/24", six ? "fd00::1" : "10.0.0.1", "02:00:00:00:00:01");
    assert_true(rn_listen(server, RN_TCP, six ? "[::]:7" : "0.0.0.0:7", NULL) > 0);
}

static void pass(int ms)
{
    struct rn_event ev;

    for (int i = 0; i < ms; i++, now += MS) {
        rn_poll(client, now);
        while (rn_next(client, &ev))
            ;
        rn_flush(client, now);
        rn_poll(server, now);
        while (rn_next(server, &ev))
            if (ev.mask & (RN_READABLE | RN_WRITABLE))
                rn_splice(server, ev.sock, ev.sock, RN_ALL);
        rn_flush(server, now);
    }
}

/* Messages of all lengths go there and back, and no packet was not wanted. How many checksums were filled in. */
static uint32_t talk(bool six, uint16_t vlan, bool fills)
{
    uint8_t sent[MESSAGES * 37], back[sizeof sent];
    struct rn_stats stats;
    rn_sock sock;

    begin(six, vlan, fills);
    sock = rn_connect(client, RN_TCP, six ? "[fd00::2]:7" : "10.0.0.2:7", NULL, NULL);
    assert_true(sock > 0);
    pass(5);
    for (int i = 1; i <= MESSAGES; i++) {
        size_t len = (size_t)i * 37 - (size_t)i % 2;

        for (size_t at = 0; at < len; at++)
            sent[at] = (uint8_t)(at * 7 + (at >> 8) + (size_t)i);
        assert_int_equal(rn_send(client, sock, sent, len), len);
        pass(5);
        assert_int_equal(rn_recv(client, sock, back, sizeof back), len);
        assert_memory_equal(back, sent, len);
    }
    rn_stats(server, &stats);
    for (int i = 0; i < RN_DROPS; i++)
        assert_int_equal(stats.drops[i], 0);
    rn_stats(client, &stats);
    assert_int_equal(stats.retransmitted, 0);
    rn_destroy(client);
    rn_destroy(server);
    return filled;
}

static void every_segment_with_data_is_left_to_the_device(void **state)
{
    (void)state;
    for (int six = 0; six < 2; six++)
        for (uint16_t vlan = 0; vlan < 6; vlan = (uint16_t)(vlan + 5))
            assert_in_range(talk(six, vlan, true), MESSAGES, 4 * MESSAGES);
}

static void a_device_that_does_not_is_asked_for_nothing(void **state)
{
    (void)state;
    assert_int_equal(talk(false, 0, false), 0);
    assert_int_equal(talk(true, 5, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_segment_with_data_is_left_to_the_device),
        cmocka_unit_test(a_device_that_does_not_is_asked_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
