/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two stacks, and the fuzzer is the wire between them: each byte of the script is the fate of one frame (it
 * passes, is lost, is doubled, waits behind the next one) or a whim of the client (sends, shuts down, reads
 * not). The client sends a pattern to an echo server and checks what comes back.
 *
 *      client A -- pair -- relay (the script) -- pair -- B echo server
 *
 * When the script has ended the wire is clean, and within the time that the timers imply the client must have
 * all its bytes back, or have been told of a failure, unless the script lost so much that one end gave up;
 * then both stacks must be empty.
 */
#include <runnel.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20, TURNS = 6000, STREAM = 20000, PIECE = 700 };
static _Alignas(64) uint8_t memory[2][MEMORY];

struct wire {
    struct rn_dev *ends[2][2]; /* of each pair: the relay's, the stack's */
    struct rn_stack *net[2];
    const uint8_t *script;
    size_t left;
    rn_time now;
    uint8_t held[2][1600]; /* a frame that waits behind the next one */
    uint32_t held_len[2];
    rn_sock client, accepted;
    size_t sent, got, want;
    bool over;
};

static uint8_t fate(struct wire *w)
{
    if (!w->left)
        return 255;
    w->left--;
    return *w->script++;
}

static uint8_t pattern(size_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8));
}

static void make_stack(struct wire *w, int s)
{
    struct rn_options o = {.connections = 8,
                           .half_open = 64,
                           .neighbours = 8,
                           .budget_bytes = 1 << 17,
                           .receive_bytes = 4000,
                           .send_bytes = 3000,
                           .conflict = RN_CONFLICT_OFF};
    struct rn_host host = {.seed = {(uint8_t)(s + 1)}};
    const char *own[] = {"10.0.0.1/24", "10.0.0.2/24"}, *peer[] = {"10.0.0.2", "10.0.0.1"};
    size_t bytes = rn_need(&o);
    int bad;

    assert(bytes && bytes <= MEMORY);
    memset(memory[s], 0, bytes);
    bad = rn_init(&w->net[s], &o, memory[s], bytes, &host, NULL);
    bad |= rn_dev_pair(w->ends[s], &(struct rn_pair_options){.slots = 16, .buffer_bytes = 1536}, NULL);
    bad |= rn_add_device(w->net[s], w->ends[s][1], NULL);
    bad |= rn_add_address(w->net[s], own[s], NULL);
    bad |= rn_add_neighbour(w->net[s], peer[s], "02:00:00:00:00:99", NULL);
    if (bad)
        abort();
}

/* Gives a frame to the stack `to`, under that stack's link address; a full ring loses it. */
static void deliver(struct wire *w, int to, const uint8_t *frame, uint32_t len)
{
    struct rn_dev *dev = w->ends[to][0];
    struct rn_frame slot;

    if (dev->ops->reserve(dev, &slot, 1, w->now) != 1)
        return;
    memcpy(slot.data, frame, len);
    memcpy(slot.data, w->ends[to][1]->mac, 6);
    slot.len = len;
    dev->ops->commit(dev, &slot, 1);
    dev->ops->sync(dev, w->now);
}

static void pass(struct wire *w, int from, const struct rn_frame *f)
{
    uint8_t what = fate(w);
    int to = 1 - from;

    assert(f->len <= sizeof w->held[0]);
    if (what < 40)
        return;
    if (what < 70 && !w->held_len[from]) {
        memcpy(w->held[from], f->data, f->len);
        w->held_len[from] = f->len;
        return;
    }
    deliver(w, to, f->data, f->len);
    if (what < 90)
        deliver(w, to, f->data, f->len);
    if (w->held_len[from])
        deliver(w, to, w->held[from], w->held_len[from]);
    w->held_len[from] = 0;
}

/* What a stack sent meets its fate. Returns how many frames. */
static int relay(struct wire *w, int from)
{
    struct rn_dev *dev = w->ends[from][0];
    struct rn_frame frames[16];
    int n = dev->ops->burst(dev, frames, 16, w->now);

    for (int i = 0; i < n; i++)
        pass(w, from, &frames[i]);
    if (n > 0)
        dev->ops->release(dev, n);
    return n;
}

/* The client sends what it wants to send, and finishes. */
static void client_sends(struct wire *w)
{
    uint8_t piece[PIECE];

    while (w->sent < w->want) {
        size_t n = w->want - w->sent < PIECE ? w->want - w->sent : PIECE;
        ptrdiff_t took;

        for (size_t i = 0; i < n; i++)
            piece[i] = pattern(w->sent + i);
        took = rn_send(w->net[0], w->client, piece, n);
        if (took < 0)
            return;
        w->sent += (size_t)took;
    }
    rn_shutdown(w->net[0], w->client);
}

static void client_reads(struct wire *w)
{
    uint8_t piece[PIECE];
    ptrdiff_t n;

    while ((n = rn_recv(w->net[0], w->client, piece, sizeof piece)) > 0)
        for (ptrdiff_t i = 0; i < n; i++)
            assert(piece[i] == pattern(w->got++));
    if (n == 0) {
        assert(w->got == w->want);
        rn_close(w->net[0], w->client);
        w->over = true;
    }
}

static void client(struct wire *w)
{
    for (struct rn_event ev; rn_next(w->net[0], &ev);) {
        if (ev.mask & RN_FAILED) {
            w->over = true;
            continue;
        }
        if (ev.mask & (RN_CONNECTED | RN_WRITABLE))
            client_sends(w);
        if (ev.mask & RN_READABLE && !w->over)
            client_reads(w);
    }
}

static void server(struct wire *w)
{
    for (struct rn_event ev; rn_next(w->net[1], &ev);) {
        if (ev.mask & RN_ACCEPTED)
            w->accepted = ev.sock;
        if (!(ev.mask & RN_FAILED) && ev.mask & (RN_READABLE | RN_WRITABLE) &&
            rn_splice(w->net[1], ev.sock, ev.sock, RN_ALL) == 0)
            rn_close(w->net[1], ev.sock);
    }
}

/* One turn of both; then the clock goes to the next deadline if nothing moved. */
static void turn(struct wire *w)
{
    rn_time next = RN_FOREVER;
    int moved = 0;

    for (int s = 0; s < 2; s++) {
        rn_time due;

        moved += rn_poll(w->net[s], w->now);
        if (s == 0)
            client(w);
        else
            server(w);
        due = rn_flush(w->net[s], w->now);
        next = due < next ? due : next;
    }
    moved += relay(w, 0) + relay(w, 1);
    if (!moved && next > w->now)
        w->now = next < w->now + 100 * INT64_C(1000000000) ? next : w->now + 100 * INT64_C(1000000000);
    else
        w->now += 1000;
}

/* One end lost so much in a row that R2 ended it; the other, which owes nothing, then waits for ever. */
static bool gave_up(struct wire *w)
{
    struct rn_stats a, b;

    rn_stats(w->net[0], &a);
    rn_stats(w->net[1], &b);
    return a.timed_out + b.timed_out > 0;
}

static void check_empty(struct wire *w)
{
    struct rn_stats stats;

    for (int s = 0; s < 2; s++) {
        rn_stats(w->net[s], &stats);
        for (int i = 0; i < 4; i++) /* connections, half open, TIME-WAIT, bytes */
            assert(stats.use[i].used == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wire wire;
    struct wire *w = &wire;

    memset(w, 0, sizeof *w);
    w->now = 1000000;
    w->script = data;
    w->left = size < 1000 ? size : 1000;
    make_stack(w, 0);
    make_stack(w, 1);
    w->want = (size_t)fate(w) * fate(w) % STREAM;
    if (rn_listen(w->net[1], RN_TCP, "0.0.0.0:7", NULL) < 0)
        abort();
    w->client = rn_connect(w->net[0], RN_TCP, "10.0.0.2:7", NULL, NULL);
    assert(w->client > 0);
    for (int i = 0; i < TURNS && !w->over; i++)
        turn(w);
    if (!w->over) {
        assert(gave_up(w));
        rn_abort(w->net[0], w->client);
    }
    for (int i = 0; i < 400; i++)
        turn(w);
    rn_abort(w->net[1], w->accepted); /* in vain, unless the client gave up */
    for (int i = 0; i < 200; i++)
        turn(w);
    check_empty(w);
    for (int s = 0; s < 2; s++) {
        rn_destroy(w->net[s]);
        w->ends[s][0]->ops->close(w->ends[s][0]);
    }
    return 0;
}
