/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP for IPv6 (RFC 4443). The picture stands in icmp.h. Which type is which kind is one switch each way;
 * what the second word means follows from the kind:
 *
 *      KIND          TYPE CODE   SECOND WORD
 *      unreachable     1   all   unused
 *      too big         2    0    MTU of the next hop
 *      time exceeded   3   all   unused
 *      parameter       4   all   pointer
 *      echo request  128    0    identifier (2), sequence (2)
 *      echo reply    129    0    identifier (2), sequence (2)
 *      other           as given  as two numbers in identifier and sequence
 *
 * Called by stack/. Neighbour discovery's types are others here: a decoder of their own will read them.
 */
#include "icmp6.h"

#include "base/be.h"
#include "checksum.h"

enum { UNREACHABLE = 1, TOO_BIG = 2, TIME_EXCEEDED = 3, PARAMETER = 4, ECHO_REQUEST = 128, ECHO_REPLY = 129 };

struct header {
    uint8_t type, code;
    be16 checksum;
    be32 word;
};
_Static_assert(sizeof(struct header) == ICMP_LEN, "an ICMPv6 header has no gaps");

static enum icmp_kind kind_of(uint8_t type)
{
    switch (type) {
    case UNREACHABLE: return ICMP_UNREACHABLE;
    case TOO_BIG: return ICMP_TOO_BIG;
    case TIME_EXCEEDED: return ICMP_TIME_EXCEEDED;
    case PARAMETER: return ICMP_PARAMETER;
    case ECHO_REQUEST: return ICMP_ECHO_REQUEST;
    case ECHO_REPLY: return ICMP_ECHO_REPLY;
    default: return ICMP_OTHER;
    }
}

/* The type of a kind, *code being what the caller asked for unless the kind has but one. */
static uint8_t type_of(const struct icmp *h, uint8_t *code)
{
    *code = 0;
    switch (h->kind) {
    case ICMP_ECHO_REPLY: return ECHO_REPLY;
    case ICMP_ECHO_REQUEST: return ECHO_REQUEST;
    case ICMP_TOO_BIG: return TOO_BIG;
    case ICMP_UNREACHABLE: *code = h->code; return UNREACHABLE;
    case ICMP_TIME_EXCEEDED: *code = h->code; return TIME_EXCEEDED;
    case ICMP_PARAMETER: *code = h->code; return PARAMETER;
    default: *code = h->code; return h->type;
    }
}

enum drop icmp6_decode(struct view *v, const struct ip *ip, struct icmp *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, ICMP_LEN);
    uint32_t word;

    if (h == NULL)
        return DROP_TRUNCATED;
    if (!checksum_right(checksum_pseudo(&ip->src, &ip->dst, IP_ICMP6, (uint32_t)v->len), v->at, v->len))
        return DROP_CHECKSUM;
    *out = (struct icmp){.kind = kind_of(h->type), .type = h->type, .code = h->code};
    word = be32_get(h->word);
    switch (out->kind) {
    case ICMP_TOO_BIG: out->mtu = word; break;
    case ICMP_PARAMETER: out->pointer = word; break;
    case ICMP_UNREACHABLE:
    case ICMP_TIME_EXCEEDED: break;
    default:
        out->id = (uint16_t)(word >> 16);
        out->sequence = (uint16_t)word;
        break;
    }
    *v = rest;
    return DROP_NONE;
}

size_t icmp6_encode(uint8_t *at, const struct icmp *h, const struct addr *src, const struct addr *dst,
                    uint32_t payload_len, uint32_t payload_sum)
{
    struct header *to = (struct header *)at;
    uint32_t word = 0;

    to->type = type_of(h, &to->code);
    to->checksum = be16_of(0);
    switch (h->kind) {
    case ICMP_TOO_BIG: word = h->mtu; break;
    case ICMP_PARAMETER: word = h->pointer; break;
    case ICMP_UNREACHABLE:
    case ICMP_TIME_EXCEEDED: break;
    default: word = (uint32_t)h->id << 16 | h->sequence; break;
    }
    to->word = be32_of(word);
    checksum_store(to->checksum.b, checksum_pseudo(src, dst, IP_ICMP6, ICMP_LEN + payload_len) +
                                       sum_bytes(at, ICMP_LEN) + payload_sum);
    return ICMP_LEN;
}
