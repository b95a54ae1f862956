/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Conflicts of addresses (RFC 5227) as a trace sees them: nothing is said from an address before nobody has
 * objected, what another host has is not used, and what we use is defended. IPv4 only, but for the last one.
 */
#include "arp.h"
#include "packet.h"

#include <string.h>

static const uint8_t nobody[6], peer[6] = {2, 0, 0, 0, 0, 1}, thief[6] = {2, 6, 6, 6, 6, 6};

/* The next event is that of the own address. */
static void address_event(int error)
{
    struct rn_event ev = {0};

    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_ADDRESS);
    assert_int_equal(ev.error, error);
    assert_int_equal(ev.address, 0);
    assert_int_equal(ev.sock, 0);
    assert_null(ev.user);
}

static void address_is(enum rn_address_use use, uint32_t conflicts, const uint8_t other[6])
{
    struct rn_address a = {.use = -1};

    assert_int_equal(rn_address_state(trace_net(), "10.0.0.7", &a), 0);
    assert_string_equal(a.text, "10.0.0.7/24");
    assert_int_equal(a.device, 0);
    assert_int_equal(a.use, use);
    assert_int_equal(a.conflicts, conflicts);
    assert_memory_equal(a.other, other, 6);
}

static void probe(void)
{
    arp_out(ARP_REQUEST, "0.0.0.0", "10.0.0.7");
}

static void announcement(void)
{
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.7");
}

/* All three probes, and then it is ours. */
static void win(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    advance(0);
    probe();
    advance(100);
    probe();
    advance(100);
    probe();
    advance(100);
    announcement();
    address_event(0);
    quiet();
}

static void three_probes_then_announced_and_used(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    advance(0);
    probe();
    address_is(RN_ADDRESS_TENTATIVE, 0, nobody);
    advance(99);
    quiet();
    advance(1);
    probe();
    advance(99);
    quiet();
    advance(1);
    probe();
    advance(99);
    quiet();
    address_is(RN_ADDRESS_TENTATIVE, 0, nobody);
    app_no_event();
    advance(1);
    announcement();
    address_is(RN_ADDRESS_USED, 0, nobody);
    address_event(0);
    app_no_event();
    advance(1999);
    quiet();
    advance(1);
    announcement();
    advance(100000);
    quiet();
    assert_true(trace_due() < 0);
}

/* 4 to 7 s until it is used, and the first probe within a second. */
static void fully_with_the_times_of_the_rfc(void)
{
    double at;

    trace_conflict(RN_CONFLICT_FULL);
    advance(1000);
    probe();
    at = trace_ms() - 1000;
    for (int i = 0; i < 2; i++) {
        advance(999 + at - trace_ms());
        quiet();
        for (int ms = 0; trace_skip() == 0; ms++) {
            assert_in_range(ms, 0, 3001);
            advance(1);
        }
        at = trace_ms();
    }
    advance(1998);
    address_is(RN_ADDRESS_TENTATIVE, 0, nobody);
    quiet();
    advance(2);
    announcement();
    address_event(0);
    assert_in_range(trace_ms(), 4000, 7100);
    advance(1990);
    quiet();
    advance(10);
    announcement();
}

static void before_that_nobody_is_answered(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    app_listen();
    probe();
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", peer);
    in("S 0:0 <mss link>");
    in(". 0:10 ack 0");
    in("R 0:0");
    quiet();
    assert_int_equal(trace_drops("tentative"), 4);
    advance(300);
    assert_int_equal(trace_skip(), 3);
    address_event(0);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    advance(2000);
    announcement();
}

static void a_connection_waits_for_its_address(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    app_connect();
    state_is(SYN_SENT);
    probe();
    quiet();
    advance(100);
    probe();
    advance(100);
    probe();
    quiet();
    advance(100);
    announcement();
    out("S 0:0 <mss link,wscale 0>");
    address_event(0);
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
    advance(2000);
    announcement();
}

/* Nor is a neighbour asked for from it, and then not a second later. */
static void a_question_for_a_neighbour_waits_too(void)
{
    trace_no_neighbour();
    trace_conflict(RN_CONFLICT_QUICK);
    app_connect();
    probe();
    quiet();
    advance(200);
    probe();
    probe();
    quiet();
    advance(100);
    announcement();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", peer);
    out("S 0:0 <mss link,wscale 0>");
    address_event(0);
    after(1000, "S 0:0 <mss link,wscale 0>"); /* its timer began with it */
}

/* To the peer's port 4000, with a datagram that was given at once. */
static rn_sock say_hello(void)
{
    rn_sock sock = rn_connect(trace_net(), RN_UDP, "10.0.0.1:4000", "0.0.0.0:5000", NULL);

    assert_true(sock > 0);
    trace_use(sock);
    app_event(RN_CONNECTED | RN_WRITABLE);
    assert_int_equal(rn_send(trace_net(), sock, "hello", 5), 5);
    advance(0);
    probe();
    return sock;
}

static void a_datagram_waits_for_its_address(void)
{
    trace_no_neighbour();
    trace_conflict(RN_CONFLICT_QUICK);
    say_hello();
    advance(200);
    probe();
    probe();
    quiet();
    advance(100);
    announcement();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", peer);
    out_udp(5000, 4000, "hello");
    address_event(0);
    advance(2000);
    announcement();
}

/* ... but not for one that will never be ours. */
static void a_datagram_is_dropped_with_its_address(void)
{
    struct rn_stats stats;
    struct rn_info info;
    rn_sock sock;

    trace_conflict(RN_CONFLICT_QUICK);
    sock = say_hello();
    arp_in(ARP_REPLY, "10.0.0.7", "0.0.0.0", thief);
    address_event(-EADDRINUSE);
    assert_int_equal(rn_info(trace_net(), sock, &info), 0);
    assert_int_equal(info.unsent, 0);
    rn_stats(trace_net(), &stats);
    assert_int_equal(stats.datagrams_unsent, 1);
    assert_int_equal(rn_send(trace_net(), sock, "hello", 5), -EADDRNOTAVAIL);
    app_no_event();
    advance(10000);
    quiet();
}

/* It may be given up while it waits. */
static void what_waits_may_be_aborted(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    app_connect();
    app_abort();
    advance(10000);
    assert_int_equal(trace_skip(), 5);
    address_event(0);
    app_no_event();
}

static void lost(uint16_t operation, const char *sender, const char *target)
{
    trace_conflict(RN_CONFLICT_QUICK);
    app_listen();
    advance(150);
    assert_int_equal(trace_skip(), 2);
    arp_in(operation, sender, target, thief);
    address_event(-EADDRINUSE);
    address_is(RN_ADDRESS_TAKEN, 1, thief);
    advance(10000);
    quiet();
    app_no_event();
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", peer);
    in("S 0:0 <mss link>");
    quiet();
    assert_true(trace_due() < 0);
}

static void who_answers_has_it(void)
{
    lost(ARP_REPLY, "10.0.0.7", "0.0.0.0");
}

static void who_asks_from_it_has_it(void)
{
    lost(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
}

static void who_announces_it_has_it(void)
{
    lost(ARP_REQUEST, "10.0.0.7", "10.0.0.7");
}

/* Both give way: RFC 5227 2.1.1. */
static void who_probes_at_the_same_time_is_a_conflict(void)
{
    lost(ARP_REQUEST, "0.0.0.0", "10.0.0.7");
}

static void who_probes_for_another_is_none(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    arp_in(ARP_REQUEST, "0.0.0.0", "10.0.0.8", thief);
    arp_in(ARP_REQUEST, "10.0.0.8", "10.0.0.7", thief);
    advance(300);
    assert_int_equal(trace_skip(), 4);
    address_event(0);
    address_is(RN_ADDRESS_USED, 0, nobody);
    advance(2000);
    announcement();
}

/* A hub sends us our own frames: RFC 5227 2.1.1, NOTE. */
static void our_own_echo_is_none(void)
{
    uint8_t like[TRACE_FRAME];

    win();
    trace_make(like, ". 0:0");
    arp_in(ARP_REQUEST, "10.0.0.7", "10.0.0.7", like);
    advance(2000);
    announcement();
    advance(10000);
    quiet();
    address_is(RN_ADDRESS_USED, 0, nobody);

    trace_fresh();
    trace_conflict(RN_CONFLICT_QUICK);
    trace_make(like, ". 0:0");
    arp_in(ARP_REQUEST, "0.0.0.0", "10.0.0.7", like);
    address_is(RN_ADDRESS_TENTATIVE, 0, nobody);
    advance(300);
    assert_int_equal(trace_skip(), 4);
    address_event(0);
    advance(2000);
    announcement();
}

static void what_another_has_cannot_be_used(void)
{
    char err[RN_ERRBUF];

    trace_conflict(RN_CONFLICT_QUICK);
    app_connect();
    probe();
    arp_in(ARP_REPLY, "10.0.0.7", "0.0.0.0", thief);
    assert_true(app_has_failed(-EADDRNOTAVAIL));
    address_event(-EADDRINUSE);
    quiet();
    assert_int_equal(rn_listen(trace_net(), RN_TCP, "10.0.0.7:80", err), -EADDRNOTAVAIL);
    assert_int_equal(rn_connect(trace_net(), RN_TCP, "10.0.0.1:80", "10.0.0.7:0", err), -EADDRNOTAVAIL);
    assert_non_null(strstr(err, "another host"));
    assert_int_equal(rn_connect(trace_net(), RN_TCP, "10.0.0.1:80", NULL, err), -ENETUNREACH);
    /* It is a host like any now. */
    assert_int_equal(rn_add_address(trace_net(), "10.0.0.8/24", err), 0);
    assert_true(rn_connect(trace_net(), RN_TCP, "10.0.0.7:80", NULL, err) > 0);
    advance(300);
    trace_skip();
    advance(100000);
    trace_skip();
    while (rn_next(trace_net(), &(struct rn_event){0}))
        ;
}

/* Added again, it is looked for again; after ten times once a minute: RFC 5227 2.1.1. */
static void it_may_be_tried_again_but_not_for_ever(void)
{
    trace_conflict(RN_CONFLICT_QUICK);
    for (int i = 0; i < 10; i++) {
        advance(0);
        probe();
        assert_int_equal(rn_add_address(trace_net(), "10.0.0.7/24", NULL), -EADDRINUSE);
        arp_in(ARP_REPLY, "10.0.0.7", "0.0.0.0", thief);
        address_event(-EADDRINUSE);
        quiet();
        assert_int_equal(rn_add_address(trace_net(), "10.0.0.7/24", NULL), 0);
    }
    advance(59999);
    quiet();
    advance(1);
    probe();
    advance(300);
    assert_int_equal(trace_skip(), 3);
    address_event(0);
    address_is(RN_ADDRESS_USED, 0, nobody);
    advance(2000);
    announcement();
}

static void one_in_use_is_defended_and_kept(void)
{
    win();
    app_listen();
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    advance(2000);
    announcement();
    arp_in(ARP_REQUEST, "10.0.0.7", "10.0.0.1", thief);
    announcement();
    quiet();
    address_event(-EADDRINUSE);
    address_is(RN_ADDRESS_USED, 1, thief);
    for (int i = 0; i < 9; i++) {
        advance(1000);
        arp_in(i & 1 ? ARP_REPLY : ARP_REQUEST, "10.0.0.7", "10.0.0.1", thief);
        quiet();
        app_no_event();
    }
    advance(1000);
    arp_in(ARP_REPLY, "10.0.0.7", "10.0.0.7", thief);
    announcement();
    quiet();
    address_event(-EADDRINUSE);
    address_is(RN_ADDRESS_USED, 11, thief);
    assert_int_equal(trace_drops("arp"), 11);
    app_send(10);
    out("P. 1:11 ack 1");
    in(". 1:1 ack 11");
}

/* RFC 5227 2.5: so he finds out. */
static void a_probe_for_one_in_use_is_answered(void)
{
    uint8_t like[TRACE_FRAME];
    const uint8_t *frame;
    size_t len;

    win();
    arp_in(ARP_REQUEST, "0.0.0.0", "10.0.0.7", thief);
    frame = trace_taken(&len);
    assert_non_null(frame);
    trace_make(like, ". 0:0");
    assert_memory_equal(frame, thief, 6);
    assert_memory_equal(frame + 20, ((uint8_t[]){0, ARP_REPLY}), 2);
    assert_memory_equal(frame + 22, like, 6);
    assert_memory_equal(frame + 28, ((uint8_t[]){10, 0, 0, 7}), 4);
    app_no_event();
    advance(2000);
    announcement();
}

/* Without a word before, but defended like any. */
static void switched_off_it_is_used_at_once(void)
{
    app_listen();
    address_is(RN_ADDRESS_USED, 0, nobody);
    app_no_event();
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in("R 1:1");
    arp_in(ARP_REQUEST, "10.0.0.7", "10.0.0.7", thief);
    announcement();
    address_event(-EADDRINUSE);
}

/* Neighbour discovery, which would ask, is to come. */
static void an_address_of_ipv6_is_used_at_once(void)
{
    trace_conflict(RN_CONFLICT_FULL);
    app_listen();
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in("R 1:1");
}

/* A connection stands, and the link goes and comes: RFC 5227 2.1. is_learnt: its neighbour's link address is. */
static void relink(bool is_learnt)
{
    win();
    advance(2000);
    announcement();
    app_listen();
    if (is_learnt) {
        arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", peer);
        arp_out(ARP_REPLY, "10.0.0.7", "10.0.0.1");
    }
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    trace_link(RN_LINK_DOWN);
    advance(10000);
    quiet();
    address_is(RN_ADDRESS_USED, 0, nobody);
    trace_link(RN_LINK_UP);
    advance(0);
    probe();
    quiet();
    address_is(RN_ADDRESS_TENTATIVE, 0, nobody);
}

static void when_the_link_is_back_it_is_looked_for_anew(void)
{
    relink(false);
    in("P. 1:11 ack 1");
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", peer);
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.1", peer);
    app_send(20);
    advance(100);
    probe();
    advance(100);
    probe();
    advance(99);
    quiet();
    app_no_event();
    assert_int_equal(trace_drops("tentative"), 2);
    advance(1);
    announcement();
    out("P. 1:21 ack 1");
    address_event(0);
    address_is(RN_ADDRESS_USED, 0, nobody);
    in("P. 1:11 ack 21");
    app_event(RN_READABLE);
    advance(2000);
    trace_skip();
}

/* The link may have become another, and the neighbour another card. */
static void a_neighbour_is_asked_for_anew_when_the_link_is_back(void)
{
    trace_no_neighbour();
    relink(true);
    app_send(20);
    advance(100);
    probe();
    advance(100);
    probe();
    quiet();
    advance(100);
    announcement();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", peer);
    out("P. 1:21 ack 1");
    address_event(0);
}

static void fails_with_its_address(void)
{
    struct rn_event ev;

    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.sock, trace_sock());
    assert_int_equal(ev.mask & RN_FAILED, RN_FAILED);
    assert_int_equal(ev.error, -EADDRNOTAVAIL);
    address_event(-EADDRINUSE);
    app_no_event();
}

static void who_has_come_meanwhile_has_it(void)
{
    relink(false);
    app_send(20);
    arp_in(ARP_REPLY, "10.0.0.7", "0.0.0.0", thief);
    fails_with_its_address();
    address_is(RN_ADDRESS_TAKEN, 1, thief);
    advance(10000);
    quiet();
}

/* ... also for a connection that has nothing to send. */
static void who_has_come_meanwhile_ends_what_is_idle(void)
{
    relink(false);
    arp_in(ARP_REPLY, "10.0.0.7", "0.0.0.0", thief);
    fails_with_its_address();
    quiet();
}

/* A SYN-ACK that is due waits for the next time. */
static void nor_is_a_syn_answered_meanwhile(void)
{
    win();
    advance(2000);
    announcement();
    app_listen();
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    trace_link(RN_LINK_DOWN);
    trace_link(RN_LINK_UP);
    advance(50);
    probe();
    trace_link(RN_LINK_DOWN);
    advance(3000);
    quiet();
    trace_link(RN_LINK_UP);
    advance(290);
    assert_int_equal(trace_skip(), 3);
    advance(10);
    announcement();
    address_event(0);
    in(". 1:1 ack 1");
    app_accept();
    trace_skip();
}

/* Where nobody is asked, nobody is asked then. */
static void switched_off_a_link_may_go_and_come(void)
{
    trace_conflict(RN_CONFLICT_OFF);
    app_listen();
    trace_link(RN_LINK_DOWN);
    trace_link(RN_LINK_UP);
    quiet();
    address_is(RN_ADDRESS_USED, 0, nobody);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
}

static const struct trace_test tests[] = {
    TRACE4(three_probes_then_announced_and_used),
    TRACE4(fully_with_the_times_of_the_rfc),
    TRACE4(before_that_nobody_is_answered),
    TRACE4(a_connection_waits_for_its_address),
    TRACE4(a_question_for_a_neighbour_waits_too),
    TRACE4(a_datagram_waits_for_its_address),
    TRACE4(a_datagram_is_dropped_with_its_address),
    TRACE4(what_waits_may_be_aborted),
    TRACE4(who_answers_has_it),
    TRACE4(who_asks_from_it_has_it),
    TRACE4(who_announces_it_has_it),
    TRACE4(who_probes_at_the_same_time_is_a_conflict),
    TRACE4(who_probes_for_another_is_none),
    TRACE4(our_own_echo_is_none),
    TRACE4(what_another_has_cannot_be_used),
    TRACE4(it_may_be_tried_again_but_not_for_ever),
    TRACE4(one_in_use_is_defended_and_kept),
    TRACE4(a_probe_for_one_in_use_is_answered),
    TRACE4(when_the_link_is_back_it_is_looked_for_anew),
    TRACE4(a_neighbour_is_asked_for_anew_when_the_link_is_back),
    TRACE4(who_has_come_meanwhile_has_it),
    TRACE4(who_has_come_meanwhile_ends_what_is_idle),
    TRACE4(nor_is_a_syn_answered_meanwhile),
    TRACE4(switched_off_a_link_may_go_and_come),
    TRACE4(switched_off_it_is_used_at_once),
    TRACE6(an_address_of_ipv6_is_used_at_once),
};

TRACE_MAIN("conflict", tests)
