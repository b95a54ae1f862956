/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP for IPv4 (RFC 792). The picture stands in icmp.h. Which type is which kind is one switch each way;
 * what the second word means follows from the kind:
 *
 *      KIND          TYPE CODE   SECOND WORD
 *      echo reply      0    0    identifier (2), sequence (2)
 *      unreachable     3   all   unused
 *      too big         3    4    unused (2), MTU of the next hop (2)          (RFC 1191 4)
 *      echo request    8    0    identifier (2), sequence (2)
 *      time exceeded  11   all   unused
 *      parameter      12   all   pointer (1), unused (3)
 *      other           as given  as two numbers in identifier and sequence
 *
 * Called by stack/. Redirects and source quench are others: nobody here obeys them (RFC 6633).
 */
#include "icmp4.h"

#include "base/be.h"
#include "checksum.h"

enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO_REQUEST = 8, TIME_EXCEEDED = 11, PARAMETER = 12 };
enum { FRAGMENTATION_NEEDED = 4 }; /* a code of UNREACHABLE */

struct header {
    uint8_t type, code;
    be16 checksum, id, sequence;
};
_Static_assert(sizeof(struct header) == ICMP_LEN, "an ICMP header has no gaps");

static enum icmp_kind kind_of(uint8_t type, uint8_t code)
{
    switch (type) {
    case ECHO_REPLY: return ICMP_ECHO_REPLY;
    case UNREACHABLE: return code == FRAGMENTATION_NEEDED ? ICMP_TOO_BIG : ICMP_UNREACHABLE;
    case ECHO_REQUEST: return ICMP_ECHO_REQUEST;
    case TIME_EXCEEDED: return ICMP_TIME_EXCEEDED;
    case PARAMETER: return ICMP_PARAMETER;
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
    case ICMP_TOO_BIG: *code = FRAGMENTATION_NEEDED; return UNREACHABLE;
    case ICMP_UNREACHABLE: *code = h->code; return UNREACHABLE;
    case ICMP_TIME_EXCEEDED: *code = h->code; return TIME_EXCEEDED;
    case ICMP_PARAMETER: *code = h->code; return PARAMETER;
    default: *code = h->code; return h->type;
    }
}

enum drop icmp4_decode(struct view *v, struct icmp *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, ICMP_LEN);

    if (h == NULL)
        return DROP_TRUNCATED;
    if (!checksum_right(0, v->at, v->len))
        return DROP_CHECKSUM;
    *out = (struct icmp){.kind = kind_of(h->type, h->code), .type = h->type, .code = h->code};
    switch (out->kind) {
    case ICMP_TOO_BIG: out->mtu = be16_get(h->sequence); break;
    case ICMP_PARAMETER: out->pointer = h->id.b[0]; break;
    case ICMP_UNREACHABLE:
    case ICMP_TIME_EXCEEDED: break;
    default:
        out->id = be16_get(h->id);
        out->sequence = be16_get(h->sequence);
        break;
    }
    *v = rest;
    return DROP_NONE;
}

size_t icmp4_encode(uint8_t *at, const struct icmp *h, uint32_t payload_sum)
{
    struct header *to = (struct header *)at;

    to->type = type_of(h, &to->code);
    to->checksum = to->id = to->sequence = be16_of(0);
    switch (h->kind) {
    case ICMP_TOO_BIG: to->sequence = be16_of(h->mtu < 65535 ? h->mtu : 65535); break;
    case ICMP_PARAMETER: to->id.b[0] = (uint8_t)h->pointer; break;
    case ICMP_UNREACHABLE:
    case ICMP_TIME_EXCEEDED: break;
    default:
        to->id = be16_of(h->id);
        to->sequence = be16_of(h->sequence);
        break;
    }
    checksum_store(to->checksum.b, sum_bytes(at, ICMP_LEN) + payload_sum);
    return ICMP_LEN;
}
