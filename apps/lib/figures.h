/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Live figures for a person who watches: one line on stderr, rewritten each second; nothing where stderr is
 * no terminal.
 */
#ifndef LIB_FIGURES_H
#define LIB_FIGURES_H

#include <runnel_dev.h>

struct figures {
    bool on;
    rn_time at;      /* when the line was last written, 0: never */
    uint64_t rx, tx; /* what stood there then */
    int width;       /* of the line */
};

void figures_open(struct figures *f);

/* Writes the line anew if it is time: what goes on in `count` things of that name, and the bytes so far.
 * Returns how long a sleep may be until the next, RN_FOREVER: nobody watches. */
rn_time figures_show(struct figures *f, uint64_t count, const char *things, uint64_t rx, uint64_t tx,
                     rn_time now);

/* Takes the line away. */
void figures_close(struct figures *f);

#endif
