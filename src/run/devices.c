/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of devices there are, by name, and the devices that a program makes by itself.
 *
 *      rn_attach("tap:tap0")  ->  kinds[]: "tap", tap_open  ->  rn_add_device
 *
 * A new kind is a file in dev/ and a line in the table. Called by the application; it keeps nothing.
 */
#include "dev/error.h"
#include "dev/fault.h"
#include "dev/packet.h"
#include "dev/pair.h"
#include "dev/tap.h"
#include "wire/addr.h"
#include "wire/vlan.h"

#include <runnel.h>

#include <errno.h>
#include <string.h>

enum { MTU_MIN = 68 }; /* RFC 791: every link carries that much */

struct kind {
    const char *name;
    int (*open)(struct rn_dev **out, const char *name, char *err);
};

static const struct kind kinds[] = {{"tap", tap_open}, {"packet", packet_open}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The table as one line, for those who guess. */
static void list_kinds(char *line, size_t size)
{
    size_t at = 0;

    line[0] = 0;
    for (int i = 0; i < KINDS && at < size; i++)
        at += (size_t)snprintf(line + at, size - at, "%s%s:NAME", i ? ", " : "", kinds[i].name);
}

/* Opens "kind:name". 0 or a negative errno. */
static int open_by_name(struct rn_dev **out, const char *device, char *err)
{
    const char *colon = strchr(device, ':');
    size_t len = colon ? (size_t)(colon - device) : strlen(device);
    char known[128];

    for (int i = 0; colon && i < KINDS; i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, device, len) == 0)
            return kinds[i].open(out, colon + 1, err);
    list_kinds(known, sizeof known);
    return error_line(err, -EINVAL, "'%.60s': %s: there is %s", device,
                      colon ? "no such kind of device" : "a device is written KIND:NAME", known);
}

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
    if (o->mtu)
        dev->mtu = o->mtu;
    dev->vlan = (uint16_t)o->vlan;
    return 0;
}

int rn_attach(struct rn_stack *net, const char *device, const struct rn_attach_options *options, char *err)
{
    struct rn_dev *dev;
    int result;

    if (!net || !device)
        return error_line(err, -EINVAL, "%s",
                          net ? "no device was named: write it as tap:tap0"
                              : "no stack was given: make one with rn_open or rn_init");
    result = open_by_name(&dev, device, err);
    if (result < 0)
        return result;
    if (options)
        result = apply(dev, device, options, err);
    if (result == 0 && options && options->fault)
        result = fault_open(&dev, dev, options->fault, err);
    if (result == 0)
        result = rn_add_device(net, dev, err);
    if (result < 0)
        dev->ops->close(dev);
    return result;
}

int rn_dev_pair(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err)
{
    return pair_open(ends, options, err);
}

int rn_dev_fault(struct rn_dev **out, struct rn_dev *inner, const struct rn_fault_options *options, char *err)
{
    return fault_open(out, inner, options, err);
}

void rn_dev_fault_stats(const struct rn_dev *fault, struct rn_fault_stats stats[2])
{
    fault_stats(fault, stats);
}

void rn_dev_fault_set(struct rn_dev *fault, const struct rn_fault *rx, const struct rn_fault *tx)
{
    fault_set(fault, rx, tx);
}
