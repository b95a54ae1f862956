/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame as one line, in the words of tcpdump: for failing tests, logs and the curious.
 *
 *      10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, options [mss 1460,nop,wscale 7], length 0
 */
#ifndef WIRE_PRINT_H
#define WIRE_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one zero-ended line of at most size bytes, cut where it does not fit; returns its length. ethernet:
 * the frame begins with an Ethernet header, else with an IP header. Any bytes are allowed. */
size_t print_frame(char *line, size_t size, const uint8_t *frame, size_t len, bool ethernet);

#endif
