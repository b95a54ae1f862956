/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners and half-open connections: the schedule of the SYN-ACK, what a record answers, what makes it a
 * connection, and what happens when there are too many.
 */
#include "fixture.h"
#include "tcp/isn.h"

#include <errno.h>

/* A listener of that slot on all addresses. */
static void listener(unsigned slot, uint16_t port)
{
    static const uint8_t any[4] = {0, 0, 0, 0};

    struct addr all = addr_of4(any);

    assert_int_equal(listen_open(&fx.l, &fx.s, &all, port, false), slot);
}

static struct table_key from(uint16_t remote_port)
{
    return key_of(remote_port, LISTEN_PORT);
}

/* A SYN of a new peer; its record. */
static struct listen_syn *syn(uint16_t remote_port, const char *text)
{
    struct table_key key = from(remote_port);
    struct listen_syn *y;
    struct verdict v;
    uint32_t index;
    struct tcp t;

    if (!fx.l.used)
        listener(0, LISTEN_PORT);
    segment_of(text, seq_of(IRS), seq_of(0), &t);
    t.src_port = remote_port;
    t.dst_port = LISTEN_PORT;
    y = listen_syn_received(&fx.l, &fx.s, &key, 0, &t, 1, 1460, &v);
    assert_non_null(y);
    assert_int_equal(v.drop, DROP_NONE);
    assert_int_equal(table_find(&fx.s.table, &key, table_hash(&fx.s.table, &key), &index), TABLE_SYN);
    assert_ptr_equal(y, &fx.l.syns[index]);
    return y;
}

static bool is_half_open(uint16_t remote_port)
{
    struct table_key key = from(remote_port);
    uint32_t index;

    return table_find(&fx.s.table, &key, table_hash(&fx.s.table, &key), &index) == TABLE_SYN;
}

/* The SYN-ACK that goes now, as text; "": none. */
static const char *syn_ack(void)
{
    struct tcp t;
    struct listen_syn *y;

    memset(&t, 0, sizeof t);
    y = listen_due(&fx.l, &fx.s, &t);
    if (!y)
        return "";
    assert_int_equal(t.src_port, LISTEN_PORT);
    assert_int_equal(t.dst_port, y->key.remote_port);
    listen_sent(&fx.l, &fx.s, y);
    return text_of(&t, 0, y->iss, y->irs);
}

/* A segment arrives for a record. */
static struct verdict arrives(struct listen_syn *y, const char *text, struct conn **opened_conn)
{
    struct conn *c = NULL;
    struct tcp t;
    uint32_t len = segment_of(text, y->irs, y->iss, &t);
    struct verdict v = listen_input(&fx.l, &fx.s, (uint32_t)(y - fx.l.syns), &t, len, &c);

    if (opened_conn)
        *opened_conn = c;
    else
        assert_null(c);
    return v;
}

/* ---- listeners */

static void test_exact_address_first(void **state)
{
    static const uint8_t one[4] = {10, 0, 0, 1}, two[4] = {10, 0, 0, 9}, any[4] = {0, 0, 0, 0};
    struct addr a = addr_of4(one), b = addr_of4(two);

    (void)state;
    assert_int_equal(listen_find(&fx.l, &a, 7, false), -1);
    struct addr all = addr_of4(any);

    assert_int_equal(listen_open(&fx.l, &fx.s, &all, 7, false), 0);
    assert_int_equal(listen_open(&fx.l, &fx.s, &a, 7, false), 1);
    assert_int_equal(listen_open(&fx.l, &fx.s, &a, 7, false), -EADDRINUSE);
    assert_int_equal(listen_open(&fx.l, &fx.s, &all, 7, false), -EADDRINUSE);
    assert_int_equal(listen_open(&fx.l, &fx.s, &b, 7, false), -ENOSPC);
    assert_int_equal(listen_find(&fx.l, &a, 7, false), 1);
    assert_int_equal(listen_find(&fx.l, &b, 7, false), 0);
    assert_int_equal(listen_find(&fx.l, &a, 8, false), -1);
    assert_int_equal(listen_find(&fx.l, &a, 7, true), -1);
    listen_close(&fx.l, &fx.s, 1);
    assert_int_equal(listen_find(&fx.l, &a, 7, false), 0);
    listen_close(&fx.l, &fx.s, 0);
    assert_int_equal(listen_find(&fx.l, &b, 7, false), -1);
}

static void test_families_are_apart(void **state)
{
    struct addr six, all = {{0}};

    (void)state;
    assert_true(addr_parse("fd00::1", &six));
    assert_int_equal(listen_open(&fx.l, &fx.s, &all, 7, true), 0); /* :: */
    assert_int_equal(listen_find(&fx.l, &six, 7, true), 0);
    assert_int_equal(listen_find(&fx.l, &six, 7, false), -1);
}

/* ---- the SYN-ACK */

/* 0, 1, 3, 7, 15 and 31 s after the SYN; forgotten at 63 s. */
static void test_schedule(void **state)
{
    static const double waits[5] = {1, 2, 4, 8, 16};
    rn_time start = fx.s.now;
    uint32_t tick;

    (void)state;
    assert_false(listen_next(&fx.l, &tick));
    syn(1000, "S 0:0 <mss 1400>");
    assert_true(listen_next(&fx.l, &tick));
    assert_int_equal(tick, tick_of(start));
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
    assert_string_equal(syn_ack(), "");
    for (unsigned i = 0; i < COUNT(waits); i++) {
        rn_time due = fx.s.now + (rn_time)(waits[i] * TIME_S);

        assert_true(listen_next(&fx.l, &tick));
        assert_int_equal(tick, tick_after(due));
        clock_to(due - TIME_MS);
        assert_string_equal(syn_ack(), "");
        clock_to(time_of(tick));
        assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
        assert_string_equal(syn_ack(), "");
    }
    assert_true(fx.s.now - start < 31 * TIME_S + TIME_MS);
    clock_to(start + 63 * TIME_S - TIME_MS);
    assert_string_equal(syn_ack(), "");
    assert_true(is_half_open(1000));
    clock_to(start + 63 * TIME_S + TIME_MS);
    assert_string_equal(syn_ack(), "");
    assert_false(is_half_open(1000));
    assert_int_equal(fx.l.syn_used, 0);
    assert_int_equal(fx.s.hop_uses[1], 0);
    assert_false(listen_next(&fx.l, &tick));
}

static void test_order_of_deadlines(void **state)
{
    (void)state;
    syn(1000, "S 0:0");
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
    clock_to(fx.s.now + 500 * TIME_MS);
    syn(1001, "S 0:0");
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
    clock_to(fx.s.now + 501 * TIME_MS);
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>"); /* the first one's */
    assert_string_equal(syn_ack(), "");
    clock_to(fx.s.now + 500 * TIME_MS);
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
    assert_string_equal(syn_ack(), "");
}

/* No slot for it now: it stays the next one. */
static void test_what_was_not_sent_stays_due(void **state)
{
    struct listen_syn *y;
    struct tcp t;

    (void)state;
    y = syn(1000, "S 0:0");
    assert_ptr_equal(listen_due(&fx.l, &fx.s, &t), y);
    assert_ptr_equal(listen_due(&fx.l, &fx.s, &t), y);
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
}

static void test_window_scale_is_answered_not_offered(void **state)
{
    (void)state;
    fx.s.config.receive_bytes = 200000;
    fx.s.config.rcv_scale = 2;
    syn(1000, "S 0:0 <mss 1400,wscale 5>");
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 win 65535 <mss 1460,wscale 2>");
    syn(1001, "S 0:0 <mss 1400>");
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 win 65535 <mss 1460>");
}

/* Two peers, or one peer twice, get numbers of their own. */
static void test_initial_numbers(void **state)
{
    uint32_t one = syn(1000, "S 0:0")->iss.v, two = syn(1001, "S 0:0")->iss.v;

    (void)state;
    assert_int_not_equal(one, two);
}

/* After a TIME-WAIT ours are "larger than the largest sequence number it used on the previous connection
 * incarnation" (3.6.1), however far that outran the clock. */
static void test_initial_number_above_the_old_ones(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");
    seq32 iss = y->iss;

    (void)state;
    listen_start_above(y, seq_add(iss, (uint32_t)-1000));
    assert_int_equal(y->iss.v, iss.v);
    listen_start_above(y, iss);
    assert_true(seq_lt(iss, y->iss));
    listen_start_above(y, seq_add(iss, 1 << 30));
    assert_true(seq_lt(seq_add(iss, 1 << 30), y->iss));
}

/* ---- what arrives for a record */

static void test_duplicate_syn_is_answered_at_once(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");

    (void)state;
    syn_ack();
    clock_to(fx.s.now + 300 * TIME_MS);
    VERDICT(arrives(y, "S 0:0", NULL), DROP_NONE, REPLY_NONE);
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
    assert_string_equal(syn_ack(), "");
    assert_int_equal(fx.l.syn_used, 1);
}

static void test_another_syn_is_challenged(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");
    struct verdict v;

    (void)state;
    syn_ack();
    v = arrives(y, "S 500:500", NULL);
    assert_int_equal(v.reply, REPLY_ACK);
    assert_int_equal(v.seq.v, y->iss.v + 1);
    assert_int_equal(v.ack.v, IRS + 1);
    assert_int_equal(v.window, 60000);
    assert_true(is_half_open(1000));
}

/* MUST-11: the application is not told, the listener listens on. */
static void test_reset_in_place_forgets_it(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");

    (void)state;
    syn_ack();
    VERDICT(arrives(y, "R 1:1", NULL), DROP_NONE, REPLY_NONE);
    assert_false(is_half_open(1000));
    assert_int_equal(fx.s.events.count, 0);
    assert_int_equal(fx.s.hop_uses[1], 0);
    syn(1000, "S 0:0");
    assert_string_equal(syn_ack(), "S. 0:0 ack 1 <mss 1460>");
}

static void test_reset_outside_the_window_is_dropped(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");

    (void)state;
    syn_ack();
    VERDICT(arrives(y, "R 0:0", NULL), DROP_RESET, REPLY_NONE);
    VERDICT(arrives(y, "R 60001:60001", NULL), DROP_RESET, REPLY_NONE);
    assert_true(is_half_open(1000));
}

/* RFC 5961 3.2, RFC 9293 3.10.7.4 second step (3): inside the window but not in place, "MUST send an
 * acknowledgment (challenge ACK)". */
static void test_reset_inside_the_window_is_challenged(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");

    (void)state;
    syn_ack();
    VERDICT(arrives(y, "R 2:2", NULL), DROP_RESET, REPLY_ACK);
    assert_true(is_half_open(1000));
}

static void test_wrong_acknowledgements(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");

    (void)state;
    syn_ack();
    VERDICT(arrives(y, ". 1:1 ack 0", NULL), DROP_ACK, REPLY_RST);
    VERDICT(arrives(y, ". 1:1 ack 2", NULL), DROP_ACK, REPLY_RST);
    VERDICT(arrives(y, "P 1:11", NULL), DROP_FLAGS, REPLY_NONE);
    VERDICT(arrives(y, ". 60001:60001 ack 1", NULL), DROP_SEQUENCE, REPLY_ACK);
    VERDICT(arrives(y, ". 0:0 ack 1", NULL), DROP_SEQUENCE, REPLY_NONE); /* too soon: RFC 5961 7 */
    pass(600);
    VERDICT(arrives(y, ". 0:0 ack 1", NULL), DROP_SEQUENCE, REPLY_ACK);
    VERDICT(arrives(y, "P. 60001:60011 ack 1", NULL), DROP_SEQUENCE, REPLY_ACK); /* text always is answered */
    assert_true(is_half_open(1000));
    assert_int_equal(fx.s.used, 0);
}

/* ---- becoming a connection */

static void test_acknowledgement_opens(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0 <mss 1000>");
    struct conn *c;

    (void)state;
    syn_ack();
    clock_to(fx.s.now + 100 * TIME_MS);
    VERDICT(arrives(y, ". 1:1 ack 1 win 5000", &c), DROP_NONE, REPLY_NONE);
    assert_non_null(c);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    assert_int_equal(c->mss, 1000);
    assert_int_equal(c->snd_wnd, 5000);
    assert_int_equal(c->rcv_nxt.v, IRS + 1);
    assert_int_equal(c->rcv_edge.v, IRS + 1 + 60000);
    assert_int_equal(c->cwnd, 10000);
    assert_in_range(c->srtt_us, 99900, 100100);
    assert_int_equal(c->next_hop, 1);
    assert_int_equal(fx.s.hop_uses[1], 1);
    assert_int_equal(conn_cold(&fx.s, c)->listener, 1);
    assert_int_equal(fx.l.listeners[0].pending, 1);
    assert_int_equal(fx.l.syn_used, 0);
    assert_int_equal(fx.s.table.buckets.entries, 1);
    assert_int_equal(fx.s.counts.opened_passive, 1);
    assert_false(is_half_open(1000));
    assert_int_equal(heard(c), CONN_EV_ACCEPTED);
    fx.sent = 1;
    app_send(c, 100);
    LEAVES("P. 1:101 ack 1");
}

/* MUST-15, and what the link takes. */
static void test_segment_sizes(void **state)
{
    static const struct {
        const char *syn;
        uint16_t mss;
    } rows[] = {{"S 0:0", 536}, {"S 0:0 <mss 9000>", 1460}, {"S 0:0 <mss 700>", 700}, {"S 0:0 <mss 0>", 88}};

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct listen_syn *y = syn((uint16_t)(1000 + i), rows[i].syn);
        struct conn *c;

        syn_ack();
        arrives(y, ". 1:1 ack 1", &c);
        assert_int_equal(c->mss, rows[i].mss);
        heard(c);
    }
}

static void test_scales_of_the_syn(void **state)
{
    struct listen_syn *y;
    struct conn *c;

    (void)state;
    fx.s.config.receive_bytes = 200000;
    fx.s.config.rcv_scale = 2;
    y = syn(1000, "S 0:0 win 500 <mss 1000,wscale 5>");
    syn_ack();
    arrives(y, ". 1:1 ack 1 win 500", &c);
    assert_int_equal(c->snd_wnd, 16000);
    assert_int_equal(c->scale, 0x25);
    heard(c);
    y = syn(1001, "S 0:0 win 500 <mss 1000>");
    syn_ack();
    arrives(y, ". 1:1 ack 1 win 500", &c);
    assert_int_equal(c->snd_wnd, 500);
    assert_int_equal(c->scale, 0);
    heard(c);
}

/* RFC 6298 5.7, and Karn: a repeated SYN-ACK is not timed. */
static void test_repeated_syn_ack_means_three_seconds(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0 <mss 1000>");
    struct conn *c;

    (void)state;
    syn_ack();
    clock_to(fx.s.now + 1001 * TIME_MS);
    syn_ack();
    clock_to(fx.s.now + 10 * TIME_MS);
    arrives(y, ". 1:1 ack 1", &c);
    assert_int_equal(c->srtt_us, 0);
    heard(c);
    fx.sent = 1;
    app_send(c, 10);
    LEAVES("P. 1:11 ack 1");
    AFTER(3000, "P. 1:11 ack 1");
}

/* RFC 6928 2: more than one repetition, and the connection begins with one segment. */
static void test_after_two_lost_syn_acks_one_segment(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0 <mss 1000>");
    struct conn *c;

    (void)state;
    syn_ack();
    clock_to(fx.s.now + 1001 * TIME_MS);
    syn_ack();
    clock_to(fx.s.now + 2001 * TIME_MS);
    syn_ack();
    arrives(y, ". 1:1 ack 1", &c);
    heard(c);
    assert_int_equal(c->cwnd, 1000);
}

static void test_no_connection_left(void **state)
{
    struct listen_syn *y;
    struct conn *c;

    (void)state;
    fx.s.limit = 1;
    opened(80);
    y = syn(1000, "S 0:0");
    syn_ack();
    VERDICT(arrives(y, ". 1:1 ack 1", NULL), DROP_CONNECTIONS_FULL, REPLY_NONE);
    assert_true(is_half_open(1000)); /* the peer will try again */
    abandon(conn_at(&fx.s, 0));
    VERDICT(arrives(y, ". 1:1 ack 1", &c), DROP_NONE, REPLY_NONE);
    assert_non_null(c);
    heard(c);
}

static void test_backlog(void **state)
{
    struct listen_syn *y = syn(1000, "S 0:0");
    struct conn *c;

    (void)state;
    syn_ack();
    fx.l.listeners[0].pending = 1024;
    VERDICT(arrives(y, ". 1:1 ack 1", NULL), DROP_BACKLOG, REPLY_NONE);
    assert_true(is_half_open(1000));
    fx.l.listeners[0].pending = 1023;
    VERDICT(arrives(y, ". 1:1 ack 1", &c), DROP_NONE, REPLY_NONE);
    assert_non_null(c);
    assert_int_equal(fx.l.listeners[0].pending, 1024);
    heard(c);
}

/* ---- too many */

/* One that brought no answer for a second makes room, the longest waiting first. */
static void test_full_cache_forgets_who_had_his_second(void **state)
{
    (void)state;
    syn(1000, "S 0:0");
    syn_ack();
    clock_to(fx.s.now + 10 * TIME_MS);
    syn(1001, "S 0:0");
    syn_ack();
    clock_to(fx.s.now + 1001 * TIME_MS);
    syn_ack();
    syn_ack(); /* twice, both */
    for (uint16_t i = 2; i < SYNS; i++)
        syn((uint16_t)(1000 + i), "S 0:0");
    assert_int_equal(fx.l.forgotten, 0);
    syn(2000, "S 0:0");
    assert_int_equal(fx.l.forgotten, 1);
    assert_int_equal(fx.l.syn_used, SYNS);
    assert_int_equal(fx.l.syn_peak, SYNS);
    assert_false(is_half_open(1000));
    assert_true(is_half_open(1001));
    assert_true(is_half_open(2000));
    assert_int_equal(fx.s.table.buckets.entries, SYNS);
    assert_int_equal(fx.s.hop_uses[1], SYNS);
    assert_int_equal(fx.l.cookies_sent, 0);
}

/* ---- cookies (RFC 4987 3.6) */

/* A SYN for which there is no record; the SYN-ACK that answers it. */
static struct tcp cookie(const char *text)
{
    struct table_key key = from(2000);
    struct verdict v;
    struct tcp t;

    listener(0, LISTEN_PORT);
    for (uint16_t i = 0; i < SYNS; i++)
        syn((uint16_t)(1000 + i), "S 0:0");
    segment_of(text, seq_of(IRS), seq_of(0), &t);
    assert_null(listen_syn_received(&fx.l, &fx.s, &key, 0, &t, 1, 1460, &v));
    assert_int_equal(v.drop, DROP_NONE);
    assert_int_equal(v.reply, REPLY_SYN_ACK);
    assert_false(is_half_open(2000));
    return (struct tcp){.seq = v.seq,
                        .ack = v.ack,
                        .flags = TCP_SYN | TCP_ACK,
                        .window = v.window,
                        .has = v.has,
                        .mss = v.mss,
                        .wscale = v.wscale,
                        .ts_value = v.ts_value,
                        .ts_echo = v.ts_echo};
}

/* The ACK that gives it back: what it opens. */
static struct conn *give_back(struct tcp syn_ack, uint32_t ts_value)
{
    struct table_key key = from(2000);
    struct tcp t = {.seq = syn_ack.ack,
                    .ack = seq_add(syn_ack.seq, 1),
                    .flags = TCP_ACK,
                    .window = 1000,
                    .has = syn_ack.has & TCP_HAS_TIMESTAMP,
                    .ts_value = ts_value,
                    .ts_echo = syn_ack.ts_value};

    return listen_cookie(&fx.l, &fx.s, &key, 0, &t, 1, 1460);
}

static void test_cookie_without_timestamps_says_the_mss(void **state)
{
    static const struct {
        const char *syn;
        unsigned mss;
    } rows[] = {{"S 0:0", 536},
                {"S 0:0 <mss 1460>", 1460},
                {"S 0:0 <mss 1459>", 1440},
                {"S 0:0 <mss 9000>", 1460},
                {"S 0:0 <mss 100>", 88},
                {"S 0:0 <mss 1>", 88}};

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct tcp t = cookie(rows[i].syn);
        struct conn *c;

        assert_int_equal(t.ack.v, IRS + 1);
        assert_int_equal(t.has, TCP_HAS_MSS);
        clock_to(fx.s.now + 100 * TIME_MS);
        c = give_back(t, 0);
        assert_non_null(c);
        assert_int_equal(c->mss, rows[i].mss);
        assert_int_equal(c->state, CONN_ESTABLISHED);
        assert_int_equal(c->snd_una.v, t.seq.v + 1);
        assert_int_equal(c->snd_nxt.v, t.seq.v + 1);
        assert_int_equal(c->rcv_nxt.v, IRS + 1);
        assert_int_equal(heard(c), CONN_EV_ACCEPTED);
        assert_int_equal(fx.l.cookies_taken, 1);
        abandon(c);
        tear_down(state);
        set_up(state);
    }
}

static void test_cookie_with_timestamps_says_the_options(void **state)
{
    static const struct {
        const char *syn;
        uint32_t flags;
        unsigned scale;
    } rows[] = {{"S 0:0 <mss 1460,ts 7:0>", CONN_TIMESTAMPS, 0},
                {"S 0:0 <mss 1460,sackOK,ts 7:0>", CONN_TIMESTAMPS | CONN_SACK, 0},
                {"S 0:0 <mss 1460,wscale 9,ts 7:0>", CONN_TIMESTAMPS | CONN_WSCALE, 9},
                {"S 0:0 <mss 1460,wscale 14,sackOK,ts 7:0>", CONN_TIMESTAMPS | CONN_SACK | CONN_WSCALE, 14},
                {"S 0:0 <mss 1460,wscale 0,sackOK,ts 7:0>", CONN_TIMESTAMPS | CONN_SACK | CONN_WSCALE, 0}};

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct table_key key = from(2000);
        struct tcp t;
        struct conn *c;

        with_options(true, true);
        t = cookie(rows[i].syn);
        assert_int_equal(t.ts_echo, 7);
        assert_in_range(fx.s.now_ms + isn_ts_offset(&fx.s, &key) - t.ts_value, 0, 63);
        c = give_back(t, 8);
        assert_non_null(c);
        assert_int_equal(c->flags & (CONN_TIMESTAMPS | CONN_SACK | CONN_WSCALE), rows[i].flags);
        assert_int_equal(c->scale & 15, rows[i].scale);
        assert_int_equal(c->snd_wnd, 1000u << rows[i].scale);
        assert_int_equal(c->ts_recent, 8);
        heard(c);
        abandon(c);
        tear_down(state);
        set_up(state);
    }
}

static void test_cookie_is_good_for_64_seconds_and_dead_after_128(void **state)
{
    struct tcp t = cookie("S 0:0 <mss 1460>");

    (void)state;
    clock_to(fx.s.now + 64 * TIME_S);
    assert_non_null(give_back(t, 0));
    heard(conn_at(&fx.s, 0));
    abandon(conn_at(&fx.s, 0));
    clock_to(fx.s.now + 64 * TIME_S);
    assert_null(give_back(t, 0));
    assert_false(listen_sent_cookies(&fx.l, &fx.s, 0));
}

static void test_forged_cookies_open_nothing(void **state)
{
    struct tcp t = cookie("S 0:0 <mss 1460>"), bad;

    (void)state;
    assert_true(listen_sent_cookies(&fx.l, &fx.s, 0));
    for (unsigned bit = 0; bit < 32; bit++) {
        bad = t;
        bad.seq.v ^= 1u << bit;
        assert_null(give_back(bad, 0));
        bad = t;
        bad.ack.v ^= 1u << bit;
        assert_null(give_back(bad, 0));
    }
    assert_int_equal(fx.l.cookies_taken, 0);
}

static void test_forgetting_a_listener(void **state)
{
    struct listen_syn *y;

    (void)state;
    listener(0, LISTEN_PORT);
    listener(1, LISTEN_PORT + 1);
    syn(1000, "S 0:0");
    syn_ack();
    y = syn(1001, "S 0:0");
    syn_ack();
    y->listener = 1;
    syn(1002, "S 0:0");
    listen_close(&fx.l, &fx.s, 0);
    assert_false(is_half_open(1000));
    assert_true(is_half_open(1001));
    assert_false(is_half_open(1002));
    assert_int_equal(fx.l.syn_used, 1);
    assert_int_equal(fx.s.hop_uses[1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exact_address_first),
        TEST(test_families_are_apart),
        TEST(test_schedule),
        TEST(test_order_of_deadlines),
        TEST(test_what_was_not_sent_stays_due),
        TEST(test_window_scale_is_answered_not_offered),
        TEST(test_initial_numbers),
        TEST(test_initial_number_above_the_old_ones),
        TEST(test_duplicate_syn_is_answered_at_once),
        TEST(test_another_syn_is_challenged),
        TEST(test_reset_in_place_forgets_it),
        TEST(test_reset_outside_the_window_is_dropped),
        TEST(test_reset_inside_the_window_is_challenged),
        TEST(test_wrong_acknowledgements),
        TEST(test_acknowledgement_opens),
        TEST(test_segment_sizes),
        TEST(test_scales_of_the_syn),
        TEST(test_repeated_syn_ack_means_three_seconds),
        TEST(test_after_two_lost_syn_acks_one_segment),
        TEST(test_no_connection_left),
        TEST(test_backlog),
        TEST(test_full_cache_forgets_who_had_his_second),
        TEST(test_cookie_without_timestamps_says_the_mss),
        TEST(test_cookie_with_timestamps_says_the_options),
        TEST(test_cookie_is_good_for_64_seconds_and_dead_after_128),
        TEST(test_forged_cookies_open_nothing),
        TEST(test_forgetting_a_listener),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
