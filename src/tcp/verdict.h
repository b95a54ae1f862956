/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What became of a segment, as a value: why it was dropped, if it was, and the answer that is due although no
 * connection sends it. stack/ turns the answer into a frame.
 */
#ifndef TCP_VERDICT_H
#define TCP_VERDICT_H

#include "base/seq.h"
#include "wire/drop.h"

#include <stdint.h>

enum verdict_reply { REPLY_NONE, REPLY_RST, REPLY_ACK, REPLY_SYN_ACK };

struct verdict {
    enum drop drop;
    enum verdict_reply reply;
    seq32 seq, ack; /* of a REPLY_ACK or REPLY_SYN_ACK; a RST's follow from the segment (RFC 9293 3.10.7.1) */
    uint16_t window;            /* as it stands */
    uint16_t mss;               /* of a REPLY_SYN_ACK, with TCP_HAS_MSS */
    uint8_t flags;              /* of a REPLY_SYN_ACK */
    uint8_t has;                /* which options it carries: enum tcp_options */
    uint8_t wscale;             /* of a REPLY_SYN_ACK */
    uint32_t ts_value, ts_echo; /* with TCP_HAS_TIMESTAMP */
};

static inline struct verdict verdict_of(enum drop drop)
{
    return (struct verdict){.drop = drop};
}

static inline struct verdict verdict_reset(enum drop drop)
{
    return (struct verdict){.drop = drop, .reply = REPLY_RST};
}

#endif
