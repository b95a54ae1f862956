/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A bad wire as a word: "loss=5,delay=10,seed=7". Each name is a row of a table, which says what it may be at
 * most and where it goes; both directions are the same.
 */
#include "args.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What may stand in a bad wire. Percent are kept as parts per million. */
static const struct fault_word {
    const char *name;
    double most, unit;
    enum { PPM, TIME, WORD64, WORD32 } kind;
    size_t at; /* in a struct rn_fault */
} fault_words[] = {
    {"loss", 100, 1e4, PPM, offsetof(struct rn_fault, loss_ppm)},
    {"reorder", 100, 1e4, PPM, offsetof(struct rn_fault, reorder_ppm)},
    {"duplicate", 100, 1e4, PPM, offsetof(struct rn_fault, duplicate_ppm)},
    {"corrupt", 100, 1e4, PPM, offsetof(struct rn_fault, corrupt_ppm)},
    {"delay", 10000, 1e6, TIME, offsetof(struct rn_fault, delay)},
    {"jitter", 10000, 1e6, TIME, offsetof(struct rn_fault, jitter)},
    {"rate", 1e6, 1e6, WORD64, offsetof(struct rn_fault, rate_bps)},
    {"queue", 1 << 20, 1, WORD32, offsetof(struct rn_fault, queue_frames)},
};

/* One "name=number" of a bad wire; false: it is none. */
static bool read_fault(char *word, struct rn_fault_options *out)
{
    char *value = strchr(word, '=');
    const struct fault_word *f = fault_words, *end = f + sizeof fault_words / sizeof *fault_words;
    double n;

    if (!value || !args_decimal(value + 1, &n))
        return false;
    *value = 0;
    if (strcmp(word, "seed") == 0 && n <= 1e15)
        return out->seed = (uint64_t)n, true;
    while (f < end && strcmp(word, f->name) != 0)
        f++;
    if (f == end || n > f->most)
        return false;
    if (f->kind == TIME)
        *(rn_time *)(void *)((char *)&out->tx + f->at) = (rn_time)(n * f->unit);
    else if (f->kind == WORD64)
        *(uint64_t *)(void *)((char *)&out->tx + f->at) = (uint64_t)(n * f->unit);
    else
        *(uint32_t *)(void *)((char *)&out->tx + f->at) = (uint32_t)(n * f->unit);
    return true;
}

bool args_fault(struct args *a, const struct option *o, const char *value, void *to)
{
    struct args_fault *fault = to;
    char copy[160], *rest = NULL;
    bool good = value && *value && strlen(value) < sizeof copy;

    snprintf(copy, sizeof copy, "%s", good ? value : "");
    for (char *word = strtok_r(copy, ",", &rest); word && good; word = strtok_r(NULL, ",", &rest))
        good = read_fault(word, &fault->options);
    fault->options.rx = fault->options.tx;
    fault->given = good;
    if (!good)
        args_wrong(
            a, o->name, value,
            "percent of the frames are wanted, as in loss=5,reorder=5,duplicate=2,corrupt=1; with them "
            "may stand delay=MS, jitter=MS, rate=MBIT, queue=FRAMES, seed=N");
    return good;
}

/* What stands behind the file's name. */
static bool read_capture(char *words, struct rn_capture_options *out)
{
    char *rest = NULL;
    double n;

    for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (strncmp(word, "snap=", 5) == 0 && args_decimal(word + 5, &n) && n >= 1 && n <= 262144)
            out->snap = (uint32_t)n;
        else if (strncmp(word, "limit=", 6) == 0 && args_decimal(word + 6, &n) && n > 0 && n <= 1e9)
            out->bytes_max = (uint64_t)(n * 1e6);
        else
            return false;
    }
    return true;
}

bool args_capture(struct args *a, const struct option *o, const char *value, void *to)
{
    struct args_capture *capture = to;
    size_t len = value ? strcspn(value, ",") : 0;
    char words[64];

    if (len && len < sizeof capture->path && strlen(value + len) < sizeof words) {
        snprintf(capture->path, sizeof capture->path, "%.*s", (int)len, value);
        snprintf(words, sizeof words, "%s", value + len);
        capture->options.path = capture->path;
        capture->given = read_capture(words, &capture->options);
        if (capture->given)
            return true;
    }
    args_wrong(a, o->name, value,
               "a file is wanted, as in run.pcap or run.pcap,snap=96,limit=100: bytes of each frame, at most "
               "262144, and megabytes of the file");
    return false;
}
