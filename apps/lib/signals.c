/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A signal that comes between the look at the number and the sleep would be slept over. So the handler also
 * sets an alarm, whose signal comes a second later, and again, until somebody was awake to see it.
 *
 * Called by the programs in apps/lib/ that run until they are told to stop.
 */
#include "signals.h"

#include <signal.h>
#include <unistd.h>

/* A handler can reach nothing but a variable of its file. */
static volatile sig_atomic_t stops;

static void note_signal(int signal)
{
    if (signal != SIGALRM && stops < 2)
        stops++;
    alarm(1);
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal}; /* without SA_RESTART: a sleep shall end */

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

__attribute__((hot)) int signals_count(void)
{
    return stops;
}
