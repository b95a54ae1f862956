/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The header that the kernel puts in front of a frame, and takes there, where it was asked to (a TAP, a
 * packet socket): what has not been done to the frame yet, as a card with offloads would be told.
 *
 *      OFFSET  SIZE
 *           0     1  flags: the checksum is to be filled in, or was verified
 *           1     1  what it is merged of
 *           2     2  bytes of headers
 *           4     2  bytes of payload of each segment
 *           6     2  where the checksum's sum starts, and behind that
 *           8     2  where it goes
 */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include <runnel_dev.h>

#include <linux/virtio_net.h>
#include <string.h>

enum { VIRTIO_LEN = 10 };
_Static_assert(sizeof(struct virtio_net_hdr) == VIRTIO_LEN, "the form without a count of buffers");

/* Says of a frame what the header in front of its data says. A checksum that is still to be filled in was not
 * on a wire yet, or was right when segments were merged. */
static inline void virtio_read(struct rn_frame *f)
{
    struct virtio_net_hdr v;

    memcpy(&v, f->data - VIRTIO_LEN, VIRTIO_LEN);
    if (v.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        f->flags |= RN_CSUM_PARTIAL | RN_CSUM_TRUSTED;
        f->csum_start = v.csum_start;
        f->csum_offset = v.csum_offset;
    } else if (v.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
        f->flags |= RN_CSUM_VERIFIED;
    }
    if (v.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        f->flags |= RN_MERGED;
        f->gso_size = v.gso_size;
    }
}

/* Writes the header in front of a frame, of which nothing is left to be done but a checksum to be filled in;
 * headers: how much of it the kernel copies in any case. */
static inline void virtio_write(const struct rn_frame *f, uint32_t headers)
{
    const struct virtio_net_hdr v = {
        .flags = f->flags & RN_CSUM_PARTIAL ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
        .hdr_len = (uint16_t)headers,
        .csum_start = f->csum_start,
        .csum_offset = f->csum_offset};

    memcpy(f->data - VIRTIO_LEN, &v, VIRTIO_LEN);
}

#endif
