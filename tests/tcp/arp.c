/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ARP packets of a trace, as arp.h says.
 */
#include "arp.h"

#include "wire/eth.h"

#include <string.h>

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255}, peer_mac[6] = {2, 0, 0, 0, 0, 1};

void arp_in(uint16_t operation, const char *sender, const char *target, const uint8_t *sender_mac)
{
    uint8_t frame[60] = {0}, like[TRACE_FRAME];
    struct arp a = {.operation = operation};
    struct eth eth = {.type = ETH_ARP};

    assert_true(addr_parse(sender, &a.sender) && addr_parse(target, &a.target));
    trace_make(like, ". 0:0");
    memcpy(eth.dst, operation == ARP_REQUEST ? everybody : like, 6);
    memcpy(eth.src, sender_mac, 6);
    memcpy(a.sender_mac, sender_mac, 6);
    memcpy(a.target_mac, operation == ARP_REQUEST ? (const uint8_t[6]){0} : like, 6);
    arp_encode(frame + eth_encode(frame, &eth), &a);
    trace_raw(frame, sizeof frame);
}

void arp_out(uint16_t operation, const char *sender, const char *target)
{
    uint8_t like[TRACE_FRAME];
    size_t len = 0;
    const uint8_t *frame = trace_taken(&len);
    struct addr from, to;
    struct view v;
    struct eth eth;
    struct arp a;

    assert_non_null(frame);
    v = view_of(frame, len);
    assert_int_equal(eth_decode(&v, &eth), DROP_NONE);
    assert_int_equal(eth.type, ETH_ARP);
    assert_int_equal(arp_decode(&v, &a), DROP_NONE);
    assert_int_equal(a.operation, operation);
    assert_true(addr_parse(sender, &from) && addr_parse(target, &to));
    assert_true(addr_eq(&a.sender, &from) && addr_eq(&a.target, &to));
    trace_make(like, ". 0:0");
    assert_memory_equal(a.sender_mac, like, 6);
    assert_memory_equal(eth.src, like, 6);
    assert_memory_equal(eth.dst, operation == ARP_REQUEST ? everybody : peer_mac, 6);
    assert_memory_equal(a.target_mac, operation == ARP_REQUEST ? (const uint8_t[6]){0} : peer_mac, 6);
}
