/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole echo server. Run it as root, then, beside it:
 *
 *      ip addr add 10.0.0.1/24 dev tap0;  ip link set tap0 up;  telnet 10.0.0.7 7
 */
#include <runnel.h>
#include <stdio.h>

int main(void)
{
    char err[RN_ERRBUF];
    struct rn_stack *net;

    if (rn_open(&net, &(struct rn_options){.connections = 10000}, err) < 0 ||
        rn_attach(net, "tap:tap0", NULL, err) < 0 || rn_add_address(net, "10.0.0.7/24", err) < 0 ||
        rn_listen(net, RN_TCP, "0.0.0.0:7", err) < 0)
        return fprintf(stderr, "echo: %s\n", err), 1;

    while (rn_wait(net, RN_FOREVER) >= 0)
        for (struct rn_event ev; rn_next(net, &ev);)
            if (ev.mask & (RN_READABLE | RN_WRITABLE)) {
                /* Send on what came in; 0: the peer has finished. */
                if (rn_splice(net, ev.sock, ev.sock, RN_ALL) == 0)
                    rn_close(net, ev.sock); /* after what is queued */
            }
    rn_destroy(net);
    return 0;
}
