/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ARP (RFC 826) as a trace sees it: we answer for ourselves, we ask before we send, we learn from the answer
 * and from nothing else, and what waits for an answer goes when it comes. IPv4 only.
 */
#include "trace.h"

#include "wire/arp.h"
#include "wire/eth.h"

#include <string.h>

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255}, mac[6] = {2, 0, 0, 0, 0, 1};

/* An ARP packet of the peer's, 10.0.0.1 unless told otherwise. */
static void in_arp(uint16_t operation, const char *sender, const char *target, const uint8_t *sender_mac)
{
    uint8_t frame[60] = {0}, like[TRACE_FRAME];
    struct arp a = {.operation = operation};
    struct eth eth = {.type = ETH_ARP};

    assert_true(addr_parse(sender, &a.sender) && addr_parse(target, &a.target));
    trace_make(like, ". 0:0");
    memcpy(eth.dst, operation == ARP_REQUEST ? everybody : like, 6);
    memcpy(eth.src, sender_mac, 6);
    memcpy(a.sender_mac, sender_mac, 6);
    memcpy(a.target_mac, operation == ARP_REQUEST ? (const uint8_t[6]){0} : like, 6);
    arp_encode(frame + eth_encode(frame, &eth), &a);
    trace_raw(frame, sizeof frame);
}

/* The next thing sent is an ARP packet of this kind about this address. */
static void out_arp(uint16_t operation, const char *target)
{
    uint8_t like[TRACE_FRAME];
    size_t len = 0;
    const uint8_t *frame = trace_taken(&len);
    struct addr us, them;
    struct view v;
    struct eth eth;
    struct arp a;

    assert_non_null(frame);
    v = view_of(frame, len);
    assert_int_equal(eth_decode(&v, &eth), DROP_NONE);
    assert_int_equal(eth.type, ETH_ARP);
    assert_int_equal(arp_decode(&v, &a), DROP_NONE);
    assert_int_equal(a.operation, operation);
    assert_true(addr_parse("10.0.0.7", &us) && addr_parse(target, &them));
    assert_true(addr_eq(&a.sender, &us) && addr_eq(&a.target, &them));
    trace_make(like, ". 0:0");
    assert_memory_equal(a.sender_mac, like, 6);
    assert_memory_equal(eth.src, like, 6);
    assert_memory_equal(eth.dst, operation == ARP_REQUEST ? everybody : mac, 6);
}

static void a_question_for_us_is_answered(void)
{
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.7", mac);
    out_arp(ARP_REPLY, "10.0.0.1");
    quiet();
}

static void a_question_for_others_is_not(void)
{
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.8", mac);
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.1", mac);
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.255", mac);
    quiet();
}

static void a_question_from_nobody_is_no_reason_to_learn(void)
{
    in_arp(ARP_REQUEST, "0.0.0.0", "10.0.0.7", mac); /* a probe, RFC 5227: it is answered */
    assert_in_range(trace_skip(), 0, 1);
}

/* RFC 826: who asks for us is about to write to us, and must be known then. */
static void a_question_for_us_tells_who_asks(void)
{
    trace_no_neighbour();
    app_listen();
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.7", mac);
    out_arp(ARP_REPLY, "10.0.0.1");
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
}

static void we_ask_before_we_send(void)
{
    trace_no_neighbour();
    app_connect();
    out_arp(ARP_REQUEST, "10.0.0.1");
    quiet();
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
}

static void we_ask_again(void)
{
    trace_no_neighbour();
    app_connect();
    out_arp(ARP_REQUEST, "10.0.0.1");
    advance(1100);
    out_arp(ARP_REQUEST, "10.0.0.1"); /* RFC 1122 2.3.2.1: once a second at most */
    quiet();
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
}

/* RFC 9293 3.8.3 (MUST-20), RFC 1122 3.3.1.4: it may be the next hop that is not there any more. */
static void at_r1_the_link_address_is_asked_for_again(void)
{
    const uint8_t *frame;
    size_t len;

    trace_no_neighbour();
    app_connect();
    out_arp(ARP_REQUEST, "10.0.0.1");
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
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
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
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
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", thief);
    quiet();
    app_connect();
    out_arp(ARP_REQUEST, "10.0.0.1");
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
}

static void a_fixed_neighbour_cannot_be_moved(void)
{
    static const uint8_t thief[6] = {2, 6, 6, 6, 6, 6};

    reach(ESTABLISHED);
    in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", thief);
    in_arp(ARP_REQUEST, "10.0.0.1", "10.0.0.7", thief);
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
        in_arp(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
        if (trace_skip() == 0)
            in("S 0:0 <mss link>"); /* the SYN itself need not be remembered: it comes again */
        trace_skip();
        in("S 0:0 <mss link>");
        out("S. 0:0 ack 1 <mss link>");
        in(". 1:1 ack 1");
        app_accept();
    }
}

static void a_gratuitous_question_is_not_answered(void)
{
    in_arp(ARP_REQUEST, "10.0.0.7", "10.0.0.7", mac); /* somebody claims our address, RFC 5227 2.4 */
    assert_in_range(trace_skip(), 0, 1);
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
    TRACE4(a_gratuitous_question_is_not_answered),
};

TRACE_MAIN("arp", tests)
