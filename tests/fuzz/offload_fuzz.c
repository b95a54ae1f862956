/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames with facts of a device's that may be lies: a virtio header, then a frame, as a tap or a packet socket
 * gives them. It is read, looked at, cut into its segments and its checksum filled in, each time in memory of
 * its very size; and a stack takes it as it is.
 *
 *      byte 0      1: no link header
 *      bytes 1-10  virtio_net_hdr
 *      the rest    the frame
 */
#include "dev/offload.h"
#include "dev/virtio.h"
#include "wire/checksum.h"

#include <runnel.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 4096, LOOKED_AT = 64 /* segments of a frame */ };

static _Alignas(64) uint8_t memory[1 << 20];

/* Each segment is no longer than it may be, and its own checksum is right. */
static void cut(const struct rn_frame *frame, uint8_t medium)
{
    struct offload_merged m;

    if (!offload_look(frame, medium, &m))
        return;
    for (uint32_t i = 0; i < m.segments; i += 1 + m.segments / LOOKED_AT) {
        uint8_t *to = malloc(m.headers + m.size);
        uint32_t len = offload_cut(&m, i, to), from = m.place.transport_at;

        assert(len >= m.headers && len <= m.headers + m.size);
        assert(checksum_right(
            checksum_pseudo(&m.place.ip.src, &m.place.ip.dst, m.place.ip.protocol, len - from), to + from,
            len - from));
        free(to);
    }
    assert(m.segments == 1 || (uint64_t)(m.segments - 1) * m.size < m.payload_len);
}

/* Twice, since what came first may change what comes next; the answers are as long as they may be. */
static void give_to_a_stack(const struct rn_frame *frame, uint8_t medium)
{
    const struct rn_options o = {.connections = 4, .budget_bytes = 1 << 16, .conflict = RN_CONFLICT_OFF};
    const struct rn_host host = {.seed = {1, 2, 3}};
    struct rn_dev *ends[2];
    struct rn_stack *net;
    struct rn_frame slot;

    memset(memory, 0, sizeof memory);
    if (rn_init(&net, &o, memory, sizeof memory, &host, NULL) < 0 ||
        rn_dev_pair(ends, &(struct rn_pair_options){.slots = 32, .medium = medium, .buffer_bytes = 8192},
                    NULL) < 0)
        abort();
    memcpy(ends[1]->mac, (uint8_t[]){2, 0, 0, 0, 0, 7}, 6);
    if (rn_add_device(net, ends[1], NULL) < 0 || rn_add_address(net, "10.0.0.7/24", NULL) < 0 ||
        rn_add_address(net, "fd00::7/64", NULL) < 0 || rn_listen(net, RN_UDP, "0.0.0.0:7", NULL) < 0 ||
        rn_listen(net, RN_TCP, "0.0.0.0:7", NULL) < 0 || rn_listen(net, RN_UDP, "[::]:7", NULL) < 0)
        abort();
    for (rn_time now = 1; now < 3; now++) {
        ends[0]->ops->reserve(ends[0], &slot, 1, now);
        memcpy(slot.data, frame->data, frame->len);
        slot.len = frame->len;
        slot.flags = frame->flags;
        slot.gso_size = frame->gso_size;
        slot.csum_start = frame->csum_start;
        slot.csum_offset = frame->csum_offset;
        ends[0]->ops->commit(ends[0], &slot, 1);
        ends[0]->ops->sync(ends[0], now);
        rn_poll(net, now);
        rn_flush(net, now);
    }
    rn_destroy(net);
    ends[0]->ops->close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_frame frame = {0};
    uint8_t *copy, medium;

    if (size < 1 + VIRTIO_LEN + 1 || size > FRAME_MAX)
        return 0;
    medium = data[0] & 1 ? RN_IP : RN_ETHERNET;
    copy = malloc(size - 1);
    memcpy(copy, data + 1, size - 1);
    frame.data = copy + VIRTIO_LEN;
    frame.len = (uint32_t)(size - 1 - VIRTIO_LEN);
    virtio_read(&frame);
    cut(&frame, medium);
    give_to_a_stack(&frame, medium);
    if (frame.flags & RN_CSUM_PARTIAL)
        offload_checksum(&frame);
    free(copy);
    return 0;
}
