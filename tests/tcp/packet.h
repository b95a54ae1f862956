/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A trace's words for what is no segment: datagrams, echo, and ICMP errors. The peer's address and the
 * stack's are the trace's; the router that sends errors is another host of the link.
 *
 *      in_udp(4000, 53, "what?");                        the peer sends a datagram; the stack takes a round
 *      out_udp(53, 4000, "that");                        the stack has sent exactly this, next
 *      out_error(3, 3, 0, frame, len);                   ... an ICMP error that quotes a frame as far as it
 * may
 */
#ifndef PACKET_H
#define PACKET_H

#include "trace.h"

#include "wire/addr.h"

/* A datagram's frame from the peer to the stack. Its length. */
size_t packet_udp(uint8_t frame[TRACE_FRAME], uint16_t from, uint16_t to, const void *data, size_t len);
void in_udp(uint16_t from, uint16_t to, const char *text);

/* The next frame is that datagram, and in all its fields as it has to be. Its IP header's TTL and traffic
 * class are those, and its source, if it is not NULL, that address. */
void out_udp(uint16_t from, uint16_t to, const char *text);
void out_udp_as(uint16_t from, uint16_t to, const char *text, uint8_t ttl, uint8_t tos, const char *source);

/* An echo message between the two, sequence and data behind the identifier. */
void in_echo(uint8_t type, uint16_t id, uint16_t sequence, const char *text);
/* The next frame is a request with that sequence and data; its identifier. */
uint16_t out_echo(uint16_t sequence, const char *text);

/* An error from the router, quoting a frame of the stack's; word is the second word of its header. */
void in_error(uint8_t type, uint8_t code, uint32_t word, const uint8_t *frame, size_t len);
const char *packet_router(void);

/* The next frame is an ICMP error to the peer that quotes that frame. */
void out_error(uint8_t type, uint8_t code, uint32_t word, const uint8_t *frame, size_t len);

/* The next frame is an ARP question for the peer; the peer answers. */
void out_arp_question(void);
void in_arp_answer(void);

#endif
