/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every call in every state of a socket. Each attempt has a stack of its own, brings a socket into the state
 * by traffic, makes one call, and puts into words what came of it: the result, whether the number is stale,
 * which states were entered, what was sent at once, which event followed. These words are compared with the
 * table below, which `calls_test --table` prints as the first part of docs/calls.md; addresses_test.c has the
 * rest.
 */
#include "trace.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where a socket can be ----------------------------------------------------------------------------- */

enum place {
    AT_LISTEN,
    AT_SYN_SENT,
    AT_SYN_RECEIVED,
    AT_ESTABLISHED,
    AT_UNREAD,
    AT_FULL,
    AT_FIN_WAIT_1,
    AT_FIN_WAIT_2,
    AT_END_UNREAD,
    AT_END_READ,
    AT_CLOSING,
    AT_LAST_ACK,
    AT_TIME_WAIT,
    AT_CLOSED,
    AT_FAILED,
    AT_NOBODY,
    PLACES
};

static const struct {
    const char *name, *meaning;
    enum trace_state by; /* the state of the harness that is on the way */
} places[PLACES] = {
    [AT_LISTEN] = {"listener", "a listener", LISTEN},
    [AT_SYN_SENT] = {"SYN-SENT", "the SYN has been sent", SYN_SENT},
    [AT_SYN_RECEIVED] = {"SYN-RECEIVED", "both ends opened at once", SYN_RECEIVED},
    [AT_ESTABLISHED] = {"ESTABLISHED", "nothing is unread, nothing queued", ESTABLISHED},
    [AT_UNREAD] = {"unread", "ESTABLISHED, and 100 bytes are unread", ESTABLISHED},
    [AT_FULL] = {"full", "ESTABLISHED, and the send buffer is full with 100,000 bytes", ESTABLISHED},
    [AT_FIN_WAIT_1] = {"FIN-WAIT-1", "after rn_shutdown", FIN_WAIT_1},
    [AT_FIN_WAIT_2] = {"FIN-WAIT-2", "the peer has acknowledged our FIN", FIN_WAIT_2},
    [AT_END_UNREAD] = {"CLOSE-WAIT", "the peer has finished; 100 bytes and the end are unread", ESTABLISHED},
    [AT_END_READ] = {"end read", "CLOSE-WAIT, and a read has told the end", CLOSE_WAIT},
    [AT_CLOSING] = {"CLOSING", "both FINs crossed; the end is unread", CLOSING},
    [AT_LAST_ACK] = {"LAST-ACK", "the end is read, our FIN has been sent", LAST_ACK},
    [AT_TIME_WAIT] = {"TIME-WAIT", "both have finished, we first; the end is unread", FIN_WAIT_2},
    [AT_CLOSED] = {"closed", "both have finished, and RN_CLOSED waits to be fetched", LAST_ACK},
    [AT_FAILED] = {"failed", "reset by the peer, and RN_FAILED waits to be fetched", ESTABLISHED},
    [AT_NOBODY] = {"no socket", "see below", CLOSED},
};

/* The ways in which a number is no socket. */
enum nobody { STALE, ZERO, NEGATIVE, NEVER_ISSUED, OTHER_GENERATION, STALE_LISTENER, NO_STACK, NOBODIES };

enum { UNREAD = 100, FULL = 100000 };

/* One socket of an attempt; the second, if there is one, uses other ports. */
struct end {
    enum place at;
    rn_sock sock;
    rn_sock live; /* the connection itself, also where sock is a number beside it */
    uint16_t peer_port, local_port;
    uint32_t iss;
};

struct attempt {
    struct rn_stack *net;
    rn_sock sock, other;
    int variant;
    bool mask;    /* the result is of enum rn_mask */
    bool touched; /* an output of a call that failed */
};

static void drain(void)
{
    struct rn_event ev;

    while (rn_next(trace_net(), &ev))
        ;
}

static rn_sock number_of_nobody(enum nobody how)
{
    rn_sock live, listener = trace_listener();

    reach_again(ESTABLISHED);
    live = trace_sock();
    if (how == STALE)
        assert_int_equal(rn_abort(trace_net(), live), 0);
    if (how == STALE_LISTENER)
        trace_close_listener();
    switch (how) {
    case ZERO: return 0;
    case NEGATIVE: return -live;
    case NEVER_ISSUED: return live + 40;
    case OTHER_GENERATION: return live + (INT64_C(1) << 32);
    case STALE_LISTENER: return listener;
    default: return live;
    }
}

/* Up to where traffic that raises no last event leads; nothing is left to be told. */
static void set_out(struct end *e, enum place at, int number, enum nobody how)
{
    bool active = at == AT_SYN_SENT || at == AT_SYN_RECEIVED;

    e->at = at;
    e->peer_port = (uint16_t)(active ? PEER_PORT : PEER_PORT + number);
    e->local_port = (uint16_t)(active ? ACTIVE_PORT + number : LOCAL_PORT);
    trace_flow(e->peer_port, e->local_port);
    if (!active && !trace_listener())
        app_listen();
    if (at == AT_NOBODY) {
        e->sock = number_of_nobody(how);
    } else if (at == AT_LISTEN) {
        e->sock = trace_listener();
        e->live = 0;
        return;
    } else if (active) {
        app_connect_from(e->local_port);
        out("S 0:0 <mss link,wscale 0>");
    } else {
        reach_again(places[at].by);
    }
    if (at == AT_SYN_RECEIVED)
        in("S 0:0 <mss link>");
    if (at == AT_UNREAD)
        in("P. 1:%d ack 1", 1 + UNREAD);
    if (at == AT_END_UNREAD)
        in("FP. 1:%d ack 1", 1 + UNREAD);
    if (at == AT_FULL)
        app_send(FULL);
    if (at == AT_TIME_WAIT)
        in("F. 1:1 ack 2");
    e->live = trace_sock();
    if (at != AT_NOBODY)
        e->sock = e->live;
    e->iss = trace_iss();
    advance(100); /* for a delayed acknowledgement; before the first retransmission */
    trace_skip();
    drain();
}

/* The rest of the way, at the end of which the last event waits. */
static void arrive(const struct end *e)
{
    if (e->at != AT_CLOSED && e->at != AT_FAILED)
        return;
    trace_flow(e->peer_port, e->local_port);
    trace_count_from(e->iss);
    if (e->at == AT_CLOSED)
        in(". 2:2 ack 2");
    else
        in("R 1:1");
}

/* ---- what came of it, in words --------------------------------------------------------------------------
 */

static void say_states(struct words *w, const struct rn_stats *before)
{
    struct rn_stats now;

    rn_stats(trace_net(), &now);
    for (int i = 0; i < RN_STATES; i++)
        if (now.entered[i] != before->entered[i])
            words_say(w, " %s", rn_state_name(i));
}

/* Each kind of segment once, however many there are in a row. */
static void say_segments(struct words *w)
{
    enum { FIN = 1, SYN = 2, RST = 4, URG = 32, ETHERNET = 14, FLAGS = 13, OFFSET = 12 };
    char last[32] = "";
    const uint8_t *frame;
    size_t len;

    while ((frame = trace_taken(&len)) != NULL) {
        const uint8_t *tcp = frame + ETHERNET + ip_len();
        bool bytes = len > ETHERNET + ip_len() + (tcp[OFFSET] >> 4) * 4u;
        unsigned flags = tcp[FLAGS];
        char kind[32];

        snprintf(kind, sizeof kind, "%s%s%s%s%s", flags & SYN ? "SYN " : "", flags & URG ? "URG " : "",
                 bytes ? "data " : "", flags & FIN ? "FIN " : "", flags & RST ? "RST " : "");
        if (!kind[0])
            strcpy(kind, "ACK ");
        kind[strlen(kind) - 1] = 0;
        if (strcmp(kind, last) != 0)
            words_say(w, " [%s]", kind);
        strcpy(last, kind);
    }
}

/* The last event that waited before the call, for as long as the number is not stale; what else there is. */
static void say_events(struct words *w, const struct attempt *t, const struct end ends[2],
                       const bool stale[2])
{
    uint32_t got[2] = {0, 0}, waits;
    struct rn_event ev;

    while (rn_next(trace_net(), &ev))
        got[ev.sock == t->other && t->other != t->sock] |= ev.mask;
    for (int i = 0; i < 2; i++) {
        waits = ends[i].at == AT_CLOSED ? RN_CLOSED : ends[i].at == AT_FAILED ? RN_FAILED : 0;
        if (waits && (got[i] & waits) != (stale[i] ? 0 : waits))
            words_say(w, stale[i] ? " told!" : " untold!");
        got[i] &= ~waits;
        if (got[i])
            words_say(w, i ? " other +" : " +");
        words_mask(w, got[i]);
    }
}

/* ---- the calls ------------------------------------------------------------------------------------------
 */

static uint8_t memory[FULL + 1];

static const size_t large[] = {UINT32_C(1) << 31, SIZE_MAX};

static ptrdiff_t recv_1(struct attempt *t)
{
    ptrdiff_t n;

    memory[0] = 0xee;
    n = rn_recv(t->net, t->sock, memory, 1);
    t->touched = n <= 0 && memory[0] != 0xee;
    return n;
}

static ptrdiff_t recv_0(struct attempt *t)
{
    return rn_recv(t->net, t->sock, t->variant ? NULL : memory, 0);
}

static ptrdiff_t recv_large(struct attempt *t)
{
    return rn_recv(t->net, t->sock, memory, large[t->variant]);
}

static ptrdiff_t recv_null(struct attempt *t)
{
    return rn_recv(t->net, t->sock, NULL, 1);
}

static ptrdiff_t peek(struct attempt *t)
{
    const void *at = memory;
    ptrdiff_t n = rn_peek(t->net, t->sock, &at);

    t->touched = (n > 0) != (at != memory);
    return n;
}

static ptrdiff_t peek_null(struct attempt *t)
{
    return rn_peek(t->net, t->sock, NULL);
}

static ptrdiff_t consume_1(struct attempt *t)
{
    return rn_consume(t->net, t->sock, 1);
}

static ptrdiff_t consume_0(struct attempt *t)
{
    return rn_consume(t->net, t->sock, 0);
}

static ptrdiff_t consume_large(struct attempt *t)
{
    return rn_consume(t->net, t->sock, large[t->variant]);
}

static ptrdiff_t send_1(struct attempt *t)
{
    return rn_send(t->net, t->sock, memory, 1);
}

static ptrdiff_t send_0(struct attempt *t)
{
    return rn_send(t->net, t->sock, t->variant ? NULL : memory, 0);
}

static ptrdiff_t send_large(struct attempt *t)
{
    return rn_send(t->net, t->sock, memory, large[t->variant]);
}

static ptrdiff_t send_null(struct attempt *t)
{
    return rn_send(t->net, t->sock, NULL, 1);
}

static ptrdiff_t reserve(struct attempt *t, size_t len)
{
    void *room = memory;
    ptrdiff_t n = rn_reserve(t->net, t->sock, len, &room);

    t->touched = (n > 0) != (room != memory);
    if (n > 0)
        memset(room, 0, (size_t)n);
    return n;
}

static ptrdiff_t reserve_1(struct attempt *t)
{
    return reserve(t, 1);
}

static ptrdiff_t reserve_0(struct attempt *t)
{
    return reserve(t, 0);
}

/* How much lies together is the queue's affair: a chunk at most. */
static ptrdiff_t reserve_large(struct attempt *t)
{
    return reserve(t, large[t->variant]);
}

static ptrdiff_t reserve_null(struct attempt *t)
{
    return rn_reserve(t->net, t->sock, 1, NULL);
}

static ptrdiff_t commit_0(struct attempt *t)
{
    return rn_commit(t->net, t->sock, 0);
}

static ptrdiff_t commit_unreserved(struct attempt *t)
{
    return rn_commit(t->net, t->sock, t->variant ? large[t->variant - 1] : 1);
}

static ptrdiff_t commit_reserved(struct attempt *t)
{
    reserve(t, 10);
    return rn_commit(t->net, t->sock, 10);
}

static ptrdiff_t commit_too_much(struct attempt *t)
{
    reserve(t, 10);
    return rn_commit(t->net, t->sock, t->variant ? large[t->variant - 1] : 11);
}

static ptrdiff_t commit_after_shutdown(struct attempt *t)
{
    reserve(t, 10);
    rn_shutdown(t->net, t->sock);
    return rn_commit(t->net, t->sock, 10);
}

static ptrdiff_t send_ref_1(struct attempt *t)
{
    return rn_send_ref(t->net, t->sock, memory, 1);
}

static ptrdiff_t send_ref_full(struct attempt *t)
{
    return rn_send_ref(t->net, t->sock, memory, FULL);
}

static ptrdiff_t send_ref_0(struct attempt *t)
{
    return rn_send_ref(t->net, t->sock, t->variant ? NULL : memory, (size_t)(t->variant == 2));
}

static ptrdiff_t send_ref_large(struct attempt *t)
{
    return rn_send_ref(t->net, t->sock, memory, t->variant ? large[t->variant - 1] : FULL + 1);
}

static ptrdiff_t urgent_1(struct attempt *t)
{
    return rn_send_urgent(t->net, t->sock, memory, 1);
}

static ptrdiff_t urgent_0(struct attempt *t)
{
    return rn_send_urgent(t->net, t->sock, t->variant ? NULL : memory, 0);
}

static ptrdiff_t urgent_large(struct attempt *t)
{
    return rn_send_urgent(t->net, t->sock, memory, large[t->variant]);
}

static ptrdiff_t urgent_null(struct attempt *t)
{
    return rn_send_urgent(t->net, t->sock, NULL, 1);
}

static ptrdiff_t urgent(struct attempt *t)
{
    return rn_urgent(t->net, t->sock);
}

static ptrdiff_t splice_itself(struct attempt *t)
{
    return rn_splice(t->net, t->sock, t->sock, t->variant ? large[t->variant - 1] : UNREAD);
}

static ptrdiff_t splice_itself_0(struct attempt *t)
{
    return rn_splice(t->net, t->sock, t->sock, 0);
}

static ptrdiff_t splice_to(struct attempt *t)
{
    return rn_splice(t->net, t->sock, t->other, RN_ALL);
}

static ptrdiff_t splice_to_0(struct attempt *t)
{
    return rn_splice(t->net, t->sock, t->other, 0);
}

static ptrdiff_t shut_down(struct attempt *t)
{
    return rn_shutdown(t->net, t->sock);
}

static ptrdiff_t shut_down_twice(struct attempt *t)
{
    rn_shutdown(t->net, t->sock);
    return rn_shutdown(t->net, t->sock);
}

static ptrdiff_t close_it(struct attempt *t)
{
    return rn_close(t->net, t->sock);
}

static ptrdiff_t close_twice(struct attempt *t)
{
    rn_close(t->net, t->sock);
    return rn_close(t->net, t->sock);
}

static ptrdiff_t abort_it(struct attempt *t)
{
    return rn_abort(t->net, t->sock);
}

static ptrdiff_t ready(struct attempt *t)
{
    t->mask = true;
    return rn_ready(t->net, t->sock);
}

static ptrdiff_t set_user(struct attempt *t)
{
    return rn_set_user(t->net, t->sock, t->variant ? memory : NULL);
}

static ptrdiff_t get_settings(struct attempt *t)
{
    struct rn_settings s = {.ttl = 200};
    int rc = rn_get_settings(t->net, t->sock, &s);

    t->touched = s.ttl != (rc ? 200 : 64);
    return rc;
}

static ptrdiff_t get_settings_null(struct attempt *t)
{
    return rn_get_settings(t->net, t->sock, NULL);
}

static const struct rn_settings good = {.congestion = "newreno",
                                        .keep_idle = 7200 * INT64_C(1000000000),
                                        .keep_interval = 75 * INT64_C(1000000000),
                                        .keep_count = 9,
                                        .r1 = 3,
                                        .syn_retries = 7,
                                        .data_retries = 15,
                                        .ttl = 64};

static ptrdiff_t set_settings(struct attempt *t)
{
    return rn_set_settings(t->net, t->sock, &good);
}

enum { BAD_FIELDS = 17 };

static ptrdiff_t set_settings_bad(struct attempt *t)
{
    struct rn_settings bad[BAD_FIELDS];

    for (int i = 0; i < BAD_FIELDS; i++)
        bad[i] = good;
    bad[0].congestion = NULL;
    bad[1].congestion = "";
    bad[2].keep_idle = 999999999;
    bad[3].keep_interval = 24 * 3600 * INT64_C(1000000000) + 1;
    bad[4].user_timeout = -1;
    bad[5].linger = 999999;
    bad[6].keep_alive = 2;
    bad[7].keep_count = 0;
    bad[8].r1 = 0;
    bad[9].syn_retries = 0;
    bad[10].data_retries = 0;
    bad[11].ttl = 0;
    bad[12].dscp = 64;
    bad[13].no_delay = 2;
    bad[14].no_delayed_ack = 255;
    bad[15].ecn = 2;
    bad[16].soft_errors = 2;
    return rn_set_settings(t->net, t->sock, &bad[t->variant]);
}

static ptrdiff_t set_settings_null(struct attempt *t)
{
    return rn_set_settings(t->net, t->sock, NULL);
}

static ptrdiff_t info(struct attempt *t)
{
    struct rn_info i = {.state = 99};
    int rc = rn_info(t->net, t->sock, &i);

    t->touched = rc ? i.state != 99 : i.state > RN_STATES || !i.congestion || !i.limited_by || !i.local[0];
    return rc;
}

static ptrdiff_t info_null(struct attempt *t)
{
    return rn_info(t->net, t->sock, NULL);
}

/* ---- the table ------------------------------------------------------------------------------------------
 */

#define TO(place) (1u << (place))

struct row {
    const char *call;
    ptrdiff_t (*make)(struct attempt *t);
    int variants;      /* ways to make it that come to the same */
    unsigned others;   /* TO(): the places of a second socket, which come to the same; 0: there is none */
    const char *cells; /* what comes of it, in the order of enum place */
};

/* clang-format off */
static const struct row rows[] = {
    {"rn_recv, 1 byte", recv_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 1 | -EAGAIN | -EAGAIN | -EAGAIN | 1 | 0 | 0 | 0 | "
     "0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_recv, 0 bytes, also into NULL", recv_0, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -ECONNRESET | "
     "-EBADF"},
    {"rn_recv, 2^31 bytes or SIZE_MAX", recv_large, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 100 | -EAGAIN | -EAGAIN | -EAGAIN | 100 +READABLE | "
     "0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_recv, 1 byte into NULL", recv_null, 1, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_peek", peek, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 100 | -EAGAIN | -EAGAIN | -EAGAIN | 100 | 0 | 0 | "
     "0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_peek into NULL", peek_null, 1, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_consume, 1 byte", consume_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 1 | -EAGAIN | -EAGAIN | -EAGAIN | 1 | 0 | 0 | 0 | "
     "0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_consume, 0 bytes", consume_0, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -ECONNRESET | "
     "-EBADF"},
    {"rn_consume, 2^31 bytes or SIZE_MAX", consume_large, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 100 | -EAGAIN | -EAGAIN | -EAGAIN | 100 +READABLE | "
     "0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_send, 1 byte", send_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 1 [data] | 1 [data] | -EAGAIN | -EPIPE | -EPIPE | 1 [data] | "
     "1 [data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send, 0 bytes, also from NULL", send_0, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | -EPIPE | -EPIPE | 0 | 0 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send, 2^31 bytes or SIZE_MAX", send_large, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 100000 [data] | 100000 [data] | -EAGAIN | -EPIPE | -EPIPE | "
     "100000 [data] | 100000 [data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send, 1 byte from NULL", send_null, 1, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_reserve, 1 byte", reserve_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 1 | 1 | -EAGAIN | -EPIPE | -EPIPE | 1 | 1 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_reserve, 0 bytes", reserve_0, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | -EPIPE | -EPIPE | 0 | 0 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_reserve, 2^31 bytes or SIZE_MAX", reserve_large, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 2032 | 2032 | -EAGAIN | -EPIPE | -EPIPE | 2032 | 2032 | "
     "-EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_reserve into NULL", reserve_null, 1, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_commit, 0 bytes, nothing reserved", commit_0, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | -EPIPE | -EPIPE | 0 | 0 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_commit, 1, 2^31 or SIZE_MAX bytes, nothing reserved", commit_unreserved, 3, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EPIPE | -EPIPE | -EINVAL | "
     "-EINVAL | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_commit, 10 bytes of 10", commit_reserved, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 10 [data] | 10 [data] | -EINVAL | -EPIPE | -EPIPE | "
     "10 [data] | 10 [data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_commit, 11, 2^31 or SIZE_MAX bytes of 10", commit_too_much, 3, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EPIPE | -EPIPE | -EINVAL | "
     "-EINVAL | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_commit, 10 bytes of 10 after rn_shutdown", commit_after_shutdown, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EPIPE FIN-WAIT-1 [FIN] | -EPIPE FIN-WAIT-1 [FIN] | "
     "-EPIPE FIN-WAIT-1 | -EPIPE | -EPIPE | -EPIPE LAST-ACK [FIN] | -EPIPE LAST-ACK [FIN] | -EPIPE | "
     "-EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send_ref, 1 byte", send_ref_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 [data] | 0 [data] | -EAGAIN | -EPIPE | -EPIPE | 0 [data] | "
     "0 [data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send_ref, 100,000 bytes", send_ref_full, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 [data] | 0 [data] | -EAGAIN | -EPIPE | -EPIPE | 0 [data] | "
     "0 [data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send_ref, 0 bytes or NULL", send_ref_0, 3, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_send_ref, 100,001 bytes, 2^31 or SIZE_MAX", send_ref_large, 3, 0,
     "-ENOTCONN | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | "
     "-EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EBADF"},
    {"rn_send_urgent, 1 byte", urgent_1, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 1 [URG data] | 1 [URG data] | -EAGAIN | -EPIPE | -EPIPE | "
     "1 [URG data] | 1 [URG data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send_urgent, 0 bytes, also from NULL", urgent_0, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | -EPIPE | -EPIPE | 0 | 0 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_send_urgent, 2^31 bytes or SIZE_MAX", urgent_large, 2, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 100000 [URG data] | 100000 [URG data] | -EAGAIN | -EPIPE | "
     "-EPIPE | 100000 [URG data] | 100000 [URG data] | -EPIPE | -EPIPE | -EPIPE | -EPIPE | "
     "-ECONNRESET | -EBADF"},
    {"rn_send_urgent, 1 byte from NULL", urgent_null, 1, 0,
     "-ENOTCONN | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_urgent", urgent, 1, 0,
     "-ENOTCONN | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -EBADF"},
    {"rn_splice to itself, 100 bytes, 2^31 or RN_ALL", splice_itself, 3, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 100 [data] | -EAGAIN | -EAGAIN | -EAGAIN | "
     "100 [data] +READABLE | 0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to itself, 0 bytes", splice_itself_0, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | -EPIPE | -EPIPE | 0 | 0 | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_splice to a listener", splice_to, 1, TO(AT_LISTEN),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | "
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -ENOTCONN | -EBADF"},
    {"rn_splice to SYN-SENT or SYN-RECEIVED", splice_to, 1, TO(AT_SYN_SENT) | TO(AT_SYN_RECEIVED),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | -ENOTCONN | -EAGAIN | -EAGAIN | -EAGAIN | "
     "-ENOTCONN | 0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to ESTABLISHED or CLOSE-WAIT", splice_to, 1,
     TO(AT_ESTABLISHED) | TO(AT_UNREAD) | TO(AT_END_UNREAD) | TO(AT_END_READ),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | 100 [data] | -EAGAIN | -EAGAIN | -EAGAIN | "
     "100 [data] +READABLE | 0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to a full one", splice_to, 1, TO(AT_FULL),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | -EAGAIN | -EAGAIN | -EAGAIN | -EAGAIN | -EAGAIN | "
     "0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to FIN-WAIT, CLOSING, LAST-ACK, TIME-WAIT or closed", splice_to, 1,
     TO(AT_FIN_WAIT_1) | TO(AT_FIN_WAIT_2) | TO(AT_CLOSING) |
         TO(AT_LAST_ACK) | TO(AT_TIME_WAIT) | TO(AT_CLOSED),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | -EPIPE | -EAGAIN | -EAGAIN | -EAGAIN | -EPIPE | 0 | "
     "0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to a failed one", splice_to, 1, TO(AT_FAILED),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EAGAIN | -ECONNRESET | -EAGAIN | -EAGAIN | -EAGAIN | "
     "-ECONNRESET | 0 | 0 | 0 | 0 +CLOSED | 0 | -ECONNRESET | -EBADF"},
    {"rn_splice to no socket", splice_to, 1, TO(AT_NOBODY),
     "-ENOTCONN | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF | "
     "-EBADF | -EBADF | -EBADF | -EBADF | -EBADF | -EBADF"},
    {"rn_splice of 0 bytes to ESTABLISHED", splice_to_0, 1, TO(AT_ESTABLISHED),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -ECONNRESET | "
     "-EBADF"},
    {"rn_splice of 0 bytes to FIN-WAIT-1", splice_to_0, 1, TO(AT_FIN_WAIT_1),
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -EPIPE | "
     "-EPIPE | -EPIPE | -EPIPE | -EPIPE | -EPIPE | -ECONNRESET | -EBADF"},
    {"rn_shutdown", shut_down, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 FIN-WAIT-1 [FIN] | 0 FIN-WAIT-1 [FIN] | 0 FIN-WAIT-1 | 0 | "
     "0 | 0 LAST-ACK [FIN] | 0 LAST-ACK [FIN] | 0 | 0 | 0 | 0 | -ENOTCONN | -EBADF"},
    {"rn_shutdown again", shut_down_twice, 1, 0,
     "-ENOTCONN | -ENOTCONN | -ENOTCONN | 0 FIN-WAIT-1 [FIN] | 0 FIN-WAIT-1 [FIN] | 0 FIN-WAIT-1 | 0 | "
     "0 | 0 LAST-ACK [FIN] | 0 LAST-ACK [FIN] | 0 | 0 | 0 | 0 | -ENOTCONN | -EBADF"},
    {"rn_close", close_it, 1, 0,
     "0 stale | 0 stale CLOSED | 0 stale CLOSED [RST] | 0 stale FIN-WAIT-1 [FIN] | "
     "0 stale CLOSED [RST] | 0 stale FIN-WAIT-1 | 0 stale | 0 stale | 0 stale CLOSED [RST] | "
     "0 stale LAST-ACK [FIN] | 0 stale | 0 stale | 0 stale | 0 stale | 0 stale | -EBADF"},
    {"rn_close again", close_twice, 1, 0,
     "-EBADF stale | -EBADF stale CLOSED | -EBADF stale CLOSED [RST] | -EBADF stale FIN-WAIT-1 [FIN] | "
     "-EBADF stale CLOSED [RST] | -EBADF stale FIN-WAIT-1 | -EBADF stale | -EBADF stale | "
     "-EBADF stale CLOSED [RST] | -EBADF stale LAST-ACK [FIN] | -EBADF stale | -EBADF stale | "
     "-EBADF stale | -EBADF stale | -EBADF stale | -EBADF"},
    {"rn_abort", abort_it, 1, 0,
     "0 stale | 0 stale CLOSED | 0 stale CLOSED [RST] | 0 stale CLOSED [RST] | 0 stale CLOSED [RST] | "
     "0 stale CLOSED [RST] | 0 stale CLOSED [RST] | 0 stale CLOSED [RST] | 0 stale CLOSED [RST] | "
     "0 stale CLOSED [RST] | 0 stale CLOSED [RST] | 0 stale CLOSED [RST] | 0 stale | 0 stale | "
     "0 stale | -EBADF"},
    {"rn_ready", ready, 1, 0,
     "-ENOTCONN | 0 | 0 | WRITABLE | READABLE,WRITABLE | 0 | 0 | 0 | READABLE,WRITABLE,PEER_CLOSED | "
     "WRITABLE,PEER_CLOSED | READABLE,PEER_CLOSED | PEER_CLOSED | READABLE,PEER_CLOSED | PEER_CLOSED | "
     "READABLE | -EBADF"},
    {"rn_set_user, also NULL", set_user, 2, 0,
     "-ENOTCONN | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -EBADF"},
    {"rn_get_settings", get_settings, 1, 0,
     "0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -EBADF"},
    {"rn_get_settings into NULL", get_settings_null, 1, 0,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_set_settings", set_settings, 1, 0,
     "0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -EBADF"},
    {"rn_set_settings, any field out of range", set_settings_bad, BAD_FIELDS, 0,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_set_settings, NULL", set_settings_null, 1, 0,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
    {"rn_info", info, 1, 0,
     "0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | -EBADF"},
    {"rn_info into NULL", info_null, 1, 0,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | "
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EBADF"},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- playing --------------------------------------------------------------------------------------------
 */

static bool is_stale(rn_sock sock)
{
    return rn_ready(trace_net(), sock) == -EBADF;
}

/* One attempt, and what came of it. */
static struct words attempt(const struct row *row, enum place at, enum place other, int variant,
                            enum nobody how)
{
    struct attempt t = {.variant = variant};
    struct end ends[2] = {{.at = at}, {.at = AT_NOBODY}};
    struct words w = {.len = 0};
    struct rn_stats before;
    ptrdiff_t result;
    bool stale[2];

    trace_fresh();
    set_out(&ends[0], at, 0, how);
    if (row->others)
        set_out(&ends[1], other, 1, how);
    arrive(&ends[0]);
    if (row->others)
        arrive(&ends[1]);
    t.net = how == NO_STACK ? NULL : trace_net();
    t.sock = ends[0].sock;
    t.other = row->others ? ends[1].sock : t.sock;
    rn_stats(trace_net(), &before);

    result = row->make(&t);

    stale[0] = at != AT_NOBODY && is_stale(t.sock);
    stale[1] = row->others && other != AT_NOBODY && is_stale(t.other);
    words_result(&w, result, t.mask);
    words_say(&w, "%s%s%s", t.touched ? " touched!" : "", stale[0] ? " stale" : "",
              stale[1] ? " other stale" : "");
    advance(0);
    say_states(&w, &before);
    say_segments(&w);
    say_events(&w, &t, ends, stale);
    for (int i = 0; i < 2; i++)
        rn_abort(trace_net(), ends[i].live);
    trace_use(0);
    advance(0);
    trace_skip();
    return w;
}

/* All attempts of a cell come to the same: this. */
static struct words play_cell(const struct row *row, enum place at)
{
    struct words first = {.len = 0};

    for (int other = 0; other < PLACES; other++) {
        /* Without a stack, or its listener, there is no first socket either. */
        int ways = at == AT_NOBODY ? NOBODIES : row->others && other == AT_NOBODY ? STALE_LISTENER : 1;

        if (row->others ? !(row->others & TO(other)) : other > 0)
            continue;
        for (int variant = 0; variant < row->variants; variant++)
            for (int how = 0; how < ways; how++) {
                struct words w = attempt(row, at, (enum place)other, variant, (enum nobody)how);

                if (!first.len)
                    first = w;
                if (strcmp(w.text, first.text) == 0)
                    continue;
                print_error("%s, %s, other %s, variant %d, nobody %d: %s\n    else: %s\n", row->call,
                            places[at].name, places[other].name, variant, how, w.text, first.text);
                fail();
            }
    }
    return first;
}

static void every_call_in_every_state(const void *with)
{
    const struct row *row = with;
    char all[2000] = "";

    for (int at = 0; at < PLACES; at++) {
        if (at > 0)
            strcat(all, " | ");
        strcat(all, play_cell(row, (enum place)at).text);
    }
    if (strcmp(all, row->cells) == 0)
        return;
    print_error("%s\n    came to: %s\n", row->call, all);
    print_error("    wanted:  %s\n", row->cells);
    fail();
}

static void a_listener_tells_of_itself(void)
{
    struct rn_info i;

    reach(LISTEN);
    memset(&i, 1, sizeof i);
    assert_int_equal(rn_info(trace_net(), trace_listener(), &i), 0);
    assert_string_equal(i.local, v6() ? "[fd00::7]:7" : "10.0.0.7:7");
    assert_string_equal(i.peer, "");
    assert_string_equal(rn_state_name(i.state), "LISTEN");
    assert_string_equal(i.congestion, "newreno");
    assert_string_equal(i.limited_by, "");
    assert_int_equal(i.unread, 0);
    assert_int_equal(i.wscale_received, 0);
}

/* ---- the document ---------------------------------------------------------------------------------------
 */

static void print_legend(void)
{
    puts(
        "# Every call in every state\n\n"
        "Written by `make calls` from calls_test.c, addresses_test.c and datagram_calls_test.c of tests/tcp, "
        "which make each of these\ncalls, most of them over IPv4 and IPv6, on a stack of its own, and fail "
        "where something else comes of it. It is not to be\nedited.\n\n"
        "## Calls on sockets\n\n"
        "A cell says what the call returned, and after it what else came of it:\n\n"
        "- *stale*: the number is stale from then on, and no event of it comes any more;\n"
        "- a state's name: the connection entered it;\n"
        "- in brackets: what was sent at the next flush, `data`, `URG data`, `FIN`, `RST`;\n"
        "- with a plus: the event that `rn_next` tells next. `RN_CLOSED` and `RN_FAILED` in the columns "
        "where "
        "they wait\n  are not repeated: they still come unless the number is stale.\n\n"
        "What is not said has not changed. Output arguments are untouched where a call fails. The columns "
        "are "
        "places where a\nsocket can be:\n");
    for (int i = 0; i < AT_NOBODY; i++)
        printf("- **%s**: %s;\n", places[i].name, places[i].meaning);
    puts("- **no socket**: a number that was closed, 0, a negative one, one that was never given out, one of "
         "another\n  generation, a closed listener's, and any number where the stack is NULL.\n\n"
         "Buffers are 100,000 bytes (sending) and 40,000 (receiving). Where a row names several lengths or "
         "several places of\nthe second socket, all of them come to the same.\n");
}

static void print_document(void)
{
    print_legend();
    printf("| call |");
    for (int i = 0; i < PLACES; i++)
        printf(" %s |", places[i].name);
    printf("\n|---|");
    for (int i = 0; i < PLACES; i++)
        printf("---|");
    printf("\n");
    for (int i = 0; i < ROWS; i++)
        printf("| %s | %s |\n", rows[i].call, rows[i].cells);
}

int main(int argc, char **argv)
{
    static const struct trace_test others[] = {
        TRACE(a_listener_tells_of_itself),
    };
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct trace_test tests[ROWS + OTHERS];

    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        print_document();
        return 0;
    }
    for (int i = 0; i < ROWS; i++)
        tests[i] = (struct trace_test){
            .name = rows[i].call, .run_with = every_call_in_every_state, .with = &rows[i]};
    memcpy(tests + ROWS, others, sizeof others);
    return trace_main("calls", tests, ROWS + OTHERS);
}
