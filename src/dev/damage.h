/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Damages a frame as a bad link does, but only so that a receiver who checks must notice.
 */
#ifndef DEV_DAMAGE_H
#define DEV_DAMAGE_H

#include "random.h"

#include <stdbool.h>
#include <stdint.h>

/* Flips one bit, or a burst of at most 15, inside of what a checksum of the Internet's covers in this frame:
 * an IPv4 header, or TCP, UDP or ICMP (not neighbour discovery) with its payload. False: there is no such
 * place, and the frame is as it was. */
bool damage_frame(uint8_t *frame, uint32_t len, uint8_t medium, struct random *r);

#endif
