/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      12 connections, 101.3 MB/s in, 101.3 MB/s out
 *
 * The cursor goes back to the first column, the new line is written over the old one, and blanks over what is
 * longer of that.
 *
 * Called by serve.c and bridge.c in each round.
 */
#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const rn_time second = 1000000000;

void figures_open(struct figures *f)
{
    *f = (struct figures){.on = isatty(STDERR_FILENO) == 1};
}

rn_time figures_show(struct figures *f, uint64_t count, const char *things, uint64_t rx, uint64_t tx,
                     rn_time now)
{
    double seconds;
    int width;

    if (!f->on)
        return RN_FOREVER;
    if (f->at && now - f->at < second)
        return f->at + second - now;
    seconds = (double)(now - f->at) / 1e9;
    if (f->at) {
        width = fprintf(stderr, "\r%" PRIu64 " %s, %.1f MB/s in, %.1f MB/s out", count, things,
                        (double)(rx - f->rx) / 1e6 / seconds, (double)(tx - f->tx) / 1e6 / seconds);
        fprintf(stderr, "%*s", width < f->width ? f->width - width : 0, "");
        fflush(stderr);
        f->width = width;
    }
    f->at = now;
    f->rx = rx;
    f->tx = tx;
    return second;
}

void figures_close(struct figures *f)
{
    if (f->width)
        fprintf(stderr, "\r%*s\r", f->width, "");
    f->width = 0;
}
