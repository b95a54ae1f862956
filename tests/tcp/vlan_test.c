/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stack on a VLAN (802.1Q): everything that it sends has the tag, which the trace looks at and takes out;
 * what comes without it, or with another, is dropped. A stack on none takes a tag that is a mere priority.
 */
#include "arp.h"

#include <string.h>

enum { VLAN = 0x123, PRIORITY_5 = 5 << 13, DROP_ELIGIBLE = 1 << 12 };

static void talk(void)
{
    app_send(1000);
    out("P. 1:1001 ack 1");
    in("P. 1:501 ack 1001");
    app_recv(500);
    after(40, ". 1001:1001 ack 501"); /* alone */
    app_send(link_mss());
    out("P. 1001:%u ack 501", 1001 + link_mss());
    in(". 501:501 ack %u", 1001 + link_mss());
}

static void all_is_tagged_on_a_vlan(void)
{
    trace_vlan(VLAN);
    reach(ESTABLISHED);
    talk();
    in("F. 501:501 ack %u", 1001 + link_mss());
    out(". %u:%u ack 502", 1001 + link_mss(), 1001 + link_mss());
}

static void a_tag_may_have_been_taken_out(void)
{
    trace_vlan(VLAN);
    trace_tag(VLAN | PRIORITY_5, true);
    reach(ESTABLISHED);
    talk();
}

static void its_priority_is_no_matter(void)
{
    trace_vlan(VLAN);
    trace_tag(VLAN | PRIORITY_5 | DROP_ELIGIBLE, false);
    reach(ESTABLISHED);
    talk();
}

static void timestamps_and_options_are_tagged_too(void)
{
    trace_vlan(VLAN);
    trace_options(&(struct rn_options){.connections = 64, .no_window_scale = 1});
    app_listen();
    in("S 0:0 <mss link,sackOK,ts 100:0>");
    out("S. 0:0 ack 1 <mss link,sackOK,ts *:100>");
    in(". 1:1 ack 1 <nop,nop,ts 101:+0>");
    app_accept();
    app_send(10);
    out("P. 1:11 ack 1 <ts *:101>");
    in("P. 11:21 ack 11 <nop,nop,ts 102:+0>");
    out(". 11:11 ack 1 <*>"); /* SACK */
}

static void questions_and_resets_are_tagged_too(void)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

    trace_vlan(4094);
    trace_no_neighbour();
    trace_count_from(0);
    in("S 0:0 <mss link>");
    out("R. 0:0 ack 1");
    trace_flow(PEER_PORT, ACTIVE_PORT);
    app_connect();
    arp_out(ARP_REQUEST, "10.0.0.7", "10.0.0.1");
    arp_in(ARP_REPLY, "10.0.0.1", "10.0.0.7", mac);
    out("S 0:0 <mss link,wscale 0>");
    arp_in(ARP_REQUEST, "10.0.0.1", "10.0.0.7", mac);
    arp_out(ARP_REPLY, "10.0.0.7", "10.0.0.1");
}

/* An answer to an echo request of a full frame: no room is wanting for the tag. */
static void an_echo_of_a_full_frame_is_tagged_too(void)
{
    uint8_t frame[TRACE_FRAME] = {0};
    const uint8_t *answer;
    size_t len;

    trace_vlan(VLAN);
    trace_make(frame, ". 0:%u", link_mss());
    frame[14 + 9] = 1; /* ICMP instead of TCP */
    memset(frame + 34, 0, TRACE_MTU - 20);
    frame[34] = 8;
    trace_sum(frame, 14 + TRACE_MTU);
    trace_raw(frame, 14 + TRACE_MTU);
    answer = trace_taken(&len);
    assert_non_null(answer);
    assert_int_equal(len, 14 + TRACE_MTU);
    assert_int_equal(answer[34], 0);
}

static void others_are_dropped(int tag, bool taken_out)
{
    trace_tag(tag, taken_out);
    in("S 0:0 <mss link>");
    in(". 0:10 ack 0");
    quiet();
}

static void what_is_not_of_the_vlan_is_dropped(void)
{
    trace_vlan(VLAN);
    app_listen();
    others_are_dropped(-1, false);
    others_are_dropped(0, false);
    others_are_dropped(0, true);
    others_are_dropped(VLAN + 1, false);
    others_are_dropped(VLAN + 1, true);
    others_are_dropped(4095, true);
    assert_int_equal(trace_drops("vlan"), 12);
    others_are_dropped(4095, false); /* what nobody may send */
    assert_int_equal(trace_drops("malformed"), 2);
}

static void without_a_vlan_a_priority_is_no_matter(void)
{
    trace_tag(PRIORITY_5, false);
    reach(ESTABLISHED);
    trace_tag(PRIORITY_5, true);
    talk();
}

static void without_a_vlan_others_are_dropped(void)
{
    app_listen();
    others_are_dropped(VLAN, false);
    others_are_dropped(VLAN | PRIORITY_5, true);
    assert_int_equal(trace_drops("vlan"), 4);
}

/* A tag within a tag is of a network of providers. */
static void two_tags_are_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    trace_vlan(VLAN);
    app_listen();
    len = trace_make(frame, "S 0:0 <mss link>");
    memmove(frame + 16, frame + 12, len - 12);
    memcpy(frame + 12, ((uint8_t[]){0x81, 0, 1, 0x23}), 4);
    trace_raw(frame, len + 4);
    quiet();
    assert_int_equal(trace_drops("vlan"), 1);
}

static void a_tag_that_is_cut_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];

    app_listen();
    trace_make(frame, "S 0:0");
    memcpy(frame + 12, ((uint8_t[]){0x81, 0, 0, 0}), 4);
    for (size_t len = 14; len < 18; len++)
        trace_raw(frame, len);
    quiet();
    assert_int_equal(trace_drops("truncated"), 4);
}

static const struct trace_test tests[] = {
    TRACE(all_is_tagged_on_a_vlan),
    TRACE(a_tag_may_have_been_taken_out),
    TRACE(its_priority_is_no_matter),
    TRACE(timestamps_and_options_are_tagged_too),
    TRACE4(questions_and_resets_are_tagged_too),
    TRACE4(an_echo_of_a_full_frame_is_tagged_too),
    TRACE(what_is_not_of_the_vlan_is_dropped),
    TRACE(without_a_vlan_a_priority_is_no_matter),
    TRACE(without_a_vlan_others_are_dropped),
    TRACE(two_tags_are_dropped),
    TRACE(a_tag_that_is_cut_is_dropped),
};

TRACE_MAIN("vlan", tests)
