/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a short-input pseudorandom function. Four words of state take
 * in eight bytes at a time with two rounds each, the last word carries the length, four rounds finish.
 * Words are read byte by byte in little-endian order, so that every machine gets the same hash.
 *
 * Callers: whatever makes a number that a peer can see. Tables use hash_tuple in the header, which is ten
 * times cheaper and must stay secret.
 */
#include "hash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void rounds(struct state *s, int n)
{
    while (n--) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static void take_word(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

/* Up to 8 bytes, the first of them lowest. */
static uint64_t little(const uint8_t *at, size_t len)
{
    uint64_t word = 0;

    while (len--)
        word = word << 8 | at[len];
    return word;
}

uint64_t hash_sip(const struct hash_key *key, const void *data, size_t len)
{
    struct state s = {
        /* "somepseudorandomlygeneratedbytes" */
        key->k[0] ^ UINT64_C(0x736f6d6570736575),
        key->k[1] ^ UINT64_C(0x646f72616e646f6d),
        key->k[0] ^ UINT64_C(0x6c7967656e657261),
        key->k[1] ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *at = data;
    size_t left = len;

    for (; left >= 8; at += 8, left -= 8)
        take_word(&s, little(at, 8));
    take_word(&s, little(at, left) | (uint64_t)len << 56);
    s.v2 ^= 0xff;
    rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
