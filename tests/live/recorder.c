/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server on port 7 of any device, whose traffic is recorded:
 *
 *      recorder DEVICE ADDRESS/LEN FILE [BYTES]      BYTES: the file stops there
 *
 * It says "serves on" when it does, and at SIGTERM how many frames the stack received and sent.
 */
#include <runnel.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

int main(int argc, char **argv)
{
    struct rn_capture_options capture = {0};
    struct rn_attach_options attach = {.capture = &capture};
    char err[RN_ERRBUF] = "the words are DEVICE ADDRESS/LEN FILE [BYTES]";
    struct rn_stack *net = NULL;
    struct rn_stats s;

    signal(SIGTERM, end);
    capture.path = argc > 3 ? argv[3] : NULL;
    capture.bytes_max = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    if (argc < 4 || rn_open(&net, NULL, err) < 0 || rn_attach(net, argv[1], &attach, err) < 0 ||
        rn_add_address(net, argv[2], err) < 0 || rn_listen(net, RN_TCP, "0.0.0.0:7", err) < 0)
        return fprintf(stderr, "recorder: %s\n", err), 1;
    printf("serves on %s\n", argv[1]);
    fflush(stdout);

    while (!ended) {
        int n = rn_wait(net, 100000000); /* a signal just before the sleep is slept over */

        if (n < 0 && n != -EINTR)
            return fprintf(stderr, "recorder: the device failed: %d\n", n), 1;
        for (struct rn_event ev; rn_next(net, &ev);)
            if (ev.mask & (RN_READABLE | RN_WRITABLE) && rn_splice(net, ev.sock, ev.sock, RN_ALL) == 0)
                rn_close(net, ev.sock);
    }
    rn_stats(net, &s);
    printf("received %" PRIu64 " sent %" PRIu64 "\n", s.rx_frames, s.tx_frames);
    rn_destroy(net);
    return 0;
}
