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

#define NEGOTIATION                                                                                          \
    TRACE(who_is_asked_agrees), TRACE(who_does_not_want_it_answers_all_the_same),                            \
        TRACE(one_flag_alone_does_not_ask), TRACE(who_asks_is_answered), TRACE(who_asks_may_be_refused),     \
        TRACE(a_mirror_does_not_agree), TRACE(who_has_not_asked_is_not_answered), TRACE(both_ask_at_once),   \
        TRACE(a_repeated_syn_does_not_ask), TRACE(who_asks_no_longer_is_answered_plainly)

int main(void)
{
    static const struct trace_test tests[] = {NEGOTIATION};

    return trace_main("ecn", tests, sizeof tests / sizeof tests[0]);
}
