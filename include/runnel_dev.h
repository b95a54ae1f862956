/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The device contract: a ring of frames in, a ring of frames out.
 *
 * A device is two rings of slots over a region of equal buffers. It *lends* us received frames, which we
 * read where they lie until we release them, oldest first. It lends us transmit slots, which we fill and
 * commit; one sync pushes the whole batch. All calls are made by the thread that drives the stack, and all
 * that depend on time are told what time it is, so that a device can be played back exactly. now never runs
 * backwards.
 *
 *      burst -> read in place -> release          reserve -> fill -> commit ... -> sync
 *
 *      receive ring                               transmit ring
 *      | free | lent to us | arrived | free |     | free | at the device | committed | reserved | free |
 *             ^release     ^burst                        ^completion     ^sync       ^commit    ^reserve
 *
 * The stack calls; a device never calls back. There is one indirect call per batch, not per packet. A device
 * never blocks and never fails because something is full: it drops and counts.
 */
#ifndef RUNNEL_DEV_H
#define RUNNEL_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds on a monotonic clock that starts anywhere (never negative). */
typedef int64_t rn_time;
#define RN_FOREVER INT64_MAX

/* Bytes that a caller's char *err holds. */
#define RN_ERRBUF 256

enum rn_medium {
    RN_ETHERNET = 0, /* frames begin with an Ethernet header */
    RN_IP = 1        /* frames begin with an IPv4 or IPv6 header */
};

/* Whether a device carries frames. One that is down or gone takes none, and drops what it is given to send; it
 * looks for its interface by itself. */
enum rn_link {
    RN_LINK_UP = 0,
    RN_LINK_DOWN = 1, /* its interface is switched off */
    RN_LINK_GONE = 2  /* there is no interface of its name */
};

enum rn_frame_flags {
    RN_CSUM_VERIFIED = 1, /* the device has checked the transport checksum */
    RN_CSUM_TRUSTED = 2,  /* the frame has not been on a wire: no need to check */
    RN_CSUM_PARTIAL = 4,  /* the checksum at csum_start + csum_offset is still to be filled in: the sum of the
                             pseudo-header stands there, what follows csum_start is to be added */
    RN_VLAN = 8,          /* a tag was taken out (received) or is to be put in (sent): see vlan */
    RN_MERGED = 16        /* several segments in one: gso_size says how long each was, or is to be */
};

/* One frame, or one buffer of a chain. What a frame is travels with the frame, not with its device. */
struct rn_frame {
    uint8_t *data;        /* first byte in this buffer */
    uint32_t len;         /* bytes in this buffer; on reserve: 0 */
    uint32_t room;        /* on reserve: bytes that fit at data; on burst: not used */
    uint32_t buffer;      /* which buffer of the region */
    uint16_t region;      /* which region */
    uint16_t fragments;   /* how many further descriptors of this frame follow, in the same call (no device of
                             this version gives or takes a chain: 0) */
    uint16_t flags;       /* enum rn_frame_flags */
    uint16_t vlan;        /* 802.1Q tag control, host order */
    uint16_t gso_size;    /* payload bytes of each segment, 0: not merged */
    uint16_t csum_start;  /* offset in the frame where summing starts */
    uint16_t csum_offset; /* offset from csum_start where the sum goes */
    uint32_t hash;        /* the device's hash of the flow, 0: none */
    rn_time stamp;        /* when it arrived, 0: not known */
};

/* What is ours on a shared link: a value; the device makes its own filter of it. */
struct rn_steer {
    uint8_t address[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d; all zero: any */
    uint16_t port_first, port_last;
    uint8_t protocol; /* 0: any */
    bool take;        /* false: leave it to the other owner */
};

struct rn_dev;

struct rn_dev_ops {
    const char *kind; /* "tap", "packet", ... */

    /* Lends up to max received frames, in order of arrival. Returns how many; 0: none, or rx_slots are lent
     * already. A frame stays lent, and its bytes as they are, until it is released: later calls lend further
     * ones. Negative errno: the device is gone and will not come back (-ENODEV: deleted); what was lent may
     * still be read and released. */
    int (*burst)(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now);

    /* Gives back the n oldest lent frames; there are that many. */
    void (*release)(struct rn_dev *dev, int n);

    /* Lends up to max transmit slots: data, room, buffer and region are set, all else is 0. room is enough
     * for mtu bytes behind the link header, on Ethernet one with a VLAN tag. Returns how many; 0: the ring is
     * full, and completions must be taken in by sync. At most one reservation is open at a time: commit ends
     * it. */
    int (*reserve)(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now);

    /* Sends the first n slots of the reservation, each len bytes from its data, in order; the rest go back
     * to the ring. commit(dev, NULL, 0) undoes a reservation. data may have been moved on within the slot; of
     * the flags RN_CSUM_PARTIAL counts, with its two offsets, where tx_csum says so;
     * bytes past its room, or an empty frame, are the caller's bug. Nobody sees a frame before sync. */
    void (*commit)(struct rn_dev *dev, const struct rn_frame *slots, int n);

    /* Pushes what was committed and takes in completions; no reservation is open. Returns when the device next
     * has something to do by itself (a delayed frame, a delayed completion), which burst or sync will then do:
     * RN_FOREVER for a card. A frame that the link refuses is counted in tx_drops. */
    rn_time (*sync)(struct rn_dev *dev, rn_time now);

    /* Called after sync, with nothing lent, before sleeping on dev->fd: says what shall wake the sleeper,
     * received frames (POLLIN) or free transmit slots (POLLOUT). Returns 0, or -EAGAIN when there is one already
     * that poll(2) would not tell of, so that nobody sleeps over it. */
    int (*arm)(struct rn_dev *dev, bool rx, bool tx);

    /* Says which traffic is ours, of what comes to dev->mac and in dev->vlan as they are now, instead of what
     * was said before: the device keeps the rest from us, and what is ours from the other owner of the link.
     * With dev->busy_poll the card is from then on looked after so.
     * With dev->promiscuous it is of all that comes to the interface, to whatever address and in whatever
     * VLAN, and one rule that takes everything is all that can be said. A rule with a protocol takes ports of an
     * address that stays the other owner's: they are held there, so that nobody else gets them. Returns 0,
     * -EADDRINUSE (somebody has one of them), -EOPNOTSUPP where it cannot do all of that, or another negative errno. May be NULL: the link has no other owner. */
    int (*steer)(struct rn_dev *dev, const struct rn_steer *rules, int n);

    /* Gives everything back, also with frames lent, reserved or under way, which are lost. The device and its
     * buffers may not be used any more. */
    void (*close)(struct rn_dev *dev);

    /* The link address of a host (IPv6, or IPv4 as ::ffff:a.b.c.d) of whom the other owner of a shared link knows or is
     * now asked to find out, and is to go on knowing. 1: it is in mac; 0: not yet, ask again; a negative errno: it
     * cannot be had so. May be NULL. */
    int (*neighbour)(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6]);
};

/* Every device begins with this; the driver's own state follows behind it. */
struct rn_dev {
    const struct rn_dev_ops *ops;
    int fd;            /* the device's own; sleep on it with poll(2) after arm; -1: there is none */
    int beside;        /* a second one to sleep on, as well as on the first, for what is received; 0: there is none */
    uint32_t mtu;      /* bytes of IP packet that fit a frame */
    uint8_t mac[6];    /* the address to use on it unless told otherwise */
    uint8_t medium;    /* enum rn_medium */
    uint8_t link;      /* enum rn_link, kept by the driver */
    uint16_t vlan;     /* the stack puts that 802.1Q tag into what it sends, and takes what has it; 0: none */
    uint8_t loops;     /* 1: what is sent comes back, so packets from ourselves are right (on no real wire) */
    uint8_t tx_csum;     /* 1: it takes frames with RN_CSUM_PARTIAL, whose checksum it fills in, or whoever is next
                            behind it */
    uint8_t shared;      /* 1: set by who shares its addresses with the other owner, who answers for them: ports alone
                            are ours */
    uint8_t busy_poll;   /* 1: set by who wants the card looked after by his own looks for frames; see steer */
    uint8_t promiscuous; /* 1: set by who wants every frame, as a bridge does; see steer */
    const char *mode;  /* how it works, for people, where there are several ways: "native,zero-copy"; NULL */
    uint32_t rx_slots; /* frames that can be lent at once */
    uint32_t tx_slots; /* slots in the transmit ring */
    uint64_t rx_frames, tx_frames, rx_bytes, tx_bytes; /* totals, kept by the driver */
    uint64_t resyncs; /* a ring was set back by the kernel, or said what cannot be, and was taken anew as it stood */
    uint64_t rx_half_sums; /* received with a checksum that the sender had left to his card */
    uint64_t rx_drops, tx_drops; /* frames lost for want of room or, sent, of a link */
};

/* ---- devices that a program can make by itself -------------------------------------------------------- */

/* Two ends in one process, for tests and for stacks side by side. Not thread-safe: both ends belong to one
 * thread. Each end has a region of its own: what one commits is copied into the other's receive ring at sync,
 * or dropped when that is full (the receiver's rx_drops). Buffers complete in order. Each end is closed by
 * itself; what is sent to a closed one is lost (tx_drops). */
struct rn_pair_options {
    uint32_t slots;                           /* each ring, 1 to 65,536; 0: 256 */
    uint32_t buffer_bytes;                    /* 128 to 65,664, holds the mtu; 0: mtu + 18 rounded up to 64 */
    uint32_t mtu;                             /* 68 to 65,535; 0: 1,500 */
    uint8_t medium;                           /* enum rn_medium */
    rn_time completion_min, completion_max;   /* a sent buffer is free again after that long, drawn evenly */
    uint64_t seed;                            /* for the above */
};

/* Makes both ends. 0 or -EINVAL, -ENOMEM; err, if not NULL, holds RN_ERRBUF bytes and gets one line. */
int rn_dev_pair(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err);

/* What can befall a frame on one direction of a link. Rates are parts per million, each drawn by itself for
 * every frame. Times are 0 to an hour. */
struct rn_fault {
    uint32_t loss_ppm, reorder_ppm, duplicate_ppm;
    uint32_t corrupt_ppm;  /* one bit or a burst of at most 15, where a checksum of the Internet's finds it: in an
                              IPv4 header, TCP, UDP or ICMP; never in link headers, ARP, ND or an IPv6 header */
    rn_time delay, jitter; /* every frame waits delay plus an even draw from 0 to jitter (order is kept) */
    rn_time reorder_by;    /* a reordered frame waits that much more; 0: 3 ms */
    uint64_t rate_bps;     /* bits per second of frame, 1,000 or more; 0: no limit */
    uint32_t queue_frames; /* frames that wait at once, for whatever reason, at most 2^20; more are dropped
                              (tail); 0: 1,024 */
};
struct rn_fault_options {
    uint64_t seed;
    struct rn_fault rx, tx;
};

/* passed + lost + overflowed + those that wait = frames that came + duplicated. */
struct rn_fault_stats {
    uint64_t passed, lost, reordered, duplicated, corrupted, overflowed;
};

/* Puts an impaired wire in front of inner, which it then owns and closes. The result is a device like any. A
 * merged frame is cut into its segments and a partial checksum completed before anything befalls them. The
 * same seed, frames and times give the same faults. options may be NULL: a wire without faults. 0 or -EINVAL, -ENOMEM;
 * on failure inner is as it was. */
int rn_dev_fault(struct rn_dev **out, struct rn_dev *inner, const struct rn_fault_options *options, char *err);

/* What it has done so far: stats[0] received, stats[1] sent. */
void rn_dev_fault_stats(const struct rn_dev *fault, struct rn_fault_stats stats[2]);

/* Changes the faults of a running wire; frames under way keep their times. NULL: as they are. A value out of
 * range is brought to the nearest in it. */
void rn_dev_fault_set(struct rn_dev *fault, const struct rn_fault *rx, const struct rn_fault *tx);

/* A recording of what goes over a device, as tcpdump, tshark and Wireshark read it. */
struct rn_capture_options {
    const char *path;   /* the file, emptied if it is there; a new one is for its owner alone to read */
    uint32_t snap;      /* bytes kept of each frame, at most 262,144; 0: all */
    uint64_t bytes_max; /* the file stops before it is larger than that; 0: no limit */
    rn_time epoch;      /* nanoseconds since 1970 when the stack's clock says 0; 0: that clock is rn_now, and
                           what the system's says at this moment holds for the whole recording */
};

struct rn_capture_stats {
    uint64_t frames, bytes; /* in the file, whose header is among the bytes */
    uint64_t missed;        /* frames that went by after it stopped, or could not be written */
    int stopped;            /* 0: it goes on; -EFBIG: it has its size; else the errno of a write, and the file
                               ends with the last frame that was whole */
};

/* Records both directions of inner, which it then owns and closes, in a file of the pcap format with times in
 * nanoseconds. The result is a device like any. A received frame is recorded when it is lent, with its own
 * stamp if it has one; a sent one at sync, be it that the link then refuses it (tx_drops). Each is recorded as
 * it is on the wire: a merged one as its segments, a partial checksum filled in, a tag put back in its place.
 * The file is up to date a second later at most, while the stack is driven as rn_flush says. Writing goes to
 * the system's cache; where that blocks, it is the stack that waits. A write that fails ends the recording, not
 * the traffic. 0, -EINVAL, -ENOMEM, or the errno with which the file cannot be made or written; on failure
 * inner is as it was. */
int rn_dev_capture(struct rn_dev **out, struct rn_dev *inner, const struct rn_capture_options *options,
                   char *err);

/* What it has recorded so far; as much of it may not be in the file yet as a second brings. */
void rn_dev_capture_stats(const struct rn_dev *capture, struct rn_capture_stats *stats);

/* ---- devices by name ----------------------------------------------------------------------------------
 *
 *      KIND[:NAME][-N]         tap:tap0   tun:vpn0   loop   null
 *
 * NAME is an interface's, for the kinds that have one; rn_survey tells which kinds there are. N is one of its
 * queues, from 0 up; without it all of them. A name that exists whole is the name: tap:my-0 is the interface
 * my-0 if there is one, else queue 0 of my. NAME alone takes the kind that rn_choose says. */

enum { RN_IFNAME = 16, RN_DEVNAME = 64 }; /* bytes of an interface's name, of a device's */

/* Opens a device by name, as rn_attach does, for a program that wraps it or drives it by itself. 0, -EINVAL
 * (the name), -EPERM, -ENODEV, -EBUSY, -ENOMEM, or another errno of the system's; err as in rn_dev_pair. */
int rn_dev_open(struct rn_dev **out, const char *device, char *err);

/* The interface that a device's name is of, be there one or not: eth0 of packet:eth0-0. 0; -EINVAL: of none. */
int rn_dev_interface(const char *device, char ifname[RN_IFNAME]);

enum rn_offload {
    RN_OFFLOAD_RX_CSUM = 1,  /* received checksums are verified */
    RN_OFFLOAD_TX_CSUM = 2,  /* those to be sent are filled in */
    RN_OFFLOAD_TSO = 4,      /* TCP segments are cut by the card */
    RN_OFFLOAD_GSO = 8,      /* ... or by the kernel just before it */
    RN_OFFLOAD_GRO = 16,     /* received segments are merged by the kernel */
    RN_OFFLOAD_LRO = 32,     /* ... or by the card */
    RN_OFFLOAD_VLAN_RX = 64, /* a tag is taken out of what is received */
    RN_OFFLOAD_VLAN_TX = 128 /* ... and put into what is sent */
};

/* What is known of an interface without opening it. */
struct rn_interface {
    char name[RN_IFNAME];
    char driver[32]; /* "e1000e", "veth", "tun"; "": it does not say */
    uint32_t index;  /* 0: there is none of that name, and all else is 0 */
    uint32_t mtu, rx_queues, tx_queues;
    uint8_t mac[6];    /* all zero: it has none */
    bool up, carrier;  /* switched on; somebody is at the other end */
    bool loopback;     /* the kernel's own lo */
    uint32_t offloads; /* enum rn_offload */
};

enum rn_fit {
    RN_UNFIT = 0,   /* the interface is not of that kind: remedy says why */
    RN_BLOCKED = 1, /* it is, but opening it would fail: remedy says what helps */
    RN_WORKS = 2    /* it can be opened: mode says how it works then */
};

/* One kind of device on one interface. */
struct rn_way {
    const char *kind;
    bool named; /* it is written KIND:NAME; false: it needs no interface */
    enum rn_fit fit;
    uint8_t second; /* 1: it works, but a kind that comes later works better there, and remedy says why */
    char mode[64];
    char remedy[RN_ERRBUF];
};

/* Looks at an interface, which need not exist, and asks of every kind whether it works there; nothing is
 * opened or changed. At most max ways are written, the better kind first. Returns how many kinds there are,
 * -EINVAL (what cannot be an interface's name), or another errno of the system's. */
int rn_survey(const char *ifname, struct rn_interface *facts, struct rn_way *ways, int max, char *err);

/* The device that a bare interface name means: of netmap, xdp and packet the first that works, but for one that is
 * second there; else the last that is blocked, so that opening it then says what helps. One that does not exist is
 * made if its name is a kind's and a number (tap0, tun3).
 * Writes the device's name, and to why one line: how it works, and why not a better kind. 0, -EINVAL,
 * -ENODEV (there is none of that name, or no kind fits it). */
int rn_choose(const char *ifname, char device[RN_DEVNAME], char why[RN_ERRBUF], char *err);

#ifdef __cplusplus
}
#endif
#endif
