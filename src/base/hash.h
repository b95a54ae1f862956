/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two keyed hashes. hash_tuple is for our own tables: a 128-bit multiply-fold, cheap, never shown to a peer.
 * hash_sip is SipHash-2-4 for what a peer can see (sequence numbers, ports, identifications).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k[4];
};

/* Hashes three words under the key; every output bit depends on every input bit. */
static inline uint64_t hash_tuple(const struct hash_key *key, uint64_t a, uint64_t b, uint64_t c);

/* SipHash-2-4 of len bytes under the first two words of the key; the same on every machine. */
uint64_t hash_sip(const struct hash_key *key, const void *data, size_t len);

/* The 128-bit product of two words, folded to 64 bits. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 p = (unsigned __int128)a * b;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t mid = ah * bl + (al * bl >> 32), mid2 = al * bh + (uint32_t)mid;

    return a * b ^ (ah * bh + (mid >> 32) + (mid2 >> 32));
#endif
}

static inline uint64_t hash_tuple(const struct hash_key *key, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t h = hash_fold(a ^ key->k[0], b ^ key->k[1]);

    return hash_fold(h ^ key->k[2], c ^ key->k[3]);
}

#endif
