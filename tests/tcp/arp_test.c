/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ARP (RFC 826) as a trace sees it: we answer for ourselves, we ask before we send, we learn from the answer
 * and from nothing else, and what waits for an answer goes when it comes. IPv4 only.
 */
#include "arp.h"

#include <string.h>

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

static void a_question_for_us_is_answered(void)
{
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", mac);
    arp_out(ARP_REPLY, "10.0.0.7", "10.0.0.1");
    quiet();
}

static void a_question_for_others_is_not(void)
{
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.8", mac);
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.1", mac);
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.255", mac);
    quiet();
}

static void a_question_from_nobody_is_no_reason_to_learn(void)
{
    arp_in(ARP_REQUEST, "0.0.0.0", "10.0.0.7", mac); /* a probe, RFC 5227: it is answered */
    assert_in_range(trace_skip(), 0, 1);
}

/* RFC 826: who asks for us is about to write to us, and must be known then. */
static void a_question_for_us_tells_who_asks(void)
{
    trace_no_neighbour();
    app_listen();
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", mac);
    arp_out(ARP_REPLY, "10.0.0.7", "10.0.0.1");
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
}

static void we_ask_before_we_send(void)
{
    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    quiet();
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
}

static void we_ask_again(void)
{
    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    advance(1100);
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1"); /* RFC 1122 2.3.2.1: once a second at most */
    quiet();
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
}

/* RFC 9293 3.8.3 (MUST-20), RFC 1122 3.3.1.4: it may be the next hop that is not there any more. */
static void at_r1_the_link_address_is_asked_for_again(void)
{
    const uint8_t *frame;
    size_t len;

    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
    app_send(100);
    out("P. 1:101 ack 1");
    after(200, "P. 1:101 ack 1");
    after(400, "P. 1:101 ack 1");
    after(800, "P. 1:101 ack 1"); /* R1 is the third */
    frame = trace_taken(&len);    /* RFC 1122 2.3.2.1: to whom it was, not to all */
    assert_non_null(frame);
    assert_memory_equal(frame, mac, 6);
    assert_memory_equal(frame + 12, ((uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST}), 10);
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    in(". 1:1 ack 101");
}

static void where_nobody_answers_the_attempt_fails(void)
{
    int questions = 0;

    trace_no_neighbour();
    app_connect();
    for (int i = 0; i < 200; i++) {
        questions += trace_skip();
        if (app_has_failed(-EHOSTUNREACH))
            break;
        advance(1000);
    }
    app_stale();
    assert_in_range(questions, 3, 200);
}

static void an_answer_that_nobody_asked_for_teaches_nothing(void)
{
    static const uint8_t thief[6] = {2, 6, 6, 6, 6, 6};

    trace_no_neighbour();
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", thief);
    quiet();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
}

static void a_fixed_neighbour_cannot_be_moved(void)
{
    static const uint8_t thief[6] = {2, 6, 6, 6, 6, 6};

    reach(ESTABLISHED);
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", thief);
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", thief);
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.1", thief);
    trace_skip();
    app_send(10);
    out("P. 1:11 ack 1"); /* out() checks where it goes */
    in(". 1:1 ack 11");
}

static void a_syn_from_an_unknown_neighbour_is_answered(void)
{
    size_t len;
    const uint8_t *frame;

    trace_no_neighbour();
    app_listen();
    in("S 0:0 <mss link>");
    frame = trace_taken(&len);
    assert_non_null(frame);
    if (frame[12] == 8 && frame[13] == 6) { /* it asks where to send the SYN-ACK */
        arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
        if (trace_skip() == 0)
            in("S 0:0 <mss link>"); /* the SYN itself need not be remembered: it comes again */
        trace_skip();
        in("S 0:0 <mss link>");
        out("S. 0:0 ack 1 <mss link>");
        in(". 1:1 ack 1");
        app_accept();
    }
}

/* RFC 5227 2.3, RFC 826: it changes what is known and adds nothing. */
static void who_is_known_may_announce_that_he_has_moved(void)
{
    static const uint8_t new_mac[6] = {2, 0, 0, 0, 0, 9};
    const uint8_t *frame;
    size_t len;

    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    for (int way = ARP_REQUEST; way <= ARP_REPLY; way++) {
        arp_in((uint16_t)way, "10.0.0.1", "10.0.0.1", way == ARP_REQUEST ? new_mac : mac);
        advance(5000);
        frame = trace_taken(&len); /* the SYN again */
        assert_non_null(frame);
        assert_memory_equal(frame, way == ARP_REQUEST ? new_mac : mac, 6);
        trace_skip();
    }
}

static void an_announcement_ends_the_waiting(void)
{
    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.1", mac);
    out("S 0:0 <mss link,wscale 0>");
}

static void who_is_not_known_announces_in_vain(void)
{
    trace_no_neighbour();
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.1", mac);
    assert_int_equal(trace_drops("not_ours"), 1);
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
}

static const struct trace_test tests[] = {
    TRACE4(a_question_for_us_is_answered),
    TRACE4(a_question_for_others_is_not),
    TRACE4(a_question_from_nobody_is_no_reason_to_learn),
    TRACE4(a_question_for_us_tells_who_asks),
    TRACE4(we_ask_before_we_send),
    TRACE4(we_ask_again),
    TRACE4(at_r1_the_link_address_is_asked_for_again),
    TRACE4(where_nobody_answers_the_attempt_fails),
    TRACE4(an_answer_that_nobody_asked_for_teaches_nothing),
    TRACE4(a_fixed_neighbour_cannot_be_moved),
    TRACE4(a_syn_from_an_unknown_neighbour_is_answered),
    TRACE4(who_is_known_may_announce_that_he_has_moved),
    TRACE4(an_announcement_ends_the_waiting),
    TRACE4(who_is_not_known_announces_in_vain),
};

TRACE_MAIN("arp", tests)
