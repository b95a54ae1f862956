/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What arrives out of order is told of by SACK (RFC 2018, RFC 2883), and what the peer tells of is not sent
 * again while the hole is: by RACK and its tail loss probe (RFC 8985), without SACK by the third duplicate
 * ACK (RFC 5681, RFC 6582, RFC 3042).
 */
#include "trace.h"

/* SACK on both sides, no timestamps; segments of 1,000 bytes, round trips of 20 ms. */
static void open_with_sack(void)
{
    trace_options(&(struct rn_options){.connections = 64, .no_timestamps = 1, .congestion = "newreno"});
    reach(LISTEN);
    in("S 0:0 win 60000 <mss 1000,sackOK>");
    out("S. 0:0 ack 1 <mss link,sackOK>");
    advance(20);
    in(". 1:1 ack 1 win 60000");
    app_accept();
    measure();
}

static void sack_is_taken_up_only_when_offered(void)
{
    trace_options(&(struct rn_options){.connections = 64, .no_timestamps = 1});
    reach(LISTEN);
    in("S 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    in(". 1001:2001 ack 1");
    out(". 1:1 ack 1");
}

static void each_island_is_told_of_the_latest_first(void)
{
    open_with_sack();
    in(". 1001:2001 ack 2");
    out(". 2:2 ack 1 <sack 1001:2001>");
    in(". 3001:4001 ack 2");
    out(". 2:2 ack 1 <sack 3001:4001 1001:2001>");
    in(". 5001:6001 ack 2");
    out(". 2:2 ack 1 <sack 5001:6001 3001:4001 1001:2001>");
    in(". 1:1001 ack 2");
    out(". 2:2 ack 2001 <sack 5001:6001 3001:4001>");
    in(". 2001:3001 ack 2");
    out(". 2:2 ack 4001 <sack 5001:6001>");
    in(". 4001:5001 ack 2");
    out(". 2:2 ack 6001");
    app_recv(6000);
    out(". 2:2 ack 6001"); /* the window */
}

static void what_comes_twice_is_told_once(void)
{
    open_with_sack();
    in("P. 1:1001 ack 2");
    app_recv(1000);
    within(500, ". 2:2 ack 1001");
    in("P. 1:1001 ack 2");
    out(". 2:2 ack 1001 <sack 1:1001>"); /* RFC 2883 4: D-SACK */
    in("P. 1001:1101 ack 2");
    app_recv(100);
    within(500, ". 2:2 ack 1101");
}

static void only_the_hole_is_sent_again(void)
{
    open_with_sack();
    app_send(5000);
    out(". 2:1002 ack 1");
    out(". 1002:2002 ack 1");
    out(". 2002:3002 ack 1");
    out(". 3002:4002 ack 1");
    out("P. 4002:5002 ack 1");
    advance(20);
    in(". 1:1 ack 2 <sack 1002:2002>");
    in(". 1:1 ack 2 <sack 1002:3002>");
    quiet();
    in(". 1:1 ack 2 <sack 1002:4002>"); /* three segments: RFC 8985 6.2 step 4 */
    out(". 2:1002 ack 1");
    in(". 1:1 ack 2 <sack 1002:5002>");
    quiet();
    advance(20);
    in(". 1:1 ack 5002");
    advance(100000);
    quiet();
}

/* One duplicate is not enough, but a quarter of a round trip later it is (RFC 8985 6.2 step 5). */
static void time_alone_finds_a_loss(void)
{
    open_with_sack();
    app_send(3000);
    out(". 2:1002 ack 1");
    out(". 1002:2002 ack 1");
    out("P. 2002:3002 ack 1");
    advance(20);
    in(". 1:1 ack 2 <sack 1002:2002>");
    between(4, 7, ". 2:1002 ack 1");
    in(". 1:1 ack 3002");
    advance(100000);
    quiet();
}

/* RFC 8985 7: the last segment is lost, and nobody would tell. */
static void a_lost_tail_is_probed_for(void)
{
    open_with_sack();
    app_send(3000);
    out(". 2:1002 ack 1");
    out(". 1002:2002 ack 1");
    out("P. 2002:3002 ack 1");
    advance(20);
    in(". 1:1 ack 2002");
    between(39, 242, "P. 2002:3002 ack 1"); /* two round trips, and 200 ms since a lone ACK may be delayed */
    in(". 1:1 ack 3002");
    advance(100000);
    quiet();
}

/* A timeout that was doubled holds until a round trip is timed (RFC 6298 (5.5), Karn). SACK may be what times
 * it: then the timer that runs is not waited out. */
static void a_doubled_timeout_ends_with_what_sack_has_timed(void)
{
    open_with_sack();
    app_send(2000);
    out(". 2:1002 ack 1");
    out("P. 1002:2002 ack 1");
    advance(7000); /* probed for, and sent again four times: the next timeout is 6.4 s */
    assert_int_equal(trace_skip(), 5);
    in(". 1:1 ack 1002");
    out("P. 1002:2002 ack 1");
    app_send(1000);
    out("P. 2002:3002 ack 1");
    advance(60);
    in(". 1:1 ack 1002 <sack 2002:3002>");
    out(". 1002:2002 ack 1");
    between(100, 1000, ". 1002:2002 ack 1");
    in(". 1:1 ack 3002");
    advance(100000);
    quiet();
}

static void the_third_duplicate_without_sack(void)
{
    trace_options(&(struct rn_options){.connections = 64, .no_timestamps = 1, .congestion = "newreno"});
    establish_with(1000, 60000);
    measure();
    app_send(14000);
    for (unsigned i = 0; i < 10; i++)
        out(". %u:%u ack 1", 2 + i * 1000, 1002 + i * 1000);
    advance(20);
    in(". 1:1 ack 2");
    out(". 10002:11002 ack 1"); /* RFC 3042: one new segment for each of the first two */
    in(". 1:1 ack 2");
    out(". 11002:12002 ack 1");
    in(". 1:1 ack 2");
    out(". 2:1002 ack 1"); /* RFC 5681 3.2 */
    quiet();
    advance(20);
    in(". 1:1 ack 3002"); /* partial: the next hole at once, RFC 6582 3.2 */
    out(". 3002:4002 ack 1");
    trace_skip();
    in(". 1:1 ack 12002");
    trace_skip();
    in(". 1:1 ack 14002");
    advance(100000);
    quiet();
}

/* What cannot be is passed over: ends before its beginning, lies outside of what is in flight, or is cut. */
static void blocks_that_cannot_be_are_passed_over(void)
{
    static const char *const lies[] = {
        "sack 3002:2002",             /* backwards */
        "sack 2002:2002",             /* nothing */
        "sack 5002:9002",             /* not sent yet */
        "sack 2002:2147483648",       /* half of all numbers */
        "sack 4294960000:4294967000", /* long ago */
        "raw 05080000000000000000",   /* a length that no blocks have */
        "raw 0502",                   /* none */
        "raw 0522000000000000000000000000000000000000000000000000000000000000000000000000",
        "sack 3002:2002 9002:1 4294967295:0 77:76"};

    open_with_sack();
    app_send(5000);
    assert_int_equal(trace_skip(), 5);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        for (int n = 0; n < 5; n++)
            in(". 1:1 ack 2 <%s>", lies[i]);
    quiet(); /* nothing was believed: neither lost nor arrived */
    advance(20);
    in(". 1:1 ack 5002");
    app_send(100);
    out("P. 5002:5102 ack 1");
    in(". 1:1 ack 5102");
    advance(100000);
    quiet();
}

/* Every second byte of all that is in flight: the books stay small, and every byte arrives in the end. */
static void a_thousand_blocks_are_survived(void)
{
    open_with_sack();
    app_send(10000);
    assert_int_equal(trace_skip(), 10);
    for (unsigned at = 1003; at < 10002; at += 4)
        in(". 1:1 ack 2 <sack %u:%u %u:%u>", at, at + 1, at + 2, at + 3);
    assert_in_range(trace_skip(), 0, 1000);
    for (int i = 0; i < 30; i++) {
        advance(1000);
        trace_skip();
    }
    state_is(ESTABLISHED);
    in(". 1:1 ack 10002");
    trace_skip();
    app_send(100);
    out("P. 10002:10102 ack 1");
    in(". 1:1 ack 10102");
    advance(100000);
    quiet();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(sack_is_taken_up_only_when_offered),
        TRACE(each_island_is_told_of_the_latest_first),
        TRACE(what_comes_twice_is_told_once),
        TRACE(only_the_hole_is_sent_again),
        TRACE(time_alone_finds_a_loss),
        TRACE(a_lost_tail_is_probed_for),
        TRACE(a_doubled_timeout_ends_with_what_sack_has_timed),
        TRACE(the_third_duplicate_without_sack),
        TRACE(blocks_that_cannot_be_are_passed_over),
        TRACE(a_thousand_blocks_are_survived),
    };

    return trace_main("sack", tests, sizeof tests / sizeof tests[0]);
}
