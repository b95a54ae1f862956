/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All of tcp/ in memory, without a stack and without a device: pools, table, wheel, listeners, TIME-WAITs and
 * a clock that the test turns. What arrives and what leaves is text, in numbers that count from each side's
 * initial sequence number:
 *
 *      struct conn *c = conn_in(CONN_ESTABLISHED);
 *      app_send(c, 100);
 *      LEAVES("P. 1:101 ack 1");
 *      AFTER(300, "P. 1:101 ack 1");       nothing leaves for 300 ms, then this
 *      in(c, ". 1:1 ack 101");
 *      pass(100);                          nothing leaves in 100 ms
 *
 * A segment is FLAGS SEQ:END [ack N] [urg N] [win N] [<options>], flags being S F R P U E W . in this order,
 * END - SEQ its payload, whose bytes are a function of their number. win is written where it is not WINDOW,
 * options where there are any: mss N, wscale N, sackOK, ts VALUE:ECHO, sack LEFT:RIGHT ... A connection has
 * been open for one round trip of 100 ms, so its timeout is 300 ms; it sends segments of 1,000 bytes.
 * Timestamps and SACK are off unless a test turns them on (with_options); a timestamp of ours counts
 * milliseconds from START.
 *
 * The clock starts 10 s before its ticks wrap, our sequence numbers 256 before theirs. The tear-down closes
 * everything and asserts that every pool is full again and the wheel empty.
 */
#ifndef TCP_FIXTURE_H
#define TCP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tcp/call.h"
#include "tcp/conn.h"
#include "tcp/isn.h"
#include "tcp/fast.h"
#include "tcp/in.h"
#include "tcp/listen.h"
#include "tcp/out.h"
#include "tcp/timers.h"
#include "tcp/timewait.h"

enum { WINDOW = 60000, CONNECTIONS = 8, SYNS = 4, WAITS = 4, HOPS = 2, BUDGET = 1 << 21, LISTEN_PORT = 7 };

#define ISS          0xffffff00u
#define IRS          0x7ffffff0u
#define START        ((INT64_C(1) << 48) - 10 * TIME_S)
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fixture {
    struct conns s;
    struct slabs slabs;
    struct listeners l;
    struct timewaits w;
    void *memory[12];
    size_t bytes[12]; /* of each */
    unsigned blocks;
    uint32_t sent, got; /* by the application, the numbers of the next bytes */
    char text[120];
};
static struct fixture fx;

/* The byte with that number of any stream. */
static inline uint8_t byte_of(uint32_t number)
{
    return (uint8_t)(number * 31 ^ number >> 7);
}

static inline void *block(size_t bytes)
{
    void *at = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

    assert_non_null(at);
    memset(at, 0, bytes);
    fx.bytes[fx.blocks] = bytes;
    fx.memory[fx.blocks++] = at;
    return at;
}

static inline void kind(enum table_kind k, void *records, uint32_t bytes)
{
    fx.s.table.kinds[k].records = records;
    fx.s.table.kinds[k].bytes = bytes;
}

static inline int set_up_sized(uint32_t connections, size_t budget)
{
    struct conns *s = &fx.s;
    uint32_t buckets = bucket_count_for(connections + SYNS + WAITS);

    memset(&fx, 0, sizeof fx);
    s->slabs = &fx.slabs;
    slab_init(&fx.slabs, block(slab_need(budget, 7)), budget, 7);
    queue_pools_init(&s->queues, &fx.slabs);
    array_pools_init(&s->arrays, &fx.slabs);
    slab_pool(&s->actives, &fx.slabs, CONN_ACTIVE_BYTES);
    fifo_init(&s->fifos, block(fifo_need(2 * connections, 4)), 2 * connections, 4);
    s->hot = block(connections * sizeof(struct conn));
    s->cold = block(connections * sizeof(struct conn_cold));
    s->limit = connections;
    fx.l.listeners = block(2 * sizeof(struct listener));
    fx.l.limit = 2;
    fx.l.syns = block(SYNS * sizeof(struct listen_syn));
    fx.l.syn_limit = SYNS;
    fx.w.records = block(WAITS * sizeof(struct timewait));
    fx.w.limit = WAITS;
    s->hop_uses = block(HOPS * sizeof(uint32_t));
    bucket_init(&s->table.buckets, block(buckets * sizeof(struct bucket)), buckets);
    kind(TABLE_CONN, s->hot, sizeof(struct conn));
    kind(TABLE_SYN, fx.l.syns, sizeof(struct listen_syn));
    kind(TABLE_TIME_WAIT, fx.w.records, sizeof(struct timewait));
    s->table.hash_key = (struct hash_key){{0x0123456789abcdef, 0xfedcba9876543210, 0x5a5a5a5a, 77}};
    s->secret = (struct hash_key){{11, 22, 33, 44}};
    s->port_first = ISN_PORT_FIRST;
    s->ports = ISN_PORTS;
    conn_clock(s, START);
    wheel_init(&s->wheel, block(wheel_need(CONN_WHEEL_ENTRIES * connections)),
               CONN_WHEEL_ENTRIES * connections, tick_of(START));
    s->config = (struct conn_config){.receive_bytes = WINDOW,
                                     .send_bytes = 65536,
                                     .receive_bytes_max = WINDOW,
                                     .send_bytes_max = 65536,
                                     .rto_initial_us = 1000000,
                                     .rto_min_us = 200000,
                                     .rto_max_us = 60000000,
                                     .msl = 30 * TIME_S,
                                     .delayed_ack = 40 * TIME_MS,
                                     .no_timestamps = true,
                                     .no_sack = true};
    s->settings[0] = (struct conn_settings){.keep_idle_ms = 7200000,
                                            .keep_interval_ms = 75000,
                                            .keep_count = 9,
                                            .r1 = 3,
                                            .data_retries = 15,
                                            .syn_retries = 7,
                                            .cc = CC_NEWRENO,
                                            .ttl = 64,
                                            .soft_errors = 0};
    return 0;
}

static inline int set_up(void **state)
{
    (void)state;
    return set_up_sized(CONNECTIONS, BUDGET);
}

/* Both sides have timestamps, SACK, or both from here on. */
static inline void with_options(bool timestamps, bool sack)
{
    fx.s.config.no_timestamps = !timestamps;
    fx.s.config.no_sack = !sack;
}

/* ---- the clock ------------------------------------------------------------------------------------------
 */

static inline void clock_to(rn_time t)
{
    conn_clock(&fx.s, t);
    if (!fx.s.wheel.entries)
        fx.s.wheel.cur = tick_of(t);
}

/* When the tick begins that is at or after now. */
static inline rn_time time_of(uint32_t tick)
{
    return (rn_time)((uint64_t)((fx.s.now >> TICK_SHIFT) + tick_diff(tick, tick_of(fx.s.now))) << TICK_SHIFT);
}

/* Runs the timers, each at its tick, up to t, or until somebody owes something. */
static inline void run_to(rn_time t)
{
    uint32_t tick, ids[4], at;
    int n;

    while (!fx.s.owing.count && wheel_next(&fx.s.wheel, &tick) && time_of(tick) <= t) {
        if (time_of(tick) > fx.s.now)
            clock_to(time_of(tick));
        while ((n = wheel_collect(&fx.s.wheel, tick_of(fx.s.now), ids, 4, &at)) > 0)
            for (int i = 0; i < n; i++)
                timers_surfaced(&fx.s, ids[i], at);
        timers_sweep(&fx.s);
    }
    if (fx.s.owing.count)
        return;
    clock_to(t);
    assert_int_equal(wheel_collect(&fx.s.wheel, tick_of(t), ids, 4, &at), 0);
}

/* ---- segments as text -----------------------------------------------------------------------------------
 */

static const struct {
    char letter;
    uint8_t flag;
} fixture_flags[] = {{'S', TCP_SYN}, {'F', TCP_FIN}, {'R', TCP_RST}, {'P', TCP_PSH},
                     {'U', TCP_URG}, {'E', TCP_ECE}, {'W', TCP_CWR}, {'.', TCP_ACK}};

/* What our timestamps count from: set when a connection is made. */
static uint32_t fixture_ts_zero;

static inline char *print_options(char *at, const char *end, const struct tcp *t, seq32 to)
{
    const char *mark = " <";

    if (t->has & TCP_HAS_MSS)
        at += snprintf(at, (size_t)(end - at), "%smss %u", mark, t->mss), mark = ",";
    if (t->has & TCP_HAS_WSCALE)
        at += snprintf(at, (size_t)(end - at), "%swscale %u", mark, t->wscale), mark = ",";
    if (t->has & TCP_HAS_SACK_PERMITTED)
        at += snprintf(at, (size_t)(end - at), "%ssackOK", mark), mark = ",";
    if (t->has & TCP_HAS_TIMESTAMP)
        at += snprintf(at, (size_t)(end - at), "%sts %u:%u", mark, t->ts_value - fixture_ts_zero, t->ts_echo),
            mark = ",";
    if (t->has & TCP_HAS_SACK) {
        at += snprintf(at, (size_t)(end - at), "%ssack", mark);
        for (unsigned i = 0; i < t->sack_blocks; i++)
            at += snprintf(at, (size_t)(end - at), " %u:%u", t->sack[i].left.v - to.v,
                           t->sack[i].right.v - to.v);
    }
    if (t->has)
        at += snprintf(at, (size_t)(end - at), ">");
    return at;
}

static inline const char *text_of(const struct tcp *t, uint32_t len, seq32 from, seq32 to)
{
    char *at = fx.text, *end = fx.text + sizeof fx.text;

    for (unsigned i = 0; i < COUNT(fixture_flags); i++)
        if (t->flags & fixture_flags[i].flag)
            *at++ = fixture_flags[i].letter;
    at += snprintf(at, (size_t)(end - at), " %u:%u", t->seq.v - from.v, t->seq.v - from.v + len);
    if (t->flags & TCP_ACK)
        at += snprintf(at, (size_t)(end - at), " ack %u", t->ack.v - to.v);
    if (t->flags & TCP_URG)
        at += snprintf(at, (size_t)(end - at), " urg %u", t->urgent);
    if (t->window != WINDOW)
        at += snprintf(at, (size_t)(end - at), " win %u", t->window);
    print_options(at, end, t, to);
    return fx.text;
}

/* The segment that a peer with that initial number sends to one with the other. Returns its payload's len. */
static inline void parse_options(const char *text, seq32 to, struct tcp *t)
{
    uint32_t number, right;
    const char *at;
    int used;

    if ((at = strstr(text, "mss ")) != NULL && sscanf(at, "mss %u", &number) == 1) {
        t->has |= TCP_HAS_MSS;
        t->mss = (uint16_t)number;
    }
    if ((at = strstr(text, "wscale ")) != NULL && sscanf(at, "wscale %u", &number) == 1) {
        t->has |= TCP_HAS_WSCALE;
        t->wscale = (uint8_t)number;
    }
    if (strstr(text, "sackOK"))
        t->has |= TCP_HAS_SACK_PERMITTED;
    if ((at = strstr(text, "ts ")) != NULL && sscanf(at, "ts %u:%u", &number, &right) == 2) {
        t->has |= TCP_HAS_TIMESTAMP;
        t->ts_value = number;
        t->ts_echo = right + fixture_ts_zero;
    }
    if ((at = strstr(text, "sack ")) == NULL)
        return;
    t->has |= TCP_HAS_SACK;
    for (at += 4; sscanf(at, " %u:%u%n", &number, &right, &used) == 2; at += used) {
        t->sack[t->sack_blocks].left = seq_add(to, number);
        t->sack[t->sack_blocks++].right = seq_add(to, right);
    }
}

static inline uint32_t segment_of(const char *text, seq32 from, seq32 to, struct tcp *t)
{
    uint32_t first, last, number;
    const char *at;

    memset(t, 0, sizeof *t);
    for (at = text; *at != ' '; at++) {
        unsigned i = 0;

        while (i < COUNT(fixture_flags) && fixture_flags[i].letter != *at)
            i++;
        assert_in_range(i, 0, COUNT(fixture_flags) - 1);
        t->flags |= fixture_flags[i].flag;
    }
    assert_int_equal(sscanf(at, " %u:%u", &first, &last), 2);
    t->seq = seq_add(from, first);
    if ((at = strstr(text, "ack ")) != NULL && sscanf(at, "ack %u", &number) == 1)
        t->ack = seq_add(to, number);
    if ((at = strstr(text, "urg ")) != NULL && sscanf(at, "urg %u", &number) == 1)
        t->urgent = (uint16_t)number;
    t->window = WINDOW;
    if ((at = strstr(text, "win ")) != NULL && sscanf(at, "win %u", &number) == 1)
        t->window = (uint16_t)number;
    parse_options(text, to, t);
    return last - first;
}

/* The bytes from that number on, in memory of exactly that size. */
static inline uint8_t *bytes_from(uint32_t number, uint32_t len)
{
    uint8_t *bytes = malloc(len ? len : 1);

    assert_non_null(bytes);
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = byte_of(number + i);
    return bytes;
}

/* A segment arrives for a connection. */
static inline struct verdict in(struct conn *c, const char *text)
{
    struct conn_cold *cold = conn_cold(&fx.s, c);
    seq32 irs = c->state == CONN_SYN_SENT ? seq_of(IRS) : cold->irs;
    struct segment seg = {0};
    uint8_t *payload;
    struct verdict v = {0};

    seg.len = segment_of(text, irs, cold->iss, &seg.tcp);
    seg.payload = payload = bytes_from(seg.tcp.seq.v - irs.v, seg.len);
    if (fx.s.config.no_fast_path || !fast_segment(&fx.s, c, &seg))
        v = in_segment(&fx.s, &fx.w, c, &seg);
    free(payload);
    return v;
}

/* The next segment that leaves, of whatever connection; "": nothing is owed. */
static inline const char *out(void)
{
    while (fx.s.owing.count) {
        struct fifo_cursor cursor = {0};
        struct out_segment o;
        struct conn_cold *cold;
        struct conn *c;
        uint32_t index;

        assert_true(fifo_look(&fx.s.fifos, &fx.s.owing, &cursor, &index));
        c = conn_at(&fx.s, index);
        cold = conn_cold(&fx.s, c);

        if (out_next(&fx.s, c, &o)) {
            uint8_t *payload = malloc(o.len + 1);

            assert_non_null(payload);
            if (o.len)
                out_payload(&fx.s, conn_active(&fx.s, c), o.offset, o.len, payload);
            for (uint32_t i = 0; i < o.len; i++)
                assert_int_equal(payload[i], byte_of(o.tcp.seq.v - cold->iss.v + i));
            free(payload);
            assert_int_equal(o.tcp.src_port, c->key.local_port);
            assert_int_equal(o.tcp.dst_port, c->key.remote_port);
            return text_of(&o.tcp, o.len, cold->iss, cold->irs);
        }
        fifo_pop(&fx.s.fifos, &fx.s.owing, &index);
        c->flags &= ~(uint32_t)CONN_IN_OWING;
        conn_release(&fx.s, c);
    }
    return "";
}

/* Lets everything leave that is owed; how many segments. */
static inline unsigned drain(void)
{
    unsigned n = 0;

    while (*out())
        n++;
    return n;
}

static inline void same_text(const char *file, int line, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("%s:%d: '%s' left, not '%s'", file, line, got, want);
}

/* From now to now + ms nothing leaves; then this does, not later than a tick allows. */
static inline void leaves_after(const char *file, int line, double ms, const char *want)
{
    rn_time start = fx.s.now, least = start + (rn_time)(ms * TIME_MS), most = least + 200 * TIME_US;
    const char *got;

    while (!*(got = out()) && fx.s.now < most)
        run_to(most);
    same_text(file, line, got, want);
    if (*want && fx.s.now < least)
        fail_msg("%s:%d: '%s' left after %.3f ms, not %.3f", file, line, got,
                 (double)(fx.s.now - start) / TIME_MS, ms);
}

/* Time passes, in which nothing may leave. */
static inline void pass_at(const char *file, int line, double ms)
{
    rn_time until = fx.s.now + (rn_time)(ms * TIME_MS);

    do {
        same_text(file, line, out(), "");
        run_to(until);
    } while (fx.s.now < until || fx.s.owing.count);
}

#define pass(ms)        pass_at(__FILE__, __LINE__, ms)
#define LEAVES(text)    same_text(__FILE__, __LINE__, out(), text)
#define AFTER(ms, text) leaves_after(__FILE__, __LINE__, ms, text)
/* Nothing leaves for that long. */
#define QUIET(ms) AFTER(ms, "")

#define VERDICT(v, why, answer)                                                                              \
    do {                                                                                                     \
        struct verdict got_verdict = (v);                                                                    \
        assert_int_equal(got_verdict.drop, why);                                                             \
        assert_int_equal(got_verdict.reply, answer);                                                         \
    } while (0)

/* ---- the application ------------------------------------------------------------------------------------
 */

static inline ptrdiff_t app_send(struct conn *c, uint32_t len)
{
    uint8_t *bytes = bytes_from(fx.sent, len);
    ptrdiff_t n = call_send(&fx.s, c, bytes, len);

    free(bytes);
    if (n > 0)
        fx.sent += (uint32_t)n;
    return n;
}

static inline ptrdiff_t app_recv(struct conn *c, uint32_t len)
{
    uint8_t *bytes = malloc(len + 1);
    ptrdiff_t n;

    assert_non_null(bytes);
    n = call_receive(&fx.s, c, bytes, len);
    for (ptrdiff_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], byte_of(fx.got + (uint32_t)i));
    free(bytes);
    if (n > 0)
        fx.got += (uint32_t)n;
    return n;
}

/* What the application hears of a connection since it last heard; 0: nothing. The last event ends it. */
static inline unsigned heard(const struct conn *c)
{
    struct conn *next;

    while ((next = conn_pop_event(&fx.s)) != NULL) {
        unsigned events = next->events;

        next->events = 0;
        if (next->flags & CONN_ORPHAN || !events) {
            conn_release(&fx.s, next);
            continue;
        }
        assert_ptr_equal(next, c);
        if (events & (CONN_EV_FAILED | CONN_EV_CLOSED))
            call_close(&fx.s, next);
        return events;
    }
    return 0;
}

/* Nobody needs the record any more. */
static inline bool is_gone(const struct conn *c)
{
    for (uint32_t at = fx.s.free; at; at = conn_at(&fx.s, at - 1)->snd_wnd)
        if (conn_at(&fx.s, at - 1) == c)
            return true;
    return false;
}

/* The application gives a connection up, and what it owes leaves. */
static inline void abandon(struct conn *c)
{
    if (!is_gone(c))
        call_abort(&fx.s, c);
    drain();
    heard(NULL);
}

/* ---- connections ----------------------------------------------------------------------------------------
 */

static inline struct table_key key_of(uint16_t remote_port, uint16_t local_port)
{
    static const uint8_t host[4] = {10, 0, 0, 2};
    struct table_key key;

    memset(&key, 0, sizeof key);
    key.remote = addr_of4(host);
    key.remote_port = remote_port;
    key.local_port = local_port;
    return key;
}

/* An active open to that port of the peer, whose SYN is still owed. */
static inline struct conn *opening(uint16_t remote_port)
{
    struct table_key key = key_of(remote_port, 0);
    struct conn *c = NULL;

    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &c), 0);
    conn_cold(&fx.s, c)->iss = c->snd_una = c->snd_nxt = seq_of(ISS);
    scoreboard_init(&conn_active(&fx.s, c)->board, seq_of(ISS));
    fixture_ts_zero = (uint32_t)(START / TIME_MS) + c->ts_offset;
    fx.sent = fx.got = 1;
    return c;
}

/* An open connection with the peer's window; nothing is owed, nothing to be heard. */
static inline struct conn *opened_with(uint16_t remote_port, const char *syn_ack)
{
    struct conn *c = opening(remote_port);

    drain();
    run_to(fx.s.now + 100 * TIME_MS);
    VERDICT(in(c, syn_ack), DROP_NONE, REPLY_NONE);
    drain();
    heard(c);
    return c;
}

static inline struct conn *opened(uint16_t remote_port)
{
    char syn_ack[80];

    snprintf(syn_ack, sizeof syn_ack, "S. 0:0 ack 1 <mss %u%s%s>", fx.s.config.no_timestamps ? 1000 : 1012,
             fx.s.config.no_sack ? "" : ",sackOK", fx.s.config.no_timestamps ? "" : ",ts 5000:0");
    return opened_with(remote_port, syn_ack);
}

/* A connection in any state that a connection has: CLOSED is one that the application has not closed yet. */
static inline struct conn *conn_in(enum conn_state state)
{
    struct conn *c = state == CONN_SYN_SENT || state == CONN_SYN_RECEIVED ? opening(80) : opened(80);

    drain();
    if (state == CONN_SYN_RECEIVED)
        in(c, "S 0:0 <mss 1000>");
    if (state == CONN_CLOSE_WAIT || state == CONN_LAST_ACK || state == CONN_CLOSED)
        in(c, "F. 1:1 ack 1");
    if (state == CONN_FIN_WAIT_1 || state == CONN_FIN_WAIT_2 || state == CONN_CLOSING ||
        state == CONN_LAST_ACK || state == CONN_CLOSED)
        assert_int_equal(call_shutdown(&fx.s, c), 0);
    drain();
    if (state == CONN_FIN_WAIT_2)
        in(c, ". 1:1 ack 2");
    if (state == CONN_CLOSING)
        in(c, "F. 1:1 ack 1");
    if (state == CONN_CLOSED)
        in(c, ". 2:2 ack 2");
    drain();
    heard(c);
    assert_int_equal(c->state, state);
    return c;
}

/* ---- the tear-down --------------------------------------------------------------------------------------
 */

static inline int tear_down(void **state)
{
    struct conns *s = &fx.s;

    (void)state;
    for (uint32_t i = 0; i < s->fresh; i++)
        if (!is_gone(conn_at(s, i)))
            call_abort(s, conn_at(s, i));
    drain();
    heard(NULL);
    for (int i = 0; i < (int)fx.l.limit; i++)
        if (fx.l.listeners[i].used)
            listen_close(&fx.l, s, i);
    clock_to(s->now + 2 * s->config.msl + TIME_S);
    timewait_expire(&fx.w, s, 1 << 20);
    assert_int_equal(s->used, 0);
    assert_int_equal(s->events.count, 0);
    assert_int_equal(fx.l.syn_used, 0);
    assert_int_equal(fx.w.used, 0);
    assert_int_equal(s->table.buckets.entries, 0);
    assert_int_equal(s->actives.used, 0);
    assert_int_equal(fx.slabs.used_bytes, 0);
    for (unsigned i = 0; i < HOPS; i++)
        assert_int_equal(s->hop_uses[i], 0);
    run_to(s->now + 200 * TIME_S);
    assert_int_equal(s->owing.count, 0);
    for (unsigned i = 1; i < CONN_SETTINGS; i++)
        assert_int_equal(s->settings_uses[i], 0);
    assert_int_equal(s->wheel.entries, 0);
    for (uint32_t i = 0; i < s->fresh; i++)
        assert_int_equal(conn_at(s, i)->flags & (CONN_NEAR | CONN_FAR), 0);
    while (fx.blocks)
        free(fx.memory[--fx.blocks]);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
