/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.1, 3.2 and 3.7.1, the header and its options: what is sent is well formed to the last byte, and
 * what comes is read wherever it stands. The segments of these tests are looked at by hand where out() would
 * take them apart with Runnel's own decoder.
 */
#include "trace.h"

#include <string.h>

/* ---- what is sent -------------------------------------------------------------------------------------- */

/* The checksum as RFC 9293 3.1 draws it, pseudo-header and all, by nothing of Runnel's. */
static unsigned checksum(const uint8_t *frame, size_t len)
{
    const uint8_t *ip = frame + 14, *tcp = ip + ip_len();
    size_t part = len - 14 - ip_len();
    uint64_t sum = part + 6;

    for (size_t i = v6() ? 8 : 12; i < ip_len(); i += 2)
        sum += (unsigned)(ip[i] << 8 | ip[i + 1]);
    for (size_t i = 0; i < part; i++)
        sum += i % 2 ? tcp[i] : (unsigned)tcp[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (unsigned)sum;
}

/* The next segment sent has these flags and so many bytes; all of it adds up to a right checksum. */
static void sums_up(unsigned flags, size_t payload)
{
    size_t len;
    const uint8_t *frame = trace_taken(&len), *tcp = frame + 14 + ip_len();

    assert_non_null(frame);
    assert_int_equal(tcp[13], flags);
    assert_int_equal(len - 14 - ip_len() - (size_t)(tcp[12] >> 4) * 4, payload);
    assert_int_equal(checksum(frame, len), 0xffff);
}

static void every_kind_of_segment_has_a_right_checksum(void)
{
    enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
    struct rn_settings s;

    reach(LISTEN);
    in("S 0:0 <mss 1000>");
    sums_up(SYN | ACK, 0);
    within(1100, "S. 0:0 ack 1 <mss link>"); /* for its number */
    in(". 1:1 ack 1");
    app_accept();
    app_send(1001);
    sums_up(ACK, 1000);
    in(". 1:1 ack 1001");
    sums_up(PSH | ACK, 1);
    in("P. 1:101 ack 1002");
    app_recv(100);
    advance(500);
    sums_up(ACK, 0);
    assert_int_equal(rn_get_settings(trace_net(), trace_sock(), &s), 0);
    s.keep_alive = 1;
    s.keep_idle = 1000000000;
    assert_int_equal(rn_set_settings(trace_net(), trace_sock(), &s), 0);
    advance(1001);
    sums_up(ACK, 0); /* asks whether somebody is there */
    in(". 101:101 ack 1002");
    app_queue(3);
    app_shutdown();
    sums_up(FIN | PSH | ACK, 3);
    app_abort();
    sums_up(RST | ACK, 0);
    app_connect();
    sums_up(SYN, 0);
}

/* Kind and length alone lead from one option to the next and exactly to the data (MUST-68); behind an end of
 * options there is nothing but zeros (MUST-69); the MSS is a SYN's (MUST-65). Returns how many there are. */
static int walk_options(const uint8_t *frame)
{
    const uint8_t *tcp = frame + 14 + ip_len(), *at = tcp + 20, *end = tcp + (tcp[12] >> 4) * 4;
    int options = 0;

    while (at < end && *at != 0) {
        if (*at == 1) {
            at++;
            continue;
        }
        assert_true(end - at >= 2 && at[1] >= 2 && end - at >= at[1]);
        assert_true(*at != 2 || tcp[13] & 2);
        at += at[1];
        options++;
    }
    for (; at < end; at++)
        assert_int_equal(*at, 0);
    return options;
}

static int walk_all(void)
{
    const uint8_t *frame;
    int options = 0;

    for (size_t len; (frame = trace_taken(&len)) != NULL;)
        options += walk_options(frame);
    return options;
}

static void options_that_are_sent_can_be_walked(void)
{
    for (unsigned set = 0; set < 8; set++) {
        trace_options(&(struct rn_options){.connections = 64,
                                           .no_window_scale = set & 1,
                                           .no_timestamps = (set >> 1) & 1,
                                           .no_sack = (set >> 2) & 1});
        app_connect();
        assert_int_equal(walk_all(), 4 - (int)((set & 1) + (set >> 1 & 1) + (set >> 2)));
        app_abort();
        trace_skip();
        trace_flow(PEER_PORT, LOCAL_PORT);
        app_listen();
        in("S 0:0 <mss 1000,nop,wscale 7,sackOK,ts 700:0>");
        out("S. 0:0 ack 1 <mss link,*>");
        trace_count_from(trace_iss());
        in("S 0:0 <mss 1000,nop,wscale 7,sackOK,ts 700:0>");
        assert_int_equal(walk_all(), 4 - (int)((set & 1) + (set >> 1 & 1) + (set >> 2)));
        in(". 1:1 ack 1 <ts 701:0>");
        app_accept();
        app_send(3000);
        for (unsigned i = 0; i < 4; i++) { /* islands for SACK, and its blocks with data */
            in(". %u:%u ack 1 <ts 702:0>", 1001 + i * 2000, 2001 + i * 2000);
            app_send(100);
        }
        assert_true(walk_all() >= (set >> 1 & 1 ? 0 : 4) + (set >> 2 ? 0 : 4));
        app_abort();
        walk_all();
        trace_fresh();
    }
}

/* RFC 6864 4.1: a datagram that may not be fragmented needs no identification, so it gives nothing away. */
static void identifications_tell_nothing(void)
{
    const uint8_t *frame;

    establish_with(1000, 64240);
    app_send(2500);
    advance(5000); /* originals and retransmissions */
    in("P. 50000:50010 ack 1");
    for (size_t len; (frame = trace_taken(&len)) != NULL;)
        assert_memory_equal(frame + 18, ((uint8_t[]){0, 0, 0x40, 0}), 4);
    app_abort();
    trace_skip();
}

/* ---- what comes ---------------------------------------------------------------------------------------- */

/* MUST-64: four-byte boundaries mean nothing. */
static void options_may_begin_at_any_byte(void)
{
    struct rn_info info;

    trace_options(&(struct rn_options){.connections = 64});
    reach(LISTEN);
    for (unsigned shift = 0; shift < 4; shift++) {
        static const char *const nops[] = {"", "nop,", "nop,nop,", "nop,nop,nop,"};

        trace_flow((uint16_t)(PEER_PORT + shift), LOCAL_PORT);
        in("S 0:0 win 1000 <%smss 700,wscale 3,sackOK,ts %u:0>", nops[shift], 700 + shift);
        out("S. 0:0 ack 1 <mss link,sackOK,wscale 5,ts 0:%u>", 700 + shift);
        in(". 1:1 ack 1 win 1000 <%sts %u:0>", nops[shift], 710 + shift);
        app_accept();
        assert_int_equal(rn_info(trace_net(), trace_sock(), &info), 0);
        assert_int_equal(info.window_bytes, 8000);
        app_send(1376);
        out(". 1:689 ack 1 <ts *:%u>", 710 + shift);
        out("P. 689:1377 ack 1 <ts *:%u>", 710 + shift);
        app_abort();
        trace_skip();
    }
}

static void forty_bytes_of_options_may_say_nothing(void)
{
    static const char *const layouts[] = {
        "raw 01010101010101010101010101010101010101010101010101010101010101010101010101010101",
        "raw 00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "raw c828ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

    reach(LISTEN);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        in("S 0:0 <%s>", layouts[i]);
        out("S. 0:0 ack 1 <mss link>");
        in("P. 1:101 ack 1 <%s>", layouts[i]);
        app_accept();
        app_recv(100);
        within(500, ". 1:1 ack 101");
        app_abort();
        trace_skip();
    }
}

/* MUST-7, where the other side has opened. */
static void a_syn_ack_with_broken_options_still_opens(void)
{
    static const char *const layouts[] = {"raw 0200", "raw 0201", "raw 02ff05b4", "raw c800", "raw 01010801"};

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        reach(SYN_SENT);
        in("S. 0:0 ack 1 <%s>", layouts[i]);
        out(". 1:1 ack 1");
        app_event(RN_CONNECTED);
        app_send(2000);
        out(". 1:%u ack 1", v6() ? 1221 : 537); /* no MSS was said: MUST-15 */
        app_abort();
        trace_skip();
        trace_fresh();
    }
}

/* ---- MSS (3.7.1) --------------------------------------------------------------------------------------- */

/* MUST-67 and MAY-3: what the link carries, said always, also where it is what would be assumed. */
static void the_mss_is_what_the_link_carries(void)
{
    static const struct {
        uint32_t mtu;
        unsigned mss[2];
    } rows[] = {{576, {536, 0}}, {1280, {1240, 1220}}, {1500, {1460, 1440}}, {9000, {8960, 8940}}};

    for (size_t i = v6() ? 1 : 0; i < sizeof rows / sizeof rows[0]; i++) {
        trace_mtu(rows[i].mtu);
        app_connect();
        out("S 0:0 <mss %u,wscale 0>", rows[i].mss[v6()]);
        app_abort();
        trace_flow(PEER_PORT, LOCAL_PORT);
        app_listen();
        in("S 0:0 <mss 65535>");
        out("S. 0:0 ack 1 <mss %u>", rows[i].mss[v6()]);
        in(". 1:1 ack 1");
        app_accept();
        if (rows[i].mtu <= TRACE_MTU) {
            app_send(3000);
            out(". 1:%u ack 1", 1 + rows[i].mss[v6()]);
        }
        app_abort();
        trace_skip();
        trace_fresh();
    }
}

/* Who says next to nothing costs us no more than 88 bytes a segment do, whoever opens. */
static void no_mss_makes_a_crowd_of_segments(void)
{
    static const unsigned tiny[] = {0, 1, 8, 20, 48, 87, 88};

    reach(LISTEN);
    for (size_t i = 0; i < sizeof tiny / sizeof tiny[0]; i++) {
        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        in("S 0:0 <raw 0204%04x>", tiny[i]);
        out("S. 0:0 ack 1 <mss link>");
        in(". 1:1 ack 1");
        app_accept();
        app_send(880);
        for (unsigned at = 1; at < 881; at += 88)
            out("%s %u:%u ack 1", at < 793 ? "." : "P.", at, at + 88);
        app_abort();
        trace_skip();
        app_connect_from((uint16_t)(ACTIVE_PORT + i));
        out("S 0:0 <mss link,wscale 0>");
        in("S. 0:0 ack 1 <raw 0204%04x>", tiny[i]);
        out(". 1:1 ack 1");
        app_event(RN_CONNECTED);
        app_send(100);
        out(". 1:89 ack 1");
        app_abort();
        trace_skip();
    }
}

static const struct trace_test tests[] = {
    TRACE(every_kind_of_segment_has_a_right_checksum),
    TRACE(options_that_are_sent_can_be_walked),
    TRACE4(identifications_tell_nothing),
    TRACE(options_may_begin_at_any_byte),
    TRACE(forty_bytes_of_options_may_say_nothing),
    TRACE(a_syn_ack_with_broken_options_still_opens),
    TRACE(the_mss_is_what_the_link_carries),
    TRACE(no_mss_makes_a_crowd_of_segments),
};

TRACE_MAIN("header", tests)
