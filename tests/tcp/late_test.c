/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One side sends a megabyte and its FIN at once; the other has a window of 4 KB and reads nothing for two
 * seconds. Every byte arrives, in its order, then the end, and nothing is reset. The stack is the sender
 * once, and once the reader; the peer is a model of a few lines that keeps to its own window, or to the
 * stack's.
 *
 *      seconds   0 ............ 2 ..........................
 *      window    4096 .. 0      as much as was read
 */
#include "trace.h"
#include "segment.h"

enum { BYTES = 1000000, WINDOW = 4096, STEPS = 20, STEP_MS = 100, ROUNDS_MAX = 4000 };

struct peer {
    uint32_t received;     /* up to this number of the stack's */
    uint32_t acked, right; /* what the stack has acknowledged, and the edge that it has offered */
    bool end;              /* the stack's FIN was received */
};

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* One frame of the stack's: what is next in order is taken, anything else only listened to. */
static void take(struct peer *p, const uint8_t *frame, size_t len, uint32_t right)
{
    const uint8_t *tcp = frame + 14 + ip_len();
    const uint8_t *payload = tcp + (tcp[12] >> 4) * 4;
    uint32_t n = (uint32_t)(frame + len - payload), seq = word_at(tcp + 4) - trace_iss();

    assert_int_equal(tcp[13] & 4, 0); /* RST */
    p->acked = word_at(tcp + 8) - PEER_ISS;
    p->right = p->acked + (uint32_t)(tcp[14] << 8 | tcp[15]);
    if (seq != p->received || n > right - p->received)
        return;
    assert_true(segment_right(payload, SIDE_STACK, seq, n));
    p->received += n;
    if (tcp[13] & 1 && !p->end) {
        p->end = true;
        p->received++;
    }
}

/* All that the stack has sent. Returns how many frames. */
static int hear(struct peer *p, uint32_t right)
{
    const uint8_t *frame;
    size_t len;
    int n = 0;

    for (; (frame = trace_taken(&len)); n++)
        take(p, frame, len, right);
    return n;
}

static void a_megabyte_reaches_a_late_reader(void)
{
    struct rn_options options = {.connections = 64, .send_bytes = 1 << 20, .send_bytes_max = 1 << 20};
    struct peer p = {.received = 1};

    options.no_timestamps = options.no_sack = 1;
    trace_options(&options);
    establish_with(link_mss(), WINDOW);
    app_queue(BYTES);
    app_close();
    for (int i = 0; i < STEPS; i++) {
        if (hear(&p, 1 + WINDOW) > 0)
            in(". 1:1 ack %u win %u", p.received, 1 + WINDOW - p.received);
        advance(STEP_MS);
    }
    hear(&p, 1 + WINDOW);
    assert_int_equal(p.received, 1 + WINDOW);
    for (int i = 0; i < ROUNDS_MAX && !p.end; i++) {
        in(". 1:1 ack %u win %u", p.received, WINDOW);
        if (hear(&p, p.received + WINDOW) == 0)
            advance(10);
    }
    assert_true(p.end);
    assert_int_equal(p.received, 1 + BYTES + 1);
    in("F. 1:1 ack %u win %u", p.received, WINDOW);
    out(". %u:%u ack 2", p.received, p.received);
}

/* The application reads what there is. Returns false when it has read the end. */
static bool read_all(uint32_t *read)
{
    uint8_t bytes[WINDOW];
    ptrdiff_t n;

    while ((n = rn_recv(trace_net(), trace_sock(), bytes, sizeof bytes)) > 0) {
        assert_true(segment_right(bytes, SIDE_PEER, *read, (size_t)n));
        *read += (uint32_t)n;
    }
    assert_true(n == 0 || n == -EAGAIN);
    advance(0);
    return n != 0;
}

/* The peer sends what fits into the window; into one that is closed a byte, once in a while. */
static void send_what_fits(struct peer *p, bool probe)
{
    uint32_t end = 1 + BYTES, from = p->acked;

    while (from < end && (p->right > from || probe)) {
        uint32_t room = p->right > from ? p->right - from : 1, n = end - from;

        n = n > room ? room : n;
        n = n > link_mss() ? link_mss() : n;
        in(from + n == end ? "FP. %u:%u ack 1" : "P. %u:%u ack 1", from, from + n);
        from += n;
        probe = false;
    }
    hear(p, 1);
}

static void a_late_reader_gets_a_megabyte(void)
{
    struct rn_options options = {.connections = 64, .receive_bytes = WINDOW, .receive_bytes_max = WINDOW};
    struct peer p = {.received = 1, .acked = 1, .right = 1 + WINDOW};
    uint32_t read = 1;
    bool more = true;

    options.no_timestamps = options.no_sack = 1;
    trace_options(&options);
    establish_with(link_mss(), 64240);
    for (int i = 0; i < STEPS; i++) {
        send_what_fits(&p, i % 5 == 4);
        advance(STEP_MS);
        hear(&p, 1);
    }
    assert_int_equal(p.acked, 1 + WINDOW);
    for (int i = 0; i < ROUNDS_MAX && more; i++) {
        more = read_all(&read);
        hear(&p, 1);
        send_what_fits(&p, i % 5 == 4);
    }
    assert_false(more);
    assert_int_equal(read, 1 + BYTES);
    advance(500);
    hear(&p, 1);
    assert_int_equal(p.acked, 1 + BYTES + 1);
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(a_megabyte_reaches_a_late_reader),
        TRACE(a_late_reader_gets_a_megabyte),
    };

    return trace_main("late", tests, sizeof tests / sizeof tests[0]);
}
