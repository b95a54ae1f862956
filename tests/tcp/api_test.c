/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What RFC 9293 asks of the interface between an application and TCP (3.9.1) and no other file shows:
 * addresses chosen and chosen for, the Diffserv field and the TTL, soft errors, R2, STATUS.
 * docs/rfc9293-api.md says which test shows which requirement.
 */
#include "trace.h"

#include <string.h>

enum { IP = 14 };

static struct rn_settings settings_of(rn_sock sock)
{
    struct rn_settings s;

    assert_int_equal(rn_get_settings(trace_net(), sock, &s), 0);
    return s;
}

static void set(rn_sock sock, const struct rn_settings *s)
{
    assert_int_equal(rn_set_settings(trace_net(), sock, s), 0);
}

/* ---- what the IP header of the next frame says -----------------------------------------------------------
 */

struct seen {
    uint8_t dscp, ttl, flags;
    uint8_t source[16], destination[16]; /* the last byte tells hosts apart */
};

static struct seen next_frame(void)
{
    struct seen s = {0};
    size_t len, addr = v6() ? 16 : 4, at = IP + (v6() ? 8 : 12);
    const uint8_t *f = trace_taken(&len);

    assert_non_null(f);
    s.dscp = v6() ? (uint8_t)((f[IP] & 15) << 2 | f[IP + 1] >> 6) : f[IP + 1] >> 2;
    s.ttl = f[IP + (v6() ? 7 : 8)];
    s.flags = f[IP + ip_len() + 13];
    memcpy(s.source, f + at, addr);
    memcpy(s.destination, f + at + addr, addr);
    return s;
}

static void sent_with(uint8_t dscp, uint8_t ttl)
{
    struct seen s = next_frame();

    assert_int_equal(s.dscp, dscp);
    assert_int_equal(s.ttl, ttl);
    quiet();
}

static uint8_t last_of(const uint8_t address[16])
{
    return address[v6() ? 15 : 3];
}

/* ---- Diffserv and TTL ------------------------------------------------------------------------------------
 */

static void the_diffserv_field_is_sent_as_it_was_set(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    s = settings_of(trace_sock());
    for (unsigned i = 0; i < 64; i++) {
        s.dscp = (uint8_t)i;
        set(trace_sock(), &s); /* MUST-48; SHLD-21: while it stands */
        app_send(1);
        sent_with((uint8_t)i, 64); /* SHLD-22 */
        in(". 1:1 ack %u", 2 + i);
    }
    in("P. 1:2 ack 65");
    advance(500);
    sent_with(63, 64); /* an acknowledgement */
    app_recv(1);
}

static void a_ttl_is_sent_as_it_was_set(void)
{
    char err[RN_ERRBUF];
    struct rn_settings s;
    rn_sock sock;

    reach(ESTABLISHED);
    s = settings_of(trace_sock());
    s.ttl = 17; /* MUST-49 */
    set(trace_sock(), &s);
    app_send(1);
    sent_with(0, 17);
    app_abort();
    sent_with(0, 17);

    sock = rn_connect(trace_net(), RN_TCP, v6() ? "[fd00::1]:80" : "10.0.0.1:80", NULL, err);
    assert_true(sock > 0);
    s.dscp = 46;
    set(sock, &s); /* before the SYN goes */
    advance(0);
    sent_with(46, 17);
    assert_int_equal(rn_abort(trace_net(), sock), 0);
}

static void a_listeners_answers_go_as_it_was_set(void)
{
    struct rn_settings s;

    reach(LISTEN);
    s = settings_of(trace_listener());
    s.ttl = 255;
    s.dscp = 10;
    set(trace_listener(), &s);
    in("S 0:0 <mss link>");
    sent_with(10, 255);
    advance(1005); /* and once more */
    sent_with(10, 255);
    in("R 1:1");
}

/* ---- addresses -------------------------------------------------------------------------------------------
 */

static void the_local_address_can_be_chosen(void)
{
    char err[RN_ERRBUF];
    rn_sock sock;
    struct seen s;

    reach(LISTEN); /* on ...7 */
    assert_int_equal(rn_add_address(trace_net(), v6() ? "fd00::8/64" : "10.0.0.8/24", err), 0);
    sock = rn_connect(trace_net(), RN_TCP, v6() ? "[fd00::1]:80" : "10.0.0.1:80",
                      v6() ? "[fd00::8]:0" : "10.0.0.8:0", err);
    assert_true(sock > 0);
    for (int i = 0; i < 3; i++) { /* MUST-43; MUST-45: of each retransmission, too */
        advance(i ? 1005 << (i - 1) : 0);
        s = next_frame();
        assert_int_equal(last_of(s.source), 8);
        quiet();
    }
    assert_int_equal(rn_abort(trace_net(), sock), 0);
}

static void who_listens_on_one_address_does_not_on_another(void)
{
    uint8_t frame[TRACE_FRAME];
    char err[RN_ERRBUF];
    struct seen s;
    size_t len;

    reach(LISTEN); /* on ...7 */
    assert_int_equal(rn_add_address(trace_net(), v6() ? "fd00::8/64" : "10.0.0.8/24", err), 0);
    len = trace_make(frame, "S 0:0 <mss link>");
    frame[IP + ip_len() - 1] = 8;
    trace_sum(frame, len);
    trace_raw(frame, len);
    s = next_frame();
    assert_int_equal(s.flags, 0x14); /* RST, ACK */
    assert_int_equal(last_of(s.source), 8);
    quiet();
}

static void the_source_is_the_one_on_the_peers_link(void)
{
    const char *to = v6() ? "[fd01::9]:80" : "192.168.1.9:80";
    char err[RN_ERRBUF];
    struct rn_info info;
    struct seen s;
    rn_sock sock;

    reach(LISTEN);
    assert_int_equal(rn_add_address(trace_net(), v6() ? "fd01::3/64" : "192.168.1.3/24", err), 0);
    assert_int_equal(
        rn_add_neighbour(trace_net(), v6() ? "fd01::9" : "192.168.1.9", "02:00:00:00:00:01", err), 0);
    sock = rn_connect(trace_net(), RN_TCP, to, NULL, err);
    assert_true(sock > 0);
    assert_int_equal(rn_info(trace_net(), sock, &info), 0);
    assert_true(strncmp(info.local, v6() ? "[fd01::3]:" : "192.168.1.3:", v6() ? 10 : 12) == 0);
    advance(0);
    s = next_frame(); /* MUST-44 */
    assert_int_equal(last_of(s.source), 3);
    assert_int_equal(last_of(s.destination), 9);
    assert_int_equal(rn_abort(trace_net(), sock), 0);
}

static void one_may_listen_where_another_is_just_connecting(void)
{
    rn_sock first;

    app_connect_from(LOCAL_PORT);
    out("S 0:0 <mss link,wscale 0>");
    first = trace_sock();
    app_listen(); /* MUST-42, on the same port */
    trace_flow(50000, LOCAL_PORT);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    state_is(ESTABLISHED);
    trace_flow(PEER_PORT, LOCAL_PORT); /* the first goes on */
    after(1000, "S 0:0 <mss link,wscale 0>");
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    assert_int_equal(rn_abort(trace_net(), trace_sock()), 0);
    trace_use(first);
    app_event(RN_CONNECTED);
    state_is(ESTABLISHED);
    advance(0);
    assert_int_equal(trace_skip(), 1); /* the other one's reset */
}

/* ---- reports ---------------------------------------------------------------------------------------------
 */

static void a_soft_error_is_told_to_who_asks(void)
{
    struct rn_settings s;
    struct rn_event ev;

    reach(ESTABLISHED);
    app_send(10);
    out("P. 1:11 ack 1");
    in_unreachable(v6() ? 3 : 1, 1);
    app_no_event(); /* SHLD-20: that is how it begins */
    s = settings_of(trace_sock());
    s.soft_errors = 1;
    set(trace_sock(), &s);
    in_unreachable(v6() ? 3 : 1, 1);
    assert_true(rn_next(trace_net(), &ev)); /* MUST-47, SHLD-25 */
    assert_true(ev.sock == trace_sock());
    assert_int_equal(ev.mask, RN_TROUBLE);
    assert_int_equal(ev.error, -EHOSTUNREACH);
    in_unreachable(0, 1);
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_TROUBLE);
    assert_int_equal(ev.error, -ENETUNREACH);
    s.soft_errors = 0;
    set(trace_sock(), &s);
    in_unreachable(0, 1);
    app_no_event(); /* SHLD-20 */
    state_is(ESTABLISHED);
    in(". 1:1 ack 11");
}

static void an_unreachable_port_refuses_an_attempt(void)
{
    reach(SYN_SENT);
    in_unreachable(v6() ? 4 : 3, 0);
    app_failed(-ECONNREFUSED); /* SHLD-26 */
    advance(10000);
    quiet();
}

static void r2_can_be_chosen(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    measure();
    s = settings_of(trace_sock());
    s.data_retries = 2; /* MUST-21 */
    set(trace_sock(), &s);
    app_send(10);
    out("P. 2:12 ack 1");
    after(200, "P. 2:12 ack 1");
    after(400, "P. 2:12 ack 1");
    advance(790);
    app_no_event();
    advance(20);
    app_failed(-ETIMEDOUT);
    quiet();
}

static void r2_of_a_syn_can_be_chosen(void)
{
    struct rn_settings s;

    reach(SYN_SENT);
    s = settings_of(trace_sock());
    s.syn_retries = 1;
    set(trace_sock(), &s);
    after(1000, "S 0:0 <mss link,wscale 0>");
    advance(1990);
    app_no_event();
    advance(20);
    app_failed(-ETIMEDOUT); /* MUST-22 */
    quiet();
}

static void keep_alive_is_each_connections_own(void)
{
    struct rn_settings s;
    rn_sock first;

    reach(ESTABLISHED);
    first = trace_sock();
    s = settings_of(first);
    assert_int_equal(s.keep_alive, 0);
    assert_true(s.keep_idle == 7200 * INT64_C(1000000000)); /* MUST-28 */
    s.keep_alive = 1;
    s.keep_idle = 20 * INT64_C(1000000000); /* MUST-27 */
    set(first, &s);
    trace_flow(50000, LOCAL_PORT);
    reach_again(ESTABLISHED); /* MUST-24: nothing is asked of this one */
    trace_flow(PEER_PORT, LOCAL_PORT);
    advance(19900);
    quiet();
    advance(200);
    assert_int_equal(trace_skip(), 1);
    s.keep_alive = 0;
    set(first, &s);
    advance(3600 * 1000.0);
    quiet();
    assert_int_equal(rn_abort(trace_net(), first), 0);
    advance(0);
    trace_skip();
}

/* ---- STATUS ----------------------------------------------------------------------------------------------
 */

static void status_tells_what_rfc_9293_lists(void)
{
    struct rn_info i;

    establish_with(1000, 5000);
    assert_int_equal(rn_set_user(trace_net(), trace_sock(), &i), 0);
    in("PU. 1:101 ack 1 urg 40 win 5000");
    app_send(7000);
    assert_int_equal(trace_skip(), 5);
    assert_int_equal(rn_info(trace_net(), trace_sock(), &i), 0);
    assert_string_equal(i.local, v6() ? "[fd00::7]:7" : "10.0.0.7:7");
    assert_string_equal(i.peer, v6() ? "[fd00::1]:40000" : "10.0.0.1:40000");
    assert_string_equal(rn_state_name(i.state), "ESTABLISHED");
    assert_int_equal(i.window_bytes, 5000);
    assert_int_equal(i.receive_limit, 40000);
    assert_int_equal(i.unread, 100);
    assert_int_equal(i.unacked, 5000);
    assert_int_equal(i.unsent, 2000);
    assert_int_equal(i.rto_us, 200000); /* no round trip took time */
    assert_int_equal(i.mss, 1000);
    assert_string_equal(i.limited_by, "peer's window");
    assert_int_equal(rn_urgent(trace_net(), trace_sock()), 40);
    assert_int_equal(settings_of(trace_sock()).dscp, 0);
    app_event(RN_READABLE | RN_URGENT);
    app_recv(100);
    app_abort();
    trace_skip();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(the_diffserv_field_is_sent_as_it_was_set),
        TRACE(a_ttl_is_sent_as_it_was_set),
        TRACE(a_listeners_answers_go_as_it_was_set),
        TRACE(the_local_address_can_be_chosen),
        TRACE(who_listens_on_one_address_does_not_on_another),
        TRACE(the_source_is_the_one_on_the_peers_link),
        TRACE(one_may_listen_where_another_is_just_connecting),
        TRACE(a_soft_error_is_told_to_who_asks),
        TRACE(an_unreachable_port_refuses_an_attempt),
        TRACE(r2_can_be_chosen),
        TRACE(r2_of_a_syn_can_be_chosen),
        TRACE(keep_alive_is_each_connections_own),
        TRACE(status_tells_what_rfc_9293_lists),
    };

    return trace_main("api", tests, sizeof tests / sizeof tests[0]);
}
