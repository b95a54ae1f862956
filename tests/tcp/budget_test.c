/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Peers and applications that take memory and do not give it back, against one budget: what they may take,
 * what is left for whoever comes after them, who has to go, and how little work they make. docs/memory.md
 * says what is to be seen here; its figures are this file's.
 */
#include "trace.h"

#include "wire/tcp.h"

#include <stdlib.h>
#include <string.h>

enum {
    BUDGET = 1 << 20,
    CONNECTIONS = 192, /* a kibibyte of each is what lies between the last two lines */
    HOARDERS = 150,
    CROWD = 40,    /* newcomers at once */
    SMALL = 240,   /* bytes that an empty queue takes, whatever is left */
    PLENTY = 60000 /* more than a connection's buffers hold */
};

/* One connection of several, to be gone back to. */
struct guest {
    uint16_t port;
    uint32_t iss;
    rn_sock sock;
};
static struct guest hoarders[HOARDERS], crowd[CROWD];
static uint8_t bytes[PLENTY];

static void begin(void)
{
    trace_options(&(struct rn_options){.connections = CONNECTIONS,
                                       .budget_bytes = BUDGET,
                                       .receive_bytes = 40000,
                                       .receive_bytes_max = 40000,
                                       .send_bytes = 40000,
                                       .send_bytes_max = 40000,
                                       .congestion = "newreno",
                                       .no_timestamps = 1,
                                       .no_sack = 1});
    app_listen();
}

static struct rn_stats stats(void)
{
    struct rn_stats s;

    rn_stats(trace_net(), &s);
    return s;
}

static uint64_t used(void)
{
    struct rn_stats s = stats();

    for (int i = 0; i < RN_POOLS && s.use[i].name; i++)
        if (strcmp(s.use[i].name, "budget_bytes") == 0)
            return s.use[i].used;
    fail();
    return 0;
}

/* Every number of the peer's counts from the same, the stack's of each connection from its own. */
static void talk_of(const struct guest *g)
{
    trace_flow(g->port, LOCAL_PORT);
    trace_count_from(g->iss);
}

/* What happened is not of interest. */
static void hear(void)
{
    struct rn_event ev;

    while (rn_next(trace_net(), &ev))
        ;
}

/* Time goes by, and the stack is run every 20 ms, as it is when anything goes on. */
static void pass(unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 20) {
        advance(20);
        trace_skip();
    }
}

static void welcome(struct guest *g, unsigned number)
{
    hear();
    g->port = (uint16_t)(20000 + number);
    trace_flow(g->port, LOCAL_PORT);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    g->iss = trace_iss();
    g->sock = trace_sock();
}

/* How much the newest frame sent says that the peer may send; the others are not looked at. */
static unsigned window(void)
{
    size_t len = 0;
    const uint8_t *frame, *last = NULL;

    while ((frame = trace_taken(&len)) != NULL)
        last = frame;
    assert_non_null(last);
    return (unsigned)last[14 + ip_len() + 14] << 8 | last[14 + ip_len() + 15];
}

/* The application queues as much as it can. Returns how much. */
static size_t pour(const struct guest *g)
{
    size_t sum = 0;
    ptrdiff_t n;

    while ((n = rn_send(trace_net(), g->sock, bytes, sizeof bytes)) > 0)
        sum += (size_t)n;
    assert_int_equal(n, -EAGAIN);
    return sum;
}

/* The peer sends as much as it may, a segment at a time, and acknowledges nothing. */
static void flood(bool echo)
{
    uint32_t at = 1, edge = 1 + 40000;

    while (at + 1000 <= edge) {
        in("P. %u:%u ack 1", at, at + 1000);
        at += 1000;
        if (echo)
            rn_splice(trace_net(), trace_sock(), trace_sock(), RN_ALL);
        advance(0);
    }
    trace_skip();
}

/* A request and its answer, both right to the byte, the whole acknowledged. */
static void served(uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t at = 1 + i * SMALL;

        in("P. %u:%u ack %u", at, at + SMALL, at);
        app_recv(SMALL);
        trace_skip();
        app_queue(SMALL);
        advance(0);
        out("P. %u:%u ack %u", at, at + SMALL, at + SMALL);
        in(". %u:%u ack %u", at + SMALL, at + SMALL, at + SMALL);
    }
    trace_skip();
}

/* One comes, is served, and leaves. */
static void newcomer_is_served(unsigned number)
{
    struct guest g;

    welcome(&g, number);
    served(100);
    assert_int_equal(rn_abort(trace_net(), g.sock), 0);
    advance(0);
    trace_skip();
}

/* Many come, and each has a request unread and an answer unacknowledged at the same time. */
static void crowd_is_served(void)
{
    for (unsigned i = 0; i < CROWD; i++) {
        welcome(&crowd[i], 10000 + i);
        in("P. 1:%u ack 1", 1 + SMALL);
        assert_int_equal(rn_send(trace_net(), crowd[i].sock, bytes, SMALL), SMALL);
        advance(0);
        trace_skip();
    }
    for (unsigned i = 0; i < CROWD; i++) {
        struct rn_info info;

        assert_int_equal(rn_info(trace_net(), crowd[i].sock, &info), 0);
        assert_int_equal(info.unread, SMALL);
        assert_int_equal(info.unacked, SMALL);
        rn_abort(trace_net(), crowd[i].sock);
    }
    advance(0);
    trace_skip();
}

/* Ends a test: nobody is left. */
static void leave(void)
{
    for (unsigned i = 0; i < HOARDERS; i++)
        rn_abort(trace_net(), hoarders[i].sock);
    advance(0);
    trace_skip();
    hear();
}

/* ---- what hoarders may take, and what newcomers get ---------------------------------------------------- */

/* HOARDERS peers that acknowledge nothing, each sent as much as the stack takes. */
static void hoard_by_sending(void)
{
    begin();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        assert_true(pour(&hoarders[i]) >= SMALL);
        advance(0);
        trace_skip();
    }
}

static void peers_that_acknowledge_nothing_leave_half_of_the_budget(void)
{
    hoard_by_sending();
    /* Half, and for those that came when it was gone a block and a first chunk: 384 + 2,048 bytes. */
    assert_in_range(used(), BUDGET / 16 * 7, BUDGET / 16 * 15);
    newcomer_is_served(9000);
    crowd_is_served();
    leave();
}

static void applications_that_do_not_read_leave_room_for_those_that_do(void)
{
    begin();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        flood(false);
    }
    assert_in_range(used(), BUDGET / 16 * 11, BUDGET / 16 * 15);
    newcomer_is_served(9000);
    crowd_is_served();
    leave();
}

static void echoes_that_nobody_reads_leave_room_for_those_that_are(void)
{
    begin();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        flood(true);
    }
    assert_in_range(used(), BUDGET / 16 * 11, BUDGET / 16 * 15);
    newcomer_is_served(9000);
    crowd_is_served();
    leave();
}

/* Invited when there was room, and most of it finds none. */
static void what_is_dropped_of_a_segment_is_counted(void)
{
    struct guest g;
    uint64_t before;

    begin();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        flood(false);
    }
    welcome(&g, 9000);
    before = trace_drops("budget");
    in("P. 1:1001 ack 1");
    within(500, ". 1:1 ack 241");
    assert_int_equal(trace_drops("budget") - before, 1);
    app_recv(SMALL);
    rn_abort(trace_net(), g.sock);
    leave();
}

/* The same number for each: those that come late are refused no more than those that came early, as long as
 * the early ones do not hold on to it. */
static void who_grows_together_gets_the_same(void)
{
    size_t got[8] = {0};
    bool more = true;

    begin();
    for (unsigned i = 0; i < 8; i++)
        welcome(&hoarders[i], i);
    for (int round = 0; more; round++) {
        more = false;
        for (unsigned i = 0; i < 8; i++) {
            ptrdiff_t n = rn_send(trace_net(), hoarders[i].sock, bytes, 2000);

            got[i] += n > 0 ? (size_t)n : 0;
            more |= n > 0 && round < 1000;
        }
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(got[i], 38000, 40000); /* 1 / (4 + 8) of half a mebibyte is 43,690: their own limit */
    advance(0);
    trace_skip();
    for (unsigned i = 8; i < 60; i++)
        welcome(&hoarders[i], i);
    memset(got, 0, sizeof got);
    for (int round = 0; round < 200; round++)
        for (unsigned i = 8; i < 60; i++) {
            ptrdiff_t n = rn_send(trace_net(), hoarders[i].sock, bytes, 100);

            got[i % 8] += n > 0 ? (size_t)n : 0;
        }
    advance(0);
    trace_skip();
    for (unsigned i = 8; i < 60; i++) {
        struct rn_info info;

        assert_int_equal(rn_info(trace_net(), hoarders[i].sock, &info), 0);
        assert_in_range(info.unacked + info.unsent, 2000, 4096 + 2048);
    }
    leave();
}

/* Right edges never move left, but as memory goes they stop moving right. */
static void the_window_follows_the_budget(void)
{
    struct guest g;
    unsigned edge = 0;

    begin();
    welcome(&g, 9000);
    in("P. 1:1001 ack 1");
    app_recv(1000);
    in("P. 1001:2001 ack 1");
    app_recv(1000);
    advance(100);
    assert_in_range(window(), 38000, 40000);
    rn_abort(trace_net(), g.sock);
    advance(0);
    trace_skip();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        flood(false);
    }
    trace_flow(29002, LOCAL_PORT);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 win %u <mss link>", link_mss()); /* a segment is all that it invites */
    in("R 1:1");
    welcome(&g, 9001);
    for (uint32_t at = 1; at < 40001;) { /* what was not taken comes again */
        ptrdiff_t n;

        in("P. %u:%u ack 1", at, at + 1000);
        n = rn_recv(trace_net(), g.sock, bytes, sizeof bytes);
        assert_in_range(n, 1, 1000);
        at += (uint32_t)n;
        advance(50);
        edge = window();
    }
    assert_in_range(edge, 1, 4096); /* two chunks */
    rn_abort(trace_net(), g.sock);
    leave();
}

/* ---- who has to go --------------------------------------------------------------------------------------
 */

static void who_takes_nothing_for_ten_seconds_goes_when_memory_is_pressed(void)
{
    struct rn_event ev;
    unsigned told = 0;
    struct guest g;

    hoard_by_sending();
    pass(9000);
    assert_int_equal(stats().evicted, 0);
    pass(3000);
    assert_in_range(stats().evicted, 1, HOARDERS - 1);
    assert_in_range(used(), BUDGET / 4, BUDGET / 8 * 3);
    assert_int_equal(stats().resets_out, stats().evicted);
    while (rn_next(trace_net(), &ev)) {
        assert_int_equal(ev.mask & RN_FAILED, RN_FAILED);
        assert_int_equal(ev.error, -ENOBUFS);
        told++;
    }
    assert_int_equal(told, stats().evicted);
    /* And now newcomers have more than a first chunk. */
    welcome(&g, 9000);
    assert_in_range(pour(&g), 32768, 40000);
    rn_abort(trace_net(), g.sock);
    leave();
}

static void nobody_goes_while_there_is_enough(void)
{
    begin();
    for (unsigned i = 0; i < 8; i++) {
        welcome(&hoarders[i], i);
        assert_int_equal(pour(&hoarders[i]), 40000);
        advance(0);
        trace_skip();
    }
    assert_in_range(used(), BUDGET / 8 * 2, BUDGET / 8 * 3);
    pass(60000);
    assert_int_equal(stats().evicted, 0);
    leave();
}

/* Eight hold much and the others little: those eight go, largest first, and nobody else. */
static void those_who_hold_most_go_first(void)
{
    struct rn_info info;

    begin();
    for (unsigned i = 0; i < 8; i++) {
        welcome(&hoarders[i], i);
        assert_int_equal(pour(&hoarders[i]), 40000);
        advance(0);
        trace_skip();
    }
    for (unsigned i = 8; i < 100; i++) {
        welcome(&hoarders[i], i);
        rn_send(trace_net(), hoarders[i].sock, bytes, 1000);
        advance(0);
        trace_skip();
    }
    assert_true(used() > BUDGET / 16 * 7);
    pass(15000);
    assert_in_range(stats().evicted, 3, 8);
    hear();
    for (unsigned i = 8; i < 100; i++)
        assert_int_equal(rn_info(trace_net(), hoarders[i].sock, &info), 0);
    leave();
}

/* A byte now and then is not reading; an eighth in ten seconds is. */
static void one_byte_a_second_is_not_reading(void)
{
    struct rn_info info;
    const unsigned drip = 0, steady = 1;

    hoard_by_sending();
    for (unsigned second = 1; second <= 14; second++) {
        talk_of(&hoarders[drip]);
        in(". 1:1 ack %u", 1 + second);
        talk_of(&hoarders[steady]);
        in(". 1:1 ack %u", 1 + second * 1000);
        pour(&hoarders[steady]);
        pass(1000);
    }
    assert_true(stats().evicted > 0);
    hear();
    assert_int_equal(rn_info(trace_net(), hoarders[drip].sock, &info), -EBADF);
    assert_int_equal(rn_info(trace_net(), hoarders[steady].sock, &info), 0);
    leave();
}

/* ---- islands --------------------------------------------------------------------------------------------
 */

static void islands_go_before_connections(void)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        welcome(&hoarders[i], i);
        for (uint32_t at = 1001; at < 31001; at += 2000)
            in("P. %u:%u ack 1", at, at + 1000);
        trace_skip();
    }
    assert_in_range(used(), BUDGET / 4, BUDGET / 2 + 100 * 2688);
    newcomer_is_served(9000);
    crowd_is_served();
    pass(1500);
    assert_true(stats().islands_dropped > 0);
    assert_int_equal(stats().evicted, 0);
    assert_true(used() <= BUDGET / 16 * 7);
    /* What was dropped comes again, and every byte is right. */
    talk_of(&hoarders[0]);
    for (uint32_t at = 1; at < 10001; at += 1000)
        in("P. %u:%u ack 1", at, at + 1000);
    trace_skip();
    leave();
}

/* ---- half open ------------------------------------------------------------------------------------------
 */

static void half_open_connections_cost_the_budget_nothing(void)
{
    struct guest g;

    begin();
    for (unsigned i = 0; i < 5000; i++) {
        trace_flow((uint16_t)(20000 + i), LOCAL_PORT);
        in("S 0:0 <mss link>");
        trace_skip();
    }
    assert_int_equal(used(), 0);
    assert_int_equal(stats().use[1].used, 64); /* the least of rn_options.half_open */
    newcomer_is_served(9000);
    assert_true(stats().cookies_sent > 0);
    welcome(&g, 9001);
    assert_int_equal(pour(&g), 40000);
    rn_abort(trace_net(), g.sock);
    advance(0);
    trace_skip();
    advance(120000);
    trace_skip();
}

/* ---- how much work they make ----------------------------------------------------------------------------
 */

/* Eight seconds beside HOARDERS connections that wait for room and for their peers: how often the stack has
 * to be run, what it sends, and whom it wakes. Retransmissions after 1, 3 and 7 s are all there is. */
static void who_waits_makes_no_work(void)
{
    uint64_t frames, rounds = 0;
    struct rn_event ev;
    const rn_time start = 1000000000; /* what trace_ms() counts from */

    begin();
    for (unsigned i = 0; i < HOARDERS; i++) {
        welcome(&hoarders[i], i);
        while (rn_send(trace_net(), hoarders[i].sock, bytes, 500) > 0)
            ;
        advance(0);
        trace_skip();
    }
    hear();
    frames = stats().tx_frames;
    for (; trace_ms() < 8000; rounds++) {
        rn_time due = rn_flush(trace_net(), (rn_time)(trace_ms() * 1e6) + start);
        double wait = due < start + 8000000000 ? (double)(due - start) / 1e6 - trace_ms() : 8000 - trace_ms();

        advance(wait > 0.01 ? wait : 0.01);
        trace_skip();
    }
    assert_false(rn_next(trace_net(), &ev)); /* nobody is woken in vain */
    assert_in_range(stats().tx_frames - frames, HOARDERS, 8 * HOARDERS);
    assert_in_range(rounds, 1, 8 * HOARDERS);
    leave();
}

static const struct trace_test tests[] = {
    TRACE(peers_that_acknowledge_nothing_leave_half_of_the_budget),
    TRACE(applications_that_do_not_read_leave_room_for_those_that_do),
    TRACE(echoes_that_nobody_reads_leave_room_for_those_that_are),
    TRACE(what_is_dropped_of_a_segment_is_counted),
    TRACE(who_grows_together_gets_the_same),
    TRACE(the_window_follows_the_budget),
    TRACE(who_takes_nothing_for_ten_seconds_goes_when_memory_is_pressed),
    TRACE(nobody_goes_while_there_is_enough),
    TRACE(those_who_hold_most_go_first),
    TRACE(one_byte_a_second_is_not_reading),
    TRACE(islands_go_before_connections),
    TRACE(half_open_connections_cost_the_budget_nothing),
    TRACE(who_waits_makes_no_work),
};

TRACE_MAIN("one budget for all", tests)
