/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a device costs without a stack: whatever comes for the address goes back as it is, with its two link addresses
 * in each other's place.
 *
 *      reflector DEVICE ADDRESS            10.0.0.1; says "echoes on" when it does, and ends with SIGTERM
 */
#include <runnel.h>
#include <runnel_dev.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 64 };

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

/* A frame of the ring goes back by a slot of the other. */
static void turn(const struct rn_frame *in, struct rn_frame *out)
{
    memcpy(out->data, in->data, in->len);
    memcpy(out->data, in->data + 6, 6);
    memcpy(out->data + 6, in->data, 6);
    out->len = in->len;
}

static int go_round(struct rn_dev *dev)
{
    struct rn_frame in[BATCH], out[BATCH];
    int n = dev->ops->burst(dev, in, BATCH, rn_now()), room = 0;

    if (n > 0) {
        room = dev->ops->reserve(dev, out, n, rn_now());
        for (int i = 0; i < room; i++)
            turn(&in[i], &out[i]);
        dev->ops->commit(dev, out, room);
        dev->ops->release(dev, n);
    }
    dev->ops->sync(dev, rn_now());
    return n;
}

int main(int argc, char **argv)
{
    struct rn_steer rule = {.address = {[10] = 0xff, [11] = 0xff}, .take = true};
    char err[RN_ERRBUF] = "";
    struct rn_dev *dev;

    if (argc != 3 || inet_pton(AF_INET, argv[2], rule.address + 12) != 1)
        return fprintf(stderr, "usage: reflector DEVICE ADDRESS\n"), 2;
    if (rn_dev_open(&dev, argv[1], err) < 0)
        return fprintf(stderr, "reflector: %s\n", err), 1;
    if (dev->ops->steer)
        dev->ops->steer(dev, &rule, 1);
    signal(SIGTERM, end);
    printf("reflector: echoes on %s, link address %02x:%02x:%02x:%02x:%02x:%02x\n", argv[2], dev->mac[0], dev->mac[1],
           dev->mac[2], dev->mac[3], dev->mac[4], dev->mac[5]);
    fflush(stdout);
    while (!ended) {
        struct pollfd p = {.fd = dev->fd, .events = POLLIN};

        if (go_round(dev) == 0 && dev->ops->arm(dev, true, false) == 0)
            poll(&p, 1, 100);
    }
    dev->ops->close(dev);
    return 0;
}
