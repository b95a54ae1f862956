/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     Ethernet II (RFC 894, RFC 2464)
 *       0      6   destination
 *       6      6   source
 *      12      2   EtherType
 */
#ifndef WIRE_ETH_H
#define WIRE_ETH_H

#include "base/be.h"
#include "base/view.h"
#include "drop.h"

#include <stdbool.h>
#include <string.h>

enum {
    ETH_LEN = 14,
    ETH_IP4 = 0x0800,
    ETH_ARP = 0x0806,
    ETH_VLAN = 0x8100,
    ETH_IP6 = 0x86dd,
    ETH_QINQ = 0x88a8
};

struct eth {
    uint8_t dst[6], src[6];
    uint16_t type;
};

/* Takes the header off the view. DROP_NONE, or DROP_TRUNCATED with the view as it was. An EtherType below
 * 0x600 is a length (802.3) and given as it is. */
enum drop eth_decode(struct view *v, struct eth *out);

/* Writes ETH_LEN bytes, returns ETH_LEN. */
size_t eth_encode(uint8_t *at, const struct eth *h);

/* The same, field by field; in line, since every frame asks. */
static inline size_t eth_put(uint8_t *at, const uint8_t dst[6], const uint8_t src[6], uint16_t type)
{
    memcpy(at, dst, 6);
    memcpy(at + 6, src, 6);
    at[12] = (uint8_t)(type >> 8);
    at[13] = (uint8_t)type;
    return ETH_LEN;
}

/* The same where both addresses stand together. */
static inline size_t eth_put_both(uint8_t *at, const uint8_t dst_and_src[12], uint16_t type)
{
    memcpy(at, dst_and_src, 12);
    at[12] = (uint8_t)(type >> 8);
    at[13] = (uint8_t)type;
    return ETH_LEN;
}

/* What a whole header says that its type is. */
static inline uint16_t eth_type(const uint8_t *at)
{
    return (uint16_t)(at[12] << 8 | at[13]);
}

/* The same link address; in line, since every frame asks. */
static inline bool eth_is_same(const uint8_t a[6], const uint8_t b[6])
{
    return memcmp(a, b, 6) == 0;
}

/* The first 6 of 8 bytes as a number, for comparisons only: one load instead of two. */
static inline uint64_t eth_first6(const uint8_t at[8])
{
    const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return little ? word << 16 : word >> 16;
}

/* The group bit: broadcast or multicast. */
static inline bool eth_is_group(const uint8_t mac[6])
{
    return mac[0] & 1;
}

#endif
