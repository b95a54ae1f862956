/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Peers that are on no link of ours, behind a gateway: both ways to begin a connection, who is asked for the
 * gateway, and what is said where there is no way. In a trace with a gateway the stack has 10.0.0.7/31 or
 * fd00::7/126, and beside it 10.0.0.6 or fd00::6, through whom all frames come and go.
 */
#include "arp.h"

#include <stdio.h>
#include <string.h>

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

static void a_peer_behind_the_gateway_connects(void)
{
    trace_gateway();
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in("P. 1:11 ack 101");
    app_recv(10);
    after(40, ". 101:101 ack 11");
}

static void we_connect_through_the_gateway(void)
{
    trace_gateway();
    reach(SYN_SENT);
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
}

static void a_syn_cookie_finds_its_way_back(void)
{
    trace_gateway();
    app_listen();
    for (unsigned i = 0; i < 64; i++) { /* as many as can be half open */
        trace_flow((uint16_t)(1000 + i), LOCAL_PORT);
        in("S 0:0 <mss 1000>");
        out("S. 0:0 ack 1 <mss link>");
    }
    trace_flow(PEER_PORT, LOCAL_PORT);
    in("S 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(50);
    out("P. 1:51 ack 1");
    in(". 1:1 ack 51");
    advance(70000); /* the flood is forgotten */
    trace_skip();
}

/* What no connection answers goes back to where it came from, route or not. */
static void a_reset_goes_back_to_the_sender(void)
{
    trace_gateway();
    trace_count_from(0);
    in("S 0:0 <mss link>");
    out("R. 0:0 ack 1");
}

static void the_gateway_is_asked_for_and_shared(void)
{
    rn_sock other;

    trace_gateway();
    trace_no_neighbour();
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.6");
    other = rn_connect(trace_net(), RN_TCP, "192.0.2.1:80", NULL, NULL);
    assert_true(other > 0);
    advance(0);
    quiet();
    arp_in(ARP_REPLY, "10.0.0.6", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    assert_int_equal(trace_skip(), 1);
    assert_int_equal(rn_abort(trace_net(), other), 0);
}

/* RFC 1122 3.3.1.2: who is on the link is asked himself. */
static void a_neighbour_is_not_sent_to_by_the_gateway(void)
{
    trace_gateway();
    trace_no_neighbour();
    assert_true(rn_connect(trace_net(), RN_TCP, "10.0.0.6:80", NULL, NULL) > 0);
    advance(0);
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.6");
    quiet();
    assert_true(rn_connect(trace_net(), RN_TCP, "10.0.0.9:80", NULL, NULL) > 0);
    advance(0);
    quiet();
    advance(5000);
    trace_skip();
}

static void a_syn_by_an_unknown_gateway_asks_for_it(void)
{
    trace_gateway();
    trace_no_neighbour();
    app_listen();
    in("S 0:0 <mss link>");
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.6");
    assert_int_equal(trace_drops("neighbour"), 1);
    arp_in(ARP_REPLY, "10.0.0.6", "10.0.0.7", mac);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
}

/* The longest prefix: another gateway for one network, none for the peers' own. */
static void another_network_has_another_gateway(void)
{
    trace_gateway();
    trace_no_neighbour();
    assert_int_equal(rn_add_address(trace_net(), "172.16.0.7/16", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "192.0.2.0/24", "172.16.0.1", NULL), 0);
    assert_true(rn_connect(trace_net(), RN_TCP, "192.0.2.1:80", NULL, NULL) > 0);
    advance(0);
    arp_out(ARP_REQUEST, "172.16.0.7", "172.16.0.1");
    assert_true(rn_connect(trace_net(), RN_TCP, "192.0.3.1:80", NULL, NULL) > 0);
    advance(0);
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.6");
    /* From the other address, but the question is the gateway's neighbour's. */
    assert_true(rn_connect(trace_net(), RN_TCP, "192.0.2.2:80", "10.0.0.7:0", NULL) > 0);
    advance(0);
    quiet();
    advance(5000);
    trace_skip();
}

/* The next frame that has left a device other than the trace's is an ARP question about that address. */
static void asks_on(struct rn_dev *far, const char *target)
{
    struct rn_frame frame;
    struct addr a;

    assert_true(addr_parse(target, &a));
    assert_int_equal(far->ops->burst(far, &frame, 1, 0), 1);
    assert_memory_equal(frame.data + 12, ((uint8_t[]){8, 6}), 2);
    assert_memory_equal(frame.data + 38, a.b + 12, 4);
    far->ops->release(far, 1);
    assert_int_equal(far->ops->burst(far, &frame, 1, 0), 0);
}

/* A gateway is on the device on whose link it is; without one it is the device attached last; and who speaks
 * from an address speaks on its device. */
static void each_device_has_its_own_ways(void)
{
    struct rn_dev *ends[2];
    rn_sock socks[4];
    char err[RN_ERRBUF];

    trace_no_neighbour();
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    assert_int_equal(rn_add_device(trace_net(), ends[0], NULL), 1);
    assert_int_equal(rn_add_address(trace_net(), "172.16.0.7/16", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "0.0.0.0/0", "10.0.0.6", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "192.0.2.0/24", "172.16.0.1", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "198.51.100.0/24", NULL, NULL), 0);

    socks[0] = rn_connect(trace_net(), RN_TCP, "203.0.113.1:80", NULL, err);
    advance(0);
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.6");
    socks[1] = rn_connect(trace_net(), RN_TCP, "192.0.2.1:80", NULL, err);
    advance(0);
    asks_on(ends[1], "172.16.0.1");
    socks[2] = rn_connect(trace_net(), RN_TCP, "198.51.100.1:80", NULL, err);
    advance(0);
    asks_on(ends[1], "198.51.100.1");
    quiet();
    socks[3] = rn_connect(trace_net(), RN_TCP, "192.0.2.1:80", "10.0.0.7:0", err);
    advance(0);
    quiet(); /* the same gateway as the first */
    assert_int_equal(rn_connect(trace_net(), RN_TCP, "203.0.113.1:80", "172.16.0.7:0", err), -ENETUNREACH);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rn_abort(trace_net(), socks[i]), 0);
    ends[1]->ops->close(ends[1]);
}

static void without_a_route_there_is_no_way(void)
{
    char err[RN_ERRBUF];

    app_listen();
    assert_int_equal(rn_connect(trace_net(), RN_TCP, v6() ? "[2001:db8::1]:80" : "192.0.2.1:80", NULL, err),
                     -ENETUNREACH);
    assert_non_null(strstr(err, "rn_add_route"));
    assert_int_equal(rn_connect(trace_net(), RN_TCP, v6() ? "[2001:db8::1]:80" : "192.0.2.1:80",
                                v6() ? "[fd00::7]:0" : "10.0.0.7:0", err),
                     -ENETUNREACH);
    assert_non_null(strstr(err, "rn_add_route"));
}

/* The list and the words. */
struct row {
    const char *prefix, *gateway;
    int result;
    const char *said; /* in the line */
};
static const struct row rows[] = {
    {"0.0.0.0/0", "10.0.0.1", 0, ""},
    {"0.0.0.0/0", "10.0.0.2", -EEXIST, "0.0.0.0/0 already"},
    {"10.1.0.0", "10.0.0.1", -EINVAL, "'10.1.0.0' is no prefix"},
    {"10.1.1.0/23", "10.0.0.1", -EINVAL, "10.1.1.0/23 says more than its prefix: write 0 behind"},
    {"fd00:1::1/64", "fd00::1", -EINVAL, "write 0 behind"},
    {"10.2.0.0/16", "10.0.0.1/24", -EINVAL, "'10.0.0.1/24' is no gateway"},
    {"10.2.0.0/16", "fd00::1", -EINVAL, "family"},
    {"10.2.0.0/16", "10.0.0.7", -EINVAL, "10.0.0.7 is this stack itself"},
    {"10.2.0.0/16", "10.0.1.1", -ENETUNREACH, "10.0.1.1 is on no link"},
};

static void routes_have_their_words(void)
{
    char err[RN_ERRBUF];

    for (const struct row *r = rows; r < rows + sizeof rows / sizeof rows[0]; r++) {
        err[0] = 0;
        assert_int_equal(rn_add_route(trace_net(), r->prefix, r->gateway, err), r->result);
        if (!strstr(err, r->said) || (r->result == 0) != (err[0] == 0)) {
            print_error("%s by %s: %s\n", r->prefix, r->gateway, err);
            fail();
        }
    }
    assert_int_equal(rn_add_route(NULL, "0.0.0.0/0", "10.0.0.1", err), -EINVAL);
    for (int i = 1; i < 64; i++) {
        char prefix[24];

        snprintf(prefix, sizeof prefix, "10.%d.0.0/16", 100 + i);
        assert_int_equal(rn_add_route(trace_net(), prefix, "10.0.0.1", err), 0);
    }
    assert_int_equal(rn_add_route(trace_net(), "10.99.0.0/16", "10.0.0.1", err), -ENOSPC);
    assert_non_null(strstr(err, "64 routes"));
}

static void routes_and_addresses_are_listed(void)
{
    struct rn_route r = {.device = -1};
    struct rn_address a = {.device = -1};

    assert_int_equal(rn_route(trace_net(), 0, &r), -ENOENT);
    assert_int_equal(rn_add_address(trace_net(), "fd00::7/128", NULL), 0);
    assert_int_equal(rn_add_address(trace_net(), "fd00:1::7/9", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "0.0.0.0/0", "10.0.0.1", NULL), 0);
    assert_int_equal(rn_add_route(trace_net(), "2001:db8::/32", NULL, NULL), 0);
    assert_int_equal(rn_route(trace_net(), 0, &r), 0);
    assert_string_equal(r.prefix, "0.0.0.0/0");
    assert_string_equal(r.gateway, "10.0.0.1");
    assert_int_equal(r.device, 0);
    assert_int_equal(rn_route(trace_net(), 1, &r), 0);
    assert_string_equal(r.prefix, "2001:db8::/32");
    assert_string_equal(r.gateway, "");
    assert_int_equal(rn_route(trace_net(), 2, &r), -ENOENT);
    assert_int_equal(rn_route(trace_net(), -1, &r), -ENOENT);

    assert_int_equal(rn_address(trace_net(), 1, &a), 0);
    assert_string_equal(a.text, "fd00::7/128");
    assert_int_equal(rn_address(trace_net(), 2, &a), 0);
    assert_string_equal(a.text, "fd00:1::7/9");
    assert_int_equal(a.use, RN_ADDRESS_USED);
    assert_int_equal(rn_address(trace_net(), 3, &a), -ENOENT);
    assert_int_equal(rn_address(trace_net(), -1, &a), -ENOENT);
    assert_int_equal(rn_address_state(trace_net(), "10.0.0.8", &a), -ENOENT);
    assert_int_equal(rn_address_state(trace_net(), "10.0.0.7/24", &a), -EINVAL);
    assert_int_equal(rn_address_state(trace_net(), NULL, &a), -EINVAL);
    assert_int_equal(rn_address_state(NULL, "10.0.0.7", &a), -EINVAL);
    assert_int_equal(rn_address_state(trace_net(), "10.0.0.7", &a), 0);
    assert_string_equal(a.text, "10.0.0.7/24");
    assert_int_equal(a.device, 0);
}

static const struct trace_test tests[] = {
    TRACE(a_peer_behind_the_gateway_connects),
    TRACE(we_connect_through_the_gateway),
    TRACE(a_syn_cookie_finds_its_way_back),
    TRACE(a_reset_goes_back_to_the_sender),
    TRACE4(the_gateway_is_asked_for_and_shared),
    TRACE4(a_neighbour_is_not_sent_to_by_the_gateway),
    TRACE4(a_syn_by_an_unknown_gateway_asks_for_it),
    TRACE4(another_network_has_another_gateway),
    TRACE4(each_device_has_its_own_ways),
    TRACE(without_a_route_there_is_no_way),
    TRACE4(routes_have_their_words),
    TRACE4(routes_and_addresses_are_listed),
};

TRACE_MAIN("route", tests)
