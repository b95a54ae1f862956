/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Explicit congestion notification, by the sections of RFC 3168: who asks and who agrees (6.1.1), the sender
 * (6.1.2), the receiver (6.1.3), and which packets never carry ECT (6.1.4 to 6.1.6). A trace says `ect` or
 * `ce` where the IP header's field does; what is sent without the word has neither.
 */
#include "trace.h"

static void ecn_on(void)
{
    trace_options(&(struct rn_options){.connections = 64,
                                       .receive_bytes = 40000,
                                       .receive_bytes_max = 40000,
                                       .send_bytes = 100000,
                                       .send_bytes_max = 100000,
                                       .congestion = "newreno",
                                       .no_timestamps = 1,
                                       .no_sack = 1,
                                       .ecn = 1});
}

enum { MSS = 1000 };

/* Passively opened, both ends do ECN; the window is ten segments of 1,000 bytes. */
static void open_with_ecn(void)
{
    ecn_on();
    reach(LISTEN);
    in("SEW 0:0 <mss 1000>");
    out("SE. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
}

static struct rn_info info(void)
{
    struct rn_info info;

    assert_int_equal(rn_info(trace_net(), trace_sock(), &info), 0);
    return info;
}

static void cwnd_is(uint32_t bytes)
{
    assert_int_equal(info().cwnd_bytes, bytes);
}

/* The next segments of new data, from that number to that. */
static void out_new(unsigned from, unsigned to)
{
    for (; from < to; from += MSS)
        out(". %u:%u ack 1 ect", from, from + MSS);
}

/* ---- 6.1.1: negotiation */

static void who_is_asked_agrees(void)
{
    open_with_ecn();
    assert_int_equal(info().ecn, 1);
    app_send(100);
    out("P. 1:101 ack 1 ect");
    in(". 1:1 ack 101");
}

/* What is off by default is refused by a plain SYN-ACK. */
static void who_does_not_want_it_answers_all_the_same(void)
{
    reach(LISTEN);
    in("SEW 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    assert_int_equal(info().ecn, 0);
    app_send(100);
    out("P. 1:101 ack 1");
    in("PE. 1:101 ack 101 ce"); /* means nothing here */
    app_recv(100);
    within(500, ". 101:101 ack 101");
}

static void one_flag_alone_does_not_ask(void)
{
    ecn_on();
    reach(LISTEN);
    in("SE 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in("R 1:1");
    in("SW 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in("R 1:1");
}

static void connect_is_answered(const char *syn_ack, bool ecn)
{
    ecn_on();
    app_connect();
    out("SEW 0:0 <mss link,wscale 0>");
    in("%s", syn_ack);
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED | RN_WRITABLE);
    app_send(100);
    out(ecn ? "P. 1:101 ack 1 ect" : "P. 1:101 ack 1");
    in(". 1:1 ack 101");
}

static void who_asks_is_answered(void)
{
    connect_is_answered("SE. 0:0 ack 1 <mss 1000>", true);
}

static void who_asks_may_be_refused(void)
{
    connect_is_answered("S. 0:0 ack 1 <mss 1000>", false);
}

/* 6.1.1.2: a SYN-ACK that only mirrors what was reserved once. */
static void a_mirror_does_not_agree(void)
{
    connect_is_answered("SEW. 0:0 ack 1 <mss 1000>", false);
}

static void who_has_not_asked_is_not_answered(void)
{
    app_connect();
    out("S 0:0 <mss link,wscale 0>");
    in("SE. 0:0 ack 1 <mss 1000>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED | RN_WRITABLE);
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
}

static void both_ask_at_once(void)
{
    ecn_on();
    app_connect();
    out("SEW 0:0 <mss link,wscale 0>");
    in("SEW 0:0 <mss 1000>");
    out("SE. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_event(RN_CONNECTED | RN_WRITABLE);
    app_send(100);
    out("P. 1:101 ack 1 ect");
    in(". 1:1 ack 101");
}

/* 6.1.1.1: a SYN that nobody answers may not have been liked. Who sent a plain one MUST NOT set ECT, even if
 * the first is answered after all. */
static void a_repeated_syn_does_not_ask(void)
{
    ecn_on();
    app_connect();
    out("SEW 0:0 <mss link,wscale 0>");
    after(1000, "S 0:0 <mss link,wscale 0>");
    in("SE. 0:0 ack 1 <mss 1000>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED | RN_WRITABLE);
    assert_int_equal(info().ecn, 0);
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
}

static void who_asks_no_longer_is_answered_plainly(void)
{
    ecn_on();
    reach(LISTEN);
    in("SEW 0:0 <mss 1000>");
    out("SE. 0:0 ack 1 <mss link>");
    in("S 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
}

/* ---- 6.1.2: the sender */

static void new_data_is_ect_and_a_bare_fin_is_not(void)
{
    open_with_ecn();
    app_send(100);
    out("P. 1:101 ack 1 ect");
    in(". 1:1 ack 101");
    app_shutdown();
    out("F. 101:101 ack 1");
    in(". 1:1 ack 102");
}

/* Once for each window of data, although ECE comes until CWR has arrived; and it does not grow meanwhile. */
static void ece_halves_the_window_once_and_cwr_says_so(void)
{
    open_with_ecn();
    app_send(30000);
    out_new(1, 10001);
    in("E. 1:1 ack 1001");
    cwnd_is(5000);
    quiet();
    for (unsigned acked = 2001; acked <= 5001; acked += MSS)
        in("E. 1:1 ack %u", acked);
    quiet();
    in("E. 1:1 ack 6001");
    out("W. 10001:11001 ack 1 ect");
    for (unsigned acked = 7001; acked <= 10001; acked += MSS) {
        in("E. 1:1 ack %u", acked);
        out(". %u:%u ack 1 ect", acked + 4000, acked + 5000);
    }
    cwnd_is(5000);
    in(". 1:1 ack 11001");
    out(". 15001:16001 ack 1 ect");
    in("E. 1:1 ack 12001"); /* a new one, in the next window */
    cwnd_is(2500);
    in(". 1:1 ack 16001");
    out("W. 16001:17001 ack 1 ect");
    out_new(17001, 18001);
    in(". 1:1 ack 18001");
    trace_skip();
}

/* The window was what it was before the acknowledgement that told of it, however much that covers. */
static void ece_for_a_whole_window_halves_it_too(void)
{
    open_with_ecn();
    app_send(10000);
    out_new(1, 9001);
    out("P. 9001:10001 ack 1 ect");
    in("E. 1:1 ack 10001");
    cwnd_is(5000);
}

/* Who sends nothing new cannot say CWR, so ECE goes on and tells nothing new. */
static void ece_goes_on_until_there_is_new_data(void)
{
    ece_for_a_whole_window_halves_it_too();
    in("PE. 1:101 ack 10001");
    app_recv(100);
    within(500, ". 10001:10001 ack 101");
    in("PE. 101:201 ack 10001");
    app_recv(100);
    within(500, ". 10001:10001 ack 201");
    cwnd_is(5000);
    app_send(100);
    out("PW. 10001:10101 ack 201 ect");
    in("PE. 201:301 ack 10001"); /* crosses it */
    app_recv(100);
    cwnd_is(5000);
    within(500, ". 10101:10101 ack 301");
    in(". 301:301 ack 10101");
}

static void a_window_of_one_segment_is_not_raised(void)
{
    ecn_on();
    reach(LISTEN);
    in("SEW 0:0 <mss 1000>");
    out("SE. 0:0 ack 1 <mss link>");
    after(1000, "SE. 0:0 ack 1 <mss link>");
    after(2000, "SE. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    cwnd_is(1000);
    app_send(2000);
    out_new(1, 1001);
    in("E. 1:1 ack 1001");
    cwnd_is(1000);
    out("PW. 1001:2001 ack 1 ect");
    in(". 1:1 ack 2001");
}

/* A window that was reduced for whatever reason is told, and what goes again has neither ECT nor CWR. */
static void cwr_follows_a_timeout(void)
{
    open_with_ecn();
    app_send(1);
    out("P. 1:2 ack 1 ect");
    advance(20);
    in(". 1:1 ack 2");
    app_send(100);
    out("P. 2:102 ack 1 ect");
    after(200, "P. 2:102 ack 1");
    in("E. 1:1 ack 102");
    cwnd_is(1000);
    app_send(100);
    out("PW. 102:202 ack 1 ect");
    in(". 1:1 ack 202");
    app_send(100);
    out("P. 202:302 ack 1 ect");
    in(". 1:1 ack 302");
}

static void cwr_follows_a_fast_retransmission(void)
{
    open_with_ecn();
    app_send(30000);
    out_new(1, 10001);
    in(". 1:1 ack 1");
    in(". 1:1 ack 1");
    trace_skip(); /* limited transmit, RFC 3042 */
    in("E. 1:1 ack 1");
    out(". 1:1001 ack 1");
    in("E. 1:1 ack 12001");
    out("W. 12001:13001 ack 1 ect");
    cwnd_is(6000); /* half of what was in flight, and not half again */
    out_new(13001, 18001);
    in("E. 1:1 ack 12001");
    cwnd_is(6000);
    in(". 1:1 ack 18001");
    trace_skip();
}

/* ---- 6.1.3: the receiver */

static void ce_is_echoed_until_cwr(void)
{
    open_with_ecn();
    in("P. 1:101 ack 1 ce");
    out("E. 1:1 ack 101");
    app_recv(100);
    in("P. 101:201 ack 1 ect");
    app_recv(100);
    within(500, "E. 1:1 ack 201");
    app_send(100);
    out("PE. 1:101 ack 201 ect"); /* and with whatever else is sent */
    in("PW. 201:301 ack 101 ect");
    app_recv(100);
    within(500, ". 101:101 ack 301");
}

/* One of the two that an acknowledgement is for is enough. */
static void ce_in_either_of_two_is_echoed(void)
{
    open_with_ecn();
    put(". 1:1001 ack 1 ect");
    in(". 1001:2001 ack 1 ce");
    out("E. 1:1 ack 2001");
    in("W. 2001:3001 ack 1 ce"); /* met anew */
    out("E. 1:1 ack 3001");
    put("W. 3001:4001 ack 1 ect");
    in(". 4001:5001 ack 1 ect");
    out(". 1:1 ack 5001");
    app_recv(5000);
    out(". 1:1 ack 5001");
}

/* ---- 6.1.4 to 6.1.6: acknowledgements, retransmissions, probes */

static void ce_counts_only_with_data_in_the_window(void)
{
    open_with_ecn();
    in(". 1:1 ack 1 ce");
    in("P. 1:101 ack 1");
    app_recv(100);
    within(500, ". 1:1 ack 101");
    in("P. 1:101 ack 1 ce"); /* known already */
    out(". 1:1 ack 101");
    in("P. 60000:60100 ack 1 ce"); /* beyond */
    out(". 1:1 ack 101");
}

static void a_window_probe_is_not_ect(void)
{
    open_with_ecn();
    app_send(10000);
    trace_skip();
    in("E. 1:1 ack 10001 win 0");
    app_send(100);
    between(100, 1500, ". 10001:10002 ack 1");
    in(". 1:1 ack 10001 win 64000");
    out("PW. 10001:10101 ack 1 ect");
    in(". 1:1 ack 10101");
}

static void a_window_probe_that_met_congestion_is_answered(void)
{
    trace_options(&(struct rn_options){.connections = 64,
                                       .receive_bytes = 1000,
                                       .receive_bytes_max = 1000,
                                       .no_timestamps = 1,
                                       .no_sack = 1,
                                       .ecn = 1});
    reach(LISTEN);
    in("SEW 0:0 <mss 1000>");
    out("SE. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    in("P. 1:1001 ack 1");
    within(500, ". 1:1 ack 1001 win 0");
    in(". 1001:1002 ack 1 ce");
    out("E. 1:1 ack 1001 win 0");
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(who_is_asked_agrees),
        TRACE(who_does_not_want_it_answers_all_the_same),
        TRACE(one_flag_alone_does_not_ask),
        TRACE(who_asks_is_answered),
        TRACE(who_asks_may_be_refused),
        TRACE(a_mirror_does_not_agree),
        TRACE(who_has_not_asked_is_not_answered),
        TRACE(both_ask_at_once),
        TRACE(a_repeated_syn_does_not_ask),
        TRACE(who_asks_no_longer_is_answered_plainly),
        TRACE(new_data_is_ect_and_a_bare_fin_is_not),
        TRACE(ece_halves_the_window_once_and_cwr_says_so),
        TRACE(ece_for_a_whole_window_halves_it_too),
        TRACE(ece_goes_on_until_there_is_new_data),
        TRACE(a_window_of_one_segment_is_not_raised),
        TRACE(cwr_follows_a_timeout),
        TRACE(cwr_follows_a_fast_retransmission),
        TRACE(ce_is_echoed_until_cwr),
        TRACE(ce_in_either_of_two_is_echoed),
        TRACE(ce_counts_only_with_data_in_the_window),
        TRACE(a_window_probe_is_not_ect),
        TRACE(a_window_probe_that_met_congestion_is_answered),
    };

    return trace_main("ecn", tests, sizeof tests / sizeof tests[0]);
}
