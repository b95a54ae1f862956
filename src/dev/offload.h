/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a card's offloads would do, in software and in place of one: fills in a checksum that was left
 * partial, and cuts a merged frame into the segments it stands for. Pure functions over bytes.
 */
#ifndef DEV_OFFLOAD_H
#define DEV_OFFLOAD_H

#include <runnel_dev.h>

#include "locate.h"

/* Completes the checksum of a frame with RN_CSUM_PARTIAL where it lies and takes the flag away. A start or
 * offset outside of the frame changes no byte. */
void offload_checksum(struct rn_frame *frame);

/* A merged frame, looked at once. */
struct offload_merged {
    const uint8_t *data;
    struct place place;
    uint32_t headers;     /* bytes in front of the payload: link, IP and transport */
    uint32_t payload_len; /* of the whole */
    uint32_t size;        /* payload of each segment but the last */
    uint32_t segments;
};

/* True when the frame is TCP or UDP with a gso_size, so that it can be cut: with *out. The frame's bytes
 * must stay as they are while out is used. */
bool offload_look(const struct rn_frame *frame, uint8_t medium, struct offload_merged *out);

/* Writes segment i (0 to segments - 1) to `to`, which holds headers + size bytes; returns its length.
 * Lengths, IPv4 identification (counted up), sequence number and checksums are its own; CWR stays with the
 * first segment, FIN and PSH with the last. */
uint32_t offload_cut(const struct offload_merged *m, uint32_t i, uint8_t *to);

#endif
