/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.9.2.2 and what it stands on: path MTU discovery (RFC 1191, RFC 8201) told only by who quotes
 * what is in flight (RFC 5927); errors that end nothing; echo (RFC 792, RFC 4443 4).
 */
#include "trace.h"

#include "base/sum.h"
#include "wire/addr.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <string.h>

/* The stack sends three full segments of the link's size; the peer has not answered. */
static void send_three(void)
{
    uint32_t mss;

    reach(ESTABLISHED);
    mss = link_mss();
    app_send(3 * (size_t)mss);
    out(". 1:%u ack 1", 1 + mss);
    out(". %u:%u ack 1", 1 + mss, 1 + 2 * mss);
    out("P. %u:%u ack 1", 1 + 2 * mss, 1 + 3 * mss);
}

static uint32_t payload_for(uint32_t mtu)
{
    return mtu - 20 - (uint32_t)ip_len();
}

static void acknowledge_all(void)
{
    in(". 1:1 ack %u", 1 + 3 * link_mss());
    advance(10000);
    quiet();
}

static void a_smaller_path_is_used_at_once(void)
{
    uint32_t small = payload_for(1300);

    send_three();
    in_too_big(1300, 1);
    within(1100, ". 1:%u ack 1", 1 + small); /* the same bytes again, in smaller segments */
    trace_skip();
    acknowledge_all();
    app_send(2 * (size_t)small);
    out(". %u:%u ack 1", 1 + 3 * link_mss(), 1 + 3 * link_mss() + small);
    trace_skip();
    in(". 1:1 ack %u", 1 + 3 * link_mss() + 2 * small);
}

static void other_connections_keep_their_size(void)
{
    send_three();
    trace_flow(PEER_PORT + 1, LOCAL_PORT);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    rn_abort(trace_net(), trace_sock());
    app_accept();
    advance(0);
    trace_skip();
    in_too_big(1300, 4000000); /* MUST-54: quotes a number that this one has not in flight */
    app_send(link_mss());
    out("P. 1:%u ack 1", 1 + link_mss());
    in(". 1:1 ack %u", 1 + link_mss());
}

static void a_quote_of_what_is_not_in_flight_is_ignored(void)
{
    send_three();
    in_too_big(1300, 1000000);
    in_too_big(1300, 4000000000);
    quiet();
    assert_int_equal(trace_drops("icmp_quote"), 2);
    in(". 1:1 ack %u", 1 + 3 * link_mss());
    in_too_big(1300, 1); /* no longer in flight */
    app_send(link_mss());
    out("P. %u:%u ack 1", 1 + 3 * link_mss(), 1 + 4 * link_mss());
    in(". 1:1 ack %u", 1 + 4 * link_mss());
}

static void a_path_cannot_grow_by_icmp(void)
{
    send_three();
    in_too_big(9000, 1);
    advance(0);
    in(". 1:1 ack %u", 1 + 3 * link_mss());
    trace_skip();
    advance(3000);
    trace_skip();
    app_send(2 * (size_t)link_mss());
    for (size_t len; trace_taken(&len) != NULL;)
        assert_true(len <= 14 + TRACE_MTU);
    app_abort();
    trace_skip();
}

/* A lie may cost speed, but neither the connection nor more than the least that a path must carry. */
static void an_absurd_mtu_stops_nobody(void)
{
    static const uint32_t absurd[] = {68, 0, 1, 20, 67};

    send_three();
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++)
        in_too_big(absurd[i], 1);
    advance(3000);
    assert_in_range(trace_skip(), 1, 200);
    in(". 1:1 ack %u", 1 + 3 * link_mss());
    trace_skip();
    advance(3000);
    trace_skip();
    app_send(1220);
    assert_in_range(trace_skip(), 1, v6() ? 1 : 60); /* RFC 8201: never below 1,280 */
    app_abort();
    trace_skip();
}

/* RFC 9293 MUST-55, RFC 6633. */
static void source_quench_is_ignored(void)
{
    send_three();
    in_icmp(4, 0, 0, 1);
    quiet();
    app_no_event();
    acknowledge_all();
}

/* RFC 9293 MUST-56, RFC 5927 5.2: none of them ends a connection that stands. */
static void unreachable_does_not_end_a_connection(void)
{
    send_three();
    for (uint8_t code = 0; code < 16; code++)
        if (v6() || code != 4)
            in_unreachable(code, 1);
    in_icmp(v6() ? 3 : 11, 0, 0, 1);
    in_icmp(v6() ? 4 : 12, 0, 0, 1);
    quiet();
    app_no_event();
    state_is(ESTABLISHED);
    acknowledge_all();
}

static void a_soft_error_does_not_end_an_attempt(void)
{
    reach(SYN_SENT);
    in_unreachable(0, 0);
    in_unreachable(v6() ? 3 : 1, 0); /* the host: RFC 5461 2 */
    app_no_event();
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
}

/* MUST-56 in SYN-SENT, with all that it names: the attempt goes on, and the last word is the peer's. */
static void no_soft_error_ends_an_attempt(void)
{
    static const uint8_t soft4[][2] = {{3, 0}, {3, 1}, {3, 5}, {11, 0}, {11, 1}, {12, 0}};
    static const uint8_t soft6[][2] = {{1, 0}, {1, 3}, {3, 0}, {3, 1}, {4, 0}, {4, 1}};

    reach(SYN_SENT);
    for (size_t i = 0; i < 6; i++)
        in_icmp(v6() ? soft6[i][0] : soft4[i][0], v6() ? soft6[i][1] : soft4[i][1], 0, 0);
    app_no_event();
    after(1000, "S 0:0 <mss link,wscale 0>");
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
}

/* Every type and code that there may be, quoting what is in flight: a redirect (5) moves nothing either. */
static void no_message_of_any_type_ends_a_connection(void)
{
    send_three();
    for (unsigned type = 0; type < 256; type++)
        for (unsigned code = 0; code < 18; code++)
            if ((v6() ? type != 2 && type != 128 : type != 8) && !(type == 3 && code == 4 && !v6()))
                in_icmp((uint8_t)type, (uint8_t)code, 0x0a0000fe, 1);
    quiet();
    app_no_event();
    state_is(ESTABLISHED);
    acknowledge_all();
}

/* MUST-54: whose it is not, hears nothing of it. */
static void a_quote_of_no_connection_is_ignored(void)
{
    uint32_t iss;

    send_three();
    iss = trace_iss();
    trace_flow(PEER_PORT + 1, LOCAL_PORT);
    trace_count_from(iss);
    in_too_big(1300, 1);
    in_unreachable(v6() ? 4 : 3, 1);
    quiet();
    assert_int_equal(trace_drops("icmp_quote"), 2);
    trace_flow(PEER_PORT, LOCAL_PORT);
    trace_count_from(iss);
    acknowledge_all();
    app_send(link_mss());
    out("P. %u:%u ack 1", 1 + 3 * link_mss(), 1 + 4 * link_mss());
    in(". 1:1 ack %u", 1 + 4 * link_mss());
}

/* RFC 5927 7, RFC 8201: whatever MTU is told, segments stay above a floor, and under the link's size. */
static void no_mtu_makes_segments_tiny_or_too_large(void)
{
    size_t least = v6() ? 1220 : 512, head = 14 + ip_len() + 20;

    reach(LISTEN);
    for (uint32_t mtu = 0, i = 0; mtu < 66000; mtu += mtu < 1600 ? 97 : 9973, i++) {
        const uint8_t *frame;

        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        reach_again(ESTABLISHED);
        app_send(4 * (size_t)link_mss());
        trace_skip();
        in_too_big(mtu, 1);
        in(". 1:1 ack %u", 1 + 4 * link_mss());
        trace_skip();
        app_send(3 * (size_t)link_mss());
        for (size_t len; (frame = trace_taken(&len)) != NULL;)
            if (!(frame[14 + ip_len() + 13] & 8)) /* not the last, which may be short */
                assert_in_range(len - head, least, link_mss());
        app_abort();
        trace_skip();
    }
}

/* ---- echo --------------------------------------------------------------------------------------------- */

/* An echo request with len bytes of data, from the peer. */
static size_t make_ping(uint8_t frame[TRACE_FRAME], size_t len)
{
    size_t head = 14 + ip_len(), total = head + 8 + len;
    uint8_t *ip = frame + 14;

    trace_make(frame, ". 0:0 ack 0"); /* for its link and network headers */
    for (size_t i = 0; i < len; i++)
        frame[head + 8 + i] = (uint8_t)(i * 7);
    memcpy(frame + head, (const uint8_t[]){v6() ? 128 : 8, 0, 0, 0, 0x12, 0x34, 0, 9}, 8);
    if (v6()) {
        ip[4] = (uint8_t)((8 + len) >> 8);
        ip[5] = (uint8_t)(8 + len);
        ip[6] = IP_ICMP6;
    } else {
        ip[2] = (uint8_t)((28 + len) >> 8);
        ip[3] = (uint8_t)(28 + len);
        ip[9] = IP_ICMP4;
    }
    trace_sum(frame, total);
    return total;
}

static void expect_pong(const uint8_t *ping, size_t len)
{
    size_t got, head = 14 + ip_len();
    const uint8_t *pong = trace_taken(&got);
    struct view v;
    struct icmp icmp;
    struct ip ip;

    assert_non_null(pong);
    assert_int_equal(got, head + 8 + len);
    assert_memory_equal(pong, ping + 6, 6);
    v = view_of(pong + 14, got - 14);
    assert_int_equal(v6() ? ip6_decode(&v, &ip) : ip4_decode(&v, &ip), DROP_NONE);
    assert_int_equal(v6() ? icmp6_decode(&v, &ip, &icmp) : icmp4_decode(&v, &icmp), DROP_NONE);
    assert_int_equal(icmp.kind, ICMP_ECHO_REPLY);
    assert_int_equal(icmp.id, 0x1234);
    assert_int_equal(icmp.sequence, 9);
    assert_int_equal(v.len, len);
    assert_memory_equal(v.at, ping + head + 8, len);
}

static void a_ping_is_answered(void)
{
    static const size_t lengths[] = {0, 1, 2, 56, 57, 1400};
    uint8_t frame[TRACE_FRAME];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        trace_raw(frame, make_ping(frame, lengths[i]));
        expect_pong(frame, lengths[i]);
    }
    quiet();
}

static void a_damaged_ping_is_not(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len = make_ping(frame, 56);

    frame[len - 1] ^= 0x10;
    trace_raw(frame, len);
    quiet();
    assert_int_equal(trace_drops("checksum"), 1);
}

static void a_pong_is_not_answered(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len = make_ping(frame, 56);

    frame[14 + ip_len()] = v6() ? 129 : 0;
    trace_sum(frame, len);
    trace_raw(frame, len);
    quiet();
}

static void pings_in_a_burst_are_all_answered(void)
{
    uint8_t frame[TRACE_FRAME];

    for (int i = 0; i < 200; i++)
        trace_raw(frame, make_ping(frame, 56));
    assert_int_equal(trace_skip(), 200);
}

/* RFC 1122 3.2.2: neither from where nobody is, nor for all of a link at once: else one ping makes many. */
static void a_ping_from_or_to_nobody_is_not_answered(void)
{
    static const char *const wrong[2][2][4] = {
        {{"127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.0.255"},
         {"127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.0.255"}},
        {{"::1", "ff02::1", "::", "fd00::7"}, {"::1", "ff02::1", "ff02::1:ff00:7", "fd00::8"}}};
    uint8_t frame[TRACE_FRAME];

    for (int end = 0; end < 2; end++)
        for (int i = 0; i < 4; i++) {
            size_t len = make_ping(frame, 56);
            struct addr a;

            assert_true(addr_parse(wrong[v6()][end][i], &a));
            if (v6())
                memcpy(frame + 14 + (end ? 24 : 8), a.b, 16);
            else
                memcpy(frame + 14 + (end ? 16 : 12), a.b + 12, 4);
            trace_sum(frame, len);
            trace_raw(frame, len);
            quiet();
        }
}

static void pings_beyond_a_thousand_a_second_are_not(void)
{
    uint8_t frame[TRACE_FRAME];
    int answers = 0;

    for (int i = 0; i < 3000; i++) {
        trace_raw(frame, make_ping(frame, 56));
        answers += trace_skip();
    }
    assert_int_equal(answers, 1000);
    assert_int_equal(trace_drops("rate"), 2000);
}

static const struct trace_test tests[] = {
    TRACE(a_smaller_path_is_used_at_once),
    TRACE(other_connections_keep_their_size),
    TRACE(a_quote_of_what_is_not_in_flight_is_ignored),
    TRACE(a_path_cannot_grow_by_icmp),
    TRACE(an_absurd_mtu_stops_nobody),
    TRACE4(source_quench_is_ignored),
    TRACE(unreachable_does_not_end_a_connection),
    TRACE(a_soft_error_does_not_end_an_attempt),
    TRACE(a_ping_is_answered),
    TRACE(a_damaged_ping_is_not),
    TRACE(a_pong_is_not_answered),
    TRACE(pings_in_a_burst_are_all_answered),
    TRACE(no_soft_error_ends_an_attempt),
    TRACE(no_message_of_any_type_ends_a_connection),
    TRACE(a_quote_of_no_connection_is_ignored),
    TRACE(no_mtu_makes_segments_tiny_or_too_large),
    TRACE(a_ping_from_or_to_nobody_is_not_answered),
    TRACE(pings_beyond_a_thousand_a_second_are_not),
};

TRACE_MAIN("icmp", tests)
