/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Forged TCP clients: each is 16 bytes of state here and frames on the wire, no socket and no stack. They
 * reach their state by traffic (SYN, SYN-ACK, ACK) and judge every byte of what they are answered.
 *
 *      client i:  10.1.0.1 + i / 60,000, port 1,024 + i % 60,000   --->   server 10.0.0.1:7
 *
 * Frames are made and read here from the RFCs alone, with none of the stack's own code, so that a misreading
 * there is not shared here.
 */
#ifndef LIB_CLIENTS_H
#define LIB_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CLIENTS_REQUEST = 64, /* payload bytes of a request and of its reply */
    CLIENTS_PORTS = 60000 /* clients that share an address */
};

struct client {
    uint32_t seq;       /* of the next byte to send */
    uint32_t ack;       /* of the next byte expected */
    uint32_t asked;     /* requests sent so far */
    uint32_t ts_recent; /* the server's last timestamp */
};

struct clients {
    struct client *all;
    uint32_t count;
    uint8_t server_mac[6];
    bool timestamps;             /* offered, and from the first SYN-ACK on: agreed */
    uint32_t ts_now;             /* our clock, milliseconds */
    const char *why;             /* what was wrong with a frame that was judged wrong */
    uint64_t pure_acks, repeats; /* frames that are right but no reply to a request */
};

/* What a frame from the server was. */
enum clients_verdict {
    CLIENTS_WRONG,   /* cs->why says what */
    CLIENTS_SYN_ACK, /* the answer to a SYN */
    CLIENTS_REPLY,   /* the answer to a request, with an ACK of it */
    CLIENTS_OTHER    /* counted: an ACK without data, or bytes that we had */
};

/* Text of client i's IPv4 address and MAC. Clients share one with up to 59,999 others. */
void clients_address(uint32_t i, char ip[16], char mac[18]);
uint32_t clients_addresses(uint32_t count); /* how many different ones, those of i = 0, 60,000, ... */

/* Each writes client i's next frame at `at` and returns its length. */
uint32_t clients_syn(struct clients *cs, uint32_t i, uint8_t *at);
uint32_t clients_ack(struct clients *cs, uint32_t i, uint8_t *at);
uint32_t clients_request(struct clients *cs, uint32_t i, uint8_t *at);

/* Judges a frame from the server: addresses, both checksums, sequence and acknowledgement numbers, each byte
 * of payload. */
enum clients_verdict clients_judge(struct clients *cs, const uint8_t *frame, uint32_t len);

#endif
