/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is lost, and how fast to go on: RACK and tail loss probes (RFC 8985) where the peer sends SACK, the
 * third duplicate and partial acknowledgements (RFC 6582) where it does not, and proportional rate reduction
 * (RFC 6937) for the window while a loss is being repaired. Told what happened; marks spans of the scoreboard
 * as lost and that the connection owes a look; which algorithm the window then follows is cc.h's affair.
 *
 *      OPEN --- something is lost ---> RECOVERY --- all up to `recover` is acknowledged ---> OPEN
 *        |                                |
 *        +---- the timer ran out ----> REPAIR (after a timeout) --- the same --------------> OPEN
 */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "scoreboard.h"

#include <stdbool.h>
#include <stdint.h>

struct conns;
struct conn;
struct conn_active;

enum loss_phase { LOSS_OPEN, LOSS_RECOVERY, LOSS_REPAIR };

enum {
    LOSS_DELAYED_ACK_US = 200000,      /* the worst that a peer may wait (RFC 8985 7.2) */
    LOSS_PROBE_UNMEASURED_US = 1000000 /* 7.2, step 1 */
};

struct loss {
    uint8_t phase;       /* enum loss_phase */
    uint8_t dup_acks;    /* in a row, without SACK */
    uint8_t reo_mult;    /* RACK.reo_wnd_mult; 0 means 1 */
    uint8_t reo_persist; /* RACK.reo_wnd_persist: recoveries until reo_mult is 1 again */
    bool rack_any;       /* rack_us, rack_end, rack_rtt_us are known */
    bool reordering_seen;
    bool fack_known;
    bool probe_out;   /* TLP.is_retrans or new data: a probe is in flight, up to probe_end */
    bool probe_again; /* ... and it was a retransmission */
    bool dsack_round_any;
    bool cwr_sent;    /* in a segment that began at cwr_seq */
    bool undo_may;    /* prior_* are those before this phase, and nothing forbids to go back to them */
    uint32_t rack_us; /* RACK.xmit_ts */
    seq32 rack_end;   /* RACK.end_seq */
    uint32_t rack_rtt_us, min_rtt_us; /* 0: not measured */
    seq32 fack;                       /* the highest sequence number known to have arrived */
    seq32 dsack_round;
    seq32 cwr_seq;
    seq32 recover; /* SND.NXT when the phase began */
    seq32 probe_end;
    uint32_t dup_bytes; /* without SACK: what duplicate acknowledgements tell to have left the network */
    uint32_t recover_flight, prr_delivered, prr_out; /* RFC 6937: RecoverFS, bytes */
    uint32_t prior_cwnd, prior_ssthresh;
    uint32_t retransmitted; /* bytes sent again in this phase and not yet told to be needless by D-SACK */
    uint32_t reorder_us;    /* in how many microseconds the reordering timer is due, 0: it is not wanted */
};

/* What an acknowledgement said besides what it delivered. */
struct loss_ack {
    bool advanced;  /* SND.UNA moved */
    bool duplicate; /* a duplicate acknowledgement by RFC 5681 2: nothing new, no data, the same window */
    bool dsack;     /* a D-SACK block came, and ... */
    uint32_t dsack_bytes; /* ... told of so many bytes that arrived twice */
    bool used;            /* the congestion window is used, so that it may grow */
};

/* Something arrived that was in flight. RFC 8985 6.2, steps 1 to 3: the latest sent of what has arrived, the
 * least round trip, and whether the network reorders. A step of loss_acked that the fast path takes, too. */
static inline void loss_delivered(struct loss *l, const struct scoreboard_news *news)
{
    bool later = !l->rack_any || (int32_t)(news->newest_us - l->rack_us) > 0 ||
                 (news->newest_us == l->rack_us && seq_lt(l->rack_end, news->newest_end));

    if (news->timed && (!l->min_rtt_us || news->rtt_us < l->min_rtt_us))
        l->min_rtt_us = news->rtt_us ? news->rtt_us : 1;
    if (l->fack_known && news->lowest_known && seq_lt(news->lowest, l->fack))
        l->reordering_seen = true;
    l->fack = l->fack_known ? seq_max(l->fack, news->highest) : news->highest;
    l->fack_known = true;
    /* Less than the least round trip after it was sent again: it is the first transmission that has arrived.
     */
    if (!later || (news->newest_again && news->rtt_us < l->min_rtt_us))
        return;
    l->rack_any = true;
    l->rack_us = news->newest_us;
    l->rack_end = news->newest_end;
    l->rack_rtt_us = news->rtt_us;
}

/* The same for all that was in flight, of which nothing had been SACKed and nothing sent more than once: no
 * byte behind it can have arrived before. */
static inline void loss_all_delivered(struct loss *l, uint32_t sent_us, seq32 end, uint32_t rtt_us)
{
    if (rtt_us < l->min_rtt_us || !l->min_rtt_us)
        l->min_rtt_us = rtt_us ? rtt_us : 1;
    l->fack = end;
    l->fack_known = true;
    if (l->rack_any && (int32_t)(sent_us - l->rack_us) < 0)
        return;
    l->rack_any = true;
    l->rack_us = sent_us;
    l->rack_end = end;
    l->rack_rtt_us = rtt_us;
}

/* An acceptable acknowledgement was taken in, the scoreboard knows it already. news: what it delivered. */
void loss_acked(struct conns *s, struct conn *c, struct conn_active *a, const struct scoreboard_news *news,
                const struct loss_ack *ack);

/* The RTO ran out with bytes in flight (RFC 8985 6.3, RFC 5681 (4)); first: not already for the same bytes.
 */
void loss_timed_out(struct conns *s, struct conn *c, struct conn_active *a, bool first);

/* The reordering timer ran out (RFC 8985 6.2). */
void loss_reorder_ran_out(struct conns *s, struct conn *c, struct conn_active *a);

/* When a tail loss probe is due if nothing is acknowledged (RFC 8985 7.2), in microseconds from now; 0: none
 * is to be sent. Asked when data was sent and when an acknowledgement moved SND.UNA. lone: at most one
 * segment is in flight, whose acknowledgement may be delayed. */
static inline uint32_t loss_probe_us(const struct loss *l, uint32_t srtt_us, bool sacked, bool lone)
{
    uint32_t wait = srtt_us ? 2 * srtt_us : LOSS_PROBE_UNMEASURED_US;

    if (l->phase != LOSS_OPEN || sacked || l->probe_out || srtt_us > UINT32_MAX / 4)
        return 0;
    return lone ? wait + LOSS_DELAYED_ACK_US : wait;
}

/* A probe was sent: new data, or (again) the last segment. Its end is the scoreboard's (7.3). */
void loss_probe_sent(struct conn *c, struct conn_active *a, bool again);

/* len bytes were sent, new or again, in whatever phase (RFC 6937's prr_out). */
void loss_sent(struct conn_active *a, uint32_t len, bool again);

/* The peer echoed that the network is congested, when `flight` bytes were in it: the window is reduced once
 * for each window of data (RFC 3168 6.1.2), and CWR is owed. */
void loss_congestion(struct conns *s, struct conn *c, struct conn_active *a, uint32_t flight);

/* CWR went with new data that begins there. */
void loss_cwr_sent(struct conn_active *a, seq32 seq);

#endif
