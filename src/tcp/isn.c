/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All hang on SipHash under the secret that the host's random bytes gave. Ports are RFC 6056's algorithm of
 * a hash for each destination, with the clock as what moves on.
 */
#include "isn.h"

seq32 isn_for(const struct conns *s, const struct table_key *key)
{
    uint64_t f = hash_sip(&s->secret, key, sizeof *key);

    return seq_of((uint32_t)f + (uint32_t)(s->now / (4 * TIME_US)));
}

uint16_t isn_port(const struct conns *s, const struct table_key *key, uint32_t n)
{
    struct {
        struct table_key key;
        uint16_t label;
        uint64_t moment;
        uint64_t try;
    } in;

    memset(&in, 0, sizeof in);
    in.key = *key;
    in.key.local_port = 0;
    in.label = 0x706f; /* another function than the one above */
    in.moment = (uint64_t)s->now;
    in.try = n;
    return (uint16_t)(s->port_first + hash_sip(&s->secret, &in, sizeof in) % s->ports);
}

uint32_t isn_ts_offset(const struct conns *s, const struct table_key *key)
{
    struct {
        struct addr remote;
        uint16_t local, label;
        uint32_t unused;
    } in = {.remote = key->remote, .local = key->local, .label = 0x7473};

    return (uint32_t)hash_sip(&s->secret, &in, sizeof in);
}

uint32_t isn_cookie(const struct conns *s, const struct table_key *key, seq32 irs, uint32_t count,
                    uint32_t data)
{
    struct {
        struct table_key key;
        uint16_t label;
        uint32_t irs, count, data, unused;
    } in = {.key = *key, .label = 0x636b, .irs = irs.v, .count = count, .data = data};

    return (uint32_t)hash_sip(&s->secret, &in, sizeof in);
}
