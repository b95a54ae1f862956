/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every call that takes an address or a name as text, with what is right, what is not, and what belongs to
 * the other family; and the calls that make a stack, with nothing to make it of. The table below says what
 * comes of each, and `addresses_test --table` prints it as the second part of docs/calls.md.
 */
#include "trace.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum call { LISTEN_ON, CONNECT_TO, ADD_ADDRESS, ADD_NEIGHBOUR, ADD_ROUTE, ATTACH };

struct text_row {
    enum call call;
    int protocol;
    const char *text, *second; /* the call's arguments */
    const char *result;
};

#define MAC "02:00:00:00:00:01"

/* clang-format off */
static const struct text_row text_rows[] = {
    {LISTEN_ON, RN_TCP, "0.0.0.0:80", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:80", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "0.0.0.0:65535", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "[::]:80", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "[fd00::7]:80", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "[::ffff:10.0.0.7]:80", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "0.0.0.0:7", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "[fd00::7]:7", NULL, "socket"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:7", NULL, "-EADDRINUSE"},
    {LISTEN_ON, RN_TCP, NULL, NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, ":80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:0", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:65536", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:4294967376", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:-1", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:080", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:80 ", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.7:http", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.7:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.256:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "fd00::7:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "[10.0.0.7]:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "[fd00::7:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "localhost:80", NULL, "-EINVAL"},
    {LISTEN_ON, RN_TCP, "10.0.0.8:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "[fd00::8]:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "10.0.0.255:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "255.255.255.255:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "224.0.0.1:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "[ff02::1]:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_TCP, "127.0.0.1:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_UDP, "0.0.0.0:80", NULL, "socket"},
    {LISTEN_ON, RN_UDP, "10.0.0.7:7", NULL, "socket"},
    {LISTEN_ON, RN_UDP, "10.0.0.7:0", NULL, "socket"},
    {LISTEN_ON, RN_UDP, "[fd00::7]:80", NULL, "socket"},
    {LISTEN_ON, RN_UDP, "10.0.0.7:53", NULL, "-EADDRINUSE"},
    {LISTEN_ON, RN_UDP, NULL, NULL, "-EINVAL"},
    {LISTEN_ON, RN_UDP, "10.0.0.7", NULL, "-EINVAL"},
    {LISTEN_ON, RN_UDP, "10.0.0.8:80", NULL, "-EADDRNOTAVAIL"},
    {LISTEN_ON, RN_ICMP, "10.0.0.7", NULL, "-EPROTONOSUPPORT"},
    {LISTEN_ON, 0, "0.0.0.0:80", NULL, "-EPROTONOSUPPORT"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", NULL, "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.7:0", "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.7:65535", "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.7:7", "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "0.0.0.0:0", "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "0.0.0.0:5000", "socket"},
    {CONNECT_TO, RN_TCP, "[fd00::1]:80", NULL, "socket"},
    {CONNECT_TO, RN_TCP, "[fd00::1]:80", "[fd00::7]:0", "socket"},
    {CONNECT_TO, RN_TCP, "[::ffff:10.0.0.1]:80", NULL, "socket"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:40000", "10.0.0.7:5000", "-EADDRINUSE"},
    {CONNECT_TO, RN_TCP, NULL, NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:0", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:65536", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80x", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "fd00::1:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "localhost:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.7:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[fd00::7]:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.255:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "255.255.255.255:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "224.0.0.1:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[ff02::1]:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "0.0.0.0:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[::]:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "127.0.0.1:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[::1]:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "240.0.0.1:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.7", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.7:65536", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "[fd00::7]:0", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "[::]:0", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[fd00::1]:80", "10.0.0.7:0", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "[fd00::1]:80", "0.0.0.0:0", "-EINVAL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.8:0", "-EADDRNOTAVAIL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "10.0.0.255:0", "-EADDRNOTAVAIL"},
    {CONNECT_TO, RN_TCP, "10.0.0.1:80", "224.0.0.1:0", "-EADDRNOTAVAIL"},
    {CONNECT_TO, RN_TCP, "192.0.2.1:80", NULL, "-ENETUNREACH"},
    {CONNECT_TO, RN_TCP, "[2001:db8::1]:80", NULL, "-ENETUNREACH"},
    {CONNECT_TO, RN_TCP, "192.0.2.1:80", "10.0.0.7:0", "-ENETUNREACH"},
    {CONNECT_TO, RN_UDP, "10.0.0.1:80", NULL, "socket"},
    {CONNECT_TO, RN_UDP, "10.0.0.1:80", "10.0.0.7:53", "socket"},
    {CONNECT_TO, RN_UDP, "[fd00::1]:80", NULL, "socket"},
    {CONNECT_TO, RN_UDP, "10.0.0.1:0", NULL, "-EINVAL"},
    {CONNECT_TO, RN_UDP, "10.0.0.255:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_UDP, "192.0.2.1:80", NULL, "-ENETUNREACH"},
    {CONNECT_TO, RN_ICMP, "10.0.0.1", NULL, "socket"},
    {CONNECT_TO, RN_ICMP, "fd00::1", "fd00::7", "socket"},
    {CONNECT_TO, RN_ICMP, "10.0.0.1:80", NULL, "-EINVAL"},
    {CONNECT_TO, RN_ICMP, "10.0.0.1", "10.0.0.7:0", "-EINVAL"},
    {CONNECT_TO, RN_ICMP, "10.0.0.1", "fd00::7", "-EINVAL"},
    {CONNECT_TO, RN_ICMP, "10.0.0.1", "10.0.0.8", "-EADDRNOTAVAIL"},
    {CONNECT_TO, RN_ICMP, "10.0.0.7", NULL, "-EINVAL"},
    {CONNECT_TO, RN_ICMP, "10.0.0.255", NULL, "-EINVAL"},
    {CONNECT_TO, RN_ICMP, "192.0.2.1", NULL, "-ENETUNREACH"},
    {CONNECT_TO, 255, "10.0.0.1:80", NULL, "-EPROTONOSUPPORT"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/24", NULL, "0"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/32", NULL, "0"},
    {ADD_ADDRESS, RN_TCP, "192.0.2.1/31", NULL, "0"},
    {ADD_ADDRESS, RN_TCP, "fd00::9/64", NULL, "0"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.7/24", NULL, "-EADDRINUSE"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.7/8", NULL, "-EADDRINUSE"},
    {ADD_ADDRESS, RN_TCP, "fd00::7/128", NULL, "-EADDRINUSE"},
    {ADD_ADDRESS, RN_TCP, NULL, NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/33", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/-1", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.9/24 ", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "fd00::9/129", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "::ffff:10.0.0.9/24", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "10.0.0.255/24", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "255.255.255.255/32", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "224.0.0.1/4", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "ff02::1/64", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "0.0.0.0/0", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "::/0", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "127.0.0.1/8", NULL, "-EINVAL"},
    {ADD_ADDRESS, RN_TCP, "::1/128", NULL, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.1", MAC, "0"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", MAC, "0"},
    {ADD_NEIGHBOUR, RN_TCP, "fd00::1", MAC, "0"},
    {ADD_NEIGHBOUR, RN_TCP, NULL, MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.1/24", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.1:80", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.7", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "fd00::7", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.255", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "255.255.255.255", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "224.0.0.1", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "ff02::1", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "0.0.0.0", MAC, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", NULL, "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "", "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "02:00:00:00:00", "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "02:00:00:00:00:01:02", "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "02-00-00-00-00-01", "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "01:00:5e:00:00:01", "-EINVAL"},
    {ADD_NEIGHBOUR, RN_TCP, "10.0.0.2", "ff:ff:ff:ff:ff:ff", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "0.0.0.0/0", "10.0.0.1", "0"},
    {ADD_ROUTE, RN_TCP, "::/0", "fd00::1", "0"},
    {ADD_ROUTE, RN_TCP, "192.0.2.1/32", "10.0.0.1", "0"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", NULL, "0"},
    {ADD_ROUTE, RN_TCP, NULL, "10.0.0.1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "", "10.0.0.1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0", "10.0.0.1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/33", "10.0.0.1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.1/24", "10.0.0.1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "10.0.0.1/24", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "fd00::1", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "10.0.0.7", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "10.0.0.255", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "0.0.0.0", "-EINVAL"},
    {ADD_ROUTE, RN_TCP, "192.0.2.0/24", "192.0.2.1", "-ENETUNREACH"},
    {ADD_ROUTE, RN_TCP, "::/0", "fd01::1", "-ENETUNREACH"},
    {ATTACH, RN_TCP, NULL, NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "", NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "no-such-card", NULL, "-ENODEV"},
    {ATTACH, RN_TCP, ":tap0", NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "nosuch:tap0", NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "tap:", NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "tap:a-name-of-16-chars", NULL, "-EINVAL"},
    {ATTACH, RN_TCP, "tap:a/b", NULL, "-EINVAL"},
};
/* clang-format on */
enum { TEXT_ROWS = sizeof text_rows / sizeof text_rows[0] };

static rn_sock make_text(const struct text_row *row, struct rn_stack *net, char *err)
{
    switch (row->call) {
    case LISTEN_ON: return rn_listen(net, row->protocol, row->text, err);
    case CONNECT_TO: return rn_connect(net, row->protocol, row->text, row->second, err);
    case ADD_ADDRESS: return rn_add_address(net, row->text, err);
    case ADD_NEIGHBOUR: return rn_add_neighbour(net, row->text, row->second, err);
    case ADD_ROUTE: return rn_add_route(net, row->text, row->second, err);
    default: return rn_attach(net, row->text, NULL, err);
    }
}

/* The stack has 10.0.0.7/24 and fd00::7/64, listens on 10.0.0.7:7 and connects from 10.0.0.7:5000 to
 * 10.0.0.1:40000, and has a UDP socket at 10.0.0.7:53. One line of error text comes with each failure and
 * with nothing else, if it is wanted. */
static bool text_row_holds(const struct text_row *row, bool with_err)
{
    char err[RN_ERRBUF];
    struct words w = {.len = 0};
    rn_sock result, udp;

    trace_fresh();
    app_listen();
    app_connect();
    udp = rn_listen(trace_net(), RN_UDP, "10.0.0.7:53", NULL);
    assert_int_equal(rn_add_address(trace_net(), "fd00::7/64", NULL), 0);
    memset(err, 1, sizeof err);
    result = make_text(row, trace_net(), with_err ? err : NULL);
    if (with_err && result < 0) {
        assert_true(memchr(err, 0, sizeof err) != NULL && strlen(err) > 10);
        assert_null(strpbrk(err, "\n\1"));
    } else {
        assert_int_equal(err[0], 1);
    }
    if (result > 0)
        words_say(&w, "socket");
    else
        words_result(&w, (ptrdiff_t)result, false);
    rn_abort(trace_net(), result);
    rn_abort(trace_net(), udp);
    rn_abort(trace_net(), trace_sock());
    advance(0);
    trace_skip();
    if (strcmp(w.text, row->result) == 0)
        return true;
    print_error("%d %s %s: %s\n    wanted: %s\n", row->call, row->text ? row->text : "NULL",
                row->second ? row->second : "", w.text, row->result);
    return false;
}

static void every_address_has_its_result(void)
{
    int wrong = 0;

    for (int i = 0; i < TEXT_ROWS; i++)
        wrong += !text_row_holds(&text_rows[i], true) + !text_row_holds(&text_rows[i], false);
    assert_int_equal(wrong, 0);
}

/* A call that found no room, and the option that makes some. */
static void is_full(rn_sock result, int wanted, const char *err, const char *remedy)
{
    assert_int_equal(result, wanted);
    assert_non_null(strstr(err, remedy));
}

static void what_is_full_says_so(void)
{
    char err[RN_ERRBUF], text[40];
    rn_sock one, two, udp;

    trace_options(&(struct rn_options){.connections = 2, .listeners = 1, .neighbours = 2, .datagrams = 1});
    app_listen();
    is_full(rn_listen(trace_net(), RN_TCP, "0.0.0.0:80", err), -ENOSPC, err, "rn_options.listeners");
    one = rn_connect(trace_net(), RN_TCP, "10.0.0.1:80", NULL, NULL);
    two = rn_connect(trace_net(), RN_TCP, "10.0.0.2:80", NULL, NULL);
    assert_true(one > 0 && two > 0);
    is_full(rn_connect(trace_net(), RN_TCP, "10.0.0.2:80", NULL, err), -ENOBUFS, err,
            "rn_options.connections");
    is_full(rn_connect(trace_net(), RN_TCP, "10.0.0.3:80", NULL, err), -ENOBUFS, err,
            "rn_options.neighbours");
    is_full(rn_add_neighbour(trace_net(), "10.0.0.3", MAC, err), -ENOSPC, err, "rn_options.neighbours");
    udp = rn_listen(trace_net(), RN_UDP, "10.0.0.7:53", NULL);
    assert_true(udp > 0);
    is_full(rn_listen(trace_net(), RN_UDP, "10.0.0.7:54", err), -ENOSPC, err, "rn_options.datagrams");
    is_full(rn_connect(trace_net(), RN_ICMP, "10.0.0.1", NULL, err), -ENOBUFS, err, "rn_options.datagrams");
    assert_int_equal(rn_close(trace_net(), udp), 0);
    for (int i = 1; i < 64; i++) {
        snprintf(text, sizeof text, "10.0.1.%d/24", i);
        assert_int_equal(rn_add_address(trace_net(), text, NULL), 0);
    }
    is_full(rn_add_address(trace_net(), "10.0.2.1/24", err), -ENOSPC, err, "64 addresses");
    assert_int_equal(rn_abort(trace_net(), one), 0);
    assert_int_equal(rn_abort(trace_net(), two), 0);
    advance(0);
    trace_skip();
}

/* 255 sockets that chose differently, beside the stack's own choice. */
static void sets_of_settings_may_be_used_up(void)
{
    enum { SETS = 255 };
    struct rn_settings s;
    rn_sock socks[SETS + 1];
    char to[40];

    trace_options(&(struct rn_options){.connections = SETS + 1});
    app_listen();
    assert_int_equal(rn_get_settings(trace_net(), trace_listener(), &s), 0);
    for (int i = 0; i <= SETS; i++) {
        snprintf(to, sizeof to, "10.0.0.1:%d", 1000 + i);
        socks[i] = rn_connect(trace_net(), RN_TCP, to, NULL, NULL);
        s.user_timeout = (i + 1) * INT64_C(1000000000);
        assert_int_equal(rn_set_settings(trace_net(), socks[i], &s), i < SETS ? 0 : -ENOSPC);
    }
    assert_int_equal(rn_get_settings(trace_net(), socks[SETS], &s), 0);
    assert_true(s.user_timeout == 0); /* nothing was changed */
    assert_int_equal(rn_abort(trace_net(), socks[0]), 0);
    advance(0); /* its record goes with the flush */
    s.user_timeout = 1000 * INT64_C(1000000000);
    assert_int_equal(rn_set_settings(trace_net(), socks[SETS], &s), 0);
    for (int i = 1; i <= SETS; i++)
        assert_int_equal(rn_abort(trace_net(), socks[i]), 0);
    advance(0);
    trace_skip();
}

static void without_a_stack_calls_say_so(void)
{
    struct rn_event ev = {.mask = 99};
    char err[RN_ERRBUF];

    assert_int_equal(rn_listen(NULL, RN_TCP, "0.0.0.0:7", err), -EINVAL);
    assert_non_null(strstr(err, "rn_open"));
    assert_int_equal(rn_connect(NULL, RN_TCP, "10.0.0.1:7", NULL, NULL), -EINVAL);
    assert_int_equal(rn_add_address(NULL, "10.0.0.7/24", NULL), -EINVAL);
    assert_int_equal(rn_add_neighbour(NULL, "10.0.0.1", MAC, NULL), -EINVAL);
    assert_int_equal(rn_add_device(NULL, NULL, NULL), -EINVAL);
    assert_int_equal(rn_attach(NULL, "tap:tap0", NULL, NULL), -EINVAL);
    assert_int_equal(rn_post(NULL, NULL), -EINVAL);
    assert_int_equal(rn_fd(NULL), -EINVAL);
    assert_int_equal(rn_wait(NULL, 0), -EINVAL);
    assert_false(rn_next(NULL, &ev));
    assert_int_equal(ev.mask, 99);
    rn_destroy(NULL);
}

static void a_stack_is_not_made_of_nothing(void)
{
    static uint8_t room[128];
    struct rn_host host = {.seed = {0}};
    struct rn_stack *net = NULL;
    size_t enough = rn_need(NULL);

    assert_int_equal(rn_init(&net, NULL, NULL, enough, &host, NULL), -EINVAL);
    assert_int_equal(rn_init(&net, NULL, room + 1 + ((uintptr_t)room & 1), enough, &host, NULL), -EINVAL);
    assert_int_equal(rn_init(&net, NULL, room, sizeof room, &host, NULL), -ENOMEM);
    assert_int_equal(rn_init(&net, NULL, room, enough, NULL, NULL), -EINVAL);
    assert_int_equal(rn_init(NULL, NULL, room, enough, &host, NULL), -EINVAL);
    assert_null(net);
    assert_int_equal(rn_add_device(trace_net(), NULL, NULL), -EINVAL);
}

/* ---- the document ---------------------------------------------------------------------------------------
 */

static void print_text_row(const struct text_row *row)
{
    static const char *const calls[] = {"rn_listen",        "rn_connect",   "rn_add_address",
                                        "rn_add_neighbour", "rn_add_route", "rn_attach"};
    static const char *const between[] = {"", " from ", "", " at ", " by ", ""};
    bool second = row->second || row->call == ADD_NEIGHBOUR || row->call == ADD_ROUTE;

    printf("| %s | ", calls[row->call]);
    printf(row->text ? "`\"%s\"`" : "%s", row->text ? row->text : "NULL");
    if (second)
        printf(row->second ? "%s`\"%s\"`" : "%s%s", between[row->call], row->second ? row->second : "NULL");
    if (row->protocol != RN_TCP)
        printf(row->protocol == RN_UDP    ? ", RN_UDP"
               : row->protocol == RN_ICMP ? ", RN_ICMP"
                                          : ", protocol %d",
               row->protocol);
    printf(" | %s |\n", row->result);
}

static void print_document(void)
{
    puts("\n## Calls with addresses\n\n"
         "The stack has 10.0.0.7/24 and fd00::7/64, listens on 10.0.0.7:7, and has a connection from "
         "10.0.0.7:5000 to\n10.0.0.1:40000 and a UDP socket at 10.0.0.7:53. Each failure writes one line of "
         "text, also tried with `err` NULL. "
         "Where the stack is NULL all of\nthese give -EINVAL.\n\n"
         "| call | arguments | result |\n|---|---|---|");
    for (int i = 0; i < TEXT_ROWS; i++)
        print_text_row(&text_rows[i]);
}

int main(int argc, char **argv)
{
    static const struct trace_test tests[] = {
        TRACE4(every_address_has_its_result),    TRACE4(what_is_full_says_so),
        TRACE4(sets_of_settings_may_be_used_up), TRACE4(without_a_stack_calls_say_so),
        TRACE4(a_stack_is_not_made_of_nothing),
    };

    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        print_document();
        return 0;
    }
    return trace_main("addresses", tests, sizeof tests / sizeof tests[0]);
}
