/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.10.7 as a whole: every state, every set of the six flags, and a sequence and an acknowledgement
 * number from each place where they may lie. What must come of it is worked out here from the RFC's text
 * alone (with RFC 5961, and RFC 1337 for TIME-WAIT), a question a line. The segments carry no bytes.
 *
 *      place      OLD (one before RCV.NXT), NEXT (RCV.NXT), INSIDE the window, BEYOND it
 *      ack        ANCIENT (far behind all windows), UNA (SND.UNA), NXT (SND.NXT), UNSENT (one more)
 */
#include "trace.h"

#include <stdio.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, SETS = 64 };
enum place { OLD, NEXT, INSIDE, BEYOND, PLACES };
enum number { ANCIENT, UNA, NXT, UNSENT, NUMBERS };

/* One answer at most, and what is left of the connection. */
enum answer { SILENCE, BARE_ACK, RESET, SYN_ACK };
enum left { GONE, THERE, WAITS };

struct attempt {
    enum trace_state state;
    bool both_opened; /* SYN-RECEIVED, by a SYN of our own that crossed the peer's */
    unsigned flags;
    enum place place;
    enum number ack;
};

struct outcome {
    enum answer answer;
    enum left left;
};

#define COMES_TO(a, l) ((struct outcome){a, l})

/* ---- what the RFC says --------------------------------------------------------------------------------- */

/* 3.10.7.1 */
static struct outcome closed(const struct attempt *a)
{
    return COMES_TO(a->flags & RST ? SILENCE : RESET, GONE);
}

/* 3.10.7.2 */
static struct outcome listening(const struct attempt *a)
{
    if (a->flags & RST)
        return COMES_TO(SILENCE, GONE);
    if (a->flags & ACK)
        return COMES_TO(RESET, GONE);
    return a->flags & SYN ? COMES_TO(SYN_ACK, THERE) : COMES_TO(SILENCE, GONE);
}

/* 3.10.7.3 */
static struct outcome connecting(const struct attempt *a)
{
    bool right = a->flags & ACK && a->ack == NXT;

    if (a->flags & ACK && !right)
        return COMES_TO(a->flags & RST ? SILENCE : RESET, THERE);
    if (a->flags & RST)
        return COMES_TO(SILENCE, right ? GONE : THERE);
    if (!(a->flags & SYN))
        return COMES_TO(SILENCE, THERE);
    return COMES_TO(right ? BARE_ACK : SYN_ACK, THERE);
}

static bool peer_has_finished(const struct attempt *a)
{
    return a->state == CLOSE_WAIT || a->state == CLOSING || a->state == LAST_ACK || a->state == TIME_WAIT;
}

/* Fifth and eighth of 3.10.7.4: an acknowledgement of our SYN or FIN, and the peer's FIN. */
static struct outcome acknowledged(const struct attempt *a)
{
    bool newly = a->ack == NXT, taken = a->flags & FIN && !peer_has_finished(a);

    if (a->state == LAST_ACK && newly)
        return COMES_TO(SILENCE, GONE);
    if (a->state == CLOSING && newly)
        return COMES_TO(SILENCE, WAITS);
    if (taken && a->place == NEXT && (a->state == FIN_WAIT_2 || (a->state == FIN_WAIT_1 && newly)))
        return COMES_TO(BARE_ACK, WAITS);
    return COMES_TO(taken ? BARE_ACK : SILENCE, THERE); /* one that comes early has to be told of, too */
}

/* 3.10.7.4, TIME-WAIT apart */
static struct outcome synchronized(const struct attempt *a)
{
    bool half_open = a->state == SYN_RECEIVED, right;

    if (half_open && a->place == OLD && (a->flags & (SYN | ACK)) == (a->both_opened ? SYN | ACK : SYN)) {
        if (!a->both_opened)
            return COMES_TO(SYN_ACK, THERE);                     /* our answer was lost, or is late */
        return COMES_TO(a->ack == NXT ? SILENCE : RESET, THERE); /* 3.5, figure 8: our SYN is acknowledged */
    }
    if (a->place == OLD || a->place == BEYOND)
        return COMES_TO(a->flags & RST ? SILENCE : BARE_ACK, THERE);
    if (a->flags & RST)
        return a->place == NEXT ? COMES_TO(SILENCE, GONE) : COMES_TO(BARE_ACK, THERE);
    if (a->flags & SYN)
        return COMES_TO(BARE_ACK, THERE);
    if (!(a->flags & ACK))
        return COMES_TO(SILENCE, THERE);
    right = half_open ? a->ack == NXT : a->ack == UNA || a->ack == NXT;
    if (!right)
        return COMES_TO(half_open ? RESET : BARE_ACK, THERE);
    return acknowledged(a);
}

/* TIME-WAIT: no RST ends it (RFC 1337), a newer SYN does (MAY-2), and what takes no room is not answered, so
 * that no two ends ever answer each other's answers. */
static struct outcome waiting(const struct attempt *a)
{
    if (a->flags & RST)
        return COMES_TO(SILENCE, WAITS);
    if ((a->flags & (SYN | ACK)) == SYN && a->place != OLD)
        return COMES_TO(SYN_ACK, THERE);
    return COMES_TO(a->flags & (SYN | FIN) ? BARE_ACK : SILENCE, WAITS);
}

static struct outcome expected(const struct attempt *a)
{
    bool nonsense = a->flags & SYN && a->flags & (FIN | RST); /* dropped before anything else is asked */

    if (nonsense)
        return COMES_TO(SILENCE, a->state <= LISTEN ? GONE : a->state == TIME_WAIT ? WAITS : THERE);
    switch (a->state) {
    case CLOSED: return closed(a);
    case LISTEN: return listening(a);
    case SYN_SENT: return connecting(a);
    case TIME_WAIT: return waiting(a);
    default: return synchronized(a);
    }
}

/* ---- what the stack does ------------------------------------------------------------------------------- */

static void bring_about(const struct attempt *a, uint16_t turn)
{
    if (a->state == SYN_SENT || a->both_opened) {
        app_connect_from((uint16_t)(ACTIVE_PORT + turn));
        out("S 0:0 <mss link,wscale 0>");
        if (a->both_opened) {
            in("S 0:0 <mss link>");
            out("S. 0:0 ack 1 <mss link>");
        }
        return;
    }
    trace_flow((uint16_t)(PEER_PORT + turn), LOCAL_PORT);
    if (a->state > LISTEN)
        reach_again(a->state);
    else
        trace_count_from(0);
}

/* Our numbers, and the peer's, in that state. */
static unsigned ack_number(const struct attempt *a)
{
    bool syn_out = a->state == SYN_SENT || a->state == SYN_RECEIVED;
    bool fin_out = a->state == FIN_WAIT_1 || a->state == CLOSING || a->state == LAST_ACK;
    unsigned una = syn_out ? 0 : a->state == FIN_WAIT_2 || a->state == TIME_WAIT ? 2 : 1;
    unsigned nxt = una + (syn_out || fin_out ? 1 : 0);

    return a->ack == ANCIENT ? una - 200000 : a->ack == UNA ? una : a->ack == NXT ? nxt : nxt + 1;
}

static unsigned seq_number(const struct attempt *a)
{
    static const unsigned from_next[PLACES] = {[INSIDE] = 100, [BEYOND] = 100000};
    unsigned next = peer_has_finished(a) ? 2 : 1;

    return a->place == OLD ? next - 1 : next + from_next[a->place];
}

static enum answer answered(void)
{
    size_t len;
    const uint8_t *frame = trace_taken(&len);
    unsigned flags = frame ? frame[14 + ip_len() + 13] : 0;

    quiet(); /* never more than one */
    return !frame ? SILENCE : flags & RST ? RESET : flags & SYN ? SYN_ACK : BARE_ACK;
}

/* An ACK far outside is answered by who is there, reset where nobody is, and not seen by who waits. SYN-SENT
 * resets whatever does not acknowledge its SYN, and is asked by its name. */
static enum left what_is_left(const struct attempt *a)
{
    struct rn_info info = {0};

    if (a->state == SYN_SENT && rn_info(trace_net(), trace_sock(), &info) == 0 &&
        rn_state_name(info.state)[0] == 'S')
        return THERE;
    advance(600); /* it may have challenged us just now */
    trace_skip();
    in(". 1000000:1000000 ack 3");
    switch (answered()) {
    case BARE_ACK: return THERE;
    case RESET: return GONE;
    default: return WAITS;
    }
}

static void clean_up(void)
{
    struct rn_event ev;

    rn_abort(trace_net(), trace_sock());
    while (rn_next(trace_net(), &ev))
        rn_abort(trace_net(), ev.sock);
    advance(0);
    trace_skip();
}

static void attempt(const struct attempt *a, uint16_t turn)
{
    static const char letters[] = "FSRP.U";
    struct outcome want = expected(a);
    unsigned seq = seq_number(a);
    char flags[8], ack[24] = "";
    enum answer answer;
    enum left left;
    int n = 0;

    for (int i = 0; letters[i]; i++)
        if (a->flags >> i & 1)
            flags[n++] = letters[i];
    flags[n] = 0;
    if (n == 0)
        return; /* no flag at all has no word in a trace */
    bring_about(a, turn);
    if (a->flags & ACK)
        snprintf(ack, sizeof ack, " ack %u", ack_number(a));
    in("%s %u:%u%s", flags, seq, seq, ack);
    answer = answered();
    left = what_is_left(a);
    if (answer != want.answer || left != want.left)
        fail_msg("state %d%s, %s %u%s: answer %d where %d, left %d where %d", a->state,
                 a->both_opened ? " by both" : "", flags, seq, ack, answer, want.answer, left, want.left);
    clean_up();
}

static void in_state(enum trace_state state, bool both_opened)
{
    struct attempt a = {.state = state, .both_opened = both_opened};

    for (a.flags = 0; a.flags < SETS; a.flags++) {
        uint16_t turn = 0;

        if (state != CLOSED)
            app_listen();
        for (a.place = OLD; a.place < PLACES; a.place++)
            for (a.ack = ANCIENT; a.ack < NUMBERS; a.ack++)
                attempt(&a, turn++);
        trace_fresh();
    }
}

static void every_segment_in_closed(void)
{
    in_state(CLOSED, false);
}

static void every_segment_in_listen(void)
{
    in_state(LISTEN, false);
}

static void every_segment_in_syn_sent(void)
{
    in_state(SYN_SENT, false);
}

static void every_segment_in_syn_received(void)
{
    in_state(SYN_RECEIVED, false);
}

static void every_segment_in_syn_received_by_both(void)
{
    in_state(SYN_RECEIVED, true);
}

static void every_segment_in_established(void)
{
    in_state(ESTABLISHED, false);
}

static void every_segment_in_fin_wait_1(void)
{
    in_state(FIN_WAIT_1, false);
}

static void every_segment_in_fin_wait_2(void)
{
    in_state(FIN_WAIT_2, false);
}

static void every_segment_in_close_wait(void)
{
    in_state(CLOSE_WAIT, false);
}

static void every_segment_in_closing(void)
{
    in_state(CLOSING, false);
}

static void every_segment_in_last_ack(void)
{
    in_state(LAST_ACK, false);
}

static void every_segment_in_time_wait(void)
{
    in_state(TIME_WAIT, false);
}

static const struct trace_test tests[] = {
    TRACE(every_segment_in_closed),
    TRACE(every_segment_in_listen),
    TRACE(every_segment_in_syn_sent),
    TRACE(every_segment_in_syn_received),
    TRACE(every_segment_in_syn_received_by_both),
    TRACE(every_segment_in_established),
    TRACE(every_segment_in_fin_wait_1),
    TRACE(every_segment_in_fin_wait_2),
    TRACE(every_segment_in_close_wait),
    TRACE(every_segment_in_closing),
    TRACE(every_segment_in_last_ack),
    TRACE(every_segment_in_time_wait),
};

TRACE_MAIN("states", tests)
