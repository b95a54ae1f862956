/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A segment's three forms: the words of a trace, the frame the peer sends, and the frame the stack has sent,
 * which is taken apart by wire/ and then compared number by number. See segment.h.
 */
#include "segment.h"

#include "wire/checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void segment_fill(uint8_t *to, int side, uint32_t number, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint32_t x = (number + (uint32_t)i) * 2654435761u + (uint32_t)side * 97;

        to[i] = (uint8_t)(x >> 24 ^ x >> 11);
    }
}

bool segment_right(const uint8_t *bytes, int side, uint32_t number, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t right;

        segment_fill(&right, side, number + (uint32_t)i, 1);
        if (bytes[i] != right)
            return false;
    }
    return true;
}

/* ---- words to numbers ---------------------------------------------------------------------------------- */

static bool parse_flags(const char *word, uint8_t *flags)
{
    static const char letters[] = "FSRP.UEW";
    const char *found;

    for (*flags = 0; *word; word++) {
        found = strchr(letters, *word);
        if (!found)
            return false;
        *flags |= (uint8_t)(1 << (found - letters));
    }
    return true;
}

static void add_raw(struct segment *s, const uint8_t *bytes, size_t n)
{
    if (s->raw_len + n <= sizeof s->raw) {
        memcpy(s->raw + s->raw_len, bytes, n);
        s->raw_len += n;
    }
}

static void add_hex(struct segment *s, const char *hex)
{
    unsigned byte;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        uint8_t b = (uint8_t)byte;

        add_raw(s, &b, 1);
    }
}

static void add_32(struct segment *s, uint32_t n)
{
    add_raw(s, (const uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
}

/* "ts VALUE:ECHO", "ts *:ECHO" or "ts *". */
static bool parse_timestamp(const char *word, const struct flow *f, struct segment *s)
{
    const char *echo = strchr(word, ':');

    s->has |= TCP_HAS_TIMESTAMP;
    s->any_ts = strncmp(word, "ts *", 4) == 0;
    s->any_echo = s->any_ts && !echo;
    if ((!s->any_ts && sscanf(word, "ts %u:", &s->ts_value) != 1) ||
        (!s->any_echo && (!echo || sscanf(echo, ":%u", &s->ts_echo) != 1)))
        return false;
    add_raw(s, (const uint8_t[]){8, 10}, 2);
    add_32(s, s->ts_value);
    add_32(s, s->ts_echo || (echo && echo[1] == '+') ? f->ts_zero + s->ts_echo : 0);
    return true;
}

/* "sack LEFT:RIGHT LEFT:RIGHT ..." */
static bool parse_sack(const char *word, const struct flow *f, struct segment *s)
{
    int used;

    s->has |= TCP_HAS_SACK;
    for (word += 4; s->blocks < 4; word += used, s->blocks++)
        if (sscanf(word, " %u:%u%n", &s->sack[s->blocks].left, &s->sack[s->blocks].right, &used) != 2)
            break;
    add_raw(s, (const uint8_t[]){5, (uint8_t)(2 + 8 * s->blocks)}, 2);
    for (unsigned i = 0; i < s->blocks; i++) {
        add_32(s, f->stack_iss + s->sack[i].left);
        add_32(s, f->stack_iss + s->sack[i].right);
    }
    return s->blocks > 0;
}

static bool parse_option(char *word, uint32_t link_mss, const struct flow *f, struct segment *s)
{
    unsigned n = 0;

    word += strspn(word, " ");
    if (strncmp(word, "ts ", 3) == 0)
        return parse_timestamp(word, f, s);
    if (strncmp(word, "sack ", 5) == 0)
        return parse_sack(word, f, s);
    if (strcmp(word, "*") == 0) {
        s->any_options = true;
    } else if (strcmp(word, "nop") == 0 || strcmp(word, "eol") == 0) {
        add_raw(s, (const uint8_t[]){*word == 'n'}, 1);
    } else if (strcmp(word, "sackOK") == 0) {
        s->has |= TCP_HAS_SACK_PERMITTED;
        add_raw(s, (const uint8_t[]){4, 2}, 2);
    } else if (strncmp(word, "raw ", 4) == 0) {
        add_hex(s, word + 4);
    } else if (sscanf(word, "wscale %u", &n) == 1) {
        s->has |= TCP_HAS_WSCALE;
        s->wscale = (uint8_t)n;
        add_raw(s, (const uint8_t[]){3, 3, (uint8_t)n}, 3);
    } else if (sscanf(word, "mss %u", &n) == 1 || strcmp(word, "mss link") == 0) {
        s->has |= TCP_HAS_MSS;
        s->mss = (uint16_t)(n ? n : strcmp(word, "mss link") == 0 ? link_mss : 0);
        add_raw(s, (const uint8_t[]){2, 4, (uint8_t)(s->mss >> 8), (uint8_t)s->mss}, 4);
    } else {
        return false;
    }
    return true;
}

static bool parse_options(char *text, uint32_t link_mss, const struct flow *f, struct segment *s)
{
    char *end = strchr(text, '>'), *rest = NULL;

    if (!end)
        return false;
    *end = 0;
    for (char *word = strtok_r(text + 1, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
        if (!parse_option(word, link_mss, f, s))
            return false;
    while (s->raw_len % 4)
        add_raw(s, (const uint8_t[]){0}, 1);
    return true;
}

bool segment_parse(const char *text, bool sent, uint32_t link_mss, const struct flow *f, struct segment *s)
{
    char copy[300], flags[16], *at, *rest = NULL, *word;
    unsigned seq, end;
    int used = 0;

    memset(s, 0, sizeof *s);
    snprintf(copy, sizeof copy, "%s", text);
    at = strchr(copy, '<');
    if (at && !parse_options(at, link_mss, f, s))
        return false;
    if (at)
        *at = 0;
    if (sscanf(copy, "%15s %u:%u%n", flags, &seq, &end, &used) != 3 || !parse_flags(flags, &s->flags))
        return false;
    s->seq = seq;
    s->end = end;
    s->window = sent ? 64240 : 0;
    for (word = strtok_r(copy + used, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        bool ect = strcmp(word, "ect") == 0, alone = ect || strcmp(word, "ce") == 0;
        char *value = alone ? NULL : strtok_r(NULL, " ", &rest);
        uint32_t n = value ? (uint32_t)strtoul(value, NULL, 10) : 0;

        if (alone)
            s->ecn = ect ? 2 : 3;
        else if (strcmp(word, "ack") == 0 && value)
            s->ack = n, s->has_ack = true;
        else if (strcmp(word, "win") == 0 && value)
            s->window = n, s->has_window = true;
        else if (strcmp(word, "urg") == 0 && value)
            s->urgent = n;
        else
            return false;
    }
    return true;
}

/* ---- numbers to frames --------------------------------------------------------------------------------- */

void segment_sum(uint8_t *frame, size_t len)
{
    bool version6 = frame[14] >> 4 == 6;
    size_t head = version6 ? IP6_LEN : (size_t)(frame[14] & 15) * 4;
    uint8_t *ip = frame + 14, *transport = ip + head, protocol = version6 ? ip[6] : ip[9], *field;
    struct addr src, dst;
    uint32_t sum = 0, part = (uint32_t)(len - 14 - head);

    if (version6) {
        memcpy(&src, ip + 8, 16);
        memcpy(&dst, ip + 24, 16);
    } else {
        src = addr_of4(ip + 12);
        dst = addr_of4(ip + 16);
        memset(ip + 10, 0, 2);
        checksum_store(ip + 10, sum_bytes(ip, head));
    }
    if (protocol != IP_ICMP4)
        sum = checksum_pseudo(&src, &dst, protocol, part);
    field = transport + (protocol == IP_TCP ? 16 : 2);
    memset(field, 0, 2);
    checksum_store(field, sum + sum_bytes(transport, part));
}

size_t segment_encode(const struct segment *s, const struct flow *f, uint8_t frame[TRACE_FRAME])
{
    struct eth eth = {.type = addr_is4(&f->addr[0]) ? ETH_IP4 : ETH_IP6};
    struct tcp tcp = {.src_port = f->port[SIDE_PEER], .dst_port = f->port[SIDE_STACK]};
    struct ip ip = {.src = f->addr[SIDE_PEER], .dst = f->addr[SIDE_STACK], .ttl = 64, .protocol = IP_TCP};
    size_t at, payload = s->end - s->seq;

    memset(frame, 0, TRACE_FRAME);
    memcpy(eth.dst, f->mac[SIDE_STACK], 6);
    memcpy(eth.src, f->mac[SIDE_PEER], 6);
    ip.dont_fragment = true;
    ip.traffic_class = s->ecn;
    ip.payload_len = (uint32_t)(TCP_LEN + s->raw_len + payload);
    tcp.seq = seq_of(f->peer_iss + s->seq);
    tcp.ack = seq_of(s->has_ack ? f->stack_iss + s->ack : 0);
    tcp.flags = s->flags;
    tcp.window = (uint16_t)s->window;
    tcp.urgent = (uint16_t)s->urgent;
    at = eth_encode(frame, &eth);
    at += addr_is4(&ip.src) ? ip4_encode(frame + at, &ip) : ip6_encode(frame + at, &ip);
    tcp_encode(frame + at, &tcp);
    frame[at + 12] = (uint8_t)((TCP_LEN + s->raw_len) / 4 << 4);
    memcpy(frame + at + TCP_LEN, s->raw, s->raw_len);
    segment_fill(frame + at + TCP_LEN + s->raw_len, SIDE_PEER, s->seq, payload);
    at += TCP_LEN + s->raw_len + payload;
    segment_sum(frame, at);
    return at;
}

/* ---- frames to verdicts -------------------------------------------------------------------------------- */

/* Everything below TCP; *v is the segment then. */
static const char *below_tcp(const struct flow *f, struct view *v, struct ip *ip)
{
    struct eth eth;

    if (eth_decode(v, &eth) != DROP_NONE || memcmp(eth.dst, f->mac[SIDE_PEER], 6) != 0 ||
        memcmp(eth.src, f->mac[SIDE_STACK], 6) != 0)
        return "link addresses";
    if (eth.type != (addr_is4(&f->addr[0]) ? ETH_IP4 : ETH_IP6))
        return "not IP of this family";
    if ((addr_is4(&f->addr[0]) ? ip4_decode(v, ip) : ip6_decode(v, ip)) != DROP_NONE)
        return "IP header";
    if (!addr_eq(&ip->src, &f->addr[SIDE_STACK]) || !addr_eq(&ip->dst, &f->addr[SIDE_PEER]))
        return "IP addresses";
    if (ip->protocol != IP_TCP || ip->ttl != 64 || ip->fragment || !ip->dont_fragment)
        return "protocol, TTL or fragmentation";
    return NULL;
}

static const char *differs_timestamp(const struct segment *wanted, struct flow *f, const struct tcp *tcp)
{
    if (!(tcp->has & TCP_HAS_TIMESTAMP))
        return NULL;
    if (!f->ts_known)
        f->ts_zero = tcp->ts_value;
    f->ts_known = true;
    if (!(wanted->has & TCP_HAS_TIMESTAMP))
        return NULL;
    if (!wanted->any_ts && tcp->ts_value != f->ts_zero + wanted->ts_value)
        return "timestamp";
    return !wanted->any_echo && tcp->ts_echo != wanted->ts_echo ? "timestamp echoed" : NULL;
}

static const char *differs_sack(const struct segment *wanted, const struct flow *f, const struct tcp *tcp)
{
    if (!(wanted->has & TCP_HAS_SACK))
        return NULL;
    if (tcp->sack_blocks != wanted->blocks)
        return "number of SACK blocks";
    for (unsigned i = 0; i < wanted->blocks; i++)
        if (tcp->sack[i].left.v != f->peer_iss + wanted->sack[i].left ||
            tcp->sack[i].right.v != f->peer_iss + wanted->sack[i].right)
            return "SACK blocks";
    return NULL;
}

static const char *differs_options(const struct segment *wanted, struct flow *f, const struct tcp *tcp)
{
    const char *why = differs_timestamp(wanted, f, tcp);

    if (why)
        return why;
    if ((tcp->has & TCP_HAS_MSS) && !(tcp->flags & TCP_SYN))
        return "MSS outside a SYN (MUST-65)";
    if (wanted->any_options ? (tcp->has & wanted->has) != wanted->has : tcp->has != wanted->has)
        return "options";
    if ((wanted->has & TCP_HAS_MSS) && tcp->mss != wanted->mss)
        return "MSS";
    if ((wanted->has & TCP_HAS_WSCALE) && tcp->wscale != wanted->wscale)
        return "window scale";
    return differs_sack(wanted, f, tcp);
}

static const char *differs_numbers(const struct segment *wanted, struct flow *f, const struct tcp *tcp,
                                   struct view v)
{
    if (tcp->src_port != f->port[SIDE_STACK] || tcp->dst_port != f->port[SIDE_PEER])
        return "ports";
    if (tcp->flags != wanted->flags)
        return "flags";
    if ((tcp->flags & TCP_SYN) && !f->iss_known) {
        f->iss_known = true;
        f->stack_iss = tcp->seq.v;
    }
    if (tcp->seq.v != f->stack_iss + wanted->seq)
        return "sequence number";
    if (v.len != wanted->end - wanted->seq)
        return "payload length";
    if (wanted->has_ack != ((tcp->flags & TCP_ACK) != 0))
        return "the trace and the flags disagree about an ACK";
    if (tcp->ack.v != (wanted->has_ack ? f->peer_iss + wanted->ack : 0))
        return "acknowledgement number";
    if (wanted->has_window && tcp->window != wanted->window)
        return "window";
    if (tcp->urgent != wanted->urgent)
        return "urgent pointer";
    return NULL;
}

const char *segment_differs(const struct segment *wanted, struct flow *f, const uint8_t *frame, size_t len)
{
    struct view v = view_of(frame, len);
    struct tcp tcp;
    struct ip ip;
    const char *why = below_tcp(f, &v, &ip);

    if (why)
        return why;
    if (v.at + v.len != frame + len)
        return "bytes behind the packet";
    if ((ip.traffic_class & 3) != wanted->ecn)
        return "ECN field";
    if (!checksum_right(checksum_pseudo(&ip.src, &ip.dst, IP_TCP, (uint32_t)v.len), v.at, v.len))
        return "TCP checksum";
    if (tcp_decode(&v, &tcp) != DROP_NONE)
        return "TCP header";
    why = differs_numbers(wanted, f, &tcp, v);
    if (!why)
        why = differs_options(wanted, f, &tcp);
    if (!why && !segment_right(v.at, SIDE_STACK, wanted->seq, v.len))
        why = "payload";
    return why;
}
