/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A segment's arrival, RFC 9293 3.10.7.3 and 3.10.7.4 step by step: what is acceptable, what is answered,
 * which state follows and what the application hears.
 */
#include "fixture.h"

#include <errno.h>

static const enum conn_state synchronized[] = {CONN_ESTABLISHED, CONN_FIN_WAIT_1, CONN_FIN_WAIT_2,
                                               CONN_CLOSE_WAIT,  CONN_CLOSING,    CONN_LAST_ACK};

/* What the peer has sent before that state, and what it may have acknowledged. */
static uint32_t next_of(enum conn_state state)
{
    return state == CONN_CLOSE_WAIT || state == CONN_CLOSING || state == CONN_LAST_ACK ? 2 : 1;
}

static uint32_t acked_of(enum conn_state state)
{
    return state == CONN_FIN_WAIT_2 ? 2 : 1;
}

/* A segment of FLAGS that begins `ahead` of RCV.NXT. */
static struct verdict probe(struct conn *c, enum conn_state state, const char *flags, int ahead, uint32_t len)
{
    char text[80];
    uint32_t first = next_of(state) + (uint32_t)ahead;

    snprintf(text, sizeof text, "%s %u:%u ack %u", flags, first, first + len, acked_of(state));
    return in(c, text);
}

/* One row of the acceptability test: with that window, is a segment that begins `ahead` of RCV.NXT taken? */
static void acceptable(uint32_t window, int ahead, uint32_t len, bool taken)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    struct verdict v;

    c->rcv_edge = seq_add(c->rcv_nxt, window);
    v = probe(c, CONN_ESTABLISHED, ".", ahead, len);
    if ((v.drop != DROP_SEQUENCE) != taken)
        fail_msg("window %u, %d ahead, %u bytes: drop %d", window, ahead, len, v.drop);
    /* "If an incoming segment is not acceptable, an acknowledgment should be sent in reply" */
    assert_int_equal(c->owe & OWE_ACK, taken && len <= window && ahead >= 0 ? 0 : OWE_ACK);
    abandon(c);
}

static void test_acceptability(void **state)
{
    (void)state;
    /* length 0, window 0 (3.10.7.4's table) */
    acceptable(0, 0, 0, true);
    acceptable(0, -1, 0, false);
    acceptable(0, 1, 0, false);
    /* length 0, window 1,000 */
    acceptable(1000, 0, 0, true);
    acceptable(1000, 999, 0, true);
    acceptable(1000, -1, 0, false);
    acceptable(1000, 1000, 0, true); /* not by the table: there stands who has sent all, and acknowledges */
    acceptable(1000, 1001, 0, false);
    /* length 100, window 1,000: the first or the last byte is inside */
    acceptable(1000, -99, 100, true);
    acceptable(1000, -100, 100, false);
    acceptable(1000, 1000, 100, false);
    acceptable(1000, 0, 100, true);
}

/* A closed window: the bytes are not taken, but acknowledgements and resets count (MUST-66). */
static void test_closed_window_still_takes_acknowledgements(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    c->rcv_edge = c->rcv_nxt;
    app_send(c, 100);
    LEAVES("P. 1:101 ack 1");
    c->rcv_edge = c->rcv_nxt;
    in(c, "P. 1:11 ack 101");
    assert_int_equal(c->snd_una.v, ISS + 101);
    assert_int_equal(c->rcv_nxt.v, IRS + 1);
    assert_int_equal(conn_unread(&fx.s, c), 0);
    c->rcv_edge = c->rcv_nxt;
    VERDICT(in(c, "R. 1:1 ack 101"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_CLOSED);
}

static void test_only_the_new_part_is_taken(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    VERDICT(in(c, ". 1:101 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES("");
    VERDICT(in(c, ". 51:151 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 151 win 59850");
    VERDICT(in(c, "P. 101:151 ack 1"), DROP_SEQUENCE, REPLY_NONE);
    LEAVES(". 1:1 ack 151 win 59850");
    assert_int_equal(app_recv(c, 1000), 150);
    assert_int_equal(app_recv(c, 1000), -EAGAIN);
}

static void test_what_is_beyond_the_window_is_cut_off(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    c->rcv_edge = seq_add(c->rcv_nxt, 100);
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 100;
    VERDICT(in(c, "F. 1:201 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 101 win 0");
    assert_int_equal(c->state, CONN_ESTABLISHED);
    assert_int_equal(app_recv(c, 1000), 100);
    assert_int_equal(heard(c), CONN_EV_READABLE);
}

/* ---- RST (RFC 5961 3.2) */

static void test_reset_exactly_in_place_in_every_state(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(synchronized); i++) {
        struct conn *c = conn_in(synchronized[i]);

        VERDICT(probe(c, synchronized[i], "R", 0, 0), DROP_NONE, REPLY_NONE);
        LEAVES("");
        assert_int_equal(c->state, CONN_CLOSED);
        assert_false(c->flags & CONN_IN_TABLE);
        if (i < 4) { /* "Users should also receive an unsolicited general "connection reset" signal" */
            assert_int_equal(conn_cold(&fx.s, c)->error, -ECONNRESET);
            assert_int_equal(heard(c), CONN_EV_FAILED);
        }
        abandon(c);
    }
    assert_int_equal(fx.s.counts.resets_in, 6);
}

static void test_reset_inside_the_window_is_challenged(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(synchronized); i++) {
        struct conn *c = conn_in(synchronized[i]);
        uint32_t window = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt);
        char want[40];

        /* After the peer's FIN some states offer no window any more. */
        if (window < 2)
            c->rcv_edge = seq_add(c->rcv_nxt, 10);
        VERDICT(probe(c, synchronized[i], "R", 1, 0), DROP_RESET, REPLY_NONE);
        snprintf(want, sizeof want, ". %u:%u ack %u", c->snd_nxt.v - ISS, c->snd_nxt.v - ISS,
                 next_of(synchronized[i]));
        LEAVES(want);
        assert_int_equal(c->state, synchronized[i]);
        abandon(c);
    }
}

static void test_reset_outside_the_window_is_dropped_in_silence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(synchronized); i++) {
        struct conn *c = conn_in(synchronized[i]);

        VERDICT(probe(c, synchronized[i], "R", -1, 0), DROP_RESET, REPLY_NONE);
        VERDICT(probe(c, synchronized[i], "R", 60001, 0), DROP_RESET, REPLY_NONE);
        LEAVES("");
        assert_int_equal(c->state, synchronized[i]);
        abandon(c);
    }
}

static void test_reset_may_carry_data(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    VERDICT(in(c, "R. 1:21 ack 1"), DROP_NONE, REPLY_NONE); /* SHLD-2 */
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(conn_unread(&fx.s, c), 0);
}

/* MUST-12: an application that reads before it fetches the event must not take a reset for the end. */
static void test_reset_is_not_read_as_the_end(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:11 ack 1");
    in(c, "R 11:11");
    assert_true(app_recv(c, 100) < 0);
    assert_int_equal(heard(c), CONN_EV_READABLE | CONN_EV_FAILED);
}

/* ---- SYN (RFC 5961 4.2) */

static void test_syn_is_challenged_wherever_it_stands(void **state)
{
    static const int places[] = {-1, 0, 5, 70000};

    (void)state;
    for (unsigned i = 0; i < COUNT(synchronized); i++) {
        for (unsigned p = 0; p < COUNT(places); p++) {
            struct conn *c = conn_in(synchronized[i]);
            char want[40];
            struct verdict v = probe(c, synchronized[i], "S", places[p], 0);

            assert_true(v.drop == DROP_SYN || v.drop == DROP_SEQUENCE);
            assert_int_equal(v.reply, REPLY_NONE);
            snprintf(want, sizeof want, ". %u:%u ack %u", c->snd_nxt.v - ISS, c->snd_nxt.v - ISS,
                     next_of(synchronized[i]));
            LEAVES(want);
            LEAVES("");
            assert_int_equal(c->state, synchronized[i]);
            abandon(c);
        }
    }
}

/* ---- ACK */

static void test_segment_without_ack_is_dropped(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    VERDICT(in(c, "P 1:11"), DROP_FLAGS, REPLY_NONE);
    LEAVES("");
    assert_int_equal(conn_unread(&fx.s, c), 0);
}

static void test_data_with_an_impossible_ack_is_not_taken(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    VERDICT(in(c, "P. 1:11 ack 2"), DROP_ACK, REPLY_NONE);
    LEAVES(". 1:1 ack 1");
    assert_int_equal(conn_unread(&fx.s, c), 0);
}

/* ---- SYN-SENT (3.10.7.3) */

static void test_syn_sent_refuses_a_wrong_ack(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    VERDICT(in(c, ". 0:0 ack 0"), DROP_ACK, REPLY_RST);
    VERDICT(in(c, "S. 0:0 ack 0"), DROP_ACK, REPLY_RST);
    VERDICT(in(c, "S. 0:0 ack 2"), DROP_ACK, REPLY_RST);
    VERDICT(in(c, "R. 0:0 ack 2"), DROP_ACK, REPLY_NONE);
    VERDICT(in(c, "R 0:0"), DROP_RESET, REPLY_NONE);
    VERDICT(in(c, ". 0:0 ack 1"), DROP_FLAGS, REPLY_NONE);
    VERDICT(in(c, "F 0:0"), DROP_FLAGS, REPLY_NONE);
    LEAVES("");
    assert_int_equal(c->state, CONN_SYN_SENT);
    assert_int_equal(heard(c), 0);
}

static void test_syn_sent_is_refused_by_a_reset(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    VERDICT(in(c, "R. 0:0 ack 1"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ECONNREFUSED);
    assert_int_equal(heard(c), CONN_EV_FAILED);
    assert_true(is_gone(c));
    QUIET(10000);
}

static void test_syn_ack_opens(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    pass(100);
    VERDICT(in(c, "S. 0:0 ack 1 win 5000 <mss 1000>"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 1");
    LEAVES("");
    assert_int_equal(c->state, CONN_ESTABLISHED);
    assert_true(heard(c) & CONN_EV_CONNECTED);
    assert_int_equal(c->mss, 1000);
    assert_int_equal(c->snd_wnd, 5000);
    assert_int_equal(c->srtt_us, 100000);
    assert_int_equal(fx.s.counts.opened_active, 1);
    assert_int_equal(fx.s.actives.used, 0); /* an idle connection holds no block */
    QUIET(100000);
}

static void test_mss_without_the_option(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    in(c, "S. 0:0 ack 1");
    assert_int_equal(c->mss, 536); /* MUST-15 */
    call_abort(&fx.s, c);
    c = conn_in(CONN_SYN_SENT);
    c->flags |= CONN_IPV6;
    in(c, "S. 0:0 ack 1");
    assert_int_equal(c->mss, 1220);
}

static void test_mss_is_no_more_than_the_link_takes(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    in(c, "S. 0:0 ack 1 <mss 9000>");
    assert_int_equal(c->mss, 1460);
}

static void test_syn_ack_may_bring_text_and_the_end(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    VERDICT(in(c, "SF. 0:0 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 2");
    assert_int_equal(c->state, CONN_CLOSE_WAIT);
    assert_int_equal(app_recv(c, 10), 0);
}

static void test_window_scale_works_both_ways(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.rcv_scale = 2;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 200000;
    c = conn_in(CONN_SYN_SENT);
    in(c, "S. 0:0 ack 1 win 500 <mss 1000,wscale 4>");
    assert_int_equal(c->snd_wnd, 500); /* that of a SYN is never scaled (RFC 7323 2.2) */
    LEAVES(". 1:1 ack 1 win 50000");
    in(c, ". 1:1 ack 1 win 500");
    assert_int_equal(c->snd_wnd, 8000);
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = WINDOW;
}

/* A small buffer needs no scale, but shift 0 is offered, so that the peer may scale its own window. */
static void test_window_scale_of_the_peer_alone(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    in(c, "S. 0:0 ack 1 win 500 <mss 1000,wscale 4>");
    LEAVES(". 1:1 ack 1");
    in(c, ". 1:1 ack 1 win 500");
    assert_int_equal(c->snd_wnd, 8000);
}

/* ---- both open at once (3.5, figure 8) */

static void test_both_open_at_once(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    VERDICT(in(c, "S 0:0 <mss 1000>"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_SYN_RECEIVED);
    LEAVES("S. 0:0 ack 1 <mss 1460>");
    LEAVES("");
    assert_int_equal(heard(c), 0);
    VERDICT(in(c, "S. 0:0 ack 1 <mss 1000>"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    assert_true(heard(c) & CONN_EV_CONNECTED);
    assert_int_equal(fx.s.counts.opened_active, 1);
    VERDICT(in(c, "P. 1:11 ack 1"), DROP_NONE, REPLY_NONE);
    assert_int_equal(app_recv(c, 100), 10);
}

static void test_both_open_at_once_and_a_plain_ack(void **state)
{
    struct conn *c = conn_in(CONN_SYN_RECEIVED);

    (void)state;
    VERDICT(in(c, "FP. 1:11 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 12 win 59990");
    assert_int_equal(c->state, CONN_CLOSE_WAIT);
}

/* The SYN went out twice, so nobody knows which one was acknowledged (RFC 6298 3). */
static void test_both_open_at_once_measures_nothing(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    pass(100);
    in(c, "S 0:0 <mss 1000>");
    LEAVES("S. 0:0 ack 1 <mss 1460>");
    pass(100);
    in(c, ". 1:1 ack 1");
    assert_int_equal(c->state, CONN_ESTABLISHED);
    assert_int_equal(c->srtt_us, 0);
}

static void test_syn_received_refuses_a_wrong_ack(void **state)
{
    struct conn *c = conn_in(CONN_SYN_RECEIVED);

    (void)state;
    VERDICT(in(c, ". 1:1 ack 0"), DROP_ACK, REPLY_RST);
    VERDICT(in(c, ". 1:1 ack 2"), DROP_ACK, REPLY_RST);
    assert_int_equal(c->state, CONN_SYN_RECEIVED);
}

/* It began with an active open, so the application is told (MUST-11). */
static void test_syn_received_is_refused_by_a_reset(void **state)
{
    struct conn *c = conn_in(CONN_SYN_RECEIVED);

    (void)state;
    VERDICT(in(c, "R 1:1"), DROP_NONE, REPLY_NONE);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ECONNREFUSED);
    assert_int_equal(heard(c), CONN_EV_FAILED);
}

/* ---- text */

static void test_every_second_full_segment_is_acknowledged_at_once(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1001 ack 1");
    LEAVES("");
    in(c, ". 1001:2001 ack 1");
    LEAVES(". 1:1 ack 2001 win 58000"); /* SHLD-19 */
    in(c, ". 2001:3001 ack 1");
    AFTER(40, ". 1:1 ack 3001 win 57000"); /* SHLD-18 */
    QUIET(1000);
}

static void test_segments_of_one_round_share_an_acknowledgement(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        probe(c, CONN_ESTABLISHED, ".", (int)(i * 1000), 1000);
    LEAVES(". 1:1 ack 8001 win 52000"); /* MUST-58, MUST-59 */
    LEAVES("");
}

static void test_segments_ahead_of_their_turn(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    VERDICT(in(c, ". 1001:2001 ack 1"), DROP_NONE, REPLY_NONE);
    VERDICT(in(c, "FP. 2001:2101 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 1"); /* each on its own: the sender counts them (RFC 5681 4.2) */
    LEAVES(". 1:1 ack 1");
    LEAVES("");
    assert_int_equal(fx.s.counts.duplicate_acks_out, 2);
    assert_int_equal(heard(c), 0);
    VERDICT(in(c, ". 1:1001 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 2102 win 57900");
    assert_int_equal(c->state, CONN_CLOSE_WAIT);
    assert_int_equal(heard(c), CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
    assert_int_equal(app_recv(c, 5000), 2100);
    assert_int_equal(app_recv(c, 5000), 0);
}

/* What waits behind a hole gives way to what fills it. */
static void test_bytes_in_their_turn_take_the_place_of_those_ahead(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    in(c, ". 2001:3001 ack 1");
    drain();
    fx.slabs.budget_bytes = fx.slabs.used_bytes;
    in(c, ". 1:1001 ack 1");
    fx.slabs.budget_bytes = budget;
    assert_int_equal(conn_unread(&fx.s, c), 1000);
    assert_int_equal(conn_active(&fx.s, c)->ahead.islands.count, 0);
    drain();
    abandon(c);
}

static void test_bytes_that_the_budget_does_not_hold_come_again(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    fx.slabs.budget_bytes = fx.slabs.used_bytes;
    VERDICT(in(c, "F. 1:101 ack 1"), DROP_BUDGET, REPLY_NONE);
    LEAVES(". 1:1 ack 1");
    assert_int_equal(c->state, CONN_ESTABLISHED);
    fx.slabs.budget_bytes = budget;
    VERDICT(in(c, "F. 1:101 ack 1"), DROP_NONE, REPLY_NONE);
    LEAVES(". 1:1 ack 102 win 59900");
    assert_int_equal(app_recv(c, 1000), 100);
}

/* ---- FIN in each state */

static void test_fin_in_each_state(void **state)
{
    static const struct {
        enum conn_state before, after;
        const char *fin, *ack;
    } rows[] = {
        {CONN_ESTABLISHED, CONN_CLOSE_WAIT, "F. 1:1 ack 1", ". 1:1 ack 2"},
        {CONN_FIN_WAIT_1, CONN_CLOSING, "F. 1:1 ack 1", ". 2:2 ack 2"},
        {CONN_CLOSE_WAIT, CONN_CLOSE_WAIT, "F. 1:1 ack 1", ". 1:1 ack 2"},
        {CONN_CLOSING, CONN_CLOSING, "F. 1:1 ack 1", ". 2:2 ack 2"},
        {CONN_LAST_ACK, CONN_LAST_ACK, "F. 1:1 ack 1", ". 2:2 ack 2"},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct conn *c = conn_in(rows[i].before);

        in(c, rows[i].fin);
        LEAVES(rows[i].ack);
        LEAVES("");
        assert_int_equal(c->state, rows[i].after);
        if (i < 2)
            assert_int_equal(heard(c), CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
        abandon(c);
    }
}

/* The acknowledgement of a FIN that ends a connection: a reply, or a segment; as text. */
static const char *last_ack(const struct conn *c, const struct verdict *v)
{
    const struct conn_cold *cold = conn_cold(&fx.s, c);
    struct tcp t = {.seq = v->seq, .ack = v->ack, .flags = TCP_ACK, .window = v->window};

    return v->reply == REPLY_ACK ? text_of(&t, 0, cold->iss, cold->irs) : out();
}

static void test_fin_in_fin_wait_2_is_acknowledged(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);
    struct verdict v = in(c, "F. 1:1 ack 2");

    (void)state;
    assert_string_equal(last_ack(c, &v), ". 2:2 ack 2");
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(fx.s.counts.entered[CONN_TIME_WAIT], 1);
    assert_int_equal(fx.w.records[0].snd_nxt.v, ISS + 2);
    assert_int_equal(fx.w.records[0].rcv_nxt.v, IRS + 2);
}

static void test_fin_that_acknowledges_ours(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_1);
    struct verdict v = in(c, "FP. 1:11 ack 2");

    (void)state;
    assert_string_equal(last_ack(c, &v), ". 2:2 ack 12 win 59990");
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(app_recv(c, 100), 10); /* what came before the end is still there */
    assert_int_equal(app_recv(c, 100), 0);
    assert_true(heard(c) & CONN_EV_CLOSED);
    drain();
    assert_true(is_gone(c));
}

/* FIN and the acknowledgement of ours arrive in one round: the FIN's acknowledgement is still owed. */
static void test_fin_then_ack_in_one_round(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_1);
    struct verdict v;

    (void)state;
    in(c, "F. 1:1 ack 1");
    v = in(c, ". 2:2 ack 2");
    assert_string_equal(last_ack(c, &v), ". 2:2 ack 2");
    assert_int_equal(fx.w.used, 1);
}

static void test_closing_ends_in_time_wait(void **state)
{
    struct conn *c = conn_in(CONN_CLOSING);

    (void)state;
    VERDICT(in(c, ". 2:2 ack 1"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_CLOSING);
    in(c, ". 2:2 ack 2");
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(c->state, CONN_CLOSED);
}

static void test_last_ack_ends(void **state)
{
    struct conn *c = conn_in(CONN_LAST_ACK);

    (void)state;
    VERDICT(in(c, ". 2:2 ack 2"), DROP_NONE, REPLY_NONE);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(fx.w.used, 0);
    assert_int_equal(fx.s.table.buckets.entries, 0);
    assert_int_equal(app_recv(c, 10), 0);
    assert_int_equal(heard(c), CONN_EV_CLOSED);
}

static void test_text_after_the_peers_fin_is_ignored(void **state)
{
    struct conn *c = conn_in(CONN_CLOSE_WAIT);

    (void)state;
    in(c, "P. 2:12 ack 1");
    assert_int_equal(conn_unread(&fx.s, c), 0);
    assert_int_equal(c->rcv_nxt.v, IRS + 2);
    assert_int_equal(c->state, CONN_CLOSE_WAIT);
}

/* ---- text after our close (SHLD-3) */

static void test_text_after_close_is_answered_by_a_reset(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    call_close(&fx.s, c);
    LEAVES("F. 1:1 ack 1");
    VERDICT(in(c, "P. 1:11 ack 2"), DROP_CLOSED, REPLY_RST);
    LEAVES("");
    assert_true(is_gone(c));
    QUIET(100000);
}

static void test_text_ahead_after_close_is_answered_by_a_reset(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);

    (void)state;
    call_close(&fx.s, c);
    VERDICT(in(c, "P. 11:21 ack 2"), DROP_CLOSED, REPLY_RST);
    drain();
    assert_true(is_gone(c));
}

static void test_text_after_shutdown_is_taken(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);

    (void)state;
    VERDICT(in(c, "P. 1:11 ack 2"), DROP_NONE, REPLY_NONE);
    assert_int_equal(app_recv(c, 100), 10);
    AFTER(40, ". 2:2 ack 11 win 59990"); /* the edge moves by a useful step or not at all */
}

/* A retransmission of what was taken before the close is no new data. */
static void test_old_text_after_close_is_acknowledged(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:11 ack 1");
    app_recv(c, 100);
    call_close(&fx.s, c);
    LEAVES("F. 1:1 ack 11 win 59990");
    VERDICT(in(c, "P. 1:11 ack 1"), DROP_SEQUENCE, REPLY_NONE);
    LEAVES(". 2:2 ack 11 win 59990");
    assert_int_equal(c->state, CONN_FIN_WAIT_1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_acceptability),
        TEST(test_closed_window_still_takes_acknowledgements),
        TEST(test_only_the_new_part_is_taken),
        TEST(test_what_is_beyond_the_window_is_cut_off),
        TEST(test_reset_exactly_in_place_in_every_state),
        TEST(test_reset_inside_the_window_is_challenged),
        TEST(test_reset_outside_the_window_is_dropped_in_silence),
        TEST(test_reset_may_carry_data),
        TEST(test_reset_is_not_read_as_the_end),
        TEST(test_syn_is_challenged_wherever_it_stands),
        TEST(test_segment_without_ack_is_dropped),
        TEST(test_data_with_an_impossible_ack_is_not_taken),
        TEST(test_syn_sent_refuses_a_wrong_ack),
        TEST(test_syn_sent_is_refused_by_a_reset),
        TEST(test_syn_ack_opens),
        TEST(test_mss_without_the_option),
        TEST(test_mss_is_no_more_than_the_link_takes),
        TEST(test_syn_ack_may_bring_text_and_the_end),
        TEST(test_window_scale_works_both_ways),
        TEST(test_window_scale_of_the_peer_alone),
        TEST(test_both_open_at_once),
        TEST(test_both_open_at_once_and_a_plain_ack),
        TEST(test_both_open_at_once_measures_nothing),
        TEST(test_syn_received_refuses_a_wrong_ack),
        TEST(test_syn_received_is_refused_by_a_reset),
        TEST(test_every_second_full_segment_is_acknowledged_at_once),
        TEST(test_segments_of_one_round_share_an_acknowledgement),
        TEST(test_segments_ahead_of_their_turn),
        TEST(test_bytes_in_their_turn_take_the_place_of_those_ahead),
        TEST(test_bytes_that_the_budget_does_not_hold_come_again),
        TEST(test_fin_in_each_state),
        TEST(test_fin_in_fin_wait_2_is_acknowledged),
        TEST(test_fin_that_acknowledges_ours),
        TEST(test_fin_then_ack_in_one_round),
        TEST(test_closing_ends_in_time_wait),
        TEST(test_last_ack_ends),
        TEST(test_text_after_the_peers_fin_is_ignored),
        TEST(test_text_after_close_is_answered_by_a_reset),
        TEST(test_text_ahead_after_close_is_answered_by_a_reset),
        TEST(test_text_after_shutdown_is_taken),
        TEST(test_old_text_after_close_is_acknowledged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
