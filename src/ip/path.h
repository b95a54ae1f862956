/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The MTU of a path, as an ICMP error tells it (RFC 1191, RFC 8201), made safe.
 */
#ifndef IP_PATH_H
#define IP_PATH_H

#include <stdbool.h>
#include <stdint.h>

/* The MTU to believe: told is what the error says, sent the length of the packet it quotes. A router that
 * tells none (0), or none below sent, gets the next plateau of RFC 1191 7.1 (for IPv6: 1,280, or what it
 * told). Never below 552 or, for IPv6, 1,280: what a forged error could gain by less is our bandwidth. */
uint32_t path_mtu(uint32_t told, uint32_t sent, bool ipv6);

#endif
