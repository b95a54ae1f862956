/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is in flight: the sequence space from SND.UNA to SND.NXT, cut into spans that were sent at one moment
 * and share one fate. It is what SACK's scoreboard, RACK's transmission times and the measurement of round
 * trips are read from (RFC 8985 5.2, RFC 6675 4, RFC 6298 3).
 *
 *      una |== sent 10:03, SACKED ==|== 10:03 ==|== 10:07, LOST ==|== 10:09, again ==| nxt
 *
 * A batch of segments sent at the same time is one span, so there are far fewer spans than segments. A SYN
 * and a FIN count as the byte that they are in the sequence space. A pure machine: it knows bytes and times,
 * not connections. It cannot fail: when it gets no memory for one more span, two neighbours become one with
 * the careful reading of both (the later time, never timed, not yet SACKed).
 *
 * Times are microseconds modulo 2^32, compared circularly.
 */
#ifndef TCP_SCOREBOARD_H
#define TCP_SCOREBOARD_H

#include "base/array.h"
#include "base/seq.h"

enum { SCOREBOARD_OWN = 4 };

enum span_flags {
    SPAN_SACKED = 1, /* the peer says that it has it */
    SPAN_LOST = 2,   /* taken to be lost and not sent again yet */
    SPAN_AGAIN = 4,  /* sent more than once */
    SPAN_UNTIMED = 8 /* its time is not that of all its bytes: no round trip is read from it */
};

struct span {
    seq32 end; /* it begins where the one before it ends, the first at SND.UNA */
    uint32_t sent_us;
    uint8_t flags; /* enum span_flags */
    uint8_t sends; /* transmissions, saturated */
    uint16_t unused;
};

struct scoreboard {
    struct array spans;
    struct span own[SCOREBOARD_OWN];
    seq32 una, nxt;        /* the ends of what it describes */
    uint32_t sacked, lost; /* bytes in spans with that flag; never both */
};

/* What an acknowledgement brought; filled in by scoreboard_acked and scoreboard_sacked one after the other.
 */
struct scoreboard_news {
    uint32_t acked;     /* bytes newly acknowledged in order */
    uint32_t delivered; /* bytes newly known to have arrived: in order, or by SACK; never counted twice */
    bool timed;         /* sent_us and end are of a span that was sent once */
    bool any;           /* any span was newly delivered, and newest_* describe it */
    uint32_t rtt_us;    /* with timed: of the latest sent of them */
    uint32_t newest_us; /* RACK.xmit_ts: sent time of the latest sent of all newly delivered ... */
    seq32 newest_end;   /* RACK.end_seq: ... and where it ends (of several sent at once the last) */
    bool newest_again;  /* ... and whether it was a retransmission */
    seq32 highest;      /* with any: where what was newly delivered ends at most */
    seq32 lowest;       /* the lowest byte delivered that was sent once: reordering if below RACK's FACK */
    bool lowest_known;
};

/* The ends are set; nothing is in flight. */
void scoreboard_init(struct scoreboard *b, seq32 una);
void scoreboard_clear(struct scoreboard *b, struct array_pools *p);

/* Bytes in flight by RFC 6675's pipe and RFC 8985: all, but for what was SACKed and what is taken to be lost.
 */
static inline uint32_t scoreboard_pipe(const struct scoreboard *b)
{
    return (uint32_t)seq_diff(b->nxt, b->una) - b->sacked - b->lost;
}

/* What scoreboard_sent does when something was in flight, and scoreboard_acked when not all of it arrives, or
 * had not been sent at once. */
void scoreboard_add_span(struct scoreboard *b, struct array_pools *p, uint32_t len, uint32_t now_us);
void scoreboard_take_spans(struct scoreboard *b, struct array_pools *p, seq32 ack, uint32_t now_us,
                           struct scoreboard_news *news);

/* len new bytes were sent, and nothing else is in flight: nxt moves. */
static inline void scoreboard_sent_first(struct scoreboard *b, uint32_t len, uint32_t now_us)
{
    b->nxt = seq_add(b->nxt, len);
    b->own[0] = (struct span){.end = b->nxt, .sent_us = now_us, .sends = 1};
    b->spans.count = 1;
    b->spans.room = SCOREBOARD_OWN;
}

/* len new bytes were sent: nxt moves. */
static inline void scoreboard_sent(struct scoreboard *b, struct array_pools *p, uint32_t len, uint32_t now_us)
{
    if (b->spans.count) {
        b->nxt = seq_add(b->nxt, len);
        scoreboard_add_span(b, p, len, now_us);
        return;
    }
    scoreboard_sent_first(b, len, now_us);
}

/* len bytes from seq on, all marked lost, were sent again: they are in flight, not lost. */
void scoreboard_sent_again(struct scoreboard *b, struct array_pools *p, seq32 seq, uint32_t len,
                           uint32_t now_us);

/* All that is out was sent once, at one time: nearly always. */
static inline bool scoreboard_is_one(const struct scoreboard *b)
{
    return b->spans.count == 1 && !(b->spans.item | b->own[0].flags);
}

/* All that is out, which is one, has arrived: una moves. When that was sent. */
static inline uint32_t scoreboard_one_acked(struct scoreboard *b)
{
    b->una = b->nxt;
    b->spans.count = 0;
    return b->own[0].sent_us;
}

/* The same, and *news is filled. */
static inline void scoreboard_all_acked(struct scoreboard *b, uint32_t now_us, struct scoreboard_news *news)
{
    const struct span *only = b->own;

    *news = (struct scoreboard_news){.acked = (uint32_t)seq_diff(b->nxt, b->una),
                                     .delivered = (uint32_t)seq_diff(b->nxt, b->una),
                                     .timed = true,
                                     .any = true,
                                     .rtt_us = now_us - only->sent_us,
                                     .newest_us = only->sent_us,
                                     .newest_end = b->nxt,
                                     .highest = b->nxt,
                                     .lowest = b->una,
                                     .lowest_known = true};
    scoreboard_one_acked(b);
}

/* Everything below ack (una < ack <= nxt) has arrived: una moves, *news, which is empty, is filled. */
static inline void scoreboard_acked(struct scoreboard *b, struct array_pools *p, seq32 ack, uint32_t now_us,
                                    struct scoreboard_news *news)
{
    if (ack.v == b->nxt.v && scoreboard_is_one(b))
        scoreboard_all_acked(b, now_us, news);
    else
        scoreboard_take_spans(b, p, ack, now_us, news);
}

/* A SACK block, cut here to una..nxt. Marks what it covers and adds to *news. Returns the bytes newly SACKed.
 */
uint32_t scoreboard_sacked(struct scoreboard *b, struct array_pools *p, seq32 left, seq32 right,
                           uint32_t now_us, struct scoreboard_news *news);

/* The first bytes that are marked lost: true, from *seq on *len bytes in one span. */
bool scoreboard_next_lost(const struct scoreboard *b, const struct array_pools *p, seq32 *seq, uint32_t *len);

/* Marks the first len bytes (cut to what is in flight) as lost unless SACKed, for NewReno and for the first
 * segment at a timeout. Returns the bytes newly marked. */
uint32_t scoreboard_lose_first(struct scoreboard *b, struct array_pools *p, uint32_t len);

/* Marks all that is not SACKed as lost. */
void scoreboard_lose_all(struct scoreboard *b, struct array_pools *p);

/* RFC 8985 6.2 step 5: marks as lost each span, neither SACKed nor lost, that was sent before what RACK last
 * saw delivered (newest_us, newest_end) and at least wait_us (RACK.rtt + RACK.reo_wnd) ago. Returns the bytes
 * newly marked; *remain_us: in how many microseconds the last of the others sent before it reaches that age,
 * 0: there is none. */
uint32_t scoreboard_detect(struct scoreboard *b, struct array_pools *p, uint32_t newest_us, seq32 newest_end,
                           uint32_t wait_us, uint32_t now_us, uint32_t *remain_us);

/* The peer may have dropped what it SACKed (RFC 2018 8): nothing counts as SACKed any more. */
void scoreboard_forget_sacked(struct scoreboard *b, struct array_pools *p);

/* True when the first span in flight is SACKed: the peer has taken back its word. */
bool scoreboard_reneged(const struct scoreboard *b, const struct array_pools *p);

/* The first span: when it was sent and how often; nothing is in flight: false. */
bool scoreboard_first(const struct scoreboard *b, const struct array_pools *p, uint32_t *sent_us,
                      unsigned *sends);

#endif
