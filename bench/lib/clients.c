/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET        0          14        34          54 (66 with timestamps)
 *                    Ethernet   IPv4      TCP         payload
 *
 * One function writes every frame, one takes every frame apart. A request's payload is a pure function of the
 * client and of how many requests it has sent, so nothing needs to be kept to compare the reply.
 */
#include "clients.h"

#include <stdio.h>
#include <string.h>

enum {
    ETH = 14,
    IP = 20,
    TCP = 20,
    PORT_FIRST = 1024,
    SERVER_PORT = 7,
    TIMESTAMP_BYTES = 12,
    FIN = 1,
    SYN = 2,
    RST = 4,
    PSH = 8,
    ACK = 16
};
static const uint32_t server_ip = 0x0a000001, first_ip = 0x0a010001;

static void put16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
    put16(at, v >> 16);
    put16(at + 2, v);
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) << 16 | get16(at + 2);
}

/* RFC 1071: the ones' complement sum of 16-bit words, added to `sum` and folded. */
static uint32_t sum_words(uint32_t sum, const uint8_t *at, uint32_t len)
{
    for (; len > 1; at += 2, len -= 2)
        sum += get16(at);
    if (len)
        sum += (uint32_t)at[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* RFC 9293 3.1: TCP's sum with its pseudo-header, from the IPv4 header in front of it. */
static uint32_t sum_tcp(const uint8_t *ip, uint32_t len)
{
    return sum_words(sum_words(6 + len, ip + 12, 8), ip + IP, len);
}

static void put_mac(uint8_t mac[6], uint32_t ip)
{
    mac[0] = 2;
    mac[1] = 1;
    put32(mac + 2, ip - first_ip);
}

/* Word j of that request's payload. */
static uint64_t payload_word(uint32_t client, uint32_t request, uint32_t j)
{
    uint64_t z =
        ((uint64_t)client << 32 | request) * UINT64_C(0x9e3779b97f4a7c15) + j * UINT64_C(0xd1342543de82ef95);

    z = (z ^ z >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ z >> 32;
}

static void put_payload(uint8_t *at, uint32_t client, uint32_t request)
{
    for (uint32_t j = 0; j < CLIENTS_REQUEST / 8; j++) {
        uint64_t word = payload_word(client, request, j);

        memcpy(at + 8 * j, &word, 8);
    }
}

static bool is_payload(const uint8_t *at, uint32_t client, uint32_t request)
{
    uint8_t want[CLIENTS_REQUEST];

    put_payload(want, client, request);
    return memcmp(at, want, sizeof want) == 0;
}

void clients_address(uint32_t i, char ip[16], char mac[18])
{
    uint32_t a = first_ip + i / CLIENTS_PORTS;
    uint8_t m[6];

    put_mac(m, a);
    snprintf(ip, 16, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    snprintf(mac, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

uint32_t clients_addresses(uint32_t count)
{
    return (count + CLIENTS_PORTS - 1) / CLIENTS_PORTS;
}

/* The options of a SYN: MSS 1,460, SACK permitted, window scale 0, and timestamps if offered. Their length.
 */
static uint32_t put_syn_options(const struct clients *cs, uint8_t *at)
{
    static const uint8_t options[] = {2, 4, 1460 >> 8, 1460 & 255, 1, 1, 4, 2, 1, 3, 3, 0};

    memcpy(at, options, sizeof options);
    if (!cs->timestamps)
        return sizeof options;
    memcpy(at + sizeof options, "\1\1\10\12", 4);
    put32(at + sizeof options + 4, cs->ts_now);
    put32(at + sizeof options + 8, 0);
    return sizeof options + TIMESTAMP_BYTES;
}

static uint32_t put_options(const struct clients *cs, const struct client *c, uint8_t *at)
{
    if (!cs->timestamps)
        return 0;
    memcpy(at, "\1\1\10\12", 4);
    put32(at + 4, cs->ts_now);
    put32(at + 8, c->ts_recent);
    return TIMESTAMP_BYTES;
}

/* Ethernet, IPv4 and TCP around `len` bytes of payload, which stand in their place already. */
static uint32_t wrap(const struct clients *cs, uint32_t i, uint8_t *at, uint8_t flags, uint32_t options,
                     uint32_t len)
{
    const struct client *c = &cs->all[i];
    uint8_t *ip = at + ETH, *tcp = ip + IP;
    uint32_t source = first_ip + i / CLIENTS_PORTS, segment = TCP + options + len;

    memcpy(at, cs->server_mac, 6);
    put_mac(at + 6, source);
    put16(at + 12, 0x0800);

    put32(ip, 0x45000000 | (IP + segment));
    put32(ip + 4, 0x00004000); /* don't fragment */
    put32(ip + 8, 64U << 24 | 6U << 16);
    put32(ip + 12, source);
    put32(ip + 16, server_ip);
    put16(ip + 10, ~sum_words(0, ip, IP));

    put16(tcp, PORT_FIRST + i % CLIENTS_PORTS);
    put16(tcp + 2, SERVER_PORT);
    put32(tcp + 4, c->seq);
    put32(tcp + 8, flags & ACK ? c->ack : 0);
    put16(tcp + 12, (TCP + options) / 4 << 12 | flags);
    put16(tcp + 14, 65535);
    put32(tcp + 16, 0);
    put16(tcp + 16, ~sum_tcp(ip, segment));
    return ETH + IP + segment;
}

uint32_t clients_syn(struct clients *cs, uint32_t i, uint8_t *at)
{
    struct client *c = &cs->all[i];
    uint32_t len;

    *c = (struct client){.seq = (uint32_t)payload_word(i, UINT32_MAX, 0)};
    len = wrap(cs, i, at, SYN, put_syn_options(cs, at + ETH + IP + TCP), 0);
    c->seq++;
    return len;
}

uint32_t clients_ack(struct clients *cs, uint32_t i, uint8_t *at)
{
    return wrap(cs, i, at, ACK, put_options(cs, &cs->all[i], at + ETH + IP + TCP), 0);
}

uint32_t clients_request(struct clients *cs, uint32_t i, uint8_t *at)
{
    struct client *c = &cs->all[i];
    uint32_t options = put_options(cs, c, at + ETH + IP + TCP), len;

    put_payload(at + ETH + IP + TCP + options, i, c->asked++);
    len = wrap(cs, i, at, ACK | PSH, options, CLIENTS_REQUEST);
    c->seq += CLIENTS_REQUEST;
    return len;
}

/* ---- judging ------------------------------------------------------------------------------------------ */

struct parts {
    uint32_t client, seq, ack, len;
    uint8_t flags;
    bool has_timestamp;
    uint32_t ts_value, ts_echo;
    const uint8_t *payload;
};

/* The timestamp among the options; false when they are malformed. */
static bool read_options(const uint8_t *at, const uint8_t *end, struct parts *p)
{
    while (at < end && *at != 0) {
        if (*at == 1) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            return false;
        if (at[0] == 8 && at[1] == 10) {
            p->has_timestamp = true;
            p->ts_value = get32(at + 2);
            p->ts_echo = get32(at + 6);
        }
        at += at[1];
    }
    return true;
}

/* Takes a frame apart. NULL, or what is wrong with it. */
static const char *take_apart(const struct clients *cs, const uint8_t *frame, uint32_t len, struct parts *p)
{
    const uint8_t *ip = frame + ETH, *tcp = ip + IP;
    uint32_t target, port, header;
    uint8_t mac[6];

    if (len < ETH + IP + TCP || get16(frame + 12) != 0x0800)
        return "too short, or not IPv4";
    if (ip[0] != 0x45 || get16(ip + 2) != len - ETH || ip[9] != 6 || (get16(ip + 6) & 0x3fff) || ip[8] == 0)
        return "IPv4 header: version, length, protocol, fragment or TTL";
    if (sum_words(0, ip, IP) != 0xffff)
        return "IPv4 header checksum";
    target = get32(ip + 16);
    put_mac(mac, target);
    if (memcmp(frame, mac, 6) != 0 || memcmp(frame + 6, cs->server_mac, 6) != 0)
        return "link addresses";
    if (sum_tcp(ip, len - ETH - IP) != 0xffff)
        return "TCP checksum";
    port = get16(tcp + 2);
    p->client = (target - first_ip) * CLIENTS_PORTS + port - PORT_FIRST;
    if (get32(ip + 12) != server_ip || target < first_ip || get16(tcp) != SERVER_PORT || port < PORT_FIRST ||
        port >= PORT_FIRST + CLIENTS_PORTS || p->client >= cs->count)
        return "addresses or ports";
    header = (uint32_t)(tcp[12] >> 4) * 4;
    if (header < TCP || header > len - ETH - IP || !read_options(tcp + TCP, tcp + header, p))
        return "TCP data offset or options";
    p->seq = get32(tcp + 4);
    p->ack = get32(tcp + 8);
    p->flags = tcp[13];
    p->payload = tcp + header;
    p->len = len - ETH - IP - header;
    return NULL;
}

static enum clients_verdict judge_syn_ack(struct clients *cs, struct client *c, const struct parts *p)
{
    if (p->flags != (SYN | ACK) || p->ack != c->seq || p->len != 0) {
        cs->why = "SYN-ACK: flags, acknowledgement number or payload";
        return CLIENTS_WRONG;
    }
    cs->timestamps = cs->timestamps && p->has_timestamp;
    c->ack = p->seq + 1;
    c->ts_recent = p->ts_value;
    return CLIENTS_SYN_ACK;
}

static enum clients_verdict judge_data(struct clients *cs, struct client *c, const struct parts *p)
{
    if (p->flags & ~(ACK | PSH) || !(p->flags & ACK))
        cs->why = "flags";
    else if (p->has_timestamp != cs->timestamps)
        cs->why = "timestamp option";
    else if (p->ack != c->seq)
        cs->why = "acknowledgement number";
    else if (p->len == 0 && p->seq == c->ack) {
        cs->pure_acks++;
        return CLIENTS_OTHER;
    } else if (p->len == CLIENTS_REQUEST && p->seq == c->ack - CLIENTS_REQUEST) {
        cs->repeats++;
        return CLIENTS_OTHER;
    } else if (p->seq != c->ack)
        cs->why = "sequence number";
    else if (cs->timestamps && p->ts_echo != cs->ts_now)
        cs->why = "timestamp echo";
    else if (p->len != CLIENTS_REQUEST || !is_payload(p->payload, p->client, c->asked - 1))
        cs->why = "payload";
    else {
        c->ack += CLIENTS_REQUEST;
        c->ts_recent = p->ts_value;
        return CLIENTS_REPLY;
    }
    return CLIENTS_WRONG;
}

enum clients_verdict clients_judge(struct clients *cs, const uint8_t *frame, uint32_t len)
{
    struct parts p = {0};
    struct client *c;

    cs->why = take_apart(cs, frame, len, &p);
    if (cs->why)
        return CLIENTS_WRONG;
    c = &cs->all[p.client];
    return p.flags & SYN ? judge_syn_ack(cs, c, &p) : judge_data(cs, c, &p);
}
