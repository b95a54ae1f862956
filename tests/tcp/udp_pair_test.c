/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two stacks on a bad wire, and UDP between them: whatever the wire does, each datagram that is read is one
 * that was sent, whole, from where it was sent to where it was sent, and as often as the wire carried it. The
 * size of a datagram and its bytes follow from its number, which it begins with.
 *
 *      asker, SOCKETS connected sockets --- pair --- wire with faults --- answerer, two addresses, one socket
 */
#include <runnel.h>

#include "wire/addr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SOCKETS = 6, NUMBERS = 600, LONGEST = 1472, LONGEST6 = 1452, LEAST = 4 };
#define MS INT64_C(1000000)

struct world {
    struct rn_stack *asker, *answerer;
    struct rn_dev *wire;
    rn_sock ask[SOCKETS], answer;
    uint64_t random;
    rn_time now;
    bool six;
    uint32_t asked, answered, empty;   /* empty: those without a number */
    uint8_t whose[NUMBERS];            /* the socket that sent it */
    uint8_t there[NUMBERS], back[NUMBERS]; /* how often each came */
};

static uint32_t below(struct world *w, uint32_t n)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % n;
}

static const char *address(const struct world *w, int which)
{
    static const char *const all[2][3] = {{"10.0.0.1", "10.0.0.7", "10.0.0.8"},
                                          {"fd00::1", "fd00::7", "fd00::8"}};

    return all[w->six][which];
}

static void is_address(const struct world *w, const uint8_t got[16], int which)
{
    struct addr wanted;

    assert_true(addr_parse(address(w, which), &wanted));
    assert_memory_equal(got, wanted.b, 16);
}

/* Number n's bytes. Its length. */
static size_t write_number(const struct world *w, uint32_t n, uint8_t *data)
{
    uint32_t bits = n * 2654435761u;
    size_t len = LEAST + (bits >> 8) % ((w->six ? LONGEST6 : LONGEST) - LEAST + 1);

    memcpy(data, &n, sizeof n);
    for (size_t i = LEAST; i < len; i++)
        data[i] = (uint8_t)(bits + i * 7 + (i >> 8));
    return len;
}

/* What was read is a number that was sent. Which. */
static uint32_t read_number(const struct world *w, const uint8_t *data, size_t len)
{
    uint8_t wanted[LONGEST];
    uint32_t n;

    assert_true(len >= LEAST);
    memcpy(&n, data, sizeof n);
    assert_true(n < w->asked);
    assert_int_equal(len, write_number(w, n, wanted));
    assert_memory_equal(data, wanted, len);
    return n;
}

/* Every socket's peer is one of the two addresses, and its port is 5000 and its number. */
static void ask(struct world *w)
{
    uint8_t data[LONGEST];
    uint32_t which = below(w, SOCKETS);
    size_t len;

    if (below(w, 8) == 0) {
        assert_int_equal(rn_send_to(w->asker, w->ask[which], NULL, 0, NULL), 0);
        return;
    }
    if (w->asked == NUMBERS)
        return;
    len = write_number(w, w->asked, data);
    w->whose[w->asked] = (uint8_t)which;
    assert_int_equal(rn_send(w->asker, w->ask[which], data, len), len);
    w->asked++;
}

static void answer(struct world *w)
{
    uint8_t data[LONGEST];
    struct rn_datagram d;
    ptrdiff_t n;

    while ((n = rn_recv_from(w->answerer, w->answer, data, sizeof data, &d)) >= 0) {
        assert_int_equal(d.len, n);
        assert_int_equal(d.local_port, 7);
        assert_in_range(d.peer_port, 5000, 5000 + SOCKETS - 1);
        is_address(w, d.peer, 0);
        is_address(w, d.local, 1 + d.peer_port % 2);
        if (n) {
            uint32_t number = read_number(w, data, (size_t)n);

            assert_int_equal(d.peer_port, 5000 + w->whose[number]);
            w->there[number]++;
        }
        assert_int_equal(rn_send_to(w->answerer, w->answer, data, (size_t)n, &d), n);
    }
    assert_int_equal(n, -EAGAIN);
}

static void hear(struct world *w, uint32_t which)
{
    uint8_t data[LONGEST];
    struct rn_datagram d;
    ptrdiff_t n;

    while ((n = rn_recv_from(w->asker, w->ask[which], data, sizeof data, &d)) >= 0) {
        assert_int_equal(d.peer_port, 7);
        assert_int_equal(d.local_port, 5000 + which);
        is_address(w, d.local, 0);
        is_address(w, d.peer, 1 + (int)which % 2);
        if (n) {
            uint32_t number = read_number(w, data, (size_t)n);

            assert_int_equal(w->whose[number], which);
            w->back[number]++;
            w->answered++;
        } else {
            w->empty++;
        }
    }
    assert_int_equal(n, -EAGAIN);
}

/* Milliseconds pass. While asking, something is sent in every eighth: questions for a neighbour may be lost,
 * too, and then what is sent in the next second. */
static void pass(struct world *w, int ms, bool asking)
{
    struct rn_event ev;

    for (int i = 0; i < ms; i++, w->now += MS) {
        if (asking && i % 8 == 0)
            ask(w);
        rn_poll(w->asker, w->now);
        while (rn_next(w->asker, &ev))
            ;
        for (uint32_t which = 0; which < SOCKETS; which++)
            hear(w, which);
        rn_flush(w->asker, w->now);
        rn_poll(w->answerer, w->now);
        while (rn_next(w->answerer, &ev))
            ;
        answer(w);
        rn_flush(w->answerer, w->now);
    }
}

static struct rn_stack *start(struct world *w, struct rn_dev *dev, int first, int last)
{
    const struct rn_options options = {.connections = 1, .neighbours = 8, .budget_bytes = 1 << 20};
    char text[32];
    struct rn_stack *net;

    assert_int_equal(rn_open(&net, &options, NULL), 0);
    assert_int_equal(rn_add_device(net, dev, NULL), 0);
    for (int i = first; i <= last; i++) {
        snprintf(text, sizeof text, "%s/%d", address(w, i), w->six ? 64 : 24);
        assert_int_equal(rn_add_address(net, text, NULL), 0);
    }
    return net;
}

static void begin(struct world *w, const struct rn_fault *fault, bool six, uint64_t seed)
{
    struct rn_dev *ends[2];
    char to[64], from[64];

    memset(w, 0, sizeof *w);
    w->random = seed;
    w->six = six;
    w->now = MS;
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    memcpy(ends[0]->mac, (uint8_t[]){2, 0, 0, 0, 0, 1}, 6);
    memcpy(ends[1]->mac, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
    assert_int_equal(rn_dev_fault(&w->wire, ends[0],
                                  &(struct rn_fault_options){.seed = seed, .rx = *fault, .tx = *fault}, NULL),
                     0);
    w->asker = start(w, w->wire, 0, 0);
    w->answerer = start(w, ends[1], 1, 2);
    if (six) { /* nobody is asked for by IPv6 */
        assert_int_equal(rn_add_neighbour(w->asker, "fd00::7", "02:00:00:00:00:02", NULL), 0);
        assert_int_equal(rn_add_neighbour(w->asker, "fd00::8", "02:00:00:00:00:02", NULL), 0);
        assert_int_equal(rn_add_neighbour(w->answerer, "fd00::1", "02:00:00:00:00:01", NULL), 0);
    }
    w->answer = rn_listen(w->answerer, RN_UDP, six ? "[::]:7" : "0.0.0.0:7", NULL);
    assert_true(w->answer > 0);
    for (int i = 0; i < SOCKETS; i++) {
        snprintf(to, sizeof to, six ? "[%s]:7" : "%s:7", address(w, 1 + i % 2));
        snprintf(from, sizeof from, six ? "[::]:%d" : "0.0.0.0:%d", 5000 + i);
        w->ask[i] = rn_connect(w->asker, RN_UDP, to, from, NULL);
        assert_true(w->ask[i] > 0);
    }
}

static void expect_empty(struct rn_stack *net)
{
    struct rn_stats s;

    rn_stats(net, &s);
    for (int i = 0; i < RN_POOLS && s.use[i].name; i++)
        if (strcmp(s.use[i].name, "neighbours") != 0)
            assert_int_equal(s.use[i].used, 0);
}

static void end(struct world *w)
{
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(rn_close(w->asker, w->ask[i]), 0);
    assert_int_equal(rn_close(w->answerer, w->answer), 0);
    expect_empty(w->asker);
    expect_empty(w->answerer);
    rn_destroy(w->asker);
    rn_destroy(w->answerer);
}

/* Both ways of both families, so many times. */
static void play(const struct rn_fault *fault, int times, void (*judge)(const struct world *w))
{
    static struct world w;

    for (int i = 0; i < times; i++) {
        begin(&w, fault, i % 2, (uint64_t)i + 1);
        pass(&w, 400, false); /* until the addresses are theirs */
        pass(&w, 8 * 800, true);
        pass(&w, 5000, false);
        assert_int_equal(w.asked, NUMBERS);
        judge(&w);
        end(&w);
    }
}

static void each_came_once(const struct world *w)
{
    for (uint32_t n = 0; n < NUMBERS; n++) {
        assert_int_equal(w->there[n], 1);
        assert_int_equal(w->back[n], 1);
    }
    assert_true(w->empty > 0);
}

static void a_good_wire_brings_each_once(void **state)
{
    (void)state;
    play(&(struct rn_fault){.delay = MS}, 4, each_came_once);
}

/* Twice at most each way: a wire doubles, but not what it has doubled. */
static void most_came_and_none_too_often(const struct world *w)
{
    struct rn_fault_stats stats[2];
    uint32_t there = 0;

    rn_dev_fault_stats(w->wire, stats);
    for (uint32_t n = 0; n < NUMBERS; n++) {
        assert_in_range(w->there[n], 0, 2);
        assert_in_range(w->back[n], 0, 2 * w->there[n]);
        there += w->there[n] > 0;
    }
    assert_in_range(there, NUMBERS / 2, NUMBERS - 1);
    assert_true(stats[0].corrupted && stats[1].corrupted && stats[0].lost && stats[1].duplicated);
}

static void a_bad_wire_brings_nothing_that_was_not_sent(void **state)
{
    (void)state;
    play(&(struct rn_fault){.delay = 2 * MS,
                            .jitter = 3 * MS,
                            .loss_ppm = 100000,
                            .duplicate_ppm = 100000,
                            .reorder_ppm = 100000,
                            .corrupt_ppm = 100000},
         20, most_came_and_none_too_often);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_wire_brings_each_once),
        cmocka_unit_test(a_bad_wire_brings_nothing_that_was_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
