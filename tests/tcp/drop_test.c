/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is not wanted is counted, and nothing is sent: martians (RFC 1122 3.2.1.3, RFC 9293 MUST-57, MUST-63),
 * our own address as a sender (the LAND attack), groups, damage, frames cut short at every length, other
 * protocols.
 */
#include "trace.h"

#include "wire/addr.h"

#include <string.h>

/* How many packets were dropped, for whatever reason. */
static uint64_t drops(void)
{
    struct rn_stats stats;
    uint64_t sum = 0;

    rn_stats(trace_net(), &stats);
    for (int i = 0; i < RN_DROPS; i++)
        sum += stats.drops[i];
    return sum;
}

/* The frame draws no answer, and one drop is counted for it. */
static void unwanted(const uint8_t *frame, size_t len)
{
    uint64_t before = drops();

    trace_raw(frame, len);
    quiet();
    assert_int_equal(drops(), before + 1);
    app_no_event();
}

/* The address in the frame's source or destination is replaced. */
static void readdress(uint8_t *frame, bool source, const char *text)
{
    struct addr a;

    assert_true(addr_parse(text, &a));
    if (v6())
        memcpy(frame + 14 + (source ? 8 : 24), a.b, 16);
    else
        memcpy(frame + 14 + (source ? 12 : 16), a.b + 12, 4);
}

static void a_syn_from_a_martian_is_dropped(void)
{
    static const char *const martians[2][9] = {{"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255",
                                                "240.0.0.1", "10.0.0.255", "10.0.0.7", "0.1.2.3", NULL},
                                               {"::", "::1", "ff02::1", "ff0e::1", "fd00::7", NULL}};
    uint8_t frame[TRACE_FRAME];

    reach(LISTEN);
    for (int i = 0; martians[v6()][i]; i++) {
        size_t len = trace_make(frame, "S 0:0 <mss link>");

        readdress(frame, true, martians[v6()][i]);
        trace_sum(frame, len);
        unwanted(frame, len);
    }
}

static void a_syn_to_a_group_is_dropped(void)
{
    static const char *const groups[2][4] = {{"255.255.255.255", "10.0.0.255", "224.0.0.1", NULL},
                                             {"ff02::1", "ff02::1:ff00:7", NULL}};
    uint8_t frame[TRACE_FRAME];

    reach(LISTEN);
    for (int i = 0; groups[v6()][i]; i++) {
        size_t len = trace_make(frame, "S 0:0 <mss link>");

        readdress(frame, false, groups[v6()][i]);
        memset(frame, 255, 6);
        trace_sum(frame, len);
        unwanted(frame, len);
    }
}

static void a_syn_in_a_broadcast_frame_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>");
    memset(frame, 255, 6);
    unwanted(frame, len);
}

/* LAND: from us to us, with our own port. */
static void a_syn_from_ourselves_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>");
    readdress(frame, true, v6() ? "fd00::7" : "10.0.0.7");
    memcpy(frame + 14 + ip_len(), frame + 14 + ip_len() + 2, 2);
    trace_sum(frame, len);
    unwanted(frame, len);
}

/* Nobody has such a port, so nobody is answered. */
static void port_0_is_dropped(void)
{
    static const char *const segments[] = {"S 0:0 <mss link>", ". 1:1 ack 1", "P. 1:101 ack 1", "R 1:1",
                                           "F. 1:1 ack 1"};
    uint8_t frame[TRACE_FRAME];

    reach(LISTEN);
    for (size_t i = 0; i < 2 * (sizeof segments / sizeof segments[0]); i++) {
        size_t len = trace_make(frame, "%s", segments[i / 2]);

        memset(frame + 14 + ip_len() + 2 * (i % 2), 0, 2); /* its own, or ours */
        trace_sum(frame, len);
        unwanted(frame, len);
    }
}

static void a_wrong_tcp_checksum_is_dropped(void)
{
    static const char *const segments[] = {"S 0:0 <mss link>", ". 1:1 ack 1", "P. 1:101 ack 1", "R 1:1",
                                           "F. 1:1 ack 1"};
    uint8_t frame[TRACE_FRAME];

    reach(SYN_RECEIVED);
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++) {
        size_t len = trace_make(frame, "%s", segments[i]), at = 14 + ip_len();

        frame[at + 16] ^= 0x40;
        unwanted(frame, len);
        memset(frame + at + 16, 0, 2);
        unwanted(frame, len); /* none at all is wrong too */
    }
    assert_int_equal(trace_drops("checksum"), 10);
    in(". 1:1 ack 1"); /* MUST-3: as if they had never come */
    app_accept();
}

static void every_bit_of_a_segment_is_covered(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(ESTABLISHED);
    len = trace_make(frame, "P. 1:11 ack 1");
    for (size_t bit = (14 + ip_len()) * 8; bit < len * 8; bit++) {
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        unwanted(frame, len);
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    app_read_nothing();
    trace_raw(frame, len);
    app_recv(10);
    within(500, ". 1:1 ack 11");
}

static void every_bit_of_an_ipv4_header_is_covered(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>");
    for (size_t bit = 14 * 8; bit < 34 * 8; bit++) {
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        unwanted(frame, len);
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void frames_cut_short_are_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link,nop,wscale 7,sackOK>");
    for (size_t cut = 1; cut < len; cut++)
        unwanted(frame, cut);
    trace_raw(frame, len);
    out("S. 0:0 ack 1 <*>");
}

/* The IP lengths are right, so that it is TCP's turn to find out. */
static void segments_cut_short_are_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link,nop,wscale 7,sackOK>");
    for (size_t cut = 14 + ip_len(); cut < len; cut++) {
        size_t at = v6() ? 18 : 16, total = cut - 14 - (v6() ? 40 : 0);

        trace_make(frame, "S 0:0 <mss link,nop,wscale 7,sackOK>");
        frame[at] = (uint8_t)(total >> 8);
        frame[at + 1] = (uint8_t)total;
        if (cut >= 14 + ip_len() + 18)
            trace_sum(frame, cut);
        else if (!v6())
            memset(frame + 24, 0, 2);
        unwanted(frame, cut);
    }
}

static void bytes_behind_a_packet_are_no_part_of_it(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(ESTABLISHED);
    len = trace_make(frame, "P. 1:3 ack 1");
    memset(frame + len, 0xee, 40);
    trace_raw(frame, len + 40);
    app_recv(2);
    app_read_nothing();
    within(500, ". 1:1 ack 3");
}

static void a_wrong_data_offset_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    for (unsigned words = 0; words < 16; words++) {
        if (words == 5)
            continue;
        len = trace_make(frame, "S 0:0");
        frame[14 + ip_len() + 12] = (uint8_t)(words << 4);
        trace_sum(frame, len);
        unwanted(frame, len);
    }
}

static void what_is_not_for_us_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>");
    frame[5] ^= 1; /* another's link address */
    unwanted(frame, len);
    len = trace_make(frame, "S 0:0 <mss link>");
    readdress(frame, false, v6() ? "fd00::8" : "10.0.0.8");
    trace_sum(frame, len);
    unwanted(frame, len);
    assert_int_equal(trace_drops("not_ours"), 2);
}

static void other_protocols_are_dropped(void)
{
    static const uint16_t types[] = {0x0000, 0x0100, 0x0805, 0x8100, 0x86dc, 0x88cc, 0xffff};
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        len = trace_make(frame, "S 0:0 <mss link>");
        frame[12] = (uint8_t)(types[i] >> 8);
        frame[13] = (uint8_t)types[i];
        unwanted(frame, len);
    }
}

static void a_fragment_is_dropped(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>");
    frame[14 + 6] = 0x20; /* more to come */
    trace_sum(frame, len);
    unwanted(frame, len);
    frame[14 + 6] = 0;
    frame[14 + 7] = 1; /* a later one */
    trace_sum(frame, len);
    unwanted(frame, len);
    assert_int_equal(trace_drops("fragment"), 2);
}

static void a_source_route_is_refused(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0");
    memmove(frame + 42, frame + 34, len - 34);
    memcpy(frame + 34, (const uint8_t[]){0x83, 7, 4, 10, 0, 0, 7, 0}, 8);
    frame[14] = 0x47;
    frame[17] = (uint8_t)(len - 14 + 8);
    trace_sum(frame, len + 8);
    unwanted(frame, len + 8);
}

static void an_unknown_ip_option_is_passed_over(void)
{
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0");
    memmove(frame + 38, frame + 34, len - 34);
    memcpy(frame + 34, (const uint8_t[]){0x9e, 4, 0, 0}, 4);
    frame[14] = 0x46;
    frame[17] = (uint8_t)(len - 14 + 4);
    trace_sum(frame, len + 4);
    trace_raw(frame, len + 4);
    out("S. 0:0 ack 1 <mss link>"); /* MUST-50 */
}

/* MAY-10, MAY-11: Record Route and Timestamp are stepped over, and nothing is written into them. */
static void a_segment_with_recording_options_is_answered_without(void)
{
    static const uint8_t options[2][8] = {{7, 7, 4, 0, 0, 0, 0, 0}, {68, 8, 5, 0, 0, 0, 0, 0}};
    uint8_t frame[TRACE_FRAME];

    reach(LISTEN);
    for (int i = 0; i < 2; i++) {
        size_t len;

        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        len = trace_make(frame, "S 0:0");
        memmove(frame + 42, frame + 34, len - 34);
        memcpy(frame + 34, options[i], 8);
        frame[14] = 0x47;
        frame[17] = (uint8_t)(len - 14 + 8);
        trace_sum(frame, len + 8);
        trace_raw(frame, len + 8);
        out("S. 0:0 ack 1 <mss link>");
        in("R 1:1");
    }
}

/* The frame is answered by an ICMP error that says so and quotes it: protocol unreachable (RFC 1122 3.2.2.1),
 * next header unrecognized, with where it stands (RFC 4443 3.4). */
static void refused(const uint8_t *frame, size_t len)
{
    static const uint8_t says4[8] = {3, 2}, says6[8] = {4, 1, 0, 0, 0, 0, 0, 6};
    uint64_t before = trace_drops("protocol");
    const uint8_t *sent;
    uint8_t says[8];
    size_t sent_len;

    trace_raw(frame, len);
    sent = trace_taken(&sent_len);
    assert_non_null(sent);
    assert_int_equal(sent_len, len + ip_len() + 8);
    memcpy(says, sent + 14 + ip_len(), 8);
    says[2] = says[3] = 0;
    assert_memory_equal(says, v6() ? says6 : says4, 8);
    assert_memory_equal(sent + 14 + ip_len() + 8, frame + 14, len - 14);
    assert_int_equal(trace_drops("protocol"), before + 1);
    quiet();
    app_no_event();
}

/* Nothing is unpacked: a tunnel (4, 41) or any other transport is refused before a byte of it is read. What
 * is no UDP either, and IPv6's extension headers, are not answered. */
static void other_transports_are_refused(void)
{
    uint8_t frame[TRACE_FRAME];

    reach(LISTEN);
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        size_t len = trace_make(frame, "S 0:0 <mss link>");
        bool extension =
            protocol == 0 || protocol == 43 || protocol == 44 || protocol == 59 || protocol == 60;

        if (protocol == 6 || protocol == (v6() ? 58 : 1))
            continue;
        frame[14 + (v6() ? 6 : 9)] = (uint8_t)protocol;
        if (!v6())
            trace_sum(frame, len);
        if (protocol == 17 || (v6() && extension))
            unwanted(frame, len);
        else
            refused(frame, len);
    }
}

/* The same for IPv6, where fragments have a header of their own. What says that it is the only one is whole
 * (RFC 6946). */
static void a_fragment_header_is_dropped(void)
{
    static const uint8_t more[8] = {6, 0, 0, 1, 1, 2, 3, 4}, later[8] = {6, 0, 0, 8, 1, 2, 3, 4},
                         only[8] = {6, 0, 0, 0, 1, 2, 3, 4};
    uint8_t frame[TRACE_FRAME];
    size_t len;

    reach(LISTEN);
    len = trace_make(frame, "S 0:0 <mss link>") + 8;
    memmove(frame + 62, frame + 54, len - 62);
    frame[20] = 44;
    frame[19] = (uint8_t)(frame[19] + 8);
    memcpy(frame + 54, more, 8);
    unwanted(frame, len);
    memcpy(frame + 54, later, 8);
    unwanted(frame, len);
    assert_int_equal(trace_drops("fragment"), 2);
    memcpy(frame + 54, only, 8);
    trace_raw(frame, len);
    out("S. 0:0 ack 1 <mss link>");
}

static const struct trace_test tests[] = {
    TRACE(a_syn_from_a_martian_is_dropped),
    TRACE(a_syn_to_a_group_is_dropped),
    TRACE(a_syn_in_a_broadcast_frame_is_dropped),
    TRACE(a_syn_from_ourselves_is_dropped),
    TRACE(port_0_is_dropped),
    TRACE(a_wrong_tcp_checksum_is_dropped),
    TRACE(every_bit_of_a_segment_is_covered),
    TRACE4(every_bit_of_an_ipv4_header_is_covered),
    TRACE(frames_cut_short_are_dropped),
    TRACE(segments_cut_short_are_dropped),
    TRACE(bytes_behind_a_packet_are_no_part_of_it),
    TRACE(a_wrong_data_offset_is_dropped),
    TRACE(what_is_not_for_us_is_dropped),
    TRACE(other_protocols_are_dropped),
    TRACE4(a_fragment_is_dropped),
    TRACE4(a_source_route_is_refused),
    TRACE4(an_unknown_ip_option_is_passed_over),
    TRACE4(a_segment_with_recording_options_is_answered_without),
    TRACE(other_transports_are_refused),
    TRACE6(a_fragment_header_is_dropped),
};

TRACE_MAIN("drop", tests)
