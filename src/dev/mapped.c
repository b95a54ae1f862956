/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slots that belong to the kernel or to us, as a word at the beginning of each says:
 *
 *      receive   OFFSET                          transmit  OFFSET
 *                0    tpacket2_hdr: whose it is            0    tpacket2_hdr
 *                     tp_mac: offset of the frame          32   room in front
 *                -10  virtio_net_hdr                       -10  virtio_net_hdr
 *                     frame, up to 64 KiB                  48   frame, up to the mtu
 *
 * A received slot is lent where it lies, and given back by that word. poll(2) goes by the slot that the
 * kernel filled last: as long as it is not given back, nobody can sleep.
 *
 *      receive   [ oldest .. next ) is the window: lent, or passed over; then comes what the kernel fills
 *      transmit  done <= written <= committed <= reserved <= done + slots
 *
 * A transmit slot is committed by that word, too, but the kernel looks only when push asks it. What it takes
 * is out of the socket's hands; the slot comes back when the frame has left. A frame alone is handed over by
 * a second socket that has no rings, since the kernel has less to do then, and its slot is as if it had not
 * been committed.
 *
 * A virtio header stands in front of every frame, since only so the kernel gives merged frames as they are,
 * and says what is to be known of their checksums. In those that we send it says: nothing special.
 *
 * Called by packet.c.
 */
#include "mapped.h"

#include "virtio.h"
#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
    LINK_HEADER = 18, /* Ethernet's with a VLAN tag */
    IN_FRONT = 96,    /* of a received frame: the kernel's header, what it pads and the virtio header */
    TX_AT = 48,       /* where a frame to be sent begins at first */
    MERGED = 65535 + LINK_HEADER,
    ALIGN = 64, /* and no power of two above: frames of different slots stand in different lines of a cache */
    BLOCK_MIN = 1 << 16,
    SLOTS_A_BLOCK = 8,
    COPIED_UP_TO = 2048 /* bytes of a frame that we send */
};
enum { TAG_TYPE = 0x8100 };
#define RETRY TIME_MS /* what found no room is tried again so much later */

static struct tpacket2_hdr *header(uint8_t *slot)
{
    return (struct tpacket2_hdr *)(void *)slot;
}

static uint32_t status_of(uint8_t *slot)
{
    return __atomic_load_n(&header(slot)->tp_status, __ATOMIC_ACQUIRE);
}

static void give(uint8_t *slot, uint32_t status)
{
    __atomic_store_n(&header(slot)->tp_status, status, __ATOMIC_RELEASE);
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* The next slot holds a frame. */
bool mapped_has_frame(const struct mapped *m)
{
    return m->window < m->rx.slots && status_of(m->rx.at[m->next]) & TP_STATUS_USER;
}

static uint32_t after(const struct mapped *m, uint32_t slot)
{
    return slot + 1 < m->rx.slots ? slot + 1 : 0;
}

/* Moves the window's end over the next slot. */
static void take(struct mapped *m, bool lent)
{
    m->lent[m->next] = lent;
    m->next = after(m, m->next);
    m->window++;
}

/* Moves its beginning to a slot that is lent. */
static void skip_passed(struct mapped *m)
{
    for (; m->window && !m->lent[m->oldest]; m->window--)
        m->oldest = after(m, m->oldest);
}

/* The frame of a slot; false: it is cut off, or its tag is not one of 802.1Q. */
static bool read_slot(struct mapped *m, uint32_t slot, struct rn_frame *f, rn_time now)
{
    const struct tpacket2_hdr *h = header(m->rx.at[slot]);
    uint8_t *data = m->rx.at[slot] + h->tp_mac;

    if (h->tp_snaplen < h->tp_len ||
        (h->tp_status & TP_STATUS_VLAN_TPID_VALID && h->tp_vlan_tpid != TAG_TYPE))
        return false;
    *f = (struct rn_frame){.data = data, .len = h->tp_snaplen, .buffer = slot, .stamp = now};
    virtio_read(f);
    if (h->tp_status & TP_STATUS_VLAN_VALID) {
        f->flags |= RN_VLAN;
        f->vlan = h->tp_vlan_tci;
    }
    return true;
}

/* How many the kernel had no room for since it was last asked. */
static uint64_t lost(const struct mapped *m)
{
    struct tpacket_stats stats;
    socklen_t len = sizeof stats;

    return getsockopt(m->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0 ? 0 : stats.tp_drops;
}

__attribute__((hot)) int mapped_burst(struct mapped *m, struct rn_dev *dev, struct rn_frame *frames, int max,
                                      rn_time now)
{
    uint32_t seen = 0;
    int n = 0;

    /* Those that are passed over go back at once and may come full again: once around the ring is enough. */
    for (uint32_t looks = 0; n < max && looks < m->rx.slots && mapped_has_frame(m); looks++) {
        uint32_t slot = m->next;

        seen |= header(m->rx.at[slot])->tp_status;
        if (!read_slot(m, slot, &frames[n], now)) {
            dev->rx_drops++;
            take(m, false);
            skip_passed(m);
            give(m->rx.at[slot], TP_STATUS_KERNEL);
            continue;
        }
        take(m, true);
        dev->rx_frames++;
        dev->rx_bytes += frames[n++].len;
    }
    if (seen & TP_STATUS_LOSING)
        dev->rx_drops += lost(m);
    return n;
}

__attribute__((hot)) void mapped_release(struct mapped *m, int n)
{
    for (; n > 0; n--) {
        uint32_t slot = m->oldest;

        assert(m->window > 0);
        give(m->rx.at[slot], TP_STATUS_KERNEL);
        m->lent[slot] = false;
        skip_passed(m);
    }
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static uint8_t *tx_slot(const struct mapped *m, uint32_t counter)
{
    return m->tx.at[counter % MAPPED_SLOTS];
}

bool mapped_has_slot(const struct mapped *m)
{
    return m->reserved - m->done < m->tx.slots;
}

__attribute__((hot)) int mapped_reserve(struct mapped *m, struct rn_frame *slots, int max)
{
    int n = 0;

    assert(m->reserved == m->committed);
    for (; n < max && mapped_has_slot(m); n++, m->reserved++)
        slots[n] = (struct rn_frame){.data = tx_slot(m, m->reserved) + TX_AT,
                                     .room = m->tx.slot_bytes - TX_AT,
                                     .buffer = m->reserved % MAPPED_SLOTS};
    return n;
}

/* Short frames are copied by the kernel: pages that are lent to it cost more where they do not leave the
 * machine. */
static void fill(uint8_t *slot, const struct rn_frame *f)
{
    struct tpacket2_hdr *h = header(slot);

    virtio_write(f, f->len <= COPIED_UP_TO ? f->len : 0);
    h->tp_mac = (uint16_t)(f->data - VIRTIO_LEN - slot);
    h->tp_len = VIRTIO_LEN + f->len;
    give(slot, TP_STATUS_SEND_REQUEST);
}

__attribute__((hot)) void mapped_commit(struct mapped *m, const struct rn_frame *slots, int n)
{
    assert(n >= 0 && (uint32_t)n <= m->reserved - m->committed);
    for (int i = 0; i < n; i++, m->committed++) {
        uint8_t *slot = tx_slot(m, m->committed), *first = slot + TX_AT, *end = slot + m->tx.slot_bytes;

        assert(slots[i].buffer == m->committed % MAPPED_SLOTS && slots[i].fragments == 0);
        assert(slots[i].len > 0 && slots[i].data >= first && slots[i].len <= (size_t)(end - slots[i].data));
        fill(slot, &slots[i]);
    }
    m->reserved = m->committed;
}

/* Counts what the kernel has taken since. */
static void count_taken(struct mapped *m, struct rn_dev *dev)
{
    for (; m->written != m->committed; m->written++) {
        uint8_t *slot = tx_slot(m, m->written);

        if (status_of(slot) & TP_STATUS_SEND_REQUEST)
            return;
        dev->tx_frames++;
        dev->tx_bytes += header(slot)->tp_len - VIRTIO_LEN;
    }
}

/* Nobody takes them: the slots become free, in the order in which they would have been asked for. */
static void drop_unsent(struct mapped *m, struct rn_dev *dev)
{
    dev->tx_drops += m->committed - m->written;
    while (m->committed != m->written)
        give(tx_slot(m, --m->committed), TP_STATUS_AVAILABLE);
    m->reserved = m->committed;
}

/* The one frame that was committed, from the slot where it lies. The errno with which it was refused; 0: it
 * has gone. */
static __attribute__((hot)) int send_alone(struct mapped *m, struct rn_dev *dev)
{
    uint8_t *slot = tx_slot(m, m->written);
    const struct tpacket2_hdr *h = header(slot);

    if (send(m->alone, slot + h->tp_mac, h->tp_len, MSG_DONTWAIT) < 0)
        return errno;
    dev->tx_frames++;
    dev->tx_bytes += h->tp_len - VIRTIO_LEN;
    give(slot, TP_STATUS_AVAILABLE);
    m->committed = m->reserved = m->written;
    return 0;
}

/* All that was committed: the kernel passes over what the link refuses. */
static int send_batch(struct mapped *m, struct rn_dev *dev)
{
    int error = send(m->fd, NULL, 0, MSG_DONTWAIT) < 0 ? errno : 0;

    count_taken(m, dev);
    return error;
}

static void take_completions(struct mapped *m)
{
    const uint32_t busy = TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING;

    while (m->done != m->written && !(status_of(tx_slot(m, m->done)) & busy))
        m->done++;
}

__attribute__((hot)) rn_time mapped_push(struct mapped *m, struct rn_dev *dev, rn_time now)
{
    if (m->written != m->committed) {
        int error = m->committed - m->written == 1 ? send_alone(m, dev) : send_batch(m, dev);

        m->refused = error == ENETDOWN || error == ENXIO || error == ENODEV;
        if (m->refused)
            drop_unsent(m, dev);
    }
    take_completions(m);
    return m->written == m->committed ? RN_FOREVER : now + RETRY;
}

/* ---- making and unmaking ------------------------------------------------------------------------------- */

/* About MAPPED_SLOTS of them. */
static void shape(struct mapped_ring *r, uint32_t slot_bytes)
{
    uint32_t per_block;

    r->slot_bytes = slot_bytes;
    r->block_bytes = BLOCK_MIN;
    while (r->block_bytes < SLOTS_A_BLOCK * slot_bytes)
        r->block_bytes *= 2;
    per_block = r->block_bytes / slot_bytes;
    r->slots = MAPPED_SLOTS / per_block * per_block;
}

static uint32_t blocks_of(const struct mapped_ring *r)
{
    return r->slots / (r->block_bytes / r->slot_bytes);
}

static size_t bytes_of(const struct mapped_ring *r)
{
    return (size_t)blocks_of(r) * r->block_bytes;
}

/* Where each slot lies, from `area` on. */
static void place(struct mapped_ring *r, uint8_t *area)
{
    uint32_t per_block = r->block_bytes / r->slot_bytes;

    for (uint32_t i = 0; i < r->slots; i++)
        r->at[i] = area + (size_t)(i / per_block) * r->block_bytes + (size_t)(i % per_block) * r->slot_bytes;
}

static int set(int fd, int option, int value)
{
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int ask_ring(int fd, int option, const struct mapped_ring *r)
{
    struct tpacket_req request = {.tp_block_size = r->block_bytes,
                                  .tp_block_nr = blocks_of(r),
                                  .tp_frame_size = r->slot_bytes,
                                  .tp_frame_nr = r->slots};

    return setsockopt(fd, SOL_PACKET, option, &request, sizeof request) < 0 ? -errno : 0;
}

static int ask_rings(const struct mapped *m)
{
    /* A frame that the link refuses is passed over; each begins where its slot says. */
    const struct {
        int option, value;
    } first[] = {
        {PACKET_VERSION, TPACKET_V2}, {PACKET_VNET_HDR, 1}, {PACKET_LOSS, 1}, {PACKET_TX_HAS_OFF, 1}};
    int error = 0;

    for (size_t i = 0; i < sizeof first / sizeof *first && !error; i++)
        error = set(m->fd, first[i].option, first[i].value);
    if (!error)
        error = ask_ring(m->fd, PACKET_RX_RING, &m->rx);
    return error ? error : ask_ring(m->fd, PACKET_TX_RING, &m->tx);
}

int mapped_open(struct mapped *m, int fd, int alone, uint32_t mtu)
{
    uint32_t longest = mtu + LINK_HEADER > MERGED ? mtu + LINK_HEADER : MERGED, sent = 2048;
    int error;

    memset(m, 0, sizeof *m);
    m->fd = fd;
    m->alone = alone;
    while (sent < TX_AT + mtu + LINK_HEADER)
        sent *= 2;
    shape(&m->rx, (IN_FRONT + longest + ALIGN - 1) / ALIGN * ALIGN);
    shape(&m->tx, sent);
    error = set(alone, PACKET_VNET_HDR, 1);
    if (!error)
        error = ask_rings(m);
    if (error)
        return error;
    m->bytes = bytes_of(&m->rx) + bytes_of(&m->tx);
    m->area = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (m->area == MAP_FAILED) {
        m->area = NULL;
        return -errno;
    }
    place(&m->rx, m->area);
    place(&m->tx, m->area + bytes_of(&m->rx));
    return 0;
}

void mapped_close(struct mapped *m)
{
    if (m->area)
        munmap(m->area, m->bytes);
    m->area = NULL;
}
