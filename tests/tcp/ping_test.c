/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Echo sockets (RFC 792, RFC 4443 4): requests with an identifier of the socket's own, replies matched by it
 * and by the peer, errors about requests with who told them.
 */
#include "packet.h"

#include <string.h>

static uint8_t request(void)
{
    return v6() ? 128 : 8;
}

static uint8_t reply(void)
{
    return v6() ? 129 : 0;
}

static rn_sock open_ping(void)
{
    rn_sock sock =
        rn_connect(trace_net(), RN_ICMP, v6() ? "fd00::1" : "10.0.0.1", v6() ? "fd00::7" : NULL, NULL);

    assert_true(sock > 0);
    trace_use(sock);
    app_event(RN_CONNECTED | RN_WRITABLE);
    return sock;
}

/* Sends a request and sees it go: its identifier. */
static uint16_t ping(rn_sock sock, uint16_t sequence)
{
    struct rn_datagram d = {.sequence = sequence};

    assert_int_equal(rn_send_to(trace_net(), sock, "ping", 4, &d), 4);
    advance(0);
    return out_echo(sequence, "ping");
}

static void is_address(const uint8_t bytes[16], const char *text)
{
    struct addr a;

    assert_true(addr_parse(text, &a));
    assert_memory_equal(bytes, a.b, 16);
}

static void a_reply_is_read_with_its_sequence_number(void)
{
    rn_sock sock = open_ping();
    uint16_t id = ping(sock, 7);
    struct rn_datagram d;
    char data[10];

    advance(20);
    in_echo(reply(), id, 7, "ping");
    app_event(RN_READABLE);
    assert_int_equal(rn_recv_from(trace_net(), sock, data, sizeof data, &d), 4);
    assert_memory_equal(data, "ping", 4);
    assert_int_equal(d.sequence, 7);
    assert_int_equal(d.ttl, 61);
    assert_int_equal(d.len, 4);
    is_address(d.peer, v6() ? "fd00::1" : "10.0.0.1");
    is_address(d.local, v6() ? "fd00::7" : "10.0.0.7");
    assert_true(d.stamp == INT64_C(1020000000));
    quiet();
}

static void sequence_numbers_count_on(void)
{
    rn_sock sock = open_ping();

    assert_int_equal(rn_send(trace_net(), sock, "a", 1), 1);
    assert_int_equal(rn_send_to(trace_net(), sock, "", 0, NULL), 0);
    advance(0);
    out_echo(1, "a");
    out_echo(2, "");
    ping(sock, 65535);
    assert_int_equal(rn_send(trace_net(), sock, "b", 1), 1);
    advance(0);
    out_echo(0, "b");
}

static void a_reply_to_somebody_else_is_not_read(void)
{
    rn_sock sock = open_ping();
    uint16_t id = ping(sock, 7);
    struct rn_datagram d;

    in_echo(reply(), (uint16_t)(id + 1), 7, "ping");
    assert_int_equal(trace_drops("icmp"), 1);
    app_no_event();
    in_echo(request(), id, 7, "ping"); /* a question, which is answered */
    app_no_event();
    assert_int_equal(trace_skip(), 1);
    in_udp(id, id, "ping"); /* no echo at all */
    assert_int_equal(trace_skip(), 1);
    app_no_event();
    assert_int_equal(rn_recv_from(trace_net(), sock, NULL, 0, &d), -EAGAIN);
}

static void two_sockets_have_two_identifiers(void)
{
    rn_sock one = open_ping(), two = open_ping();
    uint16_t first = ping(one, 1), second = ping(two, 1);
    char data[10];

    assert_int_not_equal(first, second);
    in_echo(reply(), second, 1, "two");
    in_echo(reply(), first, 1, "one");
    assert_int_equal(rn_recv(trace_net(), one, data, sizeof data), 3);
    assert_memory_equal(data, "one", 3);
    assert_int_equal(rn_recv(trace_net(), two, data, sizeof data), 3);
    assert_memory_equal(data, "two", 3);
    assert_int_equal(rn_close(trace_net(), one), 0);
}

static void an_error_about_a_request_says_who_and_which(void)
{
    rn_sock sock = open_ping();
    uint8_t frame[TRACE_FRAME], data[1];
    struct rn_datagram d = {.sequence = 9};
    const uint8_t *at;
    size_t len;

    assert_int_equal(rn_send_to(trace_net(), sock, "ping", 4, &d), 4);
    advance(0);
    at = trace_taken(&len);
    assert_non_null(at);
    memcpy(frame, at, len);
    in_error(v6() ? 3 : 11, 0, 0, frame, len);
    app_event(RN_READABLE);
    assert_int_equal(rn_recv_from(trace_net(), sock, data, 1, &d), -EHOSTUNREACH);
    is_address(d.router, packet_router());
    is_address(d.peer, v6() ? "fd00::1" : "10.0.0.1");
    assert_int_equal(d.sequence, 9);
    assert_int_equal(d.icmp_type, v6() ? 3 : 11);
    assert_int_equal(d.icmp_code, 0);
    frame[14 + ip_len() + 4]++; /* another's identifier */
    in_error(v6() ? 3 : 11, 0, 0, frame, len);
    assert_int_equal(trace_drops("icmp_quote"), 1);
    app_no_event();
}

static void a_socket_tells_of_itself(void)
{
    rn_sock sock = open_ping();
    struct rn_info info;
    uint16_t id = ping(sock, 1);
    char text[ADDR_TEXT];
    struct addr own;

    assert_true(addr_parse(v6() ? "fd00::7" : "10.0.0.7", &own));
    addr_print(text, &own, id);
    assert_int_equal(rn_info(trace_net(), sock, &info), 0);
    assert_string_equal(info.local, text);
    assert_string_equal(info.peer, v6() ? "fd00::1" : "10.0.0.1");
    assert_int_equal(info.protocol, RN_ICMP);
    assert_int_equal(info.mss, TRACE_MTU - ip_len() - 8);
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(a_reply_is_read_with_its_sequence_number),    TRACE(sequence_numbers_count_on),
        TRACE(a_reply_to_somebody_else_is_not_read),        TRACE(two_sockets_have_two_identifiers),
        TRACE(an_error_about_a_request_says_who_and_which), TRACE(a_socket_tells_of_itself),
    };

    return trace_main("ping", tests, sizeof tests / sizeof tests[0]);
}
