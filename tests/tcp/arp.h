/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ARP in a trace: what others say, and what the stack says.
 */
#ifndef TCP_ARP_H
#define TCP_ARP_H

#include "trace.h"

#include "wire/arp.h"

/* An ARP packet of that host's, to all if it is a question. */
void arp_in(uint16_t operation, const char *sender, const char *target, const uint8_t *sender_mac);

/* The next thing sent is this ARP packet: a question to all, an answer to the peer. */
void arp_out(uint16_t operation, const char *sender, const char *target);

#endif
