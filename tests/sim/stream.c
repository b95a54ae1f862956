/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of a stream as a function of key and offset: word i is a keyed multiply-fold of i, and the byte
 * at offset o is byte o % 8 of word o / 8. Writer and reader compute it each for itself, so a byte that is
 * lost, doubled, moved or another stream's is found at its offset, and nobody keeps a copy. Called by app.c.
 */
#include "sim.h"

#include <string.h>

static uint64_t word_at(uint64_t key, uint64_t index)
{
    return hash_fold(index + key, UINT64_C(0x9e3779b97f4a7c15)) ^ key;
}

void stream_fill(uint8_t *to, uint64_t key, uint64_t offset, size_t len)
{
    uint64_t index = offset / 8, word;
    size_t skip = offset % 8, n;

    while (len > 0) {
        word = word_at(key, index++);
        n = 8 - skip < len ? 8 - skip : len;
        if (n == 8)
            memcpy(to, &word, 8);
        else
            memcpy(to, (const uint8_t *)&word + skip, n);
        to += n;
        len -= n;
        skip = 0;
    }
}

size_t stream_check(const uint8_t *bytes, uint64_t key, uint64_t offset, size_t len)
{
    uint64_t word = word_at(key, offset / 8), here;
    size_t done = 0;

    while (done < len) {
        size_t at = (offset + done) % 8;

        if (at == 0)
            word = word_at(key, (offset + done) / 8);
        if (at == 0 && len - done >= 8) {
            memcpy(&here, bytes + done, 8);
            if (here == word) {
                done += 8;
                continue;
            }
        }
        if (bytes[done] != ((const uint8_t *)&word)[at])
            return done;
        done++;
    }
    return len;
}
