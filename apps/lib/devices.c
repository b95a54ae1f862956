/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rn_survey, printed:
 *
 *      eth0         virtio_net  MTU 1500, queues 1 in 1 out, up, 02:00:00:00:00:07, rx-csum tx-csum tso gso
 * gro packet  *  works       how tap        no          why not no interface loop       works       how
 *
 * The star stands where the interface's name alone would lead. Kinds that need no interface are told of once.
 * Called by runnel.c; nothing is opened.
 */
#include "devices.h"
#include "args.h"

#include <errno.h>
#include <net/if.h>
#include <runnel.h>
#include <runnel_dev.h>
#include <stdio.h>
#include <string.h>

enum { KINDS_MAX = 16 };

static const struct {
    uint32_t bit;
    const char *name;
} offloads[] = {{RN_OFFLOAD_RX_CSUM, "rx-csum"}, {RN_OFFLOAD_TX_CSUM, "tx-csum"}, {RN_OFFLOAD_TSO, "tso"},
                {RN_OFFLOAD_GSO, "gso"},         {RN_OFFLOAD_GRO, "gro"},         {RN_OFFLOAD_LRO, "lro"},
                {RN_OFFLOAD_VLAN_RX, "rx-vlan"}, {RN_OFFLOAD_VLAN_TX, "tx-vlan"}};

static void print_facts(const char *ifname, const struct rn_interface *f)
{
    static const uint8_t none[6];
    const uint8_t *m = f->mac;

    if (!f->index) {
        printf("%-15s there is none of that name\n", ifname);
        return;
    }
    printf("%-15s %-11s MTU %u, queues %u in %u out, %s", f->name, *f->driver ? f->driver : "-",
           (unsigned)f->mtu, (unsigned)f->rx_queues, (unsigned)f->tx_queues,
           !f->up        ? "down"
           : !f->carrier ? "up without carrier"
                         : "up");
    if (memcmp(m, none, sizeof none) != 0)
        printf(", %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    for (size_t i = 0, first = 1; i < sizeof offloads / sizeof offloads[0]; i++) {
        if (!(f->offloads & offloads[i].bit))
            continue;
        printf("%s%s", first ? ", " : " ", offloads[i].name);
        first = 0;
    }
    putchar('\n');
}

static void print_way(const struct rn_way *w, bool chosen)
{
    static const char *const fits[] = {[RN_UNFIT] = "no", [RN_BLOCKED] = "blocked", [RN_WORKS] = "works"};

    printf("  %-10s %s %-11s %s\n", w->kind, chosen ? "*" : " ", fits[w->fit],
           w->fit == RN_WORKS ? w->mode : w->remedy);
}

/* The device's name is "KIND:NAME". */
static bool is_kind(const char *device, const char *kind)
{
    size_t len = strlen(kind);

    return strncmp(device, kind, len) == 0 && device[len] == ':';
}

/* The kernel's address there, if a kind that shares addresses works. */
static void print_shared(const char *ifname, const struct rn_way *ways, int n)
{
    struct rn_defaults d;
    const char *address;

    if (rn_defaults(ifname, &d, NULL) < 0)
        return;
    address = *d.address4 ? d.address4 : d.address6;
    for (int i = 0; i < n && *address; i++)
        if (ways[i].fit == RN_WORKS && (!strcmp(ways[i].kind, "packet") || !strcmp(ways[i].kind, "xdp"))) {
            printf("  --share %17s by port; programs on this machine reach the kernel there\n", address);
            return;
        }
}

/* One interface and the kinds that have one. Its exit code. */
static int print_interface(const char *program, const char *ifname, char *err)
{
    struct rn_way ways[KINDS_MAX];
    char chosen[RN_DEVNAME] = "", why[RN_ERRBUF];
    struct rn_interface facts;
    int n = rn_survey(ifname, &facts, ways, KINDS_MAX, err), code;

    if (n < 0)
        return fprintf(stderr, "%s: %s\n", program, err), n == -EINVAL ? ARGS_EXIT : ARGS_EXIT_WORLD;
    code = rn_choose(ifname, chosen, why, err);
    print_facts(ifname, &facts);
    for (int i = 0; i < n && i < KINDS_MAX; i++)
        if (ways[i].named)
            print_way(&ways[i], is_kind(chosen, ways[i].kind));
    print_shared(ifname, ways, n < KINDS_MAX ? n : KINDS_MAX);
    return code < 0 ? ARGS_EXIT_WORLD : 0;
}

/* The kinds that have no interface, of which any survey tells. */
static void print_others(void)
{
    struct rn_way ways[KINDS_MAX];
    struct rn_interface facts;
    int n = rn_survey("lo", &facts, ways, KINDS_MAX, NULL);

    puts("no interface");
    for (int i = 0; i < n && i < KINDS_MAX; i++)
        if (!ways[i].named)
            print_way(&ways[i], false);
}

int devices_run(const char *program, const char *ifname)
{
    struct if_nameindex *all;
    char err[RN_ERRBUF] = "";
    int code;

    if (ifname) {
        code = print_interface(program, ifname, err);
        if (code == ARGS_EXIT_WORLD)
            fprintf(stderr, "%s: %s\n", program, err);
        return code;
    }
    all = if_nameindex();
    if (!all)
        return fprintf(stderr, "%s: the kernel does not list its interfaces: %s\n", program, strerror(errno)),
               ARGS_EXIT_WORLD;
    for (const struct if_nameindex *i = all; i->if_name; i++)
        print_interface(program, i->if_name, err);
    if_freenameindex(all);
    print_others();
    return 0;
}
