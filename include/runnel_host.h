/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the host lends the stack: random bytes at the start and a place for log lines. Memory is given to
 * rn_init, time is an argument of every call that needs it. The stack asks the host for nothing else, so
 * the same seed, frames and times give the same frames, on any machine.
 */
#ifndef RUNNEL_HOST_H
#define RUNNEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rn_host {
    uint8_t seed[32]; /* unpredictable bytes: sequence numbers and hashes hang on them */
    void (*log)(void *context, const char *line);               /* one line without newline; may be NULL */
    void (*release)(void *context, void *memory, size_t bytes); /* rn_destroy's last act; may be NULL */
    /* The one hook that other threads call: rn_post, with true, when the stack's thread sleeps or is about
     * to, so that whatever it sleeps on becomes ready. With false, by the stack's thread in rn_poll: how
     * often it was called with true since it was last asked; that has been seen, and wakes nobody any more.
     * NULL: what is posted waits until the program next calls rn_next. */
    unsigned (*wake)(void *context, bool on);
    void *context; /* handed to all */
};

#ifdef __cplusplus
}
#endif
#endif
