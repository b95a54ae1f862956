/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every call in every state of a datagram socket, and the calls for datagrams on all other sockets. Each
 * attempt has a stack of its own; what came of it, in words, is compared with the table below, which
 * `datagram_calls_test --table` prints as the third part of docs/calls.md.
 */
#include "packet.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum place { BOUND, CONNECTED, UNREAD, ERROR, FULL, PING, PLACES };

static const struct {
    const char *name, *meaning;
} places[PLACES] = {
    [BOUND] = {"bound", "rn_listen with RN_UDP; nothing is unread"},
    [CONNECTED] = {"connected", "rn_connect with RN_UDP; nothing is unread, nothing to be sent"},
    [UNREAD] = {"unread", "connected, and a datagram of 5 bytes is unread"},
    [ERROR] = {"error", "connected, and that the peer has no such port is unread"},
    [FULL] = {"full", "connected, and no more may be given to be sent before the next flush"},
    [PING] = {"ping", "rn_connect with RN_ICMP; nothing is unread, nothing to be sent"},
};

struct attempt {
    struct rn_stack *net;
    rn_sock sock;
    bool mask;    /* the result is of enum rn_mask */
    bool touched; /* an output of a call that failed, or was looked at in vain */
};

static uint8_t memory[2000];

static void drain(void)
{
    struct rn_event ev;

    while (rn_next(trace_net(), &ev))
        ;
}

static rn_sock reach_place(enum place at)
{
    const char *peer = v6() ? "[fd00::1]:4000" : "10.0.0.1:4000", *own = v6() ? "[::]:5000" : "0.0.0.0:5000";
    uint8_t frame[TRACE_FRAME];
    const uint8_t *sent;
    rn_sock sock;
    size_t len;

    if (at == FULL)
        trace_options(&(struct rn_options){.send_bytes = 1});
    sock = at == BOUND  ? rn_listen(trace_net(), RN_UDP, own, NULL)
           : at == PING ? rn_connect(trace_net(), RN_ICMP, v6() ? "fd00::1" : "10.0.0.1", NULL, NULL)
                        : rn_connect(trace_net(), RN_UDP, peer, own, NULL);
    assert_true(sock > 0);
    if (at == UNREAD)
        in_udp(4000, 5000, "what?");
    if (at == ERROR || at == FULL)
        assert_int_equal(rn_send(trace_net(), sock, memory, 1), 1);
    if (at == ERROR) {
        advance(0);
        sent = trace_taken(&len);
        assert_non_null(sent);
        memcpy(frame, sent, len);
        in_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, frame, len);
    }
    drain();
    return sock;
}

/* ---- the calls ----------------------------------------------------------------------------------------- */

static ptrdiff_t recv_1(struct attempt *t)
{
    return rn_recv(t->net, t->sock, memory, 1);
}

static ptrdiff_t recv_0(struct attempt *t)
{
    return rn_recv(t->net, t->sock, NULL, 0);
}

static ptrdiff_t recv_null(struct attempt *t)
{
    return rn_recv(t->net, t->sock, NULL, 1);
}

static ptrdiff_t recv_from(struct attempt *t, size_t len)
{
    struct rn_datagram d = {.len = 99};
    ptrdiff_t n = rn_recv_from(t->net, t->sock, memory, len, &d);
    bool told = d.peer[15] == 1;

    t->touched = told != (n >= 0 || n == -ECONNREFUSED) || (!told && d.len != 99);
    return n;
}

static ptrdiff_t recv_from_all(struct attempt *t)
{
    return recv_from(t, SIZE_MAX);
}

static ptrdiff_t recv_from_0(struct attempt *t)
{
    return recv_from(t, 0);
}

static ptrdiff_t recv_from_no_d(struct attempt *t)
{
    return rn_recv_from(t->net, t->sock, memory, 2, NULL);
}

static ptrdiff_t recv_from_null(struct attempt *t)
{
    return rn_recv_from(t->net, t->sock, NULL, 1, NULL);
}

static ptrdiff_t send_1(struct attempt *t)
{
    return rn_send(t->net, t->sock, memory, 1);
}

static ptrdiff_t send_0(struct attempt *t)
{
    return rn_send(t->net, t->sock, NULL, 0);
}

static ptrdiff_t send_null(struct attempt *t)
{
    return rn_send(t->net, t->sock, NULL, 1);
}

static ptrdiff_t send_large(struct attempt *t)
{
    return rn_send(t->net, t->sock, memory, SIZE_MAX);
}

static ptrdiff_t send_to(struct attempt *t, const char *peer, const char *local, uint16_t port, size_t len)
{
    struct rn_datagram d = {.peer_port = port, .sequence = 7};
    struct addr a;

    assert_true(addr_parse(peer, &a));
    memcpy(d.peer, a.b, 16);
    if (local) {
        assert_true(addr_parse(local, &a));
        memcpy(d.local, a.b, 16);
    }
    return rn_send_to(t->net, t->sock, memory, len, &d);
}

static ptrdiff_t send_to_peer(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::1" : "10.0.0.1", NULL, 4000, 1);
}

static ptrdiff_t send_to_peer_0(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::1" : "10.0.0.1", v6() ? "fd00::7" : "10.0.0.7", 4000, 0);
}

static ptrdiff_t send_to_port_0(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::1" : "10.0.0.1", NULL, 0, 1);
}

static ptrdiff_t send_to_ourselves(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::7" : "10.0.0.7", NULL, 4000, 1);
}

static ptrdiff_t send_to_group(struct attempt *t)
{
    return send_to(t, v6() ? "ff02::1" : "10.0.0.255", NULL, 4000, 1);
}

static ptrdiff_t send_to_family(struct attempt *t)
{
    return send_to(t, v6() ? "10.0.0.1" : "fd00::1", NULL, 4000, 1);
}

static ptrdiff_t send_to_elsewhere(struct attempt *t)
{
    return send_to(t, v6() ? "2001:db8::1" : "192.0.2.1", NULL, 4000, 1);
}

static ptrdiff_t send_to_from_elsewhere(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::1" : "10.0.0.1", v6() ? "fd00::8" : "10.0.0.8", 4000, 1);
}

static ptrdiff_t send_to_no_d(struct attempt *t)
{
    return rn_send_to(t->net, t->sock, memory, 1, NULL);
}

static ptrdiff_t send_to_large(struct attempt *t)
{
    return send_to(t, v6() ? "fd00::1" : "10.0.0.1", NULL, 4000, 1473);
}

static ptrdiff_t peek(struct attempt *t)
{
    const void *at;

    return rn_peek(t->net, t->sock, &at);
}

static ptrdiff_t consume(struct attempt *t)
{
    return rn_consume(t->net, t->sock, 1);
}

static ptrdiff_t reserve(struct attempt *t)
{
    void *room;

    return rn_reserve(t->net, t->sock, 1, &room);
}

static ptrdiff_t commit(struct attempt *t)
{
    return rn_commit(t->net, t->sock, 0);
}

static ptrdiff_t send_ref(struct attempt *t)
{
    return rn_send_ref(t->net, t->sock, memory, 1);
}

static ptrdiff_t send_urgent(struct attempt *t)
{
    return rn_send_urgent(t->net, t->sock, memory, 1);
}

static ptrdiff_t urgent(struct attempt *t)
{
    return rn_urgent(t->net, t->sock);
}

static ptrdiff_t splice(struct attempt *t)
{
    return rn_splice(t->net, t->sock, t->sock, RN_ALL);
}

static ptrdiff_t shut_down(struct attempt *t)
{
    return rn_shutdown(t->net, t->sock);
}

static ptrdiff_t close_it(struct attempt *t)
{
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
    return rn_set_user(t->net, t->sock, memory);
}

static ptrdiff_t settings(struct attempt *t)
{
    struct rn_settings s = {.ttl = 200};
    int rc = rn_get_settings(t->net, t->sock, &s);

    t->touched = s.ttl != 64;
    return rc ? rc : rn_set_settings(t->net, t->sock, &s);
}

static ptrdiff_t settings_bad(struct attempt *t)
{
    return rn_set_settings(t->net, t->sock, &(struct rn_settings){.ttl = 0});
}

static ptrdiff_t settings_null(struct attempt *t)
{
    int rc = rn_get_settings(t->net, t->sock, NULL);

    return rc == -EINVAL ? rn_set_settings(t->net, t->sock, NULL) : rc;
}

static ptrdiff_t info(struct attempt *t)
{
    struct rn_info i = {.protocol = 99};
    int rc = rn_info(t->net, t->sock, &i);

    t->touched = i.protocol == 99 || !i.congestion || !i.limited_by || !i.local[0];
    return rc;
}

static ptrdiff_t info_null(struct attempt *t)
{
    return rn_info(t->net, t->sock, NULL);
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static const struct row {
    const char *call;
    ptrdiff_t (*make)(struct attempt *t);
    const char *cells; /* what comes of it, in the order of enum place */
} rows[] = {
    {"rn_recv, 1 byte", recv_1, "-EAGAIN | -EAGAIN | 1 | -ECONNREFUSED | -EAGAIN | -EAGAIN"},
    {"rn_recv, 0 bytes, into NULL", recv_0, "0 | 0 | 0 | -ECONNREFUSED | 0 | 0"},
    {"rn_recv, 1 byte into NULL", recv_null, "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
    {"rn_recv_from, SIZE_MAX bytes", recv_from_all,
     "-EAGAIN | -EAGAIN | 5 | -ECONNREFUSED | -EAGAIN | -EAGAIN"},
    {"rn_recv_from, 0 bytes", recv_from_0, "-EAGAIN | -EAGAIN | 0 | -ECONNREFUSED | -EAGAIN | -EAGAIN"},
    {"rn_recv_from, 2 bytes, d NULL", recv_from_no_d,
     "-EAGAIN | -EAGAIN | 2 | -ECONNREFUSED | -EAGAIN | -EAGAIN"},
    {"rn_recv_from, 1 byte into NULL", recv_from_null,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
    {"rn_send, 1 byte", send_1, "-ENOTCONN | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send, 0 bytes, from NULL", send_0, "-ENOTCONN | 0 | 0 | 0 | 0 | 0"},
    {"rn_send, 1 byte from NULL", send_null, "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
    {"rn_send, SIZE_MAX bytes", send_large,
     "-ENOTCONN | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE"},
    {"rn_send_to the peer, 1 byte", send_to_peer,
     "1 [1] | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to the peer, 0 bytes, from our address", send_to_peer_0,
     "0 [0] | 0 [0] | 0 [0] | 0 [0] | -EAGAIN +WRITABLE | 0 [0]"},
    {"rn_send_to the peer's port 0", send_to_port_0,
     "-EINVAL | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to ourselves", send_to_ourselves,
     "-EINVAL | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to everybody or a group", send_to_group,
     "-EINVAL | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to the other family", send_to_family,
     "-EINVAL | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to a host that no link has", send_to_elsewhere,
     "-ENETUNREACH | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to the peer, from an address that is not ours", send_to_from_elsewhere,
     "-EADDRNOTAVAIL | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to, d NULL", send_to_no_d, "-ENOTCONN | 1 [1] | 1 [1] | 1 [1] | -EAGAIN +WRITABLE | 1 [1]"},
    {"rn_send_to the peer, 1,473 bytes", send_to_large,
     "-EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE | -EMSGSIZE"},
    {"rn_peek", peek, "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_consume", consume,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_reserve", reserve,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_commit", commit,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_send_ref", send_ref,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_send_urgent", send_urgent,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_urgent", urgent,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_splice", splice,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_shutdown", shut_down,
     "-EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP | -EOPNOTSUPP"},
    {"rn_close", close_it, "0 stale | 0 stale | 0 stale | 0 stale | 0 stale | 0 stale"},
    {"rn_abort", abort_it, "0 stale | 0 stale | 0 stale | 0 stale | 0 stale | 0 stale"},
    {"rn_ready", ready, "WRITABLE | WRITABLE | READABLE,WRITABLE | READABLE,WRITABLE | 0 | WRITABLE"},
    {"rn_set_user", set_user, "0 | 0 | 0 | 0 | 0 | 0"},
    {"rn_get_settings, rn_set_settings", settings, "0 | 0 | 0 | 0 | 0 | 0"},
    {"rn_set_settings, a field out of range", settings_bad,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
    {"rn_get_settings, rn_set_settings with NULL", settings_null,
     "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
    {"rn_info", info, "0 | 0 | 0 | 0 | 0 | 0"},
    {"rn_info into NULL", info_null, "-EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL | -EINVAL"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- playing ------------------------------------------------------------------------------------------- */

/* Each datagram that was sent, by how many bytes were in it; but for the one that made it full. */
static void say_sent(struct words *w, enum place at)
{
    size_t len;

    if (at == FULL)
        assert_non_null(trace_taken(&len));
    while (trace_taken(&len))
        words_say(w, " [%zu]", len - 14 - ip_len() - 8);
}

static struct words attempt(const struct row *row, enum place at)
{
    struct attempt t = {.net = trace_net()};
    struct words w = {.len = 0};
    struct rn_event ev;
    ptrdiff_t result;

    trace_fresh();
    t.sock = reach_place(at);
    t.net = trace_net();
    result = row->make(&t);
    words_result(&w, result, t.mask);
    words_say(&w, "%s%s", t.touched ? " touched!" : "",
              rn_ready(trace_net(), t.sock) == -EBADF ? " stale" : "");
    advance(0);
    say_sent(&w, at);
    while (rn_next(trace_net(), &ev)) {
        words_say(&w, " +");
        words_mask(&w, ev.mask);
    }
    rn_close(trace_net(), t.sock);
    return w;
}

static void every_call_in_every_state(const void *with)
{
    const struct row *row = with;
    char all[1000] = "";

    for (int at = 0; at < PLACES; at++) {
        if (at > 0)
            strcat(all, " | ");
        strcat(all, attempt(row, (enum place)at).text);
    }
    if (strcmp(all, row->cells) == 0)
        return;
    print_error("%s\n    came to: %s\n    wanted:  %s\n", row->call, all, row->cells);
    fail();
}

static void others_have_no_datagrams(void)
{
    struct rn_datagram d = {.len = 99};
    rn_sock sock;

    reach(ESTABLISHED);
    for (int i = 0; i < 2; i++) {
        sock = i ? trace_listener() : trace_sock();
        assert_int_equal(rn_recv_from(trace_net(), sock, memory, 1, &d), -EOPNOTSUPP);
        assert_int_equal(rn_send_to(trace_net(), sock, memory, 1, &d), -EOPNOTSUPP);
        assert_int_equal(rn_recv_from(trace_net(), sock, NULL, 1, NULL), -EOPNOTSUPP);
    }
    assert_int_equal(d.len, 99);
}

static void who_is_no_socket_gets_nothing(void)
{
    rn_sock live = reach_place(UNREAD), stale, next;
    rn_sock numbers[6] = {0, -live, live + 40, live + (INT64_C(1) << 32), live & ~(INT64_C(1) << 30)};

    stale = rn_listen(trace_net(), RN_UDP, v6() ? "[::]:99" : "0.0.0.0:99", NULL);
    assert_int_equal(rn_close(trace_net(), stale), 0);
    numbers[5] = stale;
    next = rn_listen(trace_net(), RN_UDP, v6() ? "[::]:99" : "0.0.0.0:99", NULL);
    assert_true(next > 0 && next != stale);
    for (int i = 0; i < 7; i++) {
        struct rn_stack *net = i < 6 ? trace_net() : NULL;
        rn_sock sock = i < 6 ? numbers[i] : live;

        for (int row = 0; row < ROWS; row++) {
            struct attempt t = {.net = net, .sock = sock};

            assert_int_equal(rows[row].make(&t), -EBADF);
        }
    }
    assert_int_equal(rn_close(trace_net(), next), 0);
    trace_use(live);
}

/* ---- the document -------------------------------------------------------------------------------------- */

static void print_document(void)
{
    puts("\n## Calls on datagram sockets\n\n"
         "In brackets: how many bytes the datagrams had that went at the next flush. With a plus: what "
         "`rn_next` tells then. On\nlisteners and connections of TCP `rn_recv_from` and `rn_send_to` give "
         "-EOPNOTSUPP, on what is no socket all calls give\n-EBADF. A connected socket does not look at the "
         "addresses that `rn_send_to` is given. The columns:\n");
    for (int i = 0; i < PLACES; i++)
        printf("- **%s**: %s;\n", places[i].name, places[i].meaning);
    printf("\n| call |");
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
        TRACE(others_have_no_datagrams),
        TRACE(who_is_no_socket_gets_nothing),
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
    return trace_main("datagram_calls", tests, ROWS + OTHERS);
}
