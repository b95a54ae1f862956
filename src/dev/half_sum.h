/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sender that leaves TCP's and UDP's checksums to its card writes the sum of the pseudo-header there and no more.
 * Over a link of software that is how the frame arrives, and AF_XDP and netmap are not told. Pure functions over
 * bytes. On a real wire such a checksum is a wrong one: who knows what link it is has to decide who is asked.
 */
#ifndef DEV_HALF_SUM_H
#define DEV_HALF_SUM_H

#include <runnel_dev.h>

/* If the checksum of an Ethernet frame holds the sum of the pseudo-header alone, it gets the flags and offsets of a
 * frame whose checksum was left to the card. True if so. */
bool half_sum_find(struct rn_frame *frame);

/* Interfaces of that driver have nothing but software between them and the sender. */
bool half_sum_may_be(const char *driver);

#endif
