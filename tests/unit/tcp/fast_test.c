/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fast.h promises one thing: a segment is dealt with just as in_segment would have, or nothing is done. So
 * each segment here is given to both, on the same state (all of tcp/ lies in memory that can be put back):
 *
 *      state --- fast_segment ---> taken: what it left, and what leaves in the 2 s after it
 *        |                         not: the state, byte by byte
 *        +------ in_segment -----> the same
 *
 * What goes out by the short road is held against out_next in the same way.
 *
 * The first tests are segments by hand, of which some must be taken, or there would be nothing to test; the
 * last draws them, and what the application does between them.
 */
#include "fixture.h"

enum { SEED = 20261125, SMALL_BUDGET = 96 * 1024, LOG = 1 << 16, FUTURE_MS = 2000 };

static uint64_t seed = SEED;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* ---- the state as a whole */

static struct fixture kept;
static uint8_t *kept_memory[12];

static void keep(void)
{
    kept = fx;
    for (unsigned i = 0; i < fx.blocks; i++) {
        if (!kept_memory[i])
            kept_memory[i] = malloc(fx.bytes[i]);
        assert_non_null(kept_memory[i]);
        memcpy(kept_memory[i], fx.memory[i], fx.bytes[i]);
    }
}

static void put_back(void)
{
    fx = kept;
    for (unsigned i = 0; i < fx.blocks; i++)
        memcpy(fx.memory[i], kept_memory[i], fx.bytes[i]);
}

/* Nothing has changed, but for a count of what the budget refused. */
static bool is_as_kept(void)
{
    kept.slabs.full = fx.slabs.full;
    for (unsigned i = 0; i < fx.blocks; i++)
        if (memcmp(fx.memory[i], kept_memory[i], fx.bytes[i]) != 0)
            return false;
    return memcmp(&fx, &kept, sizeof fx) == 0;
}

static void forget_kept(void)
{
    for (unsigned i = 0; i < COUNT(kept_memory); i++) {
        free(kept_memory[i]);
        kept_memory[i] = NULL;
    }
}

static int end(void **state)
{
    forget_kept();
    return tear_down(state);
}

/* ---- what a segment leaves */

struct left {
    struct verdict verdict;
    struct conn c;
    struct conn_cold cold;
    struct conn_counts counts;
    struct loss loss;
    size_t used_bytes;
    uint32_t owing, events, wheel, queued, unread, reserved, refs_done, progress_at, tune_at, tune_read;
    uint32_t sacked, lost, islands;
    char log[LOG]; /* the future */
};
static struct left by_fast, by_in;

/* What leaves, and what can be read, as time goes on and a little more is sent. */
static void look_ahead(struct conn *c, char *log)
{
    rn_time until = fx.s.now + FUTURE_MS * TIME_MS;
    size_t used = 0;
    const char *text;

    *log = 0;
    app_send(c, 700);
    do {
        while (*(text = out()) && used < LOG - 200)
            used += (size_t)snprintf(log + used, LOG - used, "%lld %s\n",
                                     (long long)((fx.s.now - START) / TIME_US), text);
        while (app_recv(c, 1000) > 0)
            used += (size_t)snprintf(log + used, LOG - used, "read to %u\n", fx.got);
        run_to(until);
    } while (fx.s.now < until);
}

static void note(struct conn *c, struct verdict verdict, struct left *left)
{
    const struct conn_active *a = conn_active(&fx.s, c);

    memset(left, 0, sizeof *left);
    left->verdict = verdict;
    memcpy(&left->c, c, sizeof *c);
    memcpy(&left->cold, conn_cold(&fx.s, c), sizeof left->cold);
    memcpy(&left->counts, &fx.s.counts, sizeof left->counts);
    left->used_bytes = fx.slabs.used_bytes;
    left->owing = fx.s.owing.count;
    left->events = fx.s.events.count;
    left->wheel = fx.s.wheel.entries;
    if (a) {
        memcpy(&left->loss, &a->loss, sizeof left->loss);
        left->queued = a->send.bytes;
        left->unread = a->recv.bytes;
        left->reserved = a->reserved;
        left->refs_done = a->refs_done;
        left->progress_at = a->progress_at;
        left->tune_at = a->tune_at;
        left->tune_read = a->tune_read;
        left->sacked = a->board.sacked;
        left->lost = a->board.lost;
        left->islands = a->ahead.islands.count;
    }
    if (c->state != CONN_CLOSED)
        look_ahead(c, left->log);
}

#define SAME(field)                                                                                          \
    if (memcmp(&by_fast.field, &by_in.field, sizeof by_in.field) != 0)                                       \
    fail_msg("'%s': " #field " differs", text)

static void compare(const char *text)
{
    SAME(verdict.drop);
    SAME(verdict.reply);
    SAME(c);
    SAME(cold);
    SAME(counts);
    SAME(loss);
    SAME(used_bytes);
    SAME(owing);
    SAME(events);
    SAME(wheel);
    SAME(queued);
    SAME(unread);
    SAME(reserved);
    SAME(refs_done);
    SAME(progress_at);
    SAME(tune_at);
    SAME(tune_read);
    SAME(sacked);
    SAME(lost);
    SAME(islands);
    if (strcmp(by_fast.log, by_in.log) != 0)
        fail_msg("'%s': then\n%s--- leaves, not\n%s", text, by_fast.log, by_in.log);
}

/* One segment by both roads; the state is as in_segment leaves it then. True: fast_segment took it. */
static bool both(struct conn *c, const char *text)
{
    const struct conn_cold *cold = conn_cold(&fx.s, c);
    struct segment seg = {0};
    uint8_t *payload;
    struct verdict v;
    bool taken;

    seg.len = segment_of(text, cold->irs, cold->iss, &seg.tcp);
    seg.traffic_class = strstr(text, " ce") ? SEGMENT_CE : 0;
    seg.payload = payload = bytes_from(seg.tcp.seq.v - cold->irs.v, seg.len);
    keep();
    taken = fast_segment(&fx.s, c, &seg);
    if (taken) {
        note(c, verdict_of(DROP_NONE), &by_fast);
        put_back();
        note(c, in_segment(&fx.s, &fx.w, c, &seg), &by_in);
        compare(text);
        put_back();
    } else if (!is_as_kept()) {
        fail_msg("'%s' was not taken, and something was done", text);
    }
    v = in_segment(&fx.s, &fx.w, c, &seg);
    free(payload);
    if (v.reply == REPLY_RST)
        assert_false(taken);
    return taken;
}

/* What is owed, by both roads; nothing has gone then. True: it was one segment for fast_text. */
static bool both_out(struct conn *c)
{
    struct conn_active *a = conn_active(&fx.s, c);
    const struct conn_cold *cold = conn_cold(&fx.s, c);
    struct out_segment o;
    char gone[sizeof fx.text];

    if (!a || !fast_is_one_segment(c, a) || c->retries)
        return false;
    keep();
    fast_text(&fx.s, c, a, c->flags & CONN_TIMESTAMPS, &o);
    snprintf(gone, sizeof gone, "%s", text_of(&o.tcp, o.len, cold->iss, cold->irs));
    LEAVES("");
    note(c, verdict_of(DROP_NONE), &by_fast);
    put_back();
    LEAVES(gone);
    LEAVES("");
    note(c, verdict_of(DROP_NONE), &by_in);
    compare(gone);
    put_back();
    return true;
}

/* ---- by hand */

/* 3 segments in flight, 100 bytes unread. */
static struct conn *busy(void)
{
    struct conn *c = opened(80);

    app_send(c, 3000);
    drain();
    in(c, fx.s.config.no_timestamps ? "P. 1:101 ack 1" : "P. 1:101 ack 1 <ts 5000:100>");
    drain();
    return c;
}

static bool is_taken(struct conn *c, const char *text)
{
    bool taken = both(c, text);

    abandon(c);
    return taken;
}

/* The segments for which it is there. */
static void test_what_is_expected_is_taken(void **state)
{
    struct conn *c;

    (void)state;
    assert_true(is_taken(busy(), "P. 101:201 ack 1"));
    assert_true(is_taken(busy(), ". 101:1101 ack 1001"));
    assert_true(is_taken(busy(), ". 101:101 ack 1001"));
    assert_true(is_taken(busy(), ". 101:101 ack 3001"));
    assert_true(is_taken(busy(), ". 101:101 ack 1501"));
    assert_true(is_taken(busy(), "P. 101:201 ack 3001"));
    assert_true(is_taken(opened(80), "P. 1:101 ack 1")); /* there is no active block yet ... */
    c = opened(80);
    app_send(c, 1000);
    drain();
    assert_true(is_taken(c, ". 1:1 ack 1001")); /* ... and then none any more */
    with_options(true, true);
    assert_true(is_taken(busy(), "P. 101:201 ack 1 <ts 5001:100>"));
    assert_true(is_taken(busy(), ". 101:101 ack 3001 <ts 5000:100>"));
}

/* A request of ours has gone and is answered: its bytes may make room for those of the answer. */
static struct conn *asking(uint32_t bytes, uint32_t cwnd)
{
    struct conn *c = opened(80);

    c->cwnd = cwnd;
    app_send(c, bytes);
    drain();
    run_to(fx.s.now + 30 * TIME_MS);
    return c;
}

static void test_an_answer_to_all_that_was_sent(void **state)
{
    static const uint32_t asked[] = {1, 150, 240, 241, 1000}, answered[] = {1, 240, 241, 1000, 1460, 2032};
    uint8_t *lent = bytes_from(1, 500);
    char text[200];
    struct conn *c;

    (void)state;
    for (unsigned timestamps = 0; timestamps < 2; timestamps++) {
        with_options(timestamps, timestamps);
        for (unsigned i = 0; i < COUNT(asked); i++)
            for (unsigned k = 0; k < COUNT(answered); k++) {
                snprintf(text, sizeof text, "P. 1:%u ack %u%s", 1 + answered[k], 1 + asked[i],
                         timestamps ? " <ts 5100:100>" : "");
                assert_true(is_taken(asking(asked[i], 10000), text));
                is_taken(asking(asked[i], asked[i]), text); /* the window was all used */
                c = asking(asked[i], 10000);
                conn_cold(&fx.s, c)->ssthresh = 1000;
                c->flags = (c->flags & ~(uint32_t)CONN_SLOW_START) | CONN_WANT_WRITE;
                is_taken(c, text);
                c = asking(asked[i], 10000);
                app_send(c, 50); /* more waits behind it */
                is_taken(c, text);
            }
    }
    with_options(false, false);
    c = asking(100, 10000); /* in two segments, sent at different times */
    c->flags |= CONN_NO_DELAY;
    app_send(c, 100);
    drain();
    run_to(fx.s.now + 30 * TIME_MS);
    is_taken(c, "P. 1:101 ack 201");
    c = opened(80);
    assert_int_equal(call_send_lent(&fx.s, c, lent, 500), 0);
    fx.sent += 500;
    for (struct out_segment o; out_next(&fx.s, c, &o);)
        ;
    is_taken(c, "P. 1:101 ack 501");
    free(lent);
}

/* The window grows by that answer past half of the send limit: it is the next one that doubles the limit. */
static void test_the_limit_follows_the_window(void **state)
{
    (void)state;
    fx.s.config.send_bytes = 2200;
    assert_true(is_taken(asking(150, 1050), "P. 1:101 ack 151"));
    assert_true(is_taken(asking(150, 1101), "P. 1:101 ack 151"));
}

/* What is not, or not quite: it may be taken only if nobody can tell. */
static void test_what_is_not_expected(void **state)
{
    static const char *const texts[] = {"F. 101:201 ack 1",
                                        "R. 101:101 ack 1",
                                        "R 101:101",
                                        "S. 101:101 ack 1",
                                        "U. 101:201 ack 1 urg 5",
                                        "E. 101:201 ack 1",
                                        "W. 101:201 ack 1",
                                        "P 101:201",
                                        ". 1:101 ack 1",
                                        "P. 51:151 ack 1",
                                        ". 102:202 ack 1",
                                        "P. 1101:1201 ack 1001",
                                        ". 100:100 ack 1",
                                        ". 60101:60102 ack 1",
                                        ". 101:101 ack 1",
                                        ". 101:101 ack 1 win 50000",
                                        ". 101:101 ack 3002",
                                        ". 101:201 ack 0",
                                        ". 101:201 ack 1 win 0",
                                        ". 101:101 ack 1001 win 0",
                                        ". 101:101 ack 1001 win 500",
                                        "P. 101:201 ack 1001 win 65535",
                                        ". 101:101 ack 1 <sack 1001:2001>",
                                        ". 101:101 ack 1001 <sack 2001:3001>",
                                        "P. 101:201 ack 1 <ts 5001:100>",
                                        ". 101:201 ack 1 <mss 500>",
                                        ". 101:201 ack 1 <wscale 3>",
                                        ". 101:201 ack 1 <sackOK>"};

    (void)state;
    for (unsigned sack = 0; sack < 2; sack++) {
        with_options(false, sack);
        for (unsigned i = 0; i < COUNT(texts); i++)
            is_taken(busy(), texts[i]);
    }
}

static void test_timestamps(void **state)
{
    static const char *const texts[] = {"P. 101:201 ack 1",
                                        "P. 101:201 ack 1 <ts 4999:100>",
                                        ". 101:101 ack 1001 <ts 4999:100>",
                                        "P. 101:201 ack 1 <ts 9000:0>",
                                        "P. 51:151 ack 1 <ts 6000:100>",
                                        "F. 101:101 ack 3001 <ts 5000:100>",
                                        ". 101:101 ack 1 <ts 5000:100,sack 1001:2001>"};

    (void)state;
    for (unsigned sack = 0; sack < 2; sack++) {
        with_options(true, sack);
        for (unsigned i = 0; i < COUNT(texts); i++)
            is_taken(busy(), texts[i]);
    }
}

/* More than the window takes: to the last byte, one more, and a window that is closed. */
static void test_the_window_that_we_offer(void **state)
{
    (void)state;
    for (int more = -1; more <= 1; more++) {
        struct conn *c = busy();

        c->rcv_edge = seq_add(c->rcv_nxt, (uint32_t)(100 + more));
        is_taken(c, "P. 101:201 ack 1001");
    }
    for (unsigned len = 0; len < 2; len++) {
        struct conn *c = busy();

        c->rcv_edge = c->rcv_nxt;
        is_taken(c, len ? ". 101:102 ack 1001" : ". 101:101 ack 1001");
    }
}

/* The same segments on connections that are not in their usual state. */
static void test_unusual_connections(void **state)
{
    static const uint32_t flags[] = {CONN_ORPHAN,
                                     CONN_FIN_WANTED,
                                     CONN_FORCE,
                                     CONN_PROBED,
                                     CONN_TAIL_PROBE,
                                     CONN_KEEP,
                                     CONN_KEEP | CONN_KEEP_PROBING,
                                     CONN_ECN,
                                     CONN_ECN | CONN_ECE_OWED,
                                     CONN_WANT_WRITE,
                                     CONN_NO_DELAY};
    static const char *const texts[] = {"P. 101:201 ack 1", ". 101:101 ack 1001", "P. 101:201 ack 3001",
                                        "P. 101:201 ack 1 ce"};

    (void)state;
    for (unsigned i = 0; i < COUNT(flags); i++)
        for (unsigned k = 0; k < COUNT(texts); k++) {
            struct conn *c = busy();

            c->flags |= flags[i];
            is_taken(c, texts[k]);
        }
    for (unsigned i = CONN_SYN_RECEIVED; i < CONN_TIME_WAIT; i++)
        for (unsigned k = 0; k < COUNT(texts); k++)
            is_taken(conn_in((enum conn_state)i), i == CONN_SYN_RECEIVED ? "P. 1:101 ack 1" : texts[k]);
}

/* While something is repaired, waits behind a hole, probes a window, is urgent. */
static void test_unquiet_connections(void **state)
{
    static const char *const before[][2] = {
        {". 101:101 ack 1"},
        {". 101:101 ack 1 <sack 1001:2001>"},
        {". 1101:2101 ack 1"},
        {". 101:101 ack 1001", ". 1101:2101 ack 1"}, /* whose window is too old to count */
        {"F. 1101:2101 ack 1"},
        {". 101:101 ack 1001", "F. 201:201 ack 1"},
        {". 101:101 ack 3001 <sack 1:1001>"},
        {"P. 1:101 ack 1"},
        {". 101:101 ack 1001 win 0"},
        {"U. 101:102 ack 1 urg 9"}};
    static const char *const texts[] = {"P. 101:201 ack 1", ". 101:101 ack 1001", "P. 101:201 ack 3001",
                                        ". 101:1101 ack 3001"};

    (void)state;
    with_options(false, true);
    for (unsigned i = 0; i < COUNT(before); i++)
        for (unsigned k = 0; k < 2 * COUNT(texts); k++) {
            struct conn *c = busy();

            for (unsigned n = 0; n < 2 && before[i][n]; n++)
                in(c, before[i][n]);
            if (k % 2)
                drain(); /* the answer has gone: it is not what keeps it from being taken */
            is_taken(c, texts[k / 2]);
        }
}

/* A retransmission timeout came, and nothing has gone again. */
static struct conn *timed_out(void)
{
    struct conn *c = busy();

    for (int n = 0; n < 4 && !c->retries; n++) { /* before it, an acknowledgement and a tail loss probe */
        out();
        run_to(fx.s.now + 5000 * TIME_MS);
    }
    assert_int_equal(c->retries, 1);
    return c;
}

static void test_after_a_timeout(void **state)
{
    static const char *const texts[] = {"P. 101:201 ack 1", ". 101:101 ack 1001", "P. 101:201 ack 3001",
                                        ". 101:1101 ack 3001"};

    (void)state;
    for (unsigned sack = 0; sack < 2; sack++) {
        with_options(false, sack);
        for (unsigned k = 0; k < COUNT(texts); k++) {
            struct conn *c = timed_out();

            assert_false(is_taken(c, texts[k]));
            c = timed_out();
            out(); /* half repaired */
            assert_false(is_taken(c, texts[k]));
        }
    }
}

/* Short of memory: 1/4 left, 1/16 left, nothing left. */
static void test_memory_is_short(void **state)
{
    static const char *const texts[] = {"P. 101:201 ack 1", ". 101:101 ack 1001", ". 101:1101 ack 3001"};
    static const uint32_t used[] = {BUDGET / 4 * 3 + 1, BUDGET / 16 * 15 + 1, BUDGET};

    (void)state;
    for (unsigned i = 0; i < COUNT(used); i++)
        for (unsigned k = 0; k < COUNT(texts) + 1; k++) {
            struct conn *c = k < COUNT(texts) ? busy() : opened(80);
            size_t before = fx.slabs.used_bytes;

            fx.slabs.used_bytes = used[i];
            both(c, k < COUNT(texts) ? texts[k] : "P. 1:101 ack 1");
            fx.slabs.used_bytes -= used[i] - before;
            abandon(c);
        }
}

/* Memory is ample, but it lies in slabs of others: there is no place for the text. What the short road has
 * begun is then ended by the long one as if it had not been. */
static void test_no_place_for_the_text(void **state)
{
    static const char *const texts[] = {"P. 1:101 ack 1", "P. 1:101 ack 1001"};
    struct segment seg;
    uint8_t *payload;

    (void)state;
    for (unsigned i = 0; i < COUNT(texts); i++) {
        struct conn *c = opened(80);
        uint32_t slabs = fx.slabs.total;

        if (i)
            app_send(c, 1000);
        drain();
        fx.slabs.total = fx.slabs.fresh;
        fx.slabs.free = 0;
        seg = (struct segment){.payload = payload = bytes_from(1, 100)};
        seg.len = segment_of(texts[i], conn_cold(&fx.s, c)->irs, conn_cold(&fx.s, c)->iss, &seg.tcp);
        keep();
        assert_false(fast_segment(&fx.s, c, &seg));
        note(c, in_segment(&fx.s, &fx.w, c, &seg), &by_fast);
        put_back();
        note(c, in_segment(&fx.s, &fx.w, c, &seg), &by_in);
        assert_int_equal(by_in.verdict.drop, DROP_BUDGET);
        compare(texts[i]);
        free(payload);
        fx.slabs.total = slabs;
        abandon(c);
    }
}

/* The answer that is one segment, with and without an acknowledgement to take along. */
static void test_what_goes_out(void **state)
{
    static const uint32_t lens[] = {1, 100, 988, 989, 1000, 1001};

    (void)state;
    for (unsigned timestamps = 0; timestamps < 2; timestamps++) {
        with_options(timestamps, timestamps);
        for (unsigned i = 0; i < COUNT(lens); i++)
            for (unsigned unread = 0; unread < 2; unread++) {
                struct conn *c = opened(80);

                if (unread)
                    in(c, timestamps ? "P. 1:101 ack 1 <ts 5000:100>" : "P. 1:101 ack 1");
                app_send(c, lens[i]);
                assert_int_equal(both_out(c), lens[i] <= 1000);
                abandon(c);
            }
    }
}

static struct conn *grown(void)
{
    struct conn *c = opened(80);

    c->cwnd = 50000;
    c->careful |= CAREFUL_WINDOW; /* as whoever lets it grow notes */
    conn_cold(&fx.s, c)->last_sent = tick_of(fx.s.now);
    return c;
}

/* After a silence, in windows that hardly take it, and on connections that are not in their usual state. */
static void test_what_goes_out_unusually(void **state)
{
    static const uint32_t flags[] = {CONN_FIN_WANTED,   CONN_FORCE,      CONN_TAIL_PROBE,
                                     CONN_PROBE_OWED,   CONN_URGENT_OUT, CONN_ECN,
                                     CONN_KEEP_PROBING, CONN_NO_DELAY,   CONN_ECN | CONN_CWR_OWED};
    struct conn *c;

    (void)state;
    for (unsigned ms = 200; ms < 500; ms += 50) {
        c = grown();
        run_to(fx.s.now + ms * TIME_MS);
        app_send(c, 500);
        both_out(c);
        abandon(c);
    }
    for (uint32_t window = 499; window <= 501; window++)
        for (unsigned which = 0; which < 2; which++) {
            c = opened(80);
            *(which ? &c->snd_wnd : &c->cwnd) = window;
            app_send(c, 500);
            both_out(c);
            abandon(c);
        }
    for (unsigned i = 0; i < COUNT(flags); i++) {
        c = opened(80);
        app_send(c, 500);
        conn_active(&fx.s, c)->snd_up = seq_add(c->snd_una, 400);
        c->flags |= flags[i];
        both_out(c);
        abandon(c);
    }
}

/* A path that takes less makes the initial window a smaller one: after a silence that is what may go. */
static void test_what_goes_out_on_a_smaller_path(void **state)
{
    struct conn *c = opened(80);

    (void)state;
    app_send(c, 1000);
    drain();
    assert_true(call_path_mtu(&fx.s, c, c->snd_una, 500));
    drain();
    in(c, ". 1:1 ack 1001");
    drain();
    run_to(fx.s.now + 2000 * TIME_MS);
    app_send(c, 400);
    assert_true(both_out(c));
    LEAVES("P. 1001:1401 ack 1");
    assert_int_equal(c->cwnd, 5000);
    abandon(c);
}

/* ---- drawn */

/* A segment of a peer that mostly behaves. */
static void draw_segment(const struct conn *c, char text[200])
{
    static const char *const flags[] = {"F.", "R.", "S.", "P", "U.", "E.", "W."};
    static const uint32_t lens[] = {0, 0, 0, 1, 100, 1000, 1000, 1460};
    const struct conn_cold *cold = conn_cold(&fx.s, c);
    uint32_t seq = c->rcv_nxt.v - cold->irs.v, ack = c->snd_una.v - cold->iss.v, flight = conn_flight(c);
    uint32_t len = lens[draw(COUNT(lens))];
    int n;

    if (flight && draw(4) == 0) { /* the answer to all */
        snprintf(text, 200, c->flags & CONN_TIMESTAMPS ? "P. %u:%u ack %u <ts %u:%u>" : "P. %u:%u ack %u",
                 seq, seq + len, ack + flight, c->ts_recent, 100);
        return;
    }
    if (draw(8) == 0)
        seq += draw(3000) - 1500;
    if (draw(2))
        ack += draw(3) ? draw(flight / 1000 + 1) * 1000 : draw(flight + 1);
    if (draw(60) == 0)
        ack += draw(2000) - 1000;
    n = snprintf(text, 200, "%s %u:%u ack %u", draw(60) ? draw(2) ? "." : "P." : flags[draw(COUNT(flags))],
                 seq, seq + len, ack);
    if (draw(30) == 0)
        n += snprintf(text + n, 200 - (size_t)n, " ce");
    if (draw(30) == 0)
        n += snprintf(text + n, 200 - (size_t)n, " win %u", draw(4) * 1000);
    if (c->flags & CONN_TIMESTAMPS && draw(50))
        n += snprintf(text + n, 200 - (size_t)n, " <ts %u:%u>", c->ts_recent + (draw(10) ? draw(3) : 0u - 1),
                      100);
    else if (c->flags & CONN_SACK && flight > 2000 && draw(20) == 0)
        n += snprintf(text + n, 200 - (size_t)n, " <sack %u:%u>", ack + 1000, ack + 2000);
}

/* What else happens. True: what was owed was one segment. */
static bool live(struct conn *c)
{
    uint32_t what = draw(12);
    bool one;

    if (what < 4)
        app_send(c, draw(2) ? draw(200) + 1 : draw(8000) + 1);
    else if (what < 7)
        app_recv(c, draw(3000) + 1);
    else if (what < 8)
        run_to(fx.s.now + draw(400) * TIME_MS);
    if (draw(100) == 0)
        call_path_mtu(&fx.s, c, c->snd_una, (uint16_t)(c->mss - draw(300)));
    one = both_out(c);
    if (draw(3))
        drain();
    if (draw(200) == 0)
        call_shutdown(&fx.s, c);
    return one;
}

static struct conn *fresh(void)
{
    struct conn *c;

    fx.s.config.no_timestamps = draw(2);
    fx.s.config.no_sack = draw(2);
    fx.s.settings[0].ecn = draw(4) == 0;
    fx.s.config.receive_bytes = draw(2) ? WINDOW : 4000;
    fx.s.config.receive_bytes_max = WINDOW;
    c = opened(80);
    c->flags |= fx.s.settings[0].ecn ? CONN_ECN : 0;
    return c;
}

static int set_up_small(void **state)
{
    (void)state;
    return set_up_sized(2, SMALL_BUDGET);
}

static void test_drawn(void **state)
{
    struct conn *c = fresh();
    unsigned taken = 0, gone = 0, rounds = 6000;
    char text[200];

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        gone += live(c);
        if (c->state != CONN_CLOSED) {
            draw_segment(c, text);
            taken += both(c, text);
        }
        if (c->state == CONN_CLOSED || c->state == CONN_TIME_WAIT || draw(100) == 0) {
            abandon(c);
            c = fresh();
        }
    }
    printf("%u of %u were taken, %u went\n", taken, rounds, gone);
    assert_in_range(taken, rounds / 10, rounds);
    assert_in_range(gone, rounds / 300, rounds);
}

#define FAST(function) cmocka_unit_test_setup_teardown(function, set_up, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAST(test_what_is_expected_is_taken),
        FAST(test_an_answer_to_all_that_was_sent),
        FAST(test_the_limit_follows_the_window),
        FAST(test_what_is_not_expected),
        FAST(test_timestamps),
        FAST(test_the_window_that_we_offer),
        FAST(test_unusual_connections),
        FAST(test_unquiet_connections),
        FAST(test_after_a_timeout),
        FAST(test_memory_is_short),
        FAST(test_no_place_for_the_text),
        FAST(test_what_goes_out),
        FAST(test_what_goes_out_unusually),
        FAST(test_what_goes_out_on_a_smaller_path),
        cmocka_unit_test_setup_teardown(test_drawn, set_up_small, end),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
