/* SPDX-License-Identifier: BSD-2-Clause
 *
 * UDP (RFC 768, RFC 1122 4.1): whose a datagram is and what is known of it, answers that leave from the
 * address that was asked, errors sent and delivered, lists that are full, hosts that do not answer.
 */
#include "packet.h"

#include <stdio.h>
#include <string.h>

static rn_sock bind_to(const char *where4, const char *where6)
{
    rn_sock sock = rn_listen(trace_net(), RN_UDP, v6() ? where6 : where4, NULL);

    assert_true(sock > 0);
    trace_use(sock);
    return sock;
}

static rn_sock bind_any(void)
{
    return bind_to("0.0.0.0:53", "[::]:53");
}

/* From port 5000 to the peer's 4000. */
static rn_sock connect_udp(void)
{
    rn_sock sock = rn_connect(trace_net(), RN_UDP, v6() ? "[fd00::1]:4000" : "10.0.0.1:4000",
                              v6() ? "[::]:5000" : "0.0.0.0:5000", NULL);

    assert_true(sock > 0);
    trace_use(sock);
    app_event(RN_CONNECTED | RN_WRITABLE);
    app_no_event();
    return sock;
}

/* The next to be read is this; what is known of it. */
static struct rn_datagram reads(rn_sock sock, const char *text)
{
    struct rn_datagram d;
    char data[2000];

    assert_int_equal(rn_recv_from(trace_net(), sock, data, sizeof data, &d), strlen(text));
    assert_memory_equal(data, text, strlen(text));
    assert_int_equal(d.len, strlen(text));
    return d;
}

/* ... or an error. */
static struct rn_datagram reads_error(rn_sock sock, int error)
{
    struct rn_datagram d;
    char data[1] = {7};

    assert_int_equal(rn_recv_from(trace_net(), sock, data, 1, &d), error);
    assert_int_equal(data[0], 7);
    return d;
}

static void is_address(const uint8_t bytes[16], const char *text)
{
    struct addr a;

    assert_true(addr_parse(text, &a));
    assert_memory_equal(bytes, a.b, 16);
}

static const char *peer(void)
{
    return v6() ? "fd00::1" : "10.0.0.1";
}

static const char *own(void)
{
    return v6() ? "fd00::7" : "10.0.0.7";
}

/* The frame of a datagram that the stack sends now. */
static size_t sent_frame(rn_sock sock, uint8_t frame[TRACE_FRAME])
{
    const uint8_t *at;
    size_t len;

    assert_int_equal(rn_send(trace_net(), sock, "abc", 3), 3);
    advance(0);
    at = trace_taken(&len);
    assert_non_null(at);
    memcpy(frame, at, len);
    return len;
}

/* ---- datagrams ----------------------------------------------------------------------------------------- */

static void a_datagram_is_read_with_what_is_known_of_it(void)
{
    rn_sock sock = bind_any();
    struct rn_datagram d;

    in_udp(4000, 53, "what?");
    app_event(RN_READABLE);
    app_no_event();
    d = reads(sock, "what?");
    is_address(d.peer, peer());
    is_address(d.local, own());
    assert_int_equal(d.peer_port, 4000);
    assert_int_equal(d.local_port, 53);
    assert_int_equal(d.ttl, 61);
    assert_int_equal(d.tos, 0xb8);
    assert_int_equal(d.device, 0);
    assert_true(d.stamp == INT64_C(1000000000));
    assert_int_equal(rn_recv_from(trace_net(), sock, &d, 1, NULL), -EAGAIN);
    quiet();
}

static void the_same_given_back_answers_it(void)
{
    rn_sock sock = bind_any();
    struct rn_datagram d;

    in_udp(4000, 53, "what?");
    d = reads(sock, "what?");
    assert_int_equal(rn_send_to(trace_net(), sock, "that", 4, &d), 4);
    assert_int_equal(rn_send_to(trace_net(), sock, NULL, 0, &d), 0);
    quiet(); /* before the flush */
    advance(0);
    out_udp(53, 4000, "that");
    out_udp(53, 4000, "");
    quiet();
}

static void an_answer_leaves_from_the_address_that_was_asked(void)
{
    const char *second = v6() ? "fd00::9" : "10.0.0.9";
    rn_sock sock = bind_any();
    uint8_t frame[TRACE_FRAME];
    struct rn_datagram d;
    struct addr to;
    size_t len;

    assert_int_equal(rn_add_address(trace_net(), v6() ? "fd00::9/64" : "10.0.0.9/24", NULL), 0);
    assert_true(addr_parse(second, &to));
    len = packet_udp(frame, 4000, 53, "what?", 5);
    if (v6()) {
        memcpy(frame + 14 + 24, to.b, 16);
        frame[14 + 40 + 7] = (uint8_t)(frame[14 + 40 + 7] - 2); /* its checksum: 9 where 7 was */
    } else {
        memcpy(frame + 14 + 16, to.b + 12, 4);
        frame[14 + 11] = (uint8_t)(frame[14 + 11] - 2);
        frame[14 + 20 + 7] = (uint8_t)(frame[14 + 20 + 7] - 2);
    }
    trace_raw(frame, len);
    d = reads(sock, "what?");
    is_address(d.local, second);
    assert_int_equal(rn_send_to(trace_net(), sock, "that", 4, &d), 4);
    advance(0);
    out_udp_as(53, 4000, "that", 64, 0, second);
    memset(d.local, 0, sizeof d.local); /* without one: the one on the peer's link */
    assert_int_equal(rn_send_to(trace_net(), sock, "that", 4, &d), 4);
    advance(0);
    out_udp(53, 4000, "that");
}

static void a_source_of_the_other_family_is_refused(void)
{
    rn_sock sock = bind_any();
    struct rn_datagram d;
    struct addr other;

    assert_int_equal(rn_add_address(trace_net(), v6() ? "10.0.0.9/24" : "fd00::9/64", NULL), 0);
    in_udp(4000, 53, "what?");
    d = reads(sock, "what?");
    assert_true(addr_parse(v6() ? "10.0.0.9" : "fd00::9", &other));
    memcpy(d.local, other.b, sizeof d.local);
    assert_int_equal(rn_send_to(trace_net(), sock, "that", 4, &d), -EADDRNOTAVAIL);
    advance(0);
    quiet();
}

static void a_connected_socket_has_its_peer_alone(void)
{
    rn_sock sock = connect_udp();
    char byte;

    assert_int_equal(rn_send(trace_net(), sock, "hello", 5), 5);
    advance(0);
    out_udp(5000, 4000, "hello");
    in_udp(4000, 5000, "yes");
    app_event(RN_READABLE);
    assert_int_equal(rn_recv(trace_net(), sock, &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(rn_recv(trace_net(), sock, &byte, 1), -EAGAIN); /* the rest has been dropped */
    in_udp(4001, 5000, "no");
    assert_int_equal(trace_drops("no_socket"), 1);
    assert_int_equal(trace_skip(), 1); /* refused */
    app_no_event();
}

static void a_look_takes_nothing(void)
{
    rn_sock sock = bind_any();
    struct rn_datagram d = {.len = 99};

    assert_int_equal(rn_recv_from(trace_net(), sock, NULL, 0, &d), -EAGAIN);
    assert_int_equal(d.len, 99);
    in_udp(4000, 53, "what?");
    assert_int_equal(rn_recv_from(trace_net(), sock, NULL, 0, &d), 0);
    assert_int_equal(d.len, 5);
    assert_int_equal(rn_recv(trace_net(), sock, NULL, 0), 0);
    reads(sock, "what?");
}

static void readable_comes_once_for_each_that_is_left(void)
{
    rn_sock sock = bind_any();

    in_udp(4000, 53, "one");
    in_udp(4000, 53, "two");
    in_udp(4000, 53, "");
    app_event(RN_READABLE);
    app_no_event();
    reads(sock, "one");
    app_event(RN_READABLE);
    reads(sock, "two");
    reads(sock, ""); /* it was to be told, and is not */
    app_no_event();
}

static void the_longest_fits_and_one_byte_more_does_not(void)
{
    static uint8_t data[1500], got[1500];
    rn_sock sock = connect_udp();
    size_t most = TRACE_MTU - ip_len() - 8, len;
    uint8_t frame[TRACE_FRAME];
    struct rn_info info;

    memset(data, 0x5a, sizeof data);
    assert_int_equal(rn_send(trace_net(), sock, data, most + 1), -EMSGSIZE);
    assert_int_equal(rn_send(trace_net(), sock, data, most), most);
    assert_int_equal(rn_info(trace_net(), sock, &info), 0);
    assert_int_equal(info.mss, most);
    assert_int_equal(info.unsent, most);
    advance(0);
    assert_non_null(trace_taken(&len));
    assert_int_equal(len, 14 + TRACE_MTU);
    trace_raw(frame, packet_udp(frame, 4000, 5000, data, most));
    assert_int_equal(rn_recv(trace_net(), sock, got, sizeof got), most);
    assert_memory_equal(got, data, most);
}

/* A kernel with its offloads leaves several in one frame, whose header says the length of all (UDP_SEGMENT).
 */
static void merged_datagrams_are_read_one_by_one(void)
{
    static const char zeroes[129];
    uint8_t frame[TRACE_FRAME];
    rn_sock sock = bind_any();

    trace_merged(4);
    in_udp(4000, 53, "one.two.end");
    reads(sock, "one.");
    reads(sock, "two.");
    reads(sock, "end");
    in_udp(4000, 53, "four");
    reads(sock, "four");
    in_udp(4000, 53, "");
    reads(sock, "");
    trace_merged(1);
    trace_raw(frame, packet_udp(frame, 4000, 53, zeroes, 129)); /* more than the kernel merges */
    assert_int_equal(trace_drops("malformed"), 1);
    trace_merged(4);
    in_udp(4000, 54, "one.two.end");
    assert_int_equal(trace_drops("no_socket"), 1);
    assert_int_equal(trace_skip(), 1); /* refused */
    assert_int_equal(rn_recv(trace_net(), sock, frame, 1), -EAGAIN);
}

static void settings_show_in_the_header(void)
{
    rn_sock sock = connect_udp();
    struct rn_settings s;

    assert_int_equal(rn_get_settings(trace_net(), sock, &s), 0);
    s.ttl = 3;
    s.dscp = 46;
    assert_int_equal(rn_set_settings(trace_net(), sock, &s), 0);
    assert_int_equal(rn_send(trace_net(), sock, "abc", 3), 3);
    advance(0);
    out_udp_as(5000, 4000, "abc", 3, 46 << 2, NULL);
}

static void a_missing_checksum_is_right_over_ipv4_only(void)
{
    uint8_t frame[TRACE_FRAME];
    rn_sock sock = bind_any();
    size_t len = packet_udp(frame, 4000, 53, "what?", 5);

    frame[14 + ip_len() + 6] = frame[14 + ip_len() + 7] = 0;
    trace_raw(frame, len);
    if (v6())
        assert_int_equal(trace_drops("checksum"), 1);
    else
        reads(sock, "what?");
    frame[14 + ip_len() + 7] = 1;
    trace_raw(frame, len);
    assert_int_equal(trace_drops("checksum"), v6() ? 2 : 1);
    quiet(); /* what is damaged is not refused */
}

/* RFC 6056: a port of its own for each, that nobody has. */
static void ports_are_chosen(void)
{
    enum { MANY = 50 };
    rn_sock socks[MANY];
    struct rn_info info[MANY];

    for (int i = 0; i < MANY; i++) {
        socks[i] = i % 2 ? rn_listen(trace_net(), RN_UDP, v6() ? "[::]:0" : "0.0.0.0:0", NULL)
                         : rn_connect(trace_net(), RN_UDP, v6() ? "[fd00::1]:9" : "10.0.0.1:9", NULL, NULL);
        assert_true(socks[i] > 0);
        assert_int_equal(rn_info(trace_net(), socks[i], &info[i]), 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(strrchr(info[i].local, ':'), strrchr(info[j].local, ':'));
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(rn_close(trace_net(), socks[i]), 0);
}

static void a_socket_tells_of_itself(void)
{
    rn_sock other = connect_udp(), sock = bind_any();
    struct rn_info info;

    in_udp(4000, 53, "what?");
    assert_int_equal(rn_info(trace_net(), sock, &info), 0);
    assert_string_equal(info.local, v6() ? "[::]:53" : "0.0.0.0:53");
    assert_string_equal(info.peer, "");
    assert_string_equal(rn_state_name(info.state), "CLOSED");
    assert_int_equal(info.unread, 5);
    assert_int_equal(info.protocol, RN_UDP);
    assert_int_equal(rn_info(trace_net(), other, &info), 0);
    assert_string_equal(info.local, v6() ? "[fd00::7]:5000" : "10.0.0.7:5000");
    assert_string_equal(info.peer, v6() ? "[fd00::1]:4000" : "10.0.0.1:4000");
    assert_string_equal(rn_state_name(info.state), "ESTABLISHED");
    assert_int_equal(rn_close(trace_net(), sock), 0);
    assert_int_equal(rn_close(trace_net(), sock), -EBADF);
    assert_int_equal(rn_recv_from(trace_net(), sock, NULL, 0, NULL), -EBADF);
    trace_use(other);
}

/* ---- refusals ------------------------------------------------------------------------------------------ */

static void a_port_that_nobody_has_is_refused(void)
{
    static uint8_t data[1400];
    uint8_t frame[TRACE_FRAME];
    struct rn_stats stats;
    size_t len;

    trace_net();
    len = packet_udp(frame, 4000, 53, "what?", 5);
    trace_raw(frame, len);
    out_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, frame, len);
    len = packet_udp(frame, 4000, 53, data, sizeof data);
    trace_raw(frame, len);
    out_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, frame, len); /* as far as every host takes it in */
    assert_int_equal(trace_drops("no_socket"), 2);
    rn_stats(trace_net(), &stats);
    assert_int_equal(stats.unreachables_out, 2);
}

static void a_refusal_fits_the_link(void)
{
    static uint8_t data[272];
    uint8_t frame[TRACE_FRAME];
    const uint8_t *sent;
    size_t len;

    trace_mtu(300);
    trace_net();
    trace_raw(frame, packet_udp(frame, 4000, 53, data, sizeof data));
    sent = trace_taken(&len);
    assert_non_null(sent);
    assert_int_equal(len, 14 + 300);
    assert_memory_equal(sent + 14 + 28, frame + 14, 272);
}

static void not_more_than_a_thousand_a_second_are_refused(void)
{
    int refused = 0;

    trace_net();
    for (int i = 0; i < 1500; i++) {
        in_udp(4000, 53, "what?");
        refused += trace_skip();
    }
    assert_int_equal(refused, 1000);
    assert_int_equal(trace_drops("rate"), 500);
    advance(100);
    for (int i = 0; i < 200; i++) {
        in_udp(4000, 53, "what?");
        refused += trace_skip();
    }
    assert_int_equal(refused, 1100);
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): to a group or everybody, by link or by address, and from such; fragments.
 */
static void what_was_for_many_is_not_refused(void)
{
    static const char *const to[2][3] = {{"10.0.0.255", "255.255.255.255", "224.0.0.1"},
                                         {"ff02::1", "ff02::1:ff00:7", "ff0e::7"}};
    uint8_t frame[TRACE_FRAME];
    struct addr a;
    size_t len;

    trace_net();
    for (int i = 0; i < 6; i++) {
        len = packet_udp(frame, 4000, 53, "what?", 5);
        assert_true(addr_parse(to[v6()][i % 3], &a));
        if (v6())
            memcpy(frame + 14 + (i < 3 ? 24 : 8), a.b, 16);
        else
            memcpy(frame + 14 + (i < 3 ? 16 : 12), a.b + 12, 4);
        if (!v6())
            trace_sum(frame, len);
        trace_raw(frame, len);
        quiet();
    }
    len = packet_udp(frame, 4000, 53, "what?", 5);
    memset(frame, 0xff, 6);
    trace_raw(frame, len);
    quiet();
    assert_int_equal(trace_drops("not_ours") + trace_drops("source"), 7);
}

static void a_fragment_is_not_refused(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    trace_net();
    len = packet_udp(frame, 4000, 53, "01234567", 8);
    frame[14 + 6] = 0x20; /* more fragments */
    trace_sum(frame, len);
    trace_raw(frame, len);
    quiet();
    assert_int_equal(trace_drops("fragment"), 1);
}

/* ---- errors that come ---------------------------------------------------------------------------------- */

static void an_error_about_what_was_sent_is_read(void)
{
    static const struct {
        uint8_t type4, code4, type6, code6;
        int error;
    } errors[] = {{3, 3, 1, 4, -ECONNREFUSED}, {3, 2, 1, 4, -ECONNREFUSED},  {3, 0, 1, 0, -ENETUNREACH},
                  {3, 1, 1, 3, -EHOSTUNREACH}, {3, 13, 1, 1, -EHOSTUNREACH}, {11, 0, 3, 0, -EHOSTUNREACH},
                  {12, 0, 4, 0, -EHOSTUNREACH}};
    rn_sock sock = connect_udp();
    uint8_t frame[TRACE_FRAME];
    size_t len = sent_frame(sock, frame);

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        uint8_t type = v6() ? errors[i].type6 : errors[i].type4;
        uint8_t code = v6() ? errors[i].code6 : errors[i].code4;
        struct rn_datagram d;

        in_error(type, code, 0, frame, len);
        app_event(RN_READABLE);
        d = reads_error(sock, errors[i].error);
        is_address(d.router, packet_router());
        is_address(d.peer, peer());
        is_address(d.local, own());
        assert_int_equal(d.peer_port, 4000);
        assert_int_equal(d.local_port, 5000);
        assert_int_equal(d.icmp_type, type);
        assert_int_equal(d.icmp_code, code);
        app_no_event();
    }
    in_udp(4000, 5000, "on"); /* it ends nothing */
    reads(sock, "on");
    quiet();
}

/* RFC 5927: whoever did not see the datagram has to guess. */
static void an_error_about_what_was_not_sent_is_ignored(void)
{
    rn_sock sock = connect_udp();
    uint8_t frame[TRACE_FRAME], other[TRACE_FRAME];
    size_t len = sent_frame(sock, frame), ports = 14 + ip_len();
    int n = 0;

    for (size_t at = ports; at < ports + 4; at++) {
        memcpy(other, frame, len);
        other[at]++;
        in_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, other, len);
        n++;
    }
    memcpy(other, frame, len);
    other[ports - 1]++; /* another host's */
    in_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, other, len);
    in_error(v6() ? 2 : 3, v6() ? 0 : 4, 9000, frame, len); /* larger than what is known */
    assert_int_equal(trace_drops("icmp_quote"), n + 2);
    app_no_event();
    quiet();
}

static void a_bound_socket_hears_of_no_error(void)
{
    rn_sock sock = bind_any();
    uint8_t frame[TRACE_FRAME];
    struct rn_datagram d;
    const uint8_t *at;
    size_t len;

    in_udp(4000, 53, "what?");
    d = reads(sock, "what?");
    assert_int_equal(rn_send_to(trace_net(), sock, "that", 4, &d), 4);
    advance(0);
    at = trace_taken(&len);
    memcpy(frame, at, len);
    in_error(v6() ? 1 : 3, v6() ? 4 : 3, 0, frame, len);
    assert_int_equal(trace_drops("icmp_quote"), 1);
    assert_int_equal(rn_recv(trace_net(), sock, frame, 1), -EAGAIN);
}

static void a_smaller_path_is_kept_for_ten_minutes(void)
{
    static uint8_t data[1500];
    rn_sock sock = connect_udp();
    uint8_t frame[TRACE_FRAME];
    size_t most = TRACE_MTU - ip_len() - 8, small = 1300 - ip_len() - 8, len;
    struct rn_datagram d;
    const uint8_t *at;

    assert_int_equal(rn_send(trace_net(), sock, data, most), most);
    advance(0);
    at = trace_taken(&len);
    assert_non_null(at);
    memcpy(frame, at, len);
    in_error(v6() ? 2 : 3, v6() ? 0 : 4, 1300, frame, len);
    app_event(RN_READABLE);
    d = reads_error(sock, -EMSGSIZE);
    assert_int_equal(d.mtu, 1300);
    assert_int_equal(rn_send(trace_net(), sock, data, small + 1), -EMSGSIZE);
    assert_int_equal(rn_send(trace_net(), sock, data, small), small);
    in_error(v6() ? 2 : 3, v6() ? 0 : 4, 1290, frame, len); /* quotes what could not have been sent since */
    assert_int_equal(trace_drops("icmp_quote"), 1);
    advance(599.0 * 1000);
    assert_int_equal(rn_send(trace_net(), sock, data, small + 1), -EMSGSIZE);
    advance(2000);
    assert_int_equal(rn_send(trace_net(), sock, data, most), most);
    advance(0);
    assert_int_equal(trace_skip(), 2);
}

/* ---- what is full -------------------------------------------------------------------------------------- */

static void what_nobody_reads_is_dropped(void)
{
    rn_sock sock = bind_any();
    int n = 0;

    for (int i = 0; i < 200; i++)
        in_udp(4000, 53, "what?");
    while (rn_recv(trace_net(), sock, &(char){0}, 1) == 1)
        n++;
    assert_int_equal(n, 105); /* 40,000 bytes at 384 each, and the one that passes it */
    assert_int_equal(trace_drops("socket_full"), 95);
    quiet();
}

static void writable_comes_when_a_full_list_went_out(void)
{
    rn_sock sock;
    int n = 0;

    trace_options(&(struct rn_options){.send_bytes = 38400});
    sock = connect_udp();
    while (rn_send(trace_net(), sock, "abc", 3) == 3)
        n++;
    assert_int_equal(n, 100); /* at 384 bytes each */
    assert_int_equal(rn_send(trace_net(), sock, "abc", 3), -EAGAIN);
    assert_int_equal(rn_ready(trace_net(), sock), 0);
    app_no_event();
    advance(0);
    app_event(RN_WRITABLE);
    assert_int_equal(rn_ready(trace_net(), sock), RN_WRITABLE);
    assert_int_equal(trace_skip(), 100);
}

/* docs/memory.md: datagrams stop where memory would be pressed; a socket's first one may come beyond that. */
static void the_budget_is_shared(void)
{
    enum { SOCKETS = 40 };
    static uint8_t data[1400];
    rn_sock socks[SOCKETS];
    uint8_t frame[TRACE_FRAME];
    struct rn_stats stats;

    trace_options(&(struct rn_options){.connections = 4, .budget_bytes = 1 << 18, .datagrams = SOCKETS});
    for (int i = 0; i < SOCKETS; i++) {
        char where[20];

        snprintf(where, sizeof where, v6() ? "[::]:%d" : "0.0.0.0:%d", 1000 + i);
        socks[i] = rn_listen(trace_net(), RN_UDP, where, NULL);
        assert_true(socks[i] > 0);
    }
    for (int i = 0; i < 100 * SOCKETS; i++)
        trace_raw(frame, packet_udp(frame, 4000, (uint16_t)(1000 + i % SOCKETS), data, sizeof data));
    rn_stats(trace_net(), &stats);
    for (int i = 0; i < RN_POOLS; i++)
        if (stats.use[i].name && strcmp(stats.use[i].name, "budget_bytes") == 0)
            assert_in_range(stats.use[i].used, (1 << 18) / 4, (1 << 18) / 8 * 3 + 2176);
    assert_in_range(trace_drops("budget"), 1, 100 * SOCKETS);
    for (int i = 0; i < SOCKETS; i++) {
        assert_int_equal(rn_recv(trace_net(), socks[i], data, sizeof data), sizeof data); /* each has one */
        assert_int_equal(rn_close(trace_net(), socks[i]), 0);
    }
}

/* ---- neighbours ---------------------------------------------------------------------------------------- */

static void a_datagram_waits_for_the_link_address(void)
{
    rn_sock sock;

    trace_no_neighbour();
    sock = connect_udp();
    assert_int_equal(rn_send(trace_net(), sock, "one", 3), 3);
    assert_int_equal(rn_send(trace_net(), sock, "two", 3), 3);
    advance(0);
    out_arp_question();
    quiet();
    in_arp_answer();
    out_udp(5000, 4000, "one");
    out_udp(5000, 4000, "two");
    quiet();
}

/* Told at once, though nothing arrives. */
static void nobody_who_answers_is_an_error(void)
{
    struct rn_stats stats;
    struct rn_datagram d;
    rn_sock sock;

    trace_no_neighbour();
    sock = connect_udp();
    assert_int_equal(rn_send(trace_net(), sock, "one", 3), 3);
    advance(0);
    advance(2900);
    app_no_event();
    advance(200);
    trace_skip();
    app_event(RN_READABLE);
    d = reads_error(sock, -EHOSTUNREACH);
    is_address(d.router, own());
    assert_int_equal(d.icmp_type, 3);
    assert_int_equal(d.icmp_code, 1);
    rn_stats(trace_net(), &stats);
    assert_int_equal(stats.datagrams_unsent, 1);
    assert_int_equal(stats.datagrams_out, 0);
}

static void a_flush_that_has_something_to_tell_says_so(void)
{
    rn_time now = INT64_C(1000000000), next = now;
    rn_sock sock;

    trace_no_neighbour();
    sock = connect_udp();
    assert_int_equal(rn_send(trace_net(), sock, "one", 3), 3);
    for (int rounds = 0; rounds < 100 && !rn_ready(trace_net(), sock); rounds++) {
        rn_poll(trace_net(), now);
        next = rn_flush(trace_net(), now);
        if (rn_ready(trace_net(), sock) & RN_READABLE)
            break;
        now = next > now ? next : now;
    }
    assert_true(next == now);
    advance(5000);
    trace_skip();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(a_datagram_is_read_with_what_is_known_of_it),
        TRACE(the_same_given_back_answers_it),
        TRACE(an_answer_leaves_from_the_address_that_was_asked),
        TRACE(a_source_of_the_other_family_is_refused),
        TRACE(a_connected_socket_has_its_peer_alone),
        TRACE(a_look_takes_nothing),
        TRACE(readable_comes_once_for_each_that_is_left),
        TRACE(the_longest_fits_and_one_byte_more_does_not),
        TRACE(merged_datagrams_are_read_one_by_one),
        TRACE(settings_show_in_the_header),
        TRACE(a_missing_checksum_is_right_over_ipv4_only),
        TRACE(ports_are_chosen),
        TRACE(a_socket_tells_of_itself),
        TRACE(a_port_that_nobody_has_is_refused),
        TRACE4(a_refusal_fits_the_link),
        TRACE(not_more_than_a_thousand_a_second_are_refused),
        TRACE(what_was_for_many_is_not_refused),
        TRACE4(a_fragment_is_not_refused),
        TRACE(an_error_about_what_was_sent_is_read),
        TRACE(an_error_about_what_was_not_sent_is_ignored),
        TRACE(a_bound_socket_hears_of_no_error),
        TRACE(a_smaller_path_is_kept_for_ten_minutes),
        TRACE(what_nobody_reads_is_dropped),
        TRACE(writable_comes_when_a_full_list_went_out),
        TRACE(the_budget_is_shared),
        TRACE4(a_datagram_waits_for_the_link_address),
        TRACE4(nobody_who_answers_is_an_error),
        TRACE4(a_flush_that_has_something_to_tell_says_so),
    };

    return trace_main("udp", tests, sizeof tests / sizeof tests[0]);
}
