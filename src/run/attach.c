/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a device's name to a device of the stack:
 *
 *      rn_attach:   rn_dev_open -> mac, mtu -> capture -> companion -> fault -> rn_add_device
 *
 * The recorder is told here what the wall clock says: nobody further down knows one.
 *
 * What has been opened is closed again when a later step fails. Called by the application; it keeps nothing.
 */
#include "dev/capture.h"
#include "dev/companion.h"
#include "dev/error.h"
#include "dev/fault.h"
#include "host/posix.h"
#include "wire/addr.h"
#include "wire/vlan.h"

#include <runnel.h>

#include <errno.h>
#include <string.h>

enum { MTU_MIN = 68 }; /* RFC 791: every link carries that much */

/* Changes the device as the options say. 0 or -EINVAL. */
static int apply(struct rn_dev *dev, const char *device, const struct rn_attach_options *o, char *err)
{
    uint8_t mac[6];

    if (o->mac) {
        if (!addr_parse_mac(o->mac, mac))
            return error_line(err, -EINVAL, "%.60s: mac %.40s: write it like 02:00:00:00:00:07", device,
                              o->mac);
        if (mac[0] & 1)
            return error_line(err, -EINVAL, "%.60s: mac %s is a group's: its first byte must be even", device,
                              o->mac);
        memcpy(dev->mac, mac, sizeof mac);
    }
    if (o->mtu && (o->mtu < MTU_MIN || o->mtu > dev->mtu))
        return error_line(err, -EINVAL, "%.60s: mtu %u: %d to %u are possible; the device's own is the most",
                          device, (unsigned)o->mtu, MTU_MIN, (unsigned)dev->mtu);
    if (o->vlan > VLAN_LAST || (o->vlan && dev->medium != RN_ETHERNET))
        return error_line(err, -EINVAL, "%.60s: vlan %u: 1 to %d are possible, and on Ethernet only", device,
                          (unsigned)o->vlan, VLAN_LAST);
    if (o->share && (o->mac || !dev->ops->steer))
        return error_line(err, -EINVAL, "%.60s: %s", device,
                          o->mac ? "an address is shared with the link address that its owner has: leave the mac out"
                                 : "there is nobody to share an address with: packet:NAME and xdp:NAME have one");
    if (o->busy_poll && strcmp(dev->ops->kind, "xdp") != 0)
        return error_line(err, -EINVAL, "%.60s: busy polling: xdp:NAME does that", device);
    if (o->local && (o->share || o->vlan))
        return error_line(err, -EINVAL, "%.60s: local: not with share or vlan", device);
    dev->shared = o->share;
    dev->busy_poll = o->busy_poll;
    if (o->mtu)
        dev->mtu = o->mtu;
    dev->vlan = (uint16_t)o->vlan;
    return 0;
}

/* Adds a link to this machine's programs. 0 or a negative errno. */
static int join_locals(struct rn_dev **dev, const char *device, const struct rn_attach_options *o, char *err)
{
    char ifname[RN_IFNAME];
    int error = rn_dev_interface(device, ifname) == 0
                    ? companion_open(dev, *dev, ifname, o->local_err ? o->local_err : err)
                    : 0;

    return o->local_err ? 0 : error;
}

int rn_attach(struct rn_stack *net, const char *device, const struct rn_attach_options *options, char *err)
{
    struct rn_dev *dev;
    bool kernels; /* its kernel is the link's other owner */
    int result;

    if (!net || !device)
        return error_line(err, -EINVAL, "%s",
                          net ? "no device was named: write it as tap:tap0"
                              : "no stack was given: make one with rn_open or rn_init");
    result = rn_dev_open(&dev, device, err);
    if (result < 0)
        return result;
    kernels = dev->ops->steer;
    if (options && options->local_err)
        *options->local_err = '\0';
    if (options)
        result = apply(dev, device, options, err);
    if (result == 0 && options && options->capture)
        result = rn_dev_capture(&dev, dev, options->capture, err);
    if (result == 0 && options && options->local && kernels)
        result = join_locals(&dev, device, options, err);
    if (result == 0 && options && options->fault)
        result = fault_open(&dev, dev, options->fault, err);
    if (result == 0)
        result = rn_add_device(net, dev, err);
    if (result < 0)
        dev->ops->close(dev);
    return result;
}

int rn_dev_capture(struct rn_dev **out, struct rn_dev *inner, const struct rn_capture_options *options,
                   char *err)
{
    struct rn_capture_options o = {0};

    if (options)
        o = *options;
    if (!o.epoch)
        o.epoch = posix_epoch();
    return capture_open(out, inner, &o, err);
}

void rn_dev_capture_stats(const struct rn_dev *capture, struct rn_capture_stats *stats)
{
    capture_stats(capture, stats);
}
