/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame as one line, as `tcpdump -n -S` would say it without its leading "IP" or "IP6": the addresses tell.
 * Each layer has one function that decodes its header with the codec of this folder, writes its part of the
 * line and calls the next. The line is a buffer that takes what fits and drops the rest, so nobody but put()
 * looks at its size.
 *
 * A capture may be cut short, and a curious eye wants to see a broken packet too: IP headers are therefore
 * read as if they were quoted, without their checksum. What cannot be read at all is "[|tcp]", as tcpdump
 * says it, when it is too short, and "malformed" when it is wrong. Fragments are not looked into.
 *
 * Called by tests and by whoever logs a frame. It keeps nothing, so sequence numbers are not relative.
 */
#include "print.h"

#include "arp.h"
#include "eth.h"
#include "icmp4.h"
#include "icmp6.h"
#include "ip4.h"
#include "ip6.h"
#include "tcp.h"
#include "vlan.h"

struct line {
    char *at;
    size_t room, len; /* room: without the zero byte */
};

/* ---- words -------------------------------------------------------------------------------------------- */

static void put_char(struct line *l, char c)
{
    if (l->len < l->room)
        l->at[l->len++] = c;
}

static void put(struct line *l, const char *text)
{
    while (*text)
        put_char(l, *text++);
}

static void put_number(struct line *l, uint32_t value)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    put(l, at);
}

static void put_hex(struct line *l, uint32_t value, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        put_char(l, "0123456789abcdef"[value >> shift & 15]);
}

/* Words and the number behind them: most of what there is to say. */
static void put_with(struct line *l, const char *words, uint32_t value)
{
    put(l, words);
    put_number(l, value);
}

static void put_addr(struct line *l, const struct addr *a)
{
    char text[ADDR_TEXT];

    addr_print(text, a, -1);
    put(l, text);
}

static void put_mac(struct line *l, const uint8_t mac[6])
{
    char text[18];

    addr_print_mac(text, mac);
    put(l, text);
}

/* "10.0.0.1 > 10.0.0.7: ". */
static void put_addresses(struct line *l, const struct ip *ip)
{
    put_addr(l, &ip->src);
    put(l, " > ");
    put_addr(l, &ip->dst);
    put(l, ": ");
}

/* "10.0.0.1.40000 > 10.0.0.7.7: ". */
static void put_endpoints(struct line *l, const struct ip *ip, uint16_t src_port, uint16_t dst_port)
{
    put_addr(l, &ip->src);
    put_with(l, ".", src_port);
    put(l, " > ");
    put_addr(l, &ip->dst);
    put_with(l, ".", dst_port);
    put(l, ": ");
}

/* ---- TCP and UDP -------------------------------------------------------------------------------------- */

static void print_flags(struct line *l, uint8_t flags)
{
    static const char letters[] = "FSRP.UEW"; /* from bit 0 up */

    put(l, "Flags [");
    for (int i = 0; i < 8; i++) {
        if (flags >> i & 1)
            put_char(l, letters[i]);
    }
    put(l, flags ? "]" : "none]");
}

static uint32_t get32(const uint8_t *at)
{
    return be32_get(*(const be32 *)at);
}

static void print_sack(struct line *l, const uint8_t *option)
{
    unsigned blocks = (option[1] - 2u) / 8;

    put_with(l, "sack ", blocks);
    put(l, " ");
    for (unsigned i = 0; i < blocks; i++) {
        put_with(l, "{", get32(option + 2 + 8 * i));
        put_with(l, ":", get32(option + 6 + 8 * i));
        put(l, "}");
    }
}

/* One option of kind, length and value, of which all bytes are there. A length that is not its kind's is
 * shown like a kind that we do not know. */
static void print_option(struct line *l, const uint8_t *option)
{
    uint8_t kind = option[0], len = option[1];

    if (kind == 2 && len == 4) {
        put_with(l, "mss ", (uint32_t)option[2] << 8 | option[3]);
    } else if (kind == 3 && len == 3) {
        put_with(l, "wscale ", option[2]);
    } else if (kind == 4 && len == 2) {
        put(l, "sackOK");
    } else if (kind == 5 && len > 2 && (len - 2) % 8 == 0) {
        print_sack(l, option);
    } else if (kind == 8 && len == 10) {
        put_with(l, "TS val ", get32(option + 2));
        put_with(l, " ecr ", get32(option + 6));
    } else {
        put_with(l, "unknown-", kind);
        put(l, len > 2 ? " 0x" : "");
        for (unsigned i = 2; i < len; i++)
            put_hex(l, option[i], 2);
    }
}

/* The options as they stand, padding and repetitions too: tcp_decode keeps only what they mean. */
static void print_options(struct line *l, const uint8_t *at, size_t len)
{
    size_t i = 0;

    put(l, ", options [");
    while (i < len) {
        if (i > 0)
            put(l, ",");
        if (at[i] == 0) {
            put(l, "eol");
            break;
        }
        if (at[i] == 1) {
            put(l, "nop");
            i++;
            continue;
        }
        if (len - i < 2 || at[i + 1] < 2 || at[i + 1] > len - i) {
            put(l, "bad opt");
            break;
        }
        print_option(l, at + i);
        i += at[i + 1];
    }
    put(l, "]");
}

static void print_tcp(struct line *l, struct view v, const struct ip *ip)
{
    const uint8_t *start = v.at;
    struct tcp tcp;
    enum drop drop = tcp_decode(&v, &tcp);
    uint32_t header, len;

    if (drop) {
        put_addresses(l, ip);
        put(l, drop == DROP_TRUNCATED ? "[|tcp]" : "tcp malformed");
        return;
    }
    header = (uint32_t)(v.at - start);
    len = ip->payload_len - header;
    put_endpoints(l, ip, tcp.src_port, tcp.dst_port);
    print_flags(l, tcp.flags);
    if (len > 0 || (tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        put_with(l, ", seq ", tcp.seq.v);
    if (len > 0)
        put_with(l, ":", tcp.seq.v + len);
    if (tcp.flags & TCP_ACK)
        put_with(l, ", ack ", tcp.ack.v);
    put_with(l, ", win ", tcp.window);
    if (tcp.flags & TCP_URG)
        put_with(l, ", urg ", tcp.urgent);
    if (header > TCP_LEN)
        print_options(l, start + TCP_LEN, header - TCP_LEN);
    put_with(l, ", length ", len);
}

static void print_udp(struct line *l, struct view v, const struct ip *ip)
{
    const be16 *word = (const be16 *)view_take(&v, 8); /* source port, destination port, length, checksum */

    if (word == NULL) {
        put_addresses(l, ip);
        put(l, "[|udp]");
        return;
    }
    put_endpoints(l, ip, be16_get(word[0]), be16_get(word[1]));
    if (be16_get(word[2]) < 8)
        put(l, "udp malformed");
    else
        put_with(l, "UDP, length ", be16_get(word[2]) - 8u);
}

/* ---- ICMP --------------------------------------------------------------------------------------------- */

/* "10.0.0.7", or "10.0.0.7 udp port 9": where the quoted packet wanted to go. */
static void print_quoted(struct line *l, struct view v, bool version6, bool with_port)
{
    struct icmp_quote quote;
    bool ports = icmp_decode_quote(v, version6, &quote);

    if (!ports && (version6 ? ip6_decode_quoted(&v, &quote.ip) : ip4_decode_quoted(&v, &quote.ip))) {
        put(l, "[|ip]");
        return;
    }
    put_addr(l, &quote.ip.dst);
    if (ports && with_port && (quote.ip.protocol == IP_TCP || quote.ip.protocol == IP_UDP))
        put_with(l, quote.ip.protocol == IP_TCP ? " tcp port " : " udp port ", quote.dst_port);
}

static void print_unreachable4(struct line *l, const struct icmp *icmp, struct view v)
{
    put(l, icmp->code == 0 ? "net " : icmp->code == 1 ? "host " : "");
    print_quoted(l, v, false, icmp->code == 3);
    put(l, " unreachable");
    if (icmp->kind == ICMP_TOO_BIG) {
        put_with(l, " - need to frag (mtu ", icmp->mtu);
        put(l, ")");
    } else if (icmp->code > 3) {
        put_with(l, " - code ", icmp->code);
    }
}

static void print_echo(struct line *l, const struct icmp *icmp)
{
    put(l, icmp->kind == ICMP_ECHO_REQUEST ? "echo request" : "echo reply");
    put_with(l, ", id ", icmp->id);
    put_with(l, ", seq ", icmp->sequence);
}

static void print_type(struct line *l, const struct icmp *icmp)
{
    put_with(l, "type-", icmp->type);
    if (icmp->code)
        put_with(l, " code-", icmp->code);
}

/* What is wrong with an ICMP packet that does not decode. */
static const char *trouble(enum drop drop)
{
    return drop == DROP_CHECKSUM ? "bad cksum" : "[|icmp]";
}

static void print_icmp4(struct line *l, struct view v, const struct ip *ip)
{
    struct icmp icmp;
    enum drop drop = icmp4_decode(&v, &icmp);

    put_addresses(l, ip);
    put(l, "ICMP ");
    if (drop) {
        put(l, trouble(drop));
    } else {
        switch (icmp.kind) {
        case ICMP_ECHO_REQUEST:
        case ICMP_ECHO_REPLY: print_echo(l, &icmp); break;
        case ICMP_TOO_BIG:
        case ICMP_UNREACHABLE: print_unreachable4(l, &icmp, v); break;
        case ICMP_TIME_EXCEEDED:
            put(l, icmp.code == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded");
            break;
        case ICMP_PARAMETER: put_with(l, "parameter problem - octet ", icmp.pointer); break;
        default: print_type(l, &icmp); break;
        }
    }
    put_with(l, ", length ", ip->payload_len);
}

static void print_unreachable6(struct line *l, const struct icmp *icmp, struct view v)
{
    static const char *const words[] = {
        "unreachable route", "unreachable prohibited",       "beyond scope of source",  "unreachable address",
        "unreachable port",  "source address failed policy", "unreachable reject route"};

    put(l, "destination unreachable, ");
    if (icmp->code < sizeof words / sizeof words[0])
        put(l, words[icmp->code]);
    else
        put_with(l, "code ", icmp->code);
    put(l, ", ");
    print_quoted(l, v, true, icmp->code == 4);
}

static void print_exceeded6(struct line *l, const struct icmp *icmp, struct view v)
{
    put(l, icmp->code == 0 ? "time exceeded in-transit for " : "ip reassembly time exceeded for ");
    print_quoted(l, v, true, false);
}

/* The types of neighbour discovery by name, with the address that a solicitation or advertisement is about.
 */
static void print_neighbour(struct line *l, const struct icmp *icmp, struct view v)
{
    static const char *const words[] = {"router solicitation", "router advertisement",
                                        "neighbor solicitation, who has ", "neighbor advertisement, tgt is ",
                                        "redirect"};
    const struct addr *target = (const struct addr *)view_take(&v, sizeof *target);

    if (icmp->type < 133 || icmp->type > 137) {
        print_type(l, icmp);
        return;
    }
    put(l, words[icmp->type - 133]);
    if (icmp->type != 135 && icmp->type != 136)
        return;
    if (target == NULL)
        put(l, "[|icmp]");
    else
        put_addr(l, target);
}

static void print_icmp6(struct line *l, struct view v, const struct ip *ip)
{
    struct icmp icmp;
    enum drop drop = icmp6_decode(&v, ip, &icmp);

    put_addresses(l, ip);
    put(l, "ICMP6, ");
    if (drop) {
        put(l, trouble(drop));
    } else {
        switch (icmp.kind) {
        case ICMP_ECHO_REQUEST:
        case ICMP_ECHO_REPLY: print_echo(l, &icmp); break;
        case ICMP_TOO_BIG: put_with(l, "packet too big, mtu ", icmp.mtu); break;
        case ICMP_UNREACHABLE: print_unreachable6(l, &icmp, v); break;
        case ICMP_TIME_EXCEEDED: print_exceeded6(l, &icmp, v); break;
        case ICMP_PARAMETER: put_with(l, "parameter problem - octet ", icmp.pointer); break;
        default: print_neighbour(l, &icmp, v); break;
        }
    }
    put_with(l, ", length ", ip->payload_len);
}

/* ---- IP, ARP, Ethernet -------------------------------------------------------------------------------- */

static void print_fragment(struct line *l, const struct ip *ip)
{
    put_addresses(l, ip);
    put_with(l, "frag (", ip->offset);
    put_with(l, "|", ip->payload_len);
    put(l, ")");
}

static void print_ip(struct line *l, struct view v)
{
    bool version6 = v.len > 0 && v.at[0] >> 4 == 6;
    struct ip ip;
    enum drop drop = version6 ? ip6_decode_quoted(&v, &ip) : ip4_decode_quoted(&v, &ip);

    if (drop) {
        put(l, drop != DROP_TRUNCATED ? "ip malformed" : version6 ? "[|ip6]" : "[|ip]");
        return;
    }
    if (ip.payload_len > v.len) {
        put_with(l, "truncated-ip - ", ip.payload_len - (uint32_t)v.len);
        put(l, " bytes missing! ");
    }
    if (ip.fragment) {
        print_fragment(l, &ip);
    } else if (ip.protocol == IP_TCP) {
        print_tcp(l, v, &ip);
    } else if (ip.protocol == IP_UDP) {
        print_udp(l, v, &ip);
    } else if (ip.protocol == (version6 ? IP_ICMP6 : IP_ICMP4)) {
        (version6 ? print_icmp6 : print_icmp4)(l, v, &ip);
    } else {
        put_addresses(l, &ip);
        put_with(l, "ip-proto-", ip.protocol);
        put_with(l, " ", ip.payload_len);
    }
}

static void print_arp(struct line *l, struct view v)
{
    size_t len = v.len;
    struct arp arp;
    enum drop drop = arp_decode(&v, &arp);

    if (drop) {
        put(l, drop == DROP_TRUNCATED ? "[|arp]" : "ARP malformed");
        return;
    }
    if (arp.operation == ARP_REQUEST) {
        put(l, "ARP, Request who-has ");
        put_addr(l, &arp.target);
        put(l, " tell ");
        put_addr(l, &arp.sender);
    } else {
        put(l, "ARP, Reply ");
        put_addr(l, &arp.sender);
        put(l, " is-at ");
        put_mac(l, arp.sender_mac);
    }
    put_with(l, ", length ", (uint32_t)len);
}

static void print_unknown(struct line *l, const struct eth *eth, uint16_t type, size_t len)
{
    put_mac(l, eth->src);
    put(l, " > ");
    put_mac(l, eth->dst);
    if (type < 0x600) {
        put(l, ", 802.3");
    } else {
        put(l, ", ethertype 0x");
        put_hex(l, type, 4);
    }
    put_with(l, ", length ", (uint32_t)len);
}

/* Takes tags off until there is none; false: one cannot be read. *type is what follows. */
static bool print_tags(struct line *l, struct view *v, uint16_t *type)
{
    while (*type == ETH_VLAN || *type == ETH_QINQ) {
        struct vlan tag;
        enum drop drop = vlan_decode(v, &tag);

        if (drop) {
            put(l, drop == DROP_TRUNCATED ? "[|vlan]" : "vlan malformed");
            return false;
        }
        put_with(l, "vlan ", tag.id);
        put_with(l, ", p ", tag.priority);
        put(l, tag.drop_eligible ? ", DEI, " : ", ");
        *type = tag.type;
    }
    return true;
}

static void print_eth(struct line *l, struct view v)
{
    size_t len = v.len;
    struct eth eth;
    uint16_t type;

    if (eth_decode(&v, &eth)) {
        put(l, "[|ether]");
        return;
    }
    type = eth.type;
    if (!print_tags(l, &v, &type))
        return;
    switch (type) {
    case ETH_IP4:
    case ETH_IP6: print_ip(l, v); break;
    case ETH_ARP: print_arp(l, v); break;
    default: print_unknown(l, &eth, type, len); break;
    }
}

size_t print_frame(char *line, size_t size, const uint8_t *frame, size_t len, bool ethernet)
{
    struct line l = {line, size ? size - 1 : 0, 0};

    (ethernet ? print_eth : print_ip)(&l, view_of(frame, len));
    if (size)
        line[l.len] = '\0';
    return l.len;
}
